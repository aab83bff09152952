//! The insight's API: what was asked and not answered, and what can be made of it; for supervisors and the operator.

use super::api::{ask, number, unexpected};
use super::fault::{Fault, Kind as FaultKind};
use super::{channels, clients, clock, experiment_api, http, knowledge, moods, report, sessions, settings};
use crate::base::id::ChannelId;
use crate::base::limits::{
    API_BYTES_MAX, CLUSTERS_SHOWN, CLUSTERS_SHOWN_MAX, DRAFT_CONVERSATIONS_MAX, INSIGHT_KEPT_MS,
    MESSAGES_READ_MAX, OFFERS_SHOWN, PERIOD_DAYS,
};
use crate::base::staff::Role;
use crate::base::time::{DAY_MS, TimeMs};
use crate::desk::call::{Answered, Call as DeskCall};
use crate::desk::replied::reply_to;
use crate::insight::call::{Call, Judging, Kind, Reply, Wanted};
use crate::insight::draft::{Replied, draft};
use crate::insight::offer::{Judgement, OfferKind, audits, phrasings, precision};
use crate::insight::question::Question;
use crate::insight::top::{Period, Shown, Summary};
use crate::knowledge::answer::Answerer;
use crate::wire::insight::{InsightRoute, JudgeBody, ShownQuestion, kind, limit, since};
use serde_json::{Value, json};
use worker::{Context, Env, Method, Request, Response};

/// Questions shown where nobody says how many.
const QUESTIONS: u32 = 200;

/// Serves everything below `/api/insight/`.
pub async fn serve(route: InsightRoute, req: Request, env: &Env, ctx: &Context) -> Result<Response, Fault> {
    let is_write = matches!(
        route,
        InsightRoute::Offer(_)
            | InsightRoute::MoodTraining
            | InsightRoute::ExperimentArm(..)
            | InsightRoute::ExperimentAdoption(_)
    );
    http::only(&req, if is_write { Method::Post } else { Method::Get })?;
    let reader = reader(&req, env, is_write).await?;
    match route {
        InsightRoute::Questions => questions(&req, env, reader).await,
        InsightRoute::Clusters => clusters(&req, env, ctx, reader).await,
        InsightRoute::Cluster(id) => cluster(&req, env, ctx, reader, id).await,
        InsightRoute::Draft(id) => drafted(&req, env, reader, id).await,
        InsightRoute::Figures(id) => figures(&req, env, reader, id).await,
        InsightRoute::Offers => offers(&req, env, ctx, reader).await,
        InsightRoute::Offer(id) => judge(req, env, ctx, reader, id).await,
        InsightRoute::Judgements => judgements(&req, env).await,
        InsightRoute::Experiments => experiment_api::list(env, ctx).await,
        InsightRoute::ExperimentArm(id, arm) => {
            experiment_api::stop(req, env, ctx, reader.by, (&id, arm)).await
        }
        InsightRoute::ExperimentAdoption(id) => experiment_api::adopt(req, env, ctx, reader.by, &id).await,
        InsightRoute::Moods => moods::list(&req, env, reader).await,
        InsightRoute::MoodTraining => moods::train(env).await,
    }
}

/// Whoever may read.
pub struct Reader {
    /// A member of staff, or `operator`.
    by: String,
    /// The channels that are theirs to see; `None`: all.
    pub(super) channels: Option<Vec<ChannelId>>,
}

/// The operator, or a supervisor with the channels of their floor.
async fn reader(req: &Request, env: &Env, is_write: bool) -> Result<Reader, Fault> {
    if sessions::is_operator(req, env)? {
        return Ok(Reader { by: "operator".to_owned(), channels: None });
    }
    let caller = sessions::caller(req, env).await?;
    if is_write {
        caller.must_be_ours(req)?;
    }
    let staff = &caller.session.staff;
    if staff.role != Role::Supervisor {
        return Err(Fault::new(FaultKind::Forbidden, "session.not_supervisor", "This is for supervisors."));
    }
    let names = channels::recent(env).await?.names_on(&staff.floor);
    Ok(Reader { by: staff.id.0.clone(), channels: Some(names.into_keys().collect()) })
}

