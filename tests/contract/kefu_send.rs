//! What we ask WeCom's customer service for, as documented, and what its answers mean.

use serde_json::{Value, json};
use shunda::base::id::CustomerId;
use shunda::base::message::{MediaKind, MenuItem, NeverReason, OutboundContent, SendVerdict};
use shunda::wechat::api::{Answer, ApiRequest, Host, Method, parse_token};
use shunda::wechat::customer_message::ContentError;
use shunda::wechat::kefu::account::{
    Customers, KefuAccount, account_list, customer_batchget, gettoken, parse_account_list,
    parse_customer_batchget,
};
use shunda::wechat::kefu::send::{SendKey, parse_send, send_msg, send_msg_on_event};
use shunda::wechat::kefu::state::{
    ILLEGAL_TRANSITION, ServiceState, Session, Transition, parse_service_state_get,
    parse_service_state_trans, service_state_get, service_state_trans,
};
use shunda::wechat::kefu::verdict;
use shunda::wechat::secret::Secret;

fn s(text: &str) -> String {
    text.to_owned()
}

fn key() -> SendKey {
    SendKey::parse("msg_1-A").unwrap()
}

fn text(text: &str) -> OutboundContent {
    OutboundContent::Text { text: s(text) }
}

fn menu(head: &str, items: usize, item: &str, tail: &str) -> OutboundContent {
    let items = (0..items).map(|id| MenuItem { id: id.to_string(), text: s(item) }).collect();
    OutboundContent::Menu { head: s(head), items, tail: s(tail) }
}

fn link(title: &str, description: &str, url: &str) -> OutboundContent {
    OutboundContent::Link {
        title: s(title),
        description: s(description),
        url: s(url),
        thumb: Some("k".into()),
    }
}

fn card(title: &str) -> OutboundContent {
    OutboundContent::MiniProgramPage {
        title: s(title),
        appid: s("wx1"),
        page_path: s("pages/a.html"),
        thumb: "k".into(),
    }
}

fn sent(content: &OutboundContent, media_id: Option<&str>) -> Result<Value, ContentError> {
    let request = send_msg("wk1", &"wm1".into(), &key(), content, media_id)?;
    assert_eq!(posted(&request), "/cgi-bin/kf/send_msg");
    let mut body: Value = serde_json::from_slice(&request.body).unwrap();
    for (name, value) in [("touser", "wm1"), ("open_kfid", "wk1"), ("msgid", "msg_1-A")] {
        assert_eq!(body.as_object_mut().unwrap().remove(name), Some(value.into()));
    }
    Ok(body)
}

/// The path of a request that posts to WeCom with a token.
fn posted(request: &ApiRequest) -> &'static str {
    assert_eq!((request.host, request.method, request.needs_token), (Host::Wecom, Method::Post, true));
    assert_eq!(request.query, "");
    request.path
}

#[test]
fn the_token_is_asked_for_without_showing_the_secret() {
    let request = gettoken("ww1", &Secret::new("s&cr=t"));
    assert_eq!((request.host, request.method, request.needs_token), (Host::Wecom, Method::Get, false));
    assert_eq!(request.path, "/cgi-bin/gettoken");
    assert_eq!(request.query, "corpid=ww1&corpsecret=s%26cr%3Dt");
    assert_eq!(format!("{request:?}"), "ApiRequest(Get /cgi-bin/gettoken)");
    let answer = br#"{"errcode":0,"errmsg":"ok","access_token":"acc","expires_in":7200}"#;
    let Answer::Ok(grant) = parse_token(200, answer) else { panic!() };
    assert_eq!((grant.access_token.expose(), grant.expires_in), ("acc", 7200));
}

#[test]
fn a_send_key_is_what_wecom_takes() {
    for good in ["a", "0-9_Z", &"k".repeat(32)] {
        assert_eq!(SendKey::parse(good).unwrap().as_str(), good);
    }
    for bad in ["", &"k".repeat(33), "a b", "a.b", "你", "a\n"] {
        assert_eq!(SendKey::parse(bad), None, "{bad:?}");
    }
}

