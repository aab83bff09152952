//! WeChat's API as data: requests to perform, and what their answers mean (protocol 4, 5).
//!
//! The shell adds the host's address and, where a request needs it, `access_token` to the query: it is called so by
//! WeChat and by WeCom. Both answer 200 to everything; what matters is `errcode`, absent or 0 when all is well.

use super::customer_message::{self, ContentError};
use super::secret::Secret;
use crate::base::channel::ChannelKind;
use crate::base::id::CustomerId;
use crate::base::limits::{CUSTOMERS_PER_CALL_MAX, USER_INFOS_BYTES_MAX, WECHAT_ANSWER_BYTES_MAX};
use crate::base::message::{NeverReason, OutboundContent, SendVerdict};
use core::fmt;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value, json};

/// A request's method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Without a body.
    Get,
    /// With a body.
    Post,
}

/// What most bodies are.
const JSON: &str = "application/json; charset=utf-8";

/// Whose API a request is for. Tokens and secrets of one are nothing to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// Official accounts and mini programs: `api.weixin.qq.com`.
    Wechat,
    /// WeCom 企业微信, and with it WeCom's customer service: `qyapi.weixin.qq.com`.
    Wecom,
}

/// A request to WeChat. `Debug` shows no query and no body: they hold secrets and customers' words.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiRequest {
    /// Whose API it is for.
    pub host: Host,
    /// Its method.
    pub method: Method,
    /// Its path.
    pub path: &'static str,
    /// Its query, encoded, without `access_token`; may be empty.
    pub query: String,
    /// Its body; empty for `GET`. To be sent with its length, never chunked (protocol 6.1).
    pub body: Vec<u8>,
    /// What the body is.
    pub content_type: String,
    /// Whether `access_token` must be added to the query.
    pub needs_token: bool,
}

impl fmt::Debug for ApiRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiRequest({:?} {})", self.method, self.path)
    }
}

impl ApiRequest {
    /// Posts JSON, with the token.
    pub(super) fn post(path: &'static str, json: String) -> Self {
        Self {
            host: Host::Wechat,
            method: Method::Post,
            path,
            query: String::new(),
            body: json.into_bytes(),
            content_type: JSON.to_owned(),
            needs_token: true,
        }
    }

    /// Asks with an encoded query, with the token.
    pub(super) fn get(path: &'static str, query: String) -> Self {
        Self { method: Method::Get, query, ..Self::post(path, String::new()) }
    }

    /// The same to WeCom.
    pub(super) fn for_wecom(self) -> Self {
        Self { host: Host::Wecom, ..self }
    }
}

/// Asks for the account's access token. `force_refresh` ends the old one; rarely needed (at most 20 a day).
pub fn stable_token(appid: &str, app_secret: &Secret, force_refresh: bool) -> ApiRequest {
    let body = json!({
        "grant_type": "client_credential",
        "appid": appid,
        "secret": app_secret.expose(),
        "force_refresh": force_refresh,
    });
    ApiRequest { needs_token: false, ..ApiRequest::post("/cgi-bin/stable_token", body.to_string()) }
}

/// Sends a customer-service message of an official account or a mini program; `uploaded` as in
/// [`customer_message::render`].
pub fn custom_send(
    kind: ChannelKind,
    customer: &CustomerId,
    content: &OutboundContent,
    uploaded: Option<&str>,
) -> Result<ApiRequest, ContentError> {
    let body = customer_message::render(kind, customer, content, uploaded)?;
    Ok(ApiRequest::post("/cgi-bin/message/custom/send", body))
}

/// Shows the customer that somebody is typing, or no longer is. It ends by itself with the next message.
pub fn custom_typing(customer: &CustomerId, typing: bool) -> ApiRequest {
    let command = if typing { "Typing" } else { "CancelTyping" };
    let body = json!({ "touser": customer.as_str(), "command": command });
    ApiRequest::post("/cgi-bin/message/custom/typing", body.to_string())
}

/// Asks who a customer is.
pub fn user_info(customer: &CustomerId) -> ApiRequest {
    ApiRequest::get("/cgi-bin/user/info", format!("openid={}&lang=zh_CN", percent_encoded(customer.as_str())))
}

