//! Events of WeCom's customer service, as pulled (protocol 9.2).

use super::fields::Fields;
use super::message::inbound_key;
use crate::base::message::{InboundContent, NeverReason};

/// An event. Its ids are in the object `event`, not beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are WeCom's own, named and described in protocol 9.2")]
pub enum Event {
    /// The customer opened the conversation. `welcome_code` is good for one welcome within 20 s.
    EnterSession { scene: Option<String>, scene_param: Option<String>, welcome_code: Option<String> },
    /// A message that had been accepted did not arrive.
    SendFailed { msgid: String, fail_type: Option<i64> },
    /// A person began or stopped to serve: 1 serving, 2 not.
    ServicerStatus { servicer: String, status: Option<i64>, stop_type: Option<i64> },
    /// Who has the customer: 1 picked from the pool, 2 transferred, 3 ended, 4 begun again from the app. `msg_code`
    /// is good for one message: for 48 h after 1, for 20 s after 3.
    SessionStatus {
        change_type: Option<i64>,
        old_servicer: Option<String>,
        new_servicer: Option<String>,
        msg_code: Option<String>,
    },
    /// The customer took a message back.
    UserRecall { msgid: String },
    /// A person took theirs back.
    ServicerRecall { msgid: String, servicer: String },
    /// A person switched off, or on, that the customer can write to them.
    RejectSwitch { servicer: String, reject_switch: Option<i64> },
    /// An event we do not know.
    Other { event_type: String },
}

impl Event {
    pub(super) fn parse(fields: Fields<'_>) -> Self {
        let event_type = fields.word("event_type").unwrap_or_default().to_ascii_lowercase();
        let word = |name| fields.word(name).unwrap_or_default();
        match event_type.as_str() {
            "enter_session" => Self::EnterSession {
                scene: fields.word("scene"),
                scene_param: fields.word("scene_param"),
                welcome_code: fields.word("welcome_code"),
            },
            "msg_send_fail" => {
                Self::SendFailed { msgid: word("fail_msgid"), fail_type: fields.number("fail_type") }
            }
            "servicer_status_change" => Self::ServicerStatus {
                servicer: word("servicer_userid"),
                status: fields.number("status"),
                stop_type: fields.number("stop_type"),
            },
            "session_status_change" => Self::SessionStatus {
                change_type: fields.number("change_type"),
                old_servicer: fields.word("old_servicer_userid"),
                new_servicer: fields.word("new_servicer_userid"),
                msg_code: fields.word("msg_code"),
            },
            "user_recall_msg" => Self::UserRecall { msgid: word("recall_msgid") },
            "servicer_recall_msg" => {
                Self::ServicerRecall { msgid: word("recall_msgid"), servicer: word("servicer_userid") }
            }
            "reject_customer_msg_switch_change" => Self::RejectSwitch {
                servicer: word("servicer_userid"),
                reject_switch: fields.number("reject_switch"),
            },
            _ => Self::Other { event_type },
        }
    }

    pub(super) fn to_content(&self) -> InboundContent {
        match self {
            Self::EnterSession { scene, scene_param, welcome_code } => InboundContent::Enter {
                scene: joined(scene.as_deref(), scene_param.as_deref()),
                welcome_code: welcome_code.clone(),
            },
            Self::SendFailed { msgid, fail_type } => {
                InboundContent::SendFailed { id: msgid.clone(), reason: fail_reason(*fail_type) }
            }
            Self::ServicerStatus { servicer, .. } => notice("servicer_status_change", servicer.clone()),
            Self::SessionStatus { change_type, old_servicer, new_servicer, .. } => {
                session(*change_type, old_servicer.as_deref(), new_servicer.as_deref())
            }
            Self::UserRecall { msgid } => InboundContent::Recall { recalled: inbound_key(msgid) },
            Self::ServicerRecall { msgid, .. } => notice("servicer_recall_msg", msgid.clone()),
            Self::RejectSwitch { reject_switch, .. } => {
                notice("reject_customer_msg_switch_change", shown(*reject_switch))
            }
            Self::Other { event_type } => notice(event_type, String::new()),
        }
    }
}

/// `scene:param`. A scene has no colon, so what stands before the first one is the scene; either may be empty.
fn joined(scene: Option<&str>, param: Option<&str>) -> Option<String> {
    match (scene, param) {
        (scene, None) => scene.map(str::to_owned),
        (scene, Some(param)) => Some(format!("{}:{param}", scene.unwrap_or_default())),
    }
}

fn session(change_type: Option<i64>, old: Option<&str>, new: Option<&str>) -> InboundContent {
    let (open, agent) = match change_type {
        Some(1 | 2 | 4) => (true, new.or(old)),
        Some(3) => (false, old.or(new)),
        _ => return notice("session_status_change", shown(change_type)),
    };
    InboundContent::NativeSession { open, agent: agent.unwrap_or_default().to_owned() }
}

/// Why an accepted message did not arrive. What WeCom does not explain (0) is for our own people to look into.
const fn fail_reason(fail_type: Option<i64>) -> NeverReason {
    match fail_type {
        Some(4 | 5) => NeverReason::WindowClosed,
        Some(6) => NeverReason::QuotaUsed,
        Some(10) => NeverReason::Unreachable,
        Some(12 | 13) => NeverReason::Content,
        _ => NeverReason::Account,
    }
}

fn notice(event: &str, detail: String) -> InboundContent {
    InboundContent::Notice { event: event.to_owned(), detail }
}

fn shown(number: Option<i64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}
