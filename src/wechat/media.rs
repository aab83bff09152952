//! Files to WeChat and from it: what may be uploaded, how it travels, and what a download brings (protocol 6.1).

use super::api::{self, Answer, ApiRequest, percent_encoded};
use crate::base::channel::ChannelKind;
use crate::base::digest::hex;
use crate::base::limits::{FILE_NAME_BYTES_MAX, MEDIA_BYTES_MAX, VOICE_MS_MAX, WECHAT_ANSWER_BYTES_MAX};
use crate::base::media_type::{MediaType, sniff};
use crate::base::message::{MediaKind, SendVerdict};
use crate::base::text::prefix_within;
use serde::Deserialize;
use serde_json::{Map, Value};
use thiserror::Error;

const MIB: usize = 1024 * 1024;

/// What one account takes of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadRule {
    /// The most bytes of a file.
    pub bytes_max: usize,
    /// The fewest bytes of a file.
    pub bytes_min: usize,
    /// The content types that are taken; none means any.
    pub content_types: &'static [&'static str],
}

/// What a channel takes of a kind of file; nothing when it takes none of that kind.
///
/// An official account's page says 10 MB for pictures in its table and 2 MB in a note: the table is taken, and 40009
/// is what tells otherwise. WeCom demands more than 5 bytes.
pub const fn upload_rule(channel: ChannelKind, kind: MediaKind) -> Option<UploadRule> {
    const fn rule(bytes_max: usize, content_types: &'static [&'static str]) -> Option<UploadRule> {
        Some(UploadRule { bytes_max, bytes_min: 1, content_types })
    }
    const fn wecom(bytes_max: usize, content_types: &'static [&'static str]) -> Option<UploadRule> {
        Some(UploadRule { bytes_max, bytes_min: 6, content_types })
    }
    match (channel, kind) {
        (ChannelKind::OfficialAccount | ChannelKind::MiniProgram, MediaKind::Image) => {
            rule(10 * MIB, &["image/png", "image/jpeg", "image/gif"])
        }
        (ChannelKind::OfficialAccount, MediaKind::Voice) => rule(2 * MIB, &["audio/amr", "audio/mpeg"]),
        (ChannelKind::OfficialAccount, MediaKind::Video) => rule(10 * MIB, &["video/mp4"]),
        (ChannelKind::Kefu, MediaKind::Image) => wecom(10 * MIB, &["image/jpeg", "image/png"]),
        (ChannelKind::Kefu, MediaKind::Voice) => wecom(2 * MIB, &["audio/amr"]),
        (ChannelKind::Kefu, MediaKind::Video) => wecom(10 * MIB, &["video/mp4"]),
        (ChannelKind::Kefu, MediaKind::File) => wecom(MEDIA_BYTES_MAX, &[]),
        (ChannelKind::OfficialAccount, MediaKind::File)
        | (ChannelKind::MiniProgram, MediaKind::Voice | MediaKind::Video | MediaKind::File) => None,
    }
}

/// Why a channel would not take a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FileError {
    /// The channel takes no file of this kind (40004).
    #[error("files of this kind cannot be sent on this channel")]
    Kind,
    /// By its content it is of a type that the channel does not take as this kind (40005).
    #[error("a file of type {content_type} is not taken here")]
    Type {
        /// The type it has.
        content_type: &'static str,
    },
    /// Speech of more than [`VOICE_MS_MAX`] (40010).
    #[error("speech has at most {VOICE_MS_MAX} ms here, not {ms}")]
    Long {
        /// How long it is, milliseconds.
        ms: usize,
    },
    /// Too large or too small (40006, 40009 to 40011).
    #[error("a file has {bytes_min} to {bytes_max} bytes here, not {bytes}")]
    Size {
        /// How many it has.
        bytes: usize,
        /// The fewest it may have.
        bytes_min: usize,
        /// The most it may have.
        bytes_max: usize,
    },
}

/// Whether a channel takes these bytes as a file of that kind, by their content. Anything goes as
/// [`MediaKind::File`] where files go at all.
pub fn check_upload(channel: ChannelKind, kind: MediaKind, bytes: &[u8]) -> Result<MediaType, FileError> {
    let UploadRule { bytes_max, bytes_min, content_types } =
        upload_rule(channel, kind).ok_or(FileError::Kind)?;
    if bytes.len() < bytes_min || bytes.len() > bytes_max {
        return Err(FileError::Size { bytes: bytes.len(), bytes_min, bytes_max });
    }
    let found = sniff(bytes);
    if !content_types.is_empty() && !content_types.contains(&found.content_type) {
        return Err(FileError::Type { content_type: found.content_type });
    }
    match amr_ms(bytes) {
        Some(ms) if kind == MediaKind::Voice && ms > VOICE_MS_MAX => Err(FileError::Long { ms }),
        _ => Ok(found),
    }
}

