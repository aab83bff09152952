//! The library's tables in the office, and its whole turn: load what the call needs, decide, write last.
//!
//! Pages are cut by SQL before they reach memory: a draft may hold 32 MiB.

mod pages;
mod statements;

use super::{Database, Row as SqlRow, Statement, StoreError, Value};
use crate::base::limits::{LIBRARY_LIST_MAX, REFUSED_ROWS_MAX};
use crate::base::time::TimeMs;
use crate::base::turn::Turn;
use crate::knowledge::rows::{Key, Kind, Part};
use crate::office::library::{
    self, Actor, Call, Edit, Facts, Mark, Outcome, Pending, Refused, Reply, Review, Row, Sighted, State,
    Tally, Version, What,
};

/// One migration of the office. `base` holds the published rows by generation, `edits` what lies over them: layer 0 is
/// the draft, a review's number its copy, whose `before` is what was published when it was submitted.
pub const TABLES: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS library (id INTEGER PRIMARY KEY CHECK (id = 1), value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS library_base (generation INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, \
     position INTEGER NOT NULL, value TEXT NOT NULL, revision INTEGER NOT NULL, author TEXT NOT NULL, \
     at INTEGER NOT NULL, PRIMARY KEY (generation, kind, id)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS library_edits (layer INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, \
     position INTEGER NOT NULL, value TEXT, revision INTEGER NOT NULL, author TEXT NOT NULL, at INTEGER NOT NULL, \
     before TEXT, PRIMARY KEY (layer, kind, id)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS library_reviews (id INTEGER PRIMARY KEY, alive INTEGER NOT NULL, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS library_versions (version INTEGER PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS library_acts (number INTEGER PRIMARY KEY, value TEXT NOT NULL)",
];

/// One turn of the library.
pub fn turn(db: &impl Database, call: Call, turn: &Turn) -> Result<Reply, StoreError> {
    let state = load_state(db)?;
    let outcome = match call {
        Call::Overview
        | Call::Rows { .. }
        | Call::Row { .. }
        | Call::Changes { .. }
        | Call::Reviews { .. }
        | Call::Versions { .. }
        | Call::Version { .. }
        | Call::Acts { .. } => read(db, state, call)?.into(),
        Call::Edit { .. } | Call::Revert { .. } | Call::Submit { .. } | Call::Decide { .. } => {
            change(db, state, call, turn)?
        }
        Call::Begin { what, by, known, alone } => {
            let facts = load_facts(db, &state, &what)?;
            library::begin(state, what, facts, &by, known, alone, turn)
        }
        Call::Page { publication, kind, after } => {
            page_of_publication(db, state, publication, kind, &after, turn)?
        }
        Call::Stage { publication, rows } => {
            let current = load_current(db, &state)?;
            library::stage(state, publication, rows, current, turn)
        }
        Call::Point { publication, pointer, counts } => {
            let current = load_current(db, &state)?;
            library::point(state, publication, pointer, counts, current, turn)
        }
        Call::Confirm { publication } => {
            let facts = load_facts_under_way(db, &state)?;
            library::confirm(state, publication, facts, turn)
        }
        Call::GiveUp { publication } => {
            let review = load_review_under_way(db, &state)?;
            library::give_up(state, publication, review, turn)
        }
    };
    save(db, outcome)
}

fn save(db: &impl Database, outcome: Outcome) -> Result<Reply, StoreError> {
    let statements = outcome.writes.into_iter().map(statements::of).collect::<Result<Vec<_>, _>>()?;
    for statement in statements.iter().flatten() {
        db.run(statement)?;
    }
    Ok(outcome.reply)
}

/// What only looks.
fn read(db: &impl Database, state: State, call: Call) -> Result<Reply, StoreError> {
    if let Call::Rows { review: Some(id), .. } | Call::Changes { review: Some(id), .. } = &call
        && !load_review(db, *id)?.is_some_and(|review| review.state.is_alive())
    {
        return Ok(Reply::Refused { why: Refused::Unknown });
    }
    Ok(match call {
        Call::Rows { review, kind, query, after, rows } => {
            let layer = review.unwrap_or(DRAFT);
            let page = pages::Page { generation: state.generation, layer, kind, after: &after, rows };
            let (rows, more) = pages::rows(db, &page, &query)?;
            Reply::Rows { rows, more }
        }
        Call::Row { key } => {
            let seen = load_sighted(db, &state, &key)?;
            Reply::Row { row: seen.row(), published: seen.base }
        }
        Call::Changes { review, after, rows } => {
            let (changes, more) = pages::changes(db, state.generation, review, after, rows)?;
            Reply::Changes { changes, more }
        }
        Call::Reviews { before } => Reply::Reviews { reviews: load_list(db, REVIEWS, before)? },
        Call::Versions { before } => Reply::Versions { versions: load_list(db, VERSIONS, before)? },
        Call::Version { version } => {
            Reply::Versions { versions: load_version(db, version)?.into_iter().collect() }
        }
        Call::Acts { before } => Reply::Acts { acts: load_list(db, ACTS, before)? },
        _ => {
            let sql = "SELECT value FROM library_reviews WHERE alive = 1 ORDER BY id DESC LIMIT ?";
            let rows = db.run(&Statement::new(sql, [int(LIBRARY_LIST_MAX)]))?;
            let reviews = rows.iter().map(|row| row.json(0)).collect::<Result<_, _>>()?;
            let current = load_current(db, &state)?.map(Box::new);
            let changes = load_tally(db, &state, None)?;
            Reply::Overview { state: Box::new(state), current, changes, reviews }
        }
    })
}

/// What changes the draft, and reviews.
fn change(db: &impl Database, state: State, call: Call, turn: &Turn) -> Result<Outcome, StoreError> {
    Ok(match call {
        Call::Edit { edits, by } => {
            let sighted = |edit: Edit| Ok((load_sighted(db, &state, &edit.key)?, edit));
            let edits = edits.into_iter().map(sighted).collect::<Result<Vec<_>, StoreError>>()?;
            let edits = edits.into_iter().map(|(seen, edit)| (edit, seen)).collect();
            let tally = load_tally(db, &state, None)?;
            library::edit(state, edits, &tally, &by, turn)
        }
        Call::Revert { rows, by } => {
            let sighted = |(key, revision)| {
                let seen = load_sighted(db, &state, &key)?;
                Ok((key, revision, seen))
            };
            let rows = rows.into_iter().map(sighted).collect::<Result<Vec<_>, StoreError>>()?;
            library::revert(state, rows, &by, turn)
        }
        Call::Submit { rows, note, by } => {
            let changes = load_tally(db, &state, rows.as_deref())?;
            library::submit(state, rows, changes, load_alive(db)?, note, &by, turn)
        }
        Call::Decide { review, verdict, comment, by } => {
            library::decide(state, load_review(db, review)?, verdict, comment, &by, turn)
        }
        _ => return Err(StoreError::Refused("a call of another kind".to_owned())),
    })
}

/// Rows of what a publication publishes: a review's layer over the published rows.
fn page_of_publication(
    db: &impl Database,
    state: State,
    number: u64,
    kind: Kind,
    after: &str,
    turn: &Turn,
) -> Result<Outcome, StoreError> {
    let layer = state.publication.as_ref().filter(|one| one.number == number).and_then(|one| one.review());
    let generation = state.generation;
    let outcome = library::go_on(state, number, None, turn);
    let (Some(layer), Reply::GoesOn) = (layer, &outcome.reply) else { return Ok(outcome) };
    let page = pages::Page { generation, layer, kind, after, rows: pages::ALL };
    let (rows, more) = pages::rows(db, &page, "")?;
    Ok(Outcome { reply: Reply::Rows { rows, more }, ..outcome })
}

fn load_facts(db: &impl Database, state: &State, what: &What) -> Result<Facts, StoreError> {
    let review = match what {
        What::Review { id } => load_review(db, *id)?,
        _ => None,
    };
    let outdated = match &review {
        Some(review) => load_outdated(db, state, review.id)?,
        None => Vec::new(),
    };
    let target = match what {
        What::Version { version, .. } => load_version(db, *version)?,
        _ => None,
    };
    Ok(Facts {
        review,
        outdated,
        review_under_way: load_review_under_way(db, state)?,
        target,
        current: load_current(db, state)?,
        changes: load_tally(db, state, None)?,
        alive: load_alive(db)?,
    })
}

fn load_facts_under_way(db: &impl Database, state: &State) -> Result<Facts, StoreError> {
    let target = match state.publication.as_ref().map(|publication| &publication.of) {
        Some(What::Version { version, .. }) => load_version(db, *version)?,
        _ => None,
    };
    Ok(Facts {
        review: load_review_under_way(db, state)?,
        target,
        current: load_current(db, state)?,
        changes: load_tally(db, state, None)?,
        ..Facts::default()
    })
}

fn load_state(db: &impl Database) -> Result<State, StoreError> {
    let rows = db.run(&Statement::new("SELECT value FROM library", []))?;
    Ok(rows.first().map(|row| row.json(0)).transpose()?.unwrap_or_default())
}

fn load_current(db: &impl Database, state: &State) -> Result<Option<Version>, StoreError> {
    state.current.map_or(Ok(None), |version| load_version(db, version))
}

fn load_version(db: &impl Database, version: u64) -> Result<Option<Version>, StoreError> {
    let sql = "SELECT value FROM library_versions WHERE version = ?";
    db.run(&Statement::new(sql, [int(version)]))?.first().map(|row| row.json(0)).transpose()
}

fn load_review(db: &impl Database, id: u64) -> Result<Option<Review>, StoreError> {
    let sql = "SELECT value FROM library_reviews WHERE id = ?";
    db.run(&Statement::new(sql, [int(id)]))?.first().map(|row| row.json(0)).transpose()
}

fn load_review_under_way(db: &impl Database, state: &State) -> Result<Option<Review>, StoreError> {
    let review = state.publication.as_ref().and_then(|publication| publication.review());
    review.map_or(Ok(None), |id| load_review(db, id))
}

fn load_alive(db: &impl Database) -> Result<usize, StoreError> {
    let rows = db.run(&Statement::new("SELECT COUNT(*) FROM library_reviews WHERE alive = 1", []))?;
    let alive = rows.first().map_or(Ok(0), |row| row.int(0))?;
    Ok(usize::try_from(alive).unwrap_or_default())
}

const REVIEWS: &str = "SELECT value FROM library_reviews WHERE id < ? ORDER BY id DESC LIMIT ?";
const VERSIONS: &str = "SELECT value FROM library_versions WHERE version < ? ORDER BY version DESC LIMIT ?";
const ACTS: &str = "SELECT value FROM library_acts WHERE number < ? ORDER BY number DESC LIMIT ?";

fn load_list<T: serde::de::DeserializeOwned>(
    db: &impl Database,
    sql: &'static str,
    before: Option<u64>,
) -> Result<Vec<T>, StoreError> {
    let before = before.map_or(Value::Int(LAST), int);
    db.run(&Statement::new(sql, [before, int(LIBRARY_LIST_MAX)]))?.iter().map(|row| row.json(0)).collect()
}

/// What there is of one row.
fn load_sighted(db: &impl Database, state: &State, key: &Key) -> Result<Sighted, StoreError> {
    let sql = "SELECT kind, id, position, value, revision, author, at FROM library_base \
               WHERE generation = ? AND kind = ? AND id = ?";
    let params = [int(state.generation), key.kind.name().into(), key.id.as_str().into()];
    let base = db.run(&Statement::new(sql, params))?.first().map(row_of).transpose()?;
    let sql = "SELECT kind, id, position, value, revision, author, at FROM library_edits \
               WHERE layer = 0 AND kind = ? AND id = ?";
    let rows = db.run(&Statement::new(sql, [key.kind.name().into(), key.id.as_str().into()]))?;
    let pending = |row: &SqlRow| {
        Ok(Pending {
            key: key_of(row)?,
            position: unsigned(row, 2)?,
            value: row.text_or_null(3)?.map(str::to_owned),
            mark: mark_of(row, 4)?,
        })
    };
    Ok(Sighted { base, pending: rows.first().map(pending).transpose()? })
}

/// How many changes the draft has, in all or among these rows.
fn load_tally(db: &impl Database, state: &State, rows: Option<&[Key]>) -> Result<Tally, StoreError> {
    let sql = "SELECT e.kind, b.id IS NULL, e.value IS NULL, COUNT(*) FROM library_edits AS e \
               LEFT JOIN library_base AS b ON b.generation = ? AND b.kind = e.kind AND b.id = e.id \
               WHERE e.layer = 0 AND (? = 1 OR (e.kind, e.id) IN \
               (SELECT json_extract(value, '$.kind'), json_extract(value, '$.id') FROM json_each(?))) \
               GROUP BY 1, 2, 3";
    let keys = super::json(&rows.unwrap_or_default())?;
    let mut tally = Tally::default();
    for row in db.run(&Statement::new(sql, [int(state.generation), rows.is_none().into(), keys]))? {
        let (is_new, is_gone, rows) = (row.int(1)? == 1, row.int(2)? == 1, unsigned(&row, 3)?);
        match (is_new, is_gone) {
            (true, _) => tally.added += rows,
            (false, true) => tally.removed += rows,
            (false, false) => tally.changed += rows,
        }
        let more = (i64::from(is_new) - i64::from(is_gone)) * row.int(3)?;
        match kind_of(&row)? {
            Kind::Entry => tally.entries_more += more,
            Kind::Product => tally.products_more += more,
            Kind::Frame => {}
        }
    }
    Ok(tally)
}

/// Rows of a review that are published otherwise than when it was submitted.
fn load_outdated(db: &impl Database, state: &State, review: u64) -> Result<Vec<Key>, StoreError> {
    let sql = "SELECT e.kind, e.id FROM library_edits AS e \
               LEFT JOIN library_base AS b ON b.generation = ? AND b.kind = e.kind AND b.id = e.id \
               WHERE e.layer = ? AND b.value IS NOT e.before ORDER BY e.kind, e.id LIMIT ?";
    let params = [int(state.generation), int(review), int(REFUSED_ROWS_MAX)];
    db.run(&Statement::new(sql, params))?.iter().map(key_of).collect()
}

/// The draft's layer; a review's has its number.
const DRAFT: u64 = 0;
/// Above every number: whole numbers stay below 2^53 (see [`Value`]).
const LAST: i64 = (1 << 53) - 1;

fn int(number: impl TryInto<i64>) -> Value {
    Value::Int(number.try_into().unwrap_or(LAST))
}

fn unsigned(row: &SqlRow, column: usize) -> Result<u64, StoreError> {
    u64::try_from(row.int(column)?).map_err(|_| StoreError::Shape { column })
}

fn kind_of(row: &SqlRow) -> Result<Kind, StoreError> {
    Kind::named(row.text(0)?).ok_or(StoreError::Shape { column: 0 })
}

fn key_of(row: &SqlRow) -> Result<Key, StoreError> {
    Ok(Key { kind: kind_of(row)?, id: row.text(1)?.to_owned() })
}

/// Revision, author and time, from this column on.
fn mark_of(row: &SqlRow, column: usize) -> Result<Mark, StoreError> {
    let by: Actor = row.json(column + 1)?;
    Ok(Mark { revision: unsigned(row, column)?, by, at_ms: TimeMs(row.int(column + 2)?) })
}

/// A row with a value: kind, id, position, value, mark.
fn row_of(row: &SqlRow) -> Result<Row, StoreError> {
    let part = Part { key: key_of(row)?, position: unsigned(row, 2)?, value: row.text(3)?.to_owned() };
    Ok(Row { part, mark: mark_of(row, 4)? })
}
