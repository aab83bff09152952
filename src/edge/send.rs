//! One send: a token, the durable mark, the request, and the record of its end.

use super::clock::{self, within};
use super::conversation_do::Shared;
use super::drain::{change, look};
use super::fault::Fault;
use super::kefu_gate::{self, Gate};
use super::upload::{self, Hindered, Needed};
use super::{channels, clients, health, log, wechat_api};
use crate::base::channel::ChannelKind;
use crate::base::id::ConversationId;
use crate::base::limits::{API_DOWN_WAIT_MS, CHANNEL_WAIT_MS, SEND_BACKOFF_MS, SEND_MS_MAX, TOKEN_CACHED_MS};
use crate::base::message::{NeverReason, OutboundContent, SendVerdict};
use crate::base::secret::Secret;
use crate::base::time::TimeMs;
use crate::desk::message::Body;
use crate::desk::pending::{Begun, Pending};
use crate::desk::terms::Terms;
use crate::office::channel::{Channel, NoticeWay};
use crate::office::credential::{Call as TokenCall, Reply as Token};
use crate::office::health::Report;
use crate::store::conversation::write;
use crate::wechat::api::{self, ApiRequest};
use crate::wechat::kefu::send as kefu;
use crate::wechat::notice::{self, NoticeKind};
use std::rc::Rc;

/// A token as its keeper gave it.
#[derive(Clone)]
pub struct CachedToken {
    /// It.
    pub token: Secret,
    /// What to call it when the channel refuses it.
    pub version: u64,
    until: TimeMs,
}

/// What a send needs to know of where it is.
pub struct Sending<'a> {
    /// The object.
    pub shared: &'a Shared,
    /// Which conversation.
    pub id: &'a ConversationId,
    /// What its channel allows.
    pub terms: &'a Terms,
    /// This instance of the object.
    pub instance: &'a str,
}

