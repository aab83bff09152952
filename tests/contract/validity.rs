//! An entry answers on its days, on its channels, while it is on; its keywords favour it.

use serde_json::{Value, json};
use shunda::base::message::InboundContent;
use shunda::base::time::{DAY_MS, HOUR_MS, TimeMs};
use shunda::knowledge::answer::Answerer;
use shunda::knowledge::channel_hours;
use shunda::knowledge::circumstances::Circumstances;
use shunda::knowledge::document::parse;
use shunda::knowledge::hours::Date;
use shunda::knowledge::proposal::{Decision, Proposal};

const ANSWER: &str = "双十一满 300 减 50。";

/// The seed with one more entry of these fields.
fn answerer(more: Value) -> Answerer {
    let mut document: Value = serde_json::from_str(include_str!("../../kv-seed/knowledge.json")).unwrap();
    let mut entry = json!({ "id": "festival", "question": "双十一有什么活动", "answer": ANSWER });
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    document["entries"].as_array_mut().unwrap().push(entry);
    Answerer::new(parse(document.to_string().as_bytes()).unwrap(), 1)
}

/// An hour on the company's clock, eight hours east.
fn at(date: &str, hour: i64) -> TimeMs {
    TimeMs(Date(date.to_owned()).epoch_day().unwrap() * DAY_MS + (hour - 8) * HOUR_MS)
}

fn asked(answerer: &Answerer, text: &str, channel: &str, now: TimeMs) -> Proposal {
    let content = InboundContent::Text { text: text.to_owned(), menu_id: None };
    answerer.propose(&content, &Circumstances { channel: &channel.into(), hours: None }, now)
}

fn is_answered(proposal: &Proposal) -> bool {
    matches!(&proposal.decision, Decision::Answer { text, .. } if text == ANSWER)
}

/// Whether its id occurs in what is proposed, as an answer or as something to tap.
fn is_offered(proposal: &Proposal) -> bool {
    format!("{proposal:?}").contains("festival")
}

#[test]
fn an_entry_answers_from_its_first_day_to_its_last_by_the_companys_clock() {
    let answerer = answerer(json!({ "valid_from": "2026-11-01", "valid_to": "2026-11-11" }));
    for (date, hour, valid) in [
        ("2026-10-31", 23, false),
        ("2026-11-01", 0, true),
        ("2026-11-11", 23, true),
        ("2026-11-12", 0, false),
    ] {
        for text in ["双十一有什么活动", "双十一活动"] {
            let proposal = asked(&answerer, text, "main", at(date, hour));
            assert_eq!(is_offered(&proposal), valid, "{text} on {date} at {hour}");
        }
        assert_eq!(is_answered(&asked(&answerer, "双十一有什么活动", "main", at(date, hour))), valid);
    }
}

#[test]
fn a_channel_with_a_clock_of_its_own_does_not_move_the_days() {
    let answerer = answerer(json!({ "valid_from": "2026-11-01" }));
    let hours = br#"{"weekly":{},"utc_offset_minutes":-480}"#;
    let hours = channel_hours::parse(hours).unwrap();
    let content = InboundContent::Text { text: "双十一有什么活动".to_owned(), menu_id: None };
    let circumstances = Circumstances { channel: &"main".into(), hours: Some(&hours) };
    assert!(is_answered(&answerer.propose(&content, &circumstances, at("2026-11-01", 0))));
    assert!(!is_offered(&answerer.propose(&content, &circumstances, at("2026-10-31", 23))));
}

#[test]
fn an_entry_answers_on_its_channels_only() {
    let answerer = answerer(json!({ "channels": ["main", "shop"] }));
    let now = at("2026-11-05", 10);
    assert!(is_answered(&asked(&answerer, "双十一有什么活动", "shop", now)));
    assert!(!is_offered(&asked(&answerer, "双十一有什么活动", "app", now)));
}

#[test]
fn an_entry_that_is_off_is_kept_and_not_used() {
    let off = answerer(json!({ "status": "off" }));
    assert!(!is_offered(&asked(&off, "双十一有什么活动", "main", at("2026-11-05", 10))));
    let on = answerer(json!({ "status": "active" }));
    assert!(is_answered(&asked(&on, "双十一有什么活动", "main", at("2026-11-05", 10))));
}

#[test]
fn a_tap_on_what_is_no_longer_valid_is_read_as_its_words() {
    let answerer = answerer(json!({ "valid_to": "2026-11-11", "channels": ["main"] }));
    let tap = |channel: &str, now: TimeMs| {
        let content = InboundContent::Text {
            text: "怎么取消订单".to_owned(),
            menu_id: Some("festival".to_owned()),
        };
        answerer.propose(&content, &Circumstances { channel: &channel.into(), hours: None }, now)
    };
    assert!(is_answered(&tap("main", at("2026-11-11", 23))));
    for late_or_elsewhere in [tap("main", at("2026-11-12", 0)), tap("app", at("2026-11-11", 23))] {
        assert!(!is_offered(&late_or_elsewhere));
        assert!(
            matches!(late_or_elsewhere.decision, Decision::Answer { .. }),
            "the words are a question of the seed"
        );
    }
    let click = InboundContent::MenuClick { key: "festival".to_owned() };
    let circumstances = Circumstances { channel: &"main".into(), hours: None };
    let late = answerer.propose(&click, &circumstances, at("2026-11-12", 0));
    assert!(matches!(late.decision, Decision::Unsure { .. }));
}

#[test]
fn entries_that_are_over_leave_room_for_those_that_hold() {
    // More of them than are ever looked at, and nearer than the one that is left.
    let mut document: Value = serde_json::from_str(include_str!("../../kv-seed/knowledge.json")).unwrap();
    let entries = document["entries"].as_array_mut().unwrap();
    for year in 2000..2020 {
        entries.push(
            json!({ "id": format!("y{year}"), "question": "双十一有什么活动", "answer": year.to_string(),
                             "valid_to": format!("{year}-11-11") }),
        );
    }
    entries.push(json!({ "id": "festival", "question": "双十一有什么活动吗今年", "answer": ANSWER }));
    let answerer = Answerer::new(parse(document.to_string().as_bytes()).unwrap(), 1);
    assert!(is_answered(&asked(&answerer, "双十一有什么活动", "main", at("2026-11-05", 10))));
}

#[test]
fn a_keyword_answers_where_it_is_the_message_and_favours_where_it_occurs() {
    let now = at("2026-11-05", 10);
    let without = answerer(json!({}));
    let with = answerer(json!({ "keywords": ["购物节"] }));
    assert!(!is_offered(&asked(&without, "购物节", "main", now)));
    assert!(is_answered(&asked(&with, "购物节", "main", now)));
    assert!(!is_offered(&asked(&without, "购物节便宜吗", "main", now)));
    assert!(is_offered(&asked(&with, "购物节便宜吗", "main", now)));
}
