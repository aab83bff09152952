//! A sample of every message and event that WeCom's customer service gives, and pages as they may come.

use serde_json::{Value, json};
use shunda::base::limits::{INBOUND_KEY_BYTES_MAX, KEFU_ANSWER_BYTES_MAX, KEFU_PAGE_MESSAGES_MAX};
use shunda::base::message::{Inbound, InboundContent as Content, NeverReason};
use shunda::base::time::TimeMs;
use shunda::wechat::api::{Answer, Host};
use shunda::wechat::kefu::event::Event;
use shunda::wechat::kefu::message::{Body, SyncedMessage};
use shunda::wechat::kefu::sync::{Page, STALE_PULL_TOKEN, parse_sync, sync_msg};
use shunda::wechat::secret::Secret;

fn page_of(value: &Value) -> Page {
    let Answer::Ok(page) = parse_sync(200, value.to_string().as_bytes()) else { panic!("{value}") };
    page
}

fn synced(item: Value) -> SyncedMessage {
    let answer =
        json!({ "errcode": 0, "errmsg": "ok", "next_cursor": "c2", "has_more": 0, "msg_list": [item] });
    page_of(&answer).messages.remove(0)
}

fn inbound(item: Value) -> Option<Inbound> {
    synced(item).to_inbound(&"kf".into())
}

/// A message with ids beside its object, as WeCom gives them.
fn message(origin: u8, msgtype: &str, object: Value) -> Value {
    let mut item = json!({
        "msgid": "4fA1oQjV5p2xN9", "open_kfid": "wk1", "external_userid": "wm1", "send_time": 1_615_478_585,
        "origin": origin, "msgtype": msgtype, msgtype: object,
    });
    if origin == 5 {
        item["servicer_userid"] = "zhangsan".into();
    }
    item
}

fn content(msgtype: &str, object: Value) -> Content {
    let inbound = inbound(message(3, msgtype, object)).unwrap();
    assert_eq!(inbound.conversation.key(), "kf/wm1");
    assert_eq!(inbound.key.as_str(), "k|4fA1oQjV5p2xN9");
    assert_eq!(inbound.sent_at, TimeMs::from_secs(1_615_478_585));
    inbound.content
}

/// An event with its ids inside of it, as WeCom gives them.
fn event_item(event_type: &str, fields: Value) -> Value {
    let mut event = json!({ "event_type": event_type, "open_kfid": "wk1", "external_userid": "wm1" });
    event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({ "msgid": "e1", "send_time": 1_615_478_585, "origin": 4, "msgtype": "event", "event": event })
}

fn event(event_type: &str, fields: Value) -> (Event, Content) {
    let message = synced(event_item(event_type, fields));
    let inbound = message.to_inbound(&"kf".into()).unwrap();
    assert_eq!((inbound.conversation.key().as_str(), inbound.key.as_str()), ("kf/wm1", "k|e1"));
    assert_eq!(message.open_kfid, "wk1");
    let Body::Event(event) = message.body else { panic!("{message:?}") };
    (event, inbound.content)
}

fn s(text: &str) -> String {
    text.to_owned()
}

fn notice(event: &str, detail: &str) -> Content {
    Content::Notice { event: s(event), detail: s(detail) }
}

fn native(open: bool, agent: &str) -> Content {
    Content::NativeSession { open, agent: s(agent) }
}

#[test]
fn a_pull_asks_for_one_account_from_a_cursor() {
    let token = Secret::new("pull-token");
    let request = sync_msg("wk1", Some("c1"), Some(&token), KEFU_PAGE_MESSAGES_MAX);
    assert_eq!(
        (request.host, request.path, request.needs_token),
        (Host::Wecom, "/cgi-bin/kf/sync_msg", true)
    );
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let expected =
        json!({ "open_kfid": "wk1", "cursor": "c1", "token": "pull-token", "limit": 100, "voice_format": 0 });
    assert_eq!(body, expected);
    assert!(!format!("{request:?}").contains("pull-token"));
    let first: Value = serde_json::from_slice(&sync_msg("wk1", None, None, 1).body).unwrap();
    assert_eq!(first, json!({ "open_kfid": "wk1", "limit": 1, "voice_format": 0 }));
}

