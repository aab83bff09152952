//! The console's and the scripts' API: who asks, may they, and the one call that answers.

use super::channels::Known;
use super::fault::{Fault, Kind};
use super::floor_do::{Answered as FloorAnswered, Call as FloorCall, Viewer};
use super::sessions::{self, Caller};
use super::{channels, clients, http, media_api, settings};
use crate::base::id::{ConversationId, FloorId};
use crate::base::limits::{API_BYTES_MAX, MESSAGES_READ_MAX};
use crate::desk::call::{Answered, Call, View};
use crate::desk::conversation::Rejection;
use crate::wire::api::{BodyFault, Reply, Resolution, Withdrawal};
use serde::Serialize;
use serde_json::{Value, json};
use worker::{Env, Method, Request, Response};

/// `GET /api/tickets`
pub async fn tickets(req: &Request, env: &Env) -> Result<Response, Fault> {
    http::only(req, Method::Get)?;
    let caller = sessions::caller(req, env).await?;
    let floor = floor_of(env, &caller).await?;
    match clients::floor(env, &floor, &FloorCall::Snapshot(caller.session.staff)).await? {
        FloorAnswered::Snapshot { seq, snapshot } => {
            http::ok(&json!({ "seq": seq, "tickets": snapshot.tickets, "agents": snapshot.agents }))
        }
        _ => Err(unexpected()),
    }
}

/// `GET /api/floor/socket`
pub async fn floor_socket(req: &Request, env: &Env) -> Result<Response, Fault> {
    let upgrades = http::header(req, "upgrade").is_some_and(|to| to.eq_ignore_ascii_case("websocket"));
    if !upgrades {
        return Err(Fault::new(
            Kind::BadRequest,
            "http.upgrade",
            "This address takes WebSocket connections.",
        ));
    }
    let caller = sessions::caller(req, env).await?;
    caller.must_be_ours(req)?;
    let floor = floor_of(env, &caller).await?;
    clients::open_socket(env, &floor, &Viewer::new(caller.session)).await
}

/// `GET /api/conversations/{channel}/{customer}`
pub async fn conversation(req: &Request, env: &Env, id: ConversationId) -> Result<Response, Fault> {
    http::only(req, Method::Get)?;
    let caller = sessions::caller(req, env).await?;
    let query = http::query(req);
    let after = number(&query, "after")?;
    let limit =
        number(&query, "limit")?.map_or(MESSAGES_READ_MAX, |limit| u32::try_from(limit).unwrap_or(u32::MAX));
    let call = Call::Read { conversation: id.clone(), viewer: caller.session.staff.clone(), after, limit };
    let channel = entitled(env, &id, &caller).await?;
    match ask(env, &id, &call).await? {
        Answered::View(view) => {
            let kept_back = channel.terms(&*settings::config(env)?).rules.kept_back;
            http::ok(&Shown { view: &view, forgeable: channel.is_forgeable(), kept_back })
        }
        Answered::NotEntitled => Err(not_entitled()),
        _ => Err(unexpected()),
    }
}

/// `POST …/replies`
pub async fn reply(mut req: Request, env: &Env, id: ConversationId) -> Result<Response, Fault> {
    let caller = writer(&req, env).await?;
    let terms = entitled(env, &id, &caller).await?.terms(&*settings::config(env)?);
    let body: Reply = http::json(&mut req, API_BYTES_MAX).await?;
    let kept = match body.media() {
        Some(media) => media_api::kind_of(env, &id, &media.key, terms.rules.kind).await?,
        None => None,
    };
    let reply = body.by(caller.session.staff.id, kept).map_err(invalid)?;
    match ask(env, &id, &Call::Reply { conversation: id.clone(), reply, terms }).await? {
        Answered::Accepted(accepted) => http::answer(202, &accepted),
        Answered::Rejected(rejection) => Err(rejected(&rejection)),
        _ => Err(unexpected()),
    }
}

/// `POST …/withdrawals`
pub async fn withdraw(mut req: Request, env: &Env, id: ConversationId) -> Result<Response, Fault> {
    let caller = writer(&req, env).await?;
    let terms = entitled(env, &id, &caller).await?.terms(&*settings::config(env)?);
    let body: Withdrawal = http::json(&mut req, API_BYTES_MAX).await?;
    let (seq, claim) = (body.seq, body.by(caller.session.staff.id));
    match ask(env, &id, &Call::Withdraw { conversation: id.clone(), claim, seq, terms }).await? {
        Answered::Done => http::ok(&json!({})),
        Answered::Rejected(rejection) => Err(rejected(&rejection)),
        _ => Err(unexpected()),
    }
}

