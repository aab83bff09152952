//! Moods on their way: from the words to the ticket, to its place among those that wait, and out again.

use crate::journeys::floor::{notice, staff};
use crate::support::desk::{Desk, answer, handoff, proposal, text, unsure};
use shunda::base::id::TicketId;
use shunda::base::limits::{HEAD_START_ANGRY_MS, HEAD_START_URGENT_MS};
use shunda::base::message::InboundContent;
use shunda::base::staff::Role;
use shunda::base::time::TimeMs;
use shunda::desk::conversation::{Stage, Ticket};
use shunda::desk::floor::{Floor, Input, TicketState};
use shunda::desk::message::Body;
use shunda::desk::ticket::Notice;
use shunda::knowledge::mood::{Aspect, Mood, felt, read};
use shunda::knowledge::proposal::{Decision, Urgency};

const NOW: TimeMs = TimeMs(1_700_000_000_000);

fn says(desk: &mut Desk, words: &str, decision: Decision) {
    let content = text(words);
    let proposal = felt(proposal(decision), &content, None);
    desk.says_proposed(content, proposal);
}

fn ticket(desk: &Desk) -> Ticket {
    desk.conversation().ticket.unwrap()
}

fn found(mood: &Mood) -> Vec<&str> {
    mood.words.iter().map(|found| found.word.as_str()).collect()
}

#[test]
fn who_is_angry_and_was_missed_goes_to_people_at_once() {
    for words in ["你们太过分了，忍无可忍", "傻逼客服", "I am furious"] {
        let mut desk = Desk::new();
        says(&mut desk, words, unsure());
        assert_eq!(desk.conversation().stage(), Stage::Waiting, "{words}");
        assert!(ticket(&desk).mood.unwrap().is_upset(), "{words}");
    }
    let mut calm = Desk::new();
    says(&mut calm, "质量太差，用不了", unsure());
    assert_eq!(calm.conversation().stage(), Stage::Bot, "who is only unhappy is asked once more");
    let mut answered = Desk::new();
    says(&mut answered, "气死我了，保修多久", answer());
    assert_eq!(answered.conversation().stage(), Stage::Bot, "what is answered needs nobody");
}

#[test]
fn a_ticket_has_the_strongest_mood_since_its_question() {
    let mut desk = Desk::new();
    says(&mut desk, "质量太差，用不了", unsure());
    says(&mut desk, "转人工", handoff());
    let mood = ticket(&desk).mood.unwrap();
    assert!(mood.shows(Aspect::Negative) && !mood.shows(Aspect::Anger), "{mood:?}");
    let mut over = Desk::new();
    says(&mut over, "气死我了，保修多久", answer());
    says(&mut over, "怎么开发票", unsure());
    says(&mut over, "转人工", handoff());
    assert_eq!(ticket(&over).mood, None, "what was answered is over");
}

#[test]
fn what_is_missed_twice_keeps_the_mood_of_both() {
    let mut desk = Desk::new();
    says(&mut desk, "质量太差，用不了", unsure());
    says(&mut desk, "漏电怎么办", unsure());
    let ticket = ticket(&desk);
    let mood = ticket.mood.unwrap();
    assert_eq!((ticket.urgency, ticket.question.as_str()), (Urgency::High, "漏电怎么办"));
    assert!(mood.shows(Aspect::Negative) && mood.shows(Aspect::Urgency), "{mood:?}");
}

#[test]
fn while_a_ticket_is_open_messages_raise_it_and_never_calm_it() {
    let mut desk = Desk::new();
    says(&mut desk, "转人工", handoff());
    assert_eq!(ticket(&desk).mood, None);
    says(&mut desk, "忍无可忍", unsure());
    says(&mut desk, "插头冒烟了", unsure());
    says(&mut desk, "好的谢谢", unsure());
    let open = ticket(&desk);
    assert_eq!(open.urgency, Urgency::High);
    assert_eq!(
        found(&open.mood.unwrap()),
        ["冒烟", "忍无可忍", "忍无可忍"],
        "for anger, and as a bad experience"
    );
    let told = Notice::of(&desk.conversation()).unwrap();
    assert_eq!(told.ticket.urgency, Urgency::High, "the floor hears of it");
}

