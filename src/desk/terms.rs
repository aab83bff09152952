//! What the edge brings along with a call or a look: what the channel allows, and when the message came.

use crate::base::channel::Rules;
use crate::base::message::OutboundContent;
use crate::base::time::TimeMs;
use serde::{Deserialize, Serialize};

/// The terms on which we speak with a customer of one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// What the channel allows.
    pub rules: Rules,
    /// How long the slower tiers may take in all; `None` when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_ms: Option<i64>,
    /// What tells a customer who cannot be written to that something waits for them; `{question}` stands for
    /// what they asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<OutboundContent>,
}

/// When a message came, and until when its callback can carry an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// When the callback, or the page it was on, reached us.
    pub received_at: TimeMs,
    /// When it was verified and read.
    pub verified_at: TimeMs,
    /// A passive answer decided later than this would not be heard.
    pub answer_by: TimeMs,
}
