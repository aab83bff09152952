//! Publications: a number for good, then parts, pointer, confirmation; one at a time, and any may be cut off anywhere.

use super::review::open;
use super::{
    Actor, Counts, Decided, Deed, Mark, Outcome, Refused, Reply, Review, ReviewState, State, Tally, Version,
    Write,
};
use crate::base::limits::{POINTING_MS_MAX, PUBLICATION_MS_MAX, REVIEWS_OPEN_MAX};
use crate::base::time::TimeMs;
use crate::base::turn::Turn;
use crate::knowledge::bundle::Pointer;
use crate::knowledge::rows::{Key, Part};
use serde::{Deserialize, Serialize};

/// What somebody wants to be current.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A review's changes, over what is published.
    Review {
        /// Which.
        id: u64,
    },
    /// All of the draft's changes, reviewed by nobody.
    Draft {
        /// What for.
        note: String,
    },
    /// A whole document, in place of draft and published rows.
    Whole {
        /// What for.
        note: String,
    },
    /// An old version.
    Version {
        /// Which.
        version: u64,
        /// Why.
        note: String,
    },
    /// What KV holds from the time before there was a library.
    Found {
        /// Its pointer.
        pointer: Pointer,
    },
}

/// What is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Rises with each; names it while it is under way.
    pub number: u64,
    /// Of what.
    pub of: What,
    /// The review that a draft was put in.
    pub own_review: Option<u64>,
    /// The version that will be current. A new one's number is nobody else's, whatever becomes of it.
    pub version: u64,
    /// The rows that will be the published ones.
    pub generation: u64,
    /// Of the rows that it makes.
    pub mark: Mark,
    /// When somebody else's may take its place.
    pub until_ms: TimeMs,
    /// Where the pointer may have been flipped to, and what the document there holds.
    pub pointing: Option<(Pointer, Counts)>,
}

impl Publication {
    /// The review that it publishes.
    pub const fn review(&self) -> Option<u64> {
        match self.of {
            What::Review { id } => Some(id),
            _ => self.own_review,
        }
    }

    /// The refusal of whoever comes while it is under way.
    pub(super) fn busy(&self) -> Refused {
        Refused::Busy { by: self.mark.by.clone(), until_ms: self.until_ms }
    }

    /// Whether one by `by` may take its place at `now`. Who says something again must not wait for themselves, but
    /// for a pointer that may just be on its way.
    fn gives_way_to(&self, by: &Actor, now: TimeMs) -> bool {
        self.until_ms <= now || (self.pointing.is_none() && self.mark.by == *by)
    }
}

/// What a publication begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// It.
    pub publication: Publication,
    /// The current version's pointer: the new one's `previous`.
    pub current: Option<Pointer>,
    /// The old version's pointer, when that is what will be current.
    pub target: Option<Pointer>,
}

/// What is stored of what a publication is about.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The review that is to be published.
    pub review: Option<Review>,
    /// Rows of it that are published otherwise than when it was submitted.
    pub outdated: Vec<Key>,
    /// The review of the publication that is under way.
    pub review_under_way: Option<Review>,
    /// The old version that is to be current.
    pub target: Option<Version>,
    /// The current version.
    pub current: Option<Version>,
    /// Of the draft's changes.
    pub changes: Tally,
    /// Reviews that wait or are approved.
    pub alive: usize,
}

/// Begins one. `known`: the version that KV names; `alone`: one pair of eyes suffices.
pub fn begin(
    mut state: State,
    what: What,
    facts: Facts,
    by: &Actor,
    known: u64,
    alone: bool,
    turn: &Turn,
) -> Outcome {
    if let Some(under_way) = state.publication.as_ref().filter(|one| !one.gives_way_to(by, turn.now)) {
        return under_way.busy().into();
    }
    if let Some(refused) = refusal(&state, &what, &facts, alone) {
        return refused.into();
    }
    let mut writes = Vec::new();
    let wanted = facts.review.as_ref().map(|review| review.id);
    let under_way = facts.review_under_way;
    end_unconfirmed(&mut state, under_way, wanted, &mut writes, turn);
    state.last_publication += 1;
    state.last_version = state.last_version.max(known);
    let version = match &what {
        What::Version { version, .. } => *version,
        What::Found { pointer } => pointer.version,
        What::Review { .. } | What::Draft { .. } | What::Whole { .. } => state.last_version + 1,
    };
    state.last_version = state.last_version.max(version);
    let mark = state.mark(by, turn.now);
    let own_review = match &what {
        What::Draft { note } => {
            let mut review = open(&mut state, &mut writes, None, facts.changes, note.clone(), by, turn);
            approve(&mut review, by, &mut writes, turn);
            Some(review.id)
        }
        _ => None,
    };
    if let Some(mut review) = facts.review.filter(|review| review.state == ReviewState::Open) {
        approve(&mut review, by, &mut writes, turn);
    }
    let is_patch = matches!(what, What::Review { .. } | What::Draft { .. });
    let publication = Publication {
        number: state.last_publication,
        own_review,
        version,
        generation: if is_patch { state.generation } else { state.last_publication },
        mark,
        until_ms: turn.now + PUBLICATION_MS_MAX,
        pointing: None,
        of: what,
    };
    state.publication = Some(publication.clone());
    writes.push(Write::KeepGeneration(state.generation));
    writes.push(Write::State(Box::new(state)));
    let current = facts.current.map(|version| version.pointer);
    let target = facts.target.map(|version| version.pointer);
    Outcome { reply: Reply::Begun(Box::new(Begun { publication, current, target })), writes }
}

