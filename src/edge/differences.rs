//! The difference report over HTTP: makes the two answerers ready and compares them.

use super::api::unexpected;
use super::fault::{Fault, Kind as FaultKind};
use super::library_api::unfit;
use super::publishing::{ask, collect, no_document};
use super::{clock, http, knowledge};
use crate::base::limits::DIFFERENCE_BYTES_MAX;
use crate::knowledge::answer::Answerer;
use crate::knowledge::bundle::Pointer;
use crate::knowledge::difference::compare;
use crate::knowledge::rows::assemble;
use crate::office::library::{Call, Reply};
use crate::wire::knowledge::{Candidate, Comparison};
use std::rc::Rc;
use worker::{Env, Request, Response};

/// `POST /api/knowledge/differences`
pub async fn report(mut req: Request, env: &Env) -> Result<Response, Fault> {
    let body: Comparison = http::json(&mut req, DIFFERENCE_BYTES_MAX).await?;
    let (candidate, base, questions) = body.checked().map_err(unfit)?;
    let base = match base {
        Some(version) => pointer_of(env, version).await?,
        None => current(env).await?,
    };
    // What has not been published is untrained: then both are compared so, or training would be told as a change.
    let (base, candidate) = match candidate {
        Candidate::Version(version) => {
            let candidate = knowledge::answerer_of(env, &pointer_of(env, version).await?).await?;
            (knowledge::answerer_of(env, &base).await?, candidate)
        }
        Candidate::Review(id) => {
            (untrained(env, &base).await?, Rc::new(answerer(env, Some(id), base.version).await?))
        }
        Candidate::Draft => (untrained(env, &base).await?, Rc::new(answerer(env, None, base.version).await?)),
    };
    http::ok(&compare(&base, &candidate, &questions, clock::now()))
}

async fn untrained(env: &Env, pointer: &Pointer) -> Result<Rc<Answerer>, Fault> {
    let document = knowledge::document_of(env, pointer).await?;
    Ok(Rc::new(Answerer::new(document, pointer.version)))
}

/// What would answer, were this published. It has no number yet.
async fn answerer(env: &Env, review: Option<u64>, version: u64) -> Result<Answerer, Fault> {
    let query = String::new;
    let parts =
        collect(env, |kind, after| Call::Rows { review, kind, query: query(), after, rows: u32::MAX })
            .await?;
    let (_, document) = assemble(parts).map_err(no_document)?;
    Ok(Answerer::new(document, version))
}

async fn current(env: &Env) -> Result<Pointer, Fault> {
    let Reply::Overview { current, .. } = ask(env, Call::Overview).await? else { return Err(unexpected()) };
    let nothing = || Fault::new(FaultKind::Conflict, "knowledge.none", "Nothing is published yet.");
    current.map(|version| version.pointer).ok_or_else(nothing)
}

/// Where a version's document is.
pub async fn pointer_of(env: &Env, version: u64) -> Result<Pointer, Fault> {
    let Reply::Versions { versions } = ask(env, Call::Version { version }).await? else {
        return Err(unexpected());
    };
    let unknown = || Fault::new(FaultKind::NotFound, "knowledge.unknown", "There is no such version.");
    versions.into_iter().next().map(|version| version.pointer).ok_or_else(unknown)
}
