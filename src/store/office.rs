//! The office's tables, and its whole turn: load what the call needs, decide, write last.

use super::{Database, Row, Statement, StoreError, json};
use crate::base::address::Addressing;
use crate::base::id::{SessionId, StaffId};
use crate::base::secret::Secret;
use crate::base::staff::Staff;
use crate::base::time::TimeMs;
use crate::base::turn::Turn;
use crate::office::attempts::{Tallies, Tally, address_key, login_key};
use crate::office::channel::{self, StoredChannel};
use crate::office::session::Session;
use crate::office::staff::StaffInput;
use crate::office::vault::Keys;
use crate::office::{Call, Outcome, Reply, Write, deployment, password, session, staff};
use std::collections::BTreeMap;

/// For [`super::migrate`]. Staff are few: a login is found by looking through them.
pub const MIGRATIONS: &[&[&str]] = &[
    &[
        "CREATE TABLE IF NOT EXISTS staff (id TEXT PRIMARY KEY, login TEXT NOT NULL, profile TEXT NOT NULL, \
     password TEXT) WITHOUT ROWID",
        "CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, staff TEXT NOT NULL, created_at INTEGER NOT NULL, \
     expires_at INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE IF NOT EXISTS tallies (key TEXT PRIMARY KEY, failures INTEGER NOT NULL, since INTEGER NOT NULL) \
     WITHOUT ROWID",
        "CREATE TABLE IF NOT EXISTS addressing (id INTEGER PRIMARY KEY CHECK (id = 1), value TEXT NOT NULL)",
    ],
    &[
        "CREATE TABLE IF NOT EXISTS channels (id TEXT PRIMARY KEY, settings TEXT NOT NULL, secrets TEXT NOT NULL, \
     changed_at INTEGER NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID",
    ],
    super::library::TABLES,
];

/// One turn of the office. [`Call::SignIn`] and a new password take as long as Argon2id does. `keys` seal what is
/// secret of a channel.
pub fn turn(db: &impl Database, call: Call, keys: &Keys, turn: &Turn) -> Result<Reply, StoreError> {
    let outcome = match call {
        Call::PutStaff { staff } => put_staff(db, staff, turn)?,
        Call::SignIn { login, password, address, lifetime_ms } => {
            let tallies = load_tallies(db, &login, &address, turn.now)?;
            sign_in(db, &login, &password, &tallies, lifetime_ms, turn)?
        }
        Call::Session { token } => {
            session::check(load_session(db, &session::id_of(&token))?, turn.now).into()
        }
        Call::SignOut { token } => session::sign_out(load_session(db, &session::id_of(&token))?),
        Call::Deployment { addressing, known_revision } => {
            let revision = load_revision(db)?;
            let channels = if known_revision == Some(revision) { None } else { Some(load_channels(db)?) };
            deployment(load_addressing(db)?, addressing, revision, channels)
        }
        Call::PutChannel { id, body } => channel::put(&load_channels(db)?, id, body.0, keys, turn),
    };
    let statements = outcome.writes.into_iter().map(statement).collect::<Result<Vec<_>, _>>()?;
    for statement in &statements {
        db.run(statement)?;
    }
    Ok(outcome.reply)
}

fn put_staff(db: &impl Database, input: Vec<StaffInput>, turn: &Turn) -> Result<Outcome, StoreError> {
    let mut open = BTreeMap::new();
    for staff in input.iter().filter(|staff| staff.password.is_some()) {
        open.insert(staff.id.clone(), load_open(db, &staff.id)?);
    }
    Ok(staff::put(&load_staff(db)?, input, &open, turn))
}

fn sign_in(
    db: &impl Database,
    login: &str,
    password: &Secret,
    tallies: &Tallies,
    lifetime_ms: i64,
    turn: &Turn,
) -> Result<Outcome, StoreError> {
    if let Some(retry_after_ms) = tallies.retry_after_ms(turn.now) {
        return Ok(Reply::TooManyAttempts { retry_after_ms }.into());
    }
    let account = load_account(db, login)?;
    let (staff, stored) = account.map_or((None, None), |(staff, stored)| (Some(staff), stored));
    // Slow on purpose, and as slow for a login that nobody has.
    let verified = password::verify(password, stored.as_deref());
    let Some(staff) = staff.filter(|_| verified) else { return Ok(tallies.failed(turn.now)) };
    let open = load_open(db, &staff.id)?;
    let mut outcome = session::sign_in(staff, &open, lifetime_ms, turn);
    outcome.writes.extend(tallies.succeeded());
    Ok(outcome)
}

/// Every member of staff, by id.
pub fn load_staff(db: &impl Database) -> Result<Vec<Staff>, StoreError> {
    let rows = db.run(&Statement::new("SELECT profile FROM staff ORDER BY id", []))?;
    rows.iter().map(|row| row.json(0)).collect()
}

fn load_account(db: &impl Database, login: &str) -> Result<Option<(Staff, Option<String>)>, StoreError> {
    let sql = "SELECT profile, password FROM staff WHERE login = ?";
    let rows = db.run(&Statement::new(sql, [login.into()]))?;
    let account = |row: &Row| Ok((row.json(0)?, row.text_or_null(1)?.map(str::to_owned)));
    rows.first().map(account).transpose()
}

