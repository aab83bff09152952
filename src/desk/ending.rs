//! How a send comes to its end, or has to wait; and who has to hear of it.

use super::conversation::Conversation;
use super::conversation::{Stage, Write};
use super::late;
use super::message::{Body, Message, Reason, Status, Try};
use super::opening::open_ticket;
use super::outbox::Send;
use super::pending::Pending;
use super::terms::Terms;
use crate::base::channel::ChannelKind;
use crate::base::limits::{SEND_ATTEMPTS_MAX, SEND_BACKOFF_MS, SEND_BACKOFF_MS_MAX, WAITING_MS_MAX};
use crate::base::message::{NeverReason, SendVerdict};
use crate::base::turn::Turn;

impl Pending {
    /// What an agent said waits for the customer, for a week at most; what the bot said would come out of place.
    pub(super) fn hindered(self, reason: Reason, terms: &Terms, turn: &Turn) -> Vec<Write> {
        let waits = self.message.as_ref().is_some_and(|message| {
            let is_agent = matches!(message.body, Body::Agent { .. });
            is_agent
                && !self.is_repeated()
                && reason != Reason::Unreachable
                && turn.now - message.at_ms < WAITING_MS_MAX
        });
        if waits {
            self.parked(reason, turn)
        } else {
            self.settled(Status::Failed, Some(reason), terms, turn)
        }
    }

    /// The message cannot leave for want of a token or a file: it waits.
    pub fn postponed(mut self, turn: &Turn, retry_after_ms: i64) -> Vec<Write> {
        match self.outbox.send.as_mut() {
            Some(send) if send.attempting.is_none() => send.due_at = turn.now + retry_after_ms,
            _ => return Vec::new(),
        }
        vec![self.outbox.into_write()]
    }

    /// The message can never leave, whatever the channel would say: its file is gone, its kind is not for it.
    pub fn unsendable(self, reason: Reason, terms: &Terms, turn: &Turn) -> Vec<Write> {
        match &self.outbox.send {
            Some(send) if send.attempting.is_none() => {
                self.settled(Status::Failed, Some(reason), terms, turn)
            }
            _ => Vec::new(),
        }
    }

    /// The channel says that somebody has the customer in its own console.
    pub fn taken_over(mut self, agent: &str, terms: &Terms, turn: &Turn) -> Vec<Write> {
        self.conversation.native = Some(agent.to_owned());
        self.conversation.native_at = Some(turn.now);
        let mut writes = vec![Write::Conversation(Box::new(self.conversation.clone()))];
        writes.extend(self.hindered(Reason::NativeSession, terms, turn));
        writes
    }

    /// The channel says, before an attempt, that it would refuse.
    pub fn refused_beforehand(self, reason: Reason, terms: &Terms, turn: &Turn) -> Vec<Write> {
        match &self.outbox.send {
            Some(send) if send.attempting.is_none() => self.refused(reason, terms, turn),
            _ => Vec::new(),
        }
    }

    /// Records what the channel said. Only the instance that began the attempt may; else nothing is written.
    pub fn ended(
        mut self,
        verdict: &SendVerdict,
        token_version: u64,
        terms: &Terms,
        turn: &Turn,
        instance: &str,
    ) -> Vec<Write> {
        let Some(send) = self.outbox.send.as_mut() else { return Vec::new() };
        if send.attempting.as_deref() != Some(instance) {
            return Vec::new();
        }
        send.attempting = None;
        send.tries.push(Try {
            began_at_ms: send.began_at.unwrap_or(turn.now),
            ended_at_ms: turn.now,
            errcode: errcode(verdict),
        });
        match verdict {
            SendVerdict::Delivered => self.settled(Status::Delivered, None, terms, turn),
            SendVerdict::Unknown => self.unknown(Reason::NoAnswer, terms, turn),
            SendVerdict::RefreshToken { .. } if send.failed_token.is_none() => {
                send.failed_token = Some(token_version);
                send.due_at = turn.now;
                vec![self.outbox.into_write()]
            }
            SendVerdict::RefreshToken { .. } if send.failed_token < Some(token_version) => {
                self.settled(Status::Failed, Some(Reason::Account), terms, turn)
            }
            SendVerdict::StaleMedia { .. } if !send.renewed_media => {
                send.renewed_media = true;
                send.due_at = turn.now;
                vec![self.outbox.into_write()]
            }
            SendVerdict::StaleMedia { .. } => {
                self.settled(Status::Failed, Some(Reason::Content), terms, turn)
            }
            // A token that is known to have failed, brought by a drain that raced: as good as not sent.
            SendVerdict::RefreshToken { .. } | SendVerdict::Later { .. } => {
                self.later(Reason::GaveUp, terms, turn)
            }
            SendVerdict::Never { reason, .. } => self.refused(reason_of(*reason), terms, turn),
        }
    }

