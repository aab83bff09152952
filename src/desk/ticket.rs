//! What a conversation tells the floor about its ticket.

use super::conversation::Ticket;
use crate::base::id::ConversationId;
use serde::{Deserialize, Serialize};

/// The newest state of one conversation's ticket. Telling it twice, or an older one later, changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Which conversation.
    pub conversation: ConversationId,
    /// The conversation's revision: the higher one is the newer state.
    pub rev: u64,
    /// The newest message.
    pub last_seq: u64,
    /// The ticket as the conversation has it.
    pub ticket: Ticket,
    /// The customer has left: nothing of their words may stay.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub gone: bool,
}
