//! What can be asked of the insight, and what it answers: the contract between the edge and the object.

use super::question::Question;
use crate::base::id::ChannelId;
use crate::base::time::TimeMs;
use crate::knowledge::signal::Signal;
use serde::{Deserialize, Serialize};

/// Asked of the object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Call {
    /// Keep what became of one customer's questions. Harmless to repeat.
    Report {
        /// Whose, as a keyed digest of the conversation.
        asker: String,
        /// On which channel.
        channel: ChannelId,
        /// What.
        signals: Vec<Signal>,
        /// The conversation, sealed: kept with questions that were handed to people.
        #[serde(default)]
        sealed: Option<String>,
    },
    /// Forget all that these asked up to message `until`: clocks may differ, numbers do not. Harmless to repeat.
    Forget {
        /// One customer under every key that they may have been kept under.
        askers: Vec<String>,
        /// The message with which they left.
        until: u64,
    },
    /// Show questions, newest first.
    Questions(Wanted),
}

impl Call {
    /// Whether it may leave rows to look after.
    pub const fn is_write(&self) -> bool {
        !matches!(self, Self::Questions(_))
    }
}

/// Which questions are wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Of which kind.
    pub kind: Kind,
    /// On these channels; `None`: on all.
    #[serde(default)]
    pub channels: Option<Vec<ChannelId>>,
    /// Asked at this time or later.
    pub since: TimeMs,
    /// Asked before this time; `None`: until now.
    #[serde(default)]
    pub before: Option<TimeMs>,
    /// How many at most; bounded by [`crate::base::limits::QUESTIONS_READ_MAX`].
    pub limit: u32,
}

/// A kind of questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Whose askers were left without what they asked for.
    Unresolved,
    /// The random sample of all that the bot was asked.
    Sampled,
    /// All that are kept.
    All,
}

/// Answered by the object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Reply {
    /// To `Report` and `Forget`: it is so.
    Done,
    /// To `Questions`.
    Questions {
        /// Newest first.
        questions: Vec<Question>,
    },
}