    /// Tries again after a while, unless that was often enough.
    fn later(mut self, give_up: Reason, terms: &Terms, turn: &Turn) -> Vec<Write> {
        match self.outbox.send.as_mut() {
            Some(send) if send.attempt.saturating_add(1) < SEND_ATTEMPTS_MAX => {
                send.attempt = send.attempt.saturating_add(1);
                send.due_at = turn.now + backoff_ms(send.attempt);
                vec![self.outbox.into_write()]
            }
            _ => {
                let repeated = self.outbox.send.as_ref().is_some_and(|send| send.repeated);
                let status = if repeated { Status::Uncertain } else { Status::Failed };
                self.settled(status, Some(give_up), terms, turn)
            }
        }
    }

    /// Nobody knows whether the channel took it. With a key it can be asked again; without one never.
    fn unknown(mut self, reason: Reason, terms: &Terms, turn: &Turn) -> Vec<Write> {
        let has_key = terms.rules.kind == ChannelKind::Kefu && self.message.as_ref().is_some_and(has_key);
        match self.outbox.send.as_mut() {
            Some(send) if has_key => {
                send.repeated = true;
                self.later(reason, terms, turn)
            }
            _ => self.settled(Status::Uncertain, Some(reason), terms, turn),
        }
    }

    /// An attempt of an instance that is no more.
    pub(super) fn interrupted(mut self, terms: &Terms, turn: &Turn) -> Vec<Write> {
        if let Some(send) = self.outbox.send.as_mut() {
            send.attempting = None;
            send.tries.push(Try {
                began_at_ms: send.began_at.unwrap_or(turn.now),
                ended_at_ms: turn.now,
                errcode: None,
            });
        }
        self.unknown(Reason::Interrupted, terms, turn)
    }

    /// A definite refusal. One for want of a place is not the end of what a person said: it waits.
    fn refused(mut self, reason: Reason, terms: &Terms, turn: &Turn) -> Vec<Write> {
        let for_want_of_place =
            matches!(reason, Reason::WindowClosed | Reason::QuotaUsed | Reason::NativeSession);
        let is_agent = self.message.as_ref().is_some_and(|m| matches!(m.body, Body::Agent { .. }));
        if !for_want_of_place || !is_agent || self.is_repeated() {
            return self.settled(Status::Failed, Some(reason), terms, turn);
        }
        let slot = self.message.as_mut().and_then(|message| message.body.sending_mut()?.slot.take());
        if slot.is_some() {
            give_back(&mut self.conversation, slot, reason);
            self.outbox.unsettled = self.outbox.unsettled.saturating_sub(1);
            self.outbox.waiting = self.outbox.waiting.saturating_add(1);
        }
        let mut writes = vec![Write::Conversation(Box::new(self.conversation.clone()))];
        let mut window = self.conversation.window;
        if reason != Reason::NativeSession && window.reserve(turn.now, terms.rules.kept_back).is_ok() {
            // The customer opened another grant while this was on its way: the refusal was about the one before.
            writes.extend(self.message.clone().map(Write::Message));
            writes.extend(self.later(reason, terms, turn));
        } else {
            writes.extend(self.hindered(reason, terms, turn));
        }
        writes
    }

