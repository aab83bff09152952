//! Trains what is published or tried, step by step: each request encodes one batch of phrasings, the last one trains.
//!
//! The caller leads, so that no request computes for long; each step may be repeated, and what was made is found again
//! by the document's digest. Until it is done, and where there is no encoder, questions are answered by less.

use super::api::unexpected;
use super::fault::{Fault, Kind};
use super::publishing::ask;
use super::{encoder, http, knowledge};
use crate::base::limits::{
    API_BYTES_MAX, ENCODED_BATCH_MAX, ENCODED_PHRASINGS_MAX, TOKEN_PHRASINGS_MAX, TOKEN_VECTORS_MAX,
};
use crate::knowledge::bundle::{ENCODED_KEY_PREFIX, ModelRef, Pointer};
use crate::knowledge::document::Document;
use crate::knowledge::encoding::Encoding;
use crate::knowledge::matcher::training::{COMMON_TEXTS, Encodings};
use crate::knowledge::training::{phrasings, train_on};
use crate::office::library::{Call, Reply};
use serde::{Deserialize, Serialize};
use worker::{Env, Request, Response};

/// `POST /api/knowledge/training`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// The document that the caller means: another may be current by now.
    digest: String,
    /// The encoder that the caller was told of: without it now, a good model would be replaced by a poorer one.
    encoder: Option<String>,
    /// Which batch to encode, from 0; none: all are, and it is to be trained.
    batch: Option<usize>,
}

/// How far what is current has been trained.
#[derive(Serialize)]
struct Status {
    version: u64,
    digest: String,
    /// The encoder that it can be trained with.
    encoder: Option<String>,
    /// Batches to encode before it is trained; 0 without an encoder, or when there are too many phrasings.
    batches: usize,
    phrasings: usize,
    model: Option<ModelRef>,
}

/// A document, and the texts that are encoded for it.
struct Job {
    version: u64,
    digest: String,
    document: Document,
    /// Phrasings, and behind them what no company has for itself.
    texts: Vec<String>,
    phrasings: usize,
}

/// What can be trained: what is current, and what may be next, so that it is trained before anybody is answered from it.
async fn current(env: &Env) -> Result<Pointer, Fault> {
    let none = || Fault::new(Kind::NotFound, "knowledge.none", "Nothing has been published yet.");
    // As the office has it: KV may be a minute late.
    let Reply::Overview { current, .. } = ask(env, Call::Overview).await? else { return Err(unexpected()) };
    Ok(current.ok_or_else(none)?.pointer)
}

impl Job {
    async fn of(env: &Env, pointer: Pointer) -> Result<Self, Fault> {
        let document = knowledge::document_of(env, &pointer).await?;
        let mut texts = phrasings(&document);
        let phrasings = texts.len();
        texts.extend(COMMON_TEXTS.map(str::to_owned));
        Ok(Self { version: pointer.version, digest: pointer.digest, document, texts, phrasings })
    }

    fn batches(&self, encoder: Option<&str>) -> usize {
        let is_small = self.phrasings <= ENCODED_PHRASINGS_MAX;
        if encoder.is_some() && is_small { self.texts.len().div_ceil(ENCODED_BATCH_MAX) } else { 0 }
    }

    fn key(&self, encoder: &str, batch: usize) -> String {
        // Two digests in full would be longer than a key may be.
        let short = |digest: &str| digest.chars().take(32).collect::<String>();
        format!("{ENCODED_KEY_PREFIX}{}:{}:{batch}", short(&self.digest), short(encoder))
    }
}

/// `GET /api/knowledge/training?of=current|shadow`
pub async fn status(req: &Request, env: &Env) -> Result<Response, Fault> {
    let pointer = match http::parameter(&http::query(req), "of") {
        None | Some("current") => current(env).await?,
        Some("shadow") => {
            let none = || Fault::new(Kind::NotFound, "shadow.none", "There is no shadow run.");
            knowledge::shadow_run(env).await?.ok_or_else(none)?.document
        }
        Some(_) => return Err(Fault::new(Kind::BadRequest, "http.query", "of is current or shadow.")),
    };
    let job = Job::of(env, pointer).await?;
    let encoder = encoder::load(env).await.map(|encoder| encoder.digest().to_owned());
    shown(env, &job, encoder.as_deref()).await
}

