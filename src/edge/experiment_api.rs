//! Experiments over HTTP: their figures, an arm stopped or heard again by hand, a wording adopted into the draft.

use super::api::unexpected;
use super::fault::{Fault, Kind};
use super::{clients, clock, http, knowledge, publishing, settings};
use crate::base::limits::{API_BYTES_MAX, EXPERIMENTS_OVER_MAX, NOTE_BYTES_MAX};
use crate::insight::call::{Call, Reply};
use crate::insight::experiment::{ArmCounts, GUARDRAIL, LEVEL, Stop, against, measured};
use crate::knowledge::answer::Answerer;
use crate::knowledge::experiment::{CONTROL, Experiment};
use crate::knowledge::rows::{Key, Kind as RowKind, canonical};
use crate::office::library::{Actor, Call as LibraryCall, Edit, Reply as LibraryReply, Row};
use crate::wire::insight::{AdoptBody, StopBody};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use worker::{Context, Env, Request, Response};

/// What the insight knows: figures of each arm, and what was decided about it, by experiment key and arm.
struct Known {
    counts: BTreeMap<(String, String), ArmCounts>,
    stops: BTreeMap<(String, String), Stop>,
}

impl Known {
    async fn ask(env: &Env) -> Result<Self, Fault> {
        let call = Call::Experiments { waited_ms: settings::config(env)?.experiment_ms };
        let Reply::Experiments { counts, stops } = clients::insight(env, &call).await? else {
            return Err(unexpected());
        };
        let counts = counts.into_iter().map(|one| ((one.experiment.clone(), one.arm.clone()), one));
        let stops = stops.into_iter().map(|(experiment, arm, stop)| ((experiment, arm), stop));
        Ok(Self { counts: counts.collect(), stops: stops.collect() })
    }

    fn counts_of(&self, key: &str, arm: &str) -> ArmCounts {
        let empty = || ArmCounts { experiment: key.to_owned(), arm: arm.to_owned(), ..ArmCounts::default() };
        self.counts.get(&(key.to_owned(), arm.to_owned())).cloned().unwrap_or_else(empty)
    }

    /// One arm; `control`: what it is compared with, and how many are.
    fn arm(
        &self,
        own: &ArmCounts,
        words: Option<(&str, f32)>,
        control: Option<(&ArmCounts, usize)>,
    ) -> Value {
        let stop = self.stops.get(&(own.experiment.clone(), own.arm.clone()));
        let metrics: Map<String, Value> =
            measured(own).into_iter().map(|one| (name(&one.metric), json!(one))).collect();
        let mut shown = json!({
            "arm": own.arm, "answer": words.map(|(answer, _)| answer), "share": words.map(|(_, share)| share),
            "customers": own.customers, "waiting": own.waiting, "metrics": metrics,
            "stopped": stop.filter(|stop| stop.stopped).map(stopped)
        });
        if let (Some((control, arms)), Some(fields)) = (control, shown.as_object_mut()) {
            fields.insert("against".to_owned(), json!(against(own, control, arms)));
        }
        shown
    }
}

fn name(metric: &impl serde::Serialize) -> String {
    json!(metric).as_str().unwrap_or_default().to_owned()
}

fn stopped(stop: &Stop) -> Value {
    let by = match stop.by.as_str() {
        GUARDRAIL | "operator" => json!(stop.by),
        staff => json!({ "staff": staff }),
    };
    json!({ "at_ms": stop.at_ms, "by": by, "note": stop.note, "why": stop.why.map(|why| why.metric), "rests_on": stop.why })
}

/// `GET /api/insight/experiments`
pub async fn list(env: &Env, ctx: &Context) -> Result<Response, Fault> {
    let mut known = Known::ask(env).await?;
    let answerer = knowledge::answerer(env, ctx).await;
    let mut shown = Vec::new();
    for (key, experiment, question, answer) in answerer.iter().flat_map(|answerer| answerer.experiments()) {
        shown.push(running(&known, key, experiment, question, answer));
        known.counts.retain(|(of, _), _| of != key);
    }
    let mut over: BTreeMap<&str, Vec<&ArmCounts>> = BTreeMap::new();
    for ((key, _), counts) in &known.counts {
        over.entry(key).or_default().push(counts);
    }
    let mut over: Vec<_> = over.into_iter().collect();
    over.sort_by_key(|(_, arms)| core::cmp::Reverse(arms.iter().map(|arm| arm.since_ms).min()));
    shown.extend(over.into_iter().take(EXPERIMENTS_OVER_MAX).map(|(key, arms)| finished(&known, key, &arms)));
    http::ok(
        &json!({ "experiments": shown, "level": LEVEL, "waited_ms": settings::config(env)?.experiment_ms }),
    )
}

/// One that is in the published document.
fn running(known: &Known, key: &str, experiment: &Experiment, question: &str, answer: &str) -> Value {
    let control = known.counts_of(key, CONTROL);
    let rest = 1.0 - experiment.arms.iter().map(|arm| arm.share.share()).sum::<f32>();
    let mut arms = vec![known.arm(&control, Some((answer, rest)), None)];
    let mut since = (control.customers + control.waiting > 0).then_some(control.since_ms);
    for arm in &experiment.arms {
        let own = known.counts_of(key, &arm.id);
        let first = (own.customers + own.waiting > 0).then_some(own.since_ms);
        since = since.into_iter().chain(first).min();
        let words = Some((arm.answer.as_str(), arm.share.share()));
        arms.push(known.arm(&own, words, Some((&control, experiment.arms.len()))));
    }
    json!({
        "id": experiment.id, "key": key, "entry": experiment.entry, "question": question, "running": true,
        "since_ms": since, "arms": arms
    })
}

