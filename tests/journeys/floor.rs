//! The floor's decisions, case by case.

use crate::support::desk::{Desk, handoff, text};
use crate::support::fold::Folded;
use crate::support::sqlite::Sqlite;
use shunda::base::id::{ConversationId, FloorId, TicketId};
use shunda::base::limits::{FLOOR_OPEN_TICKETS_MAX, FLOOR_RESOLVED_KEPT_MS};
use shunda::base::staff::{Role, Staff};
use shunda::base::time::TimeMs;
use shunda::desk::floor::{Changes, Floor, Input, TicketState};
use shunda::desk::ticket::Notice;
use shunda::desk::view::{Change, Frame};
use shunda::knowledge::proposal::Urgency;
use shunda::store::floor::{MIGRATIONS, load, save};
use std::collections::BTreeSet;

const NOW: TimeMs = TimeMs(1_700_000_000_000);

pub fn staff(id: &str, role: Role, group: &str, cap: u32) -> Staff {
    Staff {
        id: id.into(),
        login: id.into(),
        name: id.into(),
        role,
        skill_groups: vec![group.into()],
        cap,
        floor: FloorId::default(),
    }
}

/// The notice of customer `number`'s ticket, opened so many milliseconds after the start.
pub fn notice(number: usize, opened_ms: i64) -> Notice {
    let mut desk = Desk::new();
    desk.says(text("人工"), handoff());
    let mut notice = Notice::of(&desk.conversation()).unwrap();
    notice.conversation =
        ConversationId { channel: "main".into(), customer: format!("o{number}").as_str().into() };
    notice.ticket.id = TicketId(format!("t{number}"));
    notice.ticket.opened_at = NOW + opened_ms;
    notice
}

fn newer(notice: &Notice, change: impl FnOnce(&mut Notice)) -> Notice {
    let mut newer = notice.clone();
    newer.rev += 1;
    change(&mut newer);
    newer
}

fn lin(cap: u32) -> Input {
    Input::Online(staff("lin", Role::Agent, "sales", cap))
}

fn floor(inputs: impl IntoIterator<Item = Input>) -> Floor {
    let mut floor = Floor::default();
    for input in inputs {
        floor.handle(input, NOW);
    }
    floor
}

fn held(floor: &Floor, number: usize) -> (TicketState, Option<String>, u64) {
    let ticket = &floor.tickets[&TicketId(format!("t{number}"))];
    (ticket.state, ticket.agent.clone().map(|agent| agent.0), ticket.epoch)
}

fn assigned(to: &str) -> (TicketState, Option<String>, u64) {
    (TicketState::Assigned, Some(to.into()), 1)
}

#[test]
fn what_is_told_twice_or_late_changes_nothing() {
    let first = notice(1, 0);
    let mut floor = floor([Input::Notice(first.clone())]);
    let second = newer(&first, |notice| notice.ticket.unanswered = 2);
    assert!(!floor.handle(Input::Notice(second.clone()), NOW).is_empty());
    let before = floor.clone();
    for old in [first, second] {
        assert_eq!(floor.handle(Input::Notice(old), NOW), Changes::default());
        assert_eq!(floor, before);
    }
}

#[test]
fn the_urgent_come_first_then_those_who_wait_longest_and_never_more_than_the_cap() {
    let mut urgent = notice(3, 30);
    urgent.ticket.urgency = Urgency::High;
    let waiting = [notice(2, 20), urgent, notice(1, 10)].map(Input::Notice);
    let floor = floor(waiting.into_iter().chain([lin(2)]));
    assert_eq!(held(&floor, 3), assigned("lin"));
    assert_eq!(held(&floor, 1), assigned("lin"));
    assert_eq!(held(&floor, 2), (TicketState::Waiting, None, 0));
}

#[test]
fn a_resolved_ticket_makes_room_for_the_next() {
    let first = notice(1, 0);
    let mut floor = floor([lin(1), Input::Notice(first.clone()), Input::Notice(notice(2, 5))]);
    assert_eq!(held(&floor, 2).0, TicketState::Waiting);
    floor.handle(Input::Notice(newer(&first, |notice| notice.ticket.closed = true)), NOW);
    assert_eq!(held(&floor, 1).0, TicketState::Resolved);
    assert_eq!(held(&floor, 2), assigned("lin"));
}

#[test]
fn a_conversations_new_ticket_ends_its_old_one() {
    let first = notice(1, 0);
    let mut floor = floor([lin(1), Input::Notice(first.clone())]);
    let second = newer(&first, |notice| notice.ticket.id = "t2".into());
    floor.handle(Input::Notice(second), NOW);
    assert_eq!(held(&floor, 1).0, TicketState::Resolved);
    assert_eq!(held(&floor, 2), assigned("lin"));
    // What was resolved before anyone was told of it is not worth a line.
    let unknown = newer(&notice(9, 0), |notice| notice.ticket.closed = true);
    assert_eq!(floor.handle(Input::Notice(unknown), NOW), Changes::default());
}

#[test]
fn a_lease_is_owed_until_its_conversation_has_it() {
    let mut floor = floor([lin(1), Input::Notice(notice(1, 0))]);
    let owed = floor.leases_owed();
    let [(id, claim)] = owed.as_slice() else { panic!("{owed:?}") };
    assert_eq!((id.customer.as_str(), claim.staff.as_str(), claim.epoch), ("o1", "lin", 1));
    let seq = floor.seq;
    let old = shunda::desk::reply::Claim { epoch: 0, ..claim.clone() };
    assert!(floor.handle(Input::Leased(old), NOW).is_empty());
    assert!(!floor.handle(Input::Leased(claim.clone()), NOW).is_empty(), "a row is written");
    assert!(floor.handle(Input::Leased(claim.clone()), NOW).is_empty());
    assert_eq!((floor.leases_owed(), floor.seq), (Vec::new(), seq), "nobody sees a difference");
}