    /// The channel may have the message already, under its key: nothing definite can be said of it any more.
    fn is_repeated(&self) -> bool {
        self.outbox.send.as_ref().is_some_and(|send| send.repeated)
    }

    /// Takes back `message`, which waits for the customer. `None`: it is on its way, or has its end.
    pub fn withdrawn(mut self, mut message: Message, terms: &Terms, turn: &Turn) -> Option<Vec<Write>> {
        let send = self.outbox.send.as_ref()?;
        if send.seq == message.seq {
            let may = send.attempting.is_none() && !send.repeated;
            return may.then(|| self.settled(Status::Failed, Some(Reason::Withdrawn), terms, turn));
        }
        let sending = message.body.sending_mut()?;
        if !matches!(sending.status, Status::Queued | Status::Waiting) || send.lines().contains(&message.seq)
        {
            return None;
        }
        sending.status = Status::Failed;
        sending.reason = Some(Reason::Withdrawn);
        match sending.slot.take() {
            Some(slot) => {
                self.outbox.unsettled = self.outbox.unsettled.saturating_sub(1);
                self.conversation.window.release(slot);
            }
            None => self.outbox.waiting = self.outbox.waiting.saturating_sub(1),
        }
        self.outbox.unpark(&self.conversation, terms.rules.kept_back, turn.now);
        Some(vec![
            Write::Message(message),
            Write::Conversation(Box::new(self.conversation)),
            self.outbox.into_write(),
        ])
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

    /// The message waits until the customer does something.
    fn parked(mut self, reason: Reason, turn: &Turn) -> Vec<Write> {
        let mut writes = Vec::new();
        let is_known = self.message.as_ref().and_then(|message| message.body.sending());
        if is_known.is_some_and(|(_, sending)| sending.status != Status::Waiting)
            && let Some(ticket) = self.conversation.ticket.as_mut()
        {
            // Whoever wrote it believes that it is on its way.
            ticket.trouble = true;
            self.conversation.rev = self.conversation.rev.saturating_add(1);
            self.outbox.owe_tell(turn.now);
        }
        for message in self.message.iter_mut().chain(&mut self.lines) {
            let Some(sending) = message.body.sending_mut() else { continue };
            if let Some(slot) = sending.slot.take() {
                self.outbox.unsettled = self.outbox.unsettled.saturating_sub(1);
                self.outbox.waiting = self.outbox.waiting.saturating_add(1);
                // Nothing was sent: the place is free again, if its grant still is.
                self.conversation.window.release(slot);
            }
            sending.status = Status::Waiting;
            sending.reason = Some(reason);
            sending.tries = self.outbox.send.as_ref().map(|send| send.tries.clone()).unwrap_or_default();
            writes.push(Write::Message(message.clone()));
        }
        if let (Some(send), Some(message)) = (self.outbox.send.as_mut(), &self.message) {
            send.parked = true;
            send.due_at = message.at_ms + WAITING_MS_MAX;
        }
        writes.push(Write::Conversation(Box::new(self.conversation)));
        writes.push(self.outbox.into_write());
        writes
    }

    /// The message and its lines have their end; the next queued one takes its turn.
    fn settled(mut self, status: Status, reason: Option<Reason>, terms: &Terms, turn: &Turn) -> Vec<Write> {
        let is_doubtful = self.is_repeated() && status == Status::Failed && reason != Some(Reason::Withdrawn);
        let status = if is_doubtful { Status::Uncertain } else { status };
        let mut writes = Vec::new();
        let tries = self.outbox.send.take().map(|send| send.tries).unwrap_or_default();
        if let Some(message) = &self.message {
            let slot = message.body.sending().and_then(|(_, sending)| sending.slot);
            let count = if slot.is_some() { &mut self.outbox.unsettled } else { &mut self.outbox.waiting };
            *count = count.saturating_sub(1);
            if status != Status::Delivered {
                if let (Status::Failed, Some(reason)) = (status, reason) {
                    give_back(&mut self.conversation, slot, reason);
                }
                if reason != Some(Reason::Withdrawn) {
                    let notice = self.owe_people(&message.clone(), status, terms, turn);
                    writes.extend(notice.map(Write::Message));
                }
                writes.push(Write::Conversation(Box::new(self.conversation.clone())));
            }
        }
        for mut message in self.message.take().into_iter().chain(core::mem::take(&mut self.lines)) {
            if let Some(sending) = message.body.sending_mut() {
                // What the channel said afterwards of a message it had accepted stands.
                if sending.status != Status::Failed {
                    sending.status = status;
                    sending.reason = reason;
                }
                sending.tries.clone_from(&tries);
            }
            writes.push(Write::Message(message));
        }
        // A notice may have been owed above: then it is next, unless something is queued already.
        let owed = self.outbox.send.take();
        self.outbox.send = self.queued_after.map(|seq| Send::new(seq, turn.now)).or(owed);
        writes.push(self.outbox.into_write());
        writes
    }

    /// What did not reach the customer is seen by people: at the ticket, also a resolved one, for the customer has
    /// not got what its agent believes they have; and an answer of the bot that has no ticket gets one.
    fn owe_people(
        &mut self,
        message: &Message,
        status: Status,
        terms: &Terms,
        turn: &Turn,
    ) -> Option<Message> {
        let is_answer = matches!(&message.body, Body::Bot { answers: Some(_), code: None, .. });
        let mut notice = None;
        let is_bots = self.conversation.stage() == Stage::Bot && !self.conversation.gone;
        if is_answer && status != Status::Delivered && is_bots {
            open_ticket(&mut self.conversation, None, turn);
            notice = late::owe_notice(&mut self.conversation, &mut self.outbox, terms, turn);
        } else {
            self.conversation.ticket.as_mut()?.trouble = true;
        }
        self.conversation.rev = self.conversation.rev.saturating_add(1);
        self.outbox.owe_tell(turn.now);
        notice
    }
}

/// A welcome's code can be used once, so that asking again tells nothing.
const fn has_key(message: &Message) -> bool {
    !matches!(message.body, Body::Bot { code: Some(_), .. })
}

/// A definite refusal gives its place back, and what it says about the window is believed, unless the customer
/// has opened another since. What is uncertain keeps its place.
fn give_back(conversation: &mut Conversation, slot: Option<super::window::Slot>, reason: Reason) {
    let Some(slot) = slot else { return };
    match reason {
        Reason::QuotaUsed => conversation.window.exhaust(slot),
        Reason::WindowClosed | Reason::Unreachable => conversation.window.close_for(slot),
        _ => conversation.window.release(slot),
    }
    if matches!(reason, Reason::QuotaUsed | Reason::WindowClosed | Reason::Unreachable) {
        // A grant that was opened since counted the message, and the channel did not.
        conversation.window.release_refilled(slot);
    }
}

const fn errcode(verdict: &SendVerdict) -> Option<i64> {
    match verdict {
        SendVerdict::Delivered => Some(0),
        SendVerdict::RefreshToken { errcode }
        | SendVerdict::StaleMedia { errcode }
        | SendVerdict::Later { errcode }
        | SendVerdict::Never { errcode, .. } => Some(*errcode),
        SendVerdict::Unknown => None,
    }
}

pub(super) const fn reason_of(never: NeverReason) -> Reason {
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
pub(super) fn backoff_ms(attempt: u32) -> i64 {
    let doublings = attempt.saturating_sub(1).min(16);
    SEND_BACKOFF_MS.saturating_mul(1 << doublings).min(SEND_BACKOFF_MS_MAX)
}
