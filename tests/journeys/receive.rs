//! The one decision about an inbound, case by case.

use crate::support::desk::{Desk, answer, evidence, handoff, id, proposal, terms, text, unsure};
use shunda::base::message::{Inbound, InboundContent, OutboundContent, SendVerdict};
use shunda::base::time::DAY_MS;
use shunda::desk::call::Call;
use shunda::desk::conversation::Stage;
use shunda::desk::message::{Body, Carrier};
use shunda::desk::receive::Received;
use shunda::desk::terms::Arrival;
use shunda::knowledge::proposal::{Decision, Proposal, Urgency};

fn passive(words: &str) -> Received {
    Received { carrier: Carrier::Passive, answer: Some(words.into()) }
}

fn silent(carrier: Carrier) -> Received {
    Received { carrier, answer: None }
}

#[test]
fn a_certain_answer_is_offered_and_offered_again_whatever_a_redelivery_proposes() {
    let mut desk = Desk::new();
    assert_eq!(desk.says(text("保修"), answer()), passive("一年"));
    let after = desk.messages();
    assert_eq!(desk.delivered(1, text("保修"), handoff(), 0), passive("一年"));
    assert_eq!(desk.messages(), after, "a redelivery changes nothing");
    let Body::Customer { answer: Some(kept), .. } = &after[0].body else { panic!("{after:?}") };
    assert_eq!(kept.evidence, Some(evidence()));
    assert_eq!(desk.conversation().stage(), Stage::Bot);
}

#[test]
fn the_second_miss_in_a_row_asks_a_person() {
    let mut desk = Desk::new();
    assert_eq!(desk.says(text("啊"), unsure()), passive("没听懂"));
    assert_eq!(desk.says(text("保修"), answer()), passive("一年"));
    assert_eq!(desk.says(text("啊"), unsure()), passive("没听懂"));
    let suggest = Decision::Suggest { text: "您是想问".into(), candidates: vec![evidence()] };
    assert_eq!(desk.says(text("什么意思"), suggest), passive("已转人工"));
    let conversation = desk.conversation();
    assert_eq!((conversation.stage(), conversation.misses), (Stage::Waiting, 0));
    assert_eq!(conversation.ticket.unwrap().question, "什么意思");
}

#[test]
fn a_ticket_bears_the_question_and_not_the_word_that_asked_for_people() {
    let mut desk = Desk::new();
    desk.says(text("  漏电了怎么办 "), unsure());
    desk.says(text("人工"), handoff());
    assert_eq!(desk.conversation().ticket.unwrap().question, "漏电了怎么办");
    let mut other = Desk::new();
    other.says(text("人工"), handoff());
    assert_eq!(other.conversation().ticket.unwrap().question, "人工");
}

#[test]
fn a_ticket_presses_and_goes_to_whom_its_question_does() {
    let pressing = |decision| Proposal {
        urgency: Urgency::High,
        skill_group: "after_sales".into(),
        ..proposal(decision)
    };
    let of = |desk: &Desk| {
        let ticket = desk.conversation().ticket.unwrap();
        (ticket.question, ticket.urgency, ticket.skill_group.0)
    };
    let mut desk = Desk::new();
    desk.says_proposed(text("漏电了怎么办"), pressing(unsure()));
    desk.says(text("人工"), handoff());
    assert_eq!(of(&desk), ("漏电了怎么办".into(), Urgency::High, "after_sales".into()));
    // What presses more than the last question is what the ticket is about.
    let mut calm = Desk::new();
    calm.says(text("多少钱"), unsure());
    calm.says_proposed(text("冒烟了，转人工"), pressing(handoff()));
    assert_eq!(of(&calm), ("冒烟了，转人工".into(), Urgency::High, "after_sales".into()));
}

#[test]
fn while_people_are_asked_the_bot_only_says_that_they_are() {
    let mut desk = Desk::new();
    desk.says(text("人工"), handoff());
    assert_eq!(desk.says(text("保修"), answer()), silent(Carrier::Ticket));
    assert_eq!(desk.says(text("人工"), handoff()), passive("还在排队"));
    let ticket = desk.conversation().ticket.unwrap();
    assert_eq!((ticket.unanswered, ticket.waiting_since), (3, Some(desk.turn().now)));
}

