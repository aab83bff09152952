//! Channels as the office keeps them: what each is, its secrets sealed, and what is shown of both.

mod input;
mod put;
mod secrets;

pub use input::{ChannelCode, ChannelFault};
pub use put::put;
pub use secrets::{SealedSecret, SealedSecrets, SecretName, ShownSecret};

use super::vault::{Keys, SealBroken};
use crate::base::channel::{ChannelKind, Rules, Tier};
use crate::base::id::{ChannelId, FloorId};
use crate::base::secret::Secret;
use crate::base::time::TimeMs;
use crate::knowledge::channel_hours::ChannelHours;
use crate::wechat::callback::{Account, Mode};
use crate::wechat::envelope::AesKey;
use crate::wechat::secret::Rotating;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is not secret of a channel; in JSON as the operator writes it (docs/PROTOCOL.md section 1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// What people call it.
    pub name: String,
    /// The last part of its callback address.
    pub path: String,
    /// Which of WeChat's doors; for good.
    pub kind: ChannelKind,
    /// What the account may do; `verified` but for official accounts.
    pub tier: Tier,
    /// Whether it answers and sends: one that does not is paused.
    pub enabled: bool,
    /// Where its tickets go; for good, because tickets are numbered there.
    pub floor: FloorId,
    /// When people answer, where it differs from the knowledge document's hours.
    pub hours: Option<ChannelHours>,
    /// Messages of a grant that are kept back for closing and rating.
    pub kept_back: u32,
    /// How a customer is told of an answer that can no longer be sent as a message.
    pub notice: Option<NoticeSetting>,
    /// How callbacks come.
    pub mode: ModeName,
    /// The account's appid, or the corpid of a [`ChannelKind::Kefu`]; for good.
    pub appid: String,
    /// The original id, `gh_…`. None for a [`ChannelKind::Kefu`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_id: Option<String>,
    /// Which of the corporation's accounts. None but for a [`ChannelKind::Kefu`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_kfid: Option<String>,
}

impl Settings {
    /// What the desk must know of the channel.
    pub const fn rules(&self) -> Rules {
        Rules::of(self.kind, self.tier, self.kept_back)
    }
}

/// How callbacks come, as chosen in WeChat's console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModeName {
    /// Encrypted.
    Safe,
    /// Both; only the encrypted part is used.
    Compat,
    /// Unencrypted, and forgeable.
    Plaintext,
}

/// How a customer is told of an answer outside of the send window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeSetting {
    /// By which of WeChat's messages.
    pub way: NoticeWay,
    /// The template's id.
    pub template: String,
    /// What fills in each of its keywords; `{question}`, `{time}` and `{account}` are replaced.
    pub values: BTreeMap<String, String>,
    /// Where a tap leads: an https address (template), a page of the mini program (subscribe).
    #[serde(default)]
    pub page: Option<String>,
}

/// Which of WeChat's messages tells a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeWay {
    /// A template message of a service account.
    Template,
    /// A subscription message.
    Subscribe,
}

/// One channel as it is stored and as it travels between our own objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredChannel {
    /// Its id: `[a-z][a-z0-9_]{0,31}`.
    pub id: ChannelId,
    /// What is not secret.
    pub settings: Settings,
    /// What is.
    pub secrets: SealedSecrets,
    /// When it was last put.
    pub changed_at: TimeMs,
    /// The office's revision at that time: it rises with every channel that is put.
    pub revision: u64,
}

/// What anybody is shown of a channel: no secret, sealed or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownChannel {
    /// Its id.
    pub id: ChannelId,
    /// What may be put again as it is.
    pub settings: Settings,
    /// Of each secret, whether it is there.
    pub secrets: BTreeMap<SecretName, ShownSecret>,
    /// When it was last put.
    pub changed_at_ms: TimeMs,
    /// Whether it can be used.
    pub state: State,
}

/// Whether a channel can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It answers and sends.
    Ready,
    /// `enabled` is false.
    Paused,
    /// Its secrets do not open with the deployment's key.
    Sealed,
}

/// One account we answer for, opened.
#[derive(Clone, Debug)]
pub struct Channel {
    /// What is not secret of it.
    pub settings: Settings,
    /// What its callbacks are opened and its replies sealed with.
    pub account: Account,
    /// What access tokens are asked for with.
    pub app_secret: Secret,
}

impl Channel {
    /// Its id.
    pub const fn id(&self) -> &ChannelId {
        &self.account.channel
    }
}

impl StoredChannel {
    /// With its secrets opened.
    pub fn open(&self, keys: &Keys) -> Result<Channel, SealBroken> {
        let secrets = &self.secrets;
        let token = secrets.rotating(&self.id, SecretName::Token, keys)?.ok_or(SealBroken)?;
        let app_secret = secrets.rotating(&self.id, SecretName::AppSecret, keys)?.ok_or(SealBroken)?;
        let aes_keys = || {
            let keys = secrets.rotating(&self.id, SecretName::AesKey, keys)?.ok_or(SealBroken)?;
            let parse = |key: Secret| AesKey::parse(key.expose()).map_err(|_| SealBroken);
            let previous = keys.previous.map(parse).transpose()?;
            Ok(Rotating { current: parse(keys.current)?, previous })
        };
        let settings = self.settings.clone();
        let mode = match settings.mode {
            ModeName::Safe => Mode::Safe(aes_keys()?),
            ModeName::Compat => Mode::Compat(aes_keys()?),
            ModeName::Plaintext => Mode::Plaintext,
        };
        // A corporation's callbacks are addressed to its corpid (protocol 9.1).
        let appid = settings.appid.clone();
        let original_id = settings.original_id.clone().unwrap_or_else(|| appid.clone());
        let account = Account { channel: self.id.clone(), token, appid, original_id, mode };
        Ok(Channel { settings, account, app_secret: app_secret.current })
    }

    /// What anybody may see of it.
    pub fn shown(&self, keys: &Keys) -> ShownChannel {
        let state = match (self.open(keys), self.settings.enabled) {
            (Err(_), _) => State::Sealed,
            (Ok(_), false) => State::Paused,
            (Ok(_), true) => State::Ready,
        };
        ShownChannel {
            id: self.id.clone(),
            settings: self.settings.clone(),
            secrets: self.secrets.shown(),
            changed_at_ms: self.changed_at,
            state,
        }
    }
}
