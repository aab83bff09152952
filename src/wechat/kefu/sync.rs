//! Pulling what a callback announced: one page at a time, from a cursor (protocol 9.2, 11.1).
//!
//! A page that cannot be read would hold up all that comes after it, so nothing inside of it is fatal: a damaged
//! message is one that we do not support. The cursor is kept, per account, once its page is durably stored; one pull
//! at a time per account. Without a cursor WeCom begins three days ago, and keys recognise what was seen.

use super::fields::Fields;
use super::message::SyncedMessage;
use crate::base::limits::KEFU_ANSWER_BYTES_MAX;
use crate::wechat::api::{Answer, ApiRequest, parse_object};
use crate::wechat::secret::Secret;
use serde_json::{Map, Value, json};

/// The code of a pull whose token has expired: pull without it (protocol 9.6).
pub const STALE_PULL_TOKEN: i64 = 95_007;

/// `voice_format`: AMR, which WeCom's own uploads take as well.
const AMR: u8 = 0;

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Where the next page begins; none when WeCom did not say, and the present cursor stays.
    pub next_cursor: Option<String>,
    /// Whether there is more already, also when this page is empty.
    pub has_more: bool,
    /// Its messages, oldest first.
    pub messages: Vec<SyncedMessage>,
}

/// Asks for the messages after `cursor`, at most `limit` of them: [`crate::base::limits::KEFU_PAGE_MESSAGES_MAX`], or
/// fewer when a page came that was longer than [`KEFU_ANSWER_BYTES_MAX`]. Without the callback's `token`, WeCom
/// answers less often.
pub fn sync_msg(open_kfid: &str, cursor: Option<&str>, token: Option<&Secret>, limit: u32) -> ApiRequest {
    let mut body = Map::new();
    body.insert("open_kfid".to_owned(), open_kfid.into());
    body.insert("limit".to_owned(), limit.into());
    body.insert("voice_format".to_owned(), AMR.into());
    if let Some(cursor) = cursor {
        body.insert("cursor".to_owned(), cursor.into());
    }
    if let Some(token) = token {
        body.insert("token".to_owned(), token.expose().into());
    }
    ApiRequest::post("/cgi-bin/kf/sync_msg", json!(body).to_string()).for_wecom()
}

/// Reads the answer to [`sync_msg`].
pub fn parse_sync(status: u16, body: &[u8]) -> Answer<Page> {
    if body.len() > KEFU_ANSWER_BYTES_MAX {
        return Answer::Unknown;
    }
    // Mending may lengthen what is beyond repair anyway.
    let object = match parse_object(status, &mended(body), KEFU_ANSWER_BYTES_MAX) {
        Answer::Ok(object) => Value::Object(object),
        Answer::Refused { errcode } => return Answer::Refused { errcode },
        Answer::Unknown => return Answer::Unknown,
    };
    let fields = Fields::of(&object);
    // A list of another shape may hold messages, and the cursor must not pass them.
    if object.get("msg_list").is_some_and(|list| !list.is_array() && !list.is_null()) {
        return Answer::Unknown;
    }
    let next_cursor = fields.word("next_cursor");
    // More of the same page would never end.
    let has_more = next_cursor.is_some() && fields.number("has_more").is_some_and(|more| more != 0);
    let messages = fields.list("msg_list").iter().map(SyncedMessage::parse).collect();
    Answer::Ok(Page { next_cursor, has_more, messages })
}

/// The body without what makes JSON unreadable as a whole though it concerns one text only: bytes that are not
/// UTF-8, and escaped halves of characters, as they are left when somebody cuts a text in the middle of an emoji.
fn mended(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let mut out = String::with_capacity(text.len());
    let mut rest: &str = &text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        out.push('\\');
        let (escape, length) = escape(after);
        out.push_str(escape);
        rest = after.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out.into_bytes()
}

/// The escape that the text after a backslash is, mended, and how much of that text it was.
fn escape(after: &str) -> (&str, usize) {
    /// A unit's four digits, when they are digits.
    fn unit(text: &str) -> Option<u32> {
        let digits = text.strip_prefix('u')?.get(..4)?;
        u32::from_str_radix(digits, 16).ok()
    }
    match unit(after) {
        Some(0xD800..=0xDBFF) => {
            let low = after.get(5..).and_then(|rest| rest.strip_prefix('\\')).and_then(unit);
            if matches!(low, Some(0xDC00..=0xDFFF)) {
                return (after.get(..11).unwrap_or_default(), 11);
            }
            ("ufffd", 5)
        }
        Some(0xDC00..=0xDFFF) => ("ufffd", 5),
        Some(_) => (after.get(..5).unwrap_or_default(), 5),
        None => {
            let length = after.chars().next().map_or(0, char::len_utf8);
            (after.get(..length).unwrap_or_default(), length)
        }
    }
}