/// One that is not: its wordings are in an older version.
fn finished(known: &Known, key: &str, arms: &[&ArmCounts]) -> Value {
    let control = arms.iter().find(|arm| arm.arm == CONTROL).map(|arm| (*arm).clone()).unwrap_or_default();
    let others = arms.iter().filter(|arm| arm.arm != CONTROL);
    let mut shown = vec![known.arm(&control, None, None)];
    shown.extend(others.map(|own| known.arm(own, None, Some((&control, arms.len().saturating_sub(1))))));
    let id = key.split_once('@').map_or(key, |(id, _)| id);
    let since = arms.iter().map(|arm| arm.since_ms).min();
    json!({
        "id": id, "key": key, "entry": null, "question": null, "running": false, "since_ms": since, "arms": shown
    })
}

fn unknown() -> Fault {
    Fault::new(
        Kind::NotFound,
        "experiment.unknown",
        "No such experiment is published, or it has no such arm.",
    )
}

/// Of what is published.
fn found<'a>(answerer: &'a Answerer, id: &str) -> Result<(&'a str, &'a Experiment), Fault> {
    let mut all = answerer.experiments();
    all.find(|(_, experiment, ..)| experiment.id == id)
        .map(|(key, experiment, ..)| (key, experiment))
        .ok_or_else(unknown)
}

/// `POST /api/insight/experiments/{id}/arms/{arm}`
pub async fn stop(
    mut req: Request,
    env: &Env,
    ctx: &Context,
    by: String,
    (id, arm): (&str, String),
) -> Result<Response, Fault> {
    let StopBody { stop, note } = http::json(&mut req, API_BYTES_MAX).await?;
    if note.len() > NOTE_BYTES_MAX {
        return Err(Fault::new(Kind::BadRequest, "knowledge.note", "A note has at most 2,000 bytes."));
    }
    let answerer = knowledge::answerer(env, ctx).await.ok_or_else(unknown)?;
    let (key, experiment) = found(&answerer, id)?;
    if !experiment.arms.iter().any(|one| one.id == arm) {
        return Err(unknown());
    }
    let decided = Stop { stopped: stop, at_ms: clock::now(), by, note, why: None };
    let call = Call::StopArm { experiment: key.to_owned(), arm, stop: Box::new(decided) };
    clients::insight(env, &call).await?;
    list(env, ctx).await
}

/// `POST /api/insight/experiments/{id}/adoption`
pub async fn adopt(
    mut req: Request,
    env: &Env,
    ctx: &Context,
    by: String,
    id: &str,
) -> Result<Response, Fault> {
    let AdoptBody { arm } = http::json(&mut req, API_BYTES_MAX).await?;
    let answerer = knowledge::answerer(env, ctx).await.ok_or_else(unknown)?;
    let (_, experiment) = found(&answerer, id)?;
    let words = experiment.arms.iter().find(|one| one.id == arm).map(|one| one.answer.clone());
    if words.is_none() && arm != CONTROL {
        return Err(unknown());
    }
    publishing::find(env).await?;
    let mut edits = Vec::new();
    if let Some(answer) = words {
        let key = Key { kind: RowKind::Entry, id: experiment.entry.clone() };
        let reworded = |entry: &mut Value| {
            entry.as_object_mut().map(|fields| fields.insert("answer".to_owned(), Value::String(answer)));
        };
        edits.push(changed(env, key, reworded).await?);
    }
    let without = |frame: &mut Value| {
        if let Some(all) = frame.get_mut("experiments").and_then(Value::as_array_mut) {
            all.retain(|one| one.get("id").and_then(Value::as_str) != Some(id));
        }
    };
    edits.push(changed(env, Key::frame(), without).await?);
    let by = if by == "operator" { Actor::Operator } else { Actor::Staff(by.as_str().into()) };
    match publishing::ask(env, LibraryCall::Edit { edits, by }).await? {
        LibraryReply::Edited { revision, changed } => {
            http::ok(&json!({ "revision": revision, "changed": changed }))
        }
        _ => Err(unexpected()),
    }
}

/// The edit that changes a row of the draft from what it is now.
async fn changed(env: &Env, key: Key, change: impl FnOnce(&mut Value)) -> Result<Edit, Fault> {
    let gone = || Fault::new(Kind::NotFound, "knowledge.no_row", "The draft has no such row any more.");
    let call = LibraryCall::Row { key: key.clone() };
    let LibraryReply::Row { row, .. } = publishing::ask(env, call).await? else { return Err(unexpected()) };
    let Row { part, mark } = row.ok_or_else(gone)?;
    let mut value: Value =
        serde_json::from_str(&part.value).map_err(|error| Fault::bug("knowledge.row", error.to_string()))?;
    change(&mut value);
    let value = canonical(&key, value).map_err(|fault| Fault::bug("knowledge.row", fault.to_string()))?;
    Ok(Edit { key, value: Some(value), revision: Some(mark.revision) })
}