impl Sending<'_> {
    /// Fetches a token, marks the attempt, sends, records the end. Returns whether to look again at once.
    pub async fn send(&self, failed: Option<u64>, told: Option<u64>) -> Result<bool, Fault> {
        let Self { shared, id, terms, instance } = self;
        let ready = match self.in_service().await {
            Ok(channel) => self.equipped(&channel, failed).await.map(|token| (channel, token)),
            Err(retry_after_ms) => Err(retry_after_ms),
        };
        let (channel, token) = match ready {
            Ok(ready) => ready,
            Err(retry_after_ms) => {
                change(shared, id, told, |found| Ok(found.postponed(&clock::turn()?, retry_after_ms)))?;
                return Ok(true);
            }
        };
        let token = match self.admitted(&channel, token, told).await? {
            Some(token) => token,
            None => return Ok(true),
        };
        let Some(found) = look(shared, id, told)? else { return Ok(false) };
        let mut uploaded = None;
        let mut found = found;
        if let Some(needed) = needed(&found) {
            match upload::media_id(shared, &channel, &token, &needed).await {
                Ok(media_id) => uploaded = Some(media_id),
                Err(hindered) => {
                    change(shared, id, told, |found| match hindered {
                        Hindered::ForGood(reason) => Ok(found.unsendable(reason, terms, &clock::turn()?)),
                        Hindered::ForNow(wait_ms) => Ok(found.postponed(&clock::turn()?, wait_ms)),
                    })?;
                    return Ok(true);
                }
            }
            // Much may have happened while the file was on its way.
            let Some(again) = look(shared, id, told)? else { return Ok(false) };
            if self::needed(&again).is_none_or(|now| now.key != needed.key) {
                return Ok(true);
            }
            found = again;
        }
        let Some(begun) = found.begin(terms, &clock::turn()?, instance) else { return Ok(false) };
        // From here to the request there is no await: the mark is durable before anything leaves (output gate).
        write(&shared.object.sql, id, begun.writes.clone())?;
        let sent = self.attempt(&channel, &begun, uploaded.as_deref(), &token.token);
        let verdict = within(SEND_MS_MAX, sent).await.unwrap_or(SendVerdict::Unknown);
        if verdict != SendVerdict::Delivered {
            log::info("drain", "send_not_delivered", &serde_json::json!(verdict));
        }
        change(shared, id, None, |found| {
            Ok(found.ended(&verdict, token.version, terms, &clock::turn()?, instance))
        })?;
        health::sent(&shared.object.env, &*shared.object.config()?, &channel, &verdict).await;
        Ok(true)
    }

    /// A token, and a host that answers: nothing is risked on one that was silent until it has been asked something
    /// harmless. Or how long to wait.
    async fn equipped(&self, channel: &Channel, failed: Option<u64>) -> Result<CachedToken, i64> {
        let token = token(self.shared, channel, failed).await?;
        let config = self.shared.object.config().map_err(|_| API_DOWN_WAIT_MS)?;
        if wechat_api::is_open(&config, health::host_of(channel)).await {
            return Ok(token);
        }
        health::tell(&self.shared.object.env, channel, Report::down()).await;
        Err(API_DOWN_WAIT_MS)
    }

    async fn attempt(
        &self,
        channel: &Channel,
        begun: &Begun,
        uploaded: Option<&str>,
        token: &Secret,
    ) -> SendVerdict {
        let Ok(config) = self.shared.object.config() else { return SendVerdict::Unknown };
        let Some(request) = self.request(channel, begun, uploaded) else {
            return SendVerdict::Never { errcode: 0, reason: NeverReason::Content };
        };
        match wechat_api::perform(&config, &request, Some(token)).await {
            Some((status, body)) if channel.settings.kind == ChannelKind::Kefu => {
                kefu_gate::verdict(kefu::parse_send(status, &body, begun.repeated))
            }
            Some((status, body)) => api::parse_send(status, &body),
            None => SendVerdict::Unknown,
        }
    }

    /// The token to send with, once nobody else has the customer; none when the message may not leave now, which is
    /// recorded. Who has them is asked at WeCom's customer service only, and not for what an event's code allows.
    async fn admitted(
        &self,
        channel: &Channel,
        token: CachedToken,
        told: Option<u64>,
    ) -> Result<Option<CachedToken>, Fault> {
        let Self { shared, id, terms, .. } = self;
        let Some(found) = look(shared, id, told)? else { return Ok(None) };
        let by_code = found
            .message
            .as_ref()
            .is_some_and(|message| matches!(message.body, Body::Bot { code: Some(_), .. }));
        if channel.settings.kind != ChannelKind::Kefu || by_code {
            return Ok(Some(token));
        }
        let config = shared.object.config()?;
        let mut token = token;
        let mut gate = kefu_gate::ask(&config, channel, &id.customer, &token.token).await;
        if gate == Gate::StaleToken {
            gate = match self::token(shared, channel, Some(token.version)).await {
                Ok(newer) => {
                    token = newer;
                    kefu_gate::ask(&config, channel, &id.customer, &token.token).await
                }
                Err(retry_after_ms) => Gate::Wait(retry_after_ms),
            };
        }
        if gate == Gate::Open {
            return Ok(Some(token));
        }
        change(shared, id, told, |found| {
            let turn = clock::turn()?;
            Ok(match gate {
                Gate::Open | Gate::StaleToken => found.postponed(&turn, SEND_BACKOFF_MS),
                Gate::Wait(retry_after_ms) => found.postponed(&turn, retry_after_ms),
                Gate::Agent(agent) => found.taken_over(&agent, terms, &turn),
                Gate::Shut(reason) => found.refused_beforehand(reason, terms, &turn),
            })
        })?;
        Ok(None)
    }

    /// The request for this message; none when the channel has no way to say it.
    fn request(&self, channel: &Channel, begun: &Begun, uploaded: Option<&str>) -> Option<ApiRequest> {
        let customer = &self.id.customer;
        match (&begun.content, channel.settings.kind) {
            (OutboundContent::Notice { template, values, page }, kind) => {
                let way = channel.settings.notice.as_ref().map(|notice| notice.way)?;
                let kind = match (way, kind) {
                    (NoticeWay::Template, _) => NoticeKind::Template,
                    (NoticeWay::Subscribe, ChannelKind::MiniProgram) => NoticeKind::MiniProgramSubscribe,
                    (NoticeWay::Subscribe, _) => NoticeKind::Subscribe,
                };
                let page = page.as_deref();
                notice::send(customer, &notice::Notice { kind, template, values, page, key: &begun.key }).ok()
            }
            (content, ChannelKind::Kefu) => {
                let key = kefu::SendKey::parse(&begun.key)?;
                match &begun.code {
                    Some(code) => kefu::send_msg_on_event(code, &key, content).ok(),
                    None => kefu::send_msg(
                        channel.settings.open_kfid.as_deref()?,
                        customer,
                        &key,
                        content,
                        uploaded,
                    )
                    .ok(),
                }
            }
            (content, kind) => api::custom_send(kind, customer, content, uploaded).ok(),
        }
    }

    /// The channel, if it may send; or how long to wait.
    async fn in_service(&self) -> Result<Rc<Channel>, i64> {
        let channel = channels::of(&self.shared.object.env, &self.id.channel).await;
        channel.and_then(|channel| channel.in_service()).map_err(|fault| {
            log::fault("drain.channel", &fault, "");
            CHANNEL_WAIT_MS
        })
    }
}

