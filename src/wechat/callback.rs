//! WeChat's callback as a whole: the URL check, a push, and the passive reply to it (protocol 1, 3).
//!
//! In safe and compat mode only what was signed and encrypted is believed. In plaintext mode WeChat signs no body:
//! whoever has seen one callback can forge any message, so what comes out is marked `forgeable`.

use super::envelope::{self, AesKey, EnvelopeError};
use super::inbound::{Incomplete, Push};
use super::json::{self, JsonError};
use super::query::{Query, QueryError};
use super::reply::{self, Reply, ReplyError};
use super::secret::{Age, Rotating, Secret};
use super::signature;
use super::tree::Node;
use super::xml::{self, XmlError};
use crate::base::id::ChannelId;
use crate::base::limits::CALLBACK_BYTES_MAX;
use crate::base::message::Inbound;
use crate::base::time::TimeMs;
use thiserror::Error;

/// What must be known of an official account to speak with WeChat about it.
#[derive(Clone, Debug)]
pub struct Account {
    /// The channel that it is for us.
    pub channel: ChannelId,
    /// The callback's token.
    pub token: Rotating<Secret>,
    /// The account's appid, to which envelopes are addressed.
    pub appid: String,
    /// The account's original id, `gh_…`, to which pushes are addressed.
    pub original_id: String,
    /// How pushes come.
    pub mode: Mode,
}

/// How pushes come, as chosen in WeChat's console.
#[derive(Clone, Debug)]
pub enum Mode {
    /// Unencrypted, and forgeable.
    Plaintext,
    /// Both; only the encrypted part is used.
    Compat(Rotating<AesKey>),
    /// Encrypted.
    Safe(Rotating<AesKey>),
}

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// An official account's.
    Xml,
    /// A mini program's choice.
    Json,
}

/// A push that was verified and read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// For the desk.
    pub message: Inbound,
    /// For the desk too, after that: what else the push says, when it is an event about several things.
    pub further: Vec<Inbound>,
    /// The same with all of WeChat's own fields.
    pub push: Push,
    /// Whether anybody could have made it up: never fetch an address out of it.
    pub forgeable: bool,
    /// How it came, and so how the reply must go.
    pub sealing: Sealing,
}

/// How a push came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealing {
    /// How its body was written.
    pub format: Format,
    /// Which token signed it.
    pub token_used: Age,
    /// Which AES key opened it; none when it was plain.
    pub key_used: Option<Age>,
    /// Its nonce.
    pub nonce: String,
}

/// Why a callback is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The body is longer than [`CALLBACK_BYTES_MAX`].
    #[error("the body has more than {CALLBACK_BYTES_MAX} bytes")]
    TooLarge,
    /// The body is empty.
    #[error("the body is empty")]
    Empty,
    /// The query is not one WeChat would send.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A body or message is not UTF-8.
    #[error("the body is not UTF-8")]
    Utf8,
    /// A body or message is not acceptable XML.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// A body or message is not acceptable JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Not signed with our token, or not signed at all.
    #[error("the signature is missing or wrong")]
    Signature,
    /// Signed too long ago, or too far ahead.
    #[error("the timestamp is {skew_s} s away from our clock")]
    Stale {
        /// How far, without sign.
        skew_s: u64,
    },
    /// Not encrypted, though the account's mode is safe or compat.
    #[error("this account's messages must be encrypted")]
    Downgrade,
    /// Encrypted, though the account's mode is plaintext.
    #[error("this account is configured for plaintext, the message is encrypted")]
    Encrypted,
    /// No envelope: not base64, or of a wrong length.
    #[error("the ciphertext is damaged")]
    Ciphertext,
    /// No key that we have opens the envelope.
    #[error("the message does not open with our key")]
    Key,
    /// The envelope is for another appid.
    #[error("the message is for another appid")]
    Appid,
    /// The push is for another account.
    #[error("the message is for another account")]
    OriginalId,
    /// The push lacks what every push has.
    #[error(transparent)]
    Incomplete(#[from] Incomplete),
}

