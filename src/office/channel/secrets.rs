//! A channel's secrets, sealed: kept, replaced, rotated.

use super::super::vault::{Keys, NONCE_BYTES, SealBroken, Sealed, open, seal};
use crate::base::digest::sha256;
use crate::base::id::ChannelId;
use crate::base::secret::Secret;
use crate::base::time::TimeMs;
use crate::base::turn::Turn;
use crate::wechat::secret::Rotating;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretName {
    /// What callbacks are signed with.
    Token,
    /// What callbacks are encrypted with.
    AesKey,
    /// What access tokens are asked for with.
    AppSecret,
}

/// One secret at rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedSecret {
    /// The present one.
    pub current: Sealed,
    /// The one before, while it still works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Sealed>,
    /// Since when the present one is.
    pub changed_at: TimeMs,
}

/// All of a channel's secrets at rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealedSecrets(BTreeMap<SecretName, SealedSecret>);

/// What anybody may know of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ShownSecret {
    /// Whether there is one.
    pub set: bool,
    /// Whether the one before still works.
    pub previous: bool,
    /// Since when the present one is; null when there is none.
    pub changed_at_ms: Option<TimeMs>,
}

/// One secret in the clear, on its way from the old row to the new one.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub value: Rotating<Secret>,
    pub changed_at: TimeMs,
}

impl SecretName {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Token, Self::AesKey, Self::AppSecret];

    /// The field that carries it.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::AesKey => "aes_key",
            Self::AppSecret => "app_secret",
        }
    }

    /// Whether callbacks made with the one before still have to be understood.
    pub(super) const fn rotates(self) -> bool {
        !matches!(self, Self::AppSecret)
    }

    /// What a sealed text is bound to: moved to another channel or field it does not open.
    fn place(self, channel: &ChannelId, age: &str) -> String {
        format!("{channel}/{}{age}", self.field())
    }
}

const PREVIOUS: &str = "/previous";

impl SealedSecrets {
    /// One secret in the clear; none when it was never set.
    pub(super) fn rotating(
        &self,
        channel: &ChannelId,
        name: SecretName,
        keys: &Keys,
    ) -> Result<Option<Rotating<Secret>>, SealBroken> {
        let Some(sealed) = self.0.get(&name) else { return Ok(None) };
        let current = open(keys, &name.place(channel, ""), &sealed.current)?;
        let previous = sealed.previous.as_ref();
        let previous =
            previous.map(|sealed| open(keys, &name.place(channel, PREVIOUS), sealed)).transpose()?;
        Ok(Some(Rotating { current, previous }))
    }

    /// One secret in the clear, with its age; none when it was never set.
    pub(super) fn kept(
        &self,
        channel: &ChannelId,
        name: SecretName,
        keys: &Keys,
    ) -> Result<Option<Kept>, SealBroken> {
        let Some(changed_at) = self.0.get(&name).map(|sealed| sealed.changed_at) else { return Ok(None) };
        let value = self.rotating(channel, name, keys)?;
        Ok(value.map(|value| Kept { value, changed_at }))
    }

    /// Seals one under the current key. Each seal has a nonce of its own.
    pub(super) fn put(
        &mut self,
        channel: &ChannelId,
        name: SecretName,
        kept: &Kept,
        keys: &Keys,
        turn: &Turn,
    ) -> Result<(), SealBroken> {
        let sealed = |age: &str, secret: &Secret| {
            let place = name.place(channel, age);
            let nonce = nonce(turn, &place);
            seal(&keys.current, &place, secret, nonce)
        };
        let current = sealed("", &kept.value.current)?;
        let previous = kept.value.previous.as_ref().map(|secret| sealed(PREVIOUS, secret)).transpose()?;
        self.0.insert(name, SealedSecret { current, previous, changed_at: kept.changed_at });
        Ok(())
    }

    pub(super) fn shown(&self) -> BTreeMap<SecretName, ShownSecret> {
        let shown = |name| {
            let sealed = self.0.get(&name);
            let secret = ShownSecret {
                set: sealed.is_some(),
                previous: sealed.is_some_and(|sealed| sealed.previous.is_some()),
                changed_at_ms: sealed.map(|sealed| sealed.changed_at),
            };
            (name, secret)
        };
        SecretName::ALL.map(shown).into()
    }
}

/// 96 bits of a turn's luck; places differ within one turn.
fn nonce(turn: &Turn, place: &str) -> [u8; NONCE_BYTES] {
    let digest = sha256(&[b"seal", &turn.entropy, place.as_bytes()]);
    *digest.first_chunk().unwrap_or(&[0; NONCE_BYTES])
}
