//! Labels of moods on a real SQLite: the latest holds, forgotten for good, bounded, and enough of them teach.

use crate::support::sqlite::Sqlite;
use shunda::base::limits::{INSIGHT_KEPT_MS, MOOD_LABELS_KEPT_MAX, PURGE_ROWS_MAX};
use shunda::base::time::TimeMs;
use shunda::base::turn::Turn;
use shunda::insight::call::{Call, Reply};
use shunda::insight::label::{Label, Labelling, Said};
use shunda::knowledge::mood::Aspect;
use shunda::knowledge::signal::{Asked, Sign};
use shunda::store::insight::{MIGRATIONS, is_empty, purge, turn};
use std::collections::BTreeMap;

const NOW: TimeMs = TimeMs(1_700_000_000_000);

fn database() -> Sqlite {
    let db = Sqlite::new();
    shunda::store::migrate(&db, MIGRATIONS).unwrap();
    db
}

fn call(db: &Sqlite, call: Call) -> Reply {
    turn(db, call, &Turn { now: NOW, entropy: [0; 32] }).unwrap()
}

fn label(asker: &str, seq: u64, is_angry: bool) -> Call {
    let said = Said { labels: BTreeMap::from([(Aspect::Anger, is_angry)]), by: "lin".into(), at_ms: NOW };
    Call::Label(Box::new(Labelling {
        asker: asker.into(),
        channel: if asker.starts_with('b') { "shop".into() } else { "main".into() },
        seq,
        at_ms: NOW + i64::try_from(seq).unwrap(),
        text: "说了多少遍了".into(),
        said,
    }))
}

fn labels(db: &Sqlite, channels: Option<Vec<&str>>) -> Vec<Label> {
    let channels = channels.map(|names| names.into_iter().map(Into::into).collect());
    match call(db, Call::Labels { channels, limit: 100 }) {
        Reply::Labels { labels } => labels,
        other => panic!("{other:?}"),
    }
}

fn keys(db: &Sqlite) -> Vec<(String, u64)> {
    labels(db, None).into_iter().map(|label| (label.asker, label.seq)).collect()
}

#[test]
fn the_latest_label_holds_and_the_newest_message_comes_first() {
    let db = database();
    for (asker, seq, is_angry) in [("a", 1, true), ("a", 2, true), ("b", 3, false), ("a", 1, false)] {
        assert!(matches!(call(&db, label(asker, seq, is_angry)), Reply::Labelled(_)));
    }
    assert_eq!(keys(&db), [("b".into(), 3), ("a".into(), 2), ("a".into(), 1)]);
    let first = labels(&db, Some(vec!["main"])).pop().unwrap();
    assert_eq!((first.labels[&Aspect::Anger], first.said.len()), (false, 2));
    assert_eq!(labels(&db, Some(vec!["shop"])).len(), 1);
    assert_eq!(labels(&db, Some(Vec::new())).len(), 0);
}

#[test]
fn who_left_has_no_labels_and_gets_none_for_what_was_said_before() {
    let db = database();
    for seq in [1, 3, 5] {
        call(&db, label("a", seq, true));
    }
    call(&db, Call::Forget { askers: vec!["a".into()], until: 3 });
    assert_eq!(keys(&db), [("a".into(), 5)]);
    assert_eq!(call(&db, label("a", 2, true)), Reply::Unknown);
    assert!(matches!(call(&db, label("a", 6, true)), Reply::Labelled(_)));
}

#[test]
fn a_message_that_was_taken_back_has_no_label() {
    let db = database();
    call(&db, label("a", 1, true));
    let signals = vec![Asked::taken_back(1, NOW).signal(Sign::TakenBack, NOW)];
    let report = Call::Report { asker: "a".into(), channel: "main".into(), signals, sealed: None };
    call(&db, report);
    assert_eq!(keys(&db), []);
    assert_eq!(call(&db, label("a", 1, true)), Reply::Unknown);
}

#[test]
fn labels_expire_with_their_messages_and_are_bounded() {
    let db = database();
    assert!(is_empty(&db).unwrap());
    let most = u64::try_from(MOOD_LABELS_KEPT_MAX).unwrap();
    for seq in 0..most + 3 {
        call(&db, label("a", seq, true));
    }
    assert!(!is_empty(&db).unwrap());
    assert!(!purge(&db, INSIGHT_KEPT_MS, NOW).unwrap());
    let rest = match call(&db, Call::Labels { channels: None, limit: u32::MAX }) {
        Reply::Labels { labels } => labels,
        other => panic!("{other:?}"),
    };
    assert_eq!((rest.len() as u64, rest.last().map(|label| label.seq)), (most, Some(3)), "the oldest went");
    for _ in 0..=MOOD_LABELS_KEPT_MAX / PURGE_ROWS_MAX {
        purge(&db, INSIGHT_KEPT_MS, NOW + INSIGHT_KEPT_MS + 10_000).unwrap();
    }
    assert!(is_empty(&db).unwrap());
}
