//! Channels through the API: what there is, and putting one.

use super::api::unexpected;
use super::channels::Known;
use super::fault::{Fault, Kind};
use super::{channels, clients, health, http, sessions, settings};
use crate::base::id::ChannelId;
use crate::base::limits::API_BYTES_MAX;
use crate::office::channel::ShownChannel;
use crate::office::health::Health;
use crate::office::pump::Knock;
use crate::office::{Call, Hidden, Reply};
use futures_util::future::join_all;
use serde::Serialize;
use serde_json::json;
use worker::{Env, Method, Request, Response};

/// A channel, and how its API does.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    channel: &'a ShownChannel,
    health: &'a Health,
}

/// `GET /api/channels`
pub async fn list(req: &Request, env: &Env) -> Result<Response, Fault> {
    http::only(req, Method::Get)?;
    sessions::operator_or_supervisor(req, env, false).await?;
    let config = settings::config(env)?;
    let known = channels::ask(env).await?;
    let health = join_all(known.list().iter().map(|channel| health::of(env, channel))).await;
    let shown: Vec<_> = known.shown(&config).into_iter().zip(health).collect();
    let shown = shown.iter().map(|(channel, health)| Shown { channel, health });
    http::ok(&json!({ "channels": shown.collect::<Vec<_>>() }))
}

/// `PUT /api/channels/{id}`
pub async fn put(mut req: Request, env: &Env, id: ChannelId) -> Result<Response, Fault> {
    http::only(&req, Method::Put)?;
    sessions::operator_or_supervisor(&req, env, true).await?;
    let body = Hidden(http::json(&mut req, API_BYTES_MAX).await?);
    match clients::office(env, &Call::PutChannel { id: id.clone(), body }).await? {
        Reply::ChannelPut { .. } => {}
        Reply::ChannelInvalid { faults } => {
            let words = "The channel is not right; every fault is listed. Nothing was stored.";
            return Err(Fault::new(Kind::Invalid, "channel.invalid", words).with("faults", json!(faults)));
        }
        _ => return Err(unexpected()),
    }
    // This isolate knows it at once, others within seconds.
    let config = settings::config(env)?;
    let known = channels::ask(env).await?;
    if known.find(&id).is_some_and(Known::is_pulled) {
        // Its callbacks may have been lost before, or may never have come.
        clients::knock(env, &Knock { channel: id.clone(), token: None }).await?;
    }
    let shown = known.shown(&config);
    http::ok(&shown.into_iter().find(|channel| channel.id == id))
}