/// `POST …/resolution`
pub async fn resolution(mut req: Request, env: &Env, id: ConversationId) -> Result<Response, Fault> {
    let caller = writer(&req, env).await?;
    entitled(env, &id, &caller).await?;
    let body: Resolution = http::json(&mut req, API_BYTES_MAX).await?;
    let claim = body.by(caller.session.staff.id).map_err(invalid)?;
    let call = Call::Resolve { conversation: id.clone(), claim, last_seen_seq: body.last_seen_seq };
    match ask(env, &id, &call).await? {
        Answered::Done => http::ok(&json!({})),
        Answered::Rejected(rejection) => Err(rejected(&rejection)),
        _ => Err(unexpected()),
    }
}

/// A conversation, whether its channel's callbacks can be forged, and how many messages are kept for closing.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    view: &'a View,
    forgeable: bool,
    kept_back: u32,
}

/// The conversation's channel, if it is served on the caller's floor.
pub(super) async fn entitled(env: &Env, id: &ConversationId, caller: &Caller) -> Result<Known, Fault> {
    let unknown = || Fault::new(Kind::NotFound, "conversation.unknown_channel", "There is no such channel.");
    let channel = channels::find(env, &id.channel).await?.ok_or_else(unknown)?;
    if *channel.floor() == caller.session.staff.floor { Ok(channel) } else { Err(not_entitled()) }
}

/// Where the caller serves. A floor without a channel has no tickets, and nobody would close its sockets.
async fn floor_of(env: &Env, caller: &Caller) -> Result<FloorId, Fault> {
    let floor = &caller.session.staff.floor;
    if channels::recent(env).await?.floors().contains(floor)
        || channels::newest(env).await?.floors().contains(floor)
    {
        return Ok(floor.clone());
    }
    Err(Fault::new(Kind::Conflict, "floor.unknown", "No channel is served on this floor."))
}

pub(super) fn not_entitled() -> Fault {
    Fault::new(Kind::Forbidden, "conversation.not_entitled", "This conversation is not yours to see.")
}

pub(super) async fn writer(req: &Request, env: &Env) -> Result<Caller, Fault> {
    http::only(req, Method::Post)?;
    let caller = sessions::caller(req, env).await?;
    caller.must_be_ours(req)?;
    Ok(caller)
}

pub(super) async fn ask(env: &Env, id: &ConversationId, call: &Call) -> Result<Answered, Fault> {
    let config = settings::config(env)?;
    clients::conversation(env, &config.addressing, id, call).await
}

pub(super) fn number(query: &str, name: &str) -> Result<Option<u64>, Fault> {
    let Some(text) = http::parameter(query, name) else { return Ok(None) };
    let fault = |_| Fault::new(Kind::BadRequest, "http.query", format!("{name} must be a whole number."));
    text.parse().map(Some).map_err(fault)
}

pub(super) fn invalid(fault: BodyFault) -> Fault {
    Fault::new(Kind::BadRequest, fault.code(), fault.to_string())
}

/// The code, the words and the fields of each refusal.
pub(super) fn rejected(rejection: &Rejection) -> Fault {
    let (code, words) = match rejection {
        Rejection::StaleLease { .. } => ("reply.stale_lease", "The ticket has been given to somebody since."),
        Rejection::LeasePending => {
            ("reply.lease_pending", "The ticket is just being given; try again with the same id.")
        }
        Rejection::NotAssigned => ("reply.not_assigned", "This ticket is not yours, or it is resolved."),
        Rejection::WindowClosed => {
            ("reply.window_closed", "WeChat's time for replies is over until the customer writes again.")
        }
        Rejection::QuotaUsed => {
            ("reply.quota_used", "WeChat takes no more replies until the customer writes again.")
        }
        Rejection::NativeSession => {
            ("reply.native_session", "Somebody has this customer in WeChat's own console.")
        }
        Rejection::NoCustomerMessages => {
            ("reply.no_customer_messages", "This account may not write to its customers.")
        }
        Rejection::TooManyWaiting => {
            ("reply.too_many_waiting", "Too many messages wait for this customer already.")
        }
        Rejection::NotWaiting => ("withdrawal.not_waiting", "The message is on its way, or has its end."),
        Rejection::NewMessages { .. } => {
            ("resolution.new_messages", "The customer has written something new.")
        }
    };
    let fault = Fault::new(Kind::Conflict, code, words);
    match rejection {
        Rejection::StaleLease { epoch } => fault.with("epoch", Value::from(*epoch)),
        Rejection::NewMessages { last_seq } => fault.with("last_seq", Value::from(*last_seq)),
        _ => fault,
    }
}

pub(super) fn unexpected() -> Fault {
    Fault::bug("object.answer", "an answer to another call")
}
