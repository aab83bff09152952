//! The callback doctor's legs: asks WeChat and our own bindings, and lets `office::diagnosis` judge.

use super::api::unexpected;
use super::channels::Known;
use super::clock::{self, within};
use super::fault::{Fault, Kind};
use super::{channels, clients, health, http, knowledge, refusals, sessions, settings, wechat_api};
use crate::base::channel::ChannelKind;
use crate::base::id::ChannelId;
use crate::base::limits::{DIAGNOSIS_QUESTION_MS_MAX, KEFU_ACCOUNTS_PER_CALL_MAX};
use crate::base::secret::Secret;
use crate::config::Config;
use crate::office::callbacks::Callbacks;
use crate::office::channel::{Channel, NoticeWay};
use crate::office::credential::{Call, Reply};
use crate::office::diagnosis::{Asked, Facts, Reach, diagnose};
use crate::wechat::api::{self, Answer, ApiRequest};
use crate::wechat::diagnosis as ask;
use crate::wechat::kefu::account::{account_list, parse_account_list};
use futures_util::future::join5;
use serde_json::json;
use worker::{Context, Env, Method, Request, Response};

/// `POST /api/channels/{id}/diagnosis`
pub async fn diagnosis(req: &Request, env: &Env, ctx: &Context, id: ChannelId) -> Result<Response, Fault> {
    http::only(req, Method::Post)?;
    sessions::operator_or_supervisor(req, env, true).await?;
    let config = settings::config(env)?;
    let known = channels::ask(env).await?.find(&id).cloned();
    let known =
        known.ok_or_else(|| Fault::new(Kind::NotFound, "channel.unknown", "There is no such channel."))?;
    let public_url = config.public_url.clone().unwrap_or_else(|| http::own_origin(req));
    let mut facts = at_home(env, ctx, &config, &known, public_url).await?;
    if let Ok(channel) = known.opened() {
        abroad(&config, &channel, &mut facts).await;
    }
    http::ok(&json!({ "channel": id, "at_ms": facts.now, "checks": diagnose(&facts) }))
}

/// What is known without asking WeChat.
async fn at_home(
    env: &Env,
    ctx: &Context,
    config: &Config,
    known: &Known,
    public_url: String,
) -> Result<Facts, Fault> {
    let settings = known.settings();
    let callbacks = match known.opened() {
        Ok(channel) => callbacks(env, &channel).await?,
        Err(_) => Callbacks::default(),
    };
    let has_media = match env.bucket("MEDIA") {
        Ok(bucket) => bucket.head("diagnosis").await.is_ok(),
        Err(_) => false,
    };
    let has_store = match env.kv("KNOWLEDGE") {
        Ok(kv) => kv.get("knowledge:current").text().await.is_ok(),
        Err(_) => false,
    };
    Ok(Facts {
        now: clock::now(),
        kind: settings.kind,
        tier: settings.tier,
        path: settings.path.clone(),
        state: known.state(),
        public_url,
        freshness_ms: config.freshness_ms,
        token: Asked::NotAsked,
        seen_address: None,
        clocks: None,
        silent_hosts: (0, 0),
        reached: Asked::NotAsked,
        sending: Asked::NotAsked,
        template: Asked::NotAsked,
        quota: Asked::NotAsked,
        callback_addresses: Asked::NotAsked,
        account: Asked::NotAsked,
        callbacks,
        has_media,
        has_store,
        knowledge: knowledge::answerer(env, ctx).await.map(|answerer| answerer.version()),
    })
}

async fn callbacks(env: &Env, channel: &Channel) -> Result<Callbacks, Fault> {
    refusals::write(env, channel).await;
    match clients::credential(env, channel, &Call::Callbacks { verdicts: Vec::new() }).await? {
        Reply::Callbacks(callbacks) => Ok(callbacks),
        _ => Err(unexpected()),
    }
}

