//! The drain's decisions, one at a time.

use crate::support::desk::{Desk, INSTANCE, answer, text};
use shunda::base::limits::{SEND_ATTEMPTS_MAX, SEND_BACKOFF_MS, SEND_BACKOFF_MS_MAX};
use shunda::base::message::{InboundContent, NeverReason, SendVerdict};
use shunda::desk::call::Answered;
use shunda::desk::conversation::Rejection;
use shunda::desk::pending::Step;
use shunda::store::conversation::{due, next_due};

const LATER: SendVerdict = SendVerdict::Later { errcode: -1 };

fn never(reason: NeverReason) -> SendVerdict {
    SendVerdict::Never { errcode: 1, reason }
}

fn is_token(step: &Step) -> bool {
    matches!(step, Step::Token { .. })
}

#[test]
fn messages_go_out_in_order_and_one_at_a_time() {
    let desk = Desk::with_agent();
    let seqs: Vec<u64> = ["a", "b", "c"].map(|client| desk.accepted(client)).to_vec();
    desk.tell();
    for (seq, client) in seqs.iter().zip(["a", "b", "c"]) {
        assert!(is_token(&desk.step()));
        assert_eq!(desk.begin(), Some(format!("回复 {client}")));
        assert_eq!(desk.begin(), None, "a second drain finds nothing to begin");
        assert_eq!(desk.step(), Step::Idle);
        desk.ended(&SendVerdict::Delivered, 1);
        assert_eq!(desk.end_of(*seq), "Delivered");
    }
    assert_eq!(desk.outbox(), shunda::desk::outbox::Outbox::default());
    assert_eq!(next_due(&desk.db).unwrap(), None);
}

#[test]
fn nothing_is_due_while_an_attempt_is_in_flight() {
    let desk = Desk::with_agent();
    desk.accepted("a");
    desk.tell();
    assert!(desk.begin().is_some());
    let now = desk.turn().now;
    assert!(
        next_due(&desk.db).unwrap() > Some(now),
        "an alarm armed for this would go off at once, for ever"
    );
    assert!(due(&desk.db, now, 8).unwrap().is_empty());
}

#[test]
fn an_attempt_of_another_instance_is_uncertain_and_the_next_line_goes_on() {
    let desk = Desk::with_agent();
    let (first, second) = (desk.accepted("a"), desk.accepted("b"));
    desk.tell();
    desk.begin();
    let Step::Ended(writes) = desk.pending().step(&desk.terms, &desk.turn(), "i2") else {
        panic!("not interrupted")
    };
    desk.write(writes);
    assert_eq!(desk.end_of(first), "Uncertain Interrupted");
    assert!(desk.conversation().ticket.unwrap().trouble);
    // What the dead instance hears now is nobody's business.
    let late = desk.pending().ended(&SendVerdict::Delivered, 1, &desk.terms, &desk.turn(), INSTANCE);
    assert_eq!(late, Vec::new());
    desk.tell();
    assert_eq!(desk.begin(), Some("回复 b".into()));
    desk.ended(&SendVerdict::Delivered, 1);
    assert_eq!(desk.end_of(second), "Delivered");
}

#[test]
fn a_refusal_for_now_is_tried_again_later_and_not_for_ever() {
    let mut desk = Desk::with_agent();
    let seq = desk.accepted("a");
    desk.tell();
    for attempt in 1..SEND_ATTEMPTS_MAX {
        assert!(desk.begin().is_some(), "attempt {attempt}");
        desk.ended(&LATER, 1);
        let wait = SEND_BACKOFF_MS.saturating_mul(1 << (attempt - 1)).min(SEND_BACKOFF_MS_MAX);
        desk.now += wait - 1;
        assert_eq!((desk.step(), desk.begin()), (Step::Idle, None), "attempt {attempt} waits {wait} ms");
        desk.now += 1;
    }
    assert!(desk.begin().is_some());
    desk.ended(&LATER, 1);
    assert_eq!(desk.end_of(seq), "Failed GaveUp");
    assert_eq!(desk.conversation().window.quota(desk.turn().now).unwrap().left, 5, "the place goes back");
}

#[test]
fn a_stale_token_is_refreshed_once() {
    let desk = Desk::with_agent();
    let seq = desk.accepted("a");
    desk.tell();
    desk.begin();
    desk.ended(&SendVerdict::RefreshToken { errcode: 42001 }, 4);
    assert_eq!(desk.step(), Step::Token { failed_version: Some(4) });
    desk.begin();
    desk.ended(&SendVerdict::RefreshToken { errcode: 42001 }, 5);
    assert_eq!(desk.end_of(seq), "Failed Account");
}

#[test]
fn a_drain_that_comes_with_the_token_that_failed_does_not_fail_the_message() {
    let mut desk = Desk::with_agent();
    let seq = desk.accepted("a");
    desk.tell();
    desk.begin();
    desk.ended(&SendVerdict::RefreshToken { errcode: 42001 }, 4);
    // Another drain fetched its token before that.
    desk.begin();
    desk.ended(&SendVerdict::RefreshToken { errcode: 42001 }, 4);
    desk.now += SEND_BACKOFF_MS;
    assert_eq!(desk.step(), Step::Token { failed_version: Some(4) });
    desk.begin();
    desk.ended(&SendVerdict::Delivered, 5);
    assert_eq!(desk.end_of(seq), "Delivered");
}