/// How long AMR plays: frames of 20 ms, each as long as its first byte says. Of MP3 the length is not known without
/// reading all of it; WeChat tells (40010).
fn amr_ms(bytes: &[u8]) -> Option<usize> {
    /// By mode, with the first byte; what is reserved counts as empty.
    const FRAME_BYTES: [usize; 16] = [13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1];
    let mut rest = bytes.strip_prefix(b"#!AMR\n")?;
    let mut ms = 0_usize;
    while let [first, ..] = rest {
        let frame = FRAME_BYTES.get(usize::from((first >> 3) & 15)).copied().unwrap_or(1);
        rest = rest.get(frame..).unwrap_or_default();
        ms = ms.saturating_add(20);
    }
    Some(ms)
}

/// Uploads a file, as multipart/form-data in one piece: WeChat takes no chunks.
///
/// `name` is the file's name as people call it; what is not ASCII of it does not travel. `luck` must be fresh: the
/// boundary is made of it, so that nobody can put one into a file.
pub fn upload(
    channel: ChannelKind,
    kind: MediaKind,
    name: &str,
    bytes: &[u8],
    luck: [u8; 16],
) -> Result<ApiRequest, FileError> {
    let found = check_upload(channel, kind, bytes)?;
    let type_name = match kind {
        MediaKind::Image => "image",
        MediaKind::Voice => "voice",
        MediaKind::Video => "video",
        MediaKind::File => "file",
    };
    let boundary = format!("shunda-{}", hex(&luck));
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"media\"; filename=\"{}\"\r\n\
         Content-Type: {}\r\n\r\n",
        plain_name(name, &found),
        found.content_type,
    );
    let body = [head.as_bytes(), bytes, format!("\r\n--{boundary}--\r\n").as_bytes()].concat();
    let request = ApiRequest {
        query: format!("type={type_name}"),
        body,
        content_type: format!("multipart/form-data; boundary={boundary}"),
        ..ApiRequest::post("/cgi-bin/media/upload", String::new())
    };
    Ok(at_home_of(channel, request))
}

/// WeCom has the same two requests at its own host.
fn at_home_of(channel: ChannelKind, request: ApiRequest) -> ApiRequest {
    match channel {
        ChannelKind::OfficialAccount | ChannelKind::MiniProgram => request,
        ChannelKind::Kefu => request.for_wecom(),
    }
}

/// A name that WeChat takes: ASCII without anything that has a meaning, ending as the content demands.
fn plain_name(name: &str, found: &MediaType) -> String {
    let plain = |text: &str, bytes_max: usize| {
        let letters = text.chars().filter(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_'));
        letters.take(bytes_max).collect::<String>()
    };
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let stem = Some(plain(stem, 60)).filter(|stem| !stem.is_empty()).unwrap_or_else(|| "file".to_owned());
    // A text's own extension says more than ours: it may be a table.
    let is_known = found.kind != MediaKind::File;
    let own = plain(extension, 8);
    let extension = if is_known || own.is_empty() { found.extension } else { &own };
    if extension.is_empty() { stem } else { format!("{stem}.{extension}") }
}

/// What WeChat calls a file that it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// Good for three days, in this account only (WeCom: in this corporation).
    pub media_id: String,
    /// Since when, unix seconds by WeChat's clock.
    pub created_at_s: i64,
}

/// Reads the answer to [`upload`].
pub fn parse_upload(status: u16, body: &[u8]) -> Answer<Uploaded> {
    /// `thumb` names its id otherwise; WeCom gives the time as a text.
    #[derive(Deserialize)]
    struct Taken {
        #[serde(alias = "thumb_media_id")]
        media_id: String,
        #[serde(default)]
        created_at: Value,
    }
    match api::parse(status, body) {
        Answer::Ok(Taken { media_id, .. }) if media_id.is_empty() => Answer::Unknown,
        Answer::Ok(Taken { media_id, created_at }) => {
            let seconds = created_at.as_i64().or_else(|| created_at.as_str()?.parse().ok());
            Answer::Ok(Uploaded { media_id, created_at_s: seconds.unwrap_or(0) })
        }
        Answer::Refused { errcode } => Answer::Refused { errcode },
        Answer::Unknown => Answer::Unknown,
    }
}

