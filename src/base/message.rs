//! Messages as every channel means them: the border between a channel's codec and the desk.

use super::id::{ConversationId, InboundKey, MediaKey};
use super::time::TimeMs;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One message or event from a customer, once verified and decoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbound {
    /// Whose it is.
    pub conversation: ConversationId,
    /// What a redelivery has in common with the first delivery.
    pub key: InboundKey,
    /// When the customer sent it, by the channel's clock.
    pub sent_at: TimeMs,
    /// What it says.
    pub content: InboundContent,
}

/// What a customer sent or did. Numbers that are only shown stay the text they came as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum InboundContent {
    /// Words; `menu_id` names the item when they came from a tap on a menu message.
    Text {
        /// The words as sent, never trimmed.
        text: String,
        /// The tapped menu item.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        menu_id: Option<String>,
    },
    /// A picture.
    Image {
        /// Where the channel keeps it.
        media_id: String,
        /// A public address. Not to be fetched when the callback could be forged.
        url: String,
    },
    /// A voice message.
    Voice {
        /// Where the channel keeps it.
        media_id: String,
        /// `amr`, `speex`, …
        format: String,
        /// Speech as text, where the channel still gives it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recognition: Option<String>,
    },
    /// A video, long or short.
    Video {
        /// Where the channel keeps it.
        media_id: String,
        /// Its still picture.
        thumb_media_id: String,
    },
    /// A place that the customer chose to send.
    Location {
        /// Degrees north.
        latitude: String,
        /// Degrees east.
        longitude: String,
        /// The place in words.
        label: String,
    },
    /// A shared link.
    Link {
        /// Its title.
        title: String,
        /// Its description.
        description: String,
        /// Its address.
        url: String,
    },
    /// A file.
    File {
        /// Its name.
        title: String,
        /// Its size in bytes, as text; empty when the channel does not say.
        size_bytes: String,
        /// Where the channel keeps it; an official account's file cannot be downloaded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        media_id: Option<String>,
    },
    /// A mini-program card.
    MiniProgramPage {
        /// Its title.
        title: String,
        /// The mini program.
        appid: String,
        /// The page in it.
        page_path: String,
    },
    /// The customer followed the account, perhaps by a QR code with a scene.
    Follow {
        /// The scene, without the `qrscene_` prefix.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scene: Option<String>,
    },
    /// The customer opened the conversation by a button or a link, and has not said anything yet.
    Enter {
        /// Where they came from: a mini program's `session-from`, a link's scene.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scene: Option<String>,
        /// What one welcome may be sent with, for 20 s (protocol 9.3).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        welcome_code: Option<String>,
    },
    /// The customer unfollowed the account: nothing can reach them.
    Unfollow,
    /// The customer withdrew their consent to be known: what is personal must be forgotten.
    Revoke {
        /// What they withdrew, as the channel says it.
        scope: String,
    },
    /// Somebody has the customer in the channel's own console: bot and desk stay silent until it ends.
    NativeSession {
        /// Whether it begins or ends.
        open: bool,
        /// Who, by the channel's name for them; possibly empty.
        agent: String,
    },
    /// What a person said to the customer from the channel's own console.
    NativeReply {
        /// Who, by the channel's name for them.
        agent: String,
        /// What, as the customer saw it.
        text: String,
    },
    /// The customer took a message back.
    Recall {
        /// The key of that message.
        recalled: InboundKey,
    },
    /// The channel could not deliver a message after all that it had accepted (protocol 9.2, `msg_send_fail`).
    SendFailed {
        /// The id we gave it, or the channel's job id.
        id: String,
        /// Why, in our words.
        reason: NeverReason,
    },
    /// A template or subscribe notice has come to its end.
    NoticeEnded {
        /// The channel's id of the job.
        job: String,
        /// Whether the customer got it.
        delivered: bool,
        /// The channel's own words.
        detail: String,
    },
    /// The customer allowed or refused notices of one template.
    Consent {
        /// The template.
        template: String,
        /// Whether they allowed it.
        allowed: bool,
    },
    /// Where the customer is: reported by their phone, not said by them.
    Whereabouts {
        /// Degrees north.
        latitude: String,
        /// Degrees east.
        longitude: String,
    },
    /// A follower scanned a QR code with a scene.
    Scan {
        /// The scene.
        scene: String,
    },
    /// A menu item that asks for an answer was clicked (click, scancode).
    MenuClick {
        /// Its key.
        key: String,
    },
    /// Any other event: kept for the record, never answered.
    Notice {
        /// The event's name, lower case.
        event: String,
        /// What tells two of them apart (a key, an address, a job id), possibly empty.
        detail: String,
    },
    /// What it said has been forgotten, or taken back.
    Erased,
    /// A message of a kind we do not know.
    Unsupported {
        /// Its type, as sent.
        message_type: String,
    },
}

