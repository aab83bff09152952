//! What can be asked of a conversation, and what it answers: the contract between the edge and the object.

use super::conversation::{Accepted, Origin, Rejection, Stage};
use super::dialogue::Informed;
use super::message::Message;
use super::receive::Received;
use super::reply::{AgentReply, Claim};
use super::terms::{Arrival, Terms};
use super::window::Quota;
use crate::base::id::{ConversationId, StaffId, TicketId};
use crate::base::message::Inbound;
use crate::base::staff::Staff;
use crate::knowledge::dialogue::Topic;
use crate::knowledge::proposal::Proposal;
use serde::{Deserialize, Serialize};

/// Asked of the object that holds the conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Call {
    /// Decide about an inbound, or repeat the decision.
    Receive {
        /// The inbound.
        inbound: Inbound,
        /// What the edge thinks of it.
        proposal: Box<Proposal>,
        /// The same knowing the dialogue, after the conversation has asked for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        informed: Option<Informed>,
        /// When it came.
        arrival: Arrival,
        /// What the channel allows.
        terms: Terms,
    },
    /// Send an agent's words.
    Reply {
        /// In which conversation.
        conversation: ConversationId,
        /// The reply.
        reply: AgentReply,
        /// What the channel allows.
        terms: Terms,
    },
    /// Take back a message that waits for the customer.
    Withdraw {
        /// In which conversation.
        conversation: ConversationId,
        /// Who, and under which lease.
        claim: Claim,
        /// Which message.
        seq: u64,
        /// What the channel allows.
        terms: Terms,
    },
    /// Resolve the ticket.
    Resolve {
        /// In which conversation.
        conversation: ConversationId,
        /// Who, and under which lease.
        claim: Claim,
        /// The newest message the agent has seen.
        last_seen_seq: u64,
    },
    /// The floor's word on who has the ticket.
    Lease {
        /// In which conversation.
        conversation: ConversationId,
        /// Who, and under which lease.
        claim: Claim,
    },
    /// Show the newest messages to somebody who may see the whole person: who asks has made sure of that.
    History {
        /// Of which conversation.
        conversation: ConversationId,
        /// Messages after this one; without it the newest.
        #[serde(default)]
        after: Option<u64>,
        /// How many at most; bounded by [`crate::base::limits::MESSAGES_READ_MAX`].
        limit: u32,
    },
    /// Show the conversation.
    Read {
        /// Which.
        conversation: ConversationId,
        /// To whom.
        viewer: Staff,
        /// Messages after this one; without it the newest.
        after: Option<u64>,
        /// How many at most; bounded by [`crate::base::limits::MESSAGES_READ_MAX`].
        limit: u32,
    },
}

/// Answered by the object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answered {
    /// To `Receive`.
    Received {
        /// The decision.
        received: Received,
        /// Whether it was made before.
        again: bool,
    },
    /// To `Receive`: nothing is decided yet. The proposal depends on what the conversation is about; ask again with
    /// one that knows this.
    NeedProposal {
        /// What the conversation is about.
        dialogue: Topic,
        /// To be named with the proposal that knows it.
        revision: u64,
    },
    /// To `Reply`: it is accepted.
    Accepted(Accepted),
    /// To `Resolve`, `Withdraw` and `Lease`: it is so.
    Done,
    /// To `Read` and `History`.
    View(Box<View>),
    /// To `Read`: there is nothing this viewer may see.
    NotEntitled,
    /// To `Reply`, `Withdraw` and `Resolve`: refused.
    Rejected(Rejection),
}

/// A conversation as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Whose it is.
    #[serde(flatten)]
    pub id: ConversationId,
    /// Whose move it is.
    pub state: Stage,
    /// The open ticket's lease.
    pub ticket: Option<Lease>,
    /// What may be sent; `None` when no window is open.
    pub quota: Option<Quota>,
    /// How many of our messages wait for the customer to do something.
    pub waiting: u32,
    /// Who has the customer in the channel's own console.
    pub native: Option<String>,
    /// Whether the customer left: nothing reaches them.
    pub gone: bool,
    /// Where the customer came from: the first time, and the newest ones.
    pub origins: Vec<Origin>,
    /// The newest message.
    pub last_seq: u64,
    /// In order.
    pub messages: Vec<Message>,
}

/// Who has an open ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The ticket.
    pub id: TicketId,
    /// The newest lease.
    pub epoch: u64,
    /// Who holds it.
    pub staff: Option<StaffId>,
}
