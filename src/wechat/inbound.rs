//! What WeChat pushes to us, as typed values, and what of it the desk needs (protocol 2.1, 2.2, 3.3).

use super::event::Event;
use super::tree::{Node, Value};
use crate::base::digest::{hex, sha256};
use crate::base::id::{ChannelId, ConversationId, InboundKey};
use crate::base::limits::{CUSTOMER_ID_BYTES_MAX, INBOUND_KEY_BYTES_MAX};
use crate::base::message::{Inbound, InboundContent};
use crate::base::time::TimeMs;
use thiserror::Error;

/// One push: a message or an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// Our account's original id, `gh_…`.
    pub to_user: String,
    /// The customer's openid.
    pub from_user: String,
    /// When it was made, unix seconds by WeChat's clock.
    pub create_time_s: i64,
    /// What it is.
    pub body: PushBody,
    /// What a redelivery has in common with the first delivery, within the customer's conversation.
    pub key: InboundKey,
}

/// A message or an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushBody {
    /// The customer sent something.
    Message {
        /// Its id; WeChat always gives one.
        id: Option<MsgId>,
        /// The article whose comment box it came from.
        article: Option<Article>,
        /// What it says.
        message: Message,
    },
    /// Something happened.
    Event(Event),
}

/// A message id, 17 to 20 digits, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MsgId(pub String);

impl MsgId {
    /// As a number, when it is one of 64 bits.
    pub fn number(&self) -> Option<u64> {
        self.0.parse().ok()
    }
}

/// The article that a message came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    /// `MsgDataId`.
    pub data_id: String,
    /// Which article of several, from 1.
    pub index: String,
}

/// A customer's message. Numbers stay the text they came as.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are WeChat's own, named and described in protocol 2.2")]
pub enum Message {
    /// Words; `menu_id` names the tapped item of a menu message.
    Text { content: String, menu_id: Option<String> },
    /// A picture.
    Image { pic_url: String, media_id: String },
    /// Speech; `recognition` was withdrawn by WeChat, `media_id_16k` is documented only.
    Voice { media_id: String, format: String, media_id_16k: Option<String>, recognition: Option<String> },
    /// A video.
    Video { media_id: String, thumb_media_id: String },
    /// A short video, an older type.
    ShortVideo { media_id: String, thumb_media_id: String },
    /// A place; `Location_X` is the latitude.
    Location { latitude: String, longitude: String, scale: String, label: String },
    /// A shared link.
    Link { title: String, description: String, url: String },
    /// A file; undocumented, and not to be downloaded by API.
    File { title: String, description: String, file_key: String, md5: String, size_bytes: String },
    /// A mini-program card.
    MiniProgramPage {
        title: String,
        appid: String,
        page_path: String,
        thumb_url: String,
        thumb_media_id: String,
    },
    /// A type we do not know, with all its fields.
    Other { message_type: String, fields: Node },
}

