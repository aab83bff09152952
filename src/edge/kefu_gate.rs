//! Who has a customer of WeCom's customer service, asked before each send: nothing is sent while a person has them.

use super::clock::within;
use super::wechat_api;
use crate::base::id::CustomerId;
use crate::base::limits::{KEFU_STATE_READS_MAX, SEND_BACKOFF_MS, SEND_MS_MAX};
use crate::base::message::{NeverReason, SendVerdict};
use crate::base::secret::Secret;
use crate::config::Config;
use crate::desk::message::Reason;
use crate::office::channel::Channel;
use crate::wechat::api::{Answer, ApiRequest};
use crate::wechat::kefu;
use crate::wechat::kefu::state::{
    ServiceState, Transition, parse_service_state_get, parse_service_state_trans, service_state_get,
    service_state_trans,
};

/// Whether a message may leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// It may: the customer is ours.
    Open,
    /// A person has them in WeCom's app.
    Agent(String),
    /// WeCom would refuse, until the customer does something.
    Shut(Reason),
    /// The access token is refused.
    StaleToken,
    /// Nothing can be said now; how long to wait.
    Wait(i64),
}

/// Reads the session's state and takes an unanswered one, by compare-and-set: WeCom refuses what the state, as it then
/// is, does not allow, and it is read again.
pub async fn ask(config: &Config, channel: &Channel, customer: &CustomerId, token: &Secret) -> Gate {
    let open_kfid = channel.settings.open_kfid.as_deref().unwrap_or_default();
    for _ in 0..KEFU_STATE_READS_MAX {
        let asked = perform(config, &service_state_get(open_kfid, customer), token).await;
        let session = match asked.map(|(status, body)| parse_service_state_get(status, &body)) {
            Some(Answer::Ok(session)) => session,
            refused => match refusal(refused) {
                Some(gate) => return gate,
                None => continue,
            },
        };
        match session.state {
            ServiceState::Bot => return Gate::Open,
            ServiceState::Agent => return Gate::Agent(session.servicer.unwrap_or_default()),
            // Nobody has them yet, and no event need ever say how that ends: it is seen at the next send.
            ServiceState::Waiting => return Gate::Shut(Reason::NativeSession),
            ServiceState::Ended => return Gate::Shut(Reason::WindowClosed),
            ServiceState::Unhandled => {}
        }
        let request = service_state_trans(open_kfid, customer, &Transition::ToBot);
        let asked = perform(config, &request, token).await;
        match asked.map(|(status, body)| parse_service_state_trans(status, &body)) {
            Some(Answer::Ok(_)) => return Gate::Open,
            refused => {
                if let Some(gate) = refusal(refused) {
                    return gate;
                }
            }
        }
    }
    Gate::Wait(SEND_BACKOFF_MS)
}

/// What a refusal comes to; none: the state has changed, it is to be read again.
fn refusal<T>(answer: Option<Answer<T>>) -> Option<Gate> {
    let Some(Answer::Refused { errcode }) = answer else { return Some(Gate::Wait(SEND_BACKOFF_MS)) };
    match kefu::verdict(errcode) {
        SendVerdict::RefreshToken { .. } => Some(Gate::StaleToken),
        SendVerdict::Never { reason: NeverReason::NativeSession, .. } => None,
        SendVerdict::Never { reason: NeverReason::WindowClosed, .. } => {
            Some(Gate::Shut(Reason::WindowClosed))
        }
        SendVerdict::Never { reason: NeverReason::Unreachable, .. } => Some(Gate::Shut(Reason::Unreachable)),
        SendVerdict::Never { .. } => Some(Gate::Shut(Reason::Account)),
        _ => Some(Gate::Wait(SEND_BACKOFF_MS)),
    }
}

/// A send that came when the state had just changed is tried again, and the state is read before that.
pub fn verdict(verdict: SendVerdict) -> SendVerdict {
    match verdict {
        SendVerdict::Never { errcode, reason: NeverReason::NativeSession } => SendVerdict::Later { errcode },
        verdict => verdict,
    }
}

async fn perform(config: &Config, request: &ApiRequest, token: &Secret) -> Option<(u16, Vec<u8>)> {
    within(SEND_MS_MAX, wechat_api::perform(config, request, Some(token))).await.flatten()
}
