//! The whole callback: official packets open, everything doubtful is refused by its own code (protocol 10.6).

use shunda::base::message::InboundContent;
use shunda::base::time::TimeMs;
use shunda::wechat::callback::{Account, Format, Mode, Opened, Refusal, open, seal_reply, verify_url};
use shunda::wechat::envelope::{AesKey, open as open_envelope, seal};
use shunda::wechat::reply::Reply;
use shunda::wechat::secret::{Age, Rotating, Secret};
use shunda::wechat::signature::sign;
use shunda::wechat::xml;

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const OTHER_KEY: &str = "zyxwvutsrqponmlkjihgfedcba0123456789ABCDEFG";
const APPID: &str = "wx1234567890abcdef";
const NOW_S: i64 = 1_700_000_000;
const NOW: TimeMs = TimeMs::from_secs(NOW_S);
const FRESHNESS_S: u32 = 600;
const TEXT: &str = "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[o1]]></FromUserName>\
    <CreateTime>1699999999</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好]]></Content>\
    <MsgId>1234567890123456</MsgId></xml>";

fn key(text: &str) -> AesKey {
    AesKey::parse(text).unwrap()
}

fn account(mode: Mode) -> Account {
    Account {
        channel: "main".into(),
        token: Rotating::only(Secret::new("tok")),
        appid: APPID.to_owned(),
        original_id: "gh_1".to_owned(),
        mode,
    }
}

fn safe() -> Account {
    account(Mode::Safe(Rotating::only(key(KEY))))
}

fn compat() -> Account {
    account(Mode::Compat(Rotating::only(key(KEY))))
}

fn plain() -> Account {
    account(Mode::Plaintext)
}

fn sealed(content: &[u8]) -> String {
    seal(&key(KEY), [7; 16], content, APPID)
}

fn packet(encrypt: &str) -> String {
    format!("<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>")
}

/// The query of a push, signed by `token` at `timestamp`.
fn query(token: &str, timestamp: i64, encrypt: Option<&str>) -> String {
    let timestamp = timestamp.to_string();
    let signature = sign(&[token, &timestamp, "n1"]);
    let query = format!("signature={signature}&timestamp={timestamp}&nonce=n1&openid=o1");
    let Some(encrypt) = encrypt else { return query };
    let msg_signature = sign(&[token, &timestamp, "n1", encrypt]);
    format!("{query}&encrypt_type=aes&msg_signature={msg_signature}")
}

fn open_sealed(account: &Account, encrypt: &str) -> Result<Opened, Refusal> {
    let query = query("tok", NOW_S, Some(encrypt));
    open(account, &query, packet(encrypt).as_bytes(), NOW, FRESHNESS_S)
}

fn code(result: Result<Opened, Refusal>) -> (&'static str, u16) {
    let refusal = result.unwrap_err();
    (refusal.code(), refusal.status())
}

#[test]
fn the_official_url_check_is_echoed() {
    let mut account = plain();
    account.token = Rotating::only(Secret::new("AAAAA"));
    let query = "signature=f464b24fc39322e44b38aa78f5edd27bd1441696&echostr=4375120948345356249\
        &timestamp=1714036504&nonce=1514711492";
    assert_eq!(verify_url(&account, query).as_deref(), Ok("4375120948345356249"));
    let wrong = query.replace("f464", "f465");
    assert_eq!(verify_url(&account, &wrong), Err(Refusal::Signature));
    let upper = query.replace("f464", "F464");
    assert_eq!(verify_url(&account, &upper), Err(Refusal::Signature));
    for absent in ["signature", "timestamp", "nonce", "echostr"] {
        let without = query.replace(&format!("{absent}="), "x=");
        assert!(verify_url(&account, &without).is_err(), "{absent}");
        let twice = format!("{query}&{absent}=1");
        assert_eq!(verify_url(&account, &twice).unwrap_err().code(), "wechat.query", "{absent}");
    }
}

#[test]
fn an_encrypted_echostr_is_decrypted() {
    let echo = sealed(b"5927782489442352469");
    let signature = sign(&["tok", "1700000000", "n1", &echo]);
    let escaped = echo.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let query = format!("msg_signature={signature}&timestamp=1700000000&nonce=n1&echostr={escaped}");
    assert_eq!(verify_url(&safe(), &query).as_deref(), Ok("5927782489442352469"));
    assert_eq!(verify_url(&plain(), &query), Err(Refusal::Encrypted));
    let tampered = query.replace("nonce=n1", "nonce=n2");
    assert_eq!(verify_url(&safe(), &tampered), Err(Refusal::Signature));
}

