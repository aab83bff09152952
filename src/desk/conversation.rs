//! What a conversation knows of itself, and what may happen to it.

use super::dialogue::Dialogue;
use super::message::{Message, Status};
use super::window::{Quota, Window};
use crate::base::id::{ConversationId, InboundKey, SkillGroupId, StaffId, TicketId};
use crate::base::time::TimeMs;
use crate::knowledge::mood::{Mood, raised};
use crate::knowledge::proposal::{Proposal, Urgency};
use crate::knowledge::signal::{Asked, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything about one conversation but its messages: one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// Whose it is.
    pub id: ConversationId,
    /// The current request for human help, or the last one.
    pub ticket: Option<Ticket>,
    /// What may be sent, and until when.
    pub window: Window,
    /// The number of the newest message; the first is 1.
    pub last_seq: u64,
    /// The number of the customer's newest message.
    pub last_inbound_seq: u64,
    /// Questions in a row that the bot could not answer.
    pub misses: u32,
    /// The last thing the customer asked in words, since the last ticket was resolved.
    pub question: Option<Question>,
    /// Rises with every change the floor must hear of.
    pub rev: u64,
    /// The customer left: nothing reaches them.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub gone: bool,
    /// Who has the customer in the channel's own console.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub native: Option<String>,
    /// When that was last seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub native_at: Option<TimeMs>,
    /// Somebody was told to find out who they are.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub identified: bool,
    /// Who should take what they ask, by where they came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill_group: Option<SkillGroupId>,
    /// Where the customer came from first, and last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<Origin>,
    /// When the customer was last told that something waits for them; none since they last wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noticed_at: Option<TimeMs>,
    /// Notices that the customer allows, by template.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub consents: BTreeMap<String, u32>,
    /// What it is about, while that may be left unsaid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialogue: Option<Dialogue>,
    /// The question that the bot had last: what is said of an answer next is about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<LastAsked>,
}

/// The question that the bot had last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastAsked {
    /// What it was.
    #[serde(flatten)]
    pub asked: Asked,
    /// Choices were offered, and the customer has not said anything since.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub awaits_choice: bool,
    /// The customer took one of them.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub chosen: bool,
}

impl LastAsked {
    pub(super) fn new(asked: Asked) -> Self {
        Self { awaits_choice: asked.verdict == Verdict::Clarified, chosen: false, asked }
    }
}

/// Where a customer came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// When.
    pub at_ms: TimeMs,
    /// `follow`, `scan` or `enter`.
    pub by: String,
    /// The scene of the code or the button; none for a plain follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scene: Option<String>,
}

/// What a customer asked, and who should look at it how soon: a ticket rests on this, not on the word that asked
/// for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// In their words, short enough for a title.
    pub text: String,
    /// How much it presses.
    pub urgency: Urgency,
    /// Who should take it.
    pub skill_group: SkillGroupId,
    /// Whether that was said for a reason of its own, and is not only the default.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub group_claimed: bool,
    /// The strongest mood since it was asked, or since the first of several that the bot missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mood: Option<Box<Mood>>,
}

/// One request for human help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Its id.
    pub id: TicketId,
    /// What the customer wanted, in their words.
    pub question: String,
    /// How much it presses.
    pub urgency: Urgency,
    /// Who is entitled to it.
    pub skill_group: SkillGroupId,
    /// When it was opened.
    pub opened_at: TimeMs,
    /// The highest lease seen; 0 before the first.
    pub epoch: u64,
    /// Who holds the lease.
    pub staff: Option<StaffId>,
    /// The customer's oldest message that no person has replied to.
    pub waiting_since: Option<TimeMs>,
    /// How many of the customer's messages no person has replied to.
    pub unanswered: u32,
    /// A reply failed or is uncertain, and nobody has dealt with it.
    pub trouble: bool,
    /// It is resolved.
    pub closed: bool,
    /// The strongest mood since its question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mood: Option<Box<Mood>>,
}

/// Whose move it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The bot answers.
    Bot,
    /// A person has been asked for, none has it yet.
    Waiting,
    /// A person has it: the bot is silent.
    WithAgent,
}