#[test]
fn what_nobody_can_know_is_uncertain_and_keeps_its_place() {
    let desk = Desk::with_agent();
    let seq = desk.accepted("a");
    desk.tell();
    desk.begin();
    desk.ended(&SendVerdict::Unknown, 1);
    assert_eq!(desk.end_of(seq), "Uncertain NoAnswer");
    assert_eq!(desk.conversation().window.quota(desk.turn().now).unwrap().left, 4);
    assert_eq!(desk.outbox().send, None, "never again by itself");
}

#[test]
fn a_refusal_for_good_says_why() {
    for (reason, end, left) in [
        (NeverReason::Content, "Failed Content", Some(5)),
        (NeverReason::Account, "Failed Account", Some(5)),
        (NeverReason::QuotaUsed, "Waiting QuotaUsed", Some(0)),
        (NeverReason::WindowClosed, "Waiting WindowClosed", None),
        (NeverReason::Unreachable, "Failed Unreachable", None),
    ] {
        let desk = Desk::with_agent();
        let seq = desk.accepted("a");
        desk.tell();
        desk.begin();
        desk.ended(&never(reason), 1);
        assert_eq!(desk.end_of(seq), end);
        assert_eq!(desk.conversation().window.quota(desk.turn().now).map(|quota| quota.left), left, "{end}");
        assert!(matches!(desk.step(), Step::Tell(notice) if notice.ticket.trouble), "{end}");
    }
}

#[test]
fn without_a_token_the_message_waits() {
    let mut desk = Desk::with_agent();
    desk.accepted("a");
    desk.tell();
    desk.write(desk.pending().postponed(&desk.turn(), 3_000));
    assert_eq!(desk.step(), Step::Idle);
    desk.now += 3_000;
    assert!(is_token(&desk.step()));
}

#[test]
fn a_window_that_closed_meanwhile_is_not_tried() {
    let mut desk = Desk::with_agent();
    desk.now += 48 * 3_600_000;
    desk.says(InboundContent::MenuClick { key: "k".into() }, shunda::knowledge::proposal::Decision::Ignore);
    let seq = desk.accepted("a");
    desk.tell();
    desk.begin();
    desk.ended(&LATER, 1);
    desk.now += 60_000;
    let Step::Ended(writes) = desk.step() else { panic!("{:?}", desk.step()) };
    assert_eq!(desk.begin(), None);
    desk.write(writes);
    assert_eq!(desk.end_of(seq), "Waiting WindowClosed");
}

#[test]
fn a_place_in_a_minute_that_passed_is_taken_anew_in_the_long_window() {
    let mut desk = Desk::with_agent();
    for client in ["a", "b", "c", "d", "e"] {
        desk.accepted(client);
    }
    desk.tell();
    for _ in 0..5 {
        desk.begin();
        desk.ended(&SendVerdict::Delivered, 1);
    }
    desk.says(InboundContent::MenuClick { key: "k".into() }, shunda::knowledge::proposal::Decision::Ignore);
    let seq = desk.accepted("f");
    desk.now += 60_000;
    desk.says(text("再问"), answer());
    desk.tell();
    assert_eq!(desk.begin(), Some("回复 f".into()));
    desk.ended(&SendVerdict::Delivered, 1);
    assert_eq!(desk.end_of(seq), "Delivered");
    assert!(desk.conversation().window.quota(desk.turn().now).unwrap().left < 5);
}

#[test]
fn a_new_message_of_the_customer_does_not_grant_more_than_the_channel_does() {
    let mut desk = Desk::with_agent();
    for client in ["a", "b", "c", "d", "e"] {
        desk.accepted(client);
    }
    desk.says(text("还在吗"), answer());
    assert_eq!(desk.reply("f"), Answered::Rejected(Rejection::QuotaUsed), "five wait, and five are granted");
}

#[test]
fn word_to_the_floor_is_repeated_until_the_newest_state_is_there() {
    let mut desk = Desk::with_agent();
    let Step::Tell(first) = desk.step() else { panic!("nothing to tell") };
    desk.says(text("还在吗"), answer());
    desk.write(desk.pending().told(first.rev, true, &desk.turn()));
    let Step::Tell(second) = desk.step() else { panic!("the newer state is owed") };
    assert!(second.rev > first.rev);
    desk.write(desk.pending().told(second.rev, false, &desk.turn()));
    assert_eq!(desk.step(), Step::Idle);
    desk.now += SEND_BACKOFF_MS;
    assert_eq!(desk.step(), Step::Tell(second.clone()));
    desk.write(desk.pending().told(second.rev, true, &desk.turn()));
    assert_eq!(next_due(&desk.db).unwrap(), None);
}

#[test]
fn a_reply_that_fails_after_its_ticket_was_resolved_is_still_shown() {
    let desk = Desk::with_agent();
    desk.accepted("a");
    desk.tell();
    assert_eq!(desk.resolve(desk.conversation().last_seq), Answered::Done);
    desk.tell();
    assert!(desk.begin().is_some());
    desk.ended(&never(NeverReason::WindowClosed), 1);
    let Step::Tell(notice) = desk.step() else { panic!("the floor must hear of it") };
    assert!(notice.ticket.closed && notice.ticket.trouble);
}
