//! What people do in a conversation: reply, resolve, read, under which lease.

use crate::support::desk::{Desk, answer, handoff, id, text};
use shunda::base::id::FloorId;
use shunda::base::message::SendVerdict;
use shunda::base::staff::{Role, Staff};
use shunda::desk::call::{Answered, Call};
use shunda::desk::conversation::{Rejection, Stage};
use shunda::desk::message::Status;
use shunda::desk::reply::Claim;
use shunda::store::conversation::{expires_at, purge};

const DAY_MS: i64 = 86_400_000;

#[test]
fn only_the_holder_of_the_newest_lease_may_write() {
    let desk = Desk::with_agent();
    desk.lease("lin", 3);
    let rejected = |claim: Claim| match desk.reply_under(claim, "x", None) {
        Answered::Rejected(rejection) => rejection,
        other => panic!("{other:?}"),
    };
    assert_eq!(rejected(desk.claim("lin", 2)), Rejection::StaleLease { epoch: 3 });
    assert_eq!(rejected(desk.claim("lin", 4)), Rejection::LeasePending);
    assert_eq!(rejected(desk.claim("wu", 3)), Rejection::NotAssigned);
    assert_eq!(rejected(Claim { ticket: "other".into(), ..desk.claim("lin", 3) }), Rejection::NotAssigned);
    assert_eq!(desk.messages().len(), 1, "nothing was written");
    assert!(matches!(desk.reply_under(desk.claim("lin", 3), "x", None), Answered::Accepted(_)));
}

#[test]
fn an_old_lease_or_one_for_another_ticket_changes_nothing() {
    let desk = Desk::with_agent();
    desk.lease("wu", 2);
    let before = desk.conversation();
    desk.lease("lin", 1);
    desk.lease("lin", 2);
    let other = Claim { ticket: "other".into(), ..desk.claim("lin", 9) };
    desk.call(Call::Lease { conversation: id(), claim: other });
    assert_eq!(desk.conversation(), before);
}

#[test]
fn the_same_request_gets_the_same_answer_and_is_one_message() {
    let mut desk = Desk::with_agent();
    let seq = desk.accepted("a");
    assert_eq!(desk.accepted("a"), seq);
    desk.tell();
    desk.begin();
    desk.ended(&SendVerdict::Delivered, 1);
    desk.resolve(seq);
    desk.now += DAY_MS;
    let Answered::Accepted(again) = desk.reply("a") else { panic!("a retry is never judged anew") };
    assert_eq!((again.seq, again.status), (seq, Status::Delivered));
    assert_eq!(desk.messages().len(), 2);
}

#[test]
fn a_reply_takes_the_customer_from_the_waiting() {
    let mut desk = Desk::with_agent();
    desk.says(text("还在吗"), answer());
    desk.accepted("a");
    let ticket = desk.conversation().ticket.unwrap();
    assert_eq!((ticket.unanswered, ticket.waiting_since), (0, None));
}

#[test]
fn five_messages_in_two_days_and_no_more() {
    let mut desk = Desk::with_agent();
    for client in ["a", "b", "c", "d", "e"] {
        desk.accepted(client);
    }
    assert_eq!(desk.reply("f"), Answered::Rejected(Rejection::QuotaUsed));
    let mut other = Desk::with_agent();
    other.now += 2 * DAY_MS;
    assert_eq!(other.reply("a"), Answered::Rejected(Rejection::WindowClosed));
    desk.now += 1_000;
    other.says(text("在"), answer());
    other.accepted("b");
}

#[test]
fn sending_again_is_a_new_message_and_ends_the_trouble() {
    let desk = Desk::with_agent();
    let first = desk.accepted("a");
    desk.tell();
    desk.begin();
    desk.ended(&SendVerdict::Unknown, 1);
    assert!(desk.conversation().ticket.unwrap().trouble);
    let Answered::Accepted(again) = desk.reply_under(desk.claim("lin", 1), "b", Some(first)) else {
        panic!("refused");
    };
    assert!(again.seq > first);
    assert_eq!(desk.end_of(first), "Uncertain NoAnswer");
    assert!(!desk.conversation().ticket.unwrap().trouble);
}

