//! The library: what editors change before it is published, who has looked at it, and which versions there are.
//!
//! The published rows lie under a *generation*; edits lie over them in *layers*: layer 0 is the draft, and each review
//! has a layer of its own, a copy that later edits do not touch. What is published is a review's layer over the
//! published rows, so editors go on while a version is made. A row that is in no layer is as it was published.
//!
//! A publication takes several turns, because the edge writes the bundle: it begins (and has its number for good),
//! points, and is confirmed. One is under way at a time. Whatever is cut off leaves the published rows as they were.

mod draft;
mod publication;
mod review;

pub use draft::{Edit, Sighted, edit, revert};
pub use publication::{Begun, Facts, Publication, What, begin, confirm, give_up, go_on, point, stage};
pub use review::{Decided, Review, ReviewState, Verdict, decide, submit};

use crate::base::id::StaffId;
use crate::base::time::TimeMs;
use crate::knowledge::bundle::Pointer;
use crate::knowledge::rows::{Key, Kind, Part};
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

/// What is to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// The state.
    State(Box<State>),
    /// An edit of the draft.
    PutPending(Pending),
    /// The draft's row is as it is published.
    DropPending(Key),
    /// Copies the draft's changes into a review's layer: these, or all.
    OpenLayer {
        /// The review.
        review: u64,
        /// Which rows.
        rows: Option<Vec<Key>>,
    },
    /// A review's layer is not needed any more.
    DropLayer {
        /// The review.
        review: u64,
    },
    /// A review.
    PutReview(Review),
    /// A version.
    PutVersion(Version),
    /// An act; those far behind it go.
    PutAct(Act),
    /// Rows of a new generation. One that says what its row in `like` says keeps that one's mark.
    Stage {
        /// The new generation.
        generation: u64,
        /// The published one.
        like: u64,
        /// The rows.
        rows: Vec<Part>,
        /// Who made them, where they are new.
        mark: Mark,
    },
    /// A review's layer becomes published; the draft stays what it is.
    Publish {
        /// The published rows.
        generation: u64,
        /// The review.
        review: u64,
        /// Of rows that the draft does not have.
        mark: Mark,
    },
    /// The draft stays what it is while another generation becomes the published one.
    Rebase {
        /// The one before.
        from: u64,
        /// The new one.
        to: u64,
        /// Of rows that the draft does not have.
        mark: Mark,
    },
    /// The draft is the new generation, but for what was edited after this revision.
    DropDraft {
        /// The new published rows.
        generation: u64,
        /// The last revision that goes.
        until_revision: u64,
    },
    /// No generation but this one is needed.
    KeepGeneration(u64),
}

/// What a turn comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The answer.
    pub reply: Reply,
    /// What to store, in order.
    pub writes: Vec<Write>,
}

impl From<Reply> for Outcome {
    fn from(reply: Reply) -> Self {
        Self { reply, writes: Vec::new() }
    }
}

impl From<Refused> for Outcome {
    fn from(why: Refused) -> Self {
        Reply::Refused { why }.into()
    }
}

impl State {
    /// The next act, counted.
    fn act(&mut self, by: &Actor, at_ms: TimeMs, deed: Deed) -> Write {
        self.last_act += 1;
        Write::PutAct(Act { number: self.last_act, at_ms, by: by.clone(), deed })
    }

    /// The draft's next revision, by this actor.
    fn mark(&mut self, by: &Actor, at_ms: TimeMs) -> Mark {
        self.revision += 1;
        Mark { revision: self.revision, by: by.clone(), at_ms }
    }
}