#[test]
fn a_message_keeps_its_mood_only_where_there_is_one() {
    let mut desk = Desk::new();
    says(&mut desk, "漏电了", answer());
    says(&mut desk, "保修多久", answer());
    let moods = desk.messages().into_iter().map(|message| match message.body {
        Body::Customer { mood, .. } => mood.map(|mood| mood.urgency),
        _ => None,
    });
    assert_eq!(moods.collect::<Vec<_>>(), [read("漏电了", None).map(|mood| mood.urgency), None]);
    let row = serde_json::to_value(&desk.messages()[1]).unwrap();
    assert!(row.get("mood").is_none(), "{row}");
}

#[test]
fn who_leaves_leaves_no_mood() {
    let mut desk = Desk::new();
    says(&mut desk, "忍无可忍，转人工", handoff());
    assert!(ticket(&desk).mood.is_some());
    desk.says(InboundContent::Unfollow, Decision::Ignore);
    assert_eq!((ticket(&desk).mood, desk.conversation().question), (None, None));
    let rows: Vec<String> =
        desk.messages().iter().map(|message| serde_json::to_string(message).unwrap()).collect();
    assert!(rows.iter().all(|row| !row.contains("mood")), "{rows:?}");
}

fn opened(number: usize, opened_ms: i64, words: &str) -> Notice {
    let mut notice = notice(number, opened_ms);
    notice.ticket.mood = read(words, None).map(Box::new);
    if notice.ticket.mood.as_ref().is_some_and(|mood| mood.shows(Aspect::Urgency)) {
        notice.ticket.urgency = Urgency::High;
    }
    notice
}

/// In which order one agent with room for one is given these.
fn order(notices: Vec<Notice>) -> Vec<String> {
    let mut floor = Floor::default();
    for notice in &notices {
        floor.handle(Input::Notice(notice.clone()), NOW);
    }
    floor.handle(Input::Online(staff("lin", Role::Agent, "sales", 1)), NOW);
    let mut order = Vec::new();
    while let Some(id) = held(&floor) {
        let mut done = notices.iter().find(|notice| notice.ticket.id == id).unwrap().clone();
        (done.rev, done.ticket.closed) = (done.rev + 1, true);
        floor.handle(Input::Notice(done), NOW);
        order.push(id.0);
    }
    order
}

fn held(floor: &Floor) -> Option<TicketId> {
    floor
        .tickets
        .values()
        .find(|ticket| ticket.state == TicketState::Assigned)
        .map(|ticket| ticket.id.clone())
}

#[test]
fn what_presses_has_a_head_start_and_nobody_starves() {
    let (urgent, angry) = (HEAD_START_URGENT_MS, HEAD_START_ANGRY_MS);
    let waiting = [
        opened(1, 0, "怎么开发票"),
        opened(2, angry - 1, "忍无可忍"),
        opened(3, angry + 1, "气死我了"),
        opened(4, urgent - 2, "漏电了"),
        opened(5, urgent + 1, "冒烟了"),
        opened(6, urgent + angry - 3, "漏电了，忍无可忍"),
        opened(7, 2, "傻逼"),
    ];
    let mut abusive = waiting[6].clone();
    abusive.ticket.mood.as_mut().unwrap().anger = shunda::knowledge::proposal::Score::default();
    let waiting: Vec<Notice> = waiting[..6].iter().cloned().chain([abusive]).collect();
    // Places: 6 at -3, 4 at -2, 2 at -1, then 1 at 0, 3 and 5 at 1, and abuse alone where it was opened, at 2.
    assert_eq!(order(waiting), ["t6", "t4", "t2", "t1", "t3", "t5", "t7"]);
}

#[test]
fn a_ticket_that_begins_to_press_moves_forward_and_says_why() {
    let (first, second) = (opened(1, 0, ""), opened(2, 10, ""));
    let mut floor = Floor::default();
    for notice in [&first, &second] {
        floor.handle(Input::Notice(notice.clone()), NOW);
    }
    let mut pressing = opened(2, 10, "漏电了");
    pressing.rev = second.rev + 1;
    floor.handle(Input::Notice(pressing), NOW);
    let wu = staff("wu", Role::Supervisor, "none", 1);
    let view = floor.snapshot_for(&wu).tickets.into_iter().find(|ticket| ticket.id.0 == "t2").unwrap();
    assert_eq!(view.head_start_ms, HEAD_START_URGENT_MS);
    assert_eq!(found(&view.mood.unwrap()), ["漏电"]);
    floor.handle(Input::Online(staff("lin", Role::Agent, "sales", 1)), NOW);
    assert_eq!(held(&floor), Some(TicketId("t2".into())));
}