/// What an error code means for an upload or a download. At WeCom a rate that is used up is one of minutes.
pub const fn verdict(channel: ChannelKind, errcode: i64) -> SendVerdict {
    match (channel, errcode) {
        (ChannelKind::Kefu, 45009 | 45033) => SendVerdict::Later { errcode },
        _ => api::verdict(errcode),
    }
}

/// Asks for a file that a customer sent. The answer can have [`MEDIA_BYTES_MAX`] bytes.
pub fn download(channel: ChannelKind, media_id: &str) -> ApiRequest {
    let query = format!("media_id={}", percent_encoded(media_id));
    at_home_of(channel, ApiRequest::get("/cgi-bin/media/get", query))
}

/// What a download brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Download {
    /// The file.
    File {
        /// Its content.
        bytes: Vec<u8>,
        /// What it is, by its content.
        found: MediaType,
        /// What its sender calls it, where WeChat says so; safe as a file's name.
        name: Option<String>,
    },
    /// A film is to be fetched from this address, when [`super::fetch_address`] allows it.
    Elsewhere {
        /// The address.
        address: String,
    },
    /// Definitely refused.
    Refused {
        /// WeChat's error code.
        errcode: i64,
    },
    /// Larger than [`MEDIA_BYTES_MAX`].
    TooLarge,
    /// No file, and nothing that we know.
    Unknown,
}

/// Reads the answer to [`download`], or to what it named elsewhere.
///
/// WeChat answers 200 to everything, with JSON as often as not called `text/plain`: only a file has a
/// `Content-Disposition`, and one without is a file only when its content says so.
pub fn parse_download(status: u16, disposition: Option<&str>, body: Vec<u8>) -> Download {
    if body.len() > MEDIA_BYTES_MAX {
        return Download::TooLarge;
    }
    let found = sniff(&body);
    let is_media = found.kind != MediaKind::File;
    if status == 200 && !body.is_empty() && (disposition.is_some() || is_media) {
        let name = disposition.and_then(file_name);
        return Download::File { bytes: body, found, name };
    }
    if body.len() > WECHAT_ANSWER_BYTES_MAX {
        return Download::Unknown;
    }
    match api::parse::<Map<String, Value>>(status, &body) {
        Answer::Ok(object) => match object.get("video_url").and_then(Value::as_str) {
            Some(address) => Download::Elsewhere { address: address.to_owned() },
            None => Download::Unknown,
        },
        Answer::Refused { errcode } => Download::Refused { errcode },
        Answer::Unknown => Download::Unknown,
    }
}

/// Reads the answer of an address that [`Download::Elsewhere`] or a push named: a file, whatever its headers say.
pub fn parse_fetched(status: u16, body: Vec<u8>) -> Download {
    if body.len() > MEDIA_BYTES_MAX {
        return Download::TooLarge;
    }
    let found = sniff(&body);
    if status == 200 && found.kind != MediaKind::File {
        return Download::File { bytes: body, found, name: None };
    }
    Download::Unknown
}

/// The name in a `Content-Disposition`, without folders and control characters.
fn file_name(disposition: &str) -> Option<String> {
    let parameter = |name: &str| {
        disposition.split(';').map(str::trim).find_map(|part| {
            let (key, value) = part.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
        })
    };
    let extended = parameter("filename*").and_then(|value| {
        let (charset, rest) = value.split_once('\'')?;
        let (_, encoded) = rest.split_once('\'')?;
        charset.eq_ignore_ascii_case("utf-8").then(|| percent_decoded(encoded.as_bytes())).flatten()
    });
    safe_name(&extended.or_else(|| parameter("filename").map(as_utf8))?)
}

/// A file's name without folders and control characters; nothing when nothing of it is left.
pub fn safe_name(name: &str) -> Option<String> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|char| !char.is_control()).collect();
    let name = prefix_within(name.trim(), FILE_NAME_BYTES_MAX);
    (!name.trim_matches('.').is_empty()).then(|| name.to_owned())
}

/// Headers are read as Latin-1, and WeChat writes UTF-8 into them.
fn as_utf8(text: &str) -> String {
    let bytes: Option<Vec<u8>> = text.chars().map(|char| u8::try_from(char).ok()).collect();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| text.to_owned())
}

/// A percent-encoded text; nothing when it is not one of UTF-8.
pub fn percent_decoded(encoded: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, tail) = rest.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = tail;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests;