fn approve(review: &mut Review, by: &Actor, writes: &mut Vec<Write>, turn: &Turn) {
    review.state = ReviewState::Approved;
    review.decided = Some(Decided { by: by.clone(), at_ms: turn.now, comment: String::new() });
    writes.push(Write::PutReview(review.clone()));
}

fn refusal(state: &State, what: &What, facts: &Facts, alone: bool) -> Option<Refused> {
    match what {
        What::Review { .. } => match &facts.review {
            None => Some(Refused::Unknown),
            Some(review) if !review.state.is_alive() => Some(Refused::ReviewOver { state: review.state }),
            Some(review) if review.state == ReviewState::Open && !alone => Some(Refused::NotApproved),
            Some(_) if !facts.outdated.is_empty() => Some(Refused::Outdated { rows: facts.outdated.clone() }),
            Some(_) => None,
        },
        What::Draft { .. } if facts.changes.total() == 0 => Some(Refused::NothingChanged),
        What::Draft { .. } | What::Whole { .. } if !alone => Some(Refused::NotApproved),
        What::Draft { .. } if facts.alive >= REVIEWS_OPEN_MAX => Some(Refused::TooMany),
        What::Draft { .. } | What::Whole { .. } => None,
        What::Version { .. } => match &facts.target {
            Some(version) if version.is_published => None,
            _ => Some(Refused::Unknown),
        },
        What::Found { .. } => state.current.is_some().then_some(Refused::NothingChanged),
    }
}

/// Ends what is under way without a confirmation. A pointer that may have been flipped is remembered as a version.
/// `wanted`: the review that is to be published next.
fn end_unconfirmed(
    state: &mut State,
    review: Option<Review>,
    wanted: Option<u64>,
    writes: &mut Vec<Write>,
    turn: &Turn,
) {
    let Some(under_way) = state.publication.take() else { return };
    let is_new = matches!(under_way.of, What::Review { .. } | What::Draft { .. } | What::Whole { .. });
    if is_new {
        let deed = Deed::GaveUp { version: under_way.version };
        writes.push(state.act(&under_way.mark.by, turn.now, deed));
        if let Some(version) = version_of(&under_way, review.as_ref(), false, turn) {
            writes.push(Write::PutVersion(version));
        }
    }
    // Nobody asked for a review of its own: its changes are in the draft.
    let is_own = |review: &Review| under_way.own_review == Some(review.id) && wanted != Some(review.id);
    if let Some(review) = review.filter(is_own) {
        writes.push(Write::DropLayer { review: review.id });
        writes.push(Write::PutReview(Review { state: ReviewState::Returned, ..review }));
    }
}

fn version_of(of: &Publication, review: Option<&Review>, is_published: bool, turn: &Turn) -> Option<Version> {
    let (pointer, counts) = of.pointing.clone()?;
    let by = of.mark.by.clone();
    let note = match &of.of {
        What::Draft { note } | What::Whole { note } => note.clone(),
        _ => review.map(|review| review.note.clone()).unwrap_or_default(),
    };
    let decided = review.and_then(|review| review.decided.as_ref());
    Some(Version {
        version: of.version,
        pointer: Pointer { previous: None, ..pointer },
        is_published,
        counts,
        review: of.review(),
        author: review.map_or(&by, |review| &review.author).clone(),
        reviewer: decided.map(|decided| decided.by.clone()),
        published_by: by,
        note,
        at_ms: turn.now,
    })
}

/// A sign of life of the publication `number`.
pub fn go_on(state: State, number: u64, current: Option<Version>, turn: &Turn) -> Outcome {
    advance(state, number, current, turn, |publication, now| {
        // Not with each of hundreds of pages: a row each.
        let is_due = publication.until_ms - now < PUBLICATION_MS_MAX / 2;
        if is_due {
            publication.until_ms = now + PUBLICATION_MS_MAX;
        }
        is_due
    })
}

/// Rows for the generation of the publication `number`.
pub fn stage(state: State, number: u64, rows: Vec<Part>, current: Option<Version>, turn: &Turn) -> Outcome {
    let like = state.generation;
    let under_way = state.publication.clone();
    let mut outcome = go_on(state, number, current, turn);
    let under_way =
        under_way.filter(|publication| publication.number == number && publication.generation != like);
    if let Some(Publication { generation, mark, .. }) = under_way {
        outcome.writes.push(Write::Stage { generation, like, rows, mark });
    }
    outcome
}

