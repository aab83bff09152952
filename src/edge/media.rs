//! Fetches the file in a customer's message before the channel forgets it, and keeps it; deletes what is forgotten.

use super::clock::within;
use super::conversation_do::Shared;
use super::download::{Downloaded, download};
use super::fault::Fault;
use super::{bucket, channels, in_hand, log, send, wechat_api};
use crate::base::id::ConversationId;
use crate::base::limits::{BUCKET_CLOCK_MS_MAX, MEDIA_BYTES_MAX, MEDIA_FETCH_MS_MAX};
use crate::base::media_type::MediaType;
use crate::base::message::{InboundContent, SendVerdict};
use crate::config::Config;
use crate::desk::message::{Body, LostReason, Media, Message};
use crate::office::channel::Channel;
use crate::wechat::fetch_address::{self, Origin};
use crate::wechat::media;
use worker::{Method, Request, RequestInit, RequestRedirect};

/// What an attempt brought.
enum Brought {
    File {
        content: Vec<u8>,
        found: MediaType,
        name: Option<String>,
    },
    Lost(LostReason),
    /// It may be better later.
    Nothing,
}

/// Where a message's file is.
struct Wanted<'a> {
    /// What the channel calls it; possibly empty.
    media_id: &'a str,
    /// A public address; possibly empty.
    address: &'a str,
    /// What people call it.
    name: Option<&'a str>,
}

/// What is needed to ask for it.
struct Asking<'a> {
    shared: &'a Shared,
    config: &'a Config,
    channel: &'a Channel,
    /// Anybody could have made up the message: no address in it is fetched from.
    forgeable: bool,
}

/// One attempt at the file of a message. [`Media::Fetching`]: none came, and it may be better later.
pub async fn fetch(shared: &Shared, id: &ConversationId, message: &Message) -> Result<Media, Fault> {
    let Some(wanted) = wanted(message) else { return Ok(Media::Lost { reason: LostReason::Gone }) };
    let Some(_in_hand) = in_hand::wait().await else { return Ok(Media::Fetching) };
    let known = channels::of(&shared.object.env, &id.channel).await?;
    let (config, channel) = (shared.object.config()?, known.opened()?);
    let forgeable = known.is_forgeable();
    let asking = Asking { shared, config: &config, channel: &channel, forgeable };
    let brought = within(MEDIA_FETCH_MS_MAX, asking.bring(&wanted)).await.unwrap_or(Brought::Nothing);
    Ok(match brought {
        Brought::File { content, found, name } => {
            let name = name.as_deref().or(wanted.name).map_or_else(|| plain_name(found), str::to_owned);
            Media::Kept(bucket::put(&shared.object.env, id, found, &name, content).await?)
        }
        Brought::Lost(reason) => {
            log::info("media", "lost", &serde_json::json!({ "channel": id.channel, "reason": reason }));
            Media::Lost { reason }
        }
        Brought::Nothing => Media::Fetching,
    })
}

/// Deletes the files of a conversation that came before this message. Returns whether there are more.
pub async fn forget(shared: &Shared, id: &ConversationId, message: &Message) -> Result<bool, Fault> {
    bucket::empty(&shared.object.env, id, message.at_ms + BUCKET_CLOCK_MS_MAX).await
}

fn wanted(message: &Message) -> Option<Wanted<'_>> {
    let Body::Customer { content, .. } = &message.body else { return None };
    let (media_id, address, name) = match content {
        InboundContent::Image { media_id, url } => (media_id.as_str(), url.as_str(), None),
        InboundContent::Voice { media_id, .. } | InboundContent::Video { media_id, .. } => {
            (media_id.as_str(), "", None)
        }
        InboundContent::File { title, media_id: Some(media_id), .. } => {
            (media_id.as_str(), "", Some(title.as_str()).filter(|title| !title.is_empty()))
        }
        _ => return None,
    };
    Some(Wanted { media_id, address, name })
}

fn plain_name(found: MediaType) -> String {
    if found.extension.is_empty() { "file".to_owned() } else { format!("file.{}", found.extension) }
}

