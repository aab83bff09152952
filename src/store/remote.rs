//! The remote tier's ledger: its gate, one row a day, and the whole turn: load, decide, write last.

use super::{Database, Statement, StoreError, json};
use crate::base::limits::REMOTE_DAYS_KEPT;
use crate::base::turn::Turn;
use crate::office::remote::{Call, Day, Gate, Reply, day_of, handle};

/// For [`super::migrate`]. A day is its number since 1970 UTC.
pub const MIGRATIONS: &[&[&str]] = &[&[
    "CREATE TABLE IF NOT EXISTS gate (id INTEGER PRIMARY KEY CHECK (id = 1), state TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS day (day INTEGER PRIMARY KEY, spent TEXT NOT NULL)",
]];

/// One turn: two rows for a reservation, two for its settlement, none for a look.
pub fn turn(db: &impl Database, call: Call, turn: &Turn) -> Result<Reply, StoreError> {
    let today = day_of(turn.now);
    let gate_before: Gate = match db.run(&Statement::new("SELECT state FROM gate", []))?.first() {
        Some(row) => row.json(0)?,
        None => Gate::default(),
    };
    let rows = db.run(&Statement::new("SELECT spent FROM day WHERE day = ?", [today.into()]))?;
    let spent_before: Option<Day> = rows.first().map(|row| row.json(0)).transpose()?;
    let (mut gate, mut spent) = (gate_before.clone(), spent_before.clone().unwrap_or_default());
    let reply = handle(&mut gate, &mut spent, call, turn.now);
    let (gate_json, spent_json) = (json(&gate)?, json(&spent)?);
    if gate != gate_before {
        db.run(&Statement::new("INSERT OR REPLACE INTO gate (id, state) VALUES (1, ?)", [gate_json]))?;
    }
    if spent_before.as_ref() != Some(&spent) && spent != Day::default() {
        let sql = "INSERT OR REPLACE INTO day (day, spent) VALUES (?, ?)";
        db.run(&Statement::new(sql, [today.into(), spent_json]))?;
        if spent_before.is_none() {
            let sql = "DELETE FROM day WHERE day < ?";
            db.run(&Statement::new(sql, [(today - REMOTE_DAYS_KEPT).into()]))?;
        }
    }
    Ok(reply)
}
