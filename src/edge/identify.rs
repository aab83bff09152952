//! The errands about who a customer is: ask the channel once a ticket is open, forget them when they leave.

use super::clock::within;
use super::conversation_do::Shared;
use super::fault::Fault;
use super::{channels, clients, log, send, wechat_api};
use crate::base::channel::ChannelKind;
use crate::base::id::ConversationId;
use crate::base::limits::SEND_MS_MAX;
use crate::base::message::SendVerdict;
use crate::base::time::TimeMs;
use crate::office::channel::Channel;
use crate::office::directory::{Call, Profile};
use crate::wechat::api::{self, Answer, ApiRequest};
use crate::wechat::kefu::{self, account};

/// How asking ended.
enum Learned {
    /// The channel told, or has nothing to tell.
    Known(Option<String>, Option<Profile>),
    /// Nothing is known now; later it may be.
    Later,
    /// The channel will not say, whenever it is asked.
    Never,
    /// The token is no good.
    Token,
}

/// Asks the channel, and tells the directory. Returns whether the errand is over.
pub async fn identify(shared: &Shared, id: &ConversationId) -> Result<bool, Fault> {
    let env = &shared.object.env;
    let Ok(channel) = channels::of(env, &id.channel).await?.in_service() else { return Ok(false) };
    match asked(shared, &channel, id).await? {
        Learned::Known(unionid, profile) => {
            let call = Call::Learn { id: id.clone(), unionid, profile };
            clients::directory(env, &call).await?;
            Ok(true)
        }
        Learned::Never => Ok(true),
        Learned::Later | Learned::Token => Ok(false),
    }
}

/// Everything that the directory has about this customer goes.
pub async fn forget(shared: &Shared, id: &ConversationId) -> Result<(), Fault> {
    clients::directory(&shared.object.env, &Call::Forget { id: id.clone() }).await?;
    Ok(())
}

/// Asks with a token, and once more with another when that one is refused.
async fn asked(shared: &Shared, channel: &Channel, id: &ConversationId) -> Result<Learned, Fault> {
    let Some(request) = question(channel.settings.kind, id) else { return Ok(Learned::Never) };
    let config = shared.object.config()?;
    let mut failed = None;
    loop {
        let Ok(token) = send::token(shared, channel, failed).await else { return Ok(Learned::Later) };
        let answer = wechat_api::perform(&config, &request, Some(&token.token));
        let learned = match within(SEND_MS_MAX, answer).await.flatten() {
            Some((status, body)) => answered(channel.settings.kind, status, &body),
            None => Learned::Later,
        };
        if !matches!(learned, Learned::Token) || failed.is_some() {
            return Ok(learned);
        }
        failed = Some(token.version);
    }
}

/// A mini program has no such question: its customers' unionids are told to the company's own login only.
fn question(kind: ChannelKind, id: &ConversationId) -> Option<ApiRequest> {
    match kind {
        ChannelKind::OfficialAccount => Some(api::user_info(&id.customer)),
        ChannelKind::MiniProgram => None,
        ChannelKind::Kefu => {
            account::customer_batchget(core::slice::from_ref(&id.customer)).into_iter().next()
        }
    }
}

fn answered(kind: ChannelKind, status: u16, body: &[u8]) -> Learned {
    let (answer, verdict): (_, fn(i64) -> SendVerdict) = if kind == ChannelKind::Kefu {
        (told_by_wecom(status, body), kefu::verdict)
    } else {
        (told_by_wechat(status, body), api::verdict)
    };
    match answer {
        Answer::Ok((unionid, profile)) => Learned::Known(unionid, profile),
        Answer::Unknown => Learned::Later,
        Answer::Refused { errcode } => {
            log::info("identify", "refused", &serde_json::json!({ "errcode": errcode }));
            match verdict(errcode) {
                SendVerdict::RefreshToken { .. } => Learned::Token,
                SendVerdict::Later { .. } => Learned::Later,
                _ => Learned::Never,
            }
        }
    }
}

type Told = (Option<String>, Option<Profile>);

/// Of somebody who does not follow, WeChat tells nothing; what is known stays.
fn told_by_wechat(status: u16, body: &[u8]) -> Answer<Told> {
    match api::parse_user_info(status, body) {
        Answer::Ok(user) if user.subscribe == 1 => {
            let profile = Profile {
                qr_scene: user.scene(),
                language: user.language,
                remark: user.remark,
                subscribed_at_ms: user.subscribe_time.map(|seconds| TimeMs(seconds.saturating_mul(1_000))),
                subscribe_scene: user.subscribe_scene,
                ..Profile::default()
            };
            Answer::Ok((user.unionid, Some(profile)))
        }
        Answer::Ok(_) => Answer::Ok((None, None)),
        Answer::Refused { errcode } => Answer::Refused { errcode },
        Answer::Unknown => Answer::Unknown,
    }
}

fn told_by_wecom(status: u16, body: &[u8]) -> Answer<Told> {
    match account::parse_customer_batchget(status, body) {
        Answer::Ok(customers) => Answer::Ok(match customers.known.into_iter().next() {
            Some(customer) => {
                let profile = Profile {
                    nickname: Some(customer.nickname),
                    avatar: Some(customer.avatar),
                    ..Profile::default()
                };
                (customer.unionid, Some(profile))
            }
            None => (None, None),
        }),
        Answer::Refused { errcode } => Answer::Refused { errcode },
        Answer::Unknown => Answer::Unknown,
    }
}
