//! Answers that are not ready when the callback must be answered.

use crate::support::desk::{Desk, START_MS, answer, handoff, proposal, text, unsure};
use shunda::base::channel::{ChannelKind, Rules, Tier};
use shunda::base::limits::{HAND_OVER_GRACE_MS, HAND_OVER_MS};
use shunda::base::message::{InboundContent, OutboundContent, SendVerdict};
use shunda::desk::conversation::Stage;
use shunda::desk::late::Said;
use shunda::desk::message::{Answer, Body, Carrier};
use shunda::desk::receive::Received;
use shunda::knowledge::proposal::{Decision, Proposal};

const SLOW_MS: i64 = 60_000;

fn desk(kind: ChannelKind, tier: Tier) -> Desk {
    let mut desk = Desk::new();
    desk.terms.rules = Rules::of(kind, tier, 1);
    desk.terms.slow_ms = Some(SLOW_MS);
    desk
}

fn account() -> Desk {
    desk(ChannelKind::OfficialAccount, Tier::Service)
}

fn slow() -> Proposal {
    Proposal { slow: true, ..proposal(unsure()) }
}

fn asks(desk: &mut Desk) -> Received {
    let received = desk.says_proposed(text("它防水吗"), slow());
    desk.settle();
    received
}

/// Asks, and time goes on until no delivery can carry the answer any more.
fn asks_beyond_deliveries(desk: &mut Desk) {
    asks(desk);
    desk.now += HAND_OVER_MS + HAND_OVER_GRACE_MS;
    desk.settle();
}

/// The same message, delivered again, as its callback would be.
fn again(desk: &Desk) -> Received {
    desk.delivered(1, text("它防水吗"), handoff(), desk.now + 4_000)
}

fn received(carrier: Carrier, answer: Option<&str>) -> Received {
    Received { carrier, answer: answer.map(str::to_owned) }
}

#[test]
fn a_delivery_takes_the_answer_along_when_it_is_there() {
    let mut desk = account();
    assert_eq!(asks(&mut desk), received(Carrier::Pending, None));
    desk.now += 3_000;
    assert_eq!(again(&desk), received(Carrier::Pending, None));
    desk.slow_says(1, Said::Answer(Answer::fixed("防溅水")));
    desk.now += 3_000;
    assert_eq!(again(&desk), received(Carrier::Passive, Some("防溅水")));
    assert_eq!(again(&desk), received(Carrier::Passive, Some("防溅水")), "offered again, the same");
    let Body::Customer { receipt: Some(receipt), .. } = desk.body_of(1) else { panic!() };
    assert_eq!(receipt.received_at_ms.0, START_MS);
    assert_eq!(receipt.decided_at_ms.map(|at| at.0), Some(START_MS + 3_000));
    assert_eq!(receipt.offered_at_ms.map(|at| at.0), Some(START_MS + 6_000));
    assert_eq!(desk.messages().len(), 1, "no second carrier");
}

#[test]
fn after_the_last_delivery_the_answer_leaves_as_a_message() {
    let mut desk = account();
    asks_beyond_deliveries(&mut desk);
    assert_eq!(again(&desk), received(Carrier::CustomerMessage, None));
    desk.now += 20_000;
    desk.slow_says(1, Said::Answer(Answer::fixed("防溅水")));
    assert_eq!(desk.begin(), Some("防溅水".into()));
    desk.ended(&SendVerdict::Delivered, 1);
    let Body::Bot { answers, .. } = desk.body_of(2) else { panic!() };
    assert_eq!(answers, Some(1));
    assert_eq!(again(&desk), received(Carrier::CustomerMessage, None));
}

#[test]
fn an_answer_that_no_delivery_collected_leaves_as_a_message_too() {
    let mut desk = account();
    asks(&mut desk);
    desk.now += 6_000;
    desk.slow_says(1, Said::Answer(Answer::fixed("防溅水")));
    desk.now += HAND_OVER_MS + HAND_OVER_GRACE_MS;
    desk.settle();
    assert_eq!(desk.begin(), Some("防溅水".into()));
}

