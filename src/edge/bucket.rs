//! Files in R2: kept, read and deleted by names that nobody can guess, in one folder per conversation.

use super::clock;
use super::fault::Fault;
use crate::base::id::{ConversationId, MediaKey};
use crate::base::limits::{FILE_PAGES_MAX, FILES_LISTED_MAX};
use crate::base::media_type::MediaType;
use crate::base::message::MediaKind;
use crate::base::time::TimeMs;
use crate::desk::message::Kept;
use crate::wechat::api::percent_encoded;
use crate::wire::file::Span;
use std::collections::HashMap;
use worker::{Bucket, Env, HttpMetadata, Object, Range, ResponseBody};

/// What a file is, as it was found when it came.
pub struct Stored {
    /// Whose it is.
    pub conversation: ConversationId,
    /// As what channels carry it.
    pub kind: MediaKind,
    /// Its content type.
    pub content_type: String,
    /// What people call it, percent-encoded.
    pub name: String,
    /// Its size.
    pub bytes: u64,
}

/// Keeps a file.
pub async fn put(
    env: &Env,
    conversation: &ConversationId,
    found: MediaType,
    name: &str,
    content: Vec<u8>,
) -> Result<Kept, Fault> {
    let key = MediaKey::new(conversation, clock::entropy()?);
    let bytes = u64::try_from(content.len()).unwrap_or(u64::MAX);
    let kind = serde_json::to_string(&found.kind).unwrap_or_default();
    let about = [
        ("conversation", conversation.key()),
        ("kind", kind.trim_matches('"').to_owned()),
        ("name", percent_encoded(name)),
    ];
    let about: HashMap<String, String> =
        about.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let http = HttpMetadata { content_type: Some(found.content_type.to_owned()), ..HttpMetadata::default() };
    let bucket = bucket(env)?;
    let put = bucket.put(key.as_str(), content).http_metadata(http).custom_metadata(about);
    put.execute().await.map_err(|error| unavailable(&error))?;
    Ok(Kept { key, content_type: found.content_type.to_owned(), bytes })
}

/// What a file is; nothing when there is none of this name.
pub async fn head(env: &Env, key: &MediaKey) -> Result<Option<Stored>, Fault> {
    let found = bucket(env)?.head(key.as_str()).await.map_err(|error| unavailable(&error))?;
    Ok(found.as_ref().and_then(|object| stored(object, key)))
}

/// The bytes of a file, to be passed on as they come.
pub async fn stream(env: &Env, key: &MediaKey, span: Span) -> Result<Option<ResponseBody>, Fault> {
    let bucket = bucket(env)?;
    let asked = match span {
        Span::Part { offset, length } => {
            bucket.get(key.as_str()).range(Range::OffsetWithLength { offset, length })
        }
        Span::Whole | Span::Outside => bucket.get(key.as_str()),
    };
    let found = asked.execute().await.map_err(|error| unavailable(&error))?;
    match found.as_ref().and_then(Object::body) {
        Some(body) => Ok(Some(body.response_body()?)),
        None => Ok(None),
    }
}

/// All bytes of a file.
pub async fn read(env: &Env, key: &MediaKey) -> Result<Option<Vec<u8>>, Fault> {
    let found = bucket(env)?.get(key.as_str()).execute().await.map_err(|error| unavailable(&error))?;
    match found.as_ref().and_then(Object::body) {
        Some(body) => Ok(Some(body.bytes().await.map_err(|error| unavailable(&error))?)),
        None => Ok(None),
    }
}

/// Deletes files by their names; those that are not there are no fault.
pub async fn delete(env: &Env, keys: &[MediaKey]) -> Result<(), Fault> {
    if keys.is_empty() {
        return Ok(());
    }
    let names = keys.iter().map(MediaKey::as_str).collect();
    bucket(env)?.delete_multiple(names).await.map_err(|error| unavailable(&error))
}

/// Deletes the files of a conversation that were kept until then. Returns whether there are more to look at.
pub async fn empty(env: &Env, conversation: &ConversationId, until: TimeMs) -> Result<bool, Fault> {
    let bucket = bucket(env)?;
    let mut cursor = None;
    for _ in 0..FILE_PAGES_MAX {
        let mut list = bucket.list().prefix(MediaKey::folder(conversation)).limit(FILES_LISTED_MAX);
        if let Some(cursor) = cursor {
            list = list.cursor(cursor);
        }
        let page = list.execute().await.map_err(|error| unavailable(&error))?;
        let is_old = |object: &Object| u64::try_from(until.0).is_ok_and(|at| uploaded_ms(object) <= at);
        let old = page.objects().into_iter().filter(is_old);
        let keys: Vec<MediaKey> = old.filter_map(|object| MediaKey::parse(&object.key())).collect();
        delete(env, &keys).await?;
        cursor = page.cursor();
        if !page.truncated() || cursor.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn uploaded_ms(object: &Object) -> u64 {
    object.uploaded().as_millis()
}

fn stored(object: &Object, key: &MediaKey) -> Option<Stored> {
    let mut about = object.custom_metadata().ok()?;
    let conversation = ConversationId::from_key(about.get("conversation")?)?;
    let kind = serde_json::from_value(serde_json::Value::String(about.remove("kind")?)).ok()?;
    let content_type = object.http_metadata().content_type?;
    let name = about.remove("name")?;
    key.is_in(&conversation).then(|| Stored { conversation, kind, content_type, name, bytes: object.size() })
}

fn bucket(env: &Env) -> Result<Bucket, Fault> {
    Ok(env.bucket("MEDIA")?)
}

fn unavailable(error: &worker::Error) -> Fault {
    Fault::unavailable("media.unavailable", error.to_string())
}
