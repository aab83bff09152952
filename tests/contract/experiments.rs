//! The rows of experiments on a real SQLite: one customer once, in any order, stopped when it harms, forgotten.

use crate::support::sqlite::Sqlite;
use shunda::base::id::ChannelId;
use shunda::base::time::TimeMs;
use shunda::base::turn::Turn;
use shunda::insight::call::{Call, Kind, Reply, Wanted};
use shunda::insight::experiment::{ArmCounts, GUARDRAIL, Metric, Stop};
use shunda::knowledge::experiment::{CONTROL, Tried};
use shunda::knowledge::signal::{Asked, Sign, Signal, Verdict};
use shunda::store::exposure::{next_mature, stop_harmful, stops, told, untold};
use shunda::store::insight::{MIGRATIONS, turn};

const NOW: TimeMs = TimeMs(1_700_000_000_000);
const WAIT_MS: i64 = 1_000;
const LATER: TimeMs = TimeMs(NOW.0 + WAIT_MS);

fn database() -> Sqlite {
    let db = Sqlite::new();
    shunda::store::migrate(&db, MIGRATIONS).unwrap();
    db
}

fn call(db: &Sqlite, call: Call, now: TimeMs) -> Reply {
    turn(db, call, &Turn { now, entropy: [7; 32] }).unwrap()
}

fn signal(seq: u64, arm: &str, sign: Sign) -> Signal {
    let tried = Some(Tried { experiment: "warm@1".into(), arm: arm.into() });
    let (near, text, verdict) = (Vec::new(), "保修多久".into(), Verdict::Answered);
    Asked { seq, at_ms: NOW, text, verdict, near, version: 1, tried }.signal(sign, NOW)
}

fn report(db: &Sqlite, asker: &str, signals: &[Signal]) {
    let (asker, channel, signals) = (asker.to_owned(), ChannelId("main".into()), signals.to_vec());
    call(db, Call::Report { asker, channel, signals, sealed: None }, NOW);
}

