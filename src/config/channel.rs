//! One channel's settings and secrets.

use super::reader::{Fields, Reader};
use crate::base::id::ChannelId;
use crate::base::secret::Secret;

/// How WeChat and the account's server protect a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The body is encrypted; nothing else is read.
    Safe,
    /// The body comes both ways; only the encrypted part is believed.
    Compat,
    /// The body is neither encrypted nor signed: whoever saw one callback can forge messages.
    Plaintext,
}

/// One account we answer for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its id, for good: `[a-z][a-z0-9_]{0,31}`.
    pub id: ChannelId,
    /// What people call it.
    pub name: String,
    /// The last part of its callback address.
    pub path: String,
    /// WeChat's id of the account.
    pub appid: String,
    /// The account's original id, `gh_…`: who a message is addressed to.
    pub original_id: String,
    /// How its callbacks are protected.
    pub mode: Mode,
    /// What signatures are made with.
    pub token: Secret,
    /// The token before, while the change of it reaches WeChat.
    pub token_previous: Option<Secret>,
    /// EncodingAESKey: 43 letters and digits. None in plaintext mode.
    pub aes_key: Option<Secret>,
    /// The key before, while the change of it reaches WeChat.
    pub aes_key_previous: Option<Secret>,
    /// What access tokens are asked for with.
    pub app_secret: Secret,
}

const MODES: [(&str, Mode); 3] =
    [("safe", Mode::Safe), ("compat", Mode::Compat), ("plaintext", Mode::Plaintext)];
const TOKEN: &str = "3 to 32 letters and digits";
const AES_KEY: &str = "43 letters and digits";

impl Channel {
    pub(super) fn read(fields: &mut Fields, reader: &mut Reader<'_>) -> Self {
        let id = fields.text(reader, "id", "[a-z][a-z0-9_]{0,31}", is_id);
        let mode = fields.choice(reader, "mode", "safe, compat or plaintext", &MODES);
        // The variables of a channel whose id is at fault have no name to look for.
        let prefix = is_id(&id).then(|| format!("CHANNEL_{}_", id.to_ascii_uppercase()));
        let prefix = prefix.as_deref();
        let encrypted = mode != Some(Mode::Plaintext);
        Self {
            name: fields.text(reader, "name", "1 to 64 characters", is_name),
            path: fields.text(reader, "path", "[A-Za-z0-9_-]{1,64}", is_path),
            appid: fields.text(reader, "appid", "[A-Za-z0-9_-]{1,64}", is_path),
            original_id: fields.text(reader, "original_id", "[A-Za-z0-9_-]{1,64}", is_path),
            mode: mode.unwrap_or(Mode::Safe),
            token: required(reader, prefix, "TOKEN", TOKEN, is_token),
            token_previous: optional(reader, prefix, "TOKEN_PREVIOUS", TOKEN, is_token),
            aes_key: encrypted.then(|| required(reader, prefix, "AES_KEY", AES_KEY, is_aes_key)),
            aes_key_previous: encrypted
                .then(|| optional(reader, prefix, "AES_KEY_PREVIOUS", AES_KEY, is_aes_key))
                .flatten(),
            app_secret: required(reader, prefix, "APP_SECRET", "1 to 128 letters and digits", is_app_secret),
            id: ChannelId(id),
        }
    }
}

type Check = fn(&str) -> bool;

fn required(
    reader: &mut Reader<'_>,
    prefix: Option<&str>,
    part: &str,
    shape: &'static str,
    check: Check,
) -> Secret {
    let Some(prefix) = prefix else { return Secret::from("") };
    reader.secret(&format!("{prefix}{part}"), shape, check)
}

fn optional(
    reader: &mut Reader<'_>,
    prefix: Option<&str>,
    part: &str,
    shape: &'static str,
    check: Check,
) -> Option<Secret> {
    reader.secret_or_absent(&format!("{}{part}", prefix?), shape, check)
}

fn is_id(id: &str) -> bool {
    id.starts_with(|first: char| first.is_ascii_lowercase())
        && id.len() <= 32
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= 64 && !name.contains(char::is_control)
}

fn is_path(path: &str) -> bool {
    (1..=64).contains(&path.len())
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn is_token(token: &str) -> bool {
    (3..=32).contains(&token.len()) && is_alphanumeric(token)
}

fn is_aes_key(key: &str) -> bool {
    key.len() == 43 && is_alphanumeric(key)
}

fn is_app_secret(secret: &str) -> bool {
    (1..=128).contains(&secret.len()) && is_alphanumeric(secret)
}

fn is_alphanumeric(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
