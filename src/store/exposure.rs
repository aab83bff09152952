//! The customers of experiments: a row each, without words; and which arms were stopped.

use super::{Database, Row, Statement, StoreError, Value, json};
use crate::base::digest::{hex, sha256};
use crate::base::limits::{EXPOSURES_KEPT_MS, EXPOSURES_MAX, PURGE_ROWS_MAX};
use crate::base::time::TimeMs;
use crate::base::turn::Turn;
use crate::insight::experiment::{ArmCounts, GUARDRAIL, Stop, harmful};
use crate::knowledge::experiment::Stopped;
use crate::knowledge::signal::{Sign, Signal};

/// The tables, for [`super::insight::MIGRATIONS`]. `signs`: what the customer did about the first answer that they heard,
/// in bits. `told`: whether isolates can know of it.
pub const TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS exposure (experiment TEXT NOT NULL, asker TEXT NOT NULL, arm TEXT NOT NULL, \
     seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, signs INTEGER NOT NULL, PRIMARY KEY (experiment, asker)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS stopped (experiment TEXT NOT NULL, arm TEXT NOT NULL, told INTEGER NOT NULL, \
     body TEXT NOT NULL, PRIMARY KEY (experiment, arm)) WITHOUT ROWID",
];

/// The bit of a sign; `None`: it says nothing of the answer.
const fn bit(sign: &Sign) -> Option<i64> {
    match sign {
        Sign::Exposed => Some(0),
        Sign::HandedOff => Some(1),
        Sign::ThumbsDown => Some(2),
        Sign::ThumbsUp => Some(4),
        Sign::AskedAgain { .. } => Some(8),
        _ => None,
    }
}

/// Takes what a customer heard, or did about it. Of several answers the first counts, in whichever order they are told
/// of; told twice, it is the same.
pub fn expose(db: &impl Database, asker: &str, signal: &Signal) -> Result<(), StoreError> {
    let (Some(tried), Some(bit)) = (&signal.asked.tried, bit(&signal.sign)) else { return Ok(()) };
    let seq = Value::Int(i64::try_from(signal.asked.seq).unwrap_or(i64::MAX));
    let sql = "SELECT seq, signs FROM exposure WHERE experiment = ? AND asker = ?";
    let key = [tried.experiment.as_str().into(), asker.into()];
    let known =
        db.run(&Statement::new(sql, key))?.first().map(|row| Ok::<_, StoreError>((row.int(0)?, row.int(1)?)));
    let signs = match (known.transpose()?, &seq) {
        (Some((first, signs)), Value::Int(seq)) if first == *seq && signs & bit != bit => signs | bit,
        (Some((first, _)), Value::Int(seq)) if first <= *seq => return Ok(()),
        (None, _) if is_full(db)? => return Ok(()),
        _ => bit,
    };
    db.run(&Statement::new(
        "INSERT OR REPLACE INTO exposure (experiment, asker, arm, seq, at_ms, signs) VALUES (?, ?, ?, ?, ?, ?)",
        [
            tried.experiment.as_str().into(),
            asker.into(),
            tried.arm.as_str().into(),
            seq,
            signal.asked.at_ms.0.into(),
            Value::Int(signs),
        ],
    ))
    .map(drop)
}

fn is_full(db: &impl Database) -> Result<bool, StoreError> {
    let rows = db.run(&Statement::new("SELECT count(*) FROM exposure", []))?;
    Ok(rows.first().map(|row| row.int(0)).transpose()?.unwrap_or_default() >= EXPOSURES_MAX)
}

/// A customer leaves: their rows stay as counts under a name that nothing leads back from.
pub fn forget(db: &impl Database, asker: &str, until: u64, turn: &Turn) -> Result<(), StoreError> {
    let gone = hex(&sha256(&[b"shunda/gone/", &turn.entropy, asker.as_bytes()]));
    let gone = format!("gone-{}", gone.get(..32).unwrap_or_default());
    let until = Value::Int(i64::try_from(until).unwrap_or(i64::MAX));
    let sql = "UPDATE exposure SET asker = ? WHERE asker = ? AND seq <= ?";
    db.run(&Statement::new(sql, [gone.into(), asker.into(), until])).map(drop)
}

