//! Knowledge through the API before it is published: rows, reviews, versions.

use super::api::{number, unexpected};
use super::fault::{Fault, Kind as FaultKind};
use super::publishing::{self, ask};
use super::{differences, http, knowledge, sessions, settings, shadow_api, table_api, training};
use crate::base::limits::{EDITS_BYTES_MAX, KNOWLEDGE_ROW_BYTES_MAX, ROWS_SHOWN, ROWS_SHOWN_MAX};
use crate::knowledge::rows::{Key, Kind};
use crate::office::library::{Actor, Call, Edit, Reply, What};
use crate::wire::knowledge::{
    Acts, Decision, Edits, KnowledgeRoute, Publishing, PutRow, Reverts, Reviews, Rollback, ShownChange,
    ShownChanges, ShownDraft, ShownPair, ShownRows, Submission, Unfit, Versions, query,
};
use serde_json::json;
use worker::{Env, Method, Request, Response, ResponseBuilder};

/// Serves `/api/knowledge/…`
pub async fn serve(req: Request, env: &Env, route: KnowledgeRoute) -> Result<Response, Fault> {
    let editor = sessions::editor(&req, env, req.method() != Method::Get).await?;
    let by = editor.by.clone();
    publishing::find(env).await?;
    match (route, req.method()) {
        (KnowledgeRoute::Draft, Method::Get) => draft(&req, env).await,
        (KnowledgeRoute::Rows(kind), Method::Get) => rows(&req, env, kind).await,
        (KnowledgeRoute::Row(key), Method::Get) => row(env, key).await,
        (KnowledgeRoute::Row(key), Method::Put) => put(req, env, key, by).await,
        (KnowledgeRoute::Row(key), Method::Delete) => remove(&req, env, key, by).await,
        (KnowledgeRoute::Edits, Method::Post) => edits(req, env, by).await,
        (KnowledgeRoute::Reverts, Method::Post) => reverts(req, env, by).await,
        (KnowledgeRoute::Reviews, Method::Post) => submit(req, env, by).await,
        (KnowledgeRoute::Reviews, Method::Get) => reviews(&req, env).await,
        (KnowledgeRoute::Review(id), Method::Get) => changes(&req, env, Some(id)).await,
        (KnowledgeRoute::Decision(id), Method::Post) => decide(req, env, id, by).await,
        (KnowledgeRoute::Versions, Method::Post) => publish(req, env, by).await,
        (KnowledgeRoute::Versions, Method::Get) => versions(&req, env).await,
        (KnowledgeRoute::Version(version), Method::Get) => document(env, version).await,
        (KnowledgeRoute::Rollback(version), Method::Post) => roll_back(req, env, version, by).await,
        (KnowledgeRoute::Differences, Method::Post) => differences::report(req, env, editor).await,
        (KnowledgeRoute::Acts, Method::Get) => acts(&req, env).await,
        (KnowledgeRoute::Training, Method::Get) => training::status(&req, env).await,
        (KnowledgeRoute::Training, Method::Post) => training::step(req, env).await,
        (KnowledgeRoute::Shadow, Method::Get) => shadow_api::show(env).await,
        (KnowledgeRoute::Shadow, Method::Post) => shadow_api::begin(req, env, by).await,
        (KnowledgeRoute::Shadow, Method::Delete) => shadow_api::end(env).await,
        (KnowledgeRoute::Table, Method::Post) => table_api::dry_run(req).await,
        (KnowledgeRoute::TableErrors, Method::Post) => table_api::errors(req).await,
        (KnowledgeRoute::TableDraft, Method::Post) => table_api::import(req, env, by).await,
        _ => Err(Fault::new(FaultKind::Method, "http.method", "Not with this method.")),
    }
}

/// How things stand, and the first of the changes.
async fn draft(req: &Request, env: &Env) -> Result<Response, Fault> {
    let Reply::Overview { state, current, changes, reviews } = ask(env, Call::Overview).await? else {
        return Err(unexpected());
    };
    let (pending, more) = page_of_changes(req, env, None).await?;
    let (revision, publication) = (state.revision, state.publication);
    let answering = knowledge::pointer(env).await?.map(|pointer| pointer.version);
    http::ok(&ShownDraft { revision, current, answering, publication, changes, pending, more, reviews })
}

/// What is in a review.
async fn changes(req: &Request, env: &Env, review: Option<u64>) -> Result<Response, Fault> {
    let (changes, more) = page_of_changes(req, env, review).await?;
    http::ok(&ShownChanges { changes, more })
}

async fn page_of_changes(
    req: &Request,
    env: &Env,
    review: Option<u64>,
) -> Result<(Vec<ShownChange>, bool), Fault> {
    let text = http::query(req);
    let kind = http::parameter(&text, "after_kind").and_then(Kind::named);
    let id = query(http::parameter(&text, "after")).map_err(unfit)?;
    let after = kind.map(|kind| Key { kind, id });
    match ask(env, Call::Changes { review, after, rows: limit(&text)? }).await? {
        Reply::Changes { changes, more } => Ok((changes.into_iter().map(Into::into).collect(), more)),
        _ => Err(unexpected()),
    }
}

async fn rows(req: &Request, env: &Env, kind: Kind) -> Result<Response, Fault> {
    let text = http::query(req);
    let looked_for = query(http::parameter(&text, "query")).map_err(unfit)?;
    let after = query(http::parameter(&text, "after")).map_err(unfit)?;
    match ask(env, Call::Rows { review: None, kind, query: looked_for, after, rows: limit(&text)? }).await? {
        Reply::Rows { rows, more } => {
            http::ok(&ShownRows { rows: rows.into_iter().map(Into::into).collect(), more })
        }
        _ => Err(unexpected()),
    }
}

