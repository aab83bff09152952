//! Notices: template and subscribe messages, which need a right instead of a place in the quota (protocol 6.2, 6.3).

use super::api::{self, Answer, ApiRequest};
use super::xml::without_forbidden;
use crate::base::id::CustomerId;
use crate::base::limits::{
    CARD_URL_BYTES_MAX, NOTICE_CHARS_MAX, NOTICE_KEY_BYTES_MAX, NOTICE_LINE_CHARS_MAX, NOTICE_VALUES_MAX,
};
use crate::base::message::SendVerdict;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use thiserror::Error;

/// By which right a notice is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// A template message of a verified service account: to every follower.
    Template,
    /// An official account's subscribe message: to who allowed it.
    Subscribe,
    /// A mini program's subscribe message: to who allowed it, once for each consent.
    MiniProgramSubscribe,
}

/// A notice to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Notice<'a> {
    /// By which right.
    pub kind: NoticeKind,
    /// The template.
    pub template: &'a str,
    /// Its fields, by the names that the template has for them: `thing1`, `keyword2`, …
    pub values: &'a BTreeMap<String, String>,
    /// What a tap opens: an address for an official account, a page of its own for a mini program.
    pub page: Option<&'a str>,
    /// Ours: a template message repeated with the same key within 10 minutes is sent once. 1 to
    /// [`NOTICE_KEY_BYTES_MAX`] of `[0-9A-Za-z_-]`. Subscribe messages have no such thing.
    pub key: &'a str,
}

/// Why a notice would be refused by WeChat (47003, 40037).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NoticeError {
    /// No template is named.
    #[error("a notice needs a template")]
    Template,
    /// Our key is not one that WeChat would take.
    #[error("a notice's key has 1 to {NOTICE_KEY_BYTES_MAX} letters, digits, - or _")]
    Key,
    /// Not 1 to [`NOTICE_VALUES_MAX`] fields.
    #[error("a notice has 1 to {NOTICE_VALUES_MAX} fields, not {count}")]
    Values {
        /// How many it has.
        count: usize,
    },
    /// A field's name is none that a template could have.
    #[error("a template has no field named {name:?}")]
    Name {
        /// The name.
        name: String,
    },
    /// A field has nothing to show.
    #[error("the field {name} is blank")]
    Blank {
        /// The field.
        name: String,
    },
    /// A field, or one line of it, is too long for its kind.
    #[error("the field {name} has at most {chars_max} characters, not {chars}")]
    TooLong {
        /// The field.
        name: String,
        /// How long it is, in characters.
        chars: usize,
        /// How long it may be.
        chars_max: usize,
    },
    /// All fields together are too long.
    #[error("a notice has at most {NOTICE_CHARS_MAX} characters, not {chars}")]
    AllTooLong {
        /// How long they are, in characters.
        chars: usize,
    },
    /// The page is longer than [`CARD_URL_BYTES_MAX`].
    #[error("a page has at most {CARD_URL_BYTES_MAX} bytes, not {bytes}")]
    Page {
        /// How long it is.
        bytes: usize,
    },
}

/// Kinds of fields that have a bound of their own, in characters; a field is named by its kind and a number.
const FIELD_CHARS_MAX: [(&str, usize); 3] = [("thing", 20), ("character_string", 32), ("phrase", 5)];

/// Sends a notice.
pub fn send(customer: &CustomerId, notice: &Notice<'_>) -> Result<ApiRequest, NoticeError> {
    if notice.template.is_empty() {
        return Err(NoticeError::Template);
    }
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("touser", customer.as_str().into());
    put("template_id", notice.template.into());
    put("data", data(notice)?);
    let page = notice.page.filter(|page| !page.is_empty());
    if let Some(bytes) = page.map(str::len).filter(|bytes| *bytes > CARD_URL_BYTES_MAX) {
        return Err(NoticeError::Page { bytes });
    }
    let (path, page_name) = match notice.kind {
        NoticeKind::Template => ("/cgi-bin/message/template/send", "url"),
        NoticeKind::Subscribe => ("/cgi-bin/message/subscribe/bizsend", "page"),
        NoticeKind::MiniProgramSubscribe => ("/cgi-bin/message/subscribe/send", "page"),
    };
    if let Some(page) = page {
        put(page_name, without_forbidden(page).into());
    }
    if notice.kind == NoticeKind::Template {
        put("client_msg_id", checked_key(notice.key)?.into());
    }
    if notice.kind == NoticeKind::MiniProgramSubscribe {
        put("miniprogram_state", "formal".into());
        put("lang", "zh_CN".into());
    }
    Ok(ApiRequest::post(path, Value::Object(body).to_string()))
}