impl Refusal {
    /// The stable name of the refusal, for logs, counters and the answer.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "wechat.too_large",
            Self::Empty => "wechat.empty",
            Self::Query(_) => "wechat.query",
            Self::Utf8 => "wechat.utf8",
            Self::Xml(_) => "wechat.xml",
            Self::Json(_) => "wechat.json",
            Self::Signature => "wechat.signature",
            Self::Stale { .. } => "wechat.stale",
            Self::Downgrade => "wechat.downgrade",
            Self::Encrypted => "wechat.encrypted",
            Self::Ciphertext => "wechat.ciphertext",
            Self::Key => "wechat.key",
            Self::Appid => "wechat.appid",
            Self::OriginalId => "wechat.original_id",
            Self::Incomplete(_) => "wechat.incomplete",
        }
    }

    /// The HTTP status: 413 too large, 400 malformed, 403 not for us or not from WeChat.
    pub const fn status(&self) -> u16 {
        match self {
            Self::TooLarge => 413,
            Self::Empty
            | Self::Query(_)
            | Self::Utf8
            | Self::Xml(_)
            | Self::Json(_)
            | Self::Encrypted
            | Self::Ciphertext
            | Self::Incomplete(_) => 400,
            Self::Signature
            | Self::Stale { .. }
            | Self::Downgrade
            | Self::Key
            | Self::Appid
            | Self::OriginalId => 403,
        }
    }
}

