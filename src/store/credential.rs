//! One channel account's token, refusals and files: their tables, and the whole turn: load, decide, write last.

use super::{Database, Row, Statement, StoreError, json};
use crate::base::id::MediaKey;
use crate::base::limits::{MEDIA_ID_USED_MS, MEDIA_IDS_FORGOTTEN_MAX};
use crate::base::time::TimeMs;
use crate::base::turn::Turn;
use crate::office::callbacks::Callbacks;
use crate::office::credential::{Call, Credential, Reply};
use crate::office::health::{Health, Report};
use crate::office::refusals::{self, Refusal};

/// For [`super::migrate`].
pub const MIGRATIONS: &[&[&str]] = &[
    &[
        "CREATE TABLE IF NOT EXISTS credential (id INTEGER PRIMARY KEY CHECK (id = 1), state TEXT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS refusals (code TEXT PRIMARY KEY, count INTEGER NOT NULL, last_at INTEGER NOT NULL) \
     WITHOUT ROWID",
    ],
    &[
        "CREATE TABLE IF NOT EXISTS media (key TEXT PRIMARY KEY, media_id TEXT NOT NULL, kept_at INTEGER NOT NULL) \
     WITHOUT ROWID",
    ],
    &[
        "CREATE TABLE IF NOT EXISTS health (id INTEGER PRIMARY KEY CHECK (id = 1), state TEXT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS callbacks (id INTEGER PRIMARY KEY CHECK (id = 1), last TEXT NOT NULL)",
    ],
];

/// One turn of one account's credential. A token handed out costs no row; a lease and what comes of it one each.
pub fn turn(db: &impl Database, call: Call, turn: &Turn) -> Result<Reply, StoreError> {
    let now = turn.now;
    match call {
        Call::Token { failed_version } => decide(db, |credential| credential.token(failed_version, now)),
        Call::Fetched { lease, token, expires_in_s } => {
            let reply = decide(db, |credential| credential.fetched(lease, token, expires_in_s, now))?;
            tell_health(db, &reply, now)?;
            Ok(reply)
        }
        Call::FetchFailed { lease, cause } => {
            let reply = decide(db, |credential| credential.fetch_failed(lease, cause, now))?;
            tell_health(db, &reply, now)?;
            Ok(reply)
        }
        Call::CountRefusals { counts } => {
            for refusal in refusals::count(&load_refusals(db)?, &counts, now) {
                db.run(&save_refusal(refusal))?;
            }
            Ok(Reply::RefusalsCounted)
        }
        Call::Callbacks { verdicts } => {
            let mut callbacks = load_callbacks(db)?;
            if !verdicts.is_empty() {
                callbacks.add(verdicts);
                let sql = "INSERT OR REPLACE INTO callbacks (id, last) VALUES (1, ?)";
                db.run(&Statement::new(sql, [json(&callbacks)?]))?;
            }
            Ok(Reply::Callbacks(callbacks))
        }
        Call::Health { report } => {
            let known = load_health(db)?;
            Ok(Reply::Health(match report {
                Some(report) => save_health(db, known, report, now)?,
                None => known,
            }))
        }
        Call::Refusals => Ok(Reply::Refusals { refusals: load_refusals(db)? }),
        Call::MediaId { key, refused_at } => {
            Ok(Reply::MediaId { media_id: media_id(db, &key, refused_at, now)? })
        }
        Call::KeepMediaId { key, media_id } => {
            keep_media_id(db, &key, media_id, now)?;
            Ok(Reply::MediaIdKept)
        }
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

/// What a fetch shows of the API: that it gives no token, or that it gives one again.
fn tell_health(db: &impl Database, reply: &Reply, now: TimeMs) -> Result<(), StoreError> {
    let known = load_health(db)?;
    let report = match reply {
        Reply::Unavailable { trouble, errcode, .. } => Report::without_token(*trouble, *errcode),
        Reply::Ready { .. } if known.is_for_want_of_token() => Report::ok(),
        _ => return Ok(()),
    };
    save_health(db, known, report, now).map(|_| ())
}

fn load_health(db: &impl Database) -> Result<Health, StoreError> {
    let rows = db.run(&Statement::new("SELECT state FROM health", []))?;
    rows.first().map_or_else(|| Ok(Health::default()), |row| row.json(0))
}

fn save_health(db: &impl Database, known: Health, report: Report, now: TimeMs) -> Result<Health, StoreError> {
    let Some(health) = known.after(report, now) else { return Ok(known) };
    let sql = "INSERT OR REPLACE INTO health (id, state) VALUES (1, ?)";
    db.run(&Statement::new(sql, [json(&health)?]))?;
    Ok(health)
}

fn load_callbacks(db: &impl Database) -> Result<Callbacks, StoreError> {
    let rows = db.run(&Statement::new("SELECT last FROM callbacks", []))?;
    rows.first().map_or_else(|| Ok(Callbacks::default()), |row| row.json(0))
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

/// One that is young enough, and younger than the refusal of the one before it.
fn media_id(
    db: &impl Database,
    key: &MediaKey,
    refused_at: Option<TimeMs>,
    now: TimeMs,
) -> Result<Option<String>, StoreError> {
    let good_from = now + -MEDIA_ID_USED_MS;
    let sql = "SELECT media_id FROM media WHERE key = ? AND kept_at > ? AND kept_at <= ?";
    let after = refused_at.map_or(good_from, |refused_at| good_from.max(refused_at));
    let rows = db.run(&Statement::new(sql, [key.as_str().into(), after.0.into(), now.0.into()]))?;
    rows.first().map(|row| row.text(0).map(str::to_owned)).transpose()
}

/// Those that are of no use any more go, a bounded number.
fn keep_media_id(
    db: &impl Database,
    key: &MediaKey,
    media_id: String,
    now: TimeMs,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM media WHERE key IN (SELECT key FROM media WHERE kept_at <= ? LIMIT ?)";
    let good_from = now + -MEDIA_ID_USED_MS;
    db.run(&Statement::new(sql, [good_from.0.into(), MEDIA_IDS_FORGOTTEN_MAX.into()]))?;
    let sql = "INSERT OR REPLACE INTO media (key, media_id, kept_at) VALUES (?, ?, ?)";
    db.run(&Statement::new(sql, [key.as_str().into(), media_id.into(), now.0.into()]))?;
    Ok(())
}