fn load_session(db: &impl Database, id: &SessionId) -> Result<Option<Session>, StoreError> {
    let sql = "SELECT staff.profile, sessions.expires_at FROM sessions JOIN staff ON staff.id = sessions.staff \
               WHERE sessions.id = ?";
    let rows = db.run(&Statement::new(sql, [id.as_str().into()]))?;
    let session =
        |row: &Row| Ok(Session { id: id.clone(), staff: row.json(0)?, expires_at: TimeMs(row.int(1)?) });
    rows.first().map(session).transpose()
}

/// The sessions of one member of staff, oldest first.
fn load_open(db: &impl Database, staff: &StaffId) -> Result<Vec<SessionId>, StoreError> {
    let sql = "SELECT id FROM sessions WHERE staff = ? ORDER BY created_at, id";
    let rows = db.run(&Statement::new(sql, [staff.as_str().into()]))?;
    rows.iter().map(|row| Ok(row.text(0)?.into())).collect()
}

fn load_tallies(db: &impl Database, login: &str, address: &str, now: TimeMs) -> Result<Tallies, StoreError> {
    let tally = |key: String| {
        let sql = "SELECT failures, since FROM tallies WHERE key = ?";
        match db.run(&Statement::new(sql, [key.as_str().into()]))?.first() {
            Some(row) => Ok(Tally { key, failures: row.int(0)?, since: TimeMs(row.int(1)?) }),
            None => Ok(Tally::new(key, now)),
        }
    };
    let count = db.run(&Statement::new("SELECT COUNT(*) FROM tallies", []))?;
    let rows = count.first().map_or(Ok(0), |row| row.int(0))?;
    Ok(Tallies { login: tally(login_key(login))?, address: tally(address_key(address))?, rows })
}

fn load_addressing(db: &impl Database) -> Result<Option<Addressing>, StoreError> {
    let rows = db.run(&Statement::new("SELECT value FROM addressing", []))?;
    rows.first().map(|row| row.json(0)).transpose()
}

/// How often a channel has been put.
fn load_revision(db: &impl Database) -> Result<u64, StoreError> {
    let rows = db.run(&Statement::new("SELECT COALESCE(MAX(revision), 0) FROM channels", []))?;
    let revision = rows.first().map_or(Ok(0), |row| row.int(0))?;
    Ok(u64::try_from(revision).unwrap_or_default())
}

fn load_channels(db: &impl Database) -> Result<Vec<StoredChannel>, StoreError> {
    let sql = "SELECT id, settings, secrets, changed_at, revision FROM channels ORDER BY id";
    let channel = |row: &Row| {
        Ok(StoredChannel {
            id: row.text(0)?.into(),
            settings: row.json(1)?,
            secrets: row.json(2)?,
            changed_at: TimeMs(row.int(3)?),
            revision: u64::try_from(row.int(4)?).unwrap_or_default(),
        })
    };
    db.run(&Statement::new(sql, []))?.iter().map(channel).collect()
}

fn statement(write: Write) -> Result<Statement, StoreError> {
    Ok(match write {
        Write::PutStaff { staff, password } => Statement::new(
            "INSERT INTO staff (id, login, profile, password) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET \
             login = excluded.login, profile = excluded.profile, password = COALESCE(excluded.password, password)",
            [staff.id.as_str().into(), staff.login.as_str().into(), json(&staff)?, password.into()],
        ),
        Write::PutSession { id, staff, created_at, expires_at } => Statement::new(
            "INSERT OR REPLACE INTO sessions (id, staff, created_at, expires_at) VALUES (?, ?, ?, ?)",
            [id.0.into(), staff.0.into(), created_at.0.into(), expires_at.0.into()],
        ),
        Write::EndSession(id) => Statement::new("DELETE FROM sessions WHERE id = ?", [id.0.into()]),
        Write::EndSessionsUntil(time) => {
            Statement::new("DELETE FROM sessions WHERE expires_at <= ?", [time.0.into()])
        }
        Write::PutTally(tally) => Statement::new(
            "INSERT OR REPLACE INTO tallies (key, failures, since) VALUES (?, ?, ?)",
            [tally.key.into(), tally.failures.into(), tally.since.0.into()],
        ),
        Write::ForgetTally(key) => Statement::new("DELETE FROM tallies WHERE key = ?", [key.into()]),
        Write::ForgetTalliesSince(time) => {
            Statement::new("DELETE FROM tallies WHERE since <= ?", [time.0.into()])
        }
        Write::ForgetLowestTallies(rows) => Statement::new(
            "DELETE FROM tallies WHERE key IN (SELECT key FROM tallies ORDER BY failures, since, key LIMIT ?)",
            [rows.into()],
        ),
        Write::PutAddressing(addressing) => Statement::new(
            "INSERT OR REPLACE INTO addressing (id, value) VALUES (1, ?)",
            [json(&addressing)?],
        ),
        Write::PutChannel(channel) => Statement::new(
            "INSERT OR REPLACE INTO channels (id, settings, secrets, changed_at, revision) VALUES (?, ?, ?, ?, ?)",
            [
                channel.id.as_str().into(),
                json(&channel.settings)?,
                json(&channel.secrets)?,
                channel.changed_at.0.into(),
                i64::try_from(channel.revision).unwrap_or(i64::MAX).into(),
            ],
        ),
    })
}