impl Format {
    /// The content type of a reply.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Xml => "application/xml; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

impl Mode {
    pub(super) fn keys(&self) -> Option<&Rotating<AesKey>> {
        match self {
            Self::Plaintext => None,
            Self::Compat(keys) | Self::Safe(keys) => Some(keys),
        }
    }
}

/// The answer to `GET`: the `echostr` to send back as `text/plain`, without anything around it.
///
/// `query` is the raw query. An official account's check carries `signature`, which does not cover `echostr`;
/// one with `msg_signature` carries it encrypted.
pub fn verify_url(account: &Account, query: &str) -> Result<String, Refusal> {
    let query = Query::parse(query)?;
    let echo = query.echostr.as_deref().ok_or(QueryError::Missing("echostr"))?;
    let Some(msg_signature) = query.msg_signature.as_deref() else {
        verify(account, &query, query.signature.as_deref(), None)?;
        return Ok(echo.to_owned());
    };
    verify(account, &query, Some(msg_signature), Some(echo))?;
    let keys = account.mode.keys().ok_or(Refusal::Encrypted)?;
    let (_, plain) = decrypt(keys, echo, &account.appid)?;
    String::from_utf8(plain).map_err(|_| Refusal::Utf8)
}

/// Verifies, decrypts and reads a `POST`.
///
/// `query` is the raw query, `freshness_s` how far its timestamp may be from `now`, before or after.
pub fn open(
    account: &Account,
    query: &str,
    body: &[u8],
    now: TimeMs,
    freshness_s: u32,
) -> Result<Opened, Refusal> {
    check_size(body)?;
    let query = Query::parse(query)?;
    let (root, sealing) = match account.mode.keys() {
        None => open_plain(account, &query, body, now, freshness_s)?,
        Some(keys) => open_encrypted(account, keys, &query, body, now, freshness_s)?,
    };
    let push = Push::parse(&root)?;
    if push.to_user != account.original_id {
        return Err(Refusal::OriginalId);
    }
    let message = push.to_inbound(&account.channel);
    let further = push.further_inbounds(&account.channel);
    Ok(Opened { message, further, push, forgeable: sealing.key_used.is_none(), sealing })
}

fn open_plain(
    account: &Account,
    query: &Query,
    body: &[u8],
    now: TimeMs,
    freshness_s: u32,
) -> Result<(Node, Sealing), Refusal> {
    let token_used = verify(account, query, query.signature.as_deref(), None)?;
    check_fresh(query, now, freshness_s)?;
    let (format, root) = parse(body)?;
    if root.child("MsgType").is_none() && root.child("Encrypt").is_some() {
        return Err(Refusal::Encrypted);
    }
    let nonce = query.nonce()?.to_owned();
    Ok((root, Sealing { format, token_used, key_used: None, nonce }))
}

pub(super) fn check_size(body: &[u8]) -> Result<(), Refusal> {
    if body.len() > CALLBACK_BYTES_MAX {
        return Err(Refusal::TooLarge);
    }
    if body.trim_ascii().is_empty() {
        return Err(Refusal::Empty);
    }
    Ok(())
}

fn open_encrypted(
    account: &Account,
    keys: &Rotating<AesKey>,
    query: &Query,
    body: &[u8],
    now: TimeMs,
    freshness_s: u32,
) -> Result<(Node, Sealing), Refusal> {
    if query.encrypt_type.as_deref() != Some("aes") {
        return Err(Refusal::Downgrade);
    }
    unseal(account, keys, query, body, now, freshness_s)
}

/// Nothing but the outer packet is read before the signature is verified, and nothing of it but `Encrypt` is used.
pub(super) fn unseal(
    account: &Account,
    keys: &Rotating<AesKey>,
    query: &Query,
    body: &[u8],
    now: TimeMs,
    freshness_s: u32,
) -> Result<(Node, Sealing), Refusal> {
    let (format, packet) = parse(body)?;
    let encrypt = packet.word_of("Encrypt");
    if encrypt.is_empty() {
        return Err(Refusal::Downgrade);
    }
    let token_used = verify(account, query, query.msg_signature.as_deref(), Some(encrypt))?;
    check_fresh(query, now, freshness_s)?;
    let (key_used, content) = decrypt(keys, encrypt, &account.appid)?;
    let (_, root) = parse(&content)?;
    let nonce = query.nonce()?.to_owned();
    Ok((root, Sealing { format, token_used, key_used: Some(key_used), nonce }))
}

/// Which token made the signature.
fn verify(
    account: &Account,
    query: &Query,
    signature: Option<&str>,
    encrypt: Option<&str>,
) -> Result<Age, Refusal> {
    let signature = signature.ok_or(Refusal::Signature)?;
    let (timestamp, _) = query.timestamp()?;
    let nonce = query.nonce()?;
    let signed_by = |token: &Secret| {
        // An empty string adds nothing to what is signed.
        let parts = [token.expose(), timestamp, nonce, encrypt.unwrap_or_default()];
        signature::verify(&parts, signature)
    };
    account.token.iter().find(|(_, token)| signed_by(token)).map(|(age, _)| age).ok_or(Refusal::Signature)
}

fn check_fresh(query: &Query, now: TimeMs, freshness_s: u32) -> Result<(), Refusal> {
    let (_, seconds) = query.timestamp()?;
    let skew_s = now.secs().abs_diff(seconds);
    if skew_s > u64::from(freshness_s) { Err(Refusal::Stale { skew_s }) } else { Ok(()) }
}

/// Opens the envelope with the current key or else the previous one.
fn decrypt(keys: &Rotating<AesKey>, encrypt: &str, appid: &str) -> Result<(Age, Vec<u8>), Refusal> {
    let mut refusal = Refusal::Key;
    for (age, key) in keys.iter() {
        match envelope::open(key, encrypt, appid) {
            Ok(content) => return Ok((age, content)),
            Err(EnvelopeError::Base64 | EnvelopeError::Length { .. }) => return Err(Refusal::Ciphertext),
            Err(EnvelopeError::ReceiveId) => refusal = Refusal::Appid,
            Err(EnvelopeError::Padding | EnvelopeError::InnerLength) => {}
        }
    }
    Err(refusal)
}

fn parse(body: &[u8]) -> Result<(Format, Node), Refusal> {
    let text = core::str::from_utf8(body).map_err(|_| Refusal::Utf8)?;
    let first = text.trim_start_matches('\u{FEFF}').trim_start();
    if first.starts_with('{') {
        return Ok((Format::Json, json::parse(text)?));
    }
    Ok((Format::Xml, xml::parse(text)?))
}

/// The body of the passive reply to `opened`, in its format, with the token that verified it and the key that
/// opened it. `random` must be fresh for each reply.
pub fn seal_reply(
    account: &Account,
    opened: &Opened,
    reply: &Reply,
    now: TimeMs,
    random: [u8; 16],
) -> Result<String, ReplyError> {
    let Sealing { format, token_used, key_used, nonce } = &opened.sealing;
    let content = render(*format, &reply::to_tree(reply, &opened.push, now)?);
    let (Some(keys), Some(age)) = (account.mode.keys(), key_used) else { return Ok(content) };
    let encrypt = envelope::seal(keys.of(*age), random, content.as_bytes(), &account.appid);
    let token = account.token.of(*token_used).expose();
    let signature = signature::sign(&[token, &now.secs().to_string(), nonce, &encrypt]);
    let packet = Node::branch(
        "xml",
        vec![
            Node::text("Encrypt", encrypt),
            Node::text("MsgSignature", signature),
            Node::number("TimeStamp", now.secs()),
            Node::text("Nonce", nonce),
        ],
    );
    Ok(render(*format, &packet))
}

fn render(format: Format, node: &Node) -> String {
    match format {
        Format::Xml => xml::render(node),
        Format::Json => json::render(node),
    }
}
