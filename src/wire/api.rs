//! The bodies of the console's and the scripts' requests, checked as they are read.

use crate::base::id::{ClientId, MediaKey, StaffId, TicketId};
use crate::base::limits::{
    CLIENT_ID_BYTES_MAX, CUSTOMER_ID_BYTES_MAX, IDENTITIES_PER_CALL_MAX, TEXT_BYTES_MAX, UNIONID_BYTES_MAX,
};
use crate::base::message::{MediaKind, OutboundContent};
use crate::base::secret::Secret;
use crate::desk::reply::{AgentReply, Claim};
use crate::wechat::media::safe_name;
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
    /// Neither words nor a file, or both.
    #[error("a reply has either text or media")]
    Either,
    /// A file that is not kept in this conversation, or not of this kind, or without a name.
    #[error("media must name a file of this conversation, of its own kind or as a file, with a name")]
    Media,
    /// A client id that cannot be kept.
    #[error("client_id has 1 to {CLIENT_ID_BYTES_MAX} bytes")]
    ClientId,
    /// An id of a customer, or a unionid, that nobody can have.
    #[error("a customer's id has 1 to {CUSTOMER_ID_BYTES_MAX} bytes, a unionid 1 to {UNIONID_BYTES_MAX}")]
    Customer,
    /// More identities than one request may tell about.
    #[error("at most {IDENTITIES_PER_CALL_MAX} identities in one request")]
    TooManyIdentities,
}

impl BodyFault {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Shape => "http.body",
            Self::Blank => "reply.blank",
            Self::TooLong => "reply.too_long",
            Self::Either => "reply.either",
            Self::Media => "reply.media",
            Self::ClientId => "reply.client_id",
            Self::Customer => "person.customer",
            Self::TooManyIdentities => "person.too_many",
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
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    media: Option<ReplyMedia>,
    #[serde(default)]
    resend_of: Option<u64>,
    #[serde(default)]
    wait: bool,
    #[serde(default)]
    closing: bool,
}

/// A file in a reply.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplyMedia {
    /// Under which name we keep it.
    pub key: MediaKey,
    /// As what it is sent, when not as what it is.
    #[serde(default)]
    kind: Option<MediaKind>,
    name: String,
}

impl Reply {
    /// The file in it.
    pub const fn media(&self) -> Option<&ReplyMedia> {
        self.media.as_ref()
    }

    /// The reply as the desk takes it, by this member of staff. `kept`: what the file in it is, when it is one of this
    /// conversation.
    pub fn by(self, staff: StaffId, kept: Option<MediaKind>) -> Result<AgentReply, BodyFault> {
        let content = match (self.text, self.media) {
            (Some(text), None) if text.trim().is_empty() => return Err(BodyFault::Blank),
            (Some(text), None) if text.len() > TEXT_BYTES_MAX => return Err(BodyFault::TooLong),
            (Some(text), None) => OutboundContent::Text { text },
            (None, Some(media)) => media.content(kept).ok_or(BodyFault::Media)?,
            _ => return Err(BodyFault::Either),
        };
        Ok(AgentReply {
            claim: Claim { staff, ticket: self.ticket, epoch: self.epoch },
            client_id: client_id(self.client_id)?,
            content,
            resend_of: self.resend_of,
            wait: self.wait,
            closing: self.closing,
        })
    }
}

impl ReplyMedia {
    fn content(self, kept: Option<MediaKind>) -> Option<OutboundContent> {
        let kept = kept?;
        let media = self.kind.unwrap_or(kept);
        let name = safe_name(&self.name)?;
        let fits = media == kept || media == MediaKind::File;
        fits.then_some(OutboundContent::Media { media, key: self.key, name })
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn content(mut more: serde_json::Value, kept: Option<MediaKind>) -> Result<OutboundContent, BodyFault> {
        let body = more.as_object_mut().unwrap();
        body.extend(json!({ "client_id": "c", "ticket": "t", "epoch": 1 }).as_object().unwrap().clone());
        let reply: Reply = serde_json::from_value(more).unwrap();
        reply.by("lin".into(), kept).map(|reply| reply.content)
    }

    #[test]
    fn a_reply_has_words_or_a_file() {
        let text = |text: &str| content(json!({ "text": text }), None);
        assert_eq!(text("好"), Ok(OutboundContent::Text { text: "好".to_owned() }));
        assert_eq!(text("\n"), Err(BodyFault::Blank));
        assert_eq!(text(&"好".repeat(683)), Err(BodyFault::TooLong));
        let media = json!({ "key": "k", "name": "a/../图.png" });
        assert_eq!(content(json!({}), None), Err(BodyFault::Either));
        assert_eq!(content(json!({ "text": "好", "media": media }), None), Err(BodyFault::Either));

        let kept = Some(MediaKind::Image);
        let sent = |media| OutboundContent::Media { media, key: "k".into(), name: "图.png".to_owned() };
        assert_eq!(content(json!({ "media": media }), kept), Ok(sent(MediaKind::Image)));
        assert_eq!(content(json!({ "media": media }), None), Err(BodyFault::Media));
        let kinds = [("file", Ok(sent(MediaKind::File))), ("voice", Err(BodyFault::Media))];
        for (kind, expected) in kinds {
            let media = json!({ "key": "k", "kind": kind, "name": "图.png" });
            assert_eq!(content(json!({ "media": media }), kept), expected, "{kind}");
        }
        assert_eq!(content(json!({ "media": { "key": "k", "name": "/" } }), kept), Err(BodyFault::Media));
    }
}
