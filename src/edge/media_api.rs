//! Files through the API: an agent's is kept, and any is shown to whoever may read its conversation.

use super::api::{ask, entitled, rejected, unexpected, writer};
use super::fault::{Fault, Kind};
use super::sessions::{self, Caller};
use super::{bucket, http, in_hand, settings};
use crate::base::channel::ChannelKind;
use crate::base::id::{ConversationId, MediaKey};
use crate::base::limits::MEDIA_BYTES_MAX;
use crate::base::media_type::{MediaType, is_inline, sniff};
use crate::base::message::MediaKind;
use crate::desk::call::{Answered, Call, View};
use crate::desk::conversation::Rejection;
use crate::wechat::media::{FileError, check_upload, upload_rule};
use crate::wire::file::{Span, disposition, given_name};
use serde_json::json;
use worker::{Env, Method, Request, Response, ResponseBuilder};

/// `POST /api/conversations/{channel}/{customer}/media`
pub async fn keep(mut req: Request, env: &Env, id: ConversationId) -> Result<Response, Fault> {
    let caller = writer(&req, env).await?;
    let terms = entitled(env, &id, &caller).await?.terms(&*settings::config(env)?);
    let view = seen(env, &id, &caller).await?;
    let is_theirs =
        view.as_ref().and_then(|view| view.ticket.as_ref()).and_then(|lease| lease.staff.as_ref())
            == Some(&caller.session.staff.id);
    if !is_theirs {
        return Err(rejected(&Rejection::NotAssigned));
    }
    if view.is_some_and(|view| view.gone) {
        return Err(rejected(&Rejection::WindowClosed));
    }
    let content_type = http::header(&req, "content-type").unwrap_or_default();
    if content_type.is_empty() || content_type.starts_with("multipart/") {
        let words = "This address takes the file itself, and its content type.";
        return Err(Fault::new(Kind::BadRequest, "http.content_type", words));
    }
    let busy = || Fault::new(Kind::Unavailable, "media.busy", "Too many files at once; try again shortly.");
    let _in_hand = in_hand::wait().await.ok_or_else(busy)?;
    let content = http::body(&mut req, MEDIA_BYTES_MAX).await?;
    let found = taken(terms.rules.kind, &content).map_err(|error| refused(&error))?;
    let name = given_name(http::header(&req, "x-file-name").as_deref());
    let name = name.unwrap_or_else(|| format!("file.{}", found.extension).trim_end_matches('.').to_owned());
    let kept = bucket::put(env, &id, found, &name, content).await?;
    http::answer(
        201,
        &json!({
            "key": kept.key, "kind": found.kind, "content_type": kept.content_type, "bytes": kept.bytes, "name": name
        }),
    )
}

/// `GET /api/media/{key}`. Whoever may not see a file learns no more of it than that there may be none.
pub async fn show(req: &Request, env: &Env, key: Option<MediaKey>) -> Result<Response, Fault> {
    http::only(req, Method::Get)?;
    let caller = sessions::caller(req, env).await?;
    let key = key.ok_or_else(unknown)?;
    let stored = bucket::head(env, &key).await?.ok_or_else(unknown)?;
    entitled(env, &stored.conversation, &caller).await.map_err(|_| unknown())?;
    seen(env, &stored.conversation, &caller).await?.ok_or_else(unknown)?;
    let span = Span::read(http::header(req, "range").as_deref(), stored.bytes);
    let builder = ResponseBuilder::new()
        .with_header("content-type", &stored.content_type)?
        .with_header("content-disposition", &disposition(is_inline(&stored.content_type), &stored.name))?
        .with_header("x-content-type-options", "nosniff")?
        .with_header("content-security-policy", "default-src 'none'; sandbox")?
        .with_header("cross-origin-resource-policy", "same-origin")?
        .with_header("cache-control", "private, no-store")?
        .with_header("accept-ranges", "bytes")?;
    let bytes = stored.bytes;
    let builder = match span {
        Span::Whole => builder,
        Span::Part { offset, length } => {
            let last = offset.saturating_add(length).saturating_sub(1);
            builder
                .with_status(206)
                .with_header("content-range", &format!("bytes {offset}-{last}/{bytes}"))?
        }
        Span::Outside => {
            let builder =
                ResponseBuilder::new().with_status(416).with_header("cache-control", "private, no-store")?;
            return Ok(builder.with_header("content-range", &format!("bytes */{bytes}"))?.empty());
        }
    };
    let body = bucket::stream(env, &key, span).await?.ok_or_else(unknown)?;
    Ok(builder.body(body))
}

/// What a file of this conversation is, when it may be sent on this kind of channel as what it is or as a file.
pub async fn kind_of(
    env: &Env,
    id: &ConversationId,
    key: &MediaKey,
    channel: ChannelKind,
) -> Result<Option<MediaKind>, Fault> {
    let Some(key) = MediaKey::parse(key.as_str()).filter(|key| key.is_in(id)) else { return Ok(None) };
    let Some(stored) = bucket::head(env, &key).await? else { return Ok(None) };
    let is_sendable = |kind| upload_rule(channel, kind).is_some();
    if is_sendable(stored.kind) || is_sendable(MediaKind::File) {
        return Ok(Some(stored.kind));
    }
    Err(refused(&FileError::Kind))
}

/// The conversation without its messages, if the caller may read it.
async fn seen(env: &Env, id: &ConversationId, caller: &Caller) -> Result<Option<Box<View>>, Fault> {
    let viewer = caller.session.staff.clone();
    let call = Call::Read { conversation: id.clone(), viewer, after: Some(u64::MAX), limit: 1 };
    match ask(env, id, &call).await? {
        Answered::View(view) => Ok(Some(view)),
        Answered::NotEntitled => Ok(None),
        _ => Err(unexpected()),
    }
}

/// As what the channel takes these bytes: as what they are, else as any file.
fn taken(channel: ChannelKind, content: &[u8]) -> Result<MediaType, FileError> {
    let own = sniff(content);
    match check_upload(channel, own.kind, content) {
        Ok(found) => Ok(found),
        Err(error) => match check_upload(channel, MediaKind::File, content) {
            Ok(found) => Ok(MediaType { kind: MediaKind::File, ..found }),
            Err(_) => Err(error),
        },
    }
}

fn unknown() -> Fault {
    Fault::new(Kind::NotFound, "media.unknown", "There is no such file.")
}

fn refused(error: &FileError) -> Fault {
    let fault = |code| Fault::new(Kind::Invalid, code, error.to_string());
    match error {
        FileError::Kind => fault("media.kind"),
        FileError::Type { content_type } => fault("media.type").with("content_type", *content_type),
        FileError::Long { ms } => fault("media.long").with("ms", *ms),
        FileError::Size { bytes, bytes_min, bytes_max } => fault("media.size")
            .with("bytes", *bytes)
            .with("bytes_min", *bytes_min)
            .with("bytes_max", *bytes_max),
    }
}