#[test]
fn nothing_is_resolved_over_a_message_that_was_not_seen() {
    let mut desk = Desk::with_agent();
    desk.says(text("等等"), answer());
    assert_eq!(desk.resolve(1), Answered::Rejected(Rejection::NewMessages { last_seq: 2 }));
    assert_eq!(desk.resolve(2), Answered::Done);
    assert_eq!(desk.resolve(2), Answered::Done, "a retry");
    assert_eq!(desk.conversation().stage(), Stage::Bot);
    assert_eq!(desk.reply("a"), Answered::Rejected(Rejection::NotAssigned));
    let first = desk.conversation().ticket.unwrap().id;
    desk.says(text("人工"), handoff());
    assert_ne!(desk.conversation().ticket.unwrap().id, first, "a new request is a new ticket");
}

#[test]
fn one_reads_what_one_is_entitled_to() {
    let mut desk = Desk::new();
    let staff = |name: &str, role, group: &str| Staff {
        id: name.into(),
        login: name.into(),
        name: name.into(),
        role,
        skill_groups: vec![group.into()],
        cap: 1,
        floor: FloorId::default(),
    };
    let (lin, chen, wu) = (
        staff("lin", Role::Agent, "sales"),
        staff("chen", Role::Agent, "after_sales"),
        staff("wu", Role::Supervisor, "none"),
    );
    let reads = |desk: &Desk, viewer: &Staff| {
        let viewer = viewer.clone();
        let call = Call::Read { conversation: id(), viewer, after: None, limit: 10 };
        matches!(desk.call(call), Answered::View(_))
    };
    desk.says(text("保修"), answer());
    assert_eq!([&lin, &chen, &wu].map(|who| reads(&desk, who)), [false, false, true], "nobody was asked");
    desk.says(text("人工"), handoff());
    assert_eq!([&lin, &chen, &wu].map(|who| reads(&desk, who)), [true, false, true], "it waits for sales");
    desk.lease("chen", 1);
    assert_eq!([&lin, &chen, &wu].map(|who| reads(&desk, who)), [false, true, true], "chen has it");
}

#[test]
fn reading_shows_the_newest_or_what_follows_and_what_is_on_its_way() {
    let desk = Desk::with_agent();
    let seqs = ["a", "b", "c"].map(|client| desk.accepted(client));
    desk.tell();
    desk.begin();
    let viewer = Staff {
        id: "wu".into(),
        login: "wu".into(),
        name: "wu".into(),
        role: Role::Supervisor,
        floor: FloorId::default(),
        skill_groups: Vec::new(),
        cap: 1,
    };
    let read = |after, limit| match desk.call(Call::Read {
        conversation: id(),
        viewer: viewer.clone(),
        after,
        limit,
    }) {
        Answered::View(view) => view,
        other => panic!("{other:?}"),
    };
    let shown =
        |view: &shunda::desk::call::View| -> Vec<u64> { view.messages.iter().map(|one| one.seq).collect() };
    assert_eq!(shown(&read(None, 2)), seqs[1..]);
    assert_eq!(shown(&read(Some(1), 2)), seqs[..2]);
    assert_eq!(shown(&read(Some(4), 2)), [0; 0]);
    let first = &read(Some(1), 1).messages[0];
    assert_eq!(first.body.sending().unwrap().1.status, Status::Attempting);
    assert_eq!(desk.end_of(seqs[0]), "Queued", "in storage the outbox knows it");
}

#[test]
fn retention_forgets_the_old_and_keeps_what_is_owed() {
    let mut desk = Desk::with_agent();
    desk.accepted("a");
    let old = desk.turn().now;
    desk.now += 1;
    desk.says(text("还在吗"), answer());
    assert_eq!(expires_at(&desk.db, 10, 1_000).unwrap(), Some(old + 10), "the ledger's row goes first");
    assert!(!purge(&desk.db, old + 1, old + 1).unwrap().more, "nothing is left over");
    let kept: Vec<u64> = desk.messages().iter().map(|message| message.seq).collect();
    assert_eq!(kept, [2, 3], "the first is old, the second is still owed");
    // The ledger forgot the first message: only a freshness window shorter than it keeps a replay out.
    desk.delivered(1, text("人工"), handoff(), i64::MAX);
    assert_eq!(desk.conversation().last_seq, 4);
    assert_eq!(expires_at(&desk.db, 1_000, 10).unwrap(), Some(old + 11), "what is owed does not expire");
}
