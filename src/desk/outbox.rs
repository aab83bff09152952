//! What a conversation still owes to the outside: messages in order, word to the floor, and errands.

use super::conversation::{Conversation, Outcome, Write};
use super::errand::Errand;
use super::ticket::Notice;
use super::window::Shut;
use crate::base::id::StaffId;
use crate::base::limits::{JOIN_LINES_MAX, JOIN_SPAN_MS_MAX, JOIN_WITHIN_MS, TEXT_BYTES_MAX};
use crate::base::time::TimeMs;
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
    /// Messages with a place in the quota that are accepted and have no end yet, the one in `send` included.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unsettled: u32,
    /// Messages that are accepted and have no place: they wait for the customer to do something, or need none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waiting: u32,
    /// Work on behalf of messages, in no order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errands: Vec<Errand>,
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
    /// When the newest attempt began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_at: Option<TimeMs>,
    /// The version of the token the channel refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_token: Option<u64>,
    /// The channel no longer had the file: it was given again, once.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub renewed_media: bool,
    /// An attempt of it has no known end: the channel may know its key already.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub repeated: bool,
    /// It waits for the customer; `due_at` is when it has waited too long.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub parked: bool,
    /// It waits a moment for more lines of whoever wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gathers: Option<Gather>,
    /// The attempts that have ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tries: Vec<super::message::Try>,
}

/// Lines of one person that are to be sent as one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gather {
    /// Whose.
    pub staff: StaffId,
    /// How long they are together.
    pub bytes: usize,
    /// When the first of them came.
    pub since: TimeMs,
    /// The lines after the first.
    #[serde(default)]
    pub lines: Vec<u64>,
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
        let errand = self.errands.iter().map(|errand| errand.due_at).min();
        send.into_iter().chain(tell).chain(errand).min()
    }

    /// Owes this message too; it has a place in the quota. A send that waits keeps its turn: order per customer.
    pub(super) fn owe_send(&mut self, seq: u64, now: TimeMs) {
        self.unsettled = self.unsettled.saturating_add(1);
        self.queue(seq, now);
    }

    /// Owes this message, which has no place: it takes one when its turn comes, or needs none.
    pub(super) fn owe_send_without_place(&mut self, seq: u64, now: TimeMs) {
        self.waiting = self.waiting.saturating_add(1);
        self.queue(seq, now);
    }

    fn queue(&mut self, seq: u64, now: TimeMs) {
        if self.send.is_none() {
            self.send = Some(Send::new(seq, now));
        }
    }

    /// Holds back the message that was just queued first, for more lines of the same person.
    pub(super) fn gather(&mut self, seq: u64, staff: &StaffId, bytes: usize, now: TimeMs) {
        if let Some(send) = self.send.as_mut().filter(|send| send.seq == seq) {
            send.due_at = now + JOIN_WITHIN_MS;
            send.gathers = Some(Gather { staff: staff.clone(), bytes, since: now, lines: Vec::new() });
        }
    }

    /// Adds a line to the message that is held back for it. Returns that message.
    pub(super) fn join(&mut self, seq: u64, staff: &StaffId, bytes: usize, now: TimeMs) -> Option<u64> {
        // Alone in the queue: a line must not overtake what was said before it.
        let is_alone = self.unsettled.saturating_add(self.waiting) == 1;
        let send = self.send.as_mut().filter(|send| {
            // What was tried once is as it is: the channel may know it already.
            is_alone && send.attempting.is_none() && send.tries.is_empty() && !send.parked
        })?;
        let gather = send.gathers.as_mut().filter(|gather| gather.staff == *staff)?;
        let together = gather.bytes.saturating_add(bytes).saturating_add(1);
        if together > TEXT_BYTES_MAX || gather.lines.len().saturating_add(2) > JOIN_LINES_MAX {
            return None;
        }
        gather.bytes = together;
        gather.lines.push(seq);
        send.due_at = (now + JOIN_WITHIN_MS).min(gather.since + JOIN_SPAN_MS_MAX);
        Some(send.seq)
    }

    /// The customer did something: what waits may be sent now, if there is a place for it.
    pub(super) fn unpark(&mut self, conversation: &Conversation, kept_back: u32, now: TimeMs) {
        let mut window = conversation.window;
        let may_go = conversation.native.is_none() && window.reserve(now, kept_back).is_ok();
        if let Some(send) = self.send.as_mut().filter(|send| send.parked && may_go) {
            send.parked = false;
            send.due_at = now;
        }
    }

    /// Owes the floor word of the newest state, now.
    pub(super) fn owe_tell(&mut self, now: TimeMs) {
        self.tell = Some(Tell { attempt: 0, due_at: now });
    }

    pub(super) fn into_write(self) -> Write {
        let settled = self.send.is_none() && self.tell.is_none() && self.errands.is_empty();
        Write::Outbox((!settled).then_some(self))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Send {
    pub(super) const fn new(seq: u64, now: TimeMs) -> Self {
        Self {
            seq,
            attempt: 0,
            due_at: now,
            attempting: None,
            began_at: None,
            failed_token: None,
            renewed_media: false,
            repeated: false,
            parked: false,
            gathers: None,
            tries: Vec::new(),
        }
    }

    /// The lines that go out with it.
    pub fn lines(&self) -> &[u64] {
        self.gathers.as_ref().map_or(&[], |gather| &gather.lines)
    }
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
            gone: conversation.gone,
        })
    }
}

impl From<Shut> for super::message::Reason {
    fn from(shut: Shut) -> Self {
        match shut {
            Shut::WindowClosed => Self::WindowClosed,
            Shut::QuotaUsed => Self::QuotaUsed,
        }
    }
}

/// An outcome whose outbox may owe more than before: appends the write when it changed.
pub(super) fn finish<R>(reply: R, mut writes: Vec<Write>, before: &Outbox, after: Outbox) -> Outcome<R> {
    if &after != before {
        writes.push(after.into_write());
    }
    Outcome { reply, writes }
}
