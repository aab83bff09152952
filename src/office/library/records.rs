//! What the library keeps: rows and their marks, versions, acts, and its own state.

use super::Write;
use super::publication::Publication;
use super::review::Verdict;
use crate::base::id::StaffId;
use crate::base::time::TimeMs;
use crate::knowledge::bundle::Pointer;
use crate::knowledge::rows::{Key, Part};
use serde::{Deserialize, Serialize};

/// Who does something to the library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Who holds the deployment's token.
    Operator,
    /// A member of staff.
    Staff(StaffId),
}

/// Who made a row what it is, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The draft's revision at that time: another edit gives another one.
    pub revision: u64,
    /// Who.
    pub by: Actor,
    /// When.
    pub at_ms: TimeMs,
}

/// A row of the draft or of what is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What it says.
    pub part: Part,
    /// Who made it so.
    pub mark: Mark,
}

/// What lies over a published row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Which row.
    pub key: Key,
    /// Where it stands.
    pub position: u64,
    /// What it says; none: it is removed.
    pub value: Option<String>,
    /// Who made it so.
    pub mark: Mark,
}

/// A row that differs from what is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which.
    pub key: Key,
    /// What is published; none: it is added.
    pub before: Option<String>,
    /// What is to be; none: it is removed.
    pub after: Option<String>,
    /// Who says so.
    pub mark: Mark,
}

/// How much a document holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// FAQ entries.
    pub entries: u64,
    /// Products of the graph.
    pub products: u64,
}

/// How many changes there are, by kind of row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Rows that are new.
    pub added: u64,
    /// Rows that say something else.
    pub changed: u64,
    /// Rows that are to go.
    pub removed: u64,
    /// Of the new ones, less those that are to go: entries.
    pub entries_more: i64,
    /// The same: products.
    pub products_more: i64,
}

impl Tally {
    /// All of them.
    pub const fn total(&self) -> u64 {
        self.added + self.changed + self.removed
    }
}

/// A version, for good. Its number is nobody else's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Its number.
    pub version: u64,
    /// Where its document is; without a `previous`.
    pub pointer: Pointer,
    /// Whether it was ever confirmed: one that was not may have been current for a moment.
    pub is_published: bool,
    /// What it holds.
    pub counts: Counts,
    /// The review that it came from; none: a whole document.
    pub review: Option<u64>,
    /// Who submitted it.
    pub author: Actor,
    /// Who approved it; none: nobody had to.
    pub reviewer: Option<Actor>,
    /// Who published it.
    pub published_by: Actor,
    /// What for.
    pub note: String,
    /// When.
    pub at_ms: TimeMs,
}

/// Something that was done, for people who ask later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// Rises with each.
    pub number: u64,
    /// When.
    pub at_ms: TimeMs,
    /// Who.
    pub by: Actor,
    /// What.
    pub deed: Deed,
}

/// What can be done to the library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Rows were changed.
    Edited {
        /// How many.
        rows: u64,
        /// Which, when it was one.
        row: Option<Key>,
    },
    /// Changes were taken back.
    Reverted {
        /// How many.
        rows: u64,
        /// Which, when it was one.
        row: Option<Key>,
    },
    /// A review was asked for.
    Submitted {
        /// Which.
        review: u64,
    },
    /// A review was decided.
    Decided {
        /// Which.
        review: u64,
        /// How.
        verdict: Verdict,
        /// What was said to it.
        comment: String,
    },
    /// A version became current.
    Published {
        /// Which.
        version: u64,
        /// From which review; none: a whole document that replaced the draft.
        review: Option<u64>,
        /// Changes of the draft that the whole document replaced.
        discarded: u64,
    },
    /// What had been published before there was a library became its first version.
    Found {
        /// Which.
        version: u64,
    },
    /// An old version became current again.
    RolledBack {
        /// The one before.
        from: Option<u64>,
        /// The old one.
        to: u64,
        /// Why.
        note: String,
    },
    /// A publication came to nothing.
    GaveUp {
        /// The number that nobody will have.
        version: u64,
    },
}

/// What the library knows of itself, in one row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Of the draft: rises with each change.
    pub revision: u64,
    /// The published rows.
    pub generation: u64,
    /// The version that they are.
    pub current: Option<u64>,
    /// What they are.
    pub counts: Counts,
    /// The highest number that was ever given.
    pub last_version: u64,
    /// The same of reviews.
    pub last_review: u64,
    /// The same of publications and generations.
    pub last_publication: u64,
    /// The same of acts.
    pub last_act: u64,
    /// Where the next new row stands.
    pub next_position: u64,
    /// What is under way.
    pub publication: Option<Publication>,
    /// The publication that was confirmed last.
    pub confirmed: u64,
}

impl State {
    /// The next act, counted.
    pub(super) fn act(&mut self, by: &Actor, at_ms: TimeMs, deed: Deed) -> Write {
        self.last_act += 1;
        Write::PutAct(Act { number: self.last_act, at_ms, by: by.clone(), deed })
    }

    /// The draft's next revision, by this actor.
    pub(super) fn mark(&mut self, by: &Actor, at_ms: TimeMs) -> Mark {
        self.revision += 1;
        Mark { revision: self.revision, by: by.clone(), at_ms }
    }
}
