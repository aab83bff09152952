//! The operator's API: staff, knowledge, refused callbacks, the remote tier.

use super::api::unexpected;
use super::fault::{Fault, Kind};
use super::floor_do::Call as FloorCall;
use super::{channels, clients, http, publishing, sessions, settings};
use crate::base::limits::{API_BYTES_MAX, KNOWLEDGE_BYTES_MAX};
use crate::office::credential;
use crate::office::library::Actor;
use crate::office::remote as ledger;
use crate::office::staff::StaffInput;
use crate::office::{Call, Reply};
use crate::wire::remote::{self as view, Setup};
use serde::Deserialize;
use serde_json::json;
use worker::{Env, Method, Request, Response};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StaffBody {
    staff: Vec<StaffInput>,
}

/// `PUT /api/operator/staff`
pub async fn staff(mut req: Request, env: &Env) -> Result<Response, Fault> {
    http::only(&req, Method::Put)?;
    sessions::operator_only(&req, env)?;
    let body: StaffBody = http::json(&mut req, API_BYTES_MAX).await?;
    let renewed: Vec<_> =
        body.staff.iter().filter(|one| one.password.is_some()).map(|one| one.id.clone()).collect();
    match clients::office(env, &Call::PutStaff { staff: body.staff }).await? {
        Reply::StaffPut { moved, .. } => {
            // Of everyone with a new password, not only sessions that ended now: asking again mends a failure here.
            let staff = renewed.into_iter().chain(moved).collect();
            clients::floors(env, &FloorCall::EndStaff { staff }).await?;
            http::ok(&json!({}))
        }
        Reply::StaffInvalid { faults } => {
            let words = "The list of staff is not right; every fault is listed. Nothing was stored.";
            Err(Fault::new(Kind::Invalid, "staff.invalid", words).with("faults", json!(faults)))
        }
        _ => Err(unexpected()),
    }
}

/// `PUT /api/operator/knowledge`
pub async fn publish(mut req: Request, env: &Env) -> Result<Response, Fault> {
    http::only(&req, Method::Put)?;
    sessions::operator_only(&req, env)?;
    let bytes = http::body(&mut req, KNOWLEDGE_BYTES_MAX).await?;
    publishing::find(env).await?;
    let note = "PUT /api/operator/knowledge".to_owned();
    let version = publishing::publish_whole(env, &bytes, note, Actor::Operator).await?;
    let (digest, entries) = (version.pointer.digest, version.counts.entries);
    http::ok(&json!({ "version": version.version, "digest": digest, "entries": entries }))
}

/// `GET /api/operator/refusals?channel=ID`
pub async fn refusals(req: &Request, env: &Env) -> Result<Response, Fault> {
    http::only(req, Method::Get)?;
    sessions::operator_only(req, env)?;
    let query = http::query(req);
    let id = http::parameter(&query, "channel").unwrap_or_default();
    let Some(channel) = channels::find(env, &id.into()).await? else {
        return Err(Fault::new(Kind::NotFound, "channel.unknown", "There is no such channel."));
    };
    match clients::credential(env, channel.opened()?.as_ref(), &credential::Call::Refusals).await? {
        credential::Reply::Refusals { refusals } => http::ok(&json!({ "refusals": refusals })),
        _ => Err(unexpected()),
    }
}

/// `GET /api/operator/remote`
pub async fn remote(req: &Request, env: &Env) -> Result<Response, Fault> {
    http::only(req, Method::Get)?;
    sessions::operator_only(req, env)?;
    let config = settings::config(env)?;
    let Some(tier) = &config.remote else { return http::ok(&json!({ "on": false })) };
    let setup = Setup {
        mode: tier.mode,
        chat: tier.chat.as_ref().map(|chat| chat.model.as_str()),
        embeddings: tier.embeddings.as_ref().map(|embeddings| embeddings.endpoint.model.as_str()),
        limits: &tier.limits,
    };
    match clients::budget(env, &ledger::Call::Status).await? {
        ledger::Reply::Status(status) => http::ok(&view::status(&setup, &status)),
        _ => Err(unexpected()),
    }
}
