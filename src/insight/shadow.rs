//! The figures of a shadow run: how many questions a candidate would answer otherwise, and some of them.

use crate::base::time::TimeMs;
use crate::knowledge::difference::{Candidate, Change, Difference};
use crate::knowledge::proposal::Score;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A run, under way or over: one row. There is one; the next one takes its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Which run.
    pub id: String,
    /// What was tried.
    pub candidate: Candidate,
    /// The digest of its document.
    pub digest: String,
    /// The version that it is compared with.
    pub base: u64,
    /// Since when.
    pub since_ms: TimeMs,
    /// When it is over, said or not.
    pub until_ms: TimeMs,
    /// Who began it: a member of staff, or `operator`.
    pub by: String,
    /// Of all questions, the share that is put to it.
    pub share: Score,
    /// When somebody ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<TimeMs>,
    /// Questions that were compared. Some may be missing, none is counted twice.
    #[serde(default)]
    pub asked: u64,
    /// Of them, those whose decision would stay.
    #[serde(default)]
    pub same: u64,
    /// The others, by kind of change.
    #[serde(default)]
    pub counts: BTreeMap<Change, u64>,
}

/// One question that was put to both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scored {
    /// In which run.
    pub run: String,
    /// What an example is kept under.
    pub mark: String,
    /// Who asked, as a keyed digest of the conversation: so that it is forgotten with them.
    pub asker: String,
    /// When it was asked.
    pub at_ms: TimeMs,
    /// How the decision would change, if it would.
    pub difference: Option<Difference>,
}

/// A question whose decision would change: one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// When it was asked.
    pub at_ms: TimeMs,
    /// What is said, and what would be. Long numbers in the question are masked.
    #[serde(flatten)]
    pub difference: Difference,
}

/// A run with what differed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Its figures.
    #[serde(flatten)]
    pub run: Run,
    /// Some of what differed, drawn at random among all; newest first.
    pub examples: Vec<Example>,
}

impl Run {
    /// Whether it is under way.
    pub fn is_running(&self, now: TimeMs) -> bool {
        self.ended_ms.is_none() && now < self.until_ms
    }

    /// Counts one more question.
    pub fn count(&mut self, change: Option<Change>) {
        self.asked = self.asked.saturating_add(1);
        let counted = match change {
            Some(change) => self.counts.entry(change).or_default(),
            None => &mut self.same,
        };
        *counted = counted.saturating_add(1);
    }
}
