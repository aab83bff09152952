//! The library: what editors change before it is published, who has looked at it, and which versions there are.
//!
//! The published rows lie under a *generation*; edits lie over them in *layers*: layer 0 is the draft, and each review
//! has a layer of its own, a copy that later edits do not touch. What is published is a review's layer over the
//! published rows, so editors go on while a version is made. A row that is in no layer is as it was published.
//!
//! A publication takes several turns, because the edge writes the bundle: it begins (and has its number for good),
//! points, and is confirmed. One is under way at a time. Whatever is cut off leaves the published rows as they were.

mod call;
mod draft;
mod import;
mod publication;
mod records;
mod review;

pub use call::{Call, Faster, Refused, Reply};
pub use draft::{Edit, Sighted, edit, revert};
pub use import::{ImportMode, edits_of};
pub use publication::{Begun, Facts, Publication, What, begin, confirm, give_up, go_on, point, stage};
pub use records::{Act, Actor, Change, Counts, Deed, Mark, Pending, Row, State, Tally, Version};
pub use review::{Decided, Review, ReviewState, Verdict, decide, submit};

use crate::knowledge::rows::{Key, Part};

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
pub type Outcome = super::outcome::Outcome<Reply, Write>;

impl From<Refused> for Outcome {
    fn from(why: Refused) -> Self {
        Reply::Refused { why }.into()
    }
}
