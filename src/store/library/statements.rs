//! What the library writes, as SQL. Whole generations and layers are moved by single statements.

use super::super::{Statement, StoreError, json};
use super::{DRAFT, int};
use crate::base::limits::ACTS_KEPT;
use crate::knowledge::rows::{Key, Part};
use crate::office::library::{Mark, Pending, Write};

/// The statements of one write, in order.
pub fn of(write: Write) -> Result<Vec<Statement>, StoreError> {
    Ok(match write {
        Write::State(state) => {
            vec![put("INSERT OR REPLACE INTO library (id, value) VALUES (?, ?)", 1, json(&state)?)]
        }
        Write::PutPending(pending) => vec![put_pending(pending)?],
        Write::DropPending(key) => vec![Statement::new(
            "DELETE FROM library_edits WHERE layer = 0 AND kind = ? AND id = ?",
            [key.kind.name().into(), key.id.into()],
        )],
        Write::OpenLayer { review, rows } => vec![open_layer(review, rows)?],
        Write::DropLayer { review } => {
            vec![Statement::new("DELETE FROM library_edits WHERE layer = ?", [int(review)])]
        }
        Write::PutReview(review) => vec![Statement::new(
            "INSERT OR REPLACE INTO library_reviews (id, alive, value) VALUES (?, ?, ?)",
            [int(review.id), review.state.is_alive().into(), json(&review)?],
        )],
        Write::PutVersion(version) => vec![put(
            "INSERT OR REPLACE INTO library_versions (version, value) VALUES (?, ?)",
            version.version,
            json(&version)?,
        )],
        Write::PutAct(act) => vec![
            put("INSERT OR REPLACE INTO library_acts (number, value) VALUES (?, ?)", act.number, json(&act)?),
            Statement::new(
                "DELETE FROM library_acts WHERE number <= ?",
                [int(act.number.saturating_sub(ACTS_KEPT))],
            ),
        ],
        Write::Stage { generation, like, rows, mark } => vec![stage(generation, like, &rows, &mark)?],
        Write::Publish { generation, review, mark } => publish(generation, review, &mark)?,
        Write::Rebase { from, to, mark } => rebase(from, to, &mark)?,
        Write::DropDraft { generation, until_revision } => vec![
            Statement::new(
                "DELETE FROM library_edits WHERE layer = 0 AND revision <= ?",
                [int(until_revision)],
            ),
            drop_what_is_published(generation),
        ],
        // Two ranges of the key, so that what stays is not looked through.
        Write::KeepGeneration(generation) => vec![
            Statement::new("DELETE FROM library_base WHERE generation < ?", [int(generation)]),
            Statement::new("DELETE FROM library_base WHERE generation > ?", [int(generation)]),
        ],
    })
}

fn put(sql: &'static str, number: u64, value: super::Value) -> Statement {
    Statement::new(sql, [int(number), value])
}

fn put_pending(pending: Pending) -> Result<Statement, StoreError> {
    Ok(Statement::new(
        "INSERT OR REPLACE INTO library_edits (layer, kind, id, position, value, revision, author, at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            int(DRAFT),
            pending.key.kind.name().into(),
            pending.key.id.into(),
            int(pending.position),
            pending.value.into(),
            int(pending.mark.revision),
            json(&pending.mark.by)?,
            pending.mark.at_ms.0.into(),
        ],
    ))
}

/// A copy of the draft's changes, each with what is published beside it.
fn open_layer(review: u64, rows: Option<Vec<Key>>) -> Result<Statement, StoreError> {
    let sql = "INSERT INTO library_edits (layer, kind, id, position, value, revision, author, at, before) \
               SELECT ?, e.kind, e.id, e.position, e.value, e.revision, e.author, e.at, b.value \
               FROM library_edits AS e LEFT JOIN library_base AS b \
               ON b.generation = (SELECT json_extract(value, '$.generation') FROM library) \
               AND b.kind = e.kind AND b.id = e.id WHERE e.layer = 0 AND (? = 1 OR (e.kind, e.id) IN \
               (SELECT json_extract(value, '$.kind'), json_extract(value, '$.id') FROM json_each(?)))";
    let keys = json(&rows.as_deref().unwrap_or_default())?;
    Ok(Statement::new(sql, [int(review), rows.is_none().into(), keys]))
}