/// Asks who several customers are; nothing when there are none, or more than [`CUSTOMERS_PER_CALL_MAX`] (40032).
pub fn user_infos(customers: &[CustomerId]) -> Option<ApiRequest> {
    if customers.is_empty() || customers.len() > CUSTOMERS_PER_CALL_MAX {
        return None;
    }
    let asked = customers.iter().map(|customer| json!({ "openid": customer.as_str(), "lang": "zh_CN" }));
    let body = json!({ "user_list": asked.collect::<Vec<_>>() });
    Some(ApiRequest::post("/cgi-bin/user/info/batchget", body.to_string()))
}

/// A text as the value of a query, or of a header's parameter.
pub fn percent_encoded(text: &str) -> String {
    let encoded = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encoded).collect()
}

/// An answer, as far as it can be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<T> {
    /// All is well.
    Ok(T),
    /// Definitely refused.
    Refused {
        /// WeChat's error code.
        errcode: i64,
    },
    /// No JSON of WeChat's, or none that we know: nothing can be said.
    Unknown,
}

/// A token that was granted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Grant {
    /// The token.
    pub access_token: Secret,
    /// How long it is good for, seconds.
    pub expires_in: u32,
}

/// Who a customer is. WeChat no longer tells names.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct UserInfo {
    /// 1 when they follow the account; otherwise nothing else is told.
    pub subscribe: u8,
    /// Whom this is about.
    #[serde(default)]
    pub openid: Option<String>,
    /// Since when they follow, unix seconds.
    #[serde(default)]
    pub subscribe_time: Option<i64>,
    /// How they came to follow: `ADD_SCENE_SEARCH`, `ADD_SCENE_QR_CODE`, …
    #[serde(default)]
    pub subscribe_scene: Option<String>,
    /// The number of the QR code by which they came; 0 when there was none, or one with a text.
    #[serde(default)]
    pub qr_scene: Option<i64>,
    /// The text of the QR code by which they came; may be empty.
    #[serde(default)]
    pub qr_scene_str: Option<String>,
    /// The account's tags on them.
    #[serde(default)]
    pub tagid_list: Vec<i64>,
    /// The same person in all accounts of one owner.
    #[serde(default)]
    pub unionid: Option<String>,
    /// The language they use.
    #[serde(default)]
    pub language: Option<String>,
    /// What the account's staff noted.
    #[serde(default)]
    pub remark: Option<String>,
}

impl UserInfo {
    /// The scene of the QR code by which they came to follow.
    pub fn scene(&self) -> Option<String> {
        let text = self.qr_scene_str.clone().filter(|scene| !scene.is_empty());
        text.or_else(|| self.qr_scene.filter(|scene| *scene != 0).map(|scene| scene.to_string()))
    }
}

/// Reads the answer to [`stable_token`].
pub fn parse_token(status: u16, body: &[u8]) -> Answer<Grant> {
    match parse(status, body) {
        Answer::Ok(Grant { access_token, .. }) if access_token.expose().is_empty() => Answer::Unknown,
        answer => answer,
    }
}

/// Reads the answer to [`user_info`].
pub fn parse_user_info(status: u16, body: &[u8]) -> Answer<UserInfo> {
    parse(status, body)
}

/// Reads the answer to [`user_infos`]: in WeChat's order, each with its `openid`.
pub fn parse_user_infos(status: u16, body: &[u8]) -> Answer<Vec<UserInfo>> {
    match parse_object(status, body, USER_INFOS_BYTES_MAX) {
        Answer::Ok(mut object) => {
            let list = object.remove("user_info_list").unwrap_or_default();
            Vec::deserialize(list).map_or(Answer::Unknown, Answer::Ok)
        }
        Answer::Refused { errcode } => Answer::Refused { errcode },
        Answer::Unknown => Answer::Unknown,
    }
}

/// Reads the answer to [`custom_send`].
pub fn parse_send(status: u16, body: &[u8]) -> SendVerdict {
    match parse(status, body) {
        Answer::Ok(IgnoredAny) => SendVerdict::Delivered,
        Answer::Refused { errcode } => verdict(errcode),
        Answer::Unknown => SendVerdict::Unknown,
    }
}

/// Reads an answer that is one JSON object.
pub(super) fn parse<T: DeserializeOwned>(status: u16, body: &[u8]) -> Answer<T> {
    match parse_object(status, body, WECHAT_ANSWER_BYTES_MAX) {
        Answer::Ok(object) => T::deserialize(Value::Object(object)).map_or(Answer::Unknown, Answer::Ok),
        Answer::Refused { errcode } => Answer::Refused { errcode },
        Answer::Unknown => Answer::Unknown,
    }
}