/// What WeChat says. The token is asked for anew, past its keeper: one that is still good would hide a changed secret.
/// Unless it is forced, asking gives the one that is in use.
async fn abroad(config: &Config, channel: &Channel, facts: &mut Facts) {
    let request = wechat_api::token_request(channel, false);
    let heard = within(DIAGNOSIS_QUESTION_MS_MAX, wechat_api::ask(config, &request, None)).await.flatten();
    let mut token = None;
    facts.token = Asked::Silent;
    if let Some(heard) = heard {
        facts.clocks = heard.date.as_deref().and_then(ask::http_date).map(|theirs| (theirs, clock::now()));
        facts.seen_address = ask::seen_address(&heard.body);
        facts.token = match api::parse_token(heard.status, &heard.body) {
            Answer::Ok(grant) => {
                token = Some(grant.access_token);
                Asked::Said(())
            }
            Answer::Refused { errcode } => Asked::Refused(errcode),
            Answer::Unknown => Asked::Silent,
        };
    }
    if let Some(token) = token {
        let questions = Questions { config, token: &token };
        match channel.settings.kind {
            ChannelKind::Kefu => questions.of_wecom(channel, facts).await,
            ChannelKind::OfficialAccount | ChannelKind::MiniProgram => {
                questions.of_wechat(channel, facts).await;
            }
        }
    }
    facts.silent_hosts = wechat_api::count_silent(config, health::host_of(channel));
}

struct Questions<'a> {
    config: &'a Config,
    token: &'a Secret,
}

impl Questions<'_> {
    async fn of_wechat(&self, channel: &Channel, facts: &mut Facts) {
        let wanted = channel.settings.notice.as_ref().filter(|notice| notice.way == NoticeWay::Template);
        let template = async {
            match wanted {
                Some(notice) => self
                    .ask(&ask::templates(), ask::parse_templates)
                    .await
                    .map(|templates| templates.contains(&notice.template)),
                None => Asked::NotAsked,
            }
        };
        let reached = async {
            // WeChat looks at the host that is set in its console: ours, once it is a public one.
            if !facts.public_url.starts_with("https://") {
                return Asked::NotAsked;
            }
            self.ask(&ask::callback_check(), ask::parse_callback_check).await.map(|check| {
                match (check.addresses.is_empty(), check.is_reachable()) {
                    (true, _) => Reach::NoAddress,
                    (false, false) => Reach::Unreachable,
                    (false, true) => Reach::Reached,
                }
            })
        };
        let (sending, template, quota, addresses, reached) = join5(
            self.ask(&ask::sending_right(), ask::parse_sending_right),
            template,
            self.ask(&ask::quota("/cgi-bin/message/custom/send"), ask::parse_quota),
            self.ask(&ask::callback_addresses(), ask::parse_addresses),
            reached,
        )
        .await;
        (facts.sending, facts.template, facts.reached) = (sending, template, reached);
        facts.quota = quota.map(|quota| (quota.left, quota.daily_max));
        facts.callback_addresses = addresses.map(|addresses| addresses.len());
    }

    async fn of_wecom(&self, channel: &Channel, facts: &mut Facts) {
        let wanted = channel.settings.open_kfid.as_deref().unwrap_or_default();
        let found = self.ask(&account_list(0), parse_account_list).await;
        facts.account = match found {
            // Of more accounts than one answer holds this one may be among the rest.
            Asked::Said(list) if list.len() >= KEFU_ACCOUNTS_PER_CALL_MAX as usize => Asked::NotAsked,
            found => found.map(|list| {
                let account = list.iter().find(|account| account.open_kfid == wanted)?;
                Some(account.manage_privilege.unwrap_or(true))
            }),
        };
    }

    async fn ask<T>(&self, request: &ApiRequest, parse: fn(u16, &[u8]) -> Answer<T>) -> Asked<T> {
        let asked = wechat_api::perform(self.config, request, Some(self.token));
        match within(DIAGNOSIS_QUESTION_MS_MAX, asked).await.flatten() {
            Some((status, body)) => match parse(status, &body) {
                Answer::Ok(said) => Asked::Said(said),
                Answer::Refused { errcode } => Asked::Refused(errcode),
                Answer::Unknown => Asked::Silent,
            },
            None => Asked::Silent,
        }
    }
}
