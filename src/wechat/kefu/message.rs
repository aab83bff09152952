//! One message or event as pulled from WeCom, and what of it the desk needs (protocol 9.2).

use super::event::Event;
use super::fields::Fields;
use crate::base::id::{ChannelId, ConversationId, CustomerId, InboundKey};
use crate::base::limits::CUSTOMER_ID_BYTES_MAX;
use crate::base::message::{Inbound, InboundContent};
use crate::base::time::TimeMs;
use crate::wechat::inbound::join_key;
use serde_json::Value;

/// How WeCom gives voices when nothing else was asked for.
const VOICE_FORMAT: &str = "amr";

/// One item of a page. Only what is readable is filled in: a damaged item is an item still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncedMessage {
    /// Its id; empty when it has none.
    pub msgid: String,
    /// What makes it unique within its conversation, however often it is pulled.
    pub key: InboundKey,
    /// The account that it came to; possibly empty.
    pub open_kfid: String,
    /// The customer. Events about our own people have none.
    pub external_userid: Option<CustomerId>,
    /// When it was sent, unix seconds by WeCom's clock; 0 when it does not say.
    pub send_time_s: i64,
    /// Whose it is.
    pub origin: Origin,
    /// What it is.
    pub body: Body,
}

/// Whose a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The customer's (3, or not said).
    Customer,
    /// WeCom's own (4).
    System,
    /// A person's, from WeCom's app (5). What we send ourselves is never pulled.
    Servicer {
        /// Who.
        userid: String,
    },
}

/// What a message is. Numbers stay the text they came as.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are WeCom's own, named and described in protocol 9.2")]
pub enum Body {
    /// Words; `menu_id` names the tapped choice of a menu message.
    Text { content: String, menu_id: Option<String> },
    /// A picture.
    Image { media_id: String },
    /// Speech.
    Voice { media_id: String },
    /// A video.
    Video { media_id: String },
    /// A file; its name comes with the download.
    File { media_id: String },
    /// A place.
    Location { latitude: String, longitude: String, name: String, address: String },
    /// A shared link.
    Link { title: String, desc: String, url: String, pic_url: String },
    /// A mini-program card.
    MiniProgram { title: String, appid: String, page_path: String, thumb_media_id: String },
    /// Something happened.
    Event(Event),
    /// A type that we do not read (`business_card`, `merged_msg`, …) or do not know, or a damaged message.
    Other { msgtype: String },
}

impl SyncedMessage {
    pub(super) fn parse(item: &Value) -> Self {
        let fields = Fields::of(item);
        let event = fields.object("event");
        let word = |name| event.word(name).or_else(|| fields.word(name));
        let msgid = fields.word("msgid").unwrap_or_default();
        Self {
            // What has no id is the same when it says the same.
            key: if msgid.is_empty() { join_key(&["k", "", &item.to_string()]) } else { inbound_key(&msgid) },
            msgid,
            open_kfid: word("open_kfid").unwrap_or_default(),
            external_userid: word("external_userid")
                .filter(|id| id.len() <= CUSTOMER_ID_BYTES_MAX)
                .map(CustomerId),
            send_time_s: fields.number("send_time").unwrap_or_default(),
            origin: match fields.number("origin") {
                None | Some(3) => Origin::Customer,
                Some(5) => Origin::Servicer { userid: fields.word("servicer_userid").unwrap_or_default() },
                Some(_) => Origin::System,
            },
            body: Body::parse(fields),
        }
    }

    /// The message as the desk sees it; nothing when it is about no customer. A page asked for one account should
    /// hold no other's: whose channel it is, the caller looks up by `open_kfid`.
    pub fn to_inbound(&self, channel: &ChannelId) -> Option<Inbound> {
        let customer = self.external_userid.clone()?;
        Some(Inbound {
            conversation: ConversationId { channel: channel.clone(), customer },
            key: self.key.clone(),
            sent_at: TimeMs::from_secs(self.send_time_s),
            content: self.content(),
        })
    }