/// `GET /api/insight/questions?kind=unresolved|sampled|all&days=N&before=MS&limit=N`
async fn questions(req: &Request, env: &Env, reader: Reader) -> Result<Response, Fault> {
    let query = http::query(req);
    let unknown = || Fault::new(FaultKind::BadRequest, "http.query", "kind is unresolved, sampled or all.");
    let wanted = Wanted {
        kind: kind(http::parameter(&query, "kind")).ok_or_else(unknown)?,
        channels: reader.channels,
        since: period(&query, u64::MAX)?.since,
        before: number(&query, "before")?.map(|at| TimeMs(i64::try_from(at).unwrap_or(i64::MAX))),
        limit: limit(number(&query, "limit")?, QUESTIONS),
    };
    let Reply::Questions { questions } = clients::insight(env, &Call::Questions(wanted)).await? else {
        return Err(unexpected());
    };
    http::ok(&json!({ "questions": shown(questions), "kept_days": INSIGHT_KEPT_MS / DAY_MS }))
}

/// `GET /api/insight/clusters?days=N&limit=N`
async fn clusters(req: &Request, env: &Env, ctx: &Context, reader: Reader) -> Result<Response, Fault> {
    let query = http::query(req);
    let period = period(&query, PERIOD_DAYS)?;
    let limit = limit(number(&query, "limit")?, CLUSTERS_SHOWN).min(CLUSTERS_SHOWN_MAX);
    let call = Call::Top { channels: reader.channels, period, limit };
    let Reply::Top { clusters } = clients::insight(env, &call).await? else { return Err(unexpected()) };
    let answerer = knowledge::answerer(env, ctx).await;
    let shown: Result<Vec<Value>, Fault> =
        clusters.iter().map(|cluster| with_nearest(cluster, answerer.as_deref())).collect();
    http::ok(&json!({ "clusters": shown?, "since_ms": period.since, "until_ms": period.until }))
}

/// `GET /api/insight/clusters/{id}?days=N`
async fn cluster(
    req: &Request,
    env: &Env,
    ctx: &Context,
    reader: Reader,
    id: String,
) -> Result<Response, Fault> {
    let period = period(&http::query(req), PERIOD_DAYS)?;
    let Shown { summary, questions, more } = found(env, reader, id, period).await?;
    let answerer = knowledge::answerer(env, ctx).await;
    let cluster = with_nearest(&summary, answerer.as_deref())?;
    http::ok(&json!({
        "cluster": cluster, "questions": shown(questions), "more": more,
        "since_ms": period.since, "until_ms": period.until
    }))
}

/// `GET /api/insight/clusters/{id}/draft?days=N`
async fn drafted(req: &Request, env: &Env, reader: Reader, id: String) -> Result<Response, Fault> {
    let period = period(&http::query(req), PERIOD_DAYS)?;
    let found = found(env, reader, id, period).await?;
    let replied = replied(env, &found.questions).await?;
    http::ok(&draft(&found, replied))
}

/// What a person replied to one of these, the newest first.
async fn replied(env: &Env, questions: &[Question]) -> Result<Option<Replied>, Fault> {
    let keys = &settings::config(env)?.deployment_keys;
    let asked = questions.iter().filter_map(|question| Some((question, report::opened(keys, question)?)));
    for (question, id) in asked.take(DRAFT_CONVERSATIONS_MAX) {
        let seq = question.asked.seq;
        let call = DeskCall::History { conversation: id.clone(), after: Some(seq), limit: MESSAGES_READ_MAX };
        let Answered::View(view) = ask(env, &id, &call).await? else { return Err(unexpected()) };
        if let Some(reply) = reply_to(&view.messages, seq) {
            return Ok(Some(Replied {
                conversation: id,
                question_seq: seq,
                seq: reply.message.seq,
                staff: reply.staff.clone(),
                at_ms: reply.message.at_ms,
                text: reply.text.to_owned(),
            }));
        }
    }
    Ok(None)
}

/// `GET /api/insight/clusters/{id}/figures?version=N`
async fn figures(req: &Request, env: &Env, reader: Reader, id: String) -> Result<Response, Fault> {
    let needed = || Fault::new(FaultKind::BadRequest, "http.query", "version must be a whole number.");
    let version = number(&http::query(req), "version")?.ok_or_else(needed)?;
    match clients::insight(env, &Call::Figures { id, channels: reader.channels, version }).await? {
        Reply::Figures(figures) => http::ok(&figures),
        Reply::Unknown => Err(unknown_cluster()),
        _ => Err(unexpected()),
    }
}