impl Conversation {
    /// One that nothing has happened in.
    pub fn new(id: ConversationId) -> Self {
        Self {
            id,
            ticket: None,
            window: Window::default(),
            last_seq: 0,
            last_inbound_seq: 0,
            misses: 0,
            question: None,
            rev: 0,
            gone: false,
            native: None,
            native_at: None,
            identified: false,
            skill_group: None,
            origins: Vec::new(),
            noticed_at: None,
            consents: BTreeMap::new(),
            dialogue: None,
            asked: None,
        }
    }

    /// The ticket, unless it is resolved.
    pub fn open_ticket(&self) -> Option<&Ticket> {
        self.ticket.as_ref().filter(|ticket| !ticket.closed)
    }

    /// The ticket to change, unless it is resolved.
    pub(crate) fn open_ticket_mut(&mut self) -> Option<&mut Ticket> {
        self.ticket.as_mut().filter(|ticket| !ticket.closed)
    }

    /// Whose move it is.
    pub fn stage(&self) -> Stage {
        match self.open_ticket() {
            None => Stage::Bot,
            Some(Ticket { staff: None, .. }) => Stage::Waiting,
            Some(Ticket { staff: Some(_), .. }) => Stage::WithAgent,
        }
    }

    /// Whether the bot is to answer: nobody else has the customer, and they can be reached.
    pub(crate) fn is_bots(&self) -> bool {
        self.stage() == Stage::Bot && self.native.is_none() && !self.gone
    }

    /// What a message adds to how its question feels, and how soon a person should look.
    pub(super) fn feel(&mut self, proposal: &Proposal) {
        if let Some(ticket) = self.open_ticket_mut() {
            raised(&mut ticket.mood, proposal.mood.as_deref());
            ticket.urgency = ticket.urgency.max(proposal.urgency);
        } else if let Some(question) = self.question.as_mut() {
            raised(&mut question.mood, proposal.mood.as_deref());
        }
    }

    /// A message that had a mood was taken back: its words may be among those kept. Whether the floor must hear of it.
    pub(super) fn forget_mood_words(&mut self) -> bool {
        if let Some(mood) = self.question.as_mut().and_then(|question| question.mood.as_mut()) {
            mood.words.clear();
        }
        let of_ticket = self.ticket.as_mut().and_then(|ticket| ticket.mood.as_mut());
        of_ticket.map(|mood| mood.words.clear()).is_some()
    }

    pub(crate) fn next_seq(&mut self) -> u64 {
        self.last_seq = self.last_seq.saturating_add(1);
        self.last_seq
    }
}

/// What a turn writes, all at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Save the conversation's row.
    Conversation(Box<Conversation>),
    /// Remember that this inbound was decided, as message `seq`.
    Ledger {
        /// What recognises it.
        key: InboundKey,
        /// Its message.
        seq: u64,
        /// When.
        at: TimeMs,
    },
    /// Insert a message or replace it.
    Message(Message),
    /// Save what is still owed to the outside; `None` when nothing is.
    Outbox(Option<super::outbox::Outbox>),
    /// Forget what was said: every message keeps its time, its author and its fate, and nothing else.
    Erase,
}

/// What a turn decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<R> {
    /// For the caller.
    pub reply: R,
    /// For the storage, in this order. Empty: nothing happened.
    pub writes: Vec<Write>,
}

impl<R> Outcome<R> {
    /// An answer that changes nothing.
    pub fn unchanged(reply: R) -> Self {
        Self { reply, writes: Vec::new() }
    }
}

/// A refusal that people see. Not an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rejection", rename_all = "snake_case")]
pub enum Rejection {
    /// A newer lease exists.
    StaleLease {
        /// The lease that holds.
        epoch: u64,
    },
    /// The floor has given the lease, the conversation has not heard of it yet.
    LeasePending,
    /// Somebody else has the ticket, or nobody, or it is resolved.
    NotAssigned,
    /// The channel's time window is over.
    WindowClosed,
    /// The channel's number of messages is used up, but for what is kept back for closing.
    QuotaUsed,
    /// A person has the customer in the channel's own console.
    NativeSession,
    /// This channel takes no customer-service messages.
    NoCustomerMessages,
    /// Too many messages wait for the customer already.
    TooManyWaiting,
    /// The message is on its way, or has its end: it cannot be taken back.
    NotWaiting,
    /// The customer has written something that the caller has not seen.
    NewMessages {
        /// The newest message.
        last_seq: u64,
    },
}

/// Where an accepted reply stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Its message.
    pub seq: u64,
    /// How far it has come.
    pub status: Status,
    /// What may still be sent.
    pub quota: Option<Quota>,
}
