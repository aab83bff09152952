//! One message of a conversation: who wrote it, how it travels, how far it has come, and every step of it.

use super::window::Slot;
use crate::base::id::{ClientId, MediaKey, StaffId};
use crate::base::message::{InboundContent, OutboundContent};
use crate::base::time::TimeMs;
use crate::knowledge::mood::Mood;
use crate::knowledge::proposal::{Evidence, Menu};
use serde::{Deserialize, Serialize};

/// How an inbound message's answer travels. Decided once, in the conversation's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Carrier {
    /// Not decided yet: a slower tier is asked.
    Pending,
    /// Offered as the response to the callback; a redelivery is offered the same.
    Passive,
    /// A customer-service message of the bot.
    CustomerMessage,
    /// A person will answer.
    Ticket,
    /// Nothing is to be answered.
    None,
}

/// How far a customer-service message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Accepted by us, not yet on its way.
    Queued,
    /// Accepted by us; it cannot be sent until the customer does something.
    Waiting,
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
    /// Whoever wrote it took it back before it was sent.
    Withdrawn,
}

/// The bot's words in response to a callback, with what a person can check them by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The words.
    pub text: String,
    /// Where they come from; none for fixed texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// The same with choices to tap, for messages that can carry them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub menu: Option<Menu>,
}

impl Answer {
    /// Words that stand for themselves.
    pub fn fixed(text: &str) -> Self {
        Self { text: text.to_owned(), evidence: None, menu: None }
    }

    /// The words as a message of its own, with choices where the channel takes them.
    pub fn content(self, menus: bool) -> OutboundContent {
        match self.menu.filter(|_| menus) {
            Some(Menu { head, items, tail }) => OutboundContent::Menu { head, items, tail },
            None => OutboundContent::Text { text: self.text },
        }
    }
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
        /// When each step was done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt: Option<Receipt>,
        /// What became of the file in it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        media: Option<Media>,
        /// How its words feel; none where there is nothing to show.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mood: Option<Box<Mood>>,
    },
    /// A customer-service message of the bot.
    Bot {
        /// What it says.
        content: OutboundContent,
        /// Where it comes from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        evidence: Option<Evidence>,
        /// The customer's message that it answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answers: Option<u64>,
        /// What lets one welcome be sent without a place in the quota (protocol 9.3).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
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

impl Message {
    /// What a customer wrote or, as far as it was recognised, said.
    pub fn words(&self) -> Option<&str> {
        match &self.body {
            Body::Customer { content: InboundContent::Text { text, .. }, .. } => Some(text),
            Body::Customer { content: InboundContent::Voice { recognition, .. }, .. } => {
                recognition.as_deref()
            }
            _ => None,
        }
    }
}

/// When each step of a customer's message was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The first delivery reached us.
    pub received_at_ms: TimeMs,
    /// It was verified and read.
    pub verified_at_ms: TimeMs,
    /// What is to be answered was decided; none while a slower tier is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at_ms: Option<TimeMs>,
    /// A delivery took the answer along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered_at_ms: Option<TimeMs>,
}

/// What became of the file in a customer's message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Media {
    /// It is being fetched.
    Fetching,
    /// We keep it.
    Kept(Kept),
    /// It could not be fetched, and no more is tried.
    Lost {
        /// Why.
        reason: LostReason,
    },
}

/// A file that we keep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its unguessable name.
    pub key: MediaKey,
    /// Its content type, by its content.
    pub content_type: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Why a file could not be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LostReason {
    /// The channel no longer has it.
    Gone,
    /// It is larger than we keep.
    TooLarge,
    /// It is at an address that we do not fetch from.
    Address,
    /// The channel did not give it, however often it was asked.
    GaveUp,
}

/// One attempt to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Try {
    /// When the channel was asked.
    pub began_at_ms: TimeMs,
    /// When we knew the end of it.
    pub ended_at_ms: TimeMs,
    /// The channel's code: 0 when it took the message, none when it said nothing that could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errcode: Option<i64>,
}

/// How far a customer-service message has come, and the place it takes in the quota.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    /// How far.
    pub status: Status,
    /// Why not further.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Its place in the quota; none when it takes none, or has to wait for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Slot>,
    /// The attempts, at most [`crate::base::limits::SEND_ATTEMPTS_MAX`] and two more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tries: Vec<Try>,
    /// The message of ours that it was sent together with, as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_to: Option<u64>,
}

impl Sending {
    /// Of a message that has just been accepted.
    pub fn accepted(slot: Option<Slot>) -> Self {
        Self { status: Status::Queued, reason: None, slot, tries: Vec::new(), joined_to: None }
    }
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
