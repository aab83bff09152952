//! What people say when few messages are left, none, or nobody can be reached.

use crate::support::desk::{Desk, INSTANCE, answer, handoff, text};
use shunda::base::channel::{ChannelKind, Rules, Tier};
use shunda::base::limits::{JOIN_WITHIN_MS, NATIVE_MS_MAX, WAITING_MS_MAX};
use shunda::base::message::{InboundContent, NeverReason, OutboundContent, SendVerdict};
use shunda::desk::call::{Answered, Call};
use shunda::desk::conversation::{Accepted, Rejection};
use shunda::desk::message::{Body, Status};
use shunda::desk::pending::{Step, send_key};
use shunda::knowledge::proposal::Decision;

const HOURS_48: i64 = 48 * 3_600_000;

fn desk(kept_back: u32) -> Desk {
    let mut desk = Desk::with_agent();
    desk.terms.rules = Rules::of(ChannelKind::OfficialAccount, Tier::Service, kept_back);
    desk
}

fn seq_of(answered: &Answered) -> u64 {
    let Answered::Accepted(Accepted { seq, .. }) = answered else { panic!("{answered:?}") };
    *seq
}

/// Says this and sees it delivered.
fn delivers(desk: &mut Desk, client: &str) {
    desk.says_as_agent(client, client, false, false);
    desk.settle();
    desk.now += JOIN_WITHIN_MS;
    assert_eq!(desk.begin().as_deref(), Some(client));
    desk.ended(&SendVerdict::Delivered, 1);
}

#[test]
fn one_place_is_kept_back_for_closing() {
    let mut desk = desk(1);
    for client in ["a", "b", "c", "d"] {
        delivers(&mut desk, client);
    }
    let refused = desk.says_as_agent("e", "e", false, false);
    assert_eq!(refused, Answered::Rejected(Rejection::QuotaUsed));
    let closing = desk.says_as_agent("f", "感谢，再见", false, true);
    assert!(matches!(closing, Answered::Accepted(_)));
    assert_eq!(desk.conversation().window.quota(desk.turn().now).unwrap().left, 0);
}

#[test]
fn what_cannot_be_sent_now_says_so_or_waits_for_the_customers_next_word() {
    let mut desk = desk(0);
    desk.now += HOURS_48;
    let refused = desk.says_as_agent("a", "a", false, false);
    assert_eq!(refused, Answered::Rejected(Rejection::WindowClosed));
    let first = desk.says_as_agent("a", "a", true, false);
    let second = seq_of(&desk.says_as_agent("b", "b", true, false));
    assert!(matches!(&first, Answered::Accepted(accepted) if accepted.status == Status::Waiting));
    desk.settle();
    assert_eq!(desk.begin(), None, "nothing leaves");
    desk.says(text("在吗"), answer());
    desk.settle();
    assert_eq!(desk.begin().as_deref(), Some("a"));
    desk.ended(&SendVerdict::Delivered, 1);
    assert_eq!(desk.begin().as_deref(), Some("b"));
    desk.ended(&SendVerdict::Delivered, 1);
    assert_eq!((desk.end_of(seq_of(&first)), desk.end_of(second)), ("Delivered".into(), "Delivered".into()));
    assert_eq!(desk.conversation().window.quota(desk.turn().now).unwrap().left, 3);
    assert_eq!(desk.outbox().waiting, 0);
}

#[test]
fn a_refusal_for_want_of_a_place_waits_instead_of_failing() {
    for (reason, errcode) in [(NeverReason::QuotaUsed, 45047), (NeverReason::WindowClosed, 45015)] {
        let mut desk = desk(0);
        let seq = desk.accepted("a");
        desk.settle();
        desk.begin();
        desk.ended(&SendVerdict::Never { errcode, reason }, 1);
        desk.settle();
        assert!(desk.end_of(seq).starts_with("Waiting"), "{}", desk.end_of(seq));
        assert!(desk.conversation().ticket.unwrap().trouble, "whoever wrote it hears of it");
        desk.says(text("在吗"), answer());
        desk.settle();
        assert_eq!(desk.begin().as_deref(), Some("回复 a"));
        desk.ended(&SendVerdict::Delivered, 1);
        let Body::Agent { sending, .. } = desk.body_of(seq) else { panic!() };
        let codes: Vec<_> = sending.tries.iter().map(|attempt| attempt.errcode).collect();
        assert_eq!(codes, [Some(errcode), Some(0)], "every attempt is on record");
    }
}

