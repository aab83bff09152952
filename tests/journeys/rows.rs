//! Rows written, which are the bill, as a native SQLite counts them. The platform's own count is an edge test's.

use crate::support::desk::{Desk, INSTANCE, answer, text, unsure};
use crate::support::sqlite::Sqlite;
use shunda::base::message::SendVerdict;
use shunda::desk::floor::{Floor, Input};
use shunda::desk::pending::Step;
use shunda::store::conversation::next_due;
use shunda::store::floor::{MIGRATIONS, save};

/// Rows changed on this database since it was opened.
fn rows(db: &Sqlite) -> u64 {
    db.0.total_changes()
}

#[test]
fn an_answer_writes_three_rows_and_a_redelivery_none() {
    let mut desk = Desk::new();
    desk.says(text("发票"), answer());
    let before = rows(&desk.db);
    desk.says(text("保修"), answer());
    assert_eq!(rows(&desk.db) - before, 3, "ledger, message, conversation");
    assert_eq!(next_due(&desk.db).unwrap(), None, "no alarm");
    let before = rows(&desk.db);
    desk.delivered(2, text("保修"), answer(), i64::MAX);
    assert_eq!(rows(&desk.db) - before, 0);
}

/// What the insight must hear of is one more row, however much it is.
#[test]
fn a_question_without_an_answer_writes_four_rows() {
    let mut desk = Desk::new();
    let before = rows(&desk.db);
    desk.says(text("漏电"), unsure());
    assert_eq!(rows(&desk.db) - before, 4, "ledger, message, conversation, outbox");
    desk.settle();
    desk.says(text("保修"), answer());
    let before = rows(&desk.db);
    desk.says(text("保修多久"), answer());
    assert_eq!(rows(&desk.db) - before, 4, "asked again");
}

#[test]
fn an_agents_reply_writes_eight_rows_over_all_objects() {
    let floor_db = Sqlite::new();
    shunda::store::migrate(&floor_db, MIGRATIONS).unwrap();
    let mut floor = Floor::default();
    let desk = Desk::with_agent();
    let tell = |floor: &mut Floor| {
        let Step::Tell(notice) = desk.step() else { panic!("nothing to tell") };
        let rev = notice.rev;
        let changes = floor.handle(Input::Notice(notice), desk.turn().now);
        save(&floor_db, floor, &changes).unwrap();
        rev
    };
    let opened = tell(&mut floor);
    desk.write(desk.pending().told(opened, true, &desk.turn()));
    let before = rows(&desk.db) + rows(&floor_db);
    desk.accepted("a");
    let alarm = u64::from(next_due(&desk.db).unwrap().is_some());
    let replied = tell(&mut floor);
    let pending = desk.pending().hearing(Some(replied));
    assert!(matches!(pending.step(&desk.terms, &desk.turn(), INSTANCE), Step::Token { .. }));
    let mark = pending.begin(&desk.terms, &desk.turn(), INSTANCE).unwrap();
    desk.write(mark.writes);
    desk.ended(&SendVerdict::Delivered, 1);
    // Reply 3 and an alarm, the floor's ticket 1, the mark (which records the telling) 1, the end 2.
    assert_eq!(rows(&desk.db) + rows(&floor_db) - before + alarm, 8);
}