/// The object that an answer of at most `bytes_max` bytes is, once it is known that all is well.
pub(super) fn parse_object(status: u16, body: &[u8], bytes_max: usize) -> Answer<Map<String, Value>> {
    if body.len() > bytes_max {
        return Answer::Unknown;
    }
    // WeChat lets control characters through in texts that people chose; outside of texts they are layout.
    let body: Vec<u8> = body.iter().map(|byte| if *byte < b' ' { b' ' } else { *byte }).collect();
    let Ok(object) = serde_json::from_slice::<Map<String, Value>>(&body) else { return Answer::Unknown };
    match object.get("errcode").map_or(Some(0), Value::as_i64) {
        Some(0) if status == 200 => Answer::Ok(object),
        Some(0) | None => Answer::Unknown,
        Some(errcode) => Answer::Refused { errcode },
    }
}

/// What an error code means for a message (protocol 4.6). Only those that WeChat calls passing are tried again: a
/// used-up daily quota (45009) is not, or every message of the day would wait for midnight and come stale.
pub const fn verdict(errcode: i64) -> SendVerdict {
    let reason = match errcode {
        0 => return SendVerdict::Delivered,
        40001 | 40014 | 42001 => return SendVerdict::RefreshToken { errcode },
        40007 => return SendVerdict::StaleMedia { errcode },
        -1 | 45011 => return SendVerdict::Later { errcode },
        45015 => NeverReason::WindowClosed,
        45047 => NeverReason::QuotaUsed,
        40003 | 43004 | 43101 | 48002 | 50002 | 50005 => NeverReason::Unreachable,
        40004..=40006
        | 40008..=40012
        | 40033
        | 41030
        | 44004
        | 45001
        | 45002
        | 45008
        | 45064
        | 47001
        | 47003
        | 48008
        | 87009
        | 87014 => NeverReason::Content,
        _ => NeverReason::Account,
    };
    SendVerdict::Never { errcode, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(body: &str) -> SendVerdict {
        parse_send(200, body.as_bytes())
    }

    #[test]
    fn requests_are_as_documented() {
        let secret = Secret::new("app-secret");
        let token = stable_token("wx1", &secret, false);
        assert_eq!((token.path, token.needs_token), ("/cgi-bin/stable_token", false));
        let body: Value = serde_json::from_slice(&token.body).unwrap();
        let expected = json!({
            "grant_type": "client_credential", "appid": "wx1", "secret": "app-secret", "force_refresh": false
        });
        assert_eq!(body, expected);
        assert_eq!(format!("{token:?}"), "ApiRequest(Post /cgi-bin/stable_token)");

        let send = {
            let text = OutboundContent::Text { text: "好".to_owned() };
            custom_send(ChannelKind::MiniProgram, &"o1".into(), &text, None).unwrap()
        };
        assert_eq!((send.path, send.needs_token), ("/cgi-bin/message/custom/send", true));
        assert_eq!(custom_typing(&"o1".into(), true).body, br#"{"command":"Typing","touser":"o1"}"#);
        assert_eq!(custom_typing(&"o1".into(), false).body, br#"{"command":"CancelTyping","touser":"o1"}"#);
        assert_eq!(user_info(&"o_-1&a=好".into()).query, "openid=o_-1%26a%3D%E5%A5%BD&lang=zh_CN");
    }

    #[test]
    fn a_token_is_read_and_never_printed() {
        let answer = parse_token(200, br#"{"access_token":"t0ken","expires_in":7200}"#);
        assert_eq!(format!("{answer:?}"), "Ok(Grant { access_token: ***, expires_in: 7200 })");
        let Answer::Ok(grant) = answer else { panic!() };
        assert_eq!(grant.access_token.expose(), "t0ken");
        let refused = br#"{"errcode":40164,"errmsg":"invalid ip 1.2.3.4 rid: 1-2"}"#;
        assert_eq!(parse_token(200, refused), Answer::Refused { errcode: 40164 });
        for body in ["{}", r#"{"access_token":"","expires_in":7200}"#, "<html>", ""] {
            assert_eq!(parse_token(200, body.as_bytes()), Answer::Unknown, "{body}");
        }
    }

    #[test]
    fn a_customer_is_read_despite_control_characters() {
        let body = b"{\"subscribe\":1,\"openid\":\"o1\",\"remark\":\"VIP\x01\",\"tagid_list\":[1]}\n";
        let Answer::Ok(user) = parse_user_info(200, body) else { panic!() };
        assert_eq!(user.scene(), None);
        assert_eq!((user.subscribe, user.remark.as_deref(), user.unionid), (1, Some("VIP "), None));
    }

    #[test]
    fn several_customers_are_asked_for_at_once() {
        assert_eq!(user_infos(&[]), None);
        assert_eq!(user_infos(&vec!["o1".into(); CUSTOMERS_PER_CALL_MAX + 1]), None);
        let request = user_infos(&["o1".into(), "o2".into()]).unwrap();
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let asked = json!([{ "openid": "o1", "lang": "zh_CN" }, { "openid": "o2", "lang": "zh_CN" }]);
        assert_eq!((request.path, body), ("/cgi-bin/user/info/batchget", json!({ "user_list": asked })));

        let body = br#"{"user_info_list":[
            {"subscribe":1,"openid":"o1","unionid":"u1","subscribe_time":1700000000,"groupid":0,"tagid_list":[2,3],
             "subscribe_scene":"ADD_SCENE_QR_CODE","qr_scene":98765,"qr_scene_str":""},
            {"subscribe":1,"openid":"o2","qr_scene":0,"qr_scene_str":"shop-7"},
            {"subscribe":0,"openid":"o3"}]}"#;
        let Answer::Ok(users) = parse_user_infos(200, body) else { panic!() };
        let read: Vec<_> = users.iter().map(|user| (user.openid.as_deref(), user.scene())).collect();
        let scene = |text: &str| Some(text.to_owned());
        assert_eq!(read, [(Some("o1"), scene("98765")), (Some("o2"), scene("shop-7")), (Some("o3"), None)]);
        assert_eq!((users[0].unionid.as_deref(), users[0].subscribe_time), (Some("u1"), Some(1_700_000_000)));
        assert_eq!(users[0].tagid_list, [2, 3]);
        assert_eq!(parse_user_infos(200, br#"{"errcode":40032}"#), Answer::Refused { errcode: 40032 });
        assert_eq!(parse_user_infos(200, b"{}"), Answer::Unknown);
    }

    #[test]
    fn answers_to_a_send_have_one_meaning_each() {
        assert_eq!(send(r#"{"errcode":0,"errmsg":"ok"}"#), SendVerdict::Delivered);
        assert_eq!(send(r#"{"msgid":1}"#), SendVerdict::Delivered);
        for body in ["", "<html>502</html>", "null", "[]", r#"{"errcode":"x"}"#, r#"{"errcode":0"#] {
            assert_eq!(send(body), SendVerdict::Unknown, "{body}");
        }
        for status in [302, 400, 502] {
            assert_eq!(parse_send(status, b"{}"), SendVerdict::Unknown);
        }
        assert_eq!(parse_send(500, br#"{"errcode":45011}"#), SendVerdict::Later { errcode: 45011 });
        assert_eq!(parse_send(200, &vec![b' '; WECHAT_ANSWER_BYTES_MAX + 1]), SendVerdict::Unknown);
    }

    #[test]
    fn every_documented_code_has_its_verdict() {
        use NeverReason::{Account, Content, QuotaUsed, Unreachable, WindowClosed};
        for errcode in [40001, 40014, 42001] {
            assert_eq!(verdict(errcode), SendVerdict::RefreshToken { errcode });
        }
        for errcode in [-1, 45011] {
            assert_eq!(verdict(errcode), SendVerdict::Later { errcode });
        }
        let never: [(NeverReason, &[i64]); 5] = [
            (WindowClosed, &[45015]),
            (QuotaUsed, &[45047]),
            (Unreachable, &[40003, 43004, 43101, 48002, 50002, 50005]),
            (
                Content,
                &[
                    40004, 40005, 40006, 40009, 40010, 40011, 40012, 45001, 40008, 40033, 41030, 44004,
                    45002, 45008, 45064, 47001, 47003, 48008, 87009, 87014,
                ],
            ),
            (
                Account,
                &[
                    40013, 40125, 40164, 40200, 40243, 41001, 42007, 45009, 48001, 48004, 48006, 61004,
                    61007, 89503, 89506, 89507, 123_456,
                ],
            ),
        ];
        for (reason, codes) in never {
            for errcode in codes.iter().copied() {
                assert_eq!(verdict(errcode), SendVerdict::Never { errcode, reason });
            }
        }
    }
}