#[test]
fn what_waits_too_long_fails_and_is_seen() {
    let mut desk = desk(0);
    desk.now += HOURS_48;
    let seq = seq_of(&desk.says_as_agent("a", "a", true, false));
    desk.settle();
    desk.now += WAITING_MS_MAX;
    desk.settle();
    assert_eq!(desk.end_of(seq), "Failed WindowClosed");
    assert!(desk.conversation().ticket.unwrap().trouble);
}

#[test]
fn what_waits_can_be_taken_back_and_what_is_on_its_way_cannot() {
    let mut desk = desk(0);
    desk.now += HOURS_48;
    let seqs = ["a", "b"].map(|client| seq_of(&desk.says_as_agent(client, client, true, false)));
    let withdraw = |desk: &Desk, seq| {
        let (conversation, claim) = (desk.conversation().id, desk.claim("lin", 1));
        desk.call(Call::Withdraw { conversation, claim, seq, terms: desk.terms.clone() })
    };
    desk.settle();
    assert_eq!(withdraw(&desk, seqs[1]), Answered::Done);
    assert_eq!(withdraw(&desk, seqs[0]), Answered::Done);
    assert_eq!(withdraw(&desk, seqs[0]), Answered::Rejected(Rejection::NotWaiting));
    assert_eq!(seqs.map(|seq| desk.end_of(seq)), ["Failed Withdrawn", "Failed Withdrawn"]);
    desk.settle();
    assert_eq!((desk.outbox().send, desk.outbox().waiting), (None, 0));
    desk.says(text("在吗"), answer());
    let seq = desk.accepted("c");
    desk.settle();
    desk.begin();
    assert_eq!(withdraw(&desk, seq), Answered::Rejected(Rejection::NotWaiting));
}

#[test]
fn short_lines_go_out_as_one_message_when_few_are_left() {
    let mut desk = desk(1);
    for client in ["a", "b"] {
        delivers(&mut desk, client);
    }
    let seqs = ["第一", "第二", "第三"].map(|words| seq_of(&desk.says_as_agent(words, words, false, false)));
    desk.settle();
    assert_eq!(desk.begin(), None, "it waits a moment for more");
    desk.now += JOIN_WITHIN_MS;
    assert_eq!(desk.begin().as_deref(), Some("第一\n第二\n第三"));
    desk.ended(&SendVerdict::Delivered, 1);
    assert_eq!(seqs.map(|seq| desk.end_of(seq)), ["Delivered"; 3]);
    assert_eq!(
        desk.conversation().window.quota(desk.turn().now).unwrap().left,
        2,
        "one place for three lines"
    );
}

#[test]
fn a_line_that_would_be_too_long_or_is_somebody_elses_does_not_join() {
    let mut desk = desk(0);
    for client in ["a", "b", "c"] {
        delivers(&mut desk, client);
    }
    desk.says_as_agent("d", &"好".repeat(400), false, false);
    desk.says_as_agent("e", &"好".repeat(400), false, false);
    let refused = desk.says_as_agent("f", "f", false, false);
    assert_eq!(refused, Answered::Rejected(Rejection::QuotaUsed), "each took a place of its own");
}

#[test]
fn who_leaves_is_forgotten_and_hears_nothing_more() {
    let mut desk = desk(0);
    desk.says(text("我的手机号是 13800000000"), answer());
    let queued = desk.accepted("a");
    desk.says(InboundContent::Unfollow, Decision::Ignore);
    desk.settle();
    assert_eq!(desk.end_of(queued), "Failed Unreachable");
    for message in desk.messages() {
        let kept = serde_json::to_string(&message).unwrap();
        assert!(!kept.contains("138") && !kept.contains("回复"), "{kept}");
    }
    assert_eq!(desk.conversation().ticket.unwrap().question, "");
    assert_eq!(desk.reply("b"), Answered::Rejected(Rejection::WindowClosed));
    desk.says(InboundContent::Unfollow, Decision::Ignore);
    desk.says(InboundContent::Follow { scene: None }, Decision::Greeting { text: "欢迎".into() });
    assert!(!desk.conversation().gone);
}

