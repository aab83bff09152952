//! The remote tier: models elsewhere are asked what the knowledge is unsure of, within their budget, and believed only
//! as far as the passages bear them out.

use super::clock::{self, within};
use super::download::{Downloaded, download};
use super::fault::Fault;
use super::{clients, log};
use crate::base::limits::{CHAT_BYTES_MAX, EMBEDDINGS_BYTES_MAX, REMOTE_MARGIN_MS};
use crate::base::message::InboundContent;
use crate::base::time::TimeMs;
use crate::config::{Config, Embeddings, Endpoint, Remote};
use crate::desk::late::Ask;
use crate::desk::message::{Answer, Message};
use crate::knowledge::answer::Answerer;
use crate::knowledge::circumstances::Circumstances;
use crate::knowledge::grounding::{judge, numbered};
use crate::knowledge::passage::{Passage, with_passages};
use crate::knowledge::proposal::{Evidence, Proposal, RemoteWork, Score, Source};
use crate::office::remote::{Call, Mode, Part, Reply, Usage};
use crate::wire::chat::{RemoteFault, Saying};
use crate::wire::{chat, embeddings};
use js_sys::Uint8Array;
use worker::{Env, Headers, Method, Request, RequestInit, RequestRedirect};

/// A proposal with what the remote tier may answer from, where there is one.
pub fn prepared(
    config: &Config,
    answerer: &Answerer,
    content: &InboundContent,
    circumstances: &Circumstances<'_>,
    now: TimeMs,
    proposal: Proposal,
) -> Proposal {
    if config.remote.is_none() {
        return proposal;
    }
    with_passages(answerer, content, circumstances, now, proposal)
}

/// One question to the tier.
struct Asking<'a> {
    env: &'a Env,
    remote: &'a Remote,
    text: &'a str,
    passages: &'a [Passage],
    version: u64,
    began_at: TimeMs,
    until: TimeMs,
    /// What it has cost so far.
    tokens: u64,
}

/// What a call came to: the answer's body, to be settled.
struct Heard {
    id: u64,
    body: Vec<u8>,
}

/// An answer that may be sent.
struct Found<'a> {
    text: String,
    /// What it rests on.
    passages: Vec<&'a Passage>,
    /// How near the first of them is.
    score: Score,
    /// How near it had to be.
    threshold: Score,
}

impl<'a> Found<'a> {
    /// A passage's own answer.
    fn chosen(passage: &'a Passage, score: Score, threshold: Score) -> Self {
        Self { text: passage.answer.clone(), passages: vec![passage], score, threshold }
    }
}

/// Puts a customer's question to the tier. None: it is off, or does not know, or may not be asked; which of them, the
/// log and the day's count say.
pub async fn ask(env: &Env, config: &Config, asked: Option<&Message>, ask: &Ask) -> Option<Answer> {
    let remote = config.remote.as_ref()?;
    let text = asked.and_then(Message::words)?;
    let began_at = clock::now();
    // What it does not know in time is decided as if it were not there, and not as a question that nobody took.
    let until = (began_at + remote.wait_ms).min(ask.give_up_at + -REMOTE_MARGIN_MS / 2);
    let passages = ask.proposal.passages.as_slice();
    if passages.is_empty() {
        log::info("remote", "remote.no_passages", &serde_json::Value::Null);
        return None;
    }
    let version = ask.proposal.version;
    let mut asking = Asking { env, remote, text, passages, version, began_at, until, tokens: 0 };
    if let Some(model) = &remote.embeddings
        && let Some(found) = asking.nearest(model).await
    {
        return Some(asking.answer(&model.endpoint, "embeddings", &found));
    }
    let model = remote.chat.as_ref()?;
    let found = asking.said(model).await?;
    let mode = match remote.mode {
        Mode::Choose => "choose",
        Mode::Compose => "compose",
    };
    Some(asking.answer(model, mode, &found))
}

impl<'a> Asking<'a> {
    fn answer(&self, model: &Endpoint, mode: &str, found: &Found<'_>) -> Answer {
        let Found { text, passages, score, threshold } = found;
        let first = passages.first();
        let evidence = Evidence {
            source: Source::Remote,
            entry: first.map(|passage| passage.entry.clone()).unwrap_or_default(),
            question: first.map(|passage| passage.question.clone()).unwrap_or_default(),
            matched: String::new(),
            score: *score,
            threshold: *threshold,
            tier: None,
            version: self.version,
            remote: Some(Box::new(RemoteWork {
                passages: passages.iter().map(|passage| passage.entry.clone()).collect(),
                model: model.model.clone(),
                mode: mode.to_owned(),
                tokens: self.tokens,
                ms: clock::now() - self.began_at,
            })),
            tried: None,
        };
        Answer { evidence: Some(evidence), ..Answer::fixed(text) }
    }