impl Asking<'_> {
    /// By the channel's own name for it; by its address when it has none, or the channel refuses for good.
    async fn bring(&self, wanted: &Wanted<'_>) -> Brought {
        let by_id = match wanted.media_id {
            "" => Brought::Lost(LostReason::Address),
            media_id => self.by_id(media_id).await,
        };
        match by_id {
            Brought::Lost(reason) if reason != LostReason::TooLarge => match wanted.address {
                "" => Brought::Lost(reason),
                _ if self.forgeable => Brought::Lost(reason),
                address => self.at(address).await,
            },
            brought => brought,
        }
    }

    /// Once more with another token when the first one is refused.
    async fn by_id(&self, media_id: &str) -> Brought {
        let mut failed = None;
        loop {
            let Ok(token) = send::token(self.shared, self.channel, failed).await else {
                return Brought::Nothing;
            };
            let request = media::download(self.channel.settings.kind, media_id);
            let mut answer = None;
            for asked in wechat_api::requests(self.config, &request, Some(&token.token)) {
                answer = download(asked, MEDIA_BYTES_MAX).await;
                // A gateway's page for a server that is away is no answer of the channel's.
                if answer.as_ref().is_some_and(|answer| answer.status < 500) {
                    break;
                }
            }
            let Some(answer) = answer else { return Brought::Nothing };
            let Downloaded { status, disposition, body } = answer;
            return match media::parse_download(status, disposition.as_deref(), body) {
                media::Download::File { bytes, found, name } => Brought::File { content: bytes, found, name },
                media::Download::Elsewhere { address } => self.at(&address).await,
                media::Download::TooLarge => Brought::Lost(LostReason::TooLarge),
                media::Download::Unknown => Brought::Nothing,
                media::Download::Refused { errcode } => {
                    match media::verdict(self.channel.settings.kind, errcode) {
                        SendVerdict::RefreshToken { .. } if failed.is_none() => {
                            failed = Some(token.version);
                            continue;
                        }
                        SendVerdict::StaleMedia { .. } => Brought::Lost(LostReason::Gone),
                        SendVerdict::Never { .. } => Brought::Lost(LostReason::GaveUp),
                        _ => Brought::Nothing,
                    }
                }
            };
        }
    }

    /// From an address that is WeChat's, or where the API itself is. No redirect is followed, wherever it leads.
    async fn at(&self, address: &str) -> Brought {
        let Ok(address) = fetch_address::check(address, &api_origins(self.config)) else {
            return Brought::Lost(LostReason::Address);
        };
        let mut init = RequestInit::new();
        init.with_method(Method::Get).with_redirect(RequestRedirect::Manual);
        let Ok(request) = Request::new_with_init(address.as_str(), &init) else { return Brought::Nothing };
        let Some(answer) = download(request, MEDIA_BYTES_MAX).await else { return Brought::Nothing };
        match answer.status {
            300..=399 => return Brought::Lost(LostReason::Address),
            400..=499 => return Brought::Lost(LostReason::Gone),
            500.. => return Brought::Nothing,
            _ => {}
        }
        match media::parse_fetched(answer.status, answer.body) {
            media::Download::File { bytes, found, name } => Brought::File { content: bytes, found, name },
            media::Download::TooLarge => Brought::Lost(LostReason::TooLarge),
            // What is no picture, sound or film by its content is not what the customer sent.
            _ => Brought::Lost(LostReason::GaveUp),
        }
    }
}

/// Whoever is trusted with the token is trusted with a picture: a simulator serves both from one place.
fn api_origins(config: &Config) -> Vec<Origin> {
    let origin = |address: &str| {
        let after_scheme = address.find("://").map_or(0, |at| at.saturating_add(3));
        let end = address.get(after_scheme..).and_then(|rest| rest.find('/'));
        let origin = end.and_then(|end| address.get(..after_scheme.saturating_add(end)));
        Origin::parse(origin.unwrap_or(address))
    };
    [&config.wechat_api, &config.wecom_api].into_iter().filter_map(|address| origin(address)).collect()
}