#[test]
fn every_message_of_a_customer_is_read() {
    let media = || json!({ "media_id": "M1" });
    let samples = [
        ("text", json!({ "content": " 你好\n" }), Content::Text { text: s(" 你好\n"), menu_id: None }),
        (
            "text",
            json!({ "content": "满意", "menu_id": "101" }),
            Content::Text { text: s("满意"), menu_id: Some(s("101")) },
        ),
        ("image", media(), Content::Image { media_id: s("M1"), url: s("") }),
        ("voice", media(), Content::Voice { media_id: s("M1"), format: s("amr"), recognition: None }),
        ("video", media(), Content::Video { media_id: s("M1"), thumb_media_id: s("") }),
        ("file", media(), Content::File { title: s(""), size_bytes: s(""), media_id: Some(s("M1")) }),
        (
            "location",
            json!({ "latitude": 23.106_021, "longitude": 113.32, "name": "广州国际媒体港", "address": "海珠区" }),
            Content::Location {
                latitude: s("23.106021"),
                longitude: s("113.32"),
                label: s("广州国际媒体港 海珠区"),
            },
        ),
        (
            "link",
            json!({ "title": "T", "desc": "D", "url": "https://a.example/?b=1&c", "pic_url": "P" }),
            Content::Link { title: s("T"), description: s("D"), url: s("https://a.example/?b=1&c") },
        ),
        (
            "miniprogram",
            json!({ "title": "T", "appid": "wx1", "pagepath": "pages/a.html", "thumb_media_id": "M" }),
            Content::MiniProgramPage { title: s("T"), appid: s("wx1"), page_path: s("pages/a.html") },
        ),
    ];
    for (msgtype, object, expected) in samples {
        assert_eq!(content(msgtype, object), expected, "{msgtype}");
    }
}

#[test]
fn what_we_do_not_read_is_unsupported_by_its_type() {
    let samples = [
        ("business_card", json!({ "userid": "zhangsan" })),
        ("msgmenu", json!({ "head_content": "h", "list": [], "tail_content": "t" })),
        ("channels_shop_product", json!({ "product_id": "1", "title": "t" })),
        ("channels_shop_order", json!({ "order_id": "1" })),
        ("merged_msg", json!({ "title": "t", "item": [{ "msg_content": "{\"text\":{}}" }] })),
        ("channels", json!({ "sub_type": 1, "nickname": "n", "title": "t" })),
        ("meeting", json!({})),
        ("schedule", json!(null)),
        ("note", json!([])),
        ("hologram", json!({ "depth": 3 })),
    ];
    for (msgtype, object) in samples {
        assert_eq!(content(msgtype, object), Content::Unsupported { message_type: s(msgtype) });
    }
    let damaged = [
        ("text", json!({})),
        ("text", json!({ "content": ["a"] })),
        ("image", json!({ "media_id": "" })),
        ("location", json!({ "name": "n" })),
        ("link", json!("https://a.example")),
        ("miniprogram", json!(null)),
        ("event", json!({ "scene": "s" })),
    ];
    for (msgtype, object) in damaged {
        assert_eq!(content(msgtype, object), Content::Unsupported { message_type: s(msgtype) });
    }
}

#[test]
fn what_a_person_says_in_the_app_is_seen() {
    let reply = |text: &str| Content::NativeReply { agent: s("zhangsan"), text: s(text) };
    let said = |msgtype, object| inbound(message(5, msgtype, object)).unwrap().content;
    assert_eq!(said("text", json!({ "content": "您好" })), reply("您好"));
    assert_eq!(said("image", json!({ "media_id": "M" })), reply("[image]"));
    assert_eq!(said("msgmenu", json!({ "head_content": "h" })), reply("[msgmenu]"));
    let system = inbound(message(4, "text", json!({ "content": "x" }))).unwrap().content;
    assert_eq!(system, notice("system", "text"));
}

#[test]
fn entering_keeps_where_from_and_the_welcome_code() {
    let enter = |scene: Option<&str>, code: Option<&str>| Content::Enter {
        scene: scene.map(s),
        welcome_code: code.map(s),
    };
    let fields = json!({ "scene": "123", "scene_param": "abc:d", "welcome_code": "aaaaaa",
        "wechat_channels": { "nickname": "n", "scene": 1 } });
    assert_eq!(event("enter_session", fields).1, enter(Some("123:abc:d"), Some("aaaaaa")));
    assert_eq!(
        event("enter_session", json!({ "scene": "123", "welcome_code": "" })).1,
        enter(Some("123"), None)
    );
    assert_eq!(event("enter_session", json!({ "scene_param": "p" })).1, enter(Some(":p"), None));
    assert_eq!(event("enter_session", json!({})).1, enter(None, None));
}

