//! What a conversation knows of itself, and what may happen to it.

use super::window::{Quota, Slot, Window};
use crate::base::id::{ClientId, ConversationId, InboundKey, SkillGroupId, StaffId, TicketId};
use crate::base::message::{InboundContent, OutboundContent};
use crate::base::time::TimeMs;
use crate::knowledge::proposal::{Evidence, Urgency};
use serde::{Deserialize, Serialize};

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

    pub(crate) fn next_seq(&mut self) -> u64 {
        self.last_seq = self.last_seq.saturating_add(1);
        self.last_seq
    }
}

/// How an inbound message's answer travels. Decided once, in the conversation's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Carrier {
    /// Offered as the response to the callback; a redelivery is offered the same.
    Passive,
    /// A customer-service message of the bot.
    CustomerMessage,
    /// A person will answer.
    Ticket,
    /// Nothing is to be answered.
    None,
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The customer.
    Customer,
    /// The bot.
    Bot,
    /// A person of ours.
    Agent,
}

/// How far a customer-service message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Accepted by us, not yet on its way.
    Queued,
    /// On its way. Only views say so: in storage the outbox does, and the message is still queued.
    Attempting,
    /// The channel took it.
    Delivered,
    /// The channel definitely did not take it.
    Failed,
    /// It cannot be known. Never sent again by itself.
    Uncertain,
}

/// Why a message failed, or is uncertain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The channel's time window is over.
    WindowClosed,
    /// The channel's number of messages is used up.
    QuotaUsed,
    /// A person has the customer in the channel's own console.
    NativeSession,
    /// The customer cannot be reached.
    Unreachable,
    /// The channel does not accept the content.
    Content,
    /// The account or its configuration is at fault.
    Account,
    /// Refused for the time being, too often.
    GaveUp,
    /// The channel gave no answer that could be read.
    NoAnswer,
    /// We were interrupted between asking the channel and recording its answer.
    Interrupted,
}

/// The bot's words in response to a callback, with what a person can check them by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The words.
    pub text: String,
    /// Where they come from; none for fixed texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

/// One message of a conversation: one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its number in the conversation.
    pub seq: u64,
    /// When we recorded it.
    pub at_ms: TimeMs,
    /// Who wrote it.
    #[serde(flatten)]
    pub body: Body,
}

/// What a message is, by who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "author", rename_all = "snake_case")]
pub enum Body {
    /// From the customer, together with the one decision about it.
    Customer {
        /// What they sent.
        content: InboundContent,
        /// How its answer travels.
        carrier: Carrier,
        /// The passive answer, when that is the carrier.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer: Option<Answer>,
    },
    /// A customer-service message of the bot.
    Bot {
        /// What it says.
        content: OutboundContent,
        /// Where it comes from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        evidence: Option<Evidence>,
        /// How far it has come.
        #[serde(flatten)]
        sending: Sending,
    },
    /// A customer-service message of a person.
    Agent {
        /// Who.
        staff: StaffId,
        /// What it says.
        content: OutboundContent,
        /// The id the console gave it.
        client_id: ClientId,
        /// The message this one repeats, by a person's decision.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resend_of: Option<u64>,
        /// How far it has come.
        #[serde(flatten)]
        sending: Sending,
    },
}

/// How far a customer-service message has come, and the place it takes in the quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    /// How far.
    pub status: Status,
    /// Why not further.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Its place in the quota.
    pub slot: Slot,
}

impl Body {
    /// What a customer-service message says and how far it has come.
    pub fn sending(&self) -> Option<(&OutboundContent, &Sending)> {
        match self {
            Self::Customer { .. } => None,
            Self::Bot { content, sending, .. } | Self::Agent { content, sending, .. } => {
                Some((content, sending))
            }
        }
    }

    /// The same, to change.
    pub fn sending_mut(&mut self) -> Option<&mut Sending> {
        match self {
            Self::Customer { .. } => None,
            Self::Bot { sending, .. } | Self::Agent { sending, .. } => Some(sending),
        }
    }
}

/// What a turn writes, all at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Save the conversation's row.
    Conversation(Conversation),
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
    /// The channel's number of messages is used up.
    QuotaUsed,
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