impl InboundContent {
    /// Whether there is a file in it that the channel will forget.
    pub fn has_file(&self) -> bool {
        match self {
            Self::Image { media_id, url } => !media_id.is_empty() || !url.is_empty(),
            Self::Voice { media_id, .. } | Self::Video { media_id, .. } => !media_id.is_empty(),
            Self::File { media_id, .. } => media_id.is_some(),
            _ => false,
        }
    }

    /// Whether the customer said something a person or the bot should react to.
    pub fn is_message(&self) -> bool {
        !matches!(
            self,
            Self::Follow { .. }
                | Self::Enter { .. }
                | Self::Unfollow
                | Self::Revoke { .. }
                | Self::NativeSession { .. }
                | Self::NativeReply { .. }
                | Self::Recall { .. }
                | Self::SendFailed { .. }
                | Self::NoticeEnded { .. }
                | Self::Consent { .. }
                | Self::Whereabouts { .. }
                | Self::Scan { .. }
                | Self::MenuClick { .. }
                | Self::Notice { .. }
        )
    }
}

/// What we say to a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OutboundContent {
    /// Words.
    Text {
        /// At most [`super::limits::TEXT_BYTES_MAX`] bytes of UTF-8, never blank.
        text: String,
    },
    /// Something that we keep, to be shown to the customer.
    Media {
        /// What it is.
        media: MediaKind,
        /// The name under which we keep it.
        key: MediaKey,
        /// Its file's name, as people call it.
        name: String,
    },
    /// Words with choices to tap.
    Menu {
        /// Above the choices.
        head: String,
        /// The choices, 1 to 10.
        items: Vec<MenuItem>,
        /// Below the choices; possibly empty.
        #[serde(default)]
        tail: String,
    },
    /// A card that opens a page.
    Link {
        /// Its title.
        title: String,
        /// Its description.
        description: String,
        /// Its address.
        url: String,
        /// Its picture, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        thumb: Option<MediaKey>,
    },
    /// A card that opens a mini program.
    MiniProgramPage {
        /// Its title.
        title: String,
        /// The mini program.
        appid: String,
        /// The page in it.
        page_path: String,
        /// Its picture.
        thumb: MediaKey,
    },
    /// A template or subscribe message: takes no place in the quota, needs the customer's or the account's right.
    Notice {
        /// The template.
        template: String,
        /// Its fields.
        values: BTreeMap<String, String>,
        /// The page that a tap opens.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        page: Option<String>,
    },
    /// What it said has been forgotten. It cannot be sent.
    Erased,
}

/// One choice of a menu message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MenuItem {
    /// What comes back with a tap.
    pub id: String,
    /// What the customer sees, and what comes back as their words.
    pub text: String,
}

/// A kind of file that channels distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A picture.
    Image,
    /// Speech.
    Voice,
    /// A film.
    Video,
    /// Anything else.
    File,
}

impl OutboundContent {
    /// What of ours must be known to the channel before this can be sent.
    pub fn media(&self) -> Option<(MediaKind, &MediaKey)> {
        match self {
            Self::Media { media, key, .. } => Some((*media, key)),
            Self::Link { thumb: Some(key), .. } | Self::MiniProgramPage { thumb: key, .. } => {
                Some((MediaKind::Image, key))
            }
            Self::Text { .. }
            | Self::Menu { .. }
            | Self::Link { thumb: None, .. }
            | Self::Notice { .. }
            | Self::Erased => None,
        }
    }
}

/// What became of one attempt to send, as the channel's codec reads the channel's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum SendVerdict {
    /// The channel took it.
    Delivered,
    /// Refused because the token is stale: refresh it, try once more.
    RefreshToken {
        /// The channel's error code.
        errcode: i64,
    },
    /// Refused because the channel no longer has the file: give it again, try once more.
    StaleMedia {
        /// The channel's error code.
        errcode: i64,
    },
    /// Definitely refused for now: back off, try again.
    Later {
        /// The channel's error code.
        errcode: i64,
    },
    /// Definitely refused for good.
    Never {
        /// The channel's error code.
        errcode: i64,
        /// Why, in our words.
        reason: NeverReason,
    },
    /// It cannot be known whether the channel took it.
    Unknown,
}

/// Why a channel will not take a message, ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeverReason {
    /// The time in which we may write has passed.
    WindowClosed,
    /// The number of messages we may write is used up.
    QuotaUsed,
    /// A person has the customer in the channel's own console.
    NativeSession,
    /// The customer cannot be reached: gone, unfollowed, refused.
    Unreachable,
    /// The content is not acceptable.
    Content,
    /// Our account or configuration is at fault: somebody must look.
    Account,
}
