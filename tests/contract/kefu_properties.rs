//! What holds for any page that WeCom may give: what was written is read, nothing damaged harms its neighbours.

use proptest::prelude::{Just, Strategy, any, prop};
use proptest::strategy::Union;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use shunda::base::limits::{CUSTOMER_ID_BYTES_MAX, INBOUND_KEY_BYTES_MAX};
use shunda::base::message::InboundContent;
use shunda::wechat::api::Answer;
use shunda::wechat::kefu::account::{parse_account_list, parse_customer_batchget};
use shunda::wechat::kefu::send::parse_send;
use shunda::wechat::kefu::state::{parse_service_state_get, parse_service_state_trans};
use shunda::wechat::kefu::sync::{Page, parse_sync};

fn check<S: Strategy>(input: S, test: impl Fn(S::Value)) {
    let config = Config { cases: 512, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&input, |value| {
        test(value);
        Ok(())
    });
    outcome.unwrap();
}

fn page(items: &[Value]) -> Value {
    json!({ "errcode": 0, "errmsg": "ok", "next_cursor": "c2", "has_more": 1, "msg_list": items })
}

fn read(value: &Value) -> Page {
    let Answer::Ok(page) = parse_sync(200, value.to_string().as_bytes()) else { panic!("{value}") };
    page
}

/// Any JSON of some depth.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = Union::new([
        Just(Value::Null).boxed(),
        any::<bool>().prop_map(Value::from).boxed(),
        any::<i64>().prop_map(Value::from).boxed(),
        any::<u64>().prop_map(Value::from).boxed(),
        any::<f64>().prop_map(Value::from).boxed(),
        any::<String>().prop_map(Value::from).boxed(),
    ]);
    leaf.prop_recursive(3, 24, 4, |inner| {
        let names = prop::sample::select(vec!["content", "media_id", "event_type", "msgid", "a"]);
        Union::new([
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from).boxed(),
            prop::collection::vec((names, inner), 0..4)
                .prop_map(|fields| {
                    Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
                })
                .boxed(),
        ])
    })
}

/// An item that looks like one of WeCom's, with any value where WeCom has a certain one.
fn damaged_item() -> impl Strategy<Value = Value> {
    let types = prop::sample::select(vec![
        "text",
        "image",
        "voice",
        "video",
        "file",
        "location",
        "link",
        "business_card",
        "miniprogram",
        "msgmenu",
        "merged_msg",
        "channels",
        "event",
    ]);
    let events = prop::sample::select(vec![
        "enter_session",
        "msg_send_fail",
        "servicer_status_change",
        "session_status_change",
        "user_recall_msg",
        "servicer_recall_msg",
        "reject_customer_msg_switch_change",
    ]);
    let names = prop::sample::select(vec![
        "msgid",
        "open_kfid",
        "external_userid",
        "send_time",
        "origin",
        "servicer_userid",
        "msgtype",
    ]);
    let fields = prop::sample::select(vec![
        "content",
        "menu_id",
        "media_id",
        "latitude",
        "longitude",
        "url",
        "appid",
        "scene",
        "scene_param",
        "welcome_code",
        "fail_msgid",
        "fail_type",
        "change_type",
        "recall_msgid",
        "external_userid",
    ]);
    let outer = prop::collection::vec((names, any_json()), 0..3);
    let inner = prop::collection::vec((fields, any_json()), 0..4);
    (types, events, outer, inner).prop_map(|(msgtype, event_type, outer, inner)| {
        let mut object = json!({ "event_type": event_type, "media_id": "m", "content": "c" });
        inner.into_iter().for_each(|(name, value)| object[name] = value);
        let mut item = json!({
            "msgid": "1", "open_kfid": "wk1", "external_userid": "wm1", "send_time": 1, "origin": 3,
            "msgtype": msgtype, msgtype: object,
        });
        outer.into_iter().for_each(|(name, value)| item[name] = value);
        item
    })
}

