//! The insight's rows on a real SQLite: merged in any order, forgotten for good, bounded.

use crate::support::sqlite::Sqlite;
use shunda::base::limits::{FORGOTTEN_KEPT_MS, INSIGHT_KEPT_MS};
use shunda::base::time::{DAY_MS, TimeMs};
use shunda::base::turn::Turn;
use shunda::insight::call::{Call, Kind, Reply, Wanted};
use shunda::insight::question::Question;
use shunda::knowledge::signal::{Asked, Sign, Signal, Verdict};
use shunda::store::insight::{MIGRATIONS, is_empty, purge, turn};

const NOW: TimeMs = TimeMs(1_700_000_000_000);

fn database() -> Sqlite {
    let db = Sqlite::new();
    shunda::store::migrate(&db, MIGRATIONS).unwrap();
    db
}

fn call(db: &Sqlite, call: Call) -> Reply {
    turn(db, call, &Turn { now: NOW, entropy: [0; 32] }).unwrap()
}

fn signal(seq: u64, text: &str, verdict: Verdict, sign: Sign) -> Signal {
    let at_ms = NOW + seq as i64;
    let asked = Asked { seq, at_ms, text: text.into(), verdict, near: Vec::new(), version: 1, tried: None };
    asked.signal(sign, at_ms)
}

fn missed(seq: u64, text: &str) -> Signal {
    signal(seq, text, Verdict::Unanswered, Sign::Missed)
}

fn report(asker: &str, signals: Vec<Signal>) -> Call {
    Call::Report { asker: asker.into(), channel: "main".into(), signals, sealed: Some("sealed".into()) }
}

fn wanted(kind: Kind) -> Wanted {
    Wanted { kind, channels: None, since: TimeMs(0), before: None, limit: 100 }
}

fn found(db: &Sqlite, wanted: Wanted) -> Vec<Question> {
    match call(db, Call::Questions(wanted)) {
        Reply::Questions { questions } => questions,
        other => panic!("{other:?}"),
    }
}

fn texts(db: &Sqlite, kind: Kind) -> Vec<String> {
    found(db, wanted(kind)).into_iter().map(|question| question.asked.text).collect()
}

#[test]
fn a_report_given_twice_and_in_another_order_is_one_row() {
    let signals = [
        missed(1, "漏电怎么办"),
        signal(1, "漏电怎么办", Verdict::Unanswered, Sign::HandedOff),
        signal(1, "漏电怎么办", Verdict::Unanswered, Sign::Sampled),
    ];
    let one = database();
    signals.iter().for_each(|signal| drop(call(&one, report("a", vec![signal.clone()]))));
    let other = database();
    for _ in 0..2 {
        call(&other, report("a", signals.iter().rev().cloned().collect()));
    }
    assert_eq!(found(&one, wanted(Kind::All)), found(&other, wanted(Kind::All)));
    let rows = other.0.total_changes();
    call(&other, report("a", signals.to_vec()));
    assert_eq!(other.0.total_changes(), rows, "what is known is not written again");
    let question = &found(&one, wanted(Kind::Unresolved))[0];
    assert_eq!(question.signs.len(), 3);
    assert_eq!(question.sealed.as_deref(), Some("sealed"), "people were asked");
}

#[test]
fn questions_are_listed_by_kind_channel_and_time_and_say_nothing_private() {
    let db = database();
    call(&db, report("a", vec![missed(1, "我的订单20261127001在哪"), missed(2, "E3 是什么")]));
    call(&db, report("b", vec![signal(3, "保修多久", Verdict::Answered, Sign::Sampled)]));
    let shop = Call::Report {
        asker: "c".into(),
        channel: "shop".into(),
        signals: vec![missed(4, "商城的问题")],
        sealed: None,
    };
    call(&db, shop);
    assert_eq!(texts(&db, Kind::Unresolved), ["商城的问题", "E3 是什么", "我的订单###########在哪"]);
    assert_eq!(texts(&db, Kind::Sampled), ["保修多久"]);
    let main = Wanted { channels: Some(vec!["main".into()]), ..wanted(Kind::All) };
    assert_eq!(found(&db, main).len(), 3);
    let none = Wanted { channels: Some(Vec::new()), ..wanted(Kind::All) };
    assert_eq!(found(&db, none).len(), 0);
    let some = Wanted { since: NOW + 2, before: Some(NOW + 3), ..wanted(Kind::All) };
    assert_eq!(found(&db, some)[0].asked.seq, 2);
    assert!(found(&db, wanted(Kind::All)).iter().all(|question| question.sealed.is_none()));
}

