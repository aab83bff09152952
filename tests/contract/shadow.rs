//! A shadow run's rows on a real SQLite: counted, drawn, bounded, forgotten.

use crate::support::sqlite::Sqlite;
use shunda::base::limits::{SHADOW_EXAMPLES_MAX, SHADOW_KEPT_MS};
use shunda::base::time::TimeMs;
use shunda::base::turn::Turn;
use shunda::insight::call::{Call, Reply};
use shunda::insight::shadow::{Run, Scored, Shown};
use shunda::knowledge::difference::{Candidate, Change, Difference, between};
use shunda::knowledge::proposal::{Decision, Score};
use shunda::knowledge::signal::{Asked, Sign};
use shunda::store::insight::{MIGRATIONS, is_empty, purge, turn};

const NOW: TimeMs = TimeMs(1_700_000_000_000);

fn database() -> Sqlite {
    let db = Sqlite::new();
    shunda::store::migrate(&db, MIGRATIONS).unwrap();
    db
}

fn call_at(db: &Sqlite, call: Call, now: TimeMs) -> Reply {
    turn(db, call, &Turn { now, entropy: [0; 32] }).unwrap()
}

fn call(db: &Sqlite, asked: Call) -> Reply {
    call_at(db, asked, NOW)
}

fn run(id: &str) -> Run {
    Run {
        id: id.into(),
        candidate: Candidate::Review(3),
        digest: "d".into(),
        base: 1,
        since_ms: NOW,
        until_ms: NOW + 1_000,
        by: "chen".into(),
        share: Score::ONE,
        ended_ms: None,
        asked: 0,
        same: 0,
        counts: Default::default(),
    }
}

fn difference(asked: &str) -> Difference {
    let decision = |text: &str| Decision::Unsure { text: text.into() };
    between(asked, decision("不懂。"), decision("没听懂。")).unwrap()
}

fn scored(run: &str, mark: &str, asker: &str, difference: Option<Difference>) -> Call {
    let (run, mark, asker) = (run.into(), mark.into(), asker.into());
    Call::Scored(Box::new(Scored { run, mark, asker, at_ms: NOW, difference }))
}

fn shown(db: &Sqlite) -> Shown {
    match call(db, Call::Shadow) {
        Reply::Shadow { shown: Some(shown) } => *shown,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_run_counts_what_would_change_and_shows_it_without_its_asker() {
    let db = database();
    assert_eq!(call(&db, Call::Shadow), Reply::Shadow { shown: None });
    call(&db, Call::BeginShadow(Box::new(run("r"))));
    call(&db, scored("r", "1", "a", None));
    call(&db, scored("r", "2", "a", Some(difference("我的电话是 13800138000"))));
    call(&db, scored("other", "3", "a", None));
    let now = shown(&db);
    assert_eq!((now.run.asked, now.run.same, now.run.counts[&Change::OtherReply]), (2, 1, 1));
    assert_eq!(now.examples[0].difference.asked, "我的电话是 ###########");
    assert!(!serde_json::to_string(&now).unwrap().contains("\"a\""));
}

#[test]
fn one_run_at_a_time_and_what_comes_after_its_end_is_not_counted() {
    let db = database();
    call(&db, Call::BeginShadow(Box::new(run("r"))));
    call(&db, scored("r", "1", "a", Some(difference("在吗"))));
    let refused = call(&db, Call::BeginShadow(Box::new(run("s"))));
    assert!(matches!(refused, Reply::Begun(running) if running.id == "r"));
    call(&db, Call::EndShadow);
    call(&db, scored("r", "2", "a", None));
    assert_eq!((shown(&db).run.asked, shown(&db).run.ended_ms), (1, Some(NOW)));
    let begun = call(&db, Call::BeginShadow(Box::new(run("s"))));
    assert!(matches!(begun, Reply::Begun(running) if running.id == "s"));
    assert_eq!((shown(&db).run.asked, shown(&db).examples.len()), (0, 0), "a new run begins anew");
    // Its time is over, though nobody has said so.
    call_at(&db, scored("s", "3", "a", None), NOW + 1_000);
    assert_eq!(shown(&db).run.asked, 0);
    let next = call_at(&db, Call::BeginShadow(Box::new(run("t"))), NOW + 1_000);
    assert!(matches!(next, Reply::Begun(running) if running.id == "t"));
}

#[test]
fn examples_are_a_draw_of_bounded_size() {
    let db = database();
    call(&db, Call::BeginShadow(Box::new(run("r"))));
    let most = SHADOW_EXAMPLES_MAX as usize;
    for number in (0..most + 50).rev() {
        call(&db, scored("r", &format!("{number:04}"), "a", Some(difference(&number.to_string()))));
    }
    let now = shown(&db);
    assert_eq!((now.examples.len(), now.run.asked as usize), (most, most + 50));
    let lowest = |asked: &str| asked.parse::<usize>().unwrap() < most;
    assert!(
        now.examples.iter().all(|example| lowest(&example.difference.asked)),
        "those of the lowest marks"
    );
}

#[test]
fn who_leaves_or_takes_back_is_forgotten_and_old_examples_go() {
    let db = database();
    call(&db, Call::BeginShadow(Box::new(run("r"))));
    for (mark, asker) in [("1", "a"), ("2", "b"), ("3", "c")] {
        call(&db, scored("r", mark, asker, Some(difference(asker))));
    }
    call(&db, Call::Forget { askers: vec!["a".into()], until: 9 });
    // Told late: it was asked before its asker left.
    call(&db, scored("r", "4", "a", Some(difference("a"))));
    let taken_back = Asked::taken_back(1, NOW).signal(Sign::TakenBack, NOW);
    let (asker, channel) = ("b".to_owned(), "main".into());
    call(&db, Call::Report { asker, channel, signals: vec![taken_back], sealed: None });
    let left: Vec<String> = shown(&db).examples.into_iter().map(|one| one.difference.asked).collect();
    assert_eq!((left, shown(&db).run.asked), (vec!["c".to_owned()], 4), "figures say nothing of anybody");
    assert!(!is_empty(&db).unwrap());
    purge(&db, i64::MAX, NOW + SHADOW_KEPT_MS + 1).unwrap();
    assert!(shown(&db).examples.is_empty());
}
