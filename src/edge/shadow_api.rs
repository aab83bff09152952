//! The shadow run over HTTP: begun with a candidate, looked at, ended.

use super::api::unexpected;
use super::differences::{Made, current, made};
use super::fault::{Fault, Kind};
use super::{clients, clock, http, knowledge};
use crate::base::digest::hex;
use crate::base::limits::{API_BYTES_MAX, SHADOW_BYTES_MAX, SHADOW_MS_MAX};
use crate::insight::call::{Call, Reply};
use crate::insight::shadow::{Run, Shown};
use crate::knowledge::shadow::ShadowRun;
use crate::office::library::Actor;
use crate::wire::knowledge::Rehearsing;
use serde_json::json;
use worker::{Env, Request, Response};

/// `GET /api/knowledge/shadow`
pub async fn show(env: &Env) -> Result<Response, Fault> {
    shown(env, &Call::Shadow).await
}

/// `POST /api/knowledge/shadow`
pub async fn begin(mut req: Request, env: &Env, by: Actor) -> Result<Response, Fault> {
    let Rehearsing { candidate, share } = http::json(&mut req, API_BYTES_MAX).await?;
    let base = current(env).await?;
    let Made { bytes, .. } = made(env, candidate).await?;
    if bytes.len() > SHADOW_BYTES_MAX {
        let words = "The candidate is larger than an isolate keeps beside what it answers from.";
        let fault = Fault::new(Kind::Invalid, "shadow.too_large", words);
        return Err(fault.with("bytes", bytes.len()).with("bytes_max", SHADOW_BYTES_MAX));
    }
    let document = knowledge::write(env, &bytes, base.version, None).await?;
    if document.digest == base.digest {
        let words = "Nothing differs from what is published.";
        return Err(Fault::new(Kind::Conflict, "knowledge.nothing_changed", words));
    }
    let now = clock::now();
    let until_ms = now + SHADOW_MS_MAX;
    let id = hex(&clock::entropy::<8>()?);
    let run = Run {
        id: id.clone(),
        candidate,
        digest: document.digest.clone(),
        base: base.version,
        since_ms: now,
        until_ms,
        by: match by {
            Actor::Operator => "operator".to_owned(),
            Actor::Staff(staff) => staff.0,
        },
        share,
        ended_ms: None,
        asked: 0,
        same: 0,
        counts: Default::default(),
    };
    let Reply::Begun(begun) = clients::insight(env, &Call::BeginShadow(Box::new(run))).await? else {
        return Err(unexpected());
    };
    if begun.id != id {
        let words = "A shadow run is under way; end it first.";
        let fault = Fault::new(Kind::Conflict, "shadow.running", words);
        return Err(fault.with("by", begun.by).with("since_ms", begun.since_ms.0));
    }
    knowledge::set_shadow_run(env, Some(&ShadowRun { id, document, share, until_ms })).await?;
    shown(env, &Call::Shadow).await
}

/// `DELETE /api/knowledge/shadow`
pub async fn end(env: &Env) -> Result<Response, Fault> {
    knowledge::set_shadow_run(env, None).await?;
    shown(env, &Call::EndShadow).await
}

async fn shown(env: &Env, call: &Call) -> Result<Response, Fault> {
    let Reply::Shadow { shown } = clients::insight(env, call).await? else { return Err(unexpected()) };
    let Some(shown) = shown else { return http::ok(&json!({ "shadow": null })) };
    let Shown { run, .. } = &*shown;
    let is_trained = knowledge::model_of(env, &run.digest).await?.is_some();
    let is_running = run.is_running(clock::now());
    http::ok(&json!({ "shadow": shown, "running": is_running, "trained": is_trained }))
}