    fn content(&self) -> InboundContent {
        match (&self.body, &self.origin) {
            (Body::Event(event), _) => event.to_content(),
            (body, Origin::Customer) => body.to_content(),
            (Body::Text { content, .. }, Origin::Servicer { userid }) => {
                InboundContent::NativeReply { agent: userid.clone(), text: content.clone() }
            }
            (body, Origin::Servicer { userid }) => {
                InboundContent::NativeReply { agent: userid.clone(), text: format!("[{}]", body.msgtype()) }
            }
            (body, Origin::System) => {
                InboundContent::Notice { event: "system".to_owned(), detail: body.msgtype().to_owned() }
            }
        }
    }
}

/// A message's key, from its id: unique per account, so in each of its conversations (protocol 9.2).
pub(super) fn inbound_key(msgid: &str) -> InboundKey {
    join_key(&["k", msgid])
}

impl Body {
    fn parse(fields: Fields<'_>) -> Self {
        let msgtype = fields.word("msgtype").unwrap_or_default().to_ascii_lowercase();
        Self::known(&msgtype, fields.object(&msgtype)).unwrap_or(Self::Other { msgtype })
    }

    /// Nothing when the type is not known or what matters most of it is missing.
    fn known(msgtype: &str, object: Fields<'_>) -> Option<Self> {
        let text = |name| object.text(name).unwrap_or_default();
        let word = |name| object.word(name).unwrap_or_default();
        Some(match msgtype {
            "text" => Self::Text { content: object.text("content")?, menu_id: object.word("menu_id") },
            "image" => Self::Image { media_id: object.word("media_id")? },
            "voice" => Self::Voice { media_id: object.word("media_id")? },
            "video" => Self::Video { media_id: object.word("media_id")? },
            "file" => Self::File { media_id: object.word("media_id")? },
            "location" => Self::Location {
                latitude: object.word("latitude")?,
                longitude: object.word("longitude")?,
                name: text("name"),
                address: text("address"),
            },
            "link" => Self::Link {
                title: text("title"),
                desc: text("desc"),
                url: object.word("url")?,
                pic_url: word("pic_url"),
            },
            "miniprogram" => Self::MiniProgram {
                title: text("title"),
                appid: object.word("appid")?,
                page_path: word("pagepath"),
                thumb_media_id: word("thumb_media_id"),
            },
            "event" => {
                object.word("event_type")?;
                Self::Event(Event::parse(object))
            }
            _ => return None,
        })
    }

    fn msgtype(&self) -> &str {
        match self {
            Self::Text { .. } => "text",
            Self::Image { .. } => "image",
            Self::Voice { .. } => "voice",
            Self::Video { .. } => "video",
            Self::File { .. } => "file",
            Self::Location { .. } => "location",
            Self::Link { .. } => "link",
            Self::MiniProgram { .. } => "miniprogram",
            Self::Event(_) => "event",
            Self::Other { msgtype } => msgtype,
        }
    }

    fn to_content(&self) -> InboundContent {
        match self.clone() {
            Self::Text { content, menu_id } => InboundContent::Text { text: content, menu_id },
            Self::Image { media_id } => InboundContent::Image { media_id, url: String::new() },
            Self::Voice { media_id } => {
                InboundContent::Voice { media_id, format: VOICE_FORMAT.to_owned(), recognition: None }
            }
            Self::Video { media_id } => InboundContent::Video { media_id, thumb_media_id: String::new() },
            Self::File { media_id } => InboundContent::File {
                title: String::new(),
                size_bytes: String::new(),
                media_id: Some(media_id),
            },
            Self::Location { latitude, longitude, name, address } => {
                let label = format!("{name} {address}").trim().to_owned();
                InboundContent::Location { latitude, longitude, label }
            }
            Self::Link { title, desc, url, .. } => InboundContent::Link { title, description: desc, url },
            Self::MiniProgram { title, appid, page_path, .. } => {
                InboundContent::MiniProgramPage { title, appid, page_path }
            }
            Self::Event(event) => event.to_content(),
            Self::Other { msgtype } => InboundContent::Unsupported { message_type: msgtype },
        }
    }
}
