//! One channel account's token and refusals: their tables, and the whole turn: load, decide, write last.

use super::{Database, Row, Statement, StoreError, json};
use crate::base::time::TimeMs;
use crate::base::turn::Turn;
use crate::office::credential::{Call, Credential, Reply};
use crate::office::refusals::{self, Refusal};

/// For [`super::migrate`].
pub const MIGRATIONS: &[&[&str]] = &[&[
    "CREATE TABLE IF NOT EXISTS credential (id INTEGER PRIMARY KEY CHECK (id = 1), state TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS refusals (code TEXT PRIMARY KEY, count INTEGER NOT NULL, last_at INTEGER NOT NULL) \
     WITHOUT ROWID",
]];

/// One turn of one account's credential. A token handed out costs no row; a lease and what comes of it one each.
pub fn turn(db: &impl Database, call: Call, turn: &Turn) -> Result<Reply, StoreError> {
    let now = turn.now;
    match call {
        Call::Token { failed_version } => decide(db, |credential| credential.token(failed_version, now)),
        Call::Fetched { lease, token, expires_in_s } => {
            decide(db, |credential| credential.fetched(lease, token, expires_in_s, now))
        }
        Call::FetchFailed { lease, cause } => {
            decide(db, |credential| credential.fetch_failed(lease, cause, now))
        }
        Call::CountRefusals { counts } => {
            for refusal in refusals::count(&load_refusals(db)?, &counts, now) {
                db.run(&save_refusal(refusal))?;
            }
            Ok(Reply::RefusalsCounted)
        }
        Call::Refusals => Ok(Reply::Refusals { refusals: load_refusals(db)? }),
    }
}

fn decide(db: &impl Database, decide: impl FnOnce(&mut Credential) -> Reply) -> Result<Reply, StoreError> {
    let before = load(db)?;
    let mut after = before.clone();
    let reply = decide(&mut after);
    if after != before {
        let sql = "INSERT OR REPLACE INTO credential (id, state) VALUES (1, ?)";
        db.run(&Statement::new(sql, [json(&after)?]))?;
    }
    Ok(reply)
}

fn load(db: &impl Database) -> Result<Credential, StoreError> {
    let rows = db.run(&Statement::new("SELECT state FROM credential", []))?;
    rows.first().map_or_else(|| Ok(Credential::default()), |row| row.json(0))
}

fn load_refusals(db: &impl Database) -> Result<Vec<Refusal>, StoreError> {
    let rows = db.run(&Statement::new("SELECT code, count, last_at FROM refusals ORDER BY code", []))?;
    let refusal = |row: &Row| {
        let count = u64::try_from(row.int(1)?).map_err(|_| StoreError::Shape { column: 1 })?;
        Ok(Refusal { code: row.text(0)?.to_owned(), count, last_at: TimeMs(row.int(2)?) })
    };
    rows.iter().map(refusal).collect()
}

fn save_refusal(refusal: Refusal) -> Statement {
    let count = i64::try_from(refusal.count).unwrap_or(i64::MAX);
    Statement::new(
        "INSERT OR REPLACE INTO refusals (code, count, last_at) VALUES (?, ?, ?)",
        [refusal.code.into(), count.into(), refusal.last_at.0.into()],
    )
}
