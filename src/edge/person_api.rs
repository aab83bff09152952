//! Persons through the API: who a customer is on other channels, what was said there, and staff's word on it.

use super::api::{ask, entitled, invalid, not_entitled, number, unexpected};
use super::fault::{Fault, Kind};
use super::sessions::{self, Caller};
use super::{channels, clients, http};
use crate::base::id::ConversationId;
use crate::base::limits::{API_BYTES_MAX, HISTORY_MESSAGES, MESSAGES_READ_MAX};
use crate::base::staff::Role;
use crate::desk::call::{Answered, Call, View};
use crate::office::directory::{self, Person, Refused, Reply};
use crate::wire::person::{ChannelNames, History, Other, ShownPerson, Told};
use futures_util::future::try_join_all;
use serde_json::json;
use worker::{Env, Method, Request, Response};

/// `GET …/person`
pub async fn person(req: &Request, env: &Env, id: ConversationId) -> Result<Response, Fault> {
    http::only(req, Method::Get)?;
    let caller = sessions::caller(req, env).await?;
    let view = seen(env, &id, &caller).await?;
    shown(env, &id, &caller, view).await
}

/// `GET …/person/history?limit=`: who may see one conversation may read what the same person said elsewhere on their
/// floor, and nothing more: no state, no ticket, no way to write.
pub async fn history(req: &Request, env: &Env, id: ConversationId) -> Result<Response, Fault> {
    http::only(req, Method::Get)?;
    let caller = sessions::caller(req, env).await?;
    let limit = number(&http::query(req), "limit")?.map_or(HISTORY_MESSAGES, |limit| {
        u32::try_from(limit).unwrap_or(u32::MAX).clamp(1, MESSAGES_READ_MAX)
    });
    seen(env, &id, &caller).await?;
    let names = names(env, &caller).await?;
    let others: Vec<_> = known(env, &id).await?.identities.into_iter().map(|identity| identity.id).collect();
    let others = others.into_iter().filter(|other| *other != id && names.contains_key(&other.channel));
    let views = try_join_all(others.map(|other| past(env, other, limit))).await?;
    http::ok(&History::new(views, limit, &names))
}

/// `POST …/person/joins`, `DELETE …/person/joins/{channel}/{customer}`: a join opens each conversation to who may see
/// the other, so it is made by who may see both.
pub async fn joins(
    mut req: Request,
    env: &Env,
    id: ConversationId,
    other: Option<ConversationId>,
) -> Result<Response, Fault> {
    let (caller, view) = writer(&req, env, &id, other.as_ref()).await?;
    let by = caller.session.staff.id.clone();
    let call = match other {
        Some(b) => directory::Call::Unjoin { a: id.clone(), b, by },
        None => {
            let b = other_of(&mut req).await?;
            if seen(env, &b, &caller).await?.last_seq == 0 {
                return Err(Fault::new(Kind::NotFound, "person.unknown", "There is no such conversation."));
            }
            directory::Call::Join { a: id.clone(), b, by }
        }
    };
    settled(clients::directory(env, &call).await?)?;
    shown(env, &id, &caller, view).await
}

/// `POST …/person/splits`, `DELETE …/person/splits/{channel}/{customer}`: supervisors overrule a unionid.
pub async fn splits(
    mut req: Request,
    env: &Env,
    id: ConversationId,
    other: Option<ConversationId>,
) -> Result<Response, Fault> {
    let (caller, view) = writer(&req, env, &id, other.as_ref()).await?;
    let by = caller.session.staff.id.clone();
    if caller.session.staff.role != Role::Supervisor {
        return Err(Fault::new(Kind::Forbidden, "session.not_supervisor", "This is for supervisors."));
    }
    let call = match other {
        Some(of) => {
            entitled(env, &of, &caller).await?;
            directory::Call::Unsplit { of, by }
        }
        None => {
            let of = other_of(&mut req).await?;
            entitled(env, &of, &caller).await?;
            if !known(env, &id).await?.identities.iter().any(|identity| identity.id == of) {
                let words = "This identity is not one of the person's.";
                return Err(Fault::new(Kind::NotFound, "person.unknown", words));
            }
            directory::Call::Split { of, by }
        }
    };
    settled(clients::directory(env, &call).await?)?;
    shown(env, &id, &caller, view).await
}

