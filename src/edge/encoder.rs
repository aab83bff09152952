//! The sentence encoder as this isolate has it: loaded from the static assets when somebody first needs it, once.

use super::clock::{self, within};
use super::fault::{Fault, Kind};
use super::{http, log, sessions};
use crate::base::limits::{
    ENCODER_BODY_BYTES_MAX, ENCODER_LOAD_MS_MAX, ENCODER_LOOK_AGAIN_MS, ENCODER_MISSING_MS, ENCODER_TEXTS_MAX,
};
use crate::base::time::TimeMs;
use crate::knowledge::encoder::{Encoder, EncoderFault, Manifest};
use core::cell::RefCell;
use core::time::Duration;
use serde::Deserialize;
use serde_json::{Value, json};
use std::rc::Rc;
use worker::{Delay, Env, Fetcher, Method, Request, Response};

/// What this isolate knows. Values only: nothing that belongs to a request.
#[derive(Clone)]
enum State {
    /// Nobody has needed it.
    Unasked,
    /// Some request is at it; one that was given up counts no longer than a load may take.
    Loading {
        since: TimeMs,
    },
    Ready(Rc<Encoder>),
    /// The deployment has none: looked for again after a while, in case it was an asset that came late.
    Absent {
        since: TimeMs,
    },
    /// Its files are not right.
    Broken {
        since: TimeMs,
        code: &'static str,
    },
}

thread_local! {
    static STATE: RefCell<State> = const { RefCell::new(State::Unasked) };
}

fn state() -> State {
    STATE.with_borrow(State::clone)
}

fn set(state: State) {
    STATE.with_borrow_mut(|now| *now = state);
}

/// The encoder, if this isolate has it already.
pub fn ready() -> Option<Rc<Encoder>> {
    match state() {
        State::Ready(encoder) => Some(encoder),
        _ => None,
    }
}

/// The encoder, loaded if need be. `None`: this deployment has none that works, which is remembered for
/// [`ENCODER_MISSING_MS`], or loading it took too long.
pub async fn load(env: &Env) -> Option<Rc<Encoder>> {
    within(ENCODER_LOAD_MS_MAX, settle(env)).await;
    ready()
}

/// Loads for all that wait: one request does the work, the others look again until it is done, since none can
/// await what belongs to another.
async fn settle(env: &Env) {
    loop {
        let now = clock::now();
        match state() {
            State::Ready(_) => return,
            State::Absent { since } | State::Broken { since, .. } if now - since < ENCODER_MISSING_MS => {
                return;
            }
            State::Loading { since } if now - since < ENCODER_LOAD_MS_MAX.cast_signed() => {
                Delay::from(Duration::from_millis(ENCODER_LOOK_AGAIN_MS)).await;
            }
            _ => {
                set(State::Loading { since: now });
                let found = fetch(env).await;
                return set(found_state(found));
            }
        }
    }
}

fn found_state(found: Result<Option<Encoder>, Fault>) -> State {
    let since = clock::now();
    match found {
        Ok(Some(encoder)) => {
            log::info("encoder", "loaded", &json!({ "digest": encoder.digest(), "bytes": encoder.bytes() }));
            State::Ready(Rc::new(encoder))
        }
        Ok(None) => State::Absent { since },
        Err(fault) => {
            log::fault("encoder.load", &fault, "");
            State::Broken { since, code: fault.code }
        }
    }
}

/// Part after part, each moved into the encoder as it is.
async fn fetch(env: &Env) -> Result<Option<Encoder>, Fault> {
    let assets = env.assets("ASSETS")?;
    let Some(manifest) = file(&assets, "manifest.json").await? else { return Ok(None) };
    let manifest = Manifest::parse(&manifest)?;
    let mut parts = Vec::with_capacity(manifest.parts().len());
    for part in manifest.parts() {
        let missing = || Fault::unavailable("encoder.part_missing", part.file());
        parts.push(file(&assets, &part.file()).await?.ok_or_else(missing)?);
    }
    Ok(Some(Encoder::new(&manifest, parts)?))
}

/// A file of the encoder. Where there is none, the assets answer with the console's page.
async fn file(assets: &Fetcher, name: &str) -> Result<Option<Vec<u8>>, Fault> {
    let mut response = assets.fetch(format!("https://assets.local/encoder/{name}"), None).await?;
    let kind = response.headers().get("content-type")?.unwrap_or_default();
    if response.status_code() != 200 || kind.starts_with("text/html") {
        return Ok(None);
    }
    Ok(Some(response.bytes().await?))
}

impl From<EncoderFault> for Fault {
    fn from(fault: EncoderFault) -> Self {
        Self::unavailable(fault.code(), fault.to_string())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    texts: Vec<String>,
}

/// `GET /api/operator/encoder`, and `POST`, which loads it and encodes.
pub async fn serve(mut req: Request, env: &Env) -> Result<Response, Fault> {
    sessions::operator_only(&req, env)?;
    if req.method() == Method::Get {
        return http::ok(&shown(&state()));
    }
    http::only(&req, Method::Post)?;
    let Body { texts } = http::json(&mut req, ENCODER_BODY_BYTES_MAX).await?;
    if texts.len() > ENCODER_TEXTS_MAX {
        let words = "Too many texts at a time.";
        return Err(Fault::new(Kind::Invalid, "encoder.too_many", words).with("texts_max", ENCODER_TEXTS_MAX));
    }
    let Some(encoder) = load(env).await else {
        let words = "This deployment has no sentence encoder that works; the state says why.";
        return Err(Fault::new(Kind::Unavailable, "encoder.none", words).with("encoder", shown(&state())));
    };
    let encode = |text: &String| json!(encoder.encode(text).pooled);
    let vectors: Vec<Value> = texts.iter().map(encode).collect();
    http::ok(&json!({ "digest": encoder.digest(), "vectors": vectors }))
}

fn shown(state: &State) -> Value {
    match state {
        State::Unasked => json!({ "state": "unasked" }),
        State::Loading { since } => json!({ "state": "loading", "since_ms": since }),
        State::Ready(encoder) => {
            json!({ "state": "ready", "digest": encoder.digest(), "bytes": encoder.bytes() })
        }
        State::Absent { since } => json!({ "state": "absent", "since_ms": since }),
        State::Broken { since, code } => json!({ "state": "broken", "since_ms": since, "code": code }),
    }
}