fn counts(db: &Sqlite, now: TimeMs) -> Vec<ArmCounts> {
    match call(db, Call::Experiments { waited_ms: WAIT_MS }, now) {
        Reply::Experiments { counts, .. } => counts,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_customer_counts_once_by_the_first_answer_in_whichever_order_it_is_told() {
    let signals = [
        signal(3, "a", Sign::Exposed),
        signal(3, "a", Sign::ThumbsDown),
        signal(3, "a", Sign::AskedAgain { seq: 5 }),
        signal(9, "a", Sign::Exposed),
        signal(9, "a", Sign::HandedOff),
    ];
    let one = database();
    report(&one, "x", &signals);
    let other = database();
    for signal in signals.iter().rev() {
        report(&other, "x", core::slice::from_ref(signal));
        report(&other, "x", core::slice::from_ref(signal));
    }
    let told = counts(&one, LATER);
    assert_eq!(told, counts(&other, LATER));
    let arm = &told[0];
    assert_eq!((told.len(), arm.customers, arm.waiting, arm.resolved), (1, 1, 0, 0));
    assert_eq!((arm.handed_off, arm.thumbs_down, arm.rated, arm.thumbs_up), (0, 1, 1, 0));
    let changes = one.0.total_changes();
    report(&one, "x", &signals[..3]);
    assert_eq!(one.0.total_changes() - changes, 0, "what is known is not written again");
    // A complaint is learned from as ever; to have been answered is not.
    let wanted = Wanted { kind: Kind::All, channels: None, since: TimeMs(0), before: None, limit: 9 };
    let Reply::Questions { questions } = call(&one, Call::Questions(wanted), NOW) else {
        panic!("questions")
    };
    assert!(questions.iter().all(|question| !question.has(&Sign::Exposed)) && questions.len() == 2);
}

#[test]
fn nobody_counts_before_their_time_is_over() {
    let db = database();
    report(&db, "x", &[signal(1, "a", Sign::Exposed), signal(1, "a", Sign::HandedOff)]);
    let early = &counts(&db, LATER + -1)[0];
    assert_eq!((early.customers, early.waiting, early.handed_off), (0, 1, 0), "nor does their complaint");
    assert_eq!(next_mature(&db, NOW + -1).unwrap(), Some(NOW));
    assert_eq!(next_mature(&db, NOW).unwrap(), None);
    assert_eq!(counts(&db, LATER)[0].handed_off, 1);
}

/// So many customers of each arm, of whom every `nth` is handed off.
fn crowd(db: &Sqlite, arm: &str, customers: usize, nth: usize) {
    for number in 0..customers {
        let signs = [Sign::Exposed, Sign::HandedOff];
        let signs = if number % nth == 0 { &signs[..] } else { &signs[..1] };
        let signals: Vec<_> = signs.iter().map(|sign| signal(1, arm, sign.clone())).collect();
        report(db, &format!("{arm}{number}"), &signals);
    }
}

#[test]
fn an_arm_that_harms_is_stopped_once_and_isolates_are_told() {
    let db = database();
    crowd(&db, CONTROL, 300, 20);
    crowd(&db, "worse", 300, 3);
    crowd(&db, "alike", 300, 19);
    stop_harmful(&db, NOW + -1, NOW).unwrap();
    assert!(stops(&db).unwrap().is_empty() && untold(&db).unwrap().is_none(), "nobody counts yet");
    stop_harmful(&db, NOW, LATER).unwrap();
    let decided = stops(&db).unwrap();
    let (experiment, arm, stop) = &decided[0];
    assert_eq!((decided.len(), experiment.as_str(), arm.as_str()), (1, "warm@1", "worse"));
    assert_eq!((stop.stopped, stop.by.as_str(), stop.at_ms), (true, GUARDRAIL, LATER));
    assert_eq!(stop.why.unwrap().metric, Metric::Resolved);
    let news = untold(&db).unwrap().unwrap();
    assert!(news.0["warm@1"].contains("worse"));
    told(&db, &news).unwrap();
    assert_eq!(untold(&db).unwrap(), None);
    stop_harmful(&db, NOW, LATER + 5).unwrap();
    assert_eq!(stops(&db).unwrap(), decided, "it is stopped once");
    // Staff decide otherwise, and are not overruled by the same experiment.
    let resumed =
        Stop { stopped: false, at_ms: LATER, by: "chen".into(), note: "再看看".into(), why: None };
    let again = Call::StopArm { experiment: "warm@1".into(), arm: "worse".into(), stop: Box::new(resumed) };
    call(&db, again, LATER);
    stop_harmful(&db, NOW, LATER + 9).unwrap();
    assert!(!stops(&db).unwrap()[0].2.stopped);
    let newer = untold(&db).unwrap().unwrap();
    assert!(newer.0.is_empty());
    told(&db, &news).unwrap();
    assert!(untold(&db).unwrap().is_some(), "what was told is not the news");
}

#[test]
fn who_leaves_stays_as_a_count_and_no_more() {
    let db = database();
    report(&db, "x", &[signal(4, "a", Sign::Exposed)]);
    call(&db, Call::Forget { askers: vec!["x".into()], until: 9 }, NOW);
    report(&db, "x", &[signal(4, "a", Sign::HandedOff)]);
    let arm = &counts(&db, LATER)[0];
    assert_eq!(
        (arm.customers, arm.handed_off),
        (1, 0),
        "what is told after they left is not theirs any more"
    );
    let askers: String = db.0.query_row("SELECT asker FROM exposure", [], |row| row.get(0)).unwrap();
    assert!(askers.starts_with("gone-") && !askers.contains('x'));
    report(&db, "x", &[signal(20, "b", Sign::Exposed)]);
    assert_eq!(counts(&db, LATER).len(), 2, "who comes back is somebody new");
}