#[test]
fn every_message_is_as_documented() {
    assert_eq!(sent(&text("好\n"), None), Ok(json!({ "msgtype": "text", "text": { "content": "好\n" } })));
    let kinds = [
        (MediaKind::Image, "image"),
        (MediaKind::Voice, "voice"),
        (MediaKind::Video, "video"),
        (MediaKind::File, "file"),
    ];
    for (media, msgtype) in kinds {
        let content = OutboundContent::Media { media, key: "k".into(), name: s("n") };
        let expected = json!({ "msgtype": msgtype, msgtype: { "media_id": "M1" } });
        assert_eq!(sent(&content, Some("M1")), Ok(expected));
        for missing in [None, Some("")] {
            assert_eq!(sent(&content, missing), Err(ContentError::NotUploaded));
        }
    }
    let click = |id: &str| json!({ "type": "click", "click": { "id": id, "content": "是" } });
    assert_eq!(
        sent(&menu("满意吗", 2, "是", "谢谢"), None),
        Ok(json!({ "msgtype": "msgmenu", "msgmenu": {
            "head_content": "满意吗", "list": [click("0"), click("1")], "tail_content": "谢谢" } }))
    );
    assert_eq!(
        sent(&menu("", 1, "是", " "), None),
        Ok(json!({ "msgtype": "msgmenu", "msgmenu": { "list": [click("0")] } }))
    );
    assert_eq!(
        sent(&link("T", "", "https://a.example"), Some("M1")),
        Ok(json!({ "msgtype": "link", "link": {
            "title": "T", "desc": "", "url": "https://a.example", "thumb_media_id": "M1" } }))
    );
    assert_eq!(
        sent(&card("T"), Some("M1")),
        Ok(json!({ "msgtype": "miniprogram", "miniprogram": {
            "appid": "wx1", "title": "T", "thumb_media_id": "M1", "pagepath": "pages/a.html" } }))
    );
}

#[test]
fn text_travels_as_plain_utf8() {
    let request = send_msg("wk1", &"wm1".into(), &key(), &text("你好😀\u{1D}<\u{2028}"), None).unwrap();
    let body = String::from_utf8(request.body.clone()).unwrap();
    assert!(body.contains("你好😀<\u{2028}") && !body.contains("\\u"), "{body}");
    assert_eq!(format!("{request:?}"), "ApiRequest(Post /cgi-bin/kf/send_msg)");
}

#[test]
fn sizes_are_wecoms() {
    let too_long = |part, bytes, bytes_max| Err(ContentError::TooLong { part, bytes, bytes_max });
    let a = |count: usize| "a".repeat(count);
    let cases = [
        (text(&a(2_048)), text(&a(2_049)), too_long("text", 2_049, 2_048)),
        (menu(&a(1_024), 1, "x", ""), menu(&a(1_025), 1, "x", ""), too_long("head", 1_025, 1_024)),
        (menu("", 1, "x", &a(1_024)), menu("", 1, "x", &a(1_025)), too_long("tail", 1_025, 1_024)),
        (menu("h", 1, &a(128), ""), menu("h", 1, &a(129), ""), too_long("choice", 129, 128)),
        (link(&a(128), "", "u"), link(&a(129), "", "u"), too_long("title", 129, 128)),
        (link("T", &a(512), "u"), link("T", &a(513), "u"), too_long("description", 513, 512)),
        (link("T", "", &a(2_048)), link("T", "", &a(2_049)), too_long("address", 2_049, 2_048)),
        (menu("h", 10, "x", ""), menu("h", 11, "x", ""), Err(ContentError::Choices { count: 11 })),
        (menu("h", 1, "x", ""), menu("h", 0, "x", ""), Err(ContentError::Choices { count: 0 })),
        (text("x"), text(" \u{1D}\n"), Err(ContentError::Blank)),
        (link("T", "", "u"), link("", "", "u"), Err(ContentError::Blank)),
        (menu("h", 1, "x", ""), menu("h", 1, " ", ""), Err(ContentError::Blank)),
    ];
    for (fits, does_not, error) in cases {
        assert!(sent(&fits, Some("M1")).is_ok(), "{fits:?}");
        assert_eq!(sent(&does_not, Some("M1")), error);
    }
    let id = |bytes| OutboundContent::Menu {
        head: s("h"),
        items: vec![MenuItem { id: a(bytes), text: s("x") }],
        tail: s(""),
    };
    assert!(sent(&id(64), None).is_ok());
    assert_eq!(sent(&id(65), None), too_long("choice's id", 65, 64));
    let cut = sent(&card(&"好".repeat(22)), Some("M1")).unwrap();
    assert_eq!(cut["miniprogram"]["title"], "好".repeat(21));
    let notice = OutboundContent::Notice { template: s("t"), values: Default::default(), page: None };
    assert_eq!(sent(&notice, None), Err(ContentError::Kind));
}