#[test]
fn the_official_json_push_opens_and_its_reply_is_as_published() {
    let mut account = account(Mode::Safe(Rotating::only(key(&"A".repeat(43)))));
    account.token = Rotating::only(Secret::new("AAAAA"));
    account.appid = "wxba5fad812f8e6fb9".to_owned();
    account.original_id = "gh_97417a04a28d".to_owned();
    let encrypt = "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDp\
        VzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZ\
        oNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04=";
    let query = "signature=6c5c811b55cc85e0e1b54100749188c20beb3f5d&timestamp=1714112445&nonce=415670741\
        &openid=o9AgO5Kd5ggOC-bXrbNODIiE3bGY&encrypt_type=aes\
        &msg_signature=046e02f8204d34f8ba5fa3b1db94908f3df2e9b3";
    let body = format!("{{\"ToUserName\":\"gh_97417a04a28d\",\"Encrypt\":\"{encrypt}\"}}");
    let now = TimeMs::from_secs(1_714_112_445);
    let opened = open(&account, query, body.as_bytes(), now, FRESHNESS_S).unwrap();
    assert_eq!(opened.sealing.format, Format::Json);
    let event = InboundContent::Notice { event: "debug_demo".to_owned(), detail: "hello world".to_owned() };
    assert_eq!(opened.message.content, event);
    let reply = Reply::Text { content: "你好".to_owned() };
    let sealed = seal_reply(&account, &opened, &reply, now, [1; 16]).unwrap();
    let sealed: serde_json::Value = serde_json::from_str(&sealed).unwrap();
    let encrypt = sealed["Encrypt"].as_str().unwrap();
    assert_eq!(sealed["TimeStamp"], 1_714_112_445);
    assert_eq!(sealed["MsgSignature"], sign(&["AAAAA", "1714112445", "415670741", encrypt]));
    let content = open_envelope(&key(&"A".repeat(43)), encrypt, &account.appid).unwrap();
    let content: serde_json::Value = serde_json::from_slice(&content).unwrap();
    assert_eq!(content["Content"], "你好");
    assert_eq!(content["ToUserName"], "o9AgO5Kd5ggOC-bXrbNODIiE3bGY");
}

#[test]
fn a_sealed_message_opens_in_safe_and_compat_mode() {
    for account in [safe(), compat()] {
        let opened = open_sealed(&account, &sealed(TEXT.as_bytes())).unwrap();
        let text = InboundContent::Text { text: "你好".to_owned(), menu_id: None };
        assert_eq!(opened.message.content, text);
        assert_eq!(opened.message.conversation.key(), "main/o1");
        assert_eq!(opened.message.key.as_str(), "m|1234567890123456|1699999999");
        assert_eq!(opened.message.sent_at, TimeMs::from_secs(1_699_999_999));
        assert!(!opened.forgeable);
        assert_eq!(opened.sealing.key_used, Some(Age::Current));
    }
}

#[test]
fn compat_believes_only_the_encrypted_part() {
    let encrypt = sealed(TEXT.as_bytes());
    let body =
        TEXT.replace("你好", "forged").replace("</xml>", &format!("<Encrypt>{encrypt}</Encrypt></xml>"));
    let opened =
        open(&compat(), &query("tok", NOW_S, Some(&encrypt)), body.as_bytes(), NOW, FRESHNESS_S).unwrap();
    assert!(matches!(opened.message.content, InboundContent::Text { text, .. } if text == "你好"));
}

#[test]
fn a_plain_message_is_forgeable_and_answered_plainly() {
    let opened = open(&plain(), &query("tok", NOW_S, None), TEXT.as_bytes(), NOW, FRESHNESS_S).unwrap();
    assert!(opened.forgeable);
    let reply = Reply::Text { content: "在".to_owned() };
    let body = seal_reply(&plain(), &opened, &reply, NOW, [1; 16]).unwrap();
    let root = xml::parse(&body).unwrap();
    assert_eq!((root.text_of("ToUserName"), root.text_of("FromUserName")), ("o1", "gh_1"));
    assert_eq!((root.text_of("Content"), root.text_of("CreateTime")), ("在", "1700000000"));
}

