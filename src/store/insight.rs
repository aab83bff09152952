//! The insight's tables: questions by asker, and who was forgotten until when.

mod labels;

use super::{Database, Row, Statement, StoreError, Value, exposure, json, shadow};
use crate::base::id::ChannelId;
use crate::base::limits::{
    CLUSTERS_SHOWN_MAX, FORGOTTEN_KEPT_MS, INSIGHT_KEPT_MS, JUDGED_KEPT_MAX, JUDGED_READ_MAX,
    MOOD_LABELS_KEPT_MAX, OFFERS_READ_MAX, PURGE_ROWS_MAX, QUESTIONS_KEPT_MAX, QUESTIONS_READ_MAX,
    SAMPLE_KEPT_MAX,
};
use crate::base::time::TimeMs;
use crate::base::turn::Turn;
use crate::insight::call::{Call, Judging, Kind, On, Reply, Wanted};
use crate::insight::offer::{self, Judged, OfferKind, Said, phrasing_id};
use crate::insight::question::Question;
use crate::insight::top;
use crate::knowledge::signal::{Sign, Signal};

/// For [`super::migrate`]. `kind` is 1 for what is unresolved, and 2 more for what is in the
/// sample.
pub const MIGRATIONS: &[&[&str]] = &[
    &[
        "CREATE TABLE IF NOT EXISTS question (asker TEXT NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, \
     kind INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (asker, seq)) WITHOUT ROWID",
        "CREATE TABLE IF NOT EXISTS forgotten (asker TEXT PRIMARY KEY, until_seq INTEGER NOT NULL, at_ms INTEGER NOT NULL) \
     WITHOUT ROWID",
    ],
    &[
        "CREATE TABLE IF NOT EXISTS judged (offer TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID",
    ],
    &shadow::TABLES,
    &exposure::TABLES,
    &[labels::TABLE],
];

/// One turn: loads what the call needs, decides, writes last.
pub fn turn(db: &impl Database, call: Call, turn: &Turn) -> Result<Reply, StoreError> {
    match call {
        Call::Report { asker, channel, signals, sealed } => {
            report(db, &asker, &channel, signals, sealed.as_deref())
        }
        Call::Forget { askers, until } => forget(db, &askers, until, turn),
        Call::Questions(wanted) => Ok(Reply::Questions { questions: questions(db, &wanted)? }),
        Call::Top { channels, period, limit } => {
            let limit = usize::try_from(limit.min(CLUSTERS_SHOWN_MAX)).unwrap_or(usize::MAX);
            Ok(Reply::Top { clusters: top::top(&all(db, channels)?, period, limit) })
        }
        Call::Cluster { id, channels, period } => {
            let shown = top::shown(&all(db, channels)?, &id, period);
            Ok(shown.map_or(Reply::Unknown, |shown| Reply::Cluster(Box::new(shown))))
        }
        Call::Figures { id, channels, version } => {
            let figures = top::figures(&all(db, channels)?, &id, version, turn.now);
            Ok(figures.map_or(Reply::Unknown, |figures| Reply::Figures(Box::new(figures))))
        }
        Call::Offered { channels, kind } => {
            let wanted = Wanted { kind, channels, since: TimeMs(0), before: None, limit: OFFERS_READ_MAX };
            let rows = db.run(&Statement::new("SELECT offer FROM judged", []))?;
            let decided = rows.iter().map(|row| row.text(0).map(str::to_owned)).collect::<Result<_, _>>()?;
            Ok(Reply::Offered { questions: questions(db, &wanted)?, decided })
        }
        Call::BeginShadow(run) => Ok(Reply::Begun(Box::new(shadow::begin(db, *run, turn.now)?))),
        Call::EndShadow => {
            shadow::end(db, turn.now)?;
            Ok(Reply::Shadow { shown: shadow::shown(db)?.map(Box::new) })
        }
        Call::Scored(scored) => {
            shadow::scored(db, *scored, turn.now)?;
            Ok(Reply::Done)
        }
        Call::Experiments { waited_ms } => Ok(Reply::Experiments {
            counts: exposure::counts(db, turn.now + -waited_ms)?,
            stops: exposure::stops(db)?,
        }),
        Call::StopArm { experiment, arm, stop } => {
            exposure::stop(db, &experiment, &arm, &stop)?;
            Ok(Reply::Done)
        }
        Call::Shadow => Ok(Reply::Shadow { shown: shadow::shown(db)?.map(Box::new) }),
        Call::Label(labelling) => {
            let until = forgotten_until(db, &labelling.asker)?;
            labels::label(db, *labelling, until)
        }
        Call::Labels { channels, limit } => labels::labels(db, channels.as_ref(), limit),
        Call::Judge(judging) => judge(db, *judging, turn.now),
        Call::Judgements => {
            let sql = "SELECT body FROM judged ORDER BY at_ms DESC, offer LIMIT ?";
            let rows = db.run(&Statement::new(sql, [i64::from(JUDGED_READ_MAX).into()]))?;
            Ok(Reply::Judgements { judged: rows.iter().map(|row| row.json(0)).collect::<Result<_, _>>()? })
        }
    }
}