#[test]
fn an_events_code_carries_words_or_a_menu() {
    let sent = |content: &OutboundContent| {
        let request = send_msg_on_event("CODE", &key(), content)?;
        assert_eq!(posted(&request), "/cgi-bin/kf/send_msg_on_event");
        Ok(serde_json::from_slice::<Value>(&request.body).unwrap())
    };
    let expected =
        json!({ "code": "CODE", "msgid": "msg_1-A", "msgtype": "text", "text": { "content": "欢迎" } });
    assert_eq!(sent(&text("欢迎")), Ok(expected));
    assert_eq!(sent(&menu("h", 1, "x", "")).unwrap()["msgtype"], "msgmenu");
    assert_eq!(sent(&link("T", "", "u")), Err(ContentError::Kind));
    assert_eq!(sent(&card("T")), Err(ContentError::Kind));
}

#[test]
fn every_documented_code_has_its_verdict() {
    use NeverReason::{Account, Content, NativeSession, QuotaUsed, Unreachable, WindowClosed};
    assert_eq!(verdict(0), SendVerdict::Delivered);
    for errcode in [40_001, 40_014, 42_001] {
        assert_eq!(verdict(errcode), SendVerdict::RefreshToken { errcode });
    }
    for errcode in [-1, 45_009, 45_033] {
        assert_eq!(verdict(errcode), SendVerdict::Later { errcode });
    }
    assert_eq!(verdict(40_007), SendVerdict::StaleMedia { errcode: 40_007 });
    let never: [(NeverReason, &[i64]); 6] = [
        (QuotaUsed, &[95_001]),
        (WindowClosed, &[95_002, 95_013]),
        (NativeSession, &[95_016, 95_018]),
        (Unreachable, &[40_096]),
        (Content, &[40_008, 44_004, 45_002, 95_008, 95_009, 95_022]),
        (
            Account,
            &[
                40_201, 48_002, 60_020, 60_030, 81_013, 95_000, 95_003, 95_004, 95_005, 95_006, 95_007,
                95_011, 95_012, 95_014, 95_015, 95_017, 95_019, 95_023, 95_026, 95_027, 123_456,
            ],
        ),
    ];
    for (reason, codes) in never {
        for errcode in codes.iter().copied() {
            assert_eq!(verdict(errcode), SendVerdict::Never { errcode, reason });
        }
    }
}

#[test]
fn a_repeated_key_is_judged_as_a_repetition() {
    let answer = |errcode: i64| json!({ "errcode": errcode, "errmsg": "e", "msgid": "m" }).to_string();
    let first = |errcode| parse_send(200, answer(errcode).as_bytes(), false);
    let again = |errcode| parse_send(200, answer(errcode).as_bytes(), true);
    assert_eq!((first(0), again(0)), (SendVerdict::Delivered, SendVerdict::Delivered));
    // A code that no document explains: the refusal of the repetition.
    assert_eq!(first(95_099), SendVerdict::Never { errcode: 95_099, reason: NeverReason::Account });
    assert_eq!(again(95_099), SendVerdict::Delivered);
    // The first attempt may have taken the last place.
    assert_eq!(first(95_001), SendVerdict::Never { errcode: 95_001, reason: NeverReason::QuotaUsed });
    for errcode in [95_001, 95_002, 95_013, 95_018, 60_020, 40_096] {
        assert_eq!(again(errcode), SendVerdict::Unknown, "{errcode}");
    }
    // What says how to go on, or that such a message is never taken, says it of both attempts.
    for errcode in [40_014, 42_001, -1, 45_009, 45_033, 40_007, 45_002, 95_008] {
        assert_eq!(again(errcode), first(errcode), "{errcode}");
    }
    for repeated in [false, true] {
        for body in ["", "<html>502</html>", "[]", r#"{"errcode":0"#] {
            assert_eq!(parse_send(200, body.as_bytes(), repeated), SendVerdict::Unknown);
        }
        assert_eq!(parse_send(502, b"{}", repeated), SendVerdict::Unknown);
    }
}

#[test]
fn only_the_first_two_states_take_messages() {
    let states: Vec<_> = (0..=4).map(|code| ServiceState::from_code(code).unwrap()).collect();
    for (code, state) in states.iter().enumerate() {
        assert_eq!((state.code(), state.may_send()), (code as i64, code < 2));
    }
    assert_eq!([ServiceState::from_code(5), ServiceState::from_code(-1)], [None, None]);
}

