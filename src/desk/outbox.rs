//! What a conversation still owes to the outside, and how it is paid: sends in order, and word to the floor.
//!
//! A send is tried, under one object instance at a time, only when it is durably marked as attempted. WeChat's
//! custom/send has no idempotency key: an attempt whose end is unknown makes the message *uncertain*, and only a
//! definite refusal is tried again.

use super::conversation::{Conversation, Message, Outcome, Reason, Sending, Status, Write};
use super::ticket::Notice;
use super::window::{Shut, Window};
use crate::base::limits::{SEND_ATTEMPT_MS_MAX, SEND_ATTEMPTS_MAX, SEND_BACKOFF_MS, SEND_BACKOFF_MS_MAX};
use crate::base::message::{NeverReason, OutboundContent, SendVerdict};
use crate::base::time::TimeMs;
use crate::base::turn::Turn;
use serde::{Deserialize, Serialize};

/// One row per conversation that owes something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outbox {
    /// The lowest unsettled send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send: Option<Send>,
    /// Word to the floor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tell: Option<Tell>,
    /// Messages that are accepted and have no end yet, the one in `send` included.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unsettled: u32,
}

/// A message on its way to the customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Send {
    /// Which message.
    pub seq: u64,
    /// Refusals so far.
    pub attempt: u32,
    /// Not before.
    pub due_at: TimeMs,
    /// The object instance that is trying it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempting: Option<String>,
    /// The version of the token the channel refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_token: Option<u64>,
}

/// Word to the floor: always the newest state, so one is enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tell {
    /// Failures so far.
    pub attempt: u32,
    /// Not before.
    pub due_at: TimeMs,
}

impl Outbox {
    /// When the next thing is due.
    pub fn due_at(&self) -> Option<TimeMs> {
        let send = self.send.as_ref().map(|send| send.due_at);
        let tell = self.tell.as_ref().map(|tell| tell.due_at);
        send.into_iter().chain(tell).min()
    }

    /// Owes this message too. A send that waits keeps its place: order per customer.
    pub(super) fn owe_send(&mut self, seq: u64, now: TimeMs) {
        self.unsettled = self.unsettled.saturating_add(1);
        if self.send.is_none() {
            self.send = Some(Send::new(seq, now));
        }
    }

    /// Owes the floor word of the newest state, now.
    pub(super) fn owe_tell(&mut self, now: TimeMs) {
        self.tell = Some(Tell { attempt: 0, due_at: now });
    }

    fn into_write(self) -> Write {
        let settled = self.send.is_none() && self.tell.is_none();
        Write::Outbox((!settled).then_some(self))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Send {
    fn new(seq: u64, now: TimeMs) -> Self {
        Self { seq, attempt: 0, due_at: now, attempting: None, failed_token: None }
    }
}

/// What one conversation's drain does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing now. The caller arms the alarm for what is due later.
    Idle,
    /// Give this to the floor, then call [`Pending::told`].
    Tell(Notice),
    /// Fetch a token, then call [`Pending::begin`].
    Token {
        /// The version that the channel refused.
        failed_version: Option<u64>,
    },
    /// The send has come to its end without an attempt of ours: another instance's never ended, or the window
    /// has closed meanwhile. Write this and look again.
    Ended(Vec<Write>),
}

/// All that a drain knows when it looks at one conversation.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The conversation.
    pub conversation: Conversation,
    /// What it owes.
    pub outbox: Outbox,
    /// The message that `outbox.send` names.
    pub message: Option<Message>,
    /// The next queued message after it.
    pub queued_after: Option<u64>,
}

impl Pending {
    /// Whether the send is marked as attempted by this instance.
    fn is_attempted_by(&self, instance: &str) -> bool {
        self.outbox.send.as_ref().is_some_and(|send| send.attempting.as_deref() == Some(instance))
    }

    /// With what the floor has been told since it was last recorded: revision `told` is owed to it no more.
    ///
    /// A telling need not be recorded on its own when a send comes next: the mark of the attempt records it too,
    /// and one row is saved. Should the object die in between, the floor is told again.
    pub fn hearing(mut self, told: Option<u64>) -> Self {
        if told == Some(self.conversation.rev) {
            self.outbox.tell = None;
        }
        self
    }

