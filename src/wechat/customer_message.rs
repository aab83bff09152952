//! Customer-service messages: what may be said outside of the reply to a push (protocol 4.1, 4.2).

use super::xml::without_forbidden;
use crate::base::channel::ChannelKind;
use crate::base::id::CustomerId;
use crate::base::limits::{
    CARD_DESCRIPTION_BYTES_MAX, CARD_TITLE_BYTES_MAX, CARD_URL_BYTES_MAX, MENU_HEAD_BYTES_MAX,
    MENU_ID_BYTES_MAX, MENU_ITEMS_MAX, MENU_TEXT_BYTES_MAX, TEXT_BYTES_MAX,
};
use crate::base::message::{MediaKind, MenuItem, OutboundContent};
use crate::base::text::prefix_within;
use serde_json::{Value, json};
use thiserror::Error;

/// Why a message would be refused by WeChat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ContentError {
    /// Nothing in it, or in a part that it needs, can be seen (44004).
    #[error("a message may not be blank")]
    Blank,
    /// Of a kind that cannot be sent so.
    #[error("this kind of message cannot be sent to a customer of this channel")]
    Kind,
    /// It shows a file that WeChat has not been given.
    #[error("the file has not been uploaded")]
    NotUploaded,
    /// A menu without choices, or with more than [`MENU_ITEMS_MAX`].
    #[error("a menu has 1 to {MENU_ITEMS_MAX} choices, not {count}")]
    Choices {
        /// How many it has.
        count: usize,
    },
    /// A part is longer than WeChat takes (45002).
    #[error("the {part} has at most {bytes_max} bytes, not {bytes}")]
    TooLong {
        /// Which part: `text`, `title`, …
        part: &'static str,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        bytes_max: usize,
    },
}

/// The JSON body of `custom/send`, in plain UTF-8: WeChat shows `\u…` escapes as they are.
///
/// `uploaded` is the media id of [`OutboundContent::media`], where the content has one. A link's picture is an
/// address here, which a media id is not: a link goes without.
pub fn render(
    kind: ChannelKind,
    customer: &CustomerId,
    content: &OutboundContent,
    uploaded: Option<&str>,
) -> Result<String, ContentError> {
    let (name, object) = match kind {
        ChannelKind::OfficialAccount => official_account(content, uploaded)?,
        ChannelKind::MiniProgram => mini_program(content, uploaded)?,
        ChannelKind::Kefu => return Err(ContentError::Kind),
    };
    Ok(json!({ "touser": customer.as_str(), "msgtype": name, name: object }).to_string())
}