#[test]
fn what_a_customer_writes_is_read_word_for_word() {
    let texts = prop::collection::vec((any::<String>(), "[0-9a-zA-Z_-]{1,32}", any::<u32>()), 0..20);
    check(texts, |texts| {
        let items: Vec<_> = texts
            .iter()
            .map(|(text, msgid, seconds)| {
                json!({ "msgid": msgid, "open_kfid": "wk1", "external_userid": "wm1", "send_time": seconds,
                    "origin": 3, "msgtype": "text", "text": { "content": text } })
            })
            .collect();
        let page = read(&page(&items));
        assert_eq!(page.messages.len(), texts.len());
        for (message, (text, msgid, seconds)) in page.messages.iter().zip(&texts) {
            let inbound = message.to_inbound(&"kf".into()).unwrap();
            // serde_json writes control characters as escapes, so even those survive.
            assert_eq!(inbound.content, InboundContent::Text { text: text.clone(), menu_id: None });
            assert_eq!(inbound.key.as_str(), format!("k|{msgid}"));
            assert_eq!(inbound.sent_at.secs(), i64::from(*seconds));
        }
    });
}

#[test]
fn numbers_of_places_stay_as_written() {
    check((-90_000_000..=90_000_000_i64, -180_000_000..=180_000_000_i64), |(north, east)| {
        let degrees = |millionths: i64| millionths as f64 / 1e6;
        let item = json!({ "msgid": "1", "external_userid": "wm1", "origin": 3, "msgtype": "location",
            "location": { "latitude": degrees(north), "longitude": degrees(east), "name": "n" } });
        let inbound = read(&page(&[item])).messages[0].to_inbound(&"kf".into()).unwrap();
        let InboundContent::Location { latitude, longitude, label } = inbound.content else { panic!() };
        assert_eq!([latitude.parse(), longitude.parse()], [Ok(degrees(north)), Ok(degrees(east))]);
        assert_eq!(label, "n");
    });
}

#[test]
fn a_damaged_item_never_costs_its_neighbours() {
    let damaged = prop::collection::vec(Union::new([damaged_item().boxed(), any_json().boxed()]), 0..6);
    check((damaged, any::<prop::sample::Index>()), |(mut items, at)| {
        let good = json!({ "msgid": "good", "external_userid": "wm9", "send_time": 7, "origin": 3,
            "msgtype": "text", "text": { "content": "在吗" } });
        let at = at.index(items.len() + 1);
        items.insert(at, good);
        let page = read(&page(&items));
        assert_eq!(
            (page.messages.len(), page.has_more, page.next_cursor.as_deref()),
            (items.len(), true, Some("c2"))
        );
        let inbound = page.messages[at].to_inbound(&"kf".into()).unwrap();
        assert_eq!(inbound.content, InboundContent::Text { text: "在吗".to_owned(), menu_id: None });
        for message in &page.messages {
            assert!(message.key.as_str().len() <= INBOUND_KEY_BYTES_MAX);
            let inbound = message.to_inbound(&"kf".into());
            assert!(
                inbound.is_none_or(
                    |inbound| inbound.conversation.customer.as_str().len() <= CUSTOMER_ID_BYTES_MAX
                )
            );
        }
    });
}

#[test]
fn nothing_panics_on_a_mutilated_answer() {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 0..6);
    check((damaged_item(), edits, any::<u16>(), any::<bool>()), |(item, edits, status, repeated)| {
        let mut body = page(&[item]).to_string().into_bytes();
        for (at, byte, edit) in edits {
            let at = at.index(body.len().max(1));
            match edit {
                0 if at < body.len() => body[at] = byte,
                1 => body.truncate(at.max(1)),
                _ => body.insert(at.min(body.len()), b'\\'),
            }
        }
        for status in [200, status] {
            let _ = (parse_sync(status, &body), parse_send(status, &body, repeated));
            let _ = (parse_account_list(status, &body), parse_customer_batchget(status, &body));
            let _ = (parse_service_state_get(status, &body), parse_service_state_trans(status, &body));
        }
    });
}