#[test]
fn a_late_failure_says_why() {
    use NeverReason::{Account, Content as Refused, QuotaUsed, Unreachable, WindowClosed};
    let reasons = [
        (0, Account),
        (1, Account),
        (2, Account),
        (4, WindowClosed),
        (5, WindowClosed),
        (6, QuotaUsed),
        (7, Account),
        (8, Account),
        (9, Account),
        (10, Unreachable),
        (11, Account),
        (12, Refused),
        (13, Refused),
        (99, Account),
    ];
    for (fail_type, reason) in reasons {
        let (typed, content) =
            event("msg_send_fail", json!({ "fail_msgid": "out_1", "fail_type": fail_type }));
        assert_eq!(typed, Event::SendFailed { msgid: s("out_1"), fail_type: Some(fail_type) });
        assert_eq!(content, Content::SendFailed { id: s("out_1"), reason }, "{fail_type}");
    }
}

#[test]
fn sessions_of_people_begin_and_end() {
    let change = |change_type: i64| json!({ "change_type": change_type, "old_servicer_userid": "old", "new_servicer_userid": "new" });
    let content = |change_type| event("session_status_change", change(change_type)).1;
    assert_eq!(content(1), native(true, "new"));
    assert_eq!(content(2), native(true, "new"));
    assert_eq!(content(3), native(false, "old"));
    assert_eq!(content(4), native(true, "new"));
    assert_eq!(content(7), notice("session_status_change", "7"));
    let (typed, ended) =
        event("session_status_change", json!({ "change_type": "3", "msg_code": "MSG_CODE" }));
    let expected = Event::SessionStatus {
        change_type: Some(3),
        old_servicer: None,
        new_servicer: None,
        msg_code: Some(s("MSG_CODE")),
    };
    assert_eq!((typed, ended), (expected, native(false, "")));
    let again = event("session_status_change", json!({ "change_type": 4, "old_servicer_userid": "old" })).1;
    assert_eq!(again, native(true, "old"));
}

#[test]
fn a_recall_names_the_message_by_its_key() {
    let (_, recall) = event("user_recall_msg", json!({ "recall_msgid": "4fA1oQjV5p2xN9" }));
    let recalled = inbound(message(3, "text", json!({ "content": "x" }))).unwrap().key;
    assert_eq!(recall, Content::Recall { recalled });
    let (typed, content) =
        event("servicer_recall_msg", json!({ "recall_msgid": "m2", "servicer_userid": "zhangsan" }));
    assert_eq!(typed, Event::ServicerRecall { msgid: s("m2"), servicer: s("zhangsan") });
    assert_eq!(content, notice("servicer_recall_msg", "m2"));
}

#[test]
fn events_about_people_are_about_no_customer() {
    let item = json!({ "msgid": "e1", "send_time": 1, "origin": 4, "msgtype": "event", "event": {
        "event_type": "servicer_status_change", "servicer_userid": "zhangsan", "status": 2, "stop_type": 1,
        "open_kfid": "wk1" } });
    let message = synced(item);
    let typed = Event::ServicerStatus { servicer: s("zhangsan"), status: Some(2), stop_type: Some(1) };
    assert_eq!((&message.body, message.open_kfid.as_str()), (&Body::Event(typed), "wk1"));
    assert_eq!(message.to_inbound(&"kf".into()), None);
    let (typed, content) = event(
        "reject_customer_msg_switch_change",
        json!({ "servicer_userid": "zhangsan", "reject_switch": 1 }),
    );
    assert_eq!(typed, Event::RejectSwitch { servicer: s("zhangsan"), reject_switch: Some(1) });
    assert_eq!(content, notice("reject_customer_msg_switch_change", "1"));
    assert_eq!(event("Brand_New", json!({})).1, notice("brand_new", ""));
}