async fn row(env: &Env, key: Key) -> Result<Response, Fault> {
    match ask(env, Call::Row { key }).await? {
        Reply::Row { row: None, published: None } => {
            Err(Fault::new(FaultKind::NotFound, "knowledge.no_row", "There is no such row."))
        }
        Reply::Row { row, published } => {
            http::ok(&ShownPair { row: row.map(Into::into), published: published.map(Into::into) })
        }
        _ => Err(unexpected()),
    }
}

async fn put(mut req: Request, env: &Env, key: Key, by: Actor) -> Result<Response, Fault> {
    let body: PutRow = http::json(&mut req, KNOWLEDGE_ROW_BYTES_MAX.saturating_mul(2)).await?;
    edited(env, vec![body.edit(key).map_err(unfit)?], by).await
}

async fn remove(req: &Request, env: &Env, key: Key, by: Actor) -> Result<Response, Fault> {
    let revision = number(&http::query(req), "revision")?.ok_or(Unfit::Revision).map_err(unfit)?;
    edited(env, vec![Edit { key, value: None, revision: Some(revision) }], by).await
}

async fn edits(mut req: Request, env: &Env, by: Actor) -> Result<Response, Fault> {
    let body: Edits = http::json(&mut req, EDITS_BYTES_MAX).await?;
    edited(env, body.edits().map_err(unfit)?, by).await
}

async fn edited(env: &Env, edits: Vec<Edit>, by: Actor) -> Result<Response, Fault> {
    changed(ask(env, Call::Edit { edits, by }).await?)
}

async fn reverts(mut req: Request, env: &Env, by: Actor) -> Result<Response, Fault> {
    let body: Reverts = http::json(&mut req, EDITS_BYTES_MAX).await?;
    changed(ask(env, Call::Revert { rows: body.rows().map_err(unfit)?, by }).await?)
}

fn changed(reply: Reply) -> Result<Response, Fault> {
    match reply {
        Reply::Edited { revision, changed } => http::ok(&json!({ "revision": revision, "changed": changed })),
        _ => Err(unexpected()),
    }
}

async fn submit(mut req: Request, env: &Env, by: Actor) -> Result<Response, Fault> {
    let body: Submission = http::json(&mut req, EDITS_BYTES_MAX).await?;
    let (note, rows) = body.checked().map_err(unfit)?;
    reviewed(ask(env, Call::Submit { rows, note, by }).await?)
}

async fn decide(mut req: Request, env: &Env, review: u64, by: Actor) -> Result<Response, Fault> {
    let body: Decision = http::json(&mut req, EDITS_BYTES_MAX).await?;
    let (verdict, comment) = body.checked().map_err(unfit)?;
    reviewed(ask(env, Call::Decide { review, verdict, comment, by }).await?)
}

fn reviewed(reply: Reply) -> Result<Response, Fault> {
    match reply {
        Reply::Review { review } => http::ok(&review),
        _ => Err(unexpected()),
    }
}

async fn publish(mut req: Request, env: &Env, by: Actor) -> Result<Response, Fault> {
    let body: Publishing = http::json(&mut req, EDITS_BYTES_MAX).await?;
    made_current(env, body.what().map_err(unfit)?, by).await
}

async fn roll_back(mut req: Request, env: &Env, version: u64, by: Actor) -> Result<Response, Fault> {
    let body: Rollback = http::json(&mut req, EDITS_BYTES_MAX).await?;
    made_current(env, body.what(version).map_err(unfit)?, by).await
}

async fn made_current(env: &Env, what: What, by: Actor) -> Result<Response, Fault> {
    let alone = by == Actor::Operator || settings::config(env)?.publish_alone;
    http::ok(&publishing::publish(env, what, by, alone).await?)
}

async fn reviews(req: &Request, env: &Env) -> Result<Response, Fault> {
    match ask(env, Call::Reviews { before: before(req)? }).await? {
        Reply::Reviews { reviews } => http::ok(&Reviews { reviews }),
        _ => Err(unexpected()),
    }
}

async fn versions(req: &Request, env: &Env) -> Result<Response, Fault> {
    match ask(env, Call::Versions { before: before(req)? }).await? {
        Reply::Versions { versions } => http::ok(&Versions { versions }),
        _ => Err(unexpected()),
    }
}

async fn acts(req: &Request, env: &Env) -> Result<Response, Fault> {
    match ask(env, Call::Acts { before: before(req)? }).await? {
        Reply::Acts { acts } => http::ok(&Acts { acts }),
        _ => Err(unexpected()),
    }
}

/// A version's document as it was published.
async fn document(env: &Env, version: u64) -> Result<Response, Fault> {
    let bytes = knowledge::bytes(env, &differences::pointer_of(env, version).await?).await?;
    let builder = ResponseBuilder::new()
        .with_header("content-type", "application/json; charset=utf-8")?
        .with_header("x-content-type-options", "nosniff")?;
    Ok(builder.with_header("cache-control", "no-store")?.fixed(bytes))
}

fn before(req: &Request) -> Result<Option<u64>, Fault> {
    number(&http::query(req), "before")
}

fn limit(text: &str) -> Result<u32, Fault> {
    let asked = number(text, "limit")?.map_or(ROWS_SHOWN, |rows| usize::try_from(rows).unwrap_or(usize::MAX));
    Ok(u32::try_from(asked.clamp(1, ROWS_SHOWN_MAX)).unwrap_or(u32::MAX))
}

pub(super) fn unfit(why: Unfit) -> Fault {
    let fault = Fault::new(FaultKind::BadRequest, why.code(), why.to_string());
    match why {
        Unfit::Row { row, .. } => Fault { kind: FaultKind::Invalid, ..fault }.with("row", json!(row)),
        _ => fault,
    }
}
