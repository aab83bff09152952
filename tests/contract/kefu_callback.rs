//! The callback of WeCom's customer service: published packets, the events, and everything doubtful refused.

use serde::Deserialize;
use shunda::base::time::TimeMs;
use shunda::wechat::callback::{Account, Mode, Refusal, verify_url};
use shunda::wechat::envelope::{AesKey, seal};
use shunda::wechat::kefu::callback::{Push, open};
use shunda::wechat::secret::{Rotating, Secret};
use shunda::wechat::signature::sign;

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const OTHER_KEY: &str = "zyxwvutsrqponmlkjihgfedcba0123456789ABCDEFG";
const CORPID: &str = "ww1234567890abcdef";
const NOW_S: i64 = 1_700_000_000;
const NOW: TimeMs = TimeMs::from_secs(NOW_S);
const FRESHNESS_S: u32 = 600;
const KNOCK: &str = "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[kf_msg_or_event]]></Event>\
    <Token><![CDATA[ENCApHxnGDNAVNY4AaSJKj4Tb5mwsEMzxhFmHVGcra996NR]]></Token>\
    <OpenKfId><![CDATA[wkxxxxxxx]]></OpenKfId>";

#[derive(Deserialize)]
struct Vectors {
    encrypted: Vec<Packet>,
}

/// Fields that the source does not give are null.
#[derive(Deserialize)]
struct Packet {
    id: String,
    token: Option<String>,
    encoding_aes_key: String,
    receive_id: Option<String>,
    trailing_id: Option<String>,
    timestamp: Option<String>,
    nonce: Option<String>,
    encrypt: String,
    msg_signature: Option<String>,
    plaintext: Option<String>,
}

fn packets(ids: &[&str]) -> Vec<Packet> {
    let Vectors { encrypted } = serde_json::from_str(include_str!("vectors/wechat.json")).unwrap();
    let found: Vec<_> = encrypted.into_iter().filter(|packet| ids.contains(&packet.id.as_str())).collect();
    assert_eq!(found.len(), ids.len());
    found
}

impl Packet {
    fn account(&self) -> Account {
        account(
            self.token.as_deref().unwrap(),
            // Some sources do not name the receiver; it then is what the packet says.
            self.receive_id.as_deref().or(self.trailing_id.as_deref()).unwrap(),
            Mode::Safe(Rotating::only(key(&self.encoding_aes_key))),
        )
    }

    fn query(&self) -> String {
        let [signature, timestamp, nonce] =
            [&self.msg_signature, &self.timestamp, &self.nonce].map(|field| field.as_deref().unwrap());
        format!("msg_signature={signature}&timestamp={timestamp}&nonce={nonce}")
    }
}

fn key(text: &str) -> AesKey {
    AesKey::parse(text).unwrap()
}

fn account(token: &str, corpid: &str, mode: Mode) -> Account {
    Account {
        channel: "kf".into(),
        token: Rotating::only(Secret::new(token)),
        appid: corpid.to_owned(),
        original_id: String::new(),
        mode,
    }
}

fn safe() -> Account {
    account("tok", CORPID, Mode::Safe(Rotating::only(key(KEY))))
}

fn push(fields: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[{CORPID}]]></ToUserName><CreateTime>1348831860</CreateTime>{fields}</xml>"
    )
}

fn packet(encrypt: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[{CORPID}]]></ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt>\
         <AgentID><![CDATA[]]></AgentID></xml>"
    )
}

fn query(timestamp: i64, encrypt: &str) -> String {
    let timestamp = timestamp.to_string();
    let signature = sign(&["tok", &timestamp, "n1", encrypt]);
    format!("msg_signature={signature}&timestamp={timestamp}&nonce=n1")
}

fn open_in(account: &Account, content: &str) -> Result<Push, Refusal> {
    let encrypt = seal(&key(KEY), [7; 16], content.as_bytes(), CORPID);
    open(account, &query(NOW_S, &encrypt), packet(&encrypt).as_bytes(), NOW, FRESHNESS_S)
}

fn opened(fields: &str) -> Result<Push, Refusal> {
    open_in(&safe(), &push(fields))
}

fn code(result: Result<Push, Refusal>) -> (&'static str, u16) {
    let refusal = result.unwrap_err();
    (refusal.code(), refusal.status())
}

#[test]
fn published_url_checks_are_answered_however_the_plus_travels() {
    let packets = packets(&["E2", "G2", "P2"]);
    assert_eq!(packets.iter().filter(|packet| packet.encrypt.contains('+')).count(), 2);
    for packet in packets {
        let plain = packet.plaintext.clone().unwrap();
        let escaped = packet.encrypt.replace('/', "%2F").replace('=', "%3D");
        for echo in [&packet.encrypt, &escaped, &escaped.replace('+', "%2B"), &escaped.replace('+', "%2b")] {
            let query = format!("{}&echostr={echo}", packet.query());
            assert_eq!(verify_url(&packet.account(), &query), Ok(plain.clone()), "{}", packet.id);
        }
        let tampered = format!("{}&echostr={}", packet.query(), packet.encrypt.replacen('=', "%2B", 1));
        assert_eq!(verify_url(&packet.account(), &tampered), Err(Refusal::Signature));
        let mut foreign = packet.account();
        foreign.appid = CORPID.to_owned();
        let query = format!("{}&echostr={escaped}", packet.query());
        assert_eq!(verify_url(&foreign, &query), Err(Refusal::Appid));
    }
}

