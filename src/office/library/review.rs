//! Reviews: changes that somebody submits and somebody else approves or returns.

use super::{Actor, Deed, Outcome, Refused, Reply, State, Tally, Write};
use crate::base::limits::REVIEWS_OPEN_MAX;
use crate::base::time::TimeMs;
use crate::base::turn::Turn;
use crate::knowledge::rows::Key;
use serde::{Deserialize, Serialize};

/// Changes that are, or were, to be looked at. They are a copy: what is edited later is not among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Rises with each.
    pub id: u64,
    /// How far it is.
    pub state: ReviewState,
    /// What for.
    pub note: String,
    /// Who submitted it.
    pub author: Actor,
    /// When.
    pub at_ms: TimeMs,
    /// What is in it.
    pub changes: Tally,
    /// The last decision about it.
    #[serde(default)]
    pub decided: Option<Decided>,
    /// The version that it became.
    #[serde(default)]
    pub version: Option<u64>,
}

/// How far a review is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    /// Nobody has decided.
    Open,
    /// It may be published.
    Approved,
    /// It may not; its changes are still in the draft.
    Returned,
    /// It is.
    Published,
}

/// Who decided a review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Who.
    pub by: Actor,
    /// When.
    pub at_ms: TimeMs,
    /// What they said.
    pub comment: String,
}

/// How a review can be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may be published.
    Approve,
    /// It may not.
    Return,
}

impl ReviewState {
    /// Whether it can still be published.
    pub const fn is_alive(self) -> bool {
        matches!(self, Self::Open | Self::Approved)
    }
}

/// Opens a review of what `changes` counts. `alive`: how many reviews wait or are approved.
pub fn submit(
    mut state: State,
    rows: Option<Vec<Key>>,
    changes: Tally,
    alive: usize,
    note: String,
    by: &Actor,
    turn: &Turn,
) -> Outcome {
    if alive >= REVIEWS_OPEN_MAX {
        return Refused::TooMany.into();
    }
    if changes.total() == 0 {
        return Refused::NothingChanged.into();
    }
    let mut writes = Vec::new();
    let review = open(&mut state, &mut writes, rows, changes, note, by, turn);
    writes.push(Write::State(Box::new(state)));
    Outcome { reply: Reply::Review { review }, writes }
}

/// The same, where the state goes on to be changed.
pub(super) fn open(
    state: &mut State,
    writes: &mut Vec<Write>,
    rows: Option<Vec<Key>>,
    changes: Tally,
    note: String,
    by: &Actor,
    turn: &Turn,
) -> Review {
    state.last_review += 1;
    let review = Review {
        id: state.last_review,
        state: ReviewState::Open,
        note,
        author: by.clone(),
        at_ms: turn.now,
        changes,
        decided: None,
        version: None,
    };
    writes.push(Write::OpenLayer { review: review.id, rows });
    writes.push(Write::PutReview(review.clone()));
    writes.push(state.act(by, turn.now, Deed::Submitted { review: review.id }));
    review
}

/// Decides a review. Approving is for somebody else than its author; returning is for everybody.
pub fn decide(
    mut state: State,
    review: Option<Review>,
    verdict: Verdict,
    comment: String,
    by: &Actor,
    turn: &Turn,
) -> Outcome {
    let Some(mut review) = review else { return Refused::Unknown.into() };
    if !review.state.is_alive() {
        return Refused::ReviewOver { state: review.state }.into();
    }
    let is_under_way =
        state.publication.as_ref().is_some_and(|under_way| under_way.review() == Some(review.id));
    if let Some(under_way) = state.publication.as_ref().filter(|_| is_under_way) {
        return under_way.busy().into();
    }
    if verdict == Verdict::Approve && review.author == *by {
        return Refused::OwnReview.into();
    }
    let mut writes = Vec::new();
    review.decided = Some(Decided { by: by.clone(), at_ms: turn.now, comment: comment.clone() });
    review.state = match verdict {
        Verdict::Approve => ReviewState::Approved,
        Verdict::Return => {
            writes.push(Write::DropLayer { review: review.id });
            ReviewState::Returned
        }
    };
    writes.push(Write::PutReview(review.clone()));
    writes.push(state.act(by, turn.now, Deed::Decided { review: review.id, verdict, comment }));
    writes.push(Write::State(Box::new(state)));
    Outcome { reply: Reply::Review { review }, writes }
}