fn checked_key(key: &str) -> Result<&str, NoticeError> {
    let plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let fits = (1..=NOTICE_KEY_BYTES_MAX).contains(&key.len());
    if plain && fits { Ok(key) } else { Err(NoticeError::Key) }
}

fn data(notice: &Notice<'_>) -> Result<Value, NoticeError> {
    let count = notice.values.len();
    if count == 0 || count > NOTICE_VALUES_MAX {
        return Err(NoticeError::Values { count });
    }
    let mut data = Map::new();
    let mut chars = 0_usize;
    for (name, value) in notice.values {
        let value = checked_value(notice.kind, name, value)?;
        chars = chars.saturating_add(value.chars().count());
        data.insert(name.clone(), json!({ "value": value }));
    }
    if chars > NOTICE_CHARS_MAX {
        return Err(NoticeError::AllTooLong { chars });
    }
    Ok(Value::Object(data))
}

fn checked_value(kind: NoticeKind, name: &str, value: &str) -> Result<String, NoticeError> {
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name || name.is_empty() || name.len() > NOTICE_KEY_BYTES_MAX {
        return Err(NoticeError::Name { name: name.to_owned() });
    }
    let value = without_forbidden(value);
    if value.trim().is_empty() {
        return Err(NoticeError::Blank { name: name.to_owned() });
    }
    let of_kind = FIELD_CHARS_MAX.iter().find(|(field, _)| *field == name.trim_end_matches(char::is_numeric));
    let (chars, chars_max) = match (of_kind, kind) {
        (Some((_, chars_max)), _) => (value.chars().count(), *chars_max),
        (None, NoticeKind::Template) => (longest_line(&value), NOTICE_LINE_CHARS_MAX),
        (None, _) => (value.chars().count(), NOTICE_CHARS_MAX),
    };
    if chars > chars_max {
        return Err(NoticeError::TooLong { name: name.to_owned(), chars, chars_max });
    }
    Ok(value)
}

fn longest_line(value: &str) -> usize {
    value.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

/// What became of a notice's request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Whether WeChat took it. That it arrived is said by [`crate::base::message::InboundContent::NoticeEnded`].
    pub verdict: SendVerdict,
    /// WeChat's id of the job, by which its end will be reported; digits.
    pub job: Option<String>,
}