/// `PUT /api/operator/identities`: a mini program's customers have a unionid that only the company's login is told.
pub async fn told(mut req: Request, env: &Env) -> Result<Response, Fault> {
    http::only(&req, Method::Put)?;
    sessions::operator_only(&req, env)?;
    let told: Told = http::json(&mut req, API_BYTES_MAX).await?;
    let unionids = told.unionids().map_err(invalid)?;
    let channels = channels::ask(env).await?;
    if let Some((id, _)) = unionids.iter().find(|(id, _)| channels.find(&id.channel).is_none()) {
        let unknown = Fault::new(Kind::NotFound, "channel.unknown", "There is no such channel.");
        return Err(unknown.with("channel", json!(id.channel)));
    }
    for (id, unionid) in unionids {
        let call = directory::Call::Learn { id, unionid: Some(unionid), profile: None };
        settled(clients::directory(env, &call).await?)?;
    }
    http::ok(&json!({}))
}

/// Who may change something here: `POST` makes a record, `DELETE` with the other end takes one back.
async fn writer(
    req: &Request,
    env: &Env,
    id: &ConversationId,
    other: Option<&ConversationId>,
) -> Result<(Caller, View), Fault> {
    http::only(req, if other.is_some() { Method::Delete } else { Method::Post })?;
    let caller = sessions::caller(req, env).await?;
    caller.must_be_ours(req)?;
    let view = seen(env, id, &caller).await?;
    Ok((caller, view))
}

async fn other_of(req: &mut Request) -> Result<ConversationId, Fault> {
    http::json::<Other>(req, API_BYTES_MAX).await?.id().map_err(invalid)
}

/// The conversation as far as a person needs it, if it is the caller's to see.
async fn seen(env: &Env, id: &ConversationId, caller: &Caller) -> Result<View, Fault> {
    entitled(env, id, caller).await?;
    let viewer = caller.session.staff.clone();
    let call = Call::Read { conversation: id.clone(), viewer, after: None, limit: 1 };
    match ask(env, id, &call).await? {
        Answered::View(view) => Ok(*view),
        Answered::NotEntitled => Err(not_entitled()),
        _ => Err(unexpected()),
    }
}

async fn past(env: &Env, id: ConversationId, limit: u32) -> Result<View, Fault> {
    match ask(env, &id, &Call::History { conversation: id.clone(), after: None, limit }).await? {
        Answered::View(view) => Ok(*view),
        _ => Err(unexpected()),
    }
}

async fn known(env: &Env, of: &ConversationId) -> Result<Person, Fault> {
    match clients::directory(env, &directory::Call::Person { of: of.clone() }).await? {
        Reply::Person(person) => Ok(*person),
        _ => Err(unexpected()),
    }
}

async fn names(env: &Env, caller: &Caller) -> Result<ChannelNames, Fault> {
    Ok(channels::recent(env).await?.names_on(&caller.session.staff.floor))
}

async fn shown(env: &Env, id: &ConversationId, caller: &Caller, view: View) -> Result<Response, Fault> {
    let names = names(env, caller).await?;
    http::ok(&ShownPerson::new(known(env, id).await?, view.origins, &names))
}

fn settled(reply: Reply) -> Result<(), Fault> {
    let (kind, code, words) = match reply {
        Reply::Done => return Ok(()),
        Reply::Refused { reason: Refused::Itself } => {
            (Kind::BadRequest, "person.itself", "An identity is not joined to itself.")
        }
        Reply::Refused { reason: Refused::TooMany } => {
            (Kind::Conflict, "person.too_many", "A person has no more identities or records than these.")
        }
        Reply::Refused { reason: Refused::NoSuchRecord } => {
            (Kind::NotFound, "person.no_record", "There is no such record to take back.")
        }
        Reply::Person(_) => return Err(unexpected()),
    };
    Err(Fault::new(kind, code, words))
}