/// From now on the pointer may have been flipped by the publication `number`.
pub fn point(
    state: State,
    number: u64,
    pointer: Pointer,
    counts: Counts,
    current: Option<Version>,
    turn: &Turn,
) -> Outcome {
    advance(state, number, current, turn, |publication, now| {
        publication.pointing = Some((pointer, counts));
        publication.until_ms = now + POINTING_MS_MAX;
        true
    })
}

/// Nothing comes of the publication `number`.
pub fn give_up(mut state: State, number: u64, review: Option<Review>, turn: &Turn) -> Outcome {
    let mut writes = Vec::new();
    match &mut state.publication {
        // Whether the pointer was flipped is not known: whoever comes next need not wait.
        Some(publication) if publication.number == number && publication.pointing.is_some() => {
            publication.until_ms = turn.now;
        }
        Some(publication) if publication.number == number => {
            end_unconfirmed(&mut state, review, None, &mut writes, turn);
            writes.push(Write::KeepGeneration(state.generation));
        }
        _ => return Reply::GoesOn.into(),
    }
    writes.push(Write::State(Box::new(state)));
    Outcome { reply: Reply::GoesOn, writes }
}

fn advance(
    mut state: State,
    number: u64,
    current: Option<Version>,
    turn: &Turn,
    change: impl FnOnce(&mut Publication, TimeMs) -> bool,
) -> Outcome {
    let Some(publication) = state.publication.as_mut().filter(|one| one.number == number) else {
        return superseded(&state, current);
    };
    let is_changed = change(publication, turn.now);
    let writes = if is_changed { vec![Write::State(Box::new(state))] } else { Vec::new() };
    Outcome { reply: Reply::GoesOn, writes }
}

/// Who flipped the pointer too late puts it back where it belongs: what is just being pointed to comes first.
fn superseded(state: &State, current: Option<Version>) -> Outcome {
    let pointing = state.publication.as_ref().and_then(|publication| publication.pointing.clone());
    let pointer = pointing.map(|(pointer, _)| pointer).or(current.map(|version| version.pointer));
    Refused::Superseded { current: pointer.map(Box::new) }.into()
}

/// The pointer has been flipped: what the publication `number` was of is current.
pub fn confirm(mut state: State, number: u64, facts: Facts, turn: &Turn) -> Outcome {
    let is_it = |publication: &Publication| publication.number == number && publication.pointing.is_some();
    let Some(done) = state.publication.take_if(|publication| is_it(publication)) else {
        return match facts.current {
            // Said again.
            Some(version) if state.confirmed == number => {
                Reply::Confirmed { version: Box::new(version) }.into()
            }
            current => superseded(&state, current),
        };
    };
    let fresh = version_of(&done, facts.review.as_ref(), true, turn);
    let version = match &done.of {
        What::Version { .. } => facts.target.or(fresh),
        _ => fresh,
    };
    let Some(version) = version else { return superseded(&state, facts.current) };
    let mut writes = Vec::new();
    if let Some(review) = facts.review.filter(|review| Some(review.id) == done.review()) {
        let mark = done.mark.clone();
        writes.push(Write::Publish { generation: state.generation, review: review.id, mark });
        writes.push(Write::DropLayer { review: review.id });
        let published = Review { state: ReviewState::Published, version: Some(version.version), ..review };
        writes.push(Write::PutReview(published));
    }
    match &done.of {
        What::Version { .. } => {
            let (from, to) = (state.generation, done.generation);
            writes.push(Write::Rebase { from, to, mark: done.mark.clone() });
        }
        // What was edited since it began was edited by somebody who knows nothing of it.
        What::Whole { .. } | What::Found { .. } => {
            writes.push(Write::DropDraft { generation: done.generation, until_revision: done.mark.revision });
        }
        What::Review { .. } | What::Draft { .. } => {}
    }
    let deed = deed_of(&done, state.current, &facts.changes);
    writes.push(state.act(&done.mark.by, turn.now, deed));
    writes.push(Write::PutVersion(version.clone()));
    writes.push(Write::KeepGeneration(done.generation));
    let all = version.counts.entries.max(version.counts.products);
    state.next_position = state.next_position.max(all);
    state.counts = version.counts;
    state.current = Some(version.version);
    state.generation = done.generation;
    state.confirmed = number;
    writes.push(Write::State(Box::new(state)));
    Outcome { reply: Reply::Confirmed { version: Box::new(version) }, writes }
}

fn deed_of(done: &Publication, from: Option<u64>, changes: &Tally) -> Deed {
    let version = done.version;
    match &done.of {
        What::Version { note, .. } => Deed::RolledBack { from, to: version, note: note.clone() },
        What::Found { .. } => Deed::Found { version },
        What::Whole { .. } => Deed::Published { version, review: None, discarded: changes.total() },
        What::Review { .. } | What::Draft { .. } => {
            Deed::Published { version, review: done.review(), discarded: 0 }
        }
    }
}
