//! The directory's tables: what is known of each identity, who shares a unionid, and staff's records about them.

use super::{Database, Row, Statement, StoreError, json};
use crate::base::id::ConversationId;
use crate::base::limits::CHANNELS_MAX;
use crate::base::time::TimeMs;
use crate::base::turn::Turn;
use crate::office::directory::{Call, Facts, Link, Reply, Write, decide};

/// For [`super::migrate`]. An identity's key is its conversation's; a join stands in `link` under both of its ends.
pub const MIGRATIONS: &[&[&str]] = &[&[
    "CREATE TABLE IF NOT EXISTS identity (identity TEXT PRIMARY KEY, unionid TEXT, profile TEXT NOT NULL, \
     learned_at INTEGER) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS same (unionid TEXT NOT NULL, identity TEXT NOT NULL, \
     PRIMARY KEY (unionid, identity)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS link (identity TEXT NOT NULL, id TEXT NOT NULL, record TEXT NOT NULL, \
     PRIMARY KEY (identity, id)) WITHOUT ROWID",
]];

/// One turn: loads what the call needs, decides, writes last.
pub fn turn(db: &impl Database, call: Call, turn: &Turn) -> Result<Reply, StoreError> {
    let outcome = decide(call, turn, |id| load(db, id))?;
    let mut statements = Vec::new();
    for write in outcome.writes {
        statements.extend(statements_of(write)?);
    }
    for statement in &statements {
        db.run(statement)?;
    }
    Ok(outcome.reply)
}

/// All that is recorded of one identity.
fn load(db: &impl Database, id: &ConversationId) -> Result<Facts, StoreError> {
    let key = id.key();
    let sql = "SELECT unionid, profile, learned_at FROM identity WHERE identity = ?";
    let mut facts = match db.run(&Statement::new(sql, [key.as_str().into()]))?.first() {
        Some(row) => Facts {
            unionid: row.text_or_null(0)?.map(str::to_owned),
            profile: row.json(1)?,
            learned_at: row.int_or_null(2)?.map(TimeMs),
            ..Facts::default()
        },
        None => Facts::default(),
    };
    let sql = "SELECT record FROM link WHERE identity = ? ORDER BY id";
    let rows = db.run(&Statement::new(sql, [key.as_str().into()]))?;
    facts.links = rows.iter().map(|row| row.json(0)).collect::<Result<_, _>>()?;
    if let Some(unionid) = &facts.unionid {
        // Each channel knows a person by one id.
        let most = i64::try_from(CHANNELS_MAX).unwrap_or(i64::MAX);
        let sql = "SELECT identity FROM same WHERE unionid = ? AND identity <> ? ORDER BY identity LIMIT ?";
        let rows = db.run(&Statement::new(sql, [unionid.as_str().into(), key.into(), most.into()]))?;
        facts.peers = rows.iter().map(id_of).collect::<Result<_, _>>()?;
    }
    Ok(facts)
}

fn id_of(row: &Row) -> Result<ConversationId, StoreError> {
    ConversationId::from_key(row.text(0)?).ok_or(StoreError::Shape { column: 0 })
}

fn statements_of(write: Write) -> Result<Vec<Statement>, StoreError> {
    Ok(match write {
        Write::Identity { id, facts, was } => {
            let key = id.key();
            let mut statements = Vec::new();
            if was != facts.unionid {
                statements.extend(was.map(|unionid| not_the_same(&key, unionid)));
                statements.extend(facts.unionid.clone().map(|unionid| {
                    let sql = "INSERT OR IGNORE INTO same (unionid, identity) VALUES (?, ?)";
                    Statement::new(sql, [unionid.into(), key.as_str().into()])
                }));
            }
            statements.push(Statement::new(
                "INSERT OR REPLACE INTO identity (identity, unionid, profile, learned_at) VALUES (?, ?, ?, ?)",
                [
                    key.into(),
                    facts.unionid.into(),
                    json(&facts.profile)?,
                    facts.learned_at.map_or(super::Value::Null, |at| at.0.into()),
                ],
            ));
            statements
        }
        Write::Forget { id, was } => {
            let key = id.key();
            let sql = "DELETE FROM identity WHERE identity = ?";
            let forgotten = Statement::new(sql, [key.as_str().into()]);
            was.map(|unionid| not_the_same(&key, unionid)).into_iter().chain([forgotten]).collect()
        }
        Write::Link(link) => {
            let record = json(&link)?;
            let sql = "INSERT OR REPLACE INTO link (identity, id, record) VALUES (?, ?, ?)";
            let put = |end: &ConversationId| {
                Statement::new(sql, [end.key().into(), link.id.as_str().into(), record.clone()])
            };
            ends(&link).map(put).collect()
        }
        Write::DropLink(link) => {
            let sql = "DELETE FROM link WHERE identity = ? AND id = ?";
            let drop =
                |end: &ConversationId| Statement::new(sql, [end.key().into(), link.id.as_str().into()]);
            ends(&link).map(drop).collect()
        }
    })
}

fn ends(link: &Link) -> impl Iterator<Item = &ConversationId> {
    [&link.a].into_iter().chain(&link.b)
}

fn not_the_same(key: &str, unionid: String) -> Statement {
    Statement::new("DELETE FROM same WHERE unionid = ? AND identity = ?", [unionid.into(), key.into()])
}