#[test]
fn who_left_is_forgotten_also_when_a_report_comes_late_and_may_come_back() {
    let db = database();
    call(&db, report("a", vec![missed(1, "一")]));
    call(&db, report("b", vec![missed(1, "二")]));
    let forget = Call::Forget { askers: vec!["a".into(), "a under the key before".into()], until: 3 };
    call(&db, forget.clone());
    call(&db, forget);
    call(&db, report("a", vec![missed(2, "还在路上"), missed(4, "回来了")]));
    assert_eq!(texts(&db, Kind::All), ["回来了", "二"]);
    purge(&db, INSIGHT_KEPT_MS, NOW + FORGOTTEN_KEPT_MS + 1).unwrap();
    call(&db, report("a", vec![missed(2, "很久以前")]));
    assert_eq!(texts(&db, Kind::All).len(), 3, "by then nothing is on its way any more");
}

#[test]
fn what_a_customer_took_back_has_no_words_whichever_comes_first() {
    for back_first in [false, true] {
        let db = database();
        let mut signals = vec![missed(1, "说错了"), Asked::taken_back(1, NOW).signal(Sign::TakenBack, NOW)];
        if back_first {
            signals.reverse();
        }
        signals.into_iter().for_each(|signal| drop(call(&db, report("a", vec![signal]))));
        assert_eq!(texts(&db, Kind::All), [] as [&str; 0], "{back_first}");
    }
}

#[test]
fn what_has_outlived_its_retention_goes() {
    let db = database();
    call(&db, report("a", vec![missed(1, "旧")]));
    assert_eq!(purge(&db, INSIGHT_KEPT_MS, NOW + DAY_MS), Ok(false));
    assert!(!is_empty(&db).unwrap());
    purge(&db, DAY_MS, NOW + 2 * DAY_MS).unwrap();
    assert!(is_empty(&db).unwrap());
}

#[test]
fn a_question_is_unresolved_by_what_became_of_it() {
    let chosen = || Sign::Chosen { entry: "e1".into() };
    let cases: [(Verdict, &[Sign], bool); 11] = [
        (Verdict::Unanswered, &[Sign::Missed], true),
        (Verdict::Unanswered, &[Sign::Missed, Sign::AnsweredLate], false),
        (Verdict::Clarified, &[Sign::Missed], true),
        (Verdict::Clarified, &[Sign::Missed, Sign::ChoseNone], true),
        (Verdict::Clarified, &[Sign::Missed, chosen()], false),
        (Verdict::Clarified, &[Sign::Missed, chosen(), Sign::ThumbsDown], true),
        (Verdict::Answered, &[Sign::Sampled], false),
        (Verdict::Answered, &[Sign::ThumbsDown], true),
        (Verdict::Answered, &[Sign::ThumbsDown, Sign::ThumbsUp], false),
        (Verdict::Answered, &[Sign::AskedAgain { seq: 9 }], true),
        (Verdict::Answered, &[Sign::HandedOff], true),
    ];
    for (verdict, signs, unresolved) in cases {
        let first = signal(1, "q", verdict, signs[0].clone());
        let question = Question::new("a".into(), "main".into(), first, None);
        let question = (1..)
            .zip(&signs[1..])
            .fold(question, |question, (after, sign)| question.with(sign.clone(), NOW + 10 + after, None));
        assert_eq!(question.is_unresolved(), unresolved, "{verdict:?} {signs:?}");
    }
}