/// Merges each signal into its question. What was asked before its asker left is not taken up again.
fn report(
    db: &impl Database,
    asker: &str,
    channel: &ChannelId,
    signals: Vec<Signal>,
    sealed: Option<&str>,
) -> Result<Reply, StoreError> {
    let until = forgotten_until(db, asker)?;
    let mut changed: Vec<(Option<Question>, Question)> = Vec::new();
    for signal in signals {
        if until.is_some_and(|until| i64::try_from(signal.asked.seq).unwrap_or(i64::MAX) <= until) {
            continue;
        }
        if signal.sign == Sign::TakenBack {
            // Which example it was, its mark does not tell.
            shadow::forget(db, asker)?;
        }
        exposure::expose(db, asker, &signal)?;
        if signal.sign == Sign::Exposed {
            // It was answered, and nobody complains: there is nothing to learn from it.
            continue;
        }
        let seq = signal.asked.seq;
        let sealed = sealed.filter(|_| signal.sign == Sign::HandedOff).map(str::to_owned);
        if let Some((_, question)) = changed.iter_mut().find(|(_, question)| question.asked.seq == seq) {
            *question = question.clone().with(signal.sign, signal.told_ms, sealed);
            continue;
        }
        let known = question(db, asker, seq)?;
        let merged = match known.clone() {
            Some(known) => known.with(signal.sign, signal.told_ms, sealed),
            None => Question::new(asker.to_owned(), channel.clone(), signal, sealed),
        };
        changed.push((known, merged));
    }
    let news = changed.iter().filter(|(known, merged)| known.as_ref() != Some(merged));
    let mut statements = news.clone().map(|(_, merged)| save(merged)).collect::<Result<Vec<_>, _>>()?;
    let taken_back = news.filter(|(_, merged)| merged.has(&Sign::TakenBack));
    statements.extend(taken_back.map(|(_, merged)| labels::take_back(asker, merged.asked.seq)));
    run_all(db, &statements)?;
    Ok(Reply::Done)
}

/// Up to which of their messages somebody was forgotten.
fn forgotten_until(db: &impl Database, asker: &str) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT until_seq FROM forgotten WHERE asker = ?";
    db.run(&Statement::new(sql, [asker.into()]))?.first().map(|row| row.int(0)).transpose()
}

fn question(db: &impl Database, asker: &str, seq: u64) -> Result<Option<Question>, StoreError> {
    let sql = "SELECT body FROM question WHERE asker = ? AND seq = ?";
    let rows = db.run(&Statement::new(sql, [asker.into(), int(seq)]))?;
    rows.first().map(|row| row.json(0)).transpose()
}

fn save(question: &Question) -> Result<Statement, StoreError> {
    let kind = i64::from(question.is_unresolved()) + 2 * i64::from(question.is_sampled());
    Ok(Statement::new(
        "INSERT OR REPLACE INTO question (asker, seq, at_ms, kind, body) VALUES (?, ?, ?, ?, ?)",
        [
            question.asker.as_str().into(),
            int(question.asked.seq),
            question.asked.at_ms.0.into(),
            Value::Int(kind),
            json(question)?,
        ],
    ))
}

