//! What makes a version current: collects its rows, writes its bundle, flips the pointer, tells the office.
//!
//! The office numbers a publication before anything is written and hears of each step; see `office::library`.

use super::api::unexpected;
use super::clock::within;
use super::fault::{Fault, Kind as FaultKind};
use super::{clients, knowledge, log};
use crate::base::limits::{DOCUMENT_PAGES_MAX, POINT_MS_MAX, ROWS_PER_PAGE_MAX, STAGE_BYTES_MAX};
use crate::knowledge::bundle::Pointer;
use crate::knowledge::document::{self, Document, KnowledgeFault};
use crate::knowledge::rows::{self, Kind, NoDocument, Part};
use crate::office::library::{Actor, Begun, Call, Counts, Publication, Refused, Reply, Row, Version, What};
use core::cell::Cell;
use serde_json::{Value, json};
use worker::Env;

/// Asks the library, which may refuse.
pub async fn ask(env: &Env, call: Call) -> Result<Reply, Fault> {
    match clients::library(env, &call).await? {
        Reply::Refused { why } => Err(refused(&why)),
        answer => Ok(answer),
    }
}

/// Makes a review, the draft or an old version current.
pub async fn publish(env: &Env, what: What, by: Actor, alone: bool) -> Result<Version, Fault> {
    let begun = begin(env, what, by, alone).await?;
    let done = match &begun.publication.of {
        What::Version { .. } => roll_back(env, &begun).await,
        _ => publish_rows(env, &begun).await,
    };
    settle(env, &begun.publication, done).await
}

/// Makes a whole document current, in place of the draft.
pub async fn publish_whole(env: &Env, bytes: &[u8], note: String, by: Actor) -> Result<Version, Fault> {
    let document = document::parse(bytes).map_err(|faults| invalid(&json!(faults)))?;
    let counts = counts_of(&document);
    // The same bytes as if it had been put together from its rows.
    let bytes = serde_json::to_vec(&document).map_err(|error| Fault::bug("edge.json", error.to_string()))?;
    let begun = begin(env, What::Whole { note }, by, true).await?;
    let staged = stage(env, &begun.publication, document).await;
    let done = match staged {
        Ok(()) => finish(env, &begun, &bytes, counts).await,
        Err(fault) => Err(fault),
    };
    settle(env, &begun.publication, done).await
}

async fn begin(env: &Env, what: What, by: Actor, alone: bool) -> Result<Begun, Fault> {
    let known = knowledge::pointer(env).await?.map_or(0, |pointer| pointer.version);
    match ask(env, Call::Begin { what, by, known, alone }).await? {
        Reply::Begun(begun) => Ok(*begun),
        _ => Err(unexpected()),
    }
}

/// What failed on the way makes room for the next one.
async fn settle(
    env: &Env,
    publication: &Publication,
    done: Result<Version, Fault>,
) -> Result<Version, Fault> {
    if done.is_err()
        && let Err(fault) = ask(env, Call::GiveUp { publication: publication.number }).await
    {
        log::fault("knowledge.publish", &fault, "");
    }
    done
}

/// The published rows with a review's changes over them.
async fn publish_rows(env: &Env, begun: &Begun) -> Result<Version, Fault> {
    let publication = begun.publication.number;
    let parts = collect(env, |kind, after| Call::Page { publication, kind, after }).await?;
    let (bytes, document) = rows::assemble(parts).map_err(no_document)?;
    finish(env, begun, &bytes, counts_of(&document)).await
}

/// Every row of a document that the office has, page by page.
pub async fn collect(env: &Env, page: impl Fn(Kind, String) -> Call) -> Result<Vec<Part>, Fault> {
    let mut parts = Vec::new();
    let mut pages = 0;
    for kind in Kind::ALL {
        let mut after = String::new();
        loop {
            pages += 1;
            if pages > DOCUMENT_PAGES_MAX {
                return Err(Fault::bug("knowledge.pages", "more pages than a document can have"));
            }
            let Reply::Rows { rows, more } = ask(env, page(kind, after)).await? else {
                return Err(unexpected());
            };
            after = rows.last().map(|row| row.part.key.id.clone()).unwrap_or_default();
            let is_last = !more || rows.is_empty();
            parts.extend(rows.into_iter().map(|Row { part, .. }| part));
            if is_last {
                break;
            }
        }
    }
    Ok(parts)
}