/// Reads the answer to [`send`].
pub fn parse_sent(status: u16, body: &[u8]) -> Sent {
    /// A job's id came as a number and as a text.
    #[derive(Deserialize)]
    struct Taken {
        #[serde(default)]
        msgid: Value,
    }
    match api::parse(status, body) {
        Answer::Ok(Taken { msgid }) => {
            let job = match msgid {
                Value::Number(number) => Some(number.to_string()),
                Value::String(text) if !text.is_empty() => Some(text),
                _ => None,
            };
            Sent { verdict: SendVerdict::Delivered, job }
        }
        Answer::Refused { errcode } => Sent { verdict: api::verdict(errcode), job: None },
        Answer::Unknown => Sent { verdict: SendVerdict::Unknown, job: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::message::NeverReason;

    fn sent(
        kind: NoticeKind,
        values: &[(&str, &str)],
        page: Option<&str>,
    ) -> Result<(&'static str, Value), NoticeError> {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let notice = Notice { kind, template: "t1", values: &values, page, key: "k-1_A" };
        let request = send(&"o1".into(), &notice)?;
        assert!(!String::from_utf8(request.body.clone()).unwrap().contains("\\u"));
        Ok((request.path, serde_json::from_slice(&request.body).unwrap()))
    }

    #[test]
    fn requests_are_as_documented() {
        let values = [("thing1", "您的工单已回复"), ("time2", "2026年11月24日 17:00")];
        let data =
            json!({ "thing1": { "value": "您的工单已回复" }, "time2": { "value": "2026年11月24日 17:00" } });
        let expected = json!({
            "touser": "o1", "template_id": "t1", "client_msg_id": "k-1_A", "url": "https://e.example/1", "data": data
        });
        let template = sent(NoticeKind::Template, &values, Some("https://e.example/1"));
        assert_eq!(template, Ok(("/cgi-bin/message/template/send", expected)));
        let expected = json!({ "touser": "o1", "template_id": "t1", "data": data });
        let subscribe = sent(NoticeKind::Subscribe, &values, None);
        assert_eq!(subscribe, Ok(("/cgi-bin/message/subscribe/bizsend", expected)));
        let expected = json!({
            "touser": "o1", "template_id": "t1", "page": "pages/a?b=1", "data": data,
            "miniprogram_state": "formal", "lang": "zh_CN"
        });
        let subscribe = sent(NoticeKind::MiniProgramSubscribe, &values, Some("pages/a?b=1"));
        assert_eq!(subscribe, Ok(("/cgi-bin/message/subscribe/send", expected)));
    }

    #[test]
    fn fields_are_bounded_by_their_kind() {
        use NoticeKind::{MiniProgramSubscribe, Subscribe, Template};
        let refused = |kind, name: &str, value: &str| match sent(kind, &[(name, value)], None) {
            Err(NoticeError::TooLong { chars, chars_max, .. }) => Some((chars, chars_max)),
            Err(error) => panic!("{error}"),
            Ok(_) => None,
        };
        let long = "好".repeat(21);
        for kind in [Template, Subscribe, MiniProgramSubscribe] {
            assert_eq!(refused(kind, "thing12", &long), Some((21, 20)));
            assert_eq!(refused(kind, "thing12", &"好".repeat(20)), None);
            assert_eq!(refused(kind, "character_string1", &"a".repeat(33)), Some((33, 32)));
            assert_eq!(refused(kind, "phrase1", "已经处理完"), None);
            assert_eq!(refused(kind, "phrase1", "已经处理完了"), Some((6, 5)));
        }
        assert_eq!(refused(Template, "keyword1", &long), Some((21, 20)));
        assert_eq!(refused(Template, "keyword1", &format!("{}\n好", "好".repeat(20))), None);
        assert_eq!(refused(Subscribe, "date1", &long), None);
    }

    #[test]
    fn what_no_template_takes_is_an_error() {
        let template = |values: &[(&str, &str)]| sent(NoticeKind::Template, values, None).unwrap_err();
        assert_eq!(template(&[]), NoticeError::Values { count: 0 });
        assert_eq!(template(&[("a\"b", "1")]), NoticeError::Name { name: "a\"b".to_owned() });
        assert_eq!(template(&[("keyword1", " \u{1D}")]), NoticeError::Blank { name: "keyword1".to_owned() });
        let lines = "好好好好好好好好好\n".repeat(21);
        assert_eq!(template(&[("keyword1", &lines)]), NoticeError::AllTooLong { chars: 210 });
        let page = "p".repeat(CARD_URL_BYTES_MAX + 1);
        let refused = sent(NoticeKind::Subscribe, &[("thing1", "1")], Some(&page)).unwrap_err();
        assert_eq!(refused, NoticeError::Page { bytes: CARD_URL_BYTES_MAX + 1 });
        let values = [("thing1".to_owned(), "1".to_owned())].into();
        for key in ["", "a b", &"k".repeat(NOTICE_KEY_BYTES_MAX + 1)] {
            let notice =
                Notice { kind: NoticeKind::Template, template: "t1", values: &values, page: None, key };
            assert_eq!(send(&"o1".into(), &notice).unwrap_err(), NoticeError::Key, "{key}");
        }
        let notice =
            Notice { kind: NoticeKind::Subscribe, template: "", values: &values, page: None, key: "k" };
        assert_eq!(send(&"o1".into(), &notice).unwrap_err(), NoticeError::Template);
    }

    #[test]
    fn answers_name_the_job_or_why_not() {
        let taken = |body: &str| parse_sent(200, body.as_bytes());
        let job = |job: &str| Sent { verdict: SendVerdict::Delivered, job: Some(job.to_owned()) };
        assert_eq!(
            taken(r#"{"errcode":0,"errmsg":"ok","msgid":18446744073709551615}"#),
            job("18446744073709551615")
        );
        assert_eq!(taken(r#"{"errcode":0,"msgid":"200228332"}"#), job("200228332"));
        assert_eq!(taken(r#"{"errcode":0}"#), Sent { verdict: SendVerdict::Delivered, job: None });
        let never = |errcode, reason| Sent { verdict: SendVerdict::Never { errcode, reason }, job: None };
        let refused = |errcode: i64| taken(&json!({ "errcode": errcode, "errmsg": "no" }).to_string());
        for errcode in [43004, 43101] {
            assert_eq!(refused(errcode), never(errcode, NeverReason::Unreachable));
        }
        for errcode in [41030, 47003] {
            assert_eq!(refused(errcode), never(errcode, NeverReason::Content));
        }
        for errcode in [40037, 45009, 48001] {
            assert_eq!(refused(errcode), never(errcode, NeverReason::Account));
        }
        assert_eq!(refused(-1).verdict, SendVerdict::Later { errcode: -1 });
        assert_eq!(refused(42001).verdict, SendVerdict::RefreshToken { errcode: 42001 });
        assert_eq!(parse_sent(502, b"<html>").verdict, SendVerdict::Unknown);
    }
}