/// A `msgtype` and the object of that name.
type Typed = (&'static str, Value);

fn official_account(content: &OutboundContent, uploaded: Option<&str>) -> Result<Typed, ContentError> {
    Ok(match content {
        OutboundContent::Text { text } => words(text)?,
        OutboundContent::Media { media: MediaKind::Image, .. } => ("image", media(uploaded)?),
        OutboundContent::Media { media: MediaKind::Voice, .. } => ("voice", media(uploaded)?),
        OutboundContent::Media { media: MediaKind::Video, name, .. } => ("video", video(name, uploaded)?),
        OutboundContent::Menu { head, items, tail } => ("msgmenu", menu(head, items, tail)?),
        // More than one article is refused (45008).
        OutboundContent::Link { title, description, url, .. } => {
            ("news", json!({ "articles": [link(title, description, url)?] }))
        }
        OutboundContent::MiniProgramPage { title, appid, page_path, .. } => {
            let mut page = page(title, page_path, uploaded)?;
            if let Value::Object(page) = &mut page {
                page.insert("appid".to_owned(), needed("appid", appid, CARD_TITLE_BYTES_MAX)?.into());
            }
            ("miniprogrampage", page)
        }
        OutboundContent::Media { media: MediaKind::File, .. }
        | OutboundContent::Notice { .. }
        | OutboundContent::Erased => {
            return Err(ContentError::Kind);
        }
    })
}

/// A mini program takes fewer kinds, and its cards open itself.
fn mini_program(content: &OutboundContent, uploaded: Option<&str>) -> Result<Typed, ContentError> {
    Ok(match content {
        OutboundContent::Text { text } => words(text)?,
        OutboundContent::Media { media: MediaKind::Image, .. } => ("image", media(uploaded)?),
        OutboundContent::Link { title, description, url, .. } => ("link", link(title, description, url)?),
        OutboundContent::MiniProgramPage { title, page_path, .. } => {
            ("miniprogrampage", page(title, page_path, uploaded)?)
        }
        OutboundContent::Media { .. }
        | OutboundContent::Menu { .. }
        | OutboundContent::Notice { .. }
        | OutboundContent::Erased => {
            return Err(ContentError::Kind);
        }
    })
}

fn words(text: &str) -> Result<Typed, ContentError> {
    Ok(("text", json!({ "content": needed("text", text, TEXT_BYTES_MAX)? })))
}

fn media(uploaded: Option<&str>) -> Result<Value, ContentError> {
    Ok(json!({ "media_id": id(uploaded)? }))
}

/// Without `thumb_media_id`: we have no still picture of a film, and a film's own id is none (40007).
fn video(name: &str, uploaded: Option<&str>) -> Result<Value, ContentError> {
    let title = without_forbidden(prefix_within(name, CARD_TITLE_BYTES_MAX));
    Ok(json!({ "media_id": id(uploaded)?, "title": title, "description": "" }))
}

fn menu(head: &str, items: &[MenuItem], tail: &str) -> Result<Value, ContentError> {
    if items.is_empty() || items.len() > MENU_ITEMS_MAX {
        return Err(ContentError::Choices { count: items.len() });
    }
    let item = |item: &MenuItem| {
        let id = needed("choice's id", &item.id, MENU_ID_BYTES_MAX)?;
        let text = needed("choice", &item.text, MENU_TEXT_BYTES_MAX)?;
        Ok(json!({ "id": id, "content": text }))
    };
    Ok(json!({
        "head_content": part("head", head, MENU_HEAD_BYTES_MAX)?,
        "list": items.iter().map(item).collect::<Result<Vec<_>, _>>()?,
        "tail_content": part("tail", tail, MENU_HEAD_BYTES_MAX)?,
    }))
}

fn link(title: &str, description: &str, url: &str) -> Result<Value, ContentError> {
    Ok(json!({
        "title": needed("title", title, CARD_TITLE_BYTES_MAX)?,
        "description": part("description", description, CARD_DESCRIPTION_BYTES_MAX)?,
        "url": needed("address", url, CARD_URL_BYTES_MAX)?,
    }))
}

fn page(title: &str, page_path: &str, uploaded: Option<&str>) -> Result<Value, ContentError> {
    Ok(json!({
        "title": needed("title", title, CARD_TITLE_BYTES_MAX)?,
        "pagepath": needed("page", page_path, CARD_URL_BYTES_MAX)?,
        "thumb_media_id": id(uploaded)?,
    }))
}

/// The media id of what was uploaded.
pub(super) fn id(uploaded: Option<&str>) -> Result<&str, ContentError> {
    uploaded.filter(|id| !id.is_empty()).ok_or(ContentError::NotUploaded)
}

/// A part that may be blank. Control characters could only travel as escapes.
pub(super) fn part(part: &'static str, text: &str, bytes_max: usize) -> Result<String, ContentError> {
    let text = without_forbidden(text);
    if text.len() > bytes_max {
        return Err(ContentError::TooLong { part, bytes: text.len(), bytes_max });
    }
    Ok(text)
}

/// A part that may not be blank.
pub(super) fn needed(name: &'static str, text: &str, bytes_max: usize) -> Result<String, ContentError> {
    let text = part(name, text, bytes_max)?;
    if text.trim().is_empty() { Err(ContentError::Blank) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ChannelKind::{Kefu, MiniProgram, OfficialAccount};

    fn text(text: &str) -> OutboundContent {
        OutboundContent::Text { text: text.to_owned() }
    }

    fn file(media: MediaKind) -> OutboundContent {
        OutboundContent::Media { media, key: "k1".into(), name: "说明.mp4".to_owned() }
    }

    fn menu(count: usize) -> OutboundContent {
        let item = |n| MenuItem { id: format!("m{n}"), text: format!("第{n}项") };
        OutboundContent::Menu {
            head: "您要问:".to_owned(),
            items: (1..=count).map(item).collect(),
            tail: String::new(),
        }
    }

    fn link(description: &str) -> OutboundContent {
        OutboundContent::Link {
            title: "保修<条款>".to_owned(),
            description: description.to_owned(),
            url: "https://e.example/a?b=1&c=2".to_owned(),
            thumb: Some("k1".into()),
        }
    }

    fn page() -> OutboundContent {
        OutboundContent::MiniProgramPage {
            title: "订单".to_owned(),
            appid: "wx1".to_owned(),
            page_path: "pages/order?id=1".to_owned(),
            thumb: "k1".into(),
        }
    }

    fn notice() -> OutboundContent {
        OutboundContent::Notice { template: "t1".to_owned(), values: [].into(), page: None }
    }

    fn body(kind: ChannelKind, content: &OutboundContent) -> Result<Value, ContentError> {
        let body = render(kind, &"o1".into(), content, Some("M1"))?;
        assert!(!body.contains("\\u"), "{body}");
        Ok(serde_json::from_str(&body).unwrap())
    }

    #[test]
    fn text_travels_as_plain_utf8() {
        let said = "你好😀 <a>\"\\/\u{7F}\u{2028}\n\t\u{1D}";
        let expected =
            json!({ "touser": "o1", "msgtype": "text", "text": { "content": said.replace('\u{1D}', "") } });
        for kind in [OfficialAccount, MiniProgram] {
            assert_eq!(body(kind, &text(said)), Ok(expected.clone()));
        }
    }

    #[test]
    fn an_official_account_sends_what_it_may() {
        let sent = |content| body(OfficialAccount, &content).unwrap();
        assert_eq!(
            sent(file(MediaKind::Image)),
            json!({ "touser": "o1", "msgtype": "image", "image": { "media_id": "M1" } })
        );
        assert_eq!(sent(file(MediaKind::Voice))["voice"], json!({ "media_id": "M1" }));
        let video = json!({ "media_id": "M1", "title": "说明.mp4", "description": "" });
        assert_eq!(sent(file(MediaKind::Video))["video"], video);
        let list = json!([{ "id": "m1", "content": "第1项" }, { "id": "m2", "content": "第2项" }]);
        assert_eq!(
            sent(menu(2))["msgmenu"],
            json!({ "head_content": "您要问:", "list": list, "tail_content": "" })
        );
        let article =
            json!({ "title": "保修<条款>", "description": "两年", "url": "https://e.example/a?b=1&c=2" });
        assert_eq!(sent(link("两年"))["news"], json!({ "articles": [article] }));
        let card = json!({ "title": "订单", "appid": "wx1", "pagepath": "pages/order?id=1", "thumb_media_id": "M1" });
        assert_eq!(sent(page())["miniprogrampage"], card);
        for content in [file(MediaKind::File), notice()] {
            assert_eq!(body(OfficialAccount, &content), Err(ContentError::Kind));
        }
    }

    #[test]
    fn a_mini_program_sends_four_kinds() {
        let sent = |content| body(MiniProgram, &content).unwrap();
        assert_eq!(sent(file(MediaKind::Image))["image"], json!({ "media_id": "M1" }));
        let card = json!({ "title": "保修<条款>", "description": "", "url": "https://e.example/a?b=1&c=2" });
        assert_eq!(sent(link("")), json!({ "touser": "o1", "msgtype": "link", "link": card }));
        let card = json!({ "title": "订单", "pagepath": "pages/order?id=1", "thumb_media_id": "M1" });
        assert_eq!(sent(page())["miniprogrampage"], card);
        let others = [MediaKind::Voice, MediaKind::Video, MediaKind::File].map(file);
        for content in others.into_iter().chain([menu(1), notice()]) {
            assert_eq!(body(MiniProgram, &content), Err(ContentError::Kind));
        }
        assert_eq!(body(Kefu, &text("好")), Err(ContentError::Kind));
    }

    #[test]
    fn what_wechat_would_refuse_is_an_error() {
        for blank in ["", " \n", "\u{1D}\u{3000}"] {
            assert_eq!(body(OfficialAccount, &text(blank)), Err(ContentError::Blank), "{blank:?}");
        }
        assert!(body(OfficialAccount, &text(&"a".repeat(TEXT_BYTES_MAX))).is_ok());
        let long = ContentError::TooLong { part: "text", bytes: 2_049, bytes_max: TEXT_BYTES_MAX };
        assert_eq!(body(OfficialAccount, &text(&"好".repeat(683))), Err(long));
        let long =
            ContentError::TooLong { part: "description", bytes: 513, bytes_max: CARD_DESCRIPTION_BYTES_MAX };
        for kind in [OfficialAccount, MiniProgram] {
            assert_eq!(body(kind, &link(&"好".repeat(171))), Err(long));
        }
        for count in [0, MENU_ITEMS_MAX + 1] {
            assert_eq!(body(OfficialAccount, &menu(count)), Err(ContentError::Choices { count }));
        }
        assert!(body(OfficialAccount, &menu(MENU_ITEMS_MAX)).is_ok());
        for content in [file(MediaKind::Image), page()] {
            for uploaded in [None, Some("")] {
                let refused = render(MiniProgram, &"o1".into(), &content, uploaded);
                assert_eq!(refused, Err(ContentError::NotUploaded));
            }
        }
    }
}
