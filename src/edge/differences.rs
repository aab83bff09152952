//! The difference report over HTTP: makes the two answerers and the questions ready, and compares them.

use super::api::unexpected;
use super::fault::{Fault, Kind as FaultKind};
use super::library_api::unfit;
use super::publishing::{ask, collect, no_document};
use super::sessions::Editor;
use super::{channels, clients, clock, http, knowledge};
use crate::base::limits::{DIFFERENCE_BYTES_MAX, DIFFERENCE_QUESTIONS_MAX};
use crate::base::time::TimeMs;
use crate::insight::call::{Call as InsightCall, Kind, Reply as InsightReply, Wanted};
use crate::knowledge::answer::Answerer;
use crate::knowledge::bundle::{Pointer, publish};
use crate::knowledge::difference::{Candidate, compare};
use crate::knowledge::document::Document;
use crate::knowledge::rows::assemble;
use crate::office::library::{Call, Reply};
use crate::wire::insight::since;
use crate::wire::knowledge::{ComparedBy, Comparison, QuestionsOf};
use std::rc::Rc;
use worker::{Env, Request, Response};

/// `POST /api/knowledge/differences`
pub async fn report(mut req: Request, env: &Env, editor: Editor) -> Result<Response, Fault> {
    let body: Comparison = http::json(&mut req, DIFFERENCE_BYTES_MAX).await?;
    let (candidate, base, by) = body.checked().map_err(unfit)?;
    let questions = match by {
        ComparedBy::Questions(questions) => questions,
        ComparedBy::Past { of, days } => past(env, editor, of, days).await?,
    };
    let base = match base {
        Some(version) => pointer_of(env, version).await?,
        None => current(env).await?,
    };
    let (base, candidate) = match candidate {
        Candidate::Version(version) => {
            let candidate = pointer_of(env, version).await?;
            (knowledge::answerer_of(env, &base).await?, knowledge::answerer_of(env, &candidate).await?)
        }
        other => unpublished(env, &base, made(env, other).await?).await?,
    };
    http::ok(&compare(&base, &candidate, &questions, clock::now()))
}

/// What answers from `base` and from what is not published. A candidate that has no model is compared with a base that
/// has none, or training would be told as a change.
async fn unpublished(
    env: &Env,
    base: &Pointer,
    candidate: Made,
) -> Result<(Rc<Answerer>, Rc<Answerer>), Fault> {
    let pointer = publish(&candidate.bytes, base.version, None).pointer;
    if knowledge::model_of(env, &pointer.digest).await?.is_some() {
        let answerer = knowledge::trained(env, candidate.document, &pointer).await?;
        return Ok((knowledge::answerer_of(env, base).await?, Rc::new(answerer)));
    }
    let document = knowledge::document_of(env, base).await?;
    let answerer = |document| Rc::new(Answerer::new(document, base.version));
    Ok((answerer(document), answerer(candidate.document)))
}

/// What customers asked, in the channels that are the editor's to see; each question once.
async fn past(env: &Env, editor: Editor, of: QuestionsOf, days: Option<u64>) -> Result<Vec<String>, Fault> {
    let channels = match &editor.floor {
        Some(floor) => Some(channels::recent(env).await?.names_on(floor).into_keys().collect()),
        None => None,
    };
    let kind = if of == QuestionsOf::Sample { Kind::Sampled } else { Kind::Unresolved };
    let since = days.map_or(TimeMs(0), |days| since(days, clock::now()));
    let limit = u32::try_from(DIFFERENCE_QUESTIONS_MAX).unwrap_or(u32::MAX);
    let wanted = Wanted { kind, channels, since, before: None, limit };
    let reply = clients::insight(env, &InsightCall::Questions(wanted)).await?;
    let InsightReply::Questions { questions } = reply else { return Err(unexpected()) };
    let mut texts: Vec<String> = questions.into_iter().map(|question| question.asked.text).collect();
    texts.sort();
    texts.dedup();
    Ok(texts)
}

/// A document that might be published.
pub struct Made {
    /// As it would be stored.
    pub bytes: Vec<u8>,
    /// The same, read.
    pub document: Document,
}

/// A candidate's document.
pub async fn made(env: &Env, candidate: Candidate) -> Result<Made, Fault> {
    let review = match candidate {
        Candidate::Version(version) => {
            let pointer = pointer_of(env, version).await?;
            let bytes = knowledge::bytes(env, &pointer).await?;
            let document = knowledge::document_of(env, &pointer).await?;
            return Ok(Made { bytes, document });
        }
        Candidate::Review(id) => Some(id),
        Candidate::Draft => None,
    };
    let query = String::new;
    let parts =
        collect(env, |kind, after| Call::Rows { review, kind, query: query(), after, rows: u32::MAX })
            .await?;
    let (bytes, document) = assemble(parts).map_err(no_document)?;
    Ok(Made { bytes, document })
}

/// Where the current version's document is.
pub async fn current(env: &Env) -> Result<Pointer, Fault> {
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
