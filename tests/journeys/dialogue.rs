//! A question that leaves something unsaid: what the conversation remembers, and how a proposal comes to know it.

use crate::support::desk::{Desk, id, text};
use crate::support::shop::{propose, shop};
use shunda::base::limits::{DIALOGUE_MS_MAX, DIALOGUE_ROUNDS_MAX, DIALOGUE_TURNS_MAX};
use shunda::base::message::{Inbound, InboundContent};
use shunda::base::time::TimeMs;
use shunda::desk::call::{Answered, Call};
use shunda::desk::conversation::Stage;
use shunda::desk::receive::Received;
use shunda::desk::receiving::{Heard, Receiving};
use shunda::desk::terms::Arrival;
use shunda::knowledge::answer::Answerer;
use shunda::knowledge::dialogue::Topic;
use shunda::store::conversation::next_due;

/// A customer who talks with the shop's bot.
struct Talk {
    desk: Desk,
    shop: Answerer,
    said: usize,
    calls: usize,
}

impl Talk {
    fn new() -> Self {
        Self { desk: Desk::new(), shop: shop(), said: 0, calls: 0 }
    }

    fn inbound(&self, number: usize, content: &InboundContent) -> Inbound {
        let key = format!("m{number}").as_str().into();
        Inbound { conversation: id(), key, sent_at: TimeMs(self.desk.now), content: content.clone() }
    }

    fn begins(&self, number: usize, content: &InboundContent) -> Receiving {
        let now = TimeMs(self.desk.now);
        let arrival = Arrival { received_at: now, verified_at: now, answer_by: now + 4_000 };
        let plain = propose(&self.shop, content, None);
        Receiving::new(&self.inbound(number, content), arrival, &self.desk.terms, plain)
    }

    fn asks(&mut self, receiving: &mut Receiving, content: &InboundContent) -> Heard {
        self.calls += 1;
        let answered = self.desk.call(receiving.call().clone());
        receiving.heard(answered, |topic: &Topic| propose(&self.shop, content, Some(topic)))
    }

    /// One delivery of message `number`, to its end.
    fn delivers(&mut self, number: usize, words: &str) -> Received {
        let content = text(words);
        let mut receiving = self.begins(number, &content);
        loop {
            match self.asks(&mut receiving, &content) {
                Heard::Decided { received, .. } => return received,
                Heard::AskAgain => {}
                Heard::Stray => panic!("{words}"),
            }
        }
    }

    /// The first line of what a new message is answered with; empty when with nothing.
    fn says(&mut self, words: &str) -> String {
        self.said += 1;
        self.desk.now += 1_000;
        let received = self.delivers(self.said, words);
        received.answer.unwrap_or_default().lines().next().unwrap_or_default().to_owned()
    }

    /// The same, and how many calls it took.
    fn counted(&mut self, words: &str) -> (String, usize) {
        let before = self.calls;
        (self.says(words), self.calls - before)
    }
}

#[test]
fn a_conversation_fills_in_what_each_message_leaves_unsaid() {
    let mut talk = Talk::new();
    assert_eq!(talk.counted("漏水怎么办"), ("请问是哪个型号？".into(), 1));
    assert_eq!(talk.counted("H2"), ("请停用。".into(), 2));
    assert_eq!(talk.counted("那容量呢？"), ("养生壶 H2 的容量是 1.5 升。".into(), 2));
    assert_eq!(talk.counted("P10呢"), ("破壁机 P10 的容量是 1.75 升。".into(), 2));
    assert_eq!(talk.counted("它多重"), ("破壁机 P10 的重量是 4.6 千克。".into(), 2));
    assert_eq!(talk.counted("怎么退货"), ("七天内可退。".into(), 1));
    // Another subject: nothing is in focus any more.
    assert_eq!(talk.counted("那容量呢？"), ("请问是哪个型号？".into(), 1));
    assert_eq!(talk.counted("那个小的"), ("破壁机 P6 的容量是 1.2 升。".into(), 2));
}

#[test]
fn what_stands_for_itself_costs_one_call_and_three_rows_whatever_is_talked_about() {
    let mut talk = Talk::new();
    talk.says("怎么退货");
    talk.says("P10保修多久");
    for (words, line) in [("怎么退货", "七天内可退。"), ("P6容量", "破壁机 P6 的容量是 1.2 升。")]
    {
        let before = talk.desk.db.0.total_changes();
        assert_eq!(talk.counted(words), (line.into(), 1));
        assert_eq!(talk.desk.db.0.total_changes() - before, 3, "ledger, message, conversation");
    }
    let before = talk.desk.db.0.total_changes();
    assert_eq!(talk.counted("那保修呢").1, 2);
    assert_eq!(talk.desk.db.0.total_changes() - before, 3, "the round before writes nothing");
    assert_eq!(next_due(&talk.desk.db).unwrap(), None, "no alarm");
}

#[test]
fn without_a_dialogue_nothing_is_asked_twice() {
    let mut talk = Talk::new();
    assert_eq!(talk.counted("那容量呢？"), ("请问是哪个型号？".into(), 1));
    let mut other = Talk::new();
    assert_eq!(other.counted("P10呢").1, 1);
}

