//! What a channel is to the desk: its kind and what may be done on it.

use serde::{Deserialize, Serialize};

/// Which of WeChat's doors a channel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// An official account 公众号.
    OfficialAccount,
    /// A mini program's customer service 小程序客服.
    MiniProgram,
    /// One account of WeCom's customer service 微信客服.
    Kefu,
}

/// What an official account is allowed to do (protocol 4.1). The other kinds are always [`Tier::Verified`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Not verified: answers in response to a callback only; customer-service messages are refused (48001).
    Unverified,
    /// A verified subscription account.
    Verified,
    /// A verified service account: template messages too.
    #[default]
    Service,
    /// WeChat's test account: small quotas, no menu messages (40200).
    Test,
}

/// What may be done on a channel: what the desk must know of it to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Which grants what the customer does opens.
    pub kind: ChannelKind,
    /// Whether the response to a callback may carry an answer.
    pub passive: bool,
    /// Whether customer-service messages may be sent at all.
    pub customer_messages: bool,
    /// Whether a message may carry choices to tap.
    pub menus: bool,
    /// Messages of a grant that are kept back for closing and rating.
    pub kept_back: u32,
}

impl Rules {
    /// What this kind of account may do.
    pub const fn of(kind: ChannelKind, tier: Tier, kept_back: u32) -> Self {
        Self {
            kind,
            passive: matches!(kind, ChannelKind::OfficialAccount),
            customer_messages: !matches!((kind, tier), (ChannelKind::OfficialAccount, Tier::Unverified)),
            menus: !matches!(
                (kind, tier),
                (ChannelKind::OfficialAccount, Tier::Test) | (ChannelKind::MiniProgram, _)
            ),
            kept_back,
        }
    }
}
