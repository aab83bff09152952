//! What we say through WeCom's customer service: the requests, and what their answers mean (protocol 9.3).

use super::verdict::{verdict, verdict_repeated};
use crate::base::id::CustomerId;
use crate::base::limits::{
    CARD_DESCRIPTION_BYTES_MAX, CARD_TITLE_BYTES_MAX, CARD_URL_BYTES_MAX, KEFU_CARD_TITLE_BYTES_MAX,
    KEFU_SEND_KEY_BYTES_MAX, MENU_HEAD_BYTES_MAX, MENU_ID_BYTES_MAX, MENU_ITEMS_MAX, MENU_TEXT_BYTES_MAX,
    TEXT_BYTES_MAX, WECHAT_ANSWER_BYTES_MAX,
};
use crate::base::message::{MediaKind, MenuItem, OutboundContent, SendVerdict};
use crate::base::text::prefix_within;
use crate::wechat::api::{Answer, ApiRequest, parse_object};
use crate::wechat::customer_message::{ContentError, id, needed, part};
use serde_json::{Map, Value, json};

/// A send's `msgid`: our own name for it, unique per account, by which WeCom recognises a repetition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendKey(String);

impl SendKey {
    /// 1 to [`KEFU_SEND_KEY_BYTES_MAX`] of `0-9 a-z A-Z _ -`.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let usable = (1..=KEFU_SEND_KEY_BYTES_MAX).contains(&text.len()) && text.bytes().all(allowed);
        usable.then(|| Self(text.to_owned()))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Sends a message. `uploaded` is the media id of [`OutboundContent::media`], where the content has one. A link needs
/// a picture here.
pub fn send_msg(
    open_kfid: &str,
    customer: &CustomerId,
    key: &SendKey,
    content: &OutboundContent,
    uploaded: Option<&str>,
) -> Result<ApiRequest, ContentError> {
    let (msgtype, object) = render(content, uploaded)?;
    let body = json!({
        "touser": customer.as_str(), "open_kfid": open_kfid, "msgid": key.as_str(), "msgtype": msgtype, msgtype: object,
    });
    Ok(ApiRequest::post("/cgi-bin/kf/send_msg", body.to_string()).for_wecom())
}

/// Sends the one message, words or a menu, that an event's `welcome_code` or `msg_code` is good for. It takes no
/// place in the quota. After being put into the pool or picked from it, words only.
pub fn send_msg_on_event(
    code: &str,
    key: &SendKey,
    content: &OutboundContent,
) -> Result<ApiRequest, ContentError> {
    let (OutboundContent::Text { .. } | OutboundContent::Menu { .. }) = content else {
        return Err(ContentError::Kind);
    };
    let (msgtype, object) = render(content, None)?;
    let body = json!({ "code": code, "msgid": key.as_str(), "msgtype": msgtype, msgtype: object });
    Ok(ApiRequest::post("/cgi-bin/kf/send_msg_on_event", body.to_string()).for_wecom())
}

/// Reads the answer to [`send_msg`] and [`send_msg_on_event`].
///
/// `repeated`: an earlier attempt with the same key came to an end that nobody knows. After attempts that were all
/// definitely refused it is not a repetition.
pub fn parse_send(status: u16, body: &[u8], repeated: bool) -> SendVerdict {
    match parse_object(status, body, WECHAT_ANSWER_BYTES_MAX) {
        Answer::Ok(_) => SendVerdict::Delivered,
        Answer::Refused { errcode } if repeated => verdict_repeated(errcode),
        Answer::Refused { errcode } => verdict(errcode),
        Answer::Unknown => SendVerdict::Unknown,
    }
}

/// The message's type, and the object of that name, in plain UTF-8.
fn render(content: &OutboundContent, uploaded: Option<&str>) -> Result<(&'static str, Value), ContentError> {
    Ok(match content {
        OutboundContent::Text { text } => {
            ("text", json!({ "content": needed("text", text, TEXT_BYTES_MAX)? }))
        }
        OutboundContent::Media { media, .. } => (media_type(*media), json!({ "media_id": id(uploaded)? })),
        OutboundContent::Menu { head, items, tail } => ("msgmenu", menu(head, items, tail)?),
        OutboundContent::Link { title, description, url, .. } => (
            "link",
            json!({
                "title": needed("title", title, CARD_TITLE_BYTES_MAX)?,
                "desc": part("description", description, CARD_DESCRIPTION_BYTES_MAX)?,
                "url": needed("address", url, CARD_URL_BYTES_MAX)?,
                "thumb_media_id": id(uploaded)?,
            }),
        ),
        OutboundContent::MiniProgramPage { title, appid, page_path, .. } => {
            // WeCom would cut it anyway, perhaps within a character.
            let title = part("title", title, usize::MAX)?;
            let card = json!({
                "appid": needed("appid", appid, CARD_TITLE_BYTES_MAX)?,
                "title": prefix_within(&title, KEFU_CARD_TITLE_BYTES_MAX),
                "thumb_media_id": id(uploaded)?,
                "pagepath": needed("page", page_path, CARD_URL_BYTES_MAX)?,
            });
            ("miniprogram", card)
        }
        OutboundContent::Notice { .. } | OutboundContent::Erased => return Err(ContentError::Kind),
    })
}

const fn media_type(media: MediaKind) -> &'static str {
    match media {
        MediaKind::Image => "image",
        MediaKind::Voice => "voice",
        MediaKind::Video => "video",
        MediaKind::File => "file",
    }
}

fn menu(head: &str, items: &[MenuItem], tail: &str) -> Result<Value, ContentError> {
    if !(1..=MENU_ITEMS_MAX).contains(&items.len()) {
        return Err(ContentError::Choices { count: items.len() });
    }
    let choice = |item: &MenuItem| {
        let id = needed("choice's id", &item.id, MENU_ID_BYTES_MAX)?;
        let content = needed("choice", &item.text, MENU_TEXT_BYTES_MAX)?;
        Ok(json!({ "type": "click", "click": { "id": id, "content": content } }))
    };
    let choices = items.iter().map(choice).collect::<Result<Vec<_>, _>>()?;
    let said = |name, text| {
        let text = part(name, text, MENU_HEAD_BYTES_MAX)?;
        Ok(Some(text).filter(|text| !text.trim().is_empty()))
    };
    let mut object = Map::from_iter([("list".to_owned(), choices.into())]);
    object.extend(said("head", head)?.map(|text| ("head_content".to_owned(), text.into())));
    object.extend(said("tail", tail)?.map(|text| ("tail_content".to_owned(), text.into())));
    Ok(object.into())
}
