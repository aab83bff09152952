//! How far one channel of WeCom's customer service has been read: its one row.

use super::{Database, Statement, StoreError, json};
use crate::office::pump::Pump;

/// For [`super::migrate`].
pub const MIGRATIONS: &[&[&str]] =
    &[&["CREATE TABLE IF NOT EXISTS pump (id INTEGER PRIMARY KEY CHECK (id = 1), state TEXT NOT NULL)"]];

/// The pump as it is.
pub fn load(db: &impl Database) -> Result<Pump, StoreError> {
    let rows = db.run(&Statement::new("SELECT state FROM pump", []))?;
    rows.first().map_or_else(|| Ok(Pump::default()), |row| row.json(0))
}

/// Loads, decides, writes when something has changed: one turn.
pub fn change<T>(db: &impl Database, decide: impl FnOnce(&mut Pump) -> T) -> Result<T, StoreError> {
    let before = load(db)?;
    let mut after = before.clone();
    let result = decide(&mut after);
    if after != before {
        db.run(&Statement::new("INSERT OR REPLACE INTO pump (id, state) VALUES (1, ?)", [json(&after)?]))?;
    }
    Ok(result)
}
