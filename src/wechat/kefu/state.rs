//! Who has the customer, as WeCom sees it: a session's state and its changes (protocol 9.4).

use super::fields::Fields;
use crate::base::id::CustomerId;
use crate::base::limits::WECHAT_ANSWER_BYTES_MAX;
use crate::wechat::api::{Answer, ApiRequest, parse_object};
use serde_json::{Value, json};

/// The code of a change that the present state does not allow: somebody was quicker, read it again (protocol 9.6).
pub const ILLEGAL_TRANSITION: i64 = 95_016;

/// A session's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceState {
    /// 0: the customer has written, nobody has answered.
    Unhandled,
    /// 1: the API answers.
    Bot,
    /// 2: waits for a person.
    Waiting,
    /// 3: a person answers in WeCom's app.
    Agent,
    /// 4: over, or not begun.
    Ended,
}

impl ServiceState {
    /// WeCom's number for it.
    pub const fn code(self) -> i64 {
        match self {
            Self::Unhandled => 0,
            Self::Bot => 1,
            Self::Waiting => 2,
            Self::Agent => 3,
            Self::Ended => 4,
        }
    }

    /// The state of that number.
    pub const fn from_code(code: i64) -> Option<Self> {
        Some(match code {
            0 => Self::Unhandled,
            1 => Self::Bot,
            2 => Self::Waiting,
            3 => Self::Agent,
            4 => Self::Ended,
            _ => return None,
        })
    }

    /// Whether the API may send; otherwise it is told 95018.
    pub const fn may_send(self) -> bool {
        matches!(self, Self::Unhandled | Self::Bot)
    }
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its state.
    pub state: ServiceState,
    /// Who has it; known only while a person has.
    pub servicer: Option<String>,
}

/// A change that the API may ask for. Whether WeCom allows it depends on the present state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transition {
    /// The API answers.
    ToBot,
    /// Into the pool, for whoever is free.
    ToPool,
    /// To one person, who must serve this account and be receiving.
    ToAgent {
        /// Who.
        servicer: String,
    },
    /// Over.
    End,
}

impl Transition {
    /// The state that it leads to.
    pub const fn target(&self) -> ServiceState {
        match self {
            Self::ToBot => ServiceState::Bot,
            Self::ToPool => ServiceState::Waiting,
            Self::ToAgent { .. } => ServiceState::Agent,
            Self::End => ServiceState::Ended,
        }
    }
}

/// Asks for a session's state.
pub fn service_state_get(open_kfid: &str, customer: &CustomerId) -> ApiRequest {
    let body = json!({ "open_kfid": open_kfid, "external_userid": customer.as_str() });
    ApiRequest::post("/cgi-bin/kf/service_state/get", body.to_string()).for_wecom()
}

/// Reads the answer to [`service_state_get`].
pub fn parse_service_state_get(status: u16, body: &[u8]) -> Answer<Session> {
    let session = |fields: Fields<'_>| {
        let state = ServiceState::from_code(fields.number("service_state")?)?;
        let servicer = fields.word("servicer_userid").filter(|_| state == ServiceState::Agent);
        Some(Session { state, servicer })
    };
    read(status, body, session)
}

/// Asks for a change of a session's state.
pub fn service_state_trans(open_kfid: &str, customer: &CustomerId, change: &Transition) -> ApiRequest {
    let mut body = json!({
        "open_kfid": open_kfid,
        "external_userid": customer.as_str(),
        "service_state": change.target().code(),
    });
    if let (Transition::ToAgent { servicer }, Some(body)) = (change, body.as_object_mut()) {
        body.insert("servicer_userid".to_owned(), servicer.as_str().into());
    }
    ApiRequest::post("/cgi-bin/kf/service_state/trans", body.to_string()).for_wecom()
}

/// Reads the answer to [`service_state_trans`]: the `msg_code` that one message may be sent with, if there is one.
pub fn parse_service_state_trans(status: u16, body: &[u8]) -> Answer<Option<String>> {
    read(status, body, |fields| Some(fields.word("msg_code")))
}

fn read<T>(status: u16, body: &[u8], value: impl Fn(Fields<'_>) -> Option<T>) -> Answer<T> {
    match parse_object(status, body, WECHAT_ANSWER_BYTES_MAX) {
        Answer::Ok(object) => value(Fields::of(&Value::Object(object))).map_or(Answer::Unknown, Answer::Ok),
        Answer::Refused { errcode } => Answer::Refused { errcode },
        Answer::Unknown => Answer::Unknown,
    }
}