/// Hands a document's rows to the office, as many at a time as a call carries well.
async fn stage(env: &Env, publication: &Publication, document: Document) -> Result<(), Fault> {
    let publication = publication.number;
    let (mut rows, mut bytes) = (Vec::new(), 0_usize);
    for part in rows::cut(document) {
        let part = part.map_err(|(row, fault)| {
            let fault = json!({ "row": row, "path": "", "code": "too_long", "message": fault.to_string() });
            invalid(&json!([fault]))
        })?;
        bytes = bytes.saturating_add(part.value.len());
        rows.push(part);
        if rows.len() >= ROWS_PER_PAGE_MAX || bytes >= STAGE_BYTES_MAX {
            ask(env, Call::Stage { publication, rows: core::mem::take(&mut rows) }).await?;
            bytes = 0;
        }
    }
    ask(env, Call::Stage { publication, rows }).await?;
    Ok(())
}

/// Parts, pointer, confirmation.
async fn finish(env: &Env, begun: &Begun, bytes: &[u8], counts: Counts) -> Result<Version, Fault> {
    let pointer = knowledge::write(env, bytes, begun.publication.version, begun.current.as_ref()).await?;
    point(env, &begun.publication, pointer, counts).await?;
    confirm(env, &begun.publication).await
}

/// The pointer goes first: what is wrong with a version is wrong with every answer until then.
async fn roll_back(env: &Env, begun: &Begun) -> Result<Version, Fault> {
    let target = begun.target.as_ref().ok_or_else(unexpected)?;
    let bytes = knowledge::bytes(env, target).await?;
    let document = document::parse(&bytes).map_err(|faults| invalid(&json!(faults)))?;
    let previous = begun.current.as_ref().filter(|current| current.version != target.version);
    let pointer = Pointer { previous: previous.map(|pointer| Box::new(pointer.clone())), ..target.clone() };
    point(env, &begun.publication, pointer, counts_of(&document)).await?;
    stage(env, &begun.publication, document).await?;
    confirm(env, &begun.publication).await
}

/// Flips the pointer, of which the office hears before.
async fn point(env: &Env, publication: &Publication, pointer: Pointer, counts: Counts) -> Result<(), Fault> {
    let call = Call::Point { publication: publication.number, pointer: pointer.clone(), counts };
    ask(env, call).await?;
    within(POINT_MS_MAX, knowledge::flip(env, &pointer))
        .await
        .ok_or_else(|| Fault::unavailable("knowledge.kv", "the pointer was not taken in time"))?
}

async fn confirm(env: &Env, publication: &Publication) -> Result<Version, Fault> {
    match clients::library(env, &Call::Confirm { publication: publication.number }).await? {
        Reply::Confirmed { version } => Ok(*version),
        Reply::Refused { why } => {
            // We flipped too late: the pointer goes back to where the office says.
            if let Refused::Superseded { current: Some(current) } = &why {
                knowledge::flip(env, current).await?;
            }
            Err(refused(&why))
        }
        _ => Err(unexpected()),
    }
}

thread_local! {
    /// Whether this isolate has seen that the library knows what is published.
    static FOUND: Cell<bool> = const { Cell::new(false) };
}