/// What no push may lack, and this one does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the push has no usable {0}")]
pub struct Incomplete(pub &'static str);

/// What WeChat sends in place of a message that it cannot carry (protocol 2.2).
const UNSUPPORTED_TEXTS: [&str; 2] = ["[不支持的消息]", "【收到不支持的消息类型，暂无法显示】"];

impl Push {
    /// Reads a decrypted, or plain, body.
    pub fn parse(root: &Node) -> Result<Self, Incomplete> {
        let required =
            |name| Some(root.word_of(name)).filter(|word| !word.is_empty()).ok_or(Incomplete(name));
        let from_user = required("FromUserName")?;
        if from_user.len() > CUSTOMER_ID_BYTES_MAX {
            return Err(Incomplete("FromUserName"));
        }
        let create_time = required("CreateTime")?;
        let message_type = required("MsgType")?;
        let (body, key) = if message_type.eq_ignore_ascii_case("event") {
            let event = Event::parse(required("Event")?, root);
            let key = event_key(create_time, &event, root);
            (PushBody::Event(event), key)
        } else {
            (parse_message(message_type, root), message_key(create_time, root))
        };
        Ok(Self {
            to_user: required("ToUserName")?.to_owned(),
            from_user: from_user.to_owned(),
            create_time_s: create_time.parse().map_err(|_| Incomplete("CreateTime"))?,
            body,
            key,
        })
    }

    /// The push as the desk sees it: what it says first.
    pub fn to_inbound(&self, channel: &ChannelId) -> Inbound {
        let content = match &self.body {
            PushBody::Message { message, .. } => message.to_content(),
            PushBody::Event(event) => event.to_content(),
        };
        self.inbound(channel, self.key.clone(), content)
    }

    /// What else it says, in order: an event may be about several templates. Each has a key of its own.
    pub fn further_inbounds(&self, channel: &ChannelId) -> Vec<Inbound> {
        let PushBody::Event(event) = &self.body else { return Vec::new() };
        let contents = event.further_contents().into_iter().zip(1..);
        let inbound = |(content, n): (InboundContent, u32)| {
            self.inbound(channel, join_key(&["i", &n.to_string(), self.key.as_str()]), content)
        };
        contents.map(inbound).collect()
    }

    fn inbound(&self, channel: &ChannelId, key: InboundKey, content: InboundContent) -> Inbound {
        let conversation =
            ConversationId { channel: channel.clone(), customer: self.from_user.as_str().into() };
        Inbound { conversation, key, sent_at: TimeMs::from_secs(self.create_time_s), content }
    }
}

fn parse_message(message_type: &str, root: &Node) -> PushBody {
    let article =
        optional(root, "MsgDataId").map(|data_id| Article { data_id, index: root.word_of("Idx").to_owned() });
    let id = optional(root, "MsgId").map(MsgId);
    PushBody::Message { id, article, message: Message::parse(message_type, root) }
}

impl Message {
    fn parse(message_type: &str, root: &Node) -> Self {
        let text = |name| root.text_of(name).to_owned();
        let word = |name| root.word_of(name).to_owned();
        match message_type.to_ascii_lowercase().as_str() {
            "text" => Self::Text { content: text("Content"), menu_id: optional(root, "bizmsgmenuid") },
            "image" => Self::Image { pic_url: word("PicUrl"), media_id: word("MediaId") },
            "voice" => Self::Voice {
                media_id: word("MediaId"),
                format: word("Format"),
                media_id_16k: optional(root, "MediaId16K"),
                recognition: optional(root, "Recognition"),
            },
            "video" => Self::Video { media_id: word("MediaId"), thumb_media_id: word("ThumbMediaId") },
            "shortvideo" => {
                Self::ShortVideo { media_id: word("MediaId"), thumb_media_id: word("ThumbMediaId") }
            }
            "location" => Self::Location {
                latitude: word("Location_X"),
                longitude: word("Location_Y"),
                scale: word("Scale"),
                label: text("Label"),
            },
            "link" => Self::Link { title: text("Title"), description: text("Description"), url: word("Url") },
            "file" => Self::File {
                title: text("Title"),
                description: text("Description"),
                file_key: word("FileKey"),
                md5: word("FileMd5"),
                size_bytes: word("FileTotalLen"),
            },
            "miniprogrampage" => Self::MiniProgramPage {
                title: text("Title"),
                appid: word("AppId"),
                page_path: word("PagePath"),
                thumb_url: word("ThumbUrl"),
                thumb_media_id: word("ThumbMediaId"),
            },
            _ => Self::Other { message_type: message_type.to_owned(), fields: root.clone() },
        }
    }

    fn to_content(&self) -> InboundContent {
        match self.clone() {
            Self::Text { content, .. } if UNSUPPORTED_TEXTS.contains(&content.trim()) => {
                InboundContent::Unsupported { message_type: "text".to_owned() }
            }
            Self::Text { content, menu_id } => InboundContent::Text { text: content, menu_id },
            Self::Image { pic_url, media_id } => InboundContent::Image { media_id, url: pic_url },
            Self::Voice { media_id, format, recognition, .. } => {
                InboundContent::Voice { media_id, format, recognition }
            }
            Self::Video { media_id, thumb_media_id } | Self::ShortVideo { media_id, thumb_media_id } => {
                InboundContent::Video { media_id, thumb_media_id }
            }
            Self::Location { latitude, longitude, label, .. } => {
                InboundContent::Location { latitude, longitude, label }
            }
            Self::Link { title, description, url } => InboundContent::Link { title, description, url },
            Self::File { title, size_bytes, .. } => {
                InboundContent::File { title, size_bytes, media_id: None }
            }
            Self::MiniProgramPage { title, appid, page_path, .. } => {
                InboundContent::MiniProgramPage { title, appid, page_path }
            }
            Self::Other { message_type, .. } => InboundContent::Unsupported { message_type },
        }
    }
}

/// A field that counts as absent when it is blank.
pub(super) fn optional(node: &Node, name: &str) -> Option<String> {
    Some(node.word_of(name)).filter(|word| !word.is_empty()).map(str::to_owned)
}

/// MsgId alone has collided between customers and in time (protocol 3.3). Without one, everything counts.
fn message_key(create_time: &str, root: &Node) -> InboundKey {
    match root.word_of("MsgId") {
        "" => {
            let mut parts = vec!["x", create_time];
            push_leaves(root, &mut parts);
            join_key(&parts)
        }
        id => join_key(&["m", id, create_time]),
    }
}

/// Events have no id, and several may happen in one second (protocol 3.3).
fn event_key(create_time: &str, event: &Event, root: &Node) -> InboundKey {
    let [event_key, job, ticket, card] =
        ["EventKey", "MsgID", "Ticket", "UserCardCode"].map(|name| root.word_of(name));
    let detail = event.detail();
    let detail = if [event_key, job].contains(&detail.as_str()) { "" } else { &detail };
    join_key(&["e", create_time, &event.name(), event_key, job, ticket, card, detail])
}

fn push_leaves<'a>(node: &'a Node, parts: &mut Vec<&'a str>) {
    for child in node.children() {
        parts.push(&child.name);
        match &child.value {
            Value::Text(text) => parts.push(text),
            Value::Number(_) | Value::Children(_) => push_leaves(child, parts),
        }
    }
}

/// Joins parts so that different ones never look the same; hashed when that is too long to store.
pub(super) fn join_key(parts: &[&str]) -> InboundKey {
    let escaped: Vec<_> = parts.iter().map(|part| part.replace('%', "%25").replace('|', "%7C")).collect();
    let joined = escaped.join("|");
    let trimmed = joined.trim_end_matches('|');
    if trimmed.len() <= INBOUND_KEY_BYTES_MAX {
        return InboundKey(trimmed.to_owned());
    }
    InboundKey(format!("h|{}", hex(&sha256(&[joined.as_bytes()]))))
}