#[test]
fn rotation_replies_with_what_opened() {
    let rotated = Account {
        token: Rotating { current: Secret::new("new"), previous: Some(Secret::new("tok")) },
        mode: Mode::Safe(Rotating { current: key(OTHER_KEY), previous: Some(key(KEY)) }),
        ..safe()
    };
    let opened = open_sealed(&rotated, &sealed(TEXT.as_bytes())).unwrap();
    assert_eq!((opened.sealing.token_used, opened.sealing.key_used), (Age::Previous, Some(Age::Previous)));
    let reply = Reply::Text { content: "在".to_owned() };
    let body = seal_reply(&rotated, &opened, &reply, NOW, [1; 16]).unwrap();
    let root = xml::parse(&body).unwrap();
    let names: Vec<_> = root.children().iter().map(|child| child.name.as_str()).collect();
    assert_eq!(names, ["Encrypt", "MsgSignature", "TimeStamp", "Nonce"]);
    let encrypt = root.text_of("Encrypt");
    assert_eq!(root.text_of("MsgSignature"), sign(&["tok", "1700000000", "n1", encrypt]));
    assert!(open_envelope(&key(KEY), encrypt, APPID).is_ok());
}

#[test]
fn downgrades_are_refused() {
    let plain_query = query("tok", NOW_S, None);
    let encrypt = sealed(TEXT.as_bytes());
    for account in [safe(), compat()] {
        for body in [TEXT, &packet(&encrypt)] {
            for suffix in ["", "&encrypt_type=raw", "&encrypt_type="] {
                let query = format!("{plain_query}{suffix}");
                let result = open(&account, &query, body.as_bytes(), NOW, FRESHNESS_S);
                assert_eq!(code(result), ("wechat.downgrade", 403), "{suffix}");
            }
        }
        let aes_query = query("tok", NOW_S, Some(""));
        let result = open(&account, &aes_query, TEXT.as_bytes(), NOW, FRESHNESS_S);
        assert_eq!(code(result), ("wechat.downgrade", 403));
        let unsigned = format!("{plain_query}&encrypt_type=aes");
        let result = open(&account, &unsigned, packet(&encrypt).as_bytes(), NOW, FRESHNESS_S);
        assert_eq!(code(result), ("wechat.signature", 403));
    }
    let result = open_sealed(&plain(), &encrypt);
    assert_eq!(code(result), ("wechat.encrypted", 400));
}

#[test]
fn wrong_signatures_are_refused() {
    let encrypt = sealed(TEXT.as_bytes());
    let body = packet(&encrypt);
    let good = query("tok", NOW_S, Some(&encrypt));
    let (_, signature) = good.rsplit_once('=').unwrap();
    let last = if signature.ends_with('0') { '1' } else { '0' };
    let tampered = format!("{}{last}", &signature[..39]);
    for wrong in [signature.to_uppercase(), tampered, signature[..39].to_owned(), String::new()] {
        let query = good.replace(signature, &wrong);
        let result = open(&safe(), &query, body.as_bytes(), NOW, FRESHNESS_S);
        assert_eq!(code(result), ("wechat.signature", 403), "{wrong}");
    }
    let result = open(&safe(), &query("other", NOW_S, Some(&encrypt)), body.as_bytes(), NOW, FRESHNESS_S);
    assert_eq!(code(result), ("wechat.signature", 403));
    let result = open(&plain(), &query("other", NOW_S, None), TEXT.as_bytes(), NOW, FRESHNESS_S);
    assert_eq!(code(result), ("wechat.signature", 403));
}

#[test]
fn timestamps_count_both_ways() {
    let encrypt = sealed(TEXT.as_bytes());
    let at = |timestamp: i64| {
        let query = query("tok", timestamp, Some(&encrypt));
        open(&safe(), &query, packet(&encrypt).as_bytes(), NOW, FRESHNESS_S)
    };
    for fresh in [NOW_S - 600, NOW_S, NOW_S + 600] {
        assert!(at(fresh).is_ok(), "{fresh}");
    }
    for stale in [0, NOW_S - 601, NOW_S + 601, i64::MAX] {
        assert_eq!(code(at(stale)), ("wechat.stale", 403), "{stale}");
    }
    let result = open(&plain(), &query("tok", 0, None), TEXT.as_bytes(), NOW, FRESHNESS_S);
    assert_eq!(code(result), ("wechat.stale", 403));
}

