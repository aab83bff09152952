//! One channel's settings and secrets.

use super::reader::{Fields, Reader};
use crate::base::id::ChannelId;
use crate::base::secret::Secret;
use crate::wechat::callback::{Account, Mode};
use crate::wechat::envelope::AesKey;
use crate::wechat::secret::Rotating;

/// One account we answer for.
#[derive(Clone, Debug)]
pub struct Channel {
    /// What people call it.
    pub name: String,
    /// The last part of its callback address.
    pub path: String,
    /// What its callbacks are opened and its replies sealed with; its channel id is `[a-z][a-z0-9_]{0,31}`.
    pub account: Account,
    /// What access tokens are asked for with.
    pub app_secret: Secret,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Safe,
    Compat,
    Plaintext,
}

const KINDS: [(&str, Kind); 3] =
    [("safe", Kind::Safe), ("compat", Kind::Compat), ("plaintext", Kind::Plaintext)];
const TOKEN: &str = "3 to 32 letters and digits";
const AES_KEY: &str = "43 letters and digits";

const APP_SECRET: &str = "1 to 128 letters and digits";
const NAME: &str = "[A-Za-z0-9_-]{1,64}";

impl Channel {
    /// Its id.
    pub const fn id(&self) -> &ChannelId {
        &self.account.channel
    }

    pub(super) fn read(fields: &mut Fields, reader: &mut Reader<'_>) -> Self {
        let id = fields.text(reader, "id", "[a-z][a-z0-9_]{0,31}", is_id);
        let kind = fields.choice(reader, "mode", "safe, compat or plaintext", &KINDS);
        let name = fields.text(reader, "name", "1 to 64 characters", is_text);
        let path = fields.text(reader, "path", NAME, is_name);
        let appid = fields.text(reader, "appid", NAME, is_name);
        let original_id = fields.text(reader, "original_id", NAME, is_name);
        let prefix = (!id.is_empty()).then(|| format!("CHANNEL_{}_", id.to_ascii_uppercase()));
        let mut secrets = Secrets { reader, prefix };
        let token = secrets.rotating("TOKEN", TOKEN, is_token);
        let app_secret = secrets.required("APP_SECRET", APP_SECRET, is_app_secret);
        let mode = match kind {
            Some(Kind::Safe) => secrets.aes_keys().map(Mode::Safe),
            Some(Kind::Compat) => secrets.aes_keys().map(Mode::Compat),
            Some(Kind::Plaintext) | None => Some(Mode::Plaintext),
        };
        // A key at fault has been reported: this channel is never used.
        let mode = mode.unwrap_or(Mode::Plaintext);
        let account = Account { channel: ChannelId(id), token, appid, original_id, mode };
        Self { name, path, account, app_secret }
    }
}

/// The variables of one channel; none are looked for while its id is at fault.
struct Secrets<'a, 'b> {
    reader: &'a mut Reader<'b>,
    prefix: Option<String>,
}

impl Secrets<'_, '_> {
    fn required(&mut self, part: &str, shape: &'static str, check: fn(&str) -> bool) -> Secret {
        let Some(prefix) = &self.prefix else { return Secret::new("") };
        self.reader.secret(&format!("{prefix}{part}"), shape, check)
    }

    fn rotating(&mut self, part: &str, shape: &'static str, check: fn(&str) -> bool) -> Rotating<Secret> {
        let current = self.required(part, shape, check);
        let name = self.prefix.as_ref().map(|prefix| format!("{prefix}{part}_PREVIOUS"));
        let previous = name.and_then(|name| self.reader.secret_or_absent(&name, shape, check));
        Rotating { current, previous }
    }

    fn aes_keys(&mut self) -> Option<Rotating<AesKey>> {
        let keys = self.rotating("AES_KEY", AES_KEY, |key| AesKey::parse(key).is_ok());
        let current = AesKey::parse(keys.current.expose()).ok()?;
        let previous = keys.previous.and_then(|key| AesKey::parse(key.expose()).ok());
        Some(Rotating { current, previous })
    }
}

fn is_id(id: &str) -> bool {
    id.starts_with(|first: char| first.is_ascii_lowercase())
        && id.len() <= 32
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn is_text(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= 64 && !text.contains(char::is_control)
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn is_token(token: &str) -> bool {
    (3..=32).contains(&token.len()) && is_alphanumeric(token)
}

fn is_app_secret(secret: &str) -> bool {
    (1..=128).contains(&secret.len()) && is_alphanumeric(secret)
}

fn is_alphanumeric(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
