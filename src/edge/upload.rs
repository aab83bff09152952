//! Gives the channel a file of ours before a message with it is sent, and remembers what the channel calls it.

use super::clock::{self, within};
use super::conversation_do::Shared;
use super::fault::Fault;
use super::send::{CachedToken, token};
use super::{bucket, clients, in_hand, log, wechat_api};
use crate::base::id::MediaKey;
use crate::base::limits::{MEDIA_UPLOAD_AGAIN_MS, MEDIA_UPLOAD_MS_MAX};
use crate::base::message::{MediaKind, NeverReason, SendVerdict};
use crate::base::time::TimeMs;
use crate::desk::message::Reason;
use crate::office::channel::Channel;
use crate::office::credential::{Call, Reply};
use crate::wechat::api::Answer;
use crate::wechat::media;

/// A file that a message needs.
pub struct Needed {
    /// As what it is sent.
    pub kind: MediaKind,
    /// Ours.
    pub key: MediaKey,
    /// What people call it.
    pub name: String,
    /// When the channel refused the id that it had until then.
    pub refused_at: Option<TimeMs>,
}

/// Why there is no id.
pub enum Hindered {
    /// There never will be.
    ForGood(Reason),
    /// It may be better after so many milliseconds.
    ForNow(i64),
}

/// The channel's id of a file: the one it has, or a new one.
pub async fn media_id(
    shared: &Shared,
    channel: &Channel,
    with: &CachedToken,
    needed: &Needed,
) -> Result<String, Hindered> {
    let call = Call::MediaId { key: needed.key.clone(), refused_at: needed.refused_at };
    match clients::credential(&shared.object.env, channel, &call).await {
        Ok(Reply::MediaId { media_id: Some(media_id) }) => return Ok(media_id),
        Ok(_) => {}
        Err(fault) => return Err(for_now(&fault)),
    }
    let media_id = upload(shared, channel, with, needed).await?;
    let call = Call::KeepMediaId { key: needed.key.clone(), media_id: media_id.clone() };
    if let Err(fault) = clients::credential(&shared.object.env, channel, &call).await {
        // It is good for this message all the same.
        log::fault("media.keep_id", &fault, "");
    }
    Ok(media_id)
}

/// Once more with another token when the first one is refused.
async fn upload(
    shared: &Shared,
    channel: &Channel,
    with: &CachedToken,
    needed: &Needed,
) -> Result<String, Hindered> {
    let later = || Hindered::ForNow(MEDIA_UPLOAD_AGAIN_MS);
    let _in_hand = in_hand::take().ok_or_else(later)?;
    let config = shared.object.config().map_err(|fault| for_now(&fault))?;
    let found = bucket::read(&shared.object.env, &needed.key).await.map_err(|fault| for_now(&fault))?;
    let content = found.ok_or(Hindered::ForGood(Reason::Content))?;
    let luck = clock::entropy().map_err(|fault| for_now(&fault))?;
    let request = media::upload(channel.settings.kind, needed.kind, &needed.name, &content, luck)
        .map_err(|_| Hindered::ForGood(Reason::Content))?;
    drop(content);
    let mut with = with.clone();
    let mut is_renewed = false;
    loop {
        let sent = wechat_api::perform(&config, &request, Some(&with.token));
        let answer = within(MEDIA_UPLOAD_MS_MAX, sent).await.flatten();
        let Some((status, body)) = answer else { return Err(later()) };
        let errcode = match media::parse_upload(status, &body) {
            Answer::Ok(uploaded) => return Ok(uploaded.media_id),
            Answer::Unknown => return Err(later()),
            Answer::Refused { errcode } => errcode,
        };
        log::info("media", "upload_refused", &serde_json::json!(errcode));
        match media::verdict(channel.settings.kind, errcode) {
            SendVerdict::RefreshToken { .. } if !is_renewed => {
                is_renewed = true;
                with = token(shared, channel, Some(with.version)).await.map_err(Hindered::ForNow)?;
            }
            SendVerdict::Never { reason: NeverReason::Content, .. } | SendVerdict::StaleMedia { .. } => {
                return Err(Hindered::ForGood(Reason::Content));
            }
            SendVerdict::Never { .. } => return Err(Hindered::ForGood(Reason::Account)),
            _ => return Err(later()),
        }
    }
}

fn for_now(fault: &Fault) -> Hindered {
    log::fault("media.upload", fault, "");
    Hindered::ForNow(MEDIA_UPLOAD_AGAIN_MS)
}