/// What was published before there was a library becomes its first version.
pub async fn find(env: &Env) -> Result<(), Fault> {
    if FOUND.get() {
        return Ok(());
    }
    let Reply::Overview { state, .. } = ask(env, Call::Overview).await? else { return Err(unexpected()) };
    let pointer = if state.current.is_none() { knowledge::pointer(env).await? } else { None };
    if let Some(pointer) = pointer {
        let bytes = knowledge::bytes(env, &pointer).await?;
        let document = document::parse(&bytes).map_err(|faults| invalid(&json!(faults)))?;
        let counts = counts_of(&document);
        let begun = begin(env, What::Found { pointer: pointer.clone() }, Actor::Operator, true).await?;
        stage(env, &begun.publication, document).await?;
        ask(env, Call::Point { publication: begun.publication.number, pointer, counts }).await?;
        confirm(env, &begun.publication).await?;
    }
    FOUND.set(true);
    Ok(())
}

fn counts_of(document: &Document) -> Counts {
    let count = |items: usize| u64::try_from(items).unwrap_or(u64::MAX);
    Counts { entries: count(document.entries.len()), products: count(document.graph.len()) }
}

/// The refusal of rows that are no document.
pub fn no_document(why: NoDocument) -> Fault {
    match why {
        NoDocument::NoFrame => {
            let words = "There is no frame yet: put /api/knowledge/frame first.";
            Fault::new(FaultKind::Invalid, "knowledge.no_frame", words)
        }
        NoDocument::Faulty(faults) => invalid(&json!(faults)),
        NoDocument::TooLong(faults) => invalid::<Vec<KnowledgeFault>>(&faults),
    }
}

fn invalid<T: serde::Serialize>(faults: &T) -> Fault {
    let words = "The knowledge document is not right; every fault is listed. Nothing was published.";
    Fault::new(FaultKind::Invalid, "knowledge.invalid", words).with("faults", json!(faults))
}

/// The code, the words and the fields of each refusal.
fn refused(why: &Refused) -> Fault {
    let (kind, code, words) = match why {
        Refused::ChangedSince { .. } => {
            (FaultKind::Conflict, "knowledge.changed_since", "Somebody has changed this since you read it.")
        }
        Refused::Twice { .. } => (FaultKind::BadRequest, "knowledge.twice", "One row is there twice."),
        Refused::TooMany => (FaultKind::Conflict, "knowledge.too_many", "There cannot be as many."),
        Refused::FrameStays => {
            (FaultKind::BadRequest, "knowledge.frame_stays", "The frame cannot be removed.")
        }
        Refused::NoChange { .. } => {
            (FaultKind::NotFound, "knowledge.no_change", "There is no such change to take back.")
        }
        Refused::NothingChanged => {
            (FaultKind::Conflict, "knowledge.nothing_changed", "Nothing differs from what is published.")
        }
        Refused::Unknown => (FaultKind::NotFound, "knowledge.unknown", "There is no such review or version."),
        Refused::ReviewOver { .. } => {
            (FaultKind::Conflict, "knowledge.review_over", "The review is returned or published.")
        }
        Refused::OwnReview => {
            (FaultKind::Forbidden, "knowledge.own_review", "Somebody else must approve what you submitted.")
        }
        Refused::NotApproved => {
            (FaultKind::Forbidden, "knowledge.not_approved", "Somebody else must approve this first.")
        }
        Refused::Outdated { .. } => {
            let words = "What is published has changed since the review was asked for; ask for another.";
            (FaultKind::Conflict, "knowledge.outdated", words)
        }
        Refused::Busy { .. } => {
            (FaultKind::Conflict, "knowledge.publishing", "Something is being published; try again shortly.")
        }
        Refused::Superseded { .. } => {
            let words = "Another publication has taken this one's place; nothing was published.";
            (FaultKind::Conflict, "knowledge.superseded", words)
        }
    };
    let fault = Fault::new(kind, code, words);
    match why {
        Refused::ChangedSince { rows } => fault.with("rows", json!(rows)),
        Refused::Outdated { rows } => fault.with("rows", json!(rows)),
        Refused::Twice { row } | Refused::NoChange { row } => fault.with("row", json!(row)),
        Refused::ReviewOver { state } => fault.with("state", json!(state)),
        Refused::Busy { by, until_ms } => {
            fault.with("by", json!(by)).with("until_ms", Value::from(until_ms.0))
        }
        _ => fault,
    }
}
