//! Tells a channel's keeper how its API does, when that changes, and people what the keeper knows.

use super::api::unexpected;
use super::channels::Known;
use super::fault::Fault;
use super::{channels, clients, clock, http, log, sessions, settings, wechat_api};
use crate::base::channel::ChannelKind;
use crate::base::id::ChannelId;
use crate::base::limits::HEALTH_TOLD_EVERY_MS;
use crate::base::message::SendVerdict;
use crate::base::time::TimeMs;
use crate::config::Config;
use crate::office::channel::Channel;
use crate::office::credential::{Call, Reply};
use crate::office::health::{Health, Report, State};
use crate::wechat::api::Host;
use core::cell::RefCell;
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use worker::{Env, Method, Request, Response};

thread_local! {
    /// What this isolate told last of each channel, and when.
    static TOLD: RefCell<BTreeMap<ChannelId, (Report, TimeMs)>> = const { RefCell::new(BTreeMap::new()) };
}

/// Whose API the channel's is.
pub const fn host_of(channel: &Channel) -> Host {
    match channel.settings.kind {
        ChannelKind::Kefu => Host::Wecom,
        ChannelKind::OfficialAccount | ChannelKind::MiniProgram => Host::Wechat,
    }
}

/// What the end of a send tells.
pub async fn sent(env: &Env, config: &Config, channel: &Channel, verdict: &SendVerdict) {
    let (silent, hosts) = wechat_api::count_silent(config, host_of(channel));
    tell(env, channel, Report::of(verdict, silent, hosts)).await;
}

/// Tells it, unless that was told already. Trouble is told again now and then: a token may have hidden it.
pub async fn tell(env: &Env, channel: &Channel, report: Report) {
    let now = clock::now();
    let is_told = TOLD.with_borrow(|told| {
        told.get(channel.id()).is_some_and(|(before, at)| {
            *before == report && (report.state == State::Ok || now - *at < HEALTH_TOLD_EVERY_MS)
        })
    });
    if is_told {
        return;
    }
    TOLD.with_borrow_mut(|told| told.insert(channel.id().clone(), (report.clone(), now)));
    if let Err(fault) = clients::credential(env, channel, &Call::Health { report: Some(report) }).await {
        TOLD.with_borrow_mut(|told| told.remove(channel.id()));
        log::fault("health", &fault, "");
    }
}

/// `GET /api/health/channels`: those of the caller's floor.
pub async fn list(req: &Request, env: &Env) -> Result<Response, Fault> {
    http::only(req, Method::Get)?;
    let floor = sessions::caller(req, env).await?.session.staff.floor;
    let known = channels::recent(env).await?;
    let mine = known.list().iter().filter(|channel| *channel.floor() == floor);
    let shown = join_all(mine.map(|channel| async {
        let health = of(env, channel).await;
        let mut shown = json!(health);
        if let Value::Object(fields) = &mut shown {
            fields.insert("channel".to_owned(), json!(channel.id()));
        }
        shown
    }));
    http::ok(&json!({ "channels": shown.await }))
}

/// How a channel's API does. What was down is asked a harmless question, so that an outage ends without a message.
pub async fn of(env: &Env, known: &Known) -> Health {
    let refused =
        |code: &str| Health { state: State::Refused, code: Some(code.to_owned()), ..Health::default() };
    let Ok(channel) = known.opened() else { return refused("channel.sealed") };
    match asked(env, &channel).await {
        Ok(health) => health,
        Err(fault) => {
            log::fault("health", &fault, "");
            Health { state: State::Degraded, ..refused(fault.code) }
        }
    }
}

async fn asked(env: &Env, channel: &Channel) -> Result<Health, Fault> {
    let config = settings::config(env)?;
    let host = host_of(channel);
    let mut health = health(env, channel, None).await?;
    if matches!(health.state, State::Down | State::Degraded) && health.code.as_deref() != Some("api.busy") {
        let report = if wechat_api::is_open(&config, host).await {
            let (silent, hosts) = wechat_api::count_silent(&config, host);
            Report::of(&SendVerdict::Delivered, silent, hosts)
        } else {
            Report::down()
        };
        TOLD.with_borrow_mut(|told| told.insert(channel.id().clone(), (report.clone(), clock::now())));
        health = self::health(env, channel, Some(report)).await?;
    }
    Ok(health)
}

async fn health(env: &Env, channel: &Channel, report: Option<Report>) -> Result<Health, Fault> {
    match clients::credential(env, channel, &Call::Health { report }).await? {
        Reply::Health(health) => Ok(health),
        _ => Err(unexpected()),
    }
}