#[test]
fn a_redelivery_is_given_the_stored_answer_whatever_is_talked_about_by_then() {
    let mut talk = Talk::new();
    talk.says("漏水怎么办");
    talk.says("H2");
    let answer = talk.delivers(2, "H2");
    assert_eq!(answer.answer.as_deref().unwrap().lines().next(), Some("请停用。"));
    talk.says("P10容量");
    let before = talk.desk.messages();
    let calls = talk.calls;
    assert_eq!(talk.delivers(2, "H2"), answer);
    assert_eq!((talk.calls - calls, talk.desk.messages()), (1, before));
}

#[test]
fn a_dialogue_that_changes_meanwhile_is_asked_for_once_more_and_then_left_out() {
    let mut talk = Talk::new();
    talk.says("P10容量");
    let content = text("那保修呢");
    let mut receiving = talk.begins(50, &content);
    for round in 0..DIALOGUE_ROUNDS_MAX {
        assert_eq!(talk.asks(&mut receiving, &content), Heard::AskAgain, "round {round}");
        talk.says(if round == 0 { "P6容量" } else { "H2容量" });
    }
    let Heard::Decided { received, .. } = talk.asks(&mut receiving, &content) else { panic!("not decided") };
    assert!(received.answer.unwrap().starts_with("请问是哪个型号？"), "as if nothing had been said before");
    // One change is caught up with.
    let mut talk = Talk::new();
    talk.says("P10容量");
    let mut receiving = talk.begins(50, &content);
    assert_eq!(talk.asks(&mut receiving, &content), Heard::AskAgain);
    talk.says("P6容量");
    assert_eq!(talk.asks(&mut receiving, &content), Heard::AskAgain);
    let Heard::Decided { received, .. } = talk.asks(&mut receiving, &content) else { panic!("not decided") };
    assert!(received.answer.unwrap().starts_with("破壁机 P6 的保修期是 3 年。"));
}

#[test]
fn who_dies_between_the_rounds_leaves_nothing_behind() {
    let mut talk = Talk::new();
    talk.says("P10容量");
    let (rows, before) = (talk.desk.db.0.total_changes(), talk.desk.messages());
    let content = text("那保修呢");
    let mut receiving = talk.begins(50, &content);
    assert_eq!(talk.asks(&mut receiving, &content), Heard::AskAgain);
    assert_eq!((talk.desk.db.0.total_changes(), talk.desk.messages()), (rows, before));
    let received = talk.delivers(50, "那保修呢");
    assert!(received.answer.as_deref().unwrap().starts_with("破壁机 P10 的保修期是 1 年。"));
    // The one that was thought dead comes back: it is given what was decided.
    assert_eq!(talk.asks(&mut receiving, &content), Heard::Decided { received, again: true });
}

#[test]
fn a_ticket_bears_the_whole_question_and_not_the_word_that_filled_it_in() {
    let mut talk = Talk::new();
    talk.says("漏水怎么办");
    talk.says("P10");
    talk.says("转人工");
    assert_eq!(talk.desk.conversation().ticket.unwrap().question, "破壁机 P10 杯底漏水");
}

#[test]
fn a_person_can_be_had_at_any_time() {
    let mut talk = Talk::new();
    talk.says("漏水怎么办");
    assert!(talk.says("转人工").contains("人工"));
    assert_eq!(talk.desk.conversation().stage(), Stage::Waiting);
    assert_eq!(talk.desk.conversation().dialogue, None);
    assert_eq!(talk.counted("P10"), (String::new(), 1), "the bot is silent, and nobody is asked back");
}

#[test]
fn who_is_asked_again_and_no_wiser_is_given_a_person() {
    let mut talk = Talk::new();
    assert_eq!(talk.says("漏水怎么办"), "请问是哪个型号？");
    assert_eq!(talk.says("漏水"), "请问是哪个型号？");
    talk.says("漏水怎么办");
    assert_eq!(talk.desk.conversation().stage(), Stage::Waiting);
    assert_eq!(talk.desk.conversation().ticket.unwrap().question, "漏水怎么办");
    // Two misses lead to a person as ever.
    let mut other = Talk::new();
    other.says("漏水怎么办");
    other.says("天书一样的话");
    other.says("还是天书");
    assert_eq!(other.desk.conversation().stage(), Stage::Waiting);
}

#[test]
fn a_topic_is_forgotten_after_a_while_and_with_the_customer() {
    let mut talk = Talk::new();
    talk.says("P10容量");
    talk.desk.now += DIALOGUE_MS_MAX;
    assert_eq!(talk.counted("那保修呢"), ("请问是哪个型号？".into(), 1));
    let mut talk = Talk::new();
    talk.says("P10容量");
    for _ in 1..DIALOGUE_TURNS_MAX {
        talk.says("谢谢");
    }
    assert!(talk.desk.conversation().dialogue.is_some());
    talk.says("谢谢");
    assert_eq!(talk.desk.conversation().dialogue, None, "nobody talks about it any more");
    let mut talk = Talk::new();
    talk.says("P10容量");
    let content = InboundContent::Unfollow;
    let mut receiving = talk.begins(50, &content);
    talk.asks(&mut receiving, &content);
    assert_eq!(talk.desk.conversation().dialogue, None);
}

#[test]
fn a_call_that_is_not_about_an_inbound_is_answered_as_before() {
    let talk = Talk::new();
    let call = Call::History { conversation: id(), after: None, limit: 1 };
    let mut receiving = talk.begins(1, &text("P10"));
    let answered = talk.desk.call(call);
    assert!(matches!(answered, Answered::View(_)));
    assert_eq!(receiving.heard(answered, |_| unreachable!("nobody asked")), Heard::Stray);
}