#[test]
fn a_sessions_state_is_read_and_changed() {
    let customer = CustomerId::from("wm1");
    let request = service_state_get("wk1", &customer);
    assert_eq!(posted(&request), "/cgi-bin/kf/service_state/get");
    assert_eq!(request.body, br#"{"external_userid":"wm1","open_kfid":"wk1"}"#);
    let read = |value: Value| parse_service_state_get(200, value.to_string().as_bytes());
    let session = |state, servicer: Option<&str>| Answer::Ok(Session { state, servicer: servicer.map(s) });
    let with = read(json!({ "errcode": 0, "service_state": 3, "servicer_userid": "zhangsan" }));
    assert_eq!(with, session(ServiceState::Agent, Some("zhangsan")));
    let without = read(json!({ "errcode": 0, "service_state": 1, "servicer_userid": "zhangsan" }));
    assert_eq!(without, session(ServiceState::Bot, None));
    for value in [json!({ "errcode": 0 }), json!({ "errcode": 0, "service_state": 9 })] {
        assert_eq!(read(value), Answer::Unknown);
    }

    let body = |change: &Transition| {
        let request = service_state_trans("wk1", &customer, change);
        assert_eq!(posted(&request), "/cgi-bin/kf/service_state/trans");
        serde_json::from_slice::<Value>(&request.body).unwrap()
    };
    let expected =
        |state: i64| json!({ "open_kfid": "wk1", "external_userid": "wm1", "service_state": state });
    assert_eq!(body(&Transition::ToBot), expected(1));
    assert_eq!(body(&Transition::ToPool), expected(2));
    assert_eq!(body(&Transition::End), expected(4));
    let mut to_agent = expected(3);
    to_agent["servicer_userid"] = "lisi".into();
    assert_eq!(body(&Transition::ToAgent { servicer: s("lisi") }), to_agent);
    let code = br#"{"errcode":0,"errmsg":"ok","msg_code":"MSG_CODE"}"#;
    assert_eq!(parse_service_state_trans(200, code), Answer::Ok(Some(s("MSG_CODE"))));
    assert_eq!(parse_service_state_trans(200, br#"{"errcode":0}"#), Answer::Ok(None));
    let refused = parse_service_state_trans(200, br#"{"errcode":95016}"#);
    assert_eq!(refused, Answer::Refused { errcode: ILLEGAL_TRANSITION });
}

#[test]
fn accounts_and_customers_are_listed() {
    let request = account_list(100);
    assert_eq!(
        (posted(&request), request.body.as_slice()),
        ("/cgi-bin/kf/account/list", br#"{"limit":100,"offset":100}"#.as_slice())
    );
    let answer = json!({ "errcode": 0, "account_list": [
        { "open_kfid": "wk1", "name": "咨询", "avatar": "https://a.example/1", "manage_privilege": true },
        { "name": "damaged" },
        { "open_kfid": "wk2" },
    ] });
    let account = |id: &str, name: &str, avatar: &str, manage_privilege| KefuAccount {
        open_kfid: s(id),
        name: s(name),
        avatar: s(avatar),
        manage_privilege,
    };
    let expected =
        vec![account("wk1", "咨询", "https://a.example/1", Some(true)), account("wk2", "", "", None)];
    assert_eq!(parse_account_list(200, answer.to_string().as_bytes()), Answer::Ok(expected));

    let ids: Vec<_> = (0..201).map(|number| CustomerId(format!("wm{number}"))).collect();
    let requests = customer_batchget(&ids);
    let lists: Vec<_> = requests
        .iter()
        .map(|request| {
            assert_eq!(posted(request), "/cgi-bin/kf/customer/batchget");
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            assert_eq!(body["need_enter_session_context"], 0);
            body["external_userid_list"].as_array().unwrap().clone()
        })
        .collect();
    assert_eq!(lists.iter().map(Vec::len).collect::<Vec<_>>(), [100, 100, 1]);
    assert_eq!(lists.concat(), ids.iter().map(|id| Value::from(id.as_str())).collect::<Vec<_>>());
    assert_eq!(customer_batchget(&[]), []);

    let answer = json!({ "errcode": 0, "customer_list": [{ "external_userid": "wm1", "nickname": "小王",
        "avatar": "https://a.example/2", "gender": 1, "unionid": "u1" }, {}], "invalid_external_userid": ["wm2", 3] });
    let Answer::Ok(Customers { known, invalid }) =
        parse_customer_batchget(200, answer.to_string().as_bytes())
    else {
        panic!()
    };
    assert_eq!((known.len(), invalid), (1, vec![CustomerId::from("wm2")]));
    assert_eq!(
        (known[0].nickname.as_str(), known[0].gender, known[0].unionid.as_deref()),
        ("小王", Some(1), Some("u1"))
    );
    assert_eq!(parse_customer_batchget(200, br#"{"errcode":40096}"#), Answer::Refused { errcode: 40_096 });
}