/// `GET /api/insight/offers?kind=phrasing|audit&limit=N`
async fn offers(req: &Request, env: &Env, ctx: &Context, reader: Reader) -> Result<Response, Fault> {
    let query = http::query(req);
    let kind = match http::parameter(&query, "kind") {
        None | Some("phrasing") => OfferKind::Phrasing,
        Some("audit") => OfferKind::Audit,
        Some(_) => {
            return Err(Fault::new(FaultKind::BadRequest, "http.query", "kind is phrasing or audit."));
        }
    };
    let most = usize::try_from(limit(number(&query, "limit")?, OFFERS_SHOWN)).unwrap_or(usize::MAX);
    let of = if kind == OfferKind::Audit { Kind::Sampled } else { Kind::All };
    let call = Call::Offered { channels: reader.channels, kind: of };
    let Reply::Offered { questions, decided } = clients::insight(env, &call).await? else {
        return Err(unexpected());
    };
    let offers = match kind {
        OfferKind::Audit => audits(&questions, &decided, most),
        OfferKind::Phrasing => {
            let answerer = knowledge::answerer(env, ctx).await.ok_or_else(no_knowledge)?;
            phrasings(&questions, &decided, |text| answerer.resembling(text), most)
        }
    };
    http::ok(&json!({ "offers": offers }))
}

/// `POST /api/insight/offers/{id}`
async fn judge(
    mut req: Request,
    env: &Env,
    ctx: &Context,
    reader: Reader,
    offer: String,
) -> Result<Response, Fault> {
    let invalid = || {
        let words = "A judgement is yes, no, or other with an entry; to text and entry, or to a question.";
        Fault::new(FaultKind::BadRequest, "offer.judgement", words)
    };
    let body: JudgeBody = http::json(&mut req, API_BYTES_MAX).await?;
    let (judgement, on) = body.read().ok_or_else(invalid)?;
    if let Judgement::Other { other } = &judgement {
        let answerer = knowledge::answerer(env, ctx).await.ok_or_else(no_knowledge)?;
        if !answerer.has_entry(other) {
            return Err(Fault::new(FaultKind::Invalid, "offer.unknown_entry", "There is no such entry."));
        }
    }
    let judging = Judging { offer, on, judgement, by: reader.by, channels: reader.channels };
    match clients::insight(env, &Call::Judge(Box::new(judging))).await? {
        Reply::Judged(judged) => http::ok(&judged),
        Reply::Unknown => {
            Err(Fault::new(FaultKind::NotFound, "offer.unknown", "There is no such offer any more."))
        }
        _ => Err(unexpected()),
    }
}

/// `GET /api/insight/judgements?version=N`: the audit trail, and how often the bot was right since a version.
async fn judgements(req: &Request, env: &Env) -> Result<Response, Fault> {
    let version = number(&http::query(req), "version")?.unwrap_or_default();
    let Reply::Judgements { judged } = clients::insight(env, &Call::Judgements).await? else {
        return Err(unexpected());
    };
    http::ok(&json!({ "judgements": judged, "precision": precision(&judged, version) }))
}

async fn found(env: &Env, reader: Reader, id: String, period: Period) -> Result<Shown, Fault> {
    match clients::insight(env, &Call::Cluster { id, channels: reader.channels, period }).await? {
        Reply::Cluster(shown) => Ok(*shown),
        Reply::Unknown => Err(unknown_cluster()),
        _ => Err(unexpected()),
    }
}

/// A cluster with the published answer that is nearest to its question.
fn with_nearest(summary: &Summary, answerer: Option<&Answerer>) -> Result<Value, Fault> {
    let mut shown =
        serde_json::to_value(summary).map_err(|error| Fault::bug("edge.json", error.to_string()))?;
    let nearest = answerer.and_then(|answerer| answerer.resembling(&summary.question).into_iter().next());
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("nearest".to_owned(), json!(nearest));
    }
    Ok(shown)
}

fn shown(questions: Vec<Question>) -> Vec<ShownQuestion> {
    questions.into_iter().map(ShownQuestion::from).collect()
}

/// The period of so many days until now that a query names, or of as many as it is without.
fn period(query: &str, otherwise: u64) -> Result<Period, Fault> {
    let now = clock::now();
    Ok(Period { since: since(number(query, "days")?.unwrap_or(otherwise), now), until: now + 1 })
}

fn unknown_cluster() -> Fault {
    Fault::new(FaultKind::NotFound, "cluster.unknown", "There is no such cluster, or not any more.")
}

fn no_knowledge() -> Fault {
    Fault::unavailable("knowledge.unavailable", "nothing is published".to_owned())
}
