//! How what is owed is paid: one decision at a time about one conversation.
//!
//! A send is tried, under one object instance at a time, only when it is durably marked as attempted. WeChat's
//! custom/send has no idempotency key: an attempt whose end is unknown makes the message *uncertain*, and only a
//! definite refusal is tried again. WeCom's send_msg has one, so there the same message is tried again under the
//! same key (protocol 9.3).

use super::conversation::{Conversation, Write};
use super::errand::Errand;
use super::late;
use super::message::{Body, Message, Reason, Status};
use super::outbox::{Outbox, Send};
use super::terms::Terms;
use super::ticket::Notice;
use crate::base::digest::{hex, sha256};
use crate::base::limits::{ANSWER_MS_MAX, SEND_ATTEMPT_MS_MAX, WELCOME_MS_MAX};
use crate::base::message::OutboundContent;
use crate::base::time::TimeMs;
use crate::base::turn::Turn;

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
    /// Something has come to its end without an attempt of ours, or has to wait. Write this and look again.
    Ended(Vec<Write>),
    /// Write this and run the errand beside the rest; what comes of it is told by its own function.
    Errand(Box<Errand>, Vec<Write>),
}

/// A send that may leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// What is sent.
    pub content: OutboundContent,
    /// What makes the message recognisable, for channels that can: at most 32 of `[0-9a-z-]`.
    pub key: String,
    /// The channel may know the key already.
    pub repeated: bool,
    /// What it is to be sent with in place of a place in the quota.
    pub code: Option<String>,
    /// To be written before anything leaves.
    pub writes: Vec<Write>,
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
    /// The lines that go out with it.
    pub lines: Vec<Message>,
    /// The customer's message that the first due errand is for.
    pub asked: Option<Message>,
    /// The next queued message after it and its lines.
    pub queued_after: Option<u64>,
}

impl Pending {
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
    pub fn step(&self, terms: &Terms, turn: &Turn, instance: &str) -> Step {
        if let Some(Send { attempting: Some(by), .. }) = &self.outbox.send
            && by != instance
        {
            return Step::Ended(self.clone().interrupted(terms, turn));
        }
        if self.outbox.tell.as_ref().is_some_and(|tell| tell.due_at <= turn.now)
            && let Some(notice) = Notice::of(&self.conversation)
        {
            return Step::Tell(notice);
        }
        if let Some(step) = late::errand_step(self, terms, turn) {
            return step;
        }
        match &self.outbox.send {
            Some(send) if send.attempting.is_none() && send.due_at <= turn.now => {
                match self.hindrance(terms, turn.now) {
                    Some(reason) => Step::Ended(self.clone().hindered(reason, terms, turn)),
                    None => Step::Token { failed_version: send.failed_token },
                }
            }
            _ => Step::Idle,
        }
    }

    /// Why the message cannot be sent now: a person has the customer elsewhere, or its place was in a grant that
    /// has closed since and no other has one.
    fn hindrance(&self, terms: &Terms, now: TimeMs) -> Option<Reason> {
        let message = self.message.as_ref()?;
        let is_erased = matches!(message.body.sending(), Some((OutboundContent::Erased, _)));
        if self.conversation.gone || is_erased {
            return Some(Reason::Unreachable);
        }
        let is_bots = matches!(&message.body, Body::Bot { answers: Some(_), code: None, .. });
        if is_bots && now - message.at_ms > ANSWER_MS_MAX {
            return Some(Reason::GaveUp);
        }
        if !needs_place(&message.body) {
            let is_late = matches!(&message.body, Body::Bot { code: Some(_), .. })
                && now - message.at_ms > WELCOME_MS_MAX;
            return is_late.then_some(Reason::WindowClosed);
        }
        if self.conversation.native.is_some() {
            return Some(Reason::NativeSession);
        }
        let (_, sending) = message.body.sending()?;
        let mut window = self.conversation.window;
        if sending.slot.is_some_and(|slot| window.holds(slot, now)) {
            return None;
        }
        window.reserve(now, terms.rules.kept_back).err().map(Reason::from)
    }

    /// Marks the send as attempted, in the turn that starts it. `None`: it is no longer to be sent now.
    ///
    /// The caller writes first, then sends at once, without an await between.
    pub fn begin(mut self, terms: &Terms, turn: &Turn, instance: &str) -> Option<Begun> {
        let hindered = self.hindrance(terms, turn.now).is_some();
        let send = self.outbox.send.as_mut()?;
        if send.attempting.is_some() || send.due_at > turn.now || hindered {
            return None;
        }
        let message = self.message.as_mut()?;
        let content = together(message, &self.lines)?;
        let code = match &message.body {
            Body::Bot { code, .. } => code.clone(),
            Body::Customer { .. } | Body::Agent { .. } => None,
        };
        let repeated = send.repeated;
        send.attempting = Some(instance.to_owned());
        send.began_at = Some(turn.now);
        // Until then only the attempt's own end is awaited: nothing is due, no alarm goes off for it.
        send.due_at = turn.now + SEND_ATTEMPT_MS_MAX;
        let is_placed = needs_place(&message.body);
        let sending = message.body.sending_mut()?;
        let mut writes = Vec::new();
        if is_placed && !sending.slot.is_some_and(|slot| self.conversation.window.holds(slot, turn.now)) {
            let slot = self.conversation.window.reserve(turn.now, terms.rules.kept_back).ok()?;
            if sending.slot.replace(slot).is_none() {
                self.outbox.waiting = self.outbox.waiting.saturating_sub(1);
                self.outbox.unsettled = self.outbox.unsettled.saturating_add(1);
            }
            sending.status = Status::Queued;
            sending.reason = None;
            writes.push(Write::Message(message.clone()));
            writes.push(Write::Conversation(Box::new(self.conversation.clone())));
        }
        let key = send_key(&self.conversation, message.seq);
        writes.push(self.outbox.into_write());
        Some(Begun { content, key, repeated, code, writes })
    }
}

/// Notices and welcomes are sent without a place in the quota.
const fn needs_place(body: &Body) -> bool {
    !matches!(
        body,
        Body::Bot { content: OutboundContent::Notice { .. }, .. } | Body::Bot { code: Some(_), .. }
    )
}

/// Lines of one person as one text; anything else by itself.
fn together(message: &Message, lines: &[Message]) -> Option<OutboundContent> {
    let (content, _) = message.body.sending()?;
    let OutboundContent::Text { text } = content else { return Some(content.clone()) };
    let mut text = text.clone();
    for line in lines {
        if let Some((OutboundContent::Text { text: more }, _)) = line.body.sending() {
            text.push('\n');
            text.push_str(more);
        }
    }
    Some(OutboundContent::Text { text })
}

/// What a channel can recognise a message by: its number, and 16 hex digits of its conversation.
pub fn send_key(conversation: &Conversation, seq: u64) -> String {
    let digest = hex(&sha256(&[conversation.id.key().as_bytes()]));
    format!("{seq}-{}", digest.get(..16).unwrap_or_default())
}