    /// What to do now. Word to the floor goes first: it is quick and nobody should see an older state.
    pub fn step(&self, turn: &Turn, instance: &str) -> Step {
        match &self.outbox.send {
            Some(Send { attempting: Some(by), .. }) if by != instance => {
                return Step::Ended(self.clone().settled(Status::Uncertain, Some(Reason::Interrupted), turn));
            }
            _ => {}
        }
        if self.outbox.tell.as_ref().is_some_and(|tell| tell.due_at <= turn.now)
            && let Some(notice) = Notice::of(&self.conversation)
        {
            return Step::Tell(notice);
        }
        match &self.outbox.send {
            Some(send) if send.attempting.is_none() && send.due_at <= turn.now => match self.shut(turn.now) {
                Some(reason) => Step::Ended(self.clone().settled(Status::Failed, Some(reason), turn)),
                None => Step::Token { failed_version: send.failed_token },
            },
            _ => Step::Idle,
        }
    }

    /// Why the message can no longer be sent: its place was in a grant that has closed since, and no other has one.
    fn shut(&self, now: TimeMs) -> Option<Reason> {
        let (_, sending) = self.message.as_ref()?.body.sending()?;
        let mut window = self.conversation.window;
        if window.holds(sending.slot, now) {
            return None;
        }
        window.reserve(now).err().map(|shut| match shut {
            Shut::WindowClosed => Reason::WindowClosed,
            Shut::QuotaUsed => Reason::QuotaUsed,
        })
    }

    /// Marks the send as attempted, in the turn that starts it. `None`: it is no longer to be sent now.
    ///
    /// The caller writes first, then sends at once, without an await between.
    pub fn begin(mut self, turn: &Turn, instance: &str) -> Option<(OutboundContent, Vec<Write>)> {
        let send = self.outbox.send.as_mut()?;
        if send.attempting.is_some() || send.due_at > turn.now {
            return None;
        }
        let message = self.message.as_mut()?;
        let (content, _) = message.body.sending()?;
        let content = content.clone();
        send.attempting = Some(instance.to_owned());
        // Until then only the attempt's own end is awaited: nothing is due, no alarm goes off for it.
        send.due_at = turn.now + SEND_ATTEMPT_MS_MAX;
        let sending = message.body.sending_mut()?;
        let mut writes = Vec::new();
        if !self.conversation.window.holds(sending.slot, turn.now) {
            sending.slot = self.conversation.window.reserve(turn.now).ok()?;
            writes.push(Write::Message(message.clone()));
            writes.push(Write::Conversation(self.conversation.clone()));
        }
        writes.push(self.outbox.into_write());
        Some((content, writes))
    }

    /// There is no token: the message never left, so it waits.
    pub fn postponed(mut self, turn: &Turn, retry_after_ms: i64) -> Vec<Write> {
        match self.outbox.send.as_mut() {
            Some(send) if send.attempting.is_none() => send.due_at = turn.now + retry_after_ms,
            _ => return Vec::new(),
        }
        vec![self.outbox.into_write()]
    }

    /// Records what the channel said. Only the instance that began the attempt may; else nothing is written.
    pub fn ended(
        mut self,
        verdict: &SendVerdict,
        token_version: u64,
        turn: &Turn,
        instance: &str,
    ) -> Vec<Write> {
        if !self.is_attempted_by(instance) {
            return Vec::new();
        }
        let Some(send) = self.outbox.send.as_mut() else { return Vec::new() };
        send.attempting = None;
        match verdict {
            SendVerdict::Delivered => self.settled(Status::Delivered, None, turn),
            SendVerdict::Unknown => self.settled(Status::Uncertain, Some(Reason::NoAnswer), turn),
            SendVerdict::RefreshToken { .. } if send.failed_token.is_none() => {
                send.failed_token = Some(token_version);
                send.due_at = turn.now;
                vec![self.outbox.into_write()]
            }
            SendVerdict::RefreshToken { .. } if send.failed_token < Some(token_version) => {
                self.settled(Status::Failed, Some(Reason::Account), turn)
            }
            // A token that is known to have failed, brought by a drain that raced: as good as not sent.
            SendVerdict::RefreshToken { .. } | SendVerdict::StaleMedia { .. } | SendVerdict::Later { .. }
                if send.attempt.saturating_add(1) < SEND_ATTEMPTS_MAX =>
            {
                send.attempt = send.attempt.saturating_add(1);
                send.due_at = turn.now + backoff_ms(send.attempt);
                vec![self.outbox.into_write()]
            }
            SendVerdict::RefreshToken { .. } | SendVerdict::StaleMedia { .. } | SendVerdict::Later { .. } => {
                self.settled(Status::Failed, Some(Reason::GaveUp), turn)
            }
            SendVerdict::Never { reason, .. } => self.settled(Status::Failed, Some(reason_of(*reason)), turn),
        }
    }

