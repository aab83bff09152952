//! Errands: work that a customer's message gives rise to and whose order does not matter.
//!
//! An errand is harmless to repeat, so one that was interrupted is simply run again: unlike a send it needs no
//! mark that outlives its instance.

use super::late::Ask;
use crate::base::time::TimeMs;
use crate::knowledge::signal::Signal;
use serde::{Deserialize, Serialize};

/// One errand of one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errand {
    /// Which message it is for.
    pub seq: u64,
    /// What is to be done.
    pub task: Task,
    /// Failures so far.
    #[serde(default)]
    pub attempt: u32,
    /// When to look at it next.
    pub due_at: TimeMs,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Task {
    /// Ask the slower tier.
    Ask(Box<Ask>),
    /// Fetch the message's file before the channel forgets it.
    Fetch,
    /// Learn who the customer is.
    Identify,
    /// Delete the files of the conversation.
    DeleteFiles,
    /// Have the directory forget who the customer is.
    Forget,
    /// Tell the insight what became of questions.
    Report {
        /// What.
        signals: Vec<Signal>,
    },
}

impl Errand {
    /// To be run now.
    pub const fn new(seq: u64, task: Task, now: TimeMs) -> Self {
        Self { seq, task, attempt: 0, due_at: now }
    }

    /// What a question that waits for a slower tier knows of itself.
    pub fn ask(&self) -> Option<&Ask> {
        match &self.task {
            Task::Ask(ask) => Some(ask),
            _ => None,
        }
    }

    /// What it tells the insight.
    pub fn signals(&self) -> &[Signal] {
        match &self.task {
            Task::Report { signals } => signals,
            _ => &[],
        }
    }

    /// Whether it needs nothing but itself, and is never given up: what it stands for would be lost, or kept.
    pub const fn is_lasting(&self) -> bool {
        matches!(self.task, Task::DeleteFiles | Task::Forget | Task::Report { .. })
    }

    /// Whether it only tells the insight something.
    pub const fn is_report(&self) -> bool {
        matches!(self.task, Task::Report { .. })
    }
}