#[test]
fn damaged_or_foreign_envelopes_are_refused() {
    let good = sealed(TEXT.as_bytes());
    let damaged = [&good[..good.len() - 4], &good[1..], "AAAA", "你好", &good.replacen('A', "\n", 1)];
    for encrypt in damaged {
        assert_eq!(code(open_sealed(&safe(), encrypt)), ("wechat.ciphertext", 400), "{encrypt}");
    }
    let truncated = &good[..128];
    let flipped = format!("{}{}", if good.starts_with('A') { 'B' } else { 'A' }, &good[1..]);
    for encrypt in [truncated, &flipped] {
        assert_eq!(code(open_sealed(&safe(), encrypt)), ("wechat.key", 403));
    }
    let other_key = seal(&key(OTHER_KEY), [7; 16], TEXT.as_bytes(), APPID);
    assert_eq!(code(open_sealed(&safe(), &other_key)), ("wechat.key", 403));
    for appid in ["wxffffffffffffffff", ""] {
        let foreign = seal(&key(KEY), [7; 16], TEXT.as_bytes(), appid);
        assert_eq!(code(open_sealed(&safe(), &foreign)), ("wechat.appid", 403), "{appid}");
    }
    let foreign = sealed(TEXT.replace("gh_1", "gh_2").as_bytes());
    assert_eq!(code(open_sealed(&safe(), &foreign)), ("wechat.original_id", 403));
    let reflected = sealed(TEXT.replace("gh_1", "o1").as_bytes());
    assert_eq!(code(open_sealed(&safe(), &reflected)), ("wechat.original_id", 403));
}

#[test]
fn bodies_that_are_not_packets_are_refused_outside_and_inside() {
    let doctype = format!("<!DOCTYPE xml [<!ENTITY a \"{}\">]>{TEXT}", "b".repeat(99));
    let cases: [(&[u8], &str); 6] = [
        (doctype.as_bytes(), "wechat.xml"),
        (b"<xml><ToUserName>&xxe;</ToUserName></xml>", "wechat.xml"),
        (b"hello", "wechat.xml"),
        (b"{\"a\":", "wechat.json"),
        (b"<xml>\xff</xml>", "wechat.utf8"),
        (b"\xef\xbb\xbf<xml><a>1</xml>", "wechat.xml"),
    ];
    let encrypted = query("tok", NOW_S, Some("x"));
    for (body, expected) in cases {
        assert_eq!(code(open(&safe(), &encrypted, body, NOW, FRESHNESS_S)), (expected, 400));
        assert_eq!(code(open(&plain(), &query("tok", NOW_S, None), body, NOW, FRESHNESS_S)), (expected, 400));
        assert_eq!(code(open_sealed(&safe(), &sealed(body))), (expected, 400));
    }
    for empty in ["", " \r\n"] {
        let result = open(&safe(), &encrypted, empty.as_bytes(), NOW, FRESHNESS_S);
        assert_eq!(code(result), ("wechat.empty", 400));
    }
    let large = vec![b' '; 2 * 1024 * 1024];
    assert_eq!(code(open(&safe(), &encrypted, &large, NOW, FRESHNESS_S)), ("wechat.too_large", 413));
}

#[test]
fn a_push_must_say_who_when_and_what() {
    for field in ["ToUserName", "FromUserName", "CreateTime", "MsgType"] {
        let without = TEXT.replace(&format!("<{field}>"), "<X>").replace(&format!("</{field}>"), "</X>");
        assert_eq!(
            code(open_sealed(&safe(), &sealed(without.as_bytes()))),
            ("wechat.incomplete", 400),
            "{field}"
        );
    }
    let yesterday = TEXT.replace("1699999999", "yesterday");
    assert_eq!(code(open_sealed(&safe(), &sealed(yesterday.as_bytes()))), ("wechat.incomplete", 400));
}

#[test]
fn a_parameter_given_twice_is_refused() {
    let encrypt = sealed(TEXT.as_bytes());
    for name in ["signature", "msg_signature", "timestamp", "nonce", "encrypt_type"] {
        let query = format!("{}&{name}=1", query("tok", NOW_S, Some(&encrypt)));
        let result = open(&safe(), &query, packet(&encrypt).as_bytes(), NOW, FRESHNESS_S);
        assert_eq!(code(result), ("wechat.query", 400), "{name}");
    }
}

#[test]
fn nothing_secret_is_printed() {
    let printed = format!("{:?}", safe());
    assert!(!printed.contains("tok\"") && !printed.contains(KEY), "{printed}");
}