#[test]
fn published_packets_open() {
    for vector in packets(&["E3", "G1", "P1"]) {
        let now = TimeMs::from_secs(vector.timestamp.as_deref().unwrap().parse().unwrap());
        let body = packet(&vector.encrypt);
        let push = open(&vector.account(), &vector.query(), body.as_bytes(), now, FRESHNESS_S);
        assert_eq!(push, Ok(Push::Other { event: "text".to_owned() }), "{}", vector.id);
    }
}

#[test]
fn a_knock_says_where_to_pull_and_with_what() {
    let token = Secret::new("ENCApHxnGDNAVNY4AaSJKj4Tb5mwsEMzxhFmHVGcra996NR");
    let push = opened(KNOCK).unwrap();
    assert_eq!(push, Push::Messages { token: Some(token), open_kfid: "wkxxxxxxx".to_owned() });
    assert_eq!(format!("{push:?}"), "Messages { token: Some(***), open_kfid: \"wkxxxxxxx\" }");
    let without = KNOCK.replace("Token>", "X>");
    assert_eq!(opened(&without), Ok(Push::Messages { token: None, open_kfid: "wkxxxxxxx".to_owned() }));
    let long = KNOCK.replace("ENC", &"E".repeat(128));
    assert!(matches!(opened(&long), Ok(Push::Messages { token: None, .. })));
}

#[test]
fn changed_accounts_are_listed() {
    let fields = "<FromUserName>sys</FromUserName><MsgType>event</MsgType><Event>kf_account_auth_change</Event>\
        <AuthAddOpenKfId>wk1</AuthAddOpenKfId><AuthAddOpenKfId><![CDATA[wk2]]></AuthAddOpenKfId>\
        <AuthDelOpenKfId>wk3</AuthDelOpenKfId><AuthDelOpenKfId></AuthDelOpenKfId>";
    let added = vec!["wk1".to_owned(), "wk2".to_owned()];
    assert_eq!(opened(fields), Ok(Push::Accounts { added, removed: vec!["wk3".to_owned()] }));
}

#[test]
fn other_events_are_named_and_incomplete_ones_refused() {
    let other = "<MsgType>event</MsgType><Event>Change_Contact</Event>";
    assert_eq!(opened(other), Ok(Push::Other { event: "change_contact".to_owned() }));
    for field in ["MsgType", "Event", "OpenKfId"] {
        let without = KNOCK.replace(&format!("{field}>"), "X>");
        assert_eq!(code(opened(&without)), ("wechat.incomplete", 400), "{field}");
    }
    let long = KNOCK.replace("wkxxxxxxx", &"k".repeat(65));
    assert_eq!(code(opened(&long)), ("wechat.incomplete", 400));
}

#[test]
fn there_is_no_plaintext_path() {
    let signature = sign(&["tok", "1700000000", "n1"]);
    let query = format!("signature={signature}&msg_signature={signature}&timestamp=1700000000&nonce=n1");
    let body = push(KNOCK);
    let plain = account("tok", CORPID, Mode::Plaintext);
    assert_eq!(code(open(&safe(), &query, body.as_bytes(), NOW, FRESHNESS_S)), ("wechat.downgrade", 403));
    assert_eq!(code(open(&plain, &query, body.as_bytes(), NOW, FRESHNESS_S)), ("wechat.encrypted", 400));
    assert_eq!(code(open_in(&plain, &push(KNOCK))), ("wechat.encrypted", 400));
}

#[test]
fn doubtful_callbacks_are_refused() {
    let sealed = |content: &str, corpid: &str| seal(&key(KEY), [7; 16], content.as_bytes(), corpid);
    let good = sealed(&push(KNOCK), CORPID);
    let open_at =
        |query: &str, encrypt: &str| open(&safe(), query, packet(encrypt).as_bytes(), NOW, FRESHNESS_S);
    for skew in [-601, 601] {
        assert_eq!(code(open_at(&query(NOW_S + skew, &good), &good)), ("wechat.stale", 403));
    }
    let unsigned = query(NOW_S, &good).replace("msg_signature=", "signature=");
    assert_eq!(code(open_at(&unsigned, &good)), ("wechat.signature", 403));
    let other = sealed(&push(""), CORPID);
    assert_eq!(code(open_at(&query(NOW_S, &good), &other)), ("wechat.signature", 403));
    let foreign = sealed(&push(KNOCK), "ww0000000000000000");
    assert_eq!(code(open_at(&query(NOW_S, &foreign), &foreign)), ("wechat.appid", 403));
    let addressed = sealed(&push(KNOCK).replace(CORPID, "ww0000000000000000"), CORPID);
    assert_eq!(code(open_at(&query(NOW_S, &addressed), &addressed)), ("wechat.original_id", 403));
    let other_key = seal(&key(OTHER_KEY), [7; 16], push(KNOCK).as_bytes(), CORPID);
    assert_eq!(code(open_at(&query(NOW_S, &other_key), &other_key)), ("wechat.key", 403));
    let large = vec![b' '; 70_000];
    assert_eq!(code(open(&safe(), "", &large, NOW, FRESHNESS_S)), ("wechat.too_large", 413));
    assert_eq!(code(open(&safe(), "", b" ", NOW, FRESHNESS_S)), ("wechat.empty", 400));
}

#[test]
fn what_is_being_rotated_still_opens() {
    let rotated = Account {
        token: Rotating { current: Secret::new("new"), previous: Some(Secret::new("tok")) },
        mode: Mode::Safe(Rotating { current: key(OTHER_KEY), previous: Some(key(KEY)) }),
        ..safe()
    };
    assert!(matches!(open_in(&rotated, &push(KNOCK)), Ok(Push::Messages { .. })));
}