/// The file that the channel must have before the next message can be sent.
fn needed(found: &Pending) -> Option<Needed> {
    let send = found.outbox.send.as_ref()?;
    let (content, _) = found.message.as_ref()?.body.sending()?;
    let (kind, key) = content.media()?;
    let name = match content {
        OutboundContent::Media { name, .. } => name.clone(),
        _ => String::new(),
    };
    let is_stale = |errcode: Option<i64>| {
        errcode.is_some_and(|errcode| matches!(api::verdict(errcode), SendVerdict::StaleMedia { .. }))
    };
    let stale = send.tries.iter().rev().find(|tried| is_stale(tried.errcode));
    Some(Needed { kind, key: key.clone(), name, refused_at: stale.map(|tried| tried.ended_at_ms) })
}

/// A token that is not the one that failed; or how long to wait for one.
pub async fn token(
    shared: &Shared,
    channel: &Channel,
    failed_version: Option<u64>,
) -> Result<CachedToken, i64> {
    let id = channel.id();
    let now = clock::now();
    let cached = shared.tokens.borrow().get(id.as_str()).cloned();
    if let Some(cached) = cached.filter(|cached| cached.until > now && Some(cached.version) != failed_version)
    {
        return Ok(cached);
    }
    let asked = async {
        let call = TokenCall::Token { failed_version };
        clients::credential(&shared.object.env, channel, &call).await
    };
    match asked.await {
        Ok(Token::Ready { token, version, expires_at }) => {
            let until = expires_at.min(now + TOKEN_CACHED_MS);
            let cached = CachedToken { token, version, until };
            shared.tokens.borrow_mut().insert(id.0.clone(), cached.clone());
            Ok(cached)
        }
        Ok(Token::Wait { retry_after_ms }) => Err(retry_after_ms),
        Ok(Token::Unavailable { trouble, errcode, retry_after_ms }) => {
            let fields = serde_json::json!({ "channel": id, "code": trouble.code(), "errcode": errcode });
            log::info("drain", "token_unavailable", &fields);
            Err(retry_after_ms)
        }
        Ok(_) => Err(SEND_BACKOFF_MS),
        Err(fault) => {
            log::fault("drain.token", &fault, "");
            Err(SEND_BACKOFF_MS)
        }
    }
}