#[test]
fn while_the_channels_own_agents_have_a_customer_bot_and_desk_are_silent() {
    let mut desk = Desk::new();
    desk.terms.rules = Rules::of(ChannelKind::Kefu, Tier::Verified, 0);
    desk.says(InboundContent::NativeSession { open: true, agent: "zhang".into() }, Decision::Ignore);
    for decision in [answer(), handoff()] {
        desk.says(text("保修"), decision);
    }
    assert!(desk.conversation().ticket.is_none() && desk.outbox().send.is_none());
    desk.says(InboundContent::NativeSession { open: false, agent: String::new() }, Decision::Ignore);
    desk.says(text("保修"), answer());
    assert_eq!(desk.begin().as_deref(), Some("一年"));
}

#[test]
fn a_reply_waits_while_the_channels_own_agents_have_the_customer() {
    let mut desk = Desk::with_agent();
    desk.terms.rules = Rules::of(ChannelKind::Kefu, Tier::Verified, 0);
    desk.says(InboundContent::NativeSession { open: true, agent: "zhang".into() }, Decision::Ignore);
    assert_eq!(desk.reply("a"), Answered::Rejected(Rejection::NativeSession));
    let seq = seq_of(&desk.says_as_agent("a", "a", true, false));
    desk.settle();
    assert_eq!(desk.begin(), None);
    desk.says(InboundContent::NativeSession { open: false, agent: String::new() }, Decision::Ignore);
    desk.settle();
    assert_eq!(desk.begin().as_deref(), Some("a"));
    desk.ended(&SendVerdict::Delivered, 1);
    assert_eq!(desk.end_of(seq), "Delivered");
}

#[test]
fn a_channel_with_a_key_asks_again_under_it_and_one_without_never() {
    for kind in [ChannelKind::OfficialAccount, ChannelKind::Kefu] {
        let mut desk = Desk::with_agent();
        desk.terms.rules = Rules::of(kind, Tier::Verified, 0);
        let seq = desk.accepted("a");
        desk.settle();
        let first = desk.pending().begin(&desk.terms, &desk.turn(), INSTANCE).unwrap();
        desk.write(first.writes);
        desk.ended(&SendVerdict::Unknown, 1);
        if kind == ChannelKind::OfficialAccount {
            assert_eq!(desk.end_of(seq), "Uncertain NoAnswer");
            continue;
        }
        desk.now += 60_000;
        desk.settle();
        let second = desk.pending().begin(&desk.terms, &desk.turn(), INSTANCE).unwrap();
        assert_eq!((&second.key, second.repeated), (&first.key, true));
        assert_eq!(second.key, send_key(&desk.conversation(), seq));
        assert!(second.key.len() <= 32);
        desk.write(second.writes);
        desk.ended(&SendVerdict::Delivered, 1);
        assert_eq!(desk.end_of(seq), "Delivered");
    }
}

#[test]
fn what_the_channel_could_not_deliver_after_all_is_shown() {
    let mut desk = Desk::with_agent();
    desk.terms.rules = Rules::of(ChannelKind::Kefu, Tier::Verified, 0);
    let seq = desk.accepted("a");
    desk.settle();
    let begun = desk.pending().begin(&desk.terms, &desk.turn(), INSTANCE).unwrap();
    desk.write(begun.writes);
    desk.ended(&SendVerdict::Delivered, 1);
    let failed = InboundContent::SendFailed { id: begun.key, reason: NeverReason::Unreachable };
    desk.says(failed, Decision::Ignore);
    assert_eq!(desk.end_of(seq), "Failed Unreachable");
    assert!(matches!(desk.step(), Step::Tell(notice) if notice.ticket.trouble));
}

#[test]
fn what_the_customer_took_back_is_gone() {
    let mut desk = Desk::with_agent();
    desk.says(text("说错了"), Decision::Ignore);
    desk.says(InboundContent::Recall { recalled: "m2".into() }, Decision::Ignore);
    let Body::Customer { content, .. } = desk.body_of(2) else { panic!() };
    assert_eq!(content, InboundContent::Erased);
}

#[test]
fn a_notice_tells_a_customer_once_that_something_waits() {
    let mut desk = Desk::with_agent();
    let values = [("thing1".to_owned(), "您有新回复".to_owned())].into();
    desk.terms.notice = Some(OutboundContent::Notice { template: "t1".into(), values, page: None });
    desk.now += HOURS_48;
    desk.says_as_agent("a", "a", true, false);
    desk.says_as_agent("b", "b", true, false);
    desk.settle();
    let begun = desk.pending().begin(&desk.terms, &desk.turn(), INSTANCE).unwrap();
    assert!(matches!(begun.content, OutboundContent::Notice { .. }), "it goes first, and takes no place");
    desk.write(begun.writes);
    desk.ended(&SendVerdict::Delivered, 1);
    desk.settle();
    assert_eq!(desk.begin(), None, "what was said waits");
    let notices = desk.messages().into_iter().filter(|message| matches!(message.body, Body::Bot { .. }));
    assert_eq!(notices.count(), 1);
}

