//! Messages as every channel means them: the border between a channel's codec and the desk.

use super::id::{ConversationId, InboundKey};
use super::time::TimeMs;
use serde::{Deserialize, Serialize};

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
    /// A file; the official account's API cannot download it.
    File {
        /// Its name.
        title: String,
        /// Its size in bytes, as text.
        size_bytes: String,
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
    /// The customer unfollowed the account: nothing can reach them.
    Unfollow,
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
    /// A message of a kind we do not know.
    Unsupported {
        /// Its type, as sent.
        message_type: String,
    },
}

impl InboundContent {
    /// Whether the customer said something a person or the bot should react to.
    pub fn is_message(&self) -> bool {
        !matches!(
            self,
            Self::Follow { .. }
                | Self::Unfollow
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
}

/// What became of one attempt to send, as the channel's codec reads the channel's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum SendVerdict {
    /// The channel took it.
    Delivered,
    /// Refused because the token is stale: refresh it, try once more.
    RefreshToken,
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
    /// The customer cannot be reached: gone, unfollowed, refused.
    Unreachable,
    /// The content is not acceptable.
    Content,
    /// Our account or configuration is at fault: somebody must look.
    Account,
}
