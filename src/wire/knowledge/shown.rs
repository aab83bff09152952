//! The library as people and scripts see it.

use crate::base::time::TimeMs;
use crate::knowledge::rows::Kind;
use crate::office::library::{Act, Actor, Change, Mark, Publication, Review, Row, Tally, Version};
use serde::Serialize;
use serde_json::Value;

/// A row as it is shown.
#[derive(Debug, Serialize)]
pub struct ShownRow {
    id: String,
    value: Value,
    revision: u64,
    by: Actor,
    at_ms: TimeMs,
}

impl From<Row> for ShownRow {
    fn from(row: Row) -> Self {
        let Mark { revision, by, at_ms } = row.mark;
        Self { id: row.part.key.id, value: shown(&row.part.value), revision, by, at_ms }
    }
}

/// A change as it is shown.
#[derive(Debug, Serialize)]
pub struct ShownChange {
    kind: Kind,
    id: String,
    change: &'static str,
    before: Option<Value>,
    after: Option<Value>,
    revision: u64,
    by: Actor,
    at_ms: TimeMs,
}

impl From<Change> for ShownChange {
    fn from(change: Change) -> Self {
        let Mark { revision, by, at_ms } = change.mark;
        let word = match (&change.before, &change.after) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "changed",
        };
        Self {
            kind: change.key.kind,
            id: change.key.id,
            change: word,
            before: change.before.as_deref().map(shown),
            after: change.after.as_deref().map(shown),
            revision,
            by,
            at_ms,
        }
    }
}

/// `GET /api/knowledge/draft`
#[derive(Debug, Serialize)]
pub struct ShownDraft {
    /// Of the draft.
    pub revision: u64,
    /// The current version.
    pub current: Option<Box<Version>>,
    /// The version that KV names, perhaps a minute late: another than the current one while a publication is under way,
    /// or was cut off.
    pub answering: Option<u64>,
    /// What is under way.
    pub publication: Option<Publication>,
    /// How many changes there are.
    pub changes: Tally,
    /// The first of them, or those asked for.
    pub pending: Vec<ShownChange>,
    /// Whether there are more.
    pub more: bool,
    /// Those that are open or approved.
    pub reviews: Vec<Review>,
}

/// `GET /api/knowledge/reviews/{id}`
#[derive(Debug, Serialize)]
pub struct ShownChanges {
    /// A page of them.
    pub changes: Vec<ShownChange>,
    /// Whether there are more.
    pub more: bool,
}

/// `GET /api/knowledge/entries` and the like.
#[derive(Debug, Serialize)]
pub struct ShownRows {
    /// A page of them.
    pub rows: Vec<ShownRow>,
    /// Whether there are more.
    pub more: bool,
}

/// `GET /api/knowledge/entries/{id}` and the like.
#[derive(Debug, Serialize)]
pub struct ShownPair {
    /// In the draft.
    pub row: Option<ShownRow>,
    /// Published.
    pub published: Option<ShownRow>,
}

/// `GET /api/knowledge/reviews`
#[derive(Debug, Serialize)]
pub struct Reviews {
    /// Newest first.
    pub reviews: Vec<Review>,
}

/// `GET /api/knowledge/versions`
#[derive(Debug, Serialize)]
pub struct Versions {
    /// Newest first.
    pub versions: Vec<Version>,
}

/// `GET /api/knowledge/acts`
#[derive(Debug, Serialize)]
pub struct Acts {
    /// Newest first.
    pub acts: Vec<Act>,
}

/// Stored rows are JSON that we wrote.
fn shown(text: &str) -> Value {
    serde_json::from_slice(text.as_bytes()).unwrap_or(Value::Null)
}
