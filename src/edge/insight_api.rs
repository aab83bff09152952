//! The insight's API: what was asked and not answered, for supervisors and the operator.

use super::api::{number, unexpected};
use super::fault::{Fault, Kind as FaultKind};
use super::{channels, clients, clock, http, sessions};
use crate::base::id::ChannelId;
use crate::base::limits::INSIGHT_KEPT_MS;
use crate::base::staff::Role;
use crate::base::time::{DAY_MS, TimeMs};
use crate::insight::call::{Call, Reply, Wanted};
use crate::wire::insight::{InsightRoute, ShownQuestion, kind, limit, since};
use serde_json::json;
use worker::{Env, Method, Request, Response};

/// Questions shown where nobody says how many.
const QUESTIONS: u32 = 200;

/// Serves everything below `/api/insight/`.
pub async fn serve(route: InsightRoute, req: Request, env: &Env) -> Result<Response, Fault> {
    match route {
        InsightRoute::Questions => questions(&req, env).await,
    }
}

/// Whoever may read, and which channels are theirs to see: all of them for the operator.
pub(super) struct Reader {
    /// None: all.
    pub(super) channels: Option<Vec<ChannelId>>,
}

/// The operator, or a supervisor with the channels of their floor.
pub(super) async fn reader(req: &Request, env: &Env) -> Result<Reader, Fault> {
    if sessions::is_operator(req, env)? {
        return Ok(Reader { channels: None });
    }
    let caller = sessions::caller(req, env).await?;
    if caller.session.staff.role != Role::Supervisor {
        return Err(Fault::new(FaultKind::Forbidden, "session.not_supervisor", "This is for supervisors."));
    }
    let names = channels::recent(env).await?.names_on(&caller.session.staff.floor);
    Ok(Reader { channels: Some(names.into_keys().collect()) })
}

/// `GET /api/insight/questions?kind=unresolved|sampled|all&days=N&before=MS&limit=N`
async fn questions(req: &Request, env: &Env) -> Result<Response, Fault> {
    http::only(req, Method::Get)?;
    let reader = reader(req, env).await?;
    let query = http::query(req);
    let unknown = || Fault::new(FaultKind::BadRequest, "http.query", "kind is unresolved, sampled or all.");
    let wanted = Wanted {
        kind: kind(http::parameter(&query, "kind")).ok_or_else(unknown)?,
        channels: reader.channels,
        since: period(&query, u64::MAX)?,
        before: number(&query, "before")?.map(|at| TimeMs(i64::try_from(at).unwrap_or(i64::MAX))),
        limit: limit(number(&query, "limit")?, QUESTIONS),
    };
    let Reply::Questions { questions } = clients::insight(env, &Call::Questions(wanted)).await? else {
        return Err(unexpected());
    };
    let shown: Vec<ShownQuestion> = questions.into_iter().map(ShownQuestion::from).collect();
    http::ok(&json!({ "questions": shown, "kept_days": INSIGHT_KEPT_MS / DAY_MS }))
}

/// The beginning of the period of `days` that a query names, or of so many.
fn period(query: &str, otherwise: u64) -> Result<TimeMs, Fault> {
    Ok(since(number(query, "days")?.unwrap_or(otherwise), clock::now()))
}
