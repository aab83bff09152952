//! The rows of labelled messages.

use super::{Database, Statement, StoreError, Value, int, json, question};
use crate::base::id::ChannelId;
use crate::base::limits::{MOOD_LABELS_KEPT_MAX, PURGE_ROWS_MAX};
use crate::base::time::TimeMs;
use crate::insight::call::Reply;
use crate::insight::label::{Label, Labelling};
use crate::knowledge::signal::Sign;

/// The table.
pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS mood (asker TEXT NOT NULL, seq INTEGER NOT NULL, \
     at_ms INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (asker, seq)) WITHOUT ROWID";

/// Keeps what is said of a message, unless it was forgotten or taken back meanwhile.
pub(super) fn label(
    db: &impl Database,
    labelling: Labelling,
    forgotten_until: Option<i64>,
) -> Result<Reply, StoreError> {
    let (asker, seq) = (labelling.asker.clone(), labelling.seq);
    let is_forgotten = forgotten_until.is_some_and(|until| i64::try_from(seq).unwrap_or(i64::MAX) <= until);
    let is_taken_back = question(db, &asker, seq)?.is_some_and(|question| question.has(&Sign::TakenBack));
    if is_forgotten || is_taken_back {
        return Ok(Reply::Unknown);
    }
    let sql = "SELECT body FROM mood WHERE asker = ? AND seq = ?";
    let rows = db.run(&Statement::new(sql, [asker.as_str().into(), int(seq)]))?;
    let known: Option<Label> = rows.first().map(|row| row.json(0)).transpose()?;
    let label = Label::with(known.clone(), labelling);
    if known.as_ref() != Some(&label) {
        db.run(&Statement::new(
            "INSERT OR REPLACE INTO mood (asker, seq, at_ms, body) VALUES (?, ?, ?, ?)",
            [asker.as_str().into(), int(seq), label.at_ms.0.into(), json(&label)?],
        ))?;
    }
    Ok(Reply::Labelled(Box::new(label)))
}

/// Newest first, of these channels.
pub(super) fn labels(
    db: &impl Database,
    channels: Option<&Vec<ChannelId>>,
    limit: u32,
) -> Result<Reply, StoreError> {
    let channels = channels.map(json).transpose()?.unwrap_or(Value::Null);
    let rows = db.run(&Statement::new(
        "SELECT body FROM mood \
         WHERE ? IS NULL OR json_extract(body, '$.channel') IN (SELECT value FROM json_each(?)) \
         ORDER BY at_ms DESC, asker, seq LIMIT ?",
        [channels.clone(), channels, i64::from(limit).min(MOOD_LABELS_KEPT_MAX).into()],
    ))?;
    Ok(Reply::Labels { labels: rows.iter().map(|row| row.json(0)).collect::<Result<_, _>>()? })
}

/// Deletes the label of a message that was taken back.
pub(super) fn take_back(asker: &str, seq: u64) -> Statement {
    Statement::new("DELETE FROM mood WHERE asker = ? AND seq = ?", [asker.into(), int(seq)])
}

/// Deletes all labels of a customer who left with message `until`.
pub(super) fn forget(asker: &str, until: u64) -> Statement {
    Statement::new("DELETE FROM mood WHERE asker = ? AND seq <= ?", [asker.into(), int(until)])
}

/// Removes those before `since`; a bounded number. The oldest beyond the bound go with the others of
/// [`super::purge`].
pub(super) fn expired(since: TimeMs) -> Statement {
    let sql = "DELETE FROM mood WHERE (asker, seq) IN \
               (SELECT asker, seq FROM mood WHERE at_ms < ? LIMIT ?) RETURNING 1";
    Statement::new(sql, [since.0.into(), PURGE_ROWS_MAX.into()])
}

/// Removes the oldest.
pub(super) const OLDEST: &str = "DELETE FROM mood WHERE (asker, seq) IN \
                                 (SELECT asker, seq FROM mood ORDER BY at_ms LIMIT ?) RETURNING 1";
