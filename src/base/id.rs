//! Names of things, one newtype each, so that one cannot be taken for another.

use core::fmt;
use serde::{Deserialize, Serialize};

/// Declares string newtypes that are compared, ordered, printed and serialised as their text.
macro_rules! text_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

text_ids! {
    /// A channel 渠道: one account that we answer for.
    ChannelId;
    /// A floor 服务台: which of them a channel's tickets and a member of staff belong to.
    FloorId;
    /// A customer 客户 as their channel names them (WeChat: the openid).
    CustomerId;
    /// A member of staff.
    StaffId;
    /// A session: the SHA-256 of its token in hexadecimal, which is all that is stored of it.
    SessionId;
    /// A skill group 技能组.
    SkillGroupId;
    /// A ticket 工单: one request for human help.
    TicketId;
    /// What a client made up to recognise its own request again.
    ClientId;
    /// A file that we keep: an unguessable name.
    MediaKey;
    /// What makes one inbound message or event unique within its conversation, across redeliveries.
    InboundKey;
}

impl Default for FloorId {
    /// The one that everything belongs to where nothing else is said.
    fn default() -> Self {
        Self("main".to_owned())
    }
}

impl FloorId {
    /// Whether it is the one by default.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A conversation 会话: everything with one customer on one channel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConversationId {
    /// The channel.
    pub channel: ChannelId,
    /// The customer.
    pub customer: CustomerId,
}

impl ConversationId {
    /// The form it has as a key in storage: `channel/customer`. A channel id has no `/`.
    pub fn key(&self) -> String {
        format!("{}/{}", self.channel, self.customer)
    }

    /// Reads [`ConversationId::key`] back.
    pub fn from_key(key: &str) -> Option<Self> {
        let (channel, customer) = key.split_once('/')?;
        Some(Self { channel: channel.into(), customer: customer.into() })
    }
}

/// Whether this can be the id of a channel or a floor: `[a-z][a-z0-9_]{0,31}`.
pub fn is_given_id(id: &str) -> bool {
    id.starts_with(|first: char| first.is_ascii_lowercase())
        && id.len() <= 32
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_key_reads_back() {
        let id = ConversationId { channel: "main".into(), customer: "o/with/slashes".into() };
        assert_eq!(ConversationId::from_key(&id.key()), Some(id));
        assert_eq!(ConversationId::from_key("no-slash"), None);
    }
}