#[test]
fn a_refusal_that_crosses_the_customers_next_word_is_tried_again_and_not_parked() {
    let mut desk = desk(1);
    let seq = desk.accepted("a");
    desk.settle();
    desk.begin();
    desk.now += 1;
    desk.says(text("在吗"), answer());
    desk.ended(&SendVerdict::Never { errcode: 45047, reason: NeverReason::QuotaUsed }, 1);
    assert_eq!(desk.conversation().window.quota(desk.turn().now).unwrap().left, 5, "its place is free again");
    desk.now += 60_000;
    desk.settle();
    assert_eq!(desk.begin().as_deref(), Some("回复 a"));
    desk.ended(&SendVerdict::Delivered, 1);
    assert_eq!(desk.end_of(seq), "Delivered");
}

#[test]
fn what_the_channel_may_have_already_is_never_called_failed_and_never_waits() {
    let mut desk = Desk::with_agent();
    desk.terms.rules = Rules::of(ChannelKind::Kefu, Tier::Verified, 0);
    let seq = desk.accepted("a");
    desk.settle();
    desk.begin();
    desk.ended(&SendVerdict::Unknown, 1);
    desk.write(desk.pending().taken_over("zhang", &desk.terms, &desk.turn()));
    assert!(desk.end_of(seq).starts_with("Uncertain"), "{}", desk.end_of(seq));
}

#[test]
fn a_line_does_not_join_what_was_tried_before() {
    let mut desk = desk(1);
    for client in ["a", "b"] {
        delivers(&mut desk, client);
    }
    desk.terms.rules = Rules::of(ChannelKind::Kefu, Tier::Verified, 1);
    let first = seq_of(&desk.says_as_agent("c", "c", false, false));
    desk.settle();
    desk.now += JOIN_WITHIN_MS;
    desk.begin();
    desk.ended(&SendVerdict::Unknown, 1);
    let second = seq_of(&desk.says_as_agent("d", "d", false, false));
    let Body::Agent { sending, .. } = desk.body_of(second) else { panic!() };
    assert_eq!((sending.joined_to, first < second), (None, true));
}

#[test]
fn a_closing_line_behind_what_waits_says_so() {
    let mut desk = desk(1);
    for client in ["a", "b", "c", "d"] {
        delivers(&mut desk, client);
    }
    desk.says_as_agent("e", "e", true, false);
    desk.settle();
    let closing = desk.says_as_agent("f", "再见", false, true);
    assert_eq!(closing, Answered::Rejected(Rejection::QuotaUsed));
}

#[test]
fn a_reply_that_waits_for_the_channels_own_agents_gives_its_place_back() {
    let mut desk = Desk::with_agent();
    desk.terms.rules = Rules::of(ChannelKind::Kefu, Tier::Verified, 0);
    desk.accepted("a");
    desk.says(InboundContent::NativeSession { open: true, agent: "zhang".into() }, Decision::Ignore);
    desk.settle();
    assert_eq!(desk.conversation().window.quota(desk.turn().now).unwrap().left, 5);
    assert_eq!((desk.outbox().unsettled, desk.outbox().waiting), (0, 1));
}

#[test]
fn an_end_of_a_native_session_that_was_never_told_hides_nobody_for_long() {
    let mut desk = Desk::new();
    desk.terms.rules = Rules::of(ChannelKind::Kefu, Tier::Verified, 0);
    desk.says(InboundContent::NativeSession { open: true, agent: "zhang".into() }, Decision::Ignore);
    desk.now += NATIVE_MS_MAX;
    desk.says(InboundContent::NativeReply { agent: "zhang".into(), text: "在".into() }, Decision::Ignore);
    desk.now += NATIVE_MS_MAX;
    desk.says(text("保修"), answer());
    assert!(desk.outbox().send.is_none(), "there was a sign of them");
    desk.now += 1;
    desk.says(text("保修"), answer());
    assert_eq!(desk.begin().as_deref(), Some("一年"));
}
