//! What a turn hears about questions, case by case: the signals that it owes the insight.

use crate::support::desk::{Desk, answer, evidence, handoff, text, unsure};
use shunda::base::message::InboundContent;
use shunda::desk::heard::{THUMBS_DOWN, THUMBS_UP};
use shunda::desk::late::Said;
use shunda::desk::message::{Answer, Carrier};
use shunda::knowledge::proposal::Decision;
use shunda::knowledge::signal::{Sign, Signal, Verdict};

/// What is owed, as `(question, sign)`; afterwards it has been told.
fn told(desk: &Desk) -> Vec<(String, Sign)> {
    let signals: Vec<Signal> =
        desk.outbox().errands.iter().flat_map(|errand| errand.signals().to_vec()).collect();
    desk.settle();
    signals.into_iter().map(|signal| (signal.asked.text, signal.sign)).collect()
}

fn of(question: &str, sign: Sign) -> (String, Sign) {
    (question.to_owned(), sign)
}

fn suggest() -> Decision {
    Decision::Suggest { text: "您是想问".into(), candidates: vec![evidence()] }
}

fn tap(id: &str, words: &str) -> InboundContent {
    InboundContent::Text { text: words.into(), menu_id: Some(id.into()) }
}

#[test]
fn an_answered_question_owes_nothing() {
    let mut desk = Desk::new();
    desk.says(text("保修"), answer());
    desk.says(text("怎么退货"), answer());
    assert_eq!(told(&desk), []);
    let asked = desk.conversation().asked.unwrap().asked;
    assert_eq!(
        (asked.text.as_str(), asked.verdict, asked.near[0].entry.as_str()),
        ("怎么退货", Verdict::Answered, "e1")
    );
}

#[test]
fn a_question_without_an_answer_is_told_once_however_often_it_is_delivered() {
    let mut desk = Desk::new();
    desk.says(text("漏电怎么办"), unsure());
    desk.delivered(1, text("漏电怎么办"), unsure(), i64::MAX);
    assert_eq!(told(&desk), [of("漏电怎么办", Sign::Missed)]);
    assert_eq!(told(&desk), []);
}

#[test]
fn a_second_miss_and_words_that_ask_for_people_hand_the_question_off() {
    let mut desk = Desk::new();
    desk.says(text("漏电怎么办"), unsure());
    desk.settle();
    desk.says(text("屏幕碎了能换吗"), unsure());
    let handed_off = of("屏幕碎了能换吗", Sign::HandedOff);
    assert_eq!(told(&desk), [of("屏幕碎了能换吗", Sign::Missed), handed_off]);
    let mut other = Desk::new();
    other.says(text("保修多久"), answer());
    other.says(text("转人工"), handoff());
    assert_eq!(told(&other), [of("保修多久", Sign::HandedOff)]);
    let mut bare = Desk::new();
    bare.says(text("转人工"), handoff());
    assert_eq!(told(&bare), [], "no question was asked");
    let mut both = Desk::new();
    both.says(text("我的破壁机漏水了，人工"), handoff());
    assert_eq!(told(&both), [of("我的破壁机漏水了，人工", Sign::HandedOff)]);
}

#[test]
fn the_choice_taken_of_those_offered_is_told_and_that_none_was() {
    let mut desk = Desk::new();
    desk.says(text("保多久"), suggest());
    assert_eq!(told(&desk), [of("保多久", Sign::Missed)]);
    desk.says(tap("e1", "保修多久"), answer());
    assert_eq!(told(&desk), [of("保多久", Sign::Chosen { entry: "e1".into() })]);
    desk.says(text("没用"), unsure());
    assert_eq!(told(&desk), [of("保多久", Sign::ThumbsDown)], "about the question in their own words");
    let mut other = Desk::new();
    other.says(text("保多久"), suggest());
    other.settle();
    other.says(text("怎么退货"), unsure());
    let handed_off = of("怎么退货", Sign::HandedOff);
    assert_eq!(told(&other), [of("保多久", Sign::ChoseNone), of("怎么退货", Sign::Missed), handed_off]);
}

