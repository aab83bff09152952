//! The floor's tables: loaded whole once per object instance, then written as it changes.

use super::{Database, Statement, StoreError, Value, json};
use crate::desk::floor::{Agent, Changes, Floor, FloorTicket};

/// A ticket's and an agent's row carry the floor's `seq` at their last change, so the tables are the replay log.
pub const MIGRATIONS: &[&[&str]] = &[&[
    "CREATE TABLE IF NOT EXISTS ticket (id TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS agent (id TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS forgotten (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL)",
]];

/// Reads the whole floor.
pub fn load(db: &impl Database) -> Result<Floor, StoreError> {
    let mut floor = Floor::default();
    for row in db.run(&Statement::new("SELECT state FROM ticket", []))? {
        let ticket: FloorTicket = row.json(0)?;
        floor.seq = floor.seq.max(ticket.updated_seq);
        floor.tickets.insert(ticket.id.clone(), ticket);
    }
    for row in db.run(&Statement::new("SELECT state FROM agent", []))? {
        let agent: Agent = row.json(0)?;
        floor.seq = floor.seq.max(agent.updated_seq);
        floor.agents.insert(agent.staff.id.clone(), agent);
    }
    if let Some(row) = db.run(&Statement::new("SELECT seq FROM forgotten", []))?.first() {
        floor.forgotten_seq = u64::try_from(row.int(0)?).map_err(|_| StoreError::Shape { column: 0 })?;
        floor.seq = floor.seq.max(floor.forgotten_seq);
    }
    Ok(floor)
}

/// Writes what a turn changed.
pub fn save(db: &impl Database, floor: &Floor, changes: &Changes) -> Result<(), StoreError> {
    let mut statements = Vec::new();
    for (id, change) in &changes.tickets {
        let id = Value::Text(id.0.clone());
        statements.push(match &change.after {
            Some(ticket) => {
                Statement::new("INSERT OR REPLACE INTO ticket (id, state) VALUES (?, ?)", [id, json(ticket)?])
            }
            None => Statement::new("DELETE FROM ticket WHERE id = ?", [id]),
        });
    }
    for id in &changes.came_or_went {
        if let Some(agent) = floor.agents.get(id) {
            let row = [Value::Text(id.0.clone()), json(agent)?];
            statements.push(Statement::new("INSERT OR REPLACE INTO agent (id, state) VALUES (?, ?)", row));
        }
    }
    if changes.tickets.values().any(|change| change.after.is_none()) {
        let seq = i64::try_from(floor.forgotten_seq).unwrap_or(i64::MAX);
        statements
            .push(Statement::new("INSERT OR REPLACE INTO forgotten (id, seq) VALUES (1, ?)", [seq.into()]));
    }
    for statement in &statements {
        db.run(statement)?;
    }
    Ok(())
}