/// The figures of every arm; `mature`: who heard it until then counts.
pub fn counts(db: &impl Database, mature: TimeMs) -> Result<Vec<ArmCounts>, StoreError> {
    let sql = "SELECT experiment, arm, min(at_ms), count(*), coalesce(sum(m), 0), coalesce(sum(m AND signs & 11 = 0), 0), \
               coalesce(sum(m AND signs & 1 <> 0), 0), coalesce(sum(m AND signs & 2 <> 0), 0), \
               coalesce(sum(m AND signs & 6 <> 0), 0), coalesce(sum(m AND signs & 6 = 4), 0) \
               FROM (SELECT *, at_ms <= ? AS m FROM exposure) GROUP BY experiment, arm ORDER BY experiment, arm";
    let rows = db.run(&Statement::new(sql, [mature.0.into()]))?;
    rows.iter().map(arm_counts).collect()
}

fn arm_counts(row: &Row) -> Result<ArmCounts, StoreError> {
    let count = |column| Ok::<_, StoreError>(u32::try_from(row.int(column)?).unwrap_or(u32::MAX));
    let (all, customers) = (count(3)?, count(4)?);
    Ok(ArmCounts {
        experiment: row.text(0)?.to_owned(),
        arm: row.text(1)?.to_owned(),
        since_ms: TimeMs(row.int(2)?),
        customers,
        waiting: all.saturating_sub(customers),
        resolved: count(5)?,
        handed_off: count(6)?,
        thumbs_down: count(7)?,
        rated: count(8)?,
        thumbs_up: count(9)?,
    })
}

/// When the next customer begins to count, who does not yet.
pub fn next_mature(db: &impl Database, mature: TimeMs) -> Result<Option<TimeMs>, StoreError> {
    let rows =
        db.run(&Statement::new("SELECT min(at_ms) FROM exposure WHERE at_ms > ?", [mature.0.into()]))?;
    Ok(rows.first().and_then(|row| row.int(0).ok()).map(TimeMs))
}

/// What was decided about arms.
pub fn stops(db: &impl Database) -> Result<Vec<(String, String, Stop)>, StoreError> {
    let rows = db.run(&Statement::new("SELECT experiment, arm, body FROM stopped", []))?;
    rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned(), row.json(2)?))).collect()
}

/// Keeps what was decided about an arm, for isolates to be told.
pub fn stop(db: &impl Database, experiment: &str, arm: &str, stop: &Stop) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO stopped (experiment, arm, told, body) VALUES (?, ?, 0, ?)";
    db.run(&Statement::new(sql, [experiment.into(), arm.into(), json(stop)?])).map(drop)
}

/// Stops arms that harm. What anybody has decided about an arm before, a person too, stays decided.
pub fn stop_harmful(db: &impl Database, mature: TimeMs, now: TimeMs) -> Result<(), StoreError> {
    let counts = counts(db, mature)?;
    let decided = stops(db)?;
    for (arm, why) in harmful(&counts) {
        let is_decided = |(experiment, name, _): &(String, String, Stop)| {
            *experiment == arm.experiment && *name == arm.arm
        };
        if !decided.iter().any(is_decided) {
            let (by, note) = (GUARDRAIL.to_owned(), String::new());
            let why = Some(why);
            stop(db, &arm.experiment, &arm.arm, &Stop { stopped: true, at_ms: now, by, note, why })?;
        }
    }
    Ok(())
}

/// What isolates are to be told, if there is news.
pub fn untold(db: &impl Database) -> Result<Option<Stopped>, StoreError> {
    if db.run(&Statement::new("SELECT 1 FROM stopped WHERE told = 0 LIMIT 1", []))?.is_empty() {
        return Ok(None);
    }
    let mut all = Stopped::default();
    for (experiment, arm, _) in stops(db)?.into_iter().filter(|(.., stop)| stop.stopped) {
        all.0.entry(experiment).or_default().insert(arm);
    }
    Ok(Some(all))
}

/// Isolates can know of all this; what was decided since is news still.
pub fn told(db: &impl Database, known: &Stopped) -> Result<(), StoreError> {
    if untold(db)?.as_ref() == Some(known) {
        db.run(&Statement::new("UPDATE stopped SET told = 1 WHERE told = 0", []))?;
    }
    Ok(())
}

/// Removes rows that have outlived their retention. Returns how many.
pub fn purge(db: &impl Database, now: TimeMs) -> Result<usize, StoreError> {
    let sql = "DELETE FROM exposure WHERE (experiment, asker) IN \
               (SELECT experiment, asker FROM exposure WHERE at_ms < ? LIMIT ?) RETURNING 1";
    let old = [(now + -EXPOSURES_KEPT_MS).0.into(), Value::Int(PURGE_ROWS_MAX)];
    Ok(db.run(&Statement::new(sql, old))?.len())
}