#[test]
fn who_may_not_write_later_hands_the_question_to_people_while_it_can_be_said() {
    let mut desk = desk(ChannelKind::OfficialAccount, Tier::Unverified);
    assert_eq!(asks(&mut desk), received(Carrier::Pending, None));
    desk.now += HAND_OVER_MS;
    assert_eq!(again(&desk), received(Carrier::Passive, Some("已转人工")));
    assert_eq!(desk.conversation().stage(), Stage::Waiting);
    assert_eq!(desk.conversation().ticket.unwrap().question, "它防水吗");
}

#[test]
fn without_a_passive_answer_nothing_waits_for_deliveries() {
    for kind in [ChannelKind::MiniProgram, ChannelKind::Kefu] {
        let mut desk = desk(kind, Tier::Verified);
        assert_eq!(asks(&mut desk), received(Carrier::CustomerMessage, None));
        desk.now += 500;
        desk.slow_says(1, Said::Answer(Answer::fixed("防溅水")));
        assert_eq!(desk.begin(), Some("防溅水".into()), "{kind:?}");
    }
}

#[test]
fn people_take_what_nobody_answered_in_time() {
    for kind in [ChannelKind::OfficialAccount, ChannelKind::MiniProgram, ChannelKind::Kefu] {
        let mut desk = desk(kind, Tier::Service);
        asks_beyond_deliveries(&mut desk);
        desk.now = START_MS + SLOW_MS;
        desk.settle();
        assert_eq!(desk.conversation().stage(), Stage::Waiting, "{kind:?}");
        assert_eq!(desk.begin(), Some("已转人工".into()));
        desk.ended(&SendVerdict::Delivered, 1);
        // What the slower tier says now is nobody's business any more.
        assert!(desk.outbox().errands.iter().all(|errand| errand.ask().is_none()));
    }
}

#[test]
fn a_slower_tier_that_knows_nothing_leaves_the_cheap_ones_decision() {
    let mut desk = account();
    asks(&mut desk);
    desk.slow_says(1, Said::Nothing);
    assert_eq!(again(&desk), received(Carrier::Passive, Some("没听懂")));
    assert_eq!(desk.conversation().misses, 1);
}

#[test]
fn a_failure_is_tried_again_until_time_is_up() {
    let mut desk = account();
    asks(&mut desk);
    for _ in 0..3 {
        desk.slow_says(1, Said::Failed);
        desk.now += 2_000;
        desk.settle();
    }
    assert_eq!(desk.outbox().errands.len(), 1, "it is still asked");
    desk.slow_says(1, Said::Answer(Answer::fixed("防溅水")));
    assert_eq!(again(&desk), received(Carrier::Passive, Some("防溅水")));
}

#[test]
fn once_people_have_the_customer_a_slow_answer_is_not_said() {
    let mut desk = account();
    asks(&mut desk);
    desk.says(text("人工"), handoff());
    desk.settle();
    desk.slow_says(1, Said::Answer(Answer::fixed("防溅水")));
    assert_eq!(again(&desk), received(Carrier::Ticket, None));
    assert!(desk.messages().iter().all(|message| !matches!(message.body, Body::Bot { .. })));
}

#[test]
fn a_certain_answer_never_waits() {
    let mut desk = account();
    assert_eq!(desk.says(text("保修"), answer()), received(Carrier::Passive, Some("一年")));
    assert!(desk.outbox().errands.is_empty());
}

#[test]
fn a_bots_message_that_the_channel_refuses_becomes_a_ticket() {
    let mut desk = account();
    asks_beyond_deliveries(&mut desk);
    desk.slow_says(1, Said::Answer(Answer::fixed("防溅水")));
    desk.begin();
    let refused =
        SendVerdict::Never { errcode: 45015, reason: shunda::base::message::NeverReason::WindowClosed };
    desk.ended(&refused, 1);
    assert_eq!(desk.end_of(2), "Failed WindowClosed");
    assert_eq!(desk.conversation().stage(), Stage::Waiting);
}