    /// The passage whose question is nearest to the customer's words, by their vectors.
    async fn nearest(&mut self, model: &Embeddings) -> Option<Found<'a>> {
        let (body, most) = embeddings::question(&model.endpoint.model, self.text, self.passages);
        if most.tokens() > self.remote.tokens_per_question {
            log::info("remote", "remote.question_tokens", &serde_json::Value::Null);
            return None;
        }
        let endpoint = &model.endpoint;
        let heard =
            self.call(Part::Embeddings, endpoint, "embeddings", &body, most, EMBEDDINGS_BYTES_MAX).await?;
        let read = embeddings::parse(&heard.body, self.passages.len());
        let found = read.map(|cosines| {
            embeddings::nearest(self.passages, &cosines, model.threshold, model.margin)
                .map(|(passage, cosine)| Found::chosen(passage, cosine, model.threshold))
        });
        self.conclude(Part::Embeddings, heard, found.map_err(Unfit::from)).await
    }

    /// What the chat model makes of the passages, as far as they bear it out.
    async fn said(&mut self, model: &Endpoint) -> Option<Found<'a>> {
        let mode = self.remote.mode;
        let left = self.remote.tokens_per_question.saturating_sub(self.tokens);
        let Some(question) = chat::question(&model.model, mode, self.text, self.passages, left) else {
            log::info("remote", "remote.question_tokens", &serde_json::Value::Null);
            return None;
        };
        let shown = self.passages.get(..question.passages).unwrap_or_default();
        let heard = self
            .call(Part::Chat, model, "chat/completions", &question.body, question.most, CHAT_BYTES_MAX)
            .await?;
        let found = match chat::parse(&heard.body, mode) {
            Ok(Saying::None) => Ok(None),
            Ok(Saying::Passage(number)) => match numbered(shown, number) {
                Some(passage) => Ok(Some(Found::chosen(passage, passage.score, Score::default()))),
                None => Err(Unfit { code: "remote.ungrounded_cites", is_failure: false }),
            },
            Ok(Saying::Composed { text, cites }) => match judge(&text, &cites, shown, self.text) {
                Ok(cited) => {
                    let score = cited.first().map(|passage| passage.score).unwrap_or_default();
                    Ok(Some(Found { text, passages: cited, score, threshold: Score::default() }))
                }
                Err(why) => Err(Unfit { code: why.code(), is_failure: false }),
            },
            Err(fault) => Err(fault.into()),
        };
        self.conclude(Part::Chat, heard, found).await
    }

    /// Settles a call by what it came to.
    async fn conclude(
        &mut self,
        part: Part,
        heard: Heard,
        found: Result<Option<Found<'a>>, Unfit>,
    ) -> Option<Found<'a>> {
        let (code, is_failure) = match &found {
            Ok(Some(_)) => ("remote.answered", false),
            Ok(None) => ("remote.none", false),
            Err(unfit) => (unfit.code, unfit.is_failure),
        };
        self.settle(part, heard.id, chat::usage(&heard.body), code, is_failure).await;
        found.ok().flatten()
    }

    /// Makes one call: reserves what it may cost, asks, and settles it unless there is an answer to be read.
    async fn call(
        &mut self,
        part: Part,
        endpoint: &Endpoint,
        path: &str,
        body: &str,
        most: Usage,
        bytes_max: usize,
    ) -> Option<Heard> {
        let wait_ms = self.until - clock::now();
        let wait = u64::try_from(wait_ms).ok().filter(|wait_ms| *wait_ms > 0)?;
        let limits = self.remote.limits.clone();
        let id = match clients::budget(self.env, &Call::Reserve { part, most, wait_ms, limits }).await {
            Ok(Reply::Reserved { id }) => id,
            Ok(Reply::Refused { why }) => {
                log::info("remote", why.code(), &serde_json::json!({ "part": part }));
                return None;
            }
            Ok(_) => return None,
            // What cannot be counted is not spent.
            Err(fault) => {
                log::fault("remote", &fault, "");
                return None;
            }
        };
        let heard = match request(endpoint, path, body) {
            Some(request) => within(wait, download(request, bytes_max)).await,
            None => Some(None),
        };
        let code = match heard {
            Some(Some(Downloaded { status: 200, body, .. })) => return Some(Heard { id, body }),
            Some(Some(Downloaded { status, .. })) => {
                log::info("remote", "status", &serde_json::json!(status));
                code_of(status)
            }
            Some(None) => "remote.no_answer",
            None => "remote.timeout",
        };
        self.settle(part, id, None, code, true).await;
        None
    }

    async fn settle(&mut self, part: Part, id: u64, used: Option<Usage>, code: &str, is_failure: bool) {
        log::info("remote", code, &serde_json::json!({ "part": part }));
        let (code, limits) = (code.to_owned(), self.remote.limits.clone());
        let settled: Result<Reply, Fault> =
            clients::budget(self.env, &Call::Settle { id, used, code, is_failure, limits }).await;
        match settled {
            Ok(Reply::Settled { tokens }) => self.tokens = self.tokens.saturating_add(tokens),
            Ok(_) => {}
            Err(fault) => log::fault("remote", &fault, ""),
        }
    }
}

/// Why an answer is not used, and whether the endpoint is to blame.
struct Unfit {
    code: &'static str,
    is_failure: bool,
}

impl From<RemoteFault> for Unfit {
    fn from(fault: RemoteFault) -> Self {
        Self { code: fault.code(), is_failure: fault.is_of_endpoint() }
    }
}

/// What a status other than 200 comes to.
const fn code_of(status: u16) -> &'static str {
    match status {
        401 | 403 => "remote.refused",
        429 => "remote.rate_limited",
        500..=599 => "remote.server_error",
        _ => "remote.status",
    }
}

/// The token goes to its address and nowhere on from there: a redirect is an answer that says nothing.
fn request(endpoint: &Endpoint, path: &str, body: &str) -> Option<Request> {
    let headers = Headers::new();
    headers.set("content-type", "application/json").ok()?;
    if let Some(token) = &endpoint.token {
        headers.set("authorization", &format!("Bearer {}", token.expose())).ok()?;
    }
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_body(Some(Uint8Array::from(body.as_bytes()).into()))
        .with_headers(headers)
        .with_redirect(RequestRedirect::Manual);
    Request::new_with_init(&format!("{}/{path}", endpoint.address), &init).ok()
}