#[test]
fn who_is_gone_gets_nothing_and_keeps_what_they_have() {
    let mut floor = floor([lin(2), Input::Notice(notice(1, 0)), Input::Offline("lin".into())]);
    floor.handle(Input::Notice(notice(2, 0)), NOW);
    assert_eq!((held(&floor, 1), held(&floor, 2).0), (assigned("lin"), TicketState::Waiting));
    floor.handle(lin(2), NOW);
    assert_eq!(held(&floor, 2), assigned("lin"));
    floor.handle(Input::Present(BTreeSet::new()), NOW);
    assert!(!floor.agents[&"lin".into()].online);
    let again = floor.handle(Input::Present(BTreeSet::new()), NOW);
    assert!(again.is_empty());
}

#[test]
fn a_full_floor_says_so_and_takes_what_it_knows() {
    let first = notice(1, 0);
    let mut floor = floor([Input::Notice(first.clone())]);
    let ticket = floor.tickets[&first.ticket.id].clone();
    for number in 1..FLOOR_OPEN_TICKETS_MAX {
        let id = TicketId(format!("x{number}"));
        floor.tickets.insert(id.clone(), shunda::desk::floor::FloorTicket { id, ..ticket.clone() });
    }
    assert!(floor.handle(Input::Notice(notice(2, 0)), NOW).full);
    assert!(!floor.handle(Input::Notice(newer(&first, |_| ())), NOW).full);
}

#[test]
fn what_is_old_is_forgotten_and_who_was_away_starts_again() {
    let db = Sqlite::new();
    shunda::store::migrate(&db, MIGRATIONS).unwrap();
    let wu = staff("wu", Role::Supervisor, "sales", 1);
    let first = notice(1, 0);
    let mut floor = Floor::default();
    let take = |floor: &mut Floor, input, now| {
        let changes = floor.handle(input, now);
        save(&db, floor, &changes).unwrap();
        assert_eq!(load(&db).unwrap(), *floor);
        changes
    };
    take(&mut floor, Input::Notice(first.clone()), NOW);
    take(&mut floor, Input::Notice(newer(&first, |notice| notice.ticket.closed = true)), NOW);
    let seen = floor.seq;
    let later = NOW + FLOOR_RESOLVED_KEPT_MS + 1;
    let changes = take(&mut floor, Input::Notice(notice(2, 0)), later);
    assert!(!floor.tickets.contains_key(&first.ticket.id));
    assert!(floor.changes_for(&wu, &changes).contains(&Change::TicketGone { id: first.ticket.id }));
    assert!(
        matches!(floor.resume(&wu, Some(seen)), Frame::Hello { .. }),
        "a replay cannot tell what is gone"
    );
    assert!(matches!(floor.resume(&wu, Some(floor.seq)), Frame::Frame { changes, .. } if changes.is_empty()));
    assert!(matches!(floor.resume(&wu, Some(floor.seq + 1)), Frame::Hello { .. }));
}

#[test]
fn everyone_sees_what_is_theirs_to_see() {
    let (chen, wu) = (staff("chen", Role::Agent, "after_sales", 1), staff("wu", Role::Supervisor, "none", 1));
    let lin = staff("lin", Role::Agent, "sales", 1);
    let mei = staff("mei", Role::Agent, "sales", 0);
    let mut floor = floor([Input::Notice(notice(1, 0)), Input::Online(chen.clone())]);
    let sees = |floor: &Floor, who: &Staff| floor.snapshot_for(who).tickets.len();
    assert_eq!([&lin, &mei, &chen, &wu].map(|who| sees(&floor, who)), [1, 1, 0, 1], "it waits for sales");
    let mut view = Folded::start(mei.clone());
    view.receive(&floor.resume(&mei, None));
    let (before, changes) = (floor.seq, floor.handle(Input::Online(lin.clone()), NOW));
    assert_eq!([&lin, &mei, &chen, &wu].map(|who| sees(&floor, who)), [1, 0, 0, 1], "lin has it");
    let changes = floor.changes_for(&mei, &changes);
    assert!(changes.contains(&Change::TicketGone { id: "t1".into() }));
    assert!(!view.receive(&Frame::Frame { seq: floor.seq, prev: before, changes }));
    assert_eq!(view.snapshot(), floor.snapshot_for(&mei));
}

#[test]
fn no_ticket_of_a_customer_who_left_bears_their_words() {
    let first = notice(1, 0);
    let resolved = newer(&first, |notice| notice.ticket.closed = true);
    let second = newer(&resolved, |notice| notice.ticket.id = TicketId("t1b".into()));
    let second = newer(&second, |notice| notice.ticket.closed = false);
    let mut floor = floor([&first, &resolved, &second].map(|notice| Input::Notice(notice.clone())));
    floor.handle(Input::Notice(notice(2, 0)), NOW);
    assert!(floor.tickets.values().all(|ticket| ticket.question == "人工"));
    let left = newer(&second, |notice| {
        notice.ticket.question.clear();
        notice.gone = true;
    });
    let changes = floor.handle(Input::Notice(left), NOW);
    let words = |id: &str| floor.tickets[&TicketId(id.into())].question.clone();
    assert_eq!([words("t1"), words("t1b"), words("t2")], ["", "", "人工"]);
    assert_eq!(changes.tickets.len(), 2, "who looks at them is told");
}