#[test]
fn where_there_is_a_notice_the_customer_is_told_that_people_have_it() {
    let mut desk = desk(ChannelKind::OfficialAccount, Tier::Unverified);
    let values = [("thing1".to_owned(), "关于：{question}".to_owned())].into();
    desk.terms.notice = Some(OutboundContent::Notice { template: "t1".into(), values, page: None });
    asks_beyond_deliveries(&mut desk);
    let notice = desk.messages().into_iter().find_map(|message| match message.body {
        Body::Bot { content: OutboundContent::Notice { values, .. }, .. } => Some(values["thing1"].clone()),
        _ => None,
    });
    assert_eq!(notice.as_deref(), Some("关于：它防水吗"));
}

#[test]
fn an_entry_with_a_code_is_welcomed_with_it_and_without_a_place() {
    let mut desk = desk(ChannelKind::Kefu, Tier::Verified);
    let enter = InboundContent::Enter { scene: Some("shop".into()), welcome_code: Some("code-1".into()) };
    desk.says(enter, Decision::Greeting { text: "您好".into() });
    let begun = desk.pending().begin(&desk.terms, &desk.turn(), "i1").unwrap();
    assert_eq!(begun.code.as_deref(), Some("code-1"));
    desk.write(begun.writes);
    desk.ended(&SendVerdict::Delivered, 1);
    assert_eq!(desk.end_of(2), "Delivered");
    assert_eq!(desk.conversation().origins[0].scene.as_deref(), Some("shop"));
}

#[test]
fn an_answer_nobody_took_along_is_not_said_once_people_have_the_customer() {
    let mut desk = account();
    asks(&mut desk);
    desk.slow_says(1, Said::Answer(Answer::fixed("防溅水")));
    desk.says(text("人工"), handoff());
    assert_eq!(again(&desk), received(Carrier::Pending, None));
    desk.now += HAND_OVER_MS + HAND_OVER_GRACE_MS;
    desk.settle();
    assert_eq!(again(&desk), received(Carrier::Ticket, None));
    assert_eq!(desk.begin(), None);
}

#[test]
fn an_answer_that_may_not_have_arrived_goes_to_people_too() {
    let mut desk = account();
    asks_beyond_deliveries(&mut desk);
    desk.slow_says(1, Said::Answer(Answer::fixed("防溅水")));
    desk.begin();
    desk.ended(&SendVerdict::Unknown, 1);
    assert_eq!(
        (desk.end_of(2).as_str(), desk.conversation().stage()),
        ("Uncertain NoAnswer", Stage::Waiting)
    );
}

#[test]
fn the_notice_of_an_answer_that_failed_is_sent() {
    let mut desk = account();
    let values = [("thing1".to_owned(), "请稍候".to_owned())].into();
    desk.terms.notice = Some(OutboundContent::Notice { template: "t1".into(), values, page: None });
    asks_beyond_deliveries(&mut desk);
    desk.slow_says(1, Said::Answer(Answer::fixed("防溅水")));
    desk.begin();
    let refused = SendVerdict::Never { errcode: 48001, reason: shunda::base::message::NeverReason::Account };
    desk.ended(&refused, 1);
    desk.settle();
    assert!(desk.begin().is_some_and(|sent| sent.contains("t1")));
    desk.ended(&SendVerdict::Delivered, 1);
    assert_eq!((desk.outbox().send, desk.outbox().waiting), (None, 0));
}

#[test]
fn an_answer_that_cannot_leave_for_long_goes_to_people() {
    let mut desk = account();
    asks_beyond_deliveries(&mut desk);
    desk.slow_says(1, Said::Answer(Answer::fixed("防溅水")));
    for _ in 0..31 {
        desk.settle();
        if desk.outbox().send.is_some() {
            desk.write(desk.pending().postponed(&desk.turn(), 10_000));
        }
        desk.now += 10_000;
    }
    desk.settle();
    assert_eq!((desk.end_of(2).as_str(), desk.conversation().stage()), ("Failed GaveUp", Stage::Waiting));
}