    /// Records whether the floor has the state of revision `rev`.
    pub fn told(mut self, rev: u64, reached: bool, turn: &Turn) -> Vec<Write> {
        let Some(tell) = self.outbox.tell.as_mut() else { return Vec::new() };
        if !reached {
            tell.attempt = tell.attempt.saturating_add(1);
            tell.due_at = turn.now + backoff_ms(tell.attempt);
        } else if self.conversation.rev == rev {
            self.outbox.tell = None;
        } else {
            return Vec::new();
        }
        vec![self.outbox.into_write()]
    }

    /// The message has its end; the next queued one takes its turn.
    fn settled(mut self, status: Status, reason: Option<Reason>, turn: &Turn) -> Vec<Write> {
        let mut writes = Vec::new();
        if let Some(mut message) = self.message.take() {
            if let Some(sending) = message.body.sending_mut() {
                sending.status = status;
                sending.reason = reason;
                if status != Status::Delivered {
                    account(&mut self.conversation, sending);
                    self.outbox.owe_tell_of_trouble(&mut self.conversation, turn.now);
                    writes.push(Write::Conversation(self.conversation.clone()));
                }
            }
            writes.insert(0, Write::Message(message));
        }
        self.outbox.unsettled = self.outbox.unsettled.saturating_sub(1);
        self.outbox.send = self.queued_after.map(|seq| Send::new(seq, turn.now));
        writes.push(self.outbox.into_write());
        writes
    }
}

impl Outbox {
    fn owe_tell_of_trouble(&mut self, conversation: &mut Conversation, now: TimeMs) {
        // Also of a ticket that was resolved meanwhile: the customer has not got what the agent believes they have.
        if let Some(ticket) = conversation.ticket.as_mut() {
            ticket.trouble = true;
            conversation.rev = conversation.rev.saturating_add(1);
            self.owe_tell(now);
        }
    }
}

/// A definite refusal gives its place back, and what it says about the window is believed, unless the customer
/// has opened another since. What is uncertain keeps its place.
fn account(conversation: &mut Conversation, sending: &Sending) {
    let window: &mut Window = &mut conversation.window;
    match (sending.status, sending.reason) {
        (Status::Failed, Some(Reason::QuotaUsed)) => window.exhaust(sending.slot),
        (Status::Failed, Some(Reason::WindowClosed | Reason::Unreachable)) => window.close_for(sending.slot),
        (Status::Failed, _) => window.release(sending.slot),
        _ => {}
    }
}

const fn reason_of(never: NeverReason) -> Reason {
    match never {
        NeverReason::WindowClosed => Reason::WindowClosed,
        NeverReason::QuotaUsed => Reason::QuotaUsed,
        NeverReason::NativeSession => Reason::NativeSession,
        NeverReason::Unreachable => Reason::Unreachable,
        NeverReason::Content => Reason::Content,
        NeverReason::Account => Reason::Account,
    }
}

/// Twice as long with every attempt, up to a bound.
fn backoff_ms(attempt: u32) -> i64 {
    let doublings = attempt.saturating_sub(1).min(16);
    SEND_BACKOFF_MS.saturating_mul(1 << doublings).min(SEND_BACKOFF_MS_MAX)
}

impl Notice {
    /// The newest state of the conversation's ticket, if it ever had one.
    pub fn of(conversation: &Conversation) -> Option<Self> {
        let ticket = conversation.ticket.as_ref()?;
        Some(Self {
            conversation: conversation.id.clone(),
            rev: conversation.rev,
            last_seq: conversation.last_seq,
            ticket: ticket.clone(),
        })
    }
}

/// An outcome whose outbox may owe more than before: appends the write when it changed.
pub(super) fn finish<R>(reply: R, mut writes: Vec<Write>, before: &Outbox, after: Outbox) -> Outcome<R> {
    if &after != before {
        writes.push(after.into_write());
    }
    Outcome { reply, writes }
}
