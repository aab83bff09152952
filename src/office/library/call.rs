//! What the library is asked, what it answers, and why it refuses.

use super::draft::Edit;
use super::publication::{Begun, What};
use super::records::{Act, Actor, Change, Counts, Row, State, Tally, Version};
use super::review::{Review, ReviewState, Verdict};
use crate::base::time::TimeMs;
use crate::knowledge::bundle::Pointer;
use crate::knowledge::rows::{Key, Kind, Part};
use serde::{Deserialize, Serialize};

/// What the library is asked. Lists come newest first and in pages: `before`, `after` are where the last one ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// How things stand.
    Overview,
    /// Rows whose JSON has `query` in it, by id.
    Rows {
        /// As this review would publish them; none: of the draft.
        review: Option<u64>,
        /// Of this kind.
        kind: Kind,
        /// Empty: all.
        query: String,
        /// Behind this id; empty: from the first.
        after: String,
        /// At most so many.
        rows: u32,
    },
    /// One row of the draft.
    Row {
        /// Which.
        key: Key,
    },
    /// What differs from what is published, in the draft or in a review.
    Changes {
        /// None: in the draft.
        review: Option<u64>,
        /// Behind this one.
        after: Option<Key>,
        /// At most so many.
        rows: u32,
    },
    /// Changes rows of the draft, all or none.
    Edit {
        /// What.
        edits: Vec<Edit>,
        /// Who.
        by: Actor,
    },
    /// Takes changes of the draft back, all or none.
    Revert {
        /// Which, each at this revision.
        rows: Vec<(Key, u64)>,
        /// Who.
        by: Actor,
    },
    /// Asks for a review.
    Submit {
        /// Of these changes; none: of all.
        rows: Option<Vec<Key>>,
        /// What for.
        note: String,
        /// Who.
        by: Actor,
    },
    /// Decides a review.
    Decide {
        /// Which.
        review: u64,
        /// How.
        verdict: Verdict,
        /// What there is to say.
        comment: String,
        /// Who.
        by: Actor,
    },
    /// The reviews.
    Reviews {
        /// Before this one.
        before: Option<u64>,
    },
    /// Begins a publication.
    Begin {
        /// Of what.
        what: What,
        /// Who.
        by: Actor,
        /// The version that KV names: no number up to it is given.
        known: u64,
        /// Whether one pair of eyes suffices.
        alone: bool,
    },
    /// Rows of the document that a publication is of.
    Page {
        /// Which publication.
        publication: u64,
        /// Of this kind.
        kind: Kind,
        /// Behind this id.
        after: String,
    },
    /// Rows of a whole document that a publication will put in the place of the published ones.
    Stage {
        /// Which publication.
        publication: u64,
        /// The rows.
        rows: Vec<Part>,
    },
    /// The parts are written: from here on the pointer may have been flipped.
    Point {
        /// Which publication.
        publication: u64,
        /// To what.
        pointer: Pointer,
        /// What the document holds.
        counts: Counts,
    },
    /// The pointer has been flipped.
    Confirm {
        /// By which publication.
        publication: u64,
    },
    /// A publication comes to nothing; one that may have flipped the pointer stays.
    GiveUp {
        /// Which.
        publication: u64,
    },
    /// The versions.
    Versions {
        /// Before this one.
        before: Option<u64>,
    },
    /// One version.
    Version {
        /// Which.
        version: u64,
    },
    /// What was done.
    Acts {
        /// Before this one.
        before: Option<u64>,
    },
}

/// What the library answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// How things stand.
    Overview {
        /// All of it.
        state: Box<State>,
        /// The current version.
        current: Option<Box<Version>>,
        /// The draft's changes.
        changes: Tally,
        /// Reviews that wait, and those that are approved.
        reviews: Vec<Review>,
    },
    /// A page of rows.
    Rows {
        /// They.
        rows: Vec<Row>,
        /// Whether there are more.
        more: bool,
    },
    /// One row of the draft, and what is published; neither: there is no such row.
    Row {
        /// In the draft.
        row: Option<Row>,
        /// Published.
        published: Option<Row>,
    },
    /// A page of changes.
    Changes {
        /// They.
        changes: Vec<Change>,
        /// Whether there are more.
        more: bool,
    },
    /// Rows are changed.
    Edited {
        /// Of the draft from now on.
        revision: u64,
        /// Rows that were not yet so.
        changed: u64,
    },
    /// A review, as it is now.
    Review {
        /// It.
        review: Review,
    },
    /// A page of reviews.
    Reviews {
        /// They.
        reviews: Vec<Review>,
    },
    /// A publication has begun.
    Begun(Box<Begun>),
    /// It goes on.
    GoesOn,
    /// The publication is done.
    Confirmed {
        /// Its version.
        version: Box<Version>,
    },
    /// A page of versions.
    Versions {
        /// They.
        versions: Vec<Version>,
    },
    /// A page of acts.
    Acts {
        /// They.
        acts: Vec<Act>,
    },
    /// No; nothing has changed.
    Refused {
        /// Why.
        why: Refused,
    },
}

/// Why the library does not do something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// Somebody was faster: these rows are at other revisions, 0 where nobody ever made one.
    ChangedSince {
        /// The first of them.
        rows: Vec<Faster>,
    },
    /// One row twice in one request.
    Twice {
        /// Which.
        row: Key,
    },
    /// More entries or products than a document may have, or open reviews.
    TooMany,
    /// The frame cannot be removed.
    FrameStays,
    /// There is no such change.
    NoChange {
        /// The row that has none.
        row: Key,
    },
    /// Nothing differs from what is published.
    NothingChanged,
    /// There is no such review, or version that was published.
    Unknown,
    /// The review is over.
    ReviewOver {
        /// How.
        state: ReviewState,
    },
    /// One's own changes are somebody else's to approve.
    OwnReview,
    /// Nobody has approved it.
    NotApproved,
    /// What is published has changed in these rows since the review was asked for: ask for another.
    Outdated {
        /// The first of them.
        rows: Vec<Key>,
    },
    /// Something is being published.
    Busy {
        /// By whom.
        by: Actor,
        /// If nothing is heard of it, until when.
        until_ms: TimeMs,
    },
    /// Another publication has taken this one's place.
    Superseded {
        /// Where the pointer belongs.
        current: Option<Box<Pointer>>,
    },
}

/// Who was faster with a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faster {
    /// Which row.
    pub row: Key,
    /// Its revision now.
    pub revision: u64,
    /// Who made it so; none: it is as if nobody had.
    pub by: Option<Actor>,
    /// When.
    pub at_ms: Option<TimeMs>,
}