/// Deletes, and remembers for a while until when: a report that is still under way must not bring anything back.
fn forget(db: &impl Database, askers: &[String], until: u64, turn: &Turn) -> Result<Reply, StoreError> {
    let mut statements = Vec::new();
    for asker in askers {
        shadow::forget(db, asker)?;
        exposure::forget(db, asker, until, turn)?;
        let sql = "DELETE FROM question WHERE asker = ? AND seq <= ?";
        statements.push(Statement::new(sql, [asker.as_str().into(), int(until)]));
        statements.push(labels::forget(asker, until));
        statements.push(Statement::new(
            "INSERT INTO forgotten (asker, until_seq, at_ms) VALUES (?, ?, ?) ON CONFLICT (asker) DO UPDATE SET \
             until_seq = max(until_seq, excluded.until_seq), at_ms = excluded.at_ms",
            [asker.as_str().into(), int(until), turn.now.0.into()],
        ));
    }
    run_all(db, &statements)?;
    Ok(Reply::Done)
}

/// All that is kept of these channels.
fn all(db: &impl Database, channels: Option<Vec<ChannelId>>) -> Result<Vec<Question>, StoreError> {
    let limit = u32::try_from(QUESTIONS_KEPT_MAX).unwrap_or(u32::MAX);
    rows(db, &Wanted { kind: Kind::All, channels, since: TimeMs(0), before: None, limit })
}

/// Keeps what is said to an offer, when there is such an offer.
fn judge(db: &impl Database, judging: Judging, now: TimeMs) -> Result<Reply, StoreError> {
    let Judging { offer, on, judgement, by, channels } = judging;
    let made = match on {
        On::Phrasing { text, entry } => {
            Some((phrasing_id(&text, &entry), OfferKind::Phrasing, entry, None, Some(text)))
        }
        On::Audit { question: id } => {
            let key = id.rsplit_once('-').and_then(|(asker, seq)| Some((asker, seq.parse().ok()?)));
            let found = key.map(|(asker, seq)| question(db, asker, seq)).transpose()?.flatten();
            let theirs = found.filter(|question| channels.is_none_or(|own| own.contains(&question.channel)));
            let audit = theirs.and_then(|question| Some((offer::audit(&question)?, question.asked.version)));
            audit.map(|(audit, version)| (audit.id, OfferKind::Audit, audit.entry, Some(version), None))
        }
    };
    let Some((_, kind, entry, version, text)) = made.filter(|(id, ..)| *id == offer) else {
        return Ok(Reply::Unknown);
    };
    let sql = "SELECT body FROM judged WHERE offer = ?";
    let rows = db.run(&Statement::new(sql, [offer.as_str().into()]))?;
    let known: Option<Judged> = rows.first().map(|row| row.json(0)).transpose()?;
    let said = Said { judgement, by, at_ms: now };
    let judged = match known.clone() {
        Some(known) => known.again(said, text),
        None => Judged::new(offer, kind, entry, version, said, text),
    };
    if known.as_ref() != Some(&judged) {
        db.run(&Statement::new(
            "INSERT OR REPLACE INTO judged (offer, at_ms, body) VALUES (?, ?, ?)",
            [judged.offer.as_str().into(), judged.said.at_ms.0.into(), json(&judged)?],
        ))?;
    }
    Ok(Reply::Judged(Box::new(judged)))
}

/// Newest first, as many as one reading may have.
fn questions(db: &impl Database, wanted: &Wanted) -> Result<Vec<Question>, StoreError> {
    rows(db, &Wanted { limit: wanted.limit.clamp(1, QUESTIONS_READ_MAX), ..wanted.clone() })
}

/// Newest first. Reads every row: there is no index beside the key.
fn rows(db: &impl Database, wanted: &Wanted) -> Result<Vec<Question>, StoreError> {
    let kind = match wanted.kind {
        Kind::All => 0,
        Kind::Unresolved => 1,
        Kind::Sampled => 2,
    };
    let before = wanted.before.map_or(i64::MAX, |before| before.0).min(1 << 52);
    let channels = wanted.channels.as_ref().map(json).transpose()?.unwrap_or(Value::Null);
    let rows = db.run(&Statement::new(
        "SELECT body FROM question WHERE at_ms >= ? AND at_ms < ? AND kind & ? = ? \
         AND json_extract(body, '$.asked.text') <> '' \
         AND (? IS NULL OR json_extract(body, '$.channel') IN (SELECT value FROM json_each(?))) \
         ORDER BY at_ms DESC, asker, seq LIMIT ?",
        [
            wanted.since.0.into(),
            before.into(),
            Value::Int(kind),
            Value::Int(kind),
            channels.clone(),
            channels,
            i64::from(wanted.limit).into(),
        ],
    ))?;
    rows.iter().map(|row| row.json(0)).collect()
}