#[test]
fn a_damaged_item_is_one_item_and_its_neighbours_stay() {
    let good = message(3, "text", json!({ "content": "在吗" }));
    let list = json!([1, null, [], {}, { "msgid": "only" }, good]);
    let page = page_of(&json!({ "errcode": 0, "next_cursor": "c2", "has_more": 1, "msg_list": list }));
    assert_eq!((page.messages.len(), page.has_more, page.next_cursor.as_deref()), (6, true, Some("c2")));
    let other = Body::Other { msgtype: s("") };
    assert!(page.messages[..5].iter().all(|message| message.body == other));
    assert_eq!(page.messages[4].msgid, "only");
    assert!(matches!(&page.messages[5].body, Body::Text { content, .. } if content == "在吗"));
}

#[test]
fn keys_are_stable_and_bounded() {
    let key = |item: Value| synced(item).key;
    let mut item = message(3, "text", json!({ "content": "a" }));
    item["msgid"] = "m".repeat(500).into();
    assert!(key(item.clone()).as_str().len() <= INBOUND_KEY_BYTES_MAX);
    assert_eq!(key(item.clone()), key(item.clone()));
    item["msgid"] = Value::Null;
    let nameless = key(item.clone());
    assert_eq!(nameless, key(item.clone()));
    item["text"]["content"] = "b".into();
    assert_ne!(nameless, key(item.clone()));
    item["msgid"] = 12_345_678_901_234_567_890_u64.into();
    assert_eq!(key(item.clone()).as_str(), "k|12345678901234567890");
    item["external_userid"] = "w".repeat(65).into();
    assert_eq!(inbound(item), None);
}

#[test]
fn a_page_ends_where_its_cursor_ends() {
    let empty = page_of(&json!({ "errcode": 0, "next_cursor": "c2", "has_more": 1, "msg_list": [] }));
    assert_eq!(empty, Page { next_cursor: Some(s("c2")), has_more: true, messages: vec![] });
    let endless = page_of(&json!({ "errcode": 0, "next_cursor": "", "has_more": 1 }));
    assert_eq!(endless, Page { next_cursor: None, has_more: false, messages: vec![] });
    let done = page_of(&json!({ "next_cursor": "c3", "has_more": false, "msg_list": null }));
    assert_eq!(done, Page { next_cursor: Some(s("c3")), has_more: false, messages: vec![] });
}

#[test]
fn one_broken_text_does_not_make_a_page_unreadable() {
    let body = |text: &[u8]| {
        let mut body = br#"{"errcode":0,"next_cursor":"c","has_more":0,"msg_list":[{"msgid":"1","external_userid":"wm1","msgtype":"text","text":{"content":""#.to_vec();
        body.extend(text);
        body.extend(br#""}}]}"#);
        body
    };
    let text = |bytes: &[u8]| {
        let Answer::Ok(page) = parse_sync(200, &body(bytes)) else { panic!("{bytes:?}") };
        let Body::Text { content, .. } = page.messages[0].body.clone() else { panic!("{page:?}") };
        content
    };
    assert_eq!(text(br"a\ud83d\ude00b"), "a😀b");
    assert_eq!(text(br"a\ud83d"), "a\u{FFFD}");
    assert_eq!(text(br"\ude00\ud83d\u4f60\ud83dx\uD83D\n"), "\u{FFFD}\u{FFFD}你\u{FFFD}x\u{FFFD}\n");
    assert_eq!(text(br#"\\ud83d \" \/ \\"#), "\\ud83d \" / \\");
    assert_eq!(text(b"cut \xf0\x9f\x98"), "cut \u{FFFD}");
    assert_eq!(text(b"a\x1db\x00"), "a b ");
}

#[test]
fn what_is_no_page_says_nothing_or_why() {
    let refused = |errcode: i64| json!({ "errcode": errcode, "errmsg": "e" }).to_string();
    for errcode in [STALE_PULL_TOKEN, -1, 45_009, 42_001] {
        assert_eq!(parse_sync(200, refused(errcode).as_bytes()), Answer::Refused { errcode });
    }
    for body in ["", "<html>", "[]", "null", r#"{"errcode":0"#, r#"{"errcode":0,"msg_list":{"a":1}}"#, "\\"] {
        assert_eq!(parse_sync(200, body.as_bytes()), Answer::Unknown, "{body}");
    }
    assert_eq!(parse_sync(502, b"{}"), Answer::Unknown);
    let mut long = vec![b' '; KEFU_ANSWER_BYTES_MAX - 1];
    long.extend(b"{}");
    assert_eq!(parse_sync(200, &long), Answer::Unknown);
    assert!(matches!(parse_sync(200, &long[1..]), Answer::Ok(_)));
}
