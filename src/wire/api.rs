//! The bodies of the console's and the scripts' requests, checked as they are read.

use crate::base::id::{ClientId, StaffId, TicketId};
use crate::base::limits::{CLIENT_ID_BYTES_MAX, TEXT_BYTES_MAX};
use crate::base::message::OutboundContent;
use crate::base::secret::Secret;
use crate::desk::reply::{AgentReply, Claim};
use serde::Deserialize;

/// Why a body is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    /// Not the JSON this address takes.
    #[error("the body is not the JSON that this address takes")]
    Shape,
    /// A reply without words.
    #[error("a reply must have words")]
    Blank,
    /// A reply that the channel would not take in one message.
    #[error("a reply has at most {TEXT_BYTES_MAX} bytes")]
    TooLong,
    /// A client id that cannot be kept.
    #[error("client_id has 1 to {CLIENT_ID_BYTES_MAX} bytes")]
    ClientId,
}

impl BodyFault {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Shape => "http.body",
            Self::Blank => "reply.blank",
            Self::TooLong => "reply.too_long",
            Self::ClientId => "reply.client_id",
        }
    }
}

/// `POST /api/session`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// What they type.
    pub login: String,
    /// And what nobody else knows.
    pub password: Secret,
    /// Whether the token is wanted in the body, not as a cookie.
    #[serde(default)]
    pub bearer: bool,
}

/// `POST …/replies`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    client_id: String,
    ticket: TicketId,
    epoch: u64,
    text: String,
    #[serde(default)]
    resend_of: Option<u64>,
    #[serde(default)]
    wait: bool,
    #[serde(default)]
    closing: bool,
}

impl Reply {
    /// The reply as the desk takes it, by this member of staff.
    pub fn by(self, staff: StaffId) -> Result<AgentReply, BodyFault> {
        if self.text.trim().is_empty() {
            return Err(BodyFault::Blank);
        }
        if self.text.len() > TEXT_BYTES_MAX {
            return Err(BodyFault::TooLong);
        }
        Ok(AgentReply {
            claim: Claim { staff, ticket: self.ticket, epoch: self.epoch },
            client_id: client_id(self.client_id)?,
            content: OutboundContent::Text { text: self.text },
            resend_of: self.resend_of,
            wait: self.wait,
            closing: self.closing,
        })
    }
}

/// `POST …/withdrawals`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    ticket: TicketId,
    epoch: u64,
    /// Which message.
    pub seq: u64,
}

impl Withdrawal {
    /// Under which lease this member of staff takes it back.
    pub fn by(self, staff: StaffId) -> Claim {
        Claim { staff, ticket: self.ticket, epoch: self.epoch }
    }
}

/// `POST …/resolution`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resolution {
    client_id: String,
    ticket: TicketId,
    epoch: u64,
    /// The newest message the agent has seen.
    pub last_seen_seq: u64,
}

impl Resolution {
    /// Under which lease this member of staff resolves.
    pub fn by(&self, staff: StaffId) -> Result<Claim, BodyFault> {
        client_id(self.client_id.clone())?;
        Ok(Claim { staff, ticket: self.ticket.clone(), epoch: self.epoch })
    }
}

/// What the console says on its socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum SocketRequest {
    /// Start, start again, or mend a gap.
    Resume {
        /// The last number seen; none asks for everything.
        seq: Option<u64>,
    },
}

fn client_id(id: String) -> Result<ClientId, BodyFault> {
    if id.is_empty() || id.len() > CLIENT_ID_BYTES_MAX {
        return Err(BodyFault::ClientId);
    }
    Ok(ClientId(id))
}