#[test]
fn once_a_person_has_it_the_bot_is_silent() {
    let mut desk = Desk::with_agent();
    assert_eq!(desk.conversation().stage(), Stage::WithAgent);
    assert_eq!(desk.says(text("保修"), answer()), silent(Carrier::Ticket));
    assert_eq!(desk.says(text("人工"), handoff()), silent(Carrier::Ticket));
    assert_eq!(desk.conversation().ticket.unwrap().unanswered, 3);
}

#[test]
fn what_comes_too_late_for_the_callback_is_sent_as_a_message() {
    let mut desk = Desk::new();
    assert_eq!(desk.says_late(text("保修"), answer()), silent(Carrier::CustomerMessage));
    let messages = desk.messages();
    let Body::Bot { content, evidence: why, .. } = &messages[1].body else { panic!("{messages:?}") };
    assert_eq!(*content, OutboundContent::Text { text: "一年".into() });
    assert_eq!(*why, Some(evidence()));
    assert_eq!(desk.begin(), Some("一年".into()));
    desk.ended(&SendVerdict::Delivered, 1);
    assert_eq!(desk.end_of(2), "Delivered");
    assert_eq!(desk.delivered(1, text("保修"), answer(), i64::MAX), silent(Carrier::CustomerMessage));
}

#[test]
fn an_answer_that_can_travel_neither_way_becomes_a_ticket() {
    let mut desk = Desk::new();
    let click = InboundContent::MenuClick { key: "HOURS".into() };
    for _ in 0..3 {
        assert_eq!(desk.says_late(click.clone(), Decision::Ignore), silent(Carrier::None));
    }
    desk.now += 48 * 3_600_000;
    let notice = InboundContent::Notice { event: "view".into(), detail: String::new() };
    assert_eq!(desk.says_late(notice.clone(), answer()), silent(Carrier::Ticket));
    assert_eq!(desk.conversation().stage(), Stage::Waiting);
    // A text without evidence is not worth a person's time.
    let mut other = Desk::new();
    assert_eq!(other.says_late(notice, Decision::Greeting { text: "您好".into() }), silent(Carrier::None));
    assert_eq!(other.conversation().stage(), Stage::Bot);
}

#[test]
fn a_handoff_that_cannot_be_said_is_a_ticket_all_the_same() {
    let mut desk = Desk::new();
    let event = InboundContent::Notice { event: "view".into(), detail: String::new() };
    assert_eq!(desk.says_late(event, handoff()), silent(Carrier::Ticket));
    assert_eq!(desk.conversation().stage(), Stage::Waiting);
}

#[test]
fn events_are_recorded_and_wait_for_nobody() {
    let mut desk = Desk::with_agent();
    let notice = InboundContent::Notice { event: "view".into(), detail: "x".into() };
    assert_eq!(desk.says(notice, Decision::Ignore), silent(Carrier::None));
    let conversation = desk.conversation();
    assert_eq!(conversation.ticket.unwrap().unanswered, 1);
    assert_eq!((conversation.last_seq, conversation.last_inbound_seq), (2, 1));
}

#[test]
fn who_unfollows_can_be_sent_nothing() {
    let mut desk = Desk::with_agent();
    assert!(desk.conversation().window.quota(desk.turn().now).is_some());
    desk.says(InboundContent::Unfollow, Decision::Ignore);
    assert_eq!(desk.conversation().window.quota(desk.turn().now), None);
}

#[test]
fn a_message_from_a_time_to_come_opens_no_more_than_one_of_now() {
    let desk = Desk::new();
    let now = desk.turn().now;
    let inbound = Inbound {
        conversation: id(),
        key: "ahead".into(),
        sent_at: now + 1_000 * DAY_MS,
        content: text("保修"),
    };
    let proposal = Box::new(proposal(answer()));
    let arrival = Arrival { received_at: now, verified_at: now, answer_by: now + 4_000 };
    desk.call(Call::Receive { inbound, proposal, informed: None, arrival, terms: terms() });
    let quota = desk.conversation().window.quota(now).unwrap();
    assert_eq!((quota.left, quota.closes_at_ms), (5, now + 2 * DAY_MS));
}
