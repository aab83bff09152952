//! Moods at the edge: what was learned of them, as this isolate has it; labels, and learning from them.

use super::api::{ask, entitled, not_entitled, number, unexpected, writer};
use super::fault::{Fault, Kind};
use super::insight_api::Reader;
use super::{clients, clock, http, knowledge, log, settings};
use crate::base::id::ConversationId;
use crate::base::limits::{API_BYTES_MAX, INSIGHT_KEPT_MS, MOOD_LABELS_KEPT_MAX};
use crate::base::time::DAY_MS;
use crate::desk::call::{Answered, Call as DeskCall};
use crate::insight::call::{Call, Reply};
use crate::insight::label::{Label, Labelling, Said};
use crate::knowledge::bundle::ModelRef;
use crate::knowledge::mood::head::{Heads, Sample};
use crate::wire::insight::{MoodBody, ShownLabel, limit};
use core::cell::RefCell;
use serde_json::{Value, json};
use std::rc::Rc;
use worker::{Env, Request, Response};

/// Labels shown where nobody says how many.
const LABELS: u32 = 200;

/// What this isolate has, and its digest.
struct Cached {
    heads: Rc<Heads>,
    digest: String,
}

thread_local! {
    static CACHED: RefCell<Option<Cached>> = const { RefCell::new(None) };
}

/// What moods are read with beside the lexicon.
pub fn heads() -> Option<Rc<Heads>> {
    CACHED.with_borrow(|cached| cached.as_ref().map(|cached| Rc::clone(&cached.heads)))
}

/// Takes up what was learned since the last look. What cannot be read changes nothing.
pub async fn refresh(env: &Env) {
    let loaded = async {
        let Some(named) = knowledge::heads_ref(env).await? else { return Ok(None) };
        let is_known =
            CACHED.with_borrow(|cached| cached.as_ref().is_some_and(|cached| cached.digest == named.digest));
        if is_known {
            return Ok(None);
        }
        let heads = Rc::new(knowledge::read_heads(env, &named).await?);
        Ok(Some(Cached { heads, digest: named.digest }))
    };
    match loaded.await {
        Ok(Some(cached)) => CACHED.set(Some(cached)),
        Ok(None) => {}
        Err(fault) => log::fault("mood.load", &fault, ""),
    }
}

/// `POST /api/conversations/{channel}/{customer}/mood`: what who serves says of a message.
pub async fn label(mut req: Request, env: &Env, id: ConversationId) -> Result<Response, Fault> {
    let caller = writer(&req, env).await?;
    entitled(env, &id, &caller).await?;
    let body: MoodBody = http::json(&mut req, API_BYTES_MAX).await?;
    let labels = body.labels();
    if labels.is_empty() {
        let words = "Say of negative, anger, abuse or urgency whether the message has it.";
        return Err(Fault::new(Kind::BadRequest, "mood.empty", words));
    }
    let staff = caller.session.staff;
    let after = Some(body.seq.saturating_sub(1));
    let call = DeskCall::Read { conversation: id.clone(), viewer: staff.clone(), after, limit: 1 };
    let view = match ask(env, &id, &call).await? {
        Answered::View(view) => view,
        Answered::NotEntitled => return Err(not_entitled()),
        _ => return Err(unexpected()),
    };
    let message = view.messages.iter().find(|message| message.seq == body.seq);
    let (message, text) = message
        .and_then(|message| Some((message, message.words()?)))
        .filter(|(_, text)| !text.trim().is_empty())
        .ok_or_else(no_words)?;
    let (asker, _) = settings::config(env)?.deployment_keys.pseudonyms(&id.key());
    let labelling = Labelling {
        asker,
        channel: id.channel.clone(),
        seq: body.seq,
        at_ms: message.at_ms,
        text: text.to_owned(),
        said: Said { labels, by: staff.id.0, at_ms: clock::now() },
    };
    match clients::insight(env, &Call::Label(Box::new(labelling))).await? {
        Reply::Labelled(label) => http::ok(&json!({ "seq": label.seq, "labels": label.labels })),
        Reply::Unknown => Err(no_words()),
        _ => Err(unexpected()),
    }
}

/// `GET /api/insight/moods?limit=N`: labelled messages, and what was learned from labels.
pub async fn list(req: &Request, env: &Env, reader: Reader) -> Result<Response, Fault> {
    let limit = limit(number(&http::query(req), "limit")?, LABELS);
    let labels = labels(env, Call::Labels { channels: reader.channels, limit }).await?;
    let in_use = match knowledge::heads_ref(env).await? {
        Some(named) => in_use(&named, &knowledge::read_heads(env, &named).await?),
        None => Value::Null,
    };
    let shown: Vec<ShownLabel> = labels.into_iter().map(ShownLabel::from).collect();
    http::ok(&json!({ "labels": shown, "kept_days": INSIGHT_KEPT_MS / DAY_MS, "in_use": in_use }))
}

/// `POST /api/insight/moods/training`: learns from all labels that are kept. The same labels give the same heads.
pub async fn train(env: &Env) -> Result<Response, Fault> {
    let most = u32::try_from(MOOD_LABELS_KEPT_MAX).unwrap_or(u32::MAX);
    let labels = labels(env, Call::Labels { channels: None, limit: most }).await?;
    let samples: Vec<Sample> = labels.into_iter().map(Label::sample).collect();
    let heads = Heads::train(&samples);
    let named = knowledge::write_heads(env, &heads, u32::try_from(samples.len()).unwrap_or(u32::MAX)).await?;
    http::ok(&json!({ "in_use": in_use(&named, &heads) }))
}

async fn labels(env: &Env, call: Call) -> Result<Vec<Label>, Fault> {
    match clients::insight(env, &call).await? {
        Reply::Labels { labels } => Ok(labels),
        _ => Err(unexpected()),
    }
}

fn in_use(named: &ModelRef, heads: &Heads) -> Value {
    json!({ "digest": named.digest, "labels": named.judged, "aspects": heads.figures })
}

fn no_words() -> Fault {
    Fault::new(Kind::NotFound, "mood.no_words", "There is no such message with words, or not any more.")
}