async fn shown(env: &Env, job: &Job, encoder: Option<&str>) -> Result<Response, Fault> {
    http::ok(&Status {
        version: job.version,
        digest: job.digest.clone(),
        encoder: encoder.map(str::to_owned),
        batches: job.batches(encoder),
        phrasings: job.phrasings,
        model: knowledge::model_of(env, &job.digest).await?,
    })
}

/// Encodes one batch, or trains.
pub async fn step(mut req: Request, env: &Env) -> Result<Response, Fault> {
    let Step { digest, encoder: expected, batch } = http::json(&mut req, API_BYTES_MAX).await?;
    let mut pointer = current(env).await?;
    if pointer.digest != digest {
        let tried = knowledge::shadow_run(env).await?.filter(|run| run.document.digest == digest);
        let words = "Another document is current by now; ask again how things stand.";
        pointer = tried.ok_or_else(|| Fault::new(Kind::Conflict, "knowledge.not_current", words))?.document;
    }
    let job = Job::of(env, pointer).await?;
    let encoder = encoder::load(env).await;
    let used = encoder.as_ref().map(|encoder| encoder.digest().to_owned());
    if expected != used {
        let words = "The encoder is not the one that you were told of; ask again how things stand.";
        return Err(Fault::new(Kind::Conflict, "encoder.changed", words));
    }
    match (batch, &encoder) {
        (Some(batch), Some(encoder)) => {
            let unknown = || Fault::new(Kind::Invalid, "knowledge.batch", "There is no such batch.");
            let texts = job.texts.chunks(ENCODED_BATCH_MAX).nth(batch).ok_or_else(unknown)?;
            let mut encoded: Vec<Encoding> = texts.iter().map(|text| encoder.encode(text)).collect();
            if job.phrasings > TOKEN_PHRASINGS_MAX {
                drop_tokens(&mut encoded);
            }
            let bytes = postcard::to_allocvec(&encoded)
                .map_err(|error| Fault::bug("knowledge.encoded", error.to_string()))?;
            knowledge::write_encoded(env, &job.key(encoder.digest(), batch), &bytes).await?;
            http::ok(&serde_json::json!({ "batch": batch }))
        }
        (Some(_), None) => {
            let words = "There is no encoder here; train without one.";
            Err(Fault::new(Kind::Conflict, "encoder.absent", words))
        }
        (None, _) => {
            let encodings = collect(env, &job, used.as_deref()).await?;
            let (of_phrasings, common) = encodings.split_at_checked(job.phrasings).unwrap_or_default();
            let given = used.as_deref().filter(|_| !encodings.is_empty()).map(|encoder| Encodings {
                encoder,
                phrasings: of_phrasings,
                common,
            });
            let model = train_on(&job.document, given.as_ref());
            let encoder = given.map(|given| given.encoder);
            knowledge::write_model(env, &job.digest, &model, encoder).await?;
            shown(env, &job, used.as_deref()).await
        }
    }
}

/// All encodings, in order; none where words are all there is.
async fn collect(env: &Env, job: &Job, encoder: Option<&str>) -> Result<Vec<Encoding>, Fault> {
    let mut all: Vec<Encoding> = Vec::with_capacity(job.texts.len());
    let mut tokens = 0_usize;
    let Some(encoder) = encoder else { return Ok(all) };
    for batch in 0..job.batches(Some(encoder)) {
        let missing = || {
            let words = "A batch has not been encoded yet, or KV does not show it yet.";
            Fault::new(Kind::Conflict, "knowledge.batch_missing", words).with("batch", batch)
        };
        let bytes = knowledge::read_encoded(env, &job.key(encoder, batch)).await?.ok_or_else(missing)?;
        let encoded: Vec<Encoding> = postcard::from_bytes(&bytes).map_err(|_| missing())?;
        tokens = encoded.iter().fold(tokens, |sum, encoding| sum.saturating_add(encoding.tokens.len()));
        all.extend(encoded);
        if tokens > TOKEN_VECTORS_MAX {
            // They would not be kept, and all of them at once do not fit an isolate.
            drop_tokens(&mut all);
        }
    }
    Ok(all)
}

fn drop_tokens(encoded: &mut [Encoding]) {
    encoded.iter_mut().for_each(|encoding| encoding.tokens = Vec::new());
}