#[test]
fn praise_and_blame_are_about_the_last_answer_and_are_no_questions() {
    for (words, sign) in [
        ("没用", Sign::ThumbsDown),
        ("答非所问！", Sign::ThumbsDown),
        ("没有解决啊", Sign::ThumbsDown),
        ("👎🏻", Sign::ThumbsDown),
        ("解决了", Sign::ThumbsUp),
        ("👍", Sign::ThumbsUp),
    ] {
        let mut desk = Desk::new();
        desk.says(text("保修多久"), answer());
        let said = desk.says(text(words), unsure());
        assert_eq!(said.carrier == Carrier::None, sign == Sign::ThumbsUp, "{words}");
        assert_eq!(told(&desk), [of("保修多久", sign)], "{words}");
        assert_eq!(desk.conversation().question.unwrap().text, "保修多久");
    }
    for (key, sign) in [(THUMBS_DOWN, Sign::ThumbsDown), (THUMBS_UP, Sign::ThumbsUp)] {
        let mut desk = Desk::new();
        desk.says(text("保修多久"), answer());
        desk.says(tap(key, "有用"), unsure());
        assert_eq!(told(&desk), [of("保修多久", sign)]);
    }
    let mut later = Desk::new();
    later.says(text("保修多久"), answer());
    later.now += 31 * 60_000;
    later.says(text("没用"), unsure());
    assert_eq!(told(&later), [], "nobody knows what it is about");
    let mut asked = Desk::new();
    asked.says(text("这个没用怎么办"), unsure());
    assert_eq!(told(&asked), [of("这个没用怎么办", Sign::Missed)]);
}

#[test]
fn nearly_the_same_question_soon_after_its_answer_is_asked_again() {
    let mut desk = Desk::new();
    desk.says(text("保修期多久"), answer());
    desk.says(text("你们的保修期是多久啊"), answer());
    assert_eq!(told(&desk), [of("保修期多久", Sign::AskedAgain { seq: 2 })]);
    desk.says(text("怎么开发票"), answer());
    assert_eq!(told(&desk), []);
    desk.now += 6 * 60_000;
    desk.says(text("怎么开发票呢"), answer());
    assert_eq!(told(&desk), [], "they come back for it later");
}

#[test]
fn what_the_slower_tier_knows_is_told_too() {
    let mut desk = Desk::new();
    desk.terms.slow_ms = Some(60_000);
    let slow =
        shunda::knowledge::proposal::Proposal { slow: true, ..crate::support::desk::proposal(unsure()) };
    desk.says_proposed(text("防水吗"), slow);
    assert_eq!(told(&desk), [of("防水吗", Sign::Missed)]);
    desk.slow_says(1, Said::Answer(Answer::fixed("防溅水")));
    assert_eq!(told(&desk), [of("防水吗", Sign::AnsweredLate)]);
}

#[test]
fn who_leaves_owes_nothing_but_to_be_forgotten() {
    let mut desk = Desk::new();
    desk.says(text("漏电怎么办"), unsure());
    desk.says(InboundContent::Unfollow, Decision::Ignore);
    assert_eq!(told(&desk), []);
    assert_eq!(desk.conversation().asked, None);
}

#[test]
fn a_message_taken_back_is_taken_back_there() {
    let mut desk = Desk::new();
    desk.says(text("我的卡号是多少"), unsure());
    desk.settle();
    desk.says(InboundContent::Recall { recalled: "m1".into() }, Decision::Ignore);
    assert_eq!(told(&desk), [of("", Sign::TakenBack)]);
    desk.says(text("没用"), unsure());
    assert_eq!(told(&desk), []);
}

#[test]
fn while_people_have_the_customer_nothing_is_heard() {
    let mut desk = Desk::with_agent();
    desk.says(text("漏电怎么办"), unsure());
    desk.says(text("没用"), unsure());
    assert_eq!(told(&desk), []);
}