/// Whether there is anything to look after, later.
pub fn is_empty(db: &impl Database) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM question UNION ALL SELECT 1 FROM forgotten UNION ALL SELECT 1 FROM exposure UNION ALL SELECT 1 FROM shadow_example UNION ALL SELECT 1 FROM mood LIMIT 1";
    Ok(db.run(&Statement::new(sql, []))?.is_empty())
}

const EXPIRED: &str = "DELETE FROM question WHERE (asker, seq) IN \
                       (SELECT asker, seq FROM question WHERE at_ms < ? LIMIT ?) RETURNING 1";
const OLDEST_SAMPLED: &str = "DELETE FROM question WHERE (asker, seq) IN \
                              (SELECT asker, seq FROM question WHERE kind = 2 ORDER BY at_ms LIMIT ?) RETURNING 1";
const OLDEST: &str = "DELETE FROM question WHERE (asker, seq) IN \
                      (SELECT asker, seq FROM question ORDER BY at_ms LIMIT ?) RETURNING 1";
const OLDEST_JUDGED: &str = "DELETE FROM judged WHERE offer IN \
                             (SELECT offer FROM judged ORDER BY at_ms LIMIT ?) RETURNING 1";
const OLD_FORGOTTEN: &str = "DELETE FROM forgotten WHERE asker IN \
                             (SELECT asker FROM forgotten WHERE at_ms < ? LIMIT ?) RETURNING 1";

/// Removes what is older than its retention, and the oldest beyond the bounds; a bounded number of rows. Returns
/// whether there may be more.
pub fn purge(db: &impl Database, kept_ms: i64, now: TimeMs) -> Result<bool, StoreError> {
    let most = |rows: i64| Value::Int(rows.min(PURGE_ROWS_MAX));
    let since = now + -kept_ms.min(INSIGHT_KEPT_MS);
    let expired = [since.0.into(), most(PURGE_ROWS_MAX)];
    let mut removed = vec![
        exposure::purge(db, now)?,
        db.run(&Statement::new(EXPIRED, expired))?.len(),
        db.run(&labels::expired(since))?.len(),
        db.run(&Statement::new(OLD_FORGOTTEN, [(now + -FORGOTTEN_KEPT_MS).0.into(), most(PURGE_ROWS_MAX)]))?
            .len(),
    ];
    shadow::purge(db, now)?;
    let sampled = beyond(db, "SELECT count(*) FROM question WHERE kind = 2", SAMPLE_KEPT_MAX)?;
    let all = beyond(db, "SELECT count(*) FROM question", QUESTIONS_KEPT_MAX)?;
    let judged = beyond(db, "SELECT count(*) FROM judged", JUDGED_KEPT_MAX)?;
    let labelled = beyond(db, "SELECT count(*) FROM mood", MOOD_LABELS_KEPT_MAX)?;
    let oldest =
        [(OLDEST_SAMPLED, sampled), (OLDEST, all), (OLDEST_JUDGED, judged), (labels::OLDEST, labelled)];
    for (sql, rows) in oldest {
        if rows > 0 {
            removed.push(db.run(&Statement::new(sql, [most(rows)]))?.len());
        }
    }
    Ok(removed.into_iter().any(|rows| i64::try_from(rows).unwrap_or(i64::MAX) >= PURGE_ROWS_MAX))
}

fn beyond(db: &impl Database, count: &'static str, most: i64) -> Result<i64, StoreError> {
    let rows = db.run(&Statement::new(count, []))?;
    Ok(rows.first().map(|row| Row::int(row, 0)).transpose()?.unwrap_or_default().saturating_sub(most))
}

fn run_all(db: &impl Database, statements: &[Statement]) -> Result<(), StoreError> {
    statements.iter().try_for_each(|statement| db.run(statement).map(drop))
}

fn int(number: u64) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}
