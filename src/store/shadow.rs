//! The shadow run's rows: the run itself, and examples of what would change.

use super::{Database, Statement, StoreError, Value, json};
use crate::base::limits::{SHADOW_EXAMPLES_MAX, SHADOW_KEPT_MS};
use crate::base::time::TimeMs;
use crate::insight::question::masked;
use crate::insight::shadow::{Example, Run, Scored, Shown};
use crate::knowledge::difference::Difference;

/// The tables, for [`super::insight::MIGRATIONS`]. There is one run: its row is replaced by the next one's.
pub const TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS shadow (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS shadow_example (mark TEXT PRIMARY KEY, asker TEXT NOT NULL, at_ms INTEGER NOT NULL, \
     body TEXT NOT NULL) WITHOUT ROWID",
];

fn load(db: &impl Database) -> Result<Option<Run>, StoreError> {
    let rows = db.run(&Statement::new("SELECT body FROM shadow", []))?;
    rows.first().map(|row| row.json(0)).transpose()
}

fn save(db: &impl Database, run: &Run) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO shadow (one, body) VALUES (1, ?)";
    db.run(&Statement::new(sql, [json(run)?])).map(drop)
}

/// Begins a run in place of the last one, unless that is still under way; then it is answered instead.
pub fn begin(db: &impl Database, run: Run, now: TimeMs) -> Result<Run, StoreError> {
    if let Some(running) = load(db)?.filter(|last| last.id != run.id && last.is_running(now)) {
        return Ok(running);
    }
    db.run(&Statement::new("DELETE FROM shadow_example", []))?;
    save(db, &run)?;
    Ok(run)
}

/// Ends the run that is under way.
pub fn end(db: &impl Database, now: TimeMs) -> Result<Option<Run>, StoreError> {
    let mut run = load(db)?;
    if let Some(running) = run.as_mut().filter(|run| run.is_running(now)) {
        running.ended_ms = Some(now);
        save(db, running)?;
    }
    Ok(run)
}

/// The last run, under way or over.
pub fn shown(db: &impl Database) -> Result<Option<Shown>, StoreError> {
    let Some(run) = load(db)? else { return Ok(None) };
    let sql = "SELECT at_ms, body FROM shadow_example ORDER BY at_ms DESC, mark LIMIT ?";
    let rows = db.run(&Statement::new(sql, [SHADOW_EXAMPLES_MAX.into()]))?;
    let example = |row: &super::Row| {
        let difference: Difference = row.json(1)?;
        Ok(Example { at_ms: TimeMs(row.int(0)?), difference })
    };
    let examples = rows.iter().map(example).collect::<Result<_, StoreError>>()?;
    Ok(Some(Shown { run, examples }))
}

/// Counts a question of the run that is under way. Beyond the bound those examples stay whose marks are lowest: marks
/// are digests, so that is a draw among all.
pub fn scored(db: &impl Database, scored: Scored, now: TimeMs) -> Result<(), StoreError> {
    let Some(mut run) = load(db)?.filter(|run| run.id == scored.run && run.is_running(now)) else {
        return Ok(());
    };
    run.count(scored.difference.as_ref().map(|difference| difference.change));
    let left = "SELECT 1 FROM forgotten WHERE asker = ? AND at_ms >= ?";
    let left = Statement::new(left, [scored.asker.as_str().into(), scored.at_ms.0.into()]);
    if let Some(mut difference) = scored.difference
        && db.run(&left)?.is_empty()
    {
        difference.asked = masked(&difference.asked);
        db.run(&Statement::new(
            "INSERT OR IGNORE INTO shadow_example (mark, asker, at_ms, body) VALUES (?, ?, ?, ?)",
            [
                scored.mark.as_str().into(),
                scored.asker.as_str().into(),
                scored.at_ms.0.into(),
                json(&difference)?,
            ],
        ))?;
        let beyond = "DELETE FROM shadow_example WHERE mark IN \
                      (SELECT mark FROM shadow_example ORDER BY mark LIMIT -1 OFFSET ?)";
        db.run(&Statement::new(beyond, [SHADOW_EXAMPLES_MAX.into()]))?;
    }
    save(db, &run)
}

/// Forgets what these asked. A count says nothing of them, and stays.
pub fn forget(db: &impl Database, asker: &str) -> Result<(), StoreError> {
    db.run(&Statement::new("DELETE FROM shadow_example WHERE asker = ?", [asker.into()])).map(drop)
}

/// Removes examples that have outlived their retention.
pub fn purge(db: &impl Database, now: TimeMs) -> Result<(), StoreError> {
    let old: Value = (now + -SHADOW_KEPT_MS).0.into();
    db.run(&Statement::new("DELETE FROM shadow_example WHERE at_ms < ?", [old])).map(drop)
}