/// Rows of a new generation; what the old one says too keeps who said it.
fn stage(generation: u64, like: u64, rows: &[Part], mark: &Mark) -> Result<Statement, StoreError> {
    let sql = "INSERT OR REPLACE INTO library_base (generation, kind, id, position, value, revision, author, at) \
               SELECT ?, n.kind, n.id, n.position, n.value, COALESCE(o.revision, ?), COALESCE(o.author, ?), \
               COALESCE(o.at, ?) FROM (SELECT json_extract(value, '$.key.kind') AS kind, \
               json_extract(value, '$.key.id') AS id, json_extract(value, '$.position') AS position, \
               json_extract(value, '$.value') AS value FROM json_each(?)) AS n LEFT JOIN library_base AS o \
               ON o.generation = ? AND o.kind = n.kind AND o.id = n.id AND o.value = n.value";
    let params =
        [int(generation), int(mark.revision), json(&mark.by)?, mark.at_ms.0.into(), json(&rows)?, int(like)];
    Ok(Statement::new(sql, params))
}

/// A review's layer becomes published; what has been taken back in the draft since then is a change again.
fn publish(generation: u64, review: u64, mark: &Mark) -> Result<Vec<Statement>, StoreError> {
    let keep = "INSERT INTO library_edits (layer, kind, id, position, value, revision, author, at) \
                SELECT 0, r.kind, r.id, r.position, b.value, COALESCE(b.revision, ?), COALESCE(b.author, ?), \
                COALESCE(b.at, ?) FROM library_edits AS r LEFT JOIN library_base AS b \
                ON b.generation = ? AND b.kind = r.kind AND b.id = r.id WHERE r.layer = ? AND NOT EXISTS \
                (SELECT 1 FROM library_edits AS e WHERE e.layer = 0 AND e.kind = r.kind AND e.id = r.id)";
    let put = "INSERT OR REPLACE INTO library_base (generation, kind, id, position, value, revision, author, at) \
               SELECT ?, kind, id, position, value, revision, author, at FROM library_edits \
               WHERE layer = ? AND value IS NOT NULL";
    let remove = "DELETE FROM library_base WHERE generation = ? AND (kind, id) IN \
                  (SELECT kind, id FROM library_edits WHERE layer = ? AND value IS NULL)";
    let kept = [int(mark.revision), json(&mark.by)?, mark.at_ms.0.into(), int(generation), int(review)];
    Ok(vec![
        Statement::new(keep, kept),
        Statement::new(put, [int(generation), int(review)]),
        Statement::new(remove, [int(generation), int(review)]),
        drop_what_is_published(generation),
    ])
}

/// A change of the draft that says what is published is none.
fn drop_what_is_published(generation: u64) -> Statement {
    let sql = "DELETE FROM library_edits WHERE layer = 0 AND value IS \
               (SELECT b.value FROM library_base AS b WHERE b.generation = ? AND b.kind = library_edits.kind \
               AND b.id = library_edits.id)";
    Statement::new(sql, [int(generation)])
}

/// What the draft says without an edit of its own becomes an edit where the new generation says otherwise.
fn rebase(from: u64, to: u64, mark: &Mark) -> Result<Vec<Statement>, StoreError> {
    let keep = "INSERT INTO library_edits (layer, kind, id, position, value, revision, author, at) \
                SELECT 0, kind, id, position, value, revision, author, at FROM library_base AS o \
                WHERE o.generation = ? AND NOT EXISTS (SELECT 1 FROM library_edits AS e \
                WHERE e.layer = 0 AND e.kind = o.kind AND e.id = o.id) AND NOT EXISTS \
                (SELECT 1 FROM library_base AS n WHERE n.generation = ? AND n.kind = o.kind AND n.id = o.id \
                AND n.value = o.value)";
    let remove = "INSERT INTO library_edits (layer, kind, id, position, value, revision, author, at) \
                  SELECT 0, kind, id, position, NULL, ?, ?, ? FROM library_base AS n \
                  WHERE n.generation = ? AND NOT EXISTS (SELECT 1 FROM library_edits AS e \
                  WHERE e.layer = 0 AND e.kind = n.kind AND e.id = n.id) AND NOT EXISTS \
                  (SELECT 1 FROM library_base AS o WHERE o.generation = ? AND o.kind = n.kind AND o.id = n.id)";
    let mark = [int(mark.revision), json(&mark.by)?, mark.at_ms.0.into(), int(to), int(from)];
    Ok(vec![
        Statement::new(keep, [int(from), int(to)]),
        Statement::new(remove, mark),
        drop_what_is_published(to),
    ])
}
