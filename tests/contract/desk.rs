//! What the desk stores, as literal JSON: a change of format is a decision, since rows outlive a deployment.
//! Each text is read by the present types and must be written by them as it was.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shunda::desk::conversation::Conversation;
use shunda::desk::floor::{Agent, FloorTicket};
use shunda::desk::message::Body;
use shunda::desk::outbox::Outbox;
use shunda::desk::ticket::Notice;

fn holds<T: DeserializeOwned + Serialize>(stored: Value) -> T {
    let read: T = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), stored);
    read
}

fn ticket() -> Value {
    json!({
        "id": "0102030405060708", "question": "漏电了怎么办", "urgency": "high", "skill_group": "after_sales",
        "opened_at": 1, "epoch": 2, "staff": "lin", "waiting_since": 3, "unanswered": 4, "trouble": true,
        "closed": false
    })
}

fn evidence() -> Value {
    json!({
        "source": "entry", "entry": "e12", "question": "保修多久", "matched": "保修几年", "score": 0.81,
        "threshold": 0.6, "version": 3
    })
}

#[test]
fn a_conversations_row() {
    let stored = json!({
        "id": { "channel": "main", "customer": "o1" },
        "ticket": ticket(),
        "window": {
            "message": { "opened_at": 5, "left": 4, "of": 5 }, "event": { "opened_at": 0, "left": 0, "of": 3 }
        },
        "last_seq": 9, "last_inbound_seq": 8, "misses": 1, "rev": 7,
        "question": { "text": "漏电了怎么办", "urgency": "high", "skill_group": "after_sales" }
    });
    holds::<Conversation>(stored.clone());
    let mut without = stored;
    without["ticket"] = Value::Null;
    without["question"] = Value::Null;
    holds::<Conversation>(without.clone());
    // A row of before grants kept how many they began with.
    without["window"] =
        json!({ "message": { "opened_at": 5, "left": 4 }, "event": { "opened_at": 0, "left": 0 } });
    assert!(serde_json::from_value::<Conversation>(without).is_ok());
}

#[test]
fn a_conversation_that_is_about_something() {
    let stored = json!({
        "id": { "channel": "main", "customer": "o1" }, "ticket": null, "last_seq": 9, "last_inbound_seq": 8,
        "window": {
            "message": { "opened_at": 5, "left": 4, "of": 5 }, "event": { "opened_at": 0, "left": 0, "of": 3 }
        },
        "misses": 0, "rev": 0, "question": null,
        "dialogue": {
            "topic": { "products": ["破壁机 P10"], "about": "漏水", "options": ["破壁机 P10/3", "养生壶 H2/4"] },
            "revision": 8, "expires_at": 600005, "turns": 4
        }
    });
    holds::<Conversation>(stored.clone());
    let mut nothing_much = stored;
    nothing_much["dialogue"]["topic"] = json!({});
    holds::<Conversation>(nothing_much);
}

#[test]
fn a_customers_message() {
    let text = json!({ "kind": "text", "text": "保修" });
    let answer = json!({ "text": "一年", "evidence": evidence() });
    holds::<Body>(json!({ "author": "customer", "content": text, "carrier": "passive", "answer": answer }));
    holds::<Body>(
        json!({ "author": "customer", "content": text, "carrier": "passive", "answer": { "text": "您好" } }),
    );
    for carrier in ["customer_message", "ticket", "none"] {
        holds::<Body>(json!({ "author": "customer", "content": text, "carrier": carrier }));
    }
}

#[test]
fn every_kind_of_content() {
    for content in [
        json!({ "kind": "text", "text": "1", "menu_id": "m1" }),
        json!({ "kind": "image", "media_id": "m", "url": "u" }),
        json!({ "kind": "voice", "media_id": "m", "format": "amr" }),
        json!({ "kind": "voice", "media_id": "m", "format": "amr", "recognition": "你好" }),
        json!({ "kind": "video", "media_id": "m", "thumb_media_id": "t" }),
        json!({ "kind": "location", "latitude": "23.1", "longitude": "113.3", "label": "广州" }),
        json!({ "kind": "link", "title": "t", "description": "d", "url": "u" }),
        json!({ "kind": "file", "title": "t", "size_bytes": "12" }),
        json!({ "kind": "mini_program_page", "title": "t", "appid": "a", "page_path": "p" }),
        json!({ "kind": "follow", "scene": "s" }),
        json!({ "kind": "follow" }),
        json!({ "kind": "unfollow" }),
        json!({ "kind": "scan", "scene": "s" }),
        json!({ "kind": "menu_click", "key": "k" }),
        json!({ "kind": "notice", "event": "view", "detail": "d" }),
        json!({ "kind": "unsupported", "message_type": "x" }),
    ] {
        holds::<Body>(json!({ "author": "customer", "content": content, "carrier": "none" }));
    }
}

#[test]
fn a_bots_and_an_agents_message() {
    let text = json!({ "kind": "text", "text": "一年" });
    holds::<Body>(json!({
        "author": "bot", "content": text, "evidence": evidence(), "status": "queued",
        "slot": { "message": 5, "event": 6 }
    }));
    for (status, reason) in [
        ("delivered", None),
        ("failed", Some("window_closed")),
        ("failed", Some("quota_used")),
        ("failed", Some("unreachable")),
        ("failed", Some("content")),
        ("failed", Some("account")),
        ("failed", Some("gave_up")),
        ("uncertain", Some("no_answer")),
        ("uncertain", Some("interrupted")),
    ] {
        let mut stored = json!({
            "author": "agent", "staff": "lin", "content": text, "client_id": "c1", "resend_of": 4,
            "status": status, "slot": { "message": 5 }
        });
        if let Some(reason) = reason {
            stored["reason"] = reason.into();
        }
        holds::<Body>(stored);
    }
}

#[test]
fn an_outboxs_row() {
    let send = json!({ "seq": 9, "attempt": 2, "due_at": 10, "attempting": "i1", "failed_token": 3 });
    let tell = json!({ "attempt": 1, "due_at": 11 });
    holds::<Outbox>(json!({ "send": send, "tell": tell, "unsettled": 2 }));
    holds::<Outbox>(json!({ "send": { "seq": 9, "attempt": 0, "due_at": 10 }, "unsettled": 1 }));
    holds::<Outbox>(json!({ "tell": tell }));
    // Written before messages were counted.
    let old: Outbox = serde_json::from_value(json!({ "send": send })).unwrap();
    assert_eq!(old.unsettled, 0);
}

#[test]
fn the_floors_rows() {
    for state in ["waiting", "assigned", "resolved"] {
        holds::<FloorTicket>(json!({
            "id": "0102030405060708", "conversation": { "channel": "main", "customer": "o1" }, "rev": 7,
            "question": "漏电了怎么办", "urgency": "normal", "skill_group": "after_sales", "state": state,
            "agent": "lin", "epoch": 2, "leased": true, "opened_at": 1, "assigned_at": 2, "resolved_at": null,
            "waiting_since": 3, "unanswered": 4, "last_seq": 9, "trouble": true, "updated_seq": 12
        }));
    }
    holds::<Agent>(json!({
        "staff": {
            "id": "lin", "login": "lin", "name": "林晓", "role": "agent", "skill_groups": ["after_sales"], "cap": 5
        },
        "online": true, "updated_seq": 12
    }));
}

#[test]
fn what_a_conversation_tells_the_floor() {
    holds::<Notice>(json!({
        "conversation": { "channel": "main", "customer": "o1" }, "rev": 7, "last_seq": 9, "ticket": ticket()
    }));
}
