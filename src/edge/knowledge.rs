//! The published knowledge as this isolate has it: loaded from KV once, refreshed when the pointer moves.

use super::clock::{self, within};
use super::fault::Fault;
use super::{log, moods};
use crate::base::limits::{
    ENCODED_KEPT_S, KNOWLEDGE_LOAD_MS_MAX, KNOWLEDGE_LOOK_AGAIN_MS, KNOWLEDGE_REFRESH_MS,
};
use crate::base::time::TimeMs;
use crate::knowledge::answer::Answerer;
use crate::knowledge::bundle::{
    MODEL_KEY_PREFIX, MOOD_KEY, ModelRef, POINTER_KEY, PartRef, Pointer, assemble, assemble_model, publish,
    publish_model,
};
use crate::knowledge::document::{self, Document};
use crate::knowledge::experiment::{STOPPED_KEY, Stopped};
use crate::knowledge::matcher::model::Model;
use crate::knowledge::mood::head::Heads;
use crate::knowledge::shadow::{SHADOW_KEY, ShadowRun};
use core::cell::{Cell, RefCell};
use core::pin::Pin;
use core::time::Duration;
use std::rc::Rc;
use worker::{Context, Delay, Env, KvStore};

/// What this isolate has, and when it last looked. Values only: nothing that belongs to a request.
struct Cached {
    answerer: Option<Rc<Answerer>>,
    digest: String,
    /// Of the model that the answerer has.
    model: Option<String>,
    looked_at: TimeMs,
}

/// An answerer with the digests of what it was made of.
struct Loaded {
    answerer: Answerer,
    digest: String,
    model: Option<String>,
}

thread_local! {
    static STOPPED: RefCell<Rc<Stopped>> = RefCell::new(Rc::new(Stopped::default()));
    static CACHED: RefCell<Option<Cached>> = const { RefCell::new(None) };
    static LOADING_SINCE: Cell<Option<TimeMs>> = const { Cell::new(None) };
}

/// What to answer from. A stale bundle serves while a newer one loads behind it; only a cold isolate waits.
/// `None`: nothing could be loaded, so questions go to people.
pub async fn answerer(env: &Env, ctx: &Context) -> Option<Rc<Answerer>> {
    answerer_in(env, |refreshing| ctx.wait_until(refreshing)).await
}

/// The same in an object, which has its own way to let something go on behind.
pub async fn answerer_in(
    env: &Env,
    behind: impl FnOnce(Pin<Box<dyn Future<Output = ()>>>),
) -> Option<Rc<Answerer>> {
    let now = clock::now();
    let (have, fresh) = CACHED.with_borrow(|cached| match cached {
        Some(cached) => (cached.answerer.clone(), now - cached.looked_at < KNOWLEDGE_REFRESH_MS),
        None => (None, false),
    });
    match (have, fresh) {
        (Some(answerer), true) => Some(answerer),
        (Some(answerer), false) => {
            // Others need not look at the same time.
            CACHED.with_borrow_mut(|cached| cached.iter_mut().for_each(|cached| cached.looked_at = now));
            let env = env.clone();
            behind(Box::pin(async move { refresh(&env).await }));
            Some(answerer)
        }
        (None, _) => {
            within(KNOWLEDGE_LOAD_MS_MAX, first_load(env)).await;
            CACHED.with_borrow(|cached| cached.as_ref().and_then(|cached| cached.answerer.clone()))
        }
    }
}

/// Loads for all that wait: one request does the work, the others look again until it is done, since none can
/// await what belongs to another. Loaded by each of them, a large bundle would be there for none in time.
async fn first_load(env: &Env) {
    while CACHED.with_borrow(|cached| cached.as_ref().is_none_or(|cached| cached.answerer.is_none())) {
        let now = clock::now();
        // A request that was given up leaves its mark; it counts no longer than the load may take.
        if LOADING_SINCE.get().is_some_and(|since| now - since < KNOWLEDGE_LOAD_MS_MAX.cast_signed()) {
            Delay::from(Duration::from_millis(KNOWLEDGE_LOOK_AGAIN_MS)).await;
            continue;
        }
        LOADING_SINCE.set(Some(now));
        refresh(env).await;
        LOADING_SINCE.set(None);
        return;
    }
}

/// Reads the pointer and, when it has moved, the bundle. What cannot be loaded and verified changes nothing; a
/// cold isolate takes the bundle before it.
async fn refresh(env: &Env) {
    let loaded = load(env).await;
    let has_experiments = match &loaded {
        Ok(Some(loaded)) => loaded.answerer.has_experiments(),
        _ => CACHED.with_borrow(|cached| {
            cached
                .as_ref()
                .and_then(|cached| cached.answerer.as_ref())
                .is_some_and(|one| one.has_experiments())
        }),
    };
    // Before anybody is answered from it.
    if has_experiments {
        match stopped_arms(env).await {
            Ok(stopped) => STOPPED.set(Rc::new(stopped)),
            Err(fault) => log::fault("knowledge.stopped", &fault, ""),
        }
    }
    let now = clock::now();
    CACHED.with_borrow_mut(|slot| {
        let empty = Cached { answerer: None, digest: String::new(), model: None, looked_at: now };
        let cached = slot.get_or_insert(empty);
        match loaded {
            Ok(Some(Loaded { answerer, digest, model })) => {
                *cached = Cached { answerer: Some(Rc::new(answerer)), digest, model, looked_at: now };
            }
            Ok(None) => cached.looked_at = now,
            Err(fault) => log::fault("knowledge.load", &fault, ""),
        }
    });
    // Behind the answers: a mood without what was learned is still a mood.
    moods::refresh(env).await;
}

/// The bundle that the pointer names and its model, unless this isolate has them already.
async fn load(env: &Env) -> Result<Option<Loaded>, Fault> {
    let kv = env.kv(BINDING)?;
    let Some(pointer) = current(&kv).await? else { return Ok(None) };
    let (have, have_model, is_cold) = CACHED.with_borrow(|cached| match cached {
        Some(cached) => (cached.digest.clone(), cached.model.clone(), cached.answerer.is_none()),
        None => (String::new(), None, true),
    });
    let model = model_ref(&kv, &pointer.digest).await;
    if have == pointer.digest && model.as_ref().is_none_or(|model| have_model.as_ref() == Some(&model.digest))
    {
        return Ok(None);
    }
    match read_with(&kv, &pointer, model).await {
        Ok(loaded) => Ok(Some(loaded)),
        Err(fault) => match pointer.previous.filter(|_| is_cold) {
            Some(previous) => {
                log::fault("knowledge.load", &fault, "");
                // Not remembered under the newer digest, so that the next look tries that one again.
                let model = model_ref(&kv, &previous.digest).await;
                Ok(Some(read_with(&kv, &previous, model).await?))
            }
            None => Err(fault),
        },
    }
}

async fn current(kv: &KvStore) -> Result<Option<Pointer>, Fault> {
    let bytes = kv.get(POINTER_KEY).bytes().await.map_err(unreadable)?;
    let Some(bytes) = bytes else { return Ok(None) };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|error| Fault::unavailable("knowledge.pointer", error.to_string()))
}

/// What is published, and its version; nothing before the first time.
pub async fn published(env: &Env) -> Result<Option<(Document, u64)>, Fault> {
    let kv = env.kv(BINDING)?;
    match current(&kv).await? {
        Some(pointer) => Ok(Some((document(&kv, &pointer).await?, pointer.version))),
        None => Ok(None),
    }
}

async fn read_with(kv: &KvStore, pointer: &Pointer, model: Option<ModelRef>) -> Result<Loaded, Fault> {
    let document = document(kv, pointer).await?;
    Ok(loaded(kv, document, pointer, model).await)
}

/// Without its model where that cannot be read: a poorer answer is better than none.
async fn loaded(kv: &KvStore, document: Document, pointer: &Pointer, model: Option<ModelRef>) -> Loaded {
    let (mut trained, mut digest) = (None, None);
    if let Some(named) = model {
        match trained_model(kv, &named).await {
            Ok(model) => (trained, digest) = (Some(model), Some(named.digest)),
            Err(fault) => {
                log::fault("knowledge.model", &fault, "");
                // What is not right will not be right at the next look; what could not be read may be.
                digest = (fault.code == "knowledge.model").then_some(named.digest);
            }
        }
    }
    let answerer = Answerer::with_model(document, pointer.version, trained);
    Loaded { answerer, digest: pointer.digest.clone(), model: digest }
}

async fn trained_model(kv: &KvStore, named: &ModelRef) -> Result<Model, Fault> {
    let parts = parts(kv, &named.parts).await?;
    let damaged = |fault: &dyn core::fmt::Display| Fault::unavailable("knowledge.model", fault.to_string());
    let bytes = assemble_model(named, &parts).map_err(|fault| damaged(&fault))?;
    Model::from_bytes(&bytes).map_err(|fault| damaged(&fault))
}

/// Where the model of a document is, if it has one.
async fn model_ref(kv: &KvStore, digest: &str) -> Option<ModelRef> {
    let bytes = kv.get(&format!("{MODEL_KEY_PREFIX}{digest}")).bytes().await.ok()??;
    serde_json::from_slice(&bytes).ok()
}

/// The same, for who shows it.
pub async fn model_of(env: &Env, digest: &str) -> Result<Option<ModelRef>, Fault> {
    Ok(model_ref(&env.kv(BINDING)?, digest).await)
}

/// Stores the model of a document: its parts first, then where they are. Isolates take it up like a new bundle.
pub async fn write_model(
    env: &Env,
    digest: &str,
    model: &Model,
    encoder: Option<&str>,
) -> Result<ModelRef, Fault> {
    let key = format!("{MODEL_KEY_PREFIX}{digest}");
    write_trained(env, &key, &model.to_bytes(), encoder, model.judged).await
}

async fn write_trained(
    env: &Env,
    key: &str,
    bytes: &[u8],
    encoder: Option<&str>,
    judged: u32,
) -> Result<ModelRef, Fault> {
    let kv = env.kv(BINDING)?;
    let (parts, named) = publish_model(bytes, encoder, judged);
    for (key, part) in &parts {
        kv.put_bytes(key, part).map_err(unreadable)?.execute().await.map_err(unreadable)?;
    }
    let text = serde_json::to_string(&named).map_err(|error| Fault::bug("edge.json", error.to_string()))?;
    kv.put(key, text).map_err(unreadable)?.execute().await.map_err(unreadable)?;
    Ok(named)
}

/// Stores what was learned of moods from so many labels, in the same way.
pub async fn write_heads(env: &Env, heads: &Heads, labels: u32) -> Result<ModelRef, Fault> {
    write_trained(env, MOOD_KEY, &heads.to_bytes(), None, labels).await
}

/// Where what was learned of moods is, if anything was.
pub async fn heads_ref(env: &Env) -> Result<Option<ModelRef>, Fault> {
    let bytes = env.kv(BINDING)?.get(MOOD_KEY).bytes().await.map_err(unreadable)?;
    let read = |bytes: Vec<u8>| {
        serde_json::from_slice(&bytes).map_err(|error| Fault::unavailable("mood.heads", error.to_string()))
    };
    bytes.map(read).transpose()
}

/// What was learned of moods, every byte of it verified.
pub async fn read_heads(env: &Env, named: &ModelRef) -> Result<Heads, Fault> {
    let parts = parts(&env.kv(BINDING)?, &named.parts).await?;
    let damaged = |fault: &dyn core::fmt::Display| Fault::unavailable("mood.heads", fault.to_string());
    let bytes = assemble_model(named, &parts).map_err(|fault| damaged(&fault))?;
    Heads::from_bytes(&bytes).map_err(|fault| damaged(&fault))
}

/// Keeps a batch of encodings until it is trained on.
pub async fn write_encoded(env: &Env, key: &str, bytes: &[u8]) -> Result<(), Fault> {
    let kv = env.kv(BINDING)?;
    let put = kv.put_bytes(key, bytes).map_err(unreadable)?.expiration_ttl(ENCODED_KEPT_S);
    put.execute().await.map_err(unreadable)
}

/// A batch of encodings.
pub async fn read_encoded(env: &Env, key: &str) -> Result<Option<Vec<u8>>, Fault> {
    env.kv(BINDING)?.get(key).bytes().await.map_err(unreadable)
}

async fn document(kv: &KvStore, pointer: &Pointer) -> Result<Document, Fault> {
    let bytes = joined(kv, pointer).await?;
    document::parse(&bytes)
        .map_err(|faults| Fault::unavailable("knowledge.document", format!("{} faults", faults.len())))
}

async fn parts(kv: &KvStore, named: &[PartRef]) -> Result<Vec<Vec<u8>>, Fault> {
    let mut parts = Vec::with_capacity(named.len());
    for part in named {
        let bytes = kv.get(&part.key).bytes().await.map_err(unreadable)?;
        parts.push(bytes.ok_or_else(|| Fault::unavailable("knowledge.part", "a part is missing"))?);
    }
    Ok(parts)
}

async fn joined(kv: &KvStore, pointer: &Pointer) -> Result<Vec<u8>, Fault> {
    let parts = parts(kv, &pointer.parts).await?;
    assemble(pointer, &parts).map_err(|fault| Fault::unavailable("knowledge.part", fault.to_string()))
}

/// Writes the parts of a document, which the caller has parsed, as this version. Nobody answers from it before
/// [`flip`].
pub async fn write(
    env: &Env,
    bytes: &[u8],
    version: u64,
    previous: Option<&Pointer>,
) -> Result<Pointer, Fault> {
    let kv = env.kv(BINDING)?;
    let publication = publish(bytes, version, previous);
    for (key, part) in &publication.parts {
        kv.put_bytes(key, part).map_err(unreadable)?.execute().await.map_err(unreadable)?;
    }
    Ok(publication.pointer)
}

/// Makes what a pointer names the one to answer from.
pub async fn flip(env: &Env, pointer: &Pointer) -> Result<(), Fault> {
    let text = serde_json::to_string(pointer).map_err(|error| Fault::bug("edge.json", error.to_string()))?;
    env.kv(BINDING)?.put(POINTER_KEY, text).map_err(unreadable)?.execute().await.map_err(unreadable)
}

/// What is current, as KV says it: perhaps a minute late.
pub async fn pointer(env: &Env) -> Result<Option<Pointer>, Fault> {
    current(&env.kv(BINDING)?).await
}

/// The document that a pointer names, every byte of it verified.
pub async fn bytes(env: &Env, pointer: &Pointer) -> Result<Vec<u8>, Fault> {
    joined(&env.kv(BINDING)?, pointer).await
}

/// The same, read.
pub async fn document_of(env: &Env, pointer: &Pointer) -> Result<Document, Fault> {
    document(&env.kv(BINDING)?, pointer).await
}

/// What answers from this pointer's document: the one that this isolate has, if it is that.
pub async fn answerer_of(env: &Env, pointer: &Pointer) -> Result<Rc<Answerer>, Fault> {
    let have = CACHED.with_borrow(|cached| {
        let cached = cached.as_ref().filter(|cached| cached.digest == pointer.digest)?;
        cached.answerer.clone().filter(|answerer| answerer.version() == pointer.version)
    });
    match have {
        Some(answerer) => Ok(answerer),
        None => Ok(Rc::new(read(env, pointer).await?)),
    }
}

/// What answers from this pointer's document, with the model that it has by now.
pub async fn read(env: &Env, pointer: &Pointer) -> Result<Answerer, Fault> {
    let kv = env.kv(BINDING)?;
    let model = model_ref(&kv, &pointer.digest).await;
    Ok(read_with(&kv, pointer, model).await?.answerer)
}

/// What answers from a document that this pointer would name, stored or not, with the model that it has by now.
pub async fn trained(env: &Env, document: Document, pointer: &Pointer) -> Result<Answerer, Fault> {
    let kv = env.kv(BINDING)?;
    let model = model_ref(&kv, &pointer.digest).await;
    Ok(loaded(&kv, document, pointer, model).await.answerer)
}

/// Arms of experiments that nobody is to hear, as this isolate knows them.
pub fn stopped() -> Rc<Stopped> {
    STOPPED.with_borrow(Rc::clone)
}

async fn stopped_arms(env: &Env) -> Result<Stopped, Fault> {
    let Some(bytes) = env.kv(BINDING)?.get(STOPPED_KEY).bytes().await.map_err(unreadable)? else {
        return Ok(Stopped::default());
    };
    serde_json::from_slice(&bytes).map_err(|error| Fault::unavailable("knowledge.stopped", error.to_string()))
}

/// Tells isolates which arms nobody is to hear.
pub async fn set_stopped(env: &Env, stopped: &Stopped) -> Result<(), Fault> {
    let text = serde_json::to_string(stopped).map_err(|error| Fault::bug("edge.json", error.to_string()))?;
    env.kv(BINDING)?.put(STOPPED_KEY, text).map_err(unreadable)?.execute().await.map_err(unreadable)
}

/// The shadow run that is under way.
pub async fn shadow_run(env: &Env) -> Result<Option<ShadowRun>, Fault> {
    let Some(bytes) = env.kv(BINDING)?.get(SHADOW_KEY).bytes().await.map_err(unreadable)? else {
        return Ok(None);
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|error| Fault::unavailable("knowledge.shadow", error.to_string()))
}

/// Tells isolates of a shadow run, or that there is none.
pub async fn set_shadow_run(env: &Env, run: Option<&ShadowRun>) -> Result<(), Fault> {
    let kv = env.kv(BINDING)?;
    let Some(run) = run else { return kv.delete(SHADOW_KEY).await.map_err(unreadable) };
    let text = serde_json::to_string(run).map_err(|error| Fault::bug("edge.json", error.to_string()))?;
    kv.put(SHADOW_KEY, text).map_err(unreadable)?.execute().await.map_err(unreadable)
}

/// The version this isolate answers from.
pub fn version() -> Option<u64> {
    CACHED.with_borrow(|cached| Some(cached.as_ref()?.answerer.as_ref()?.version()))
}

fn unreadable(error: impl ToString) -> Fault {
    Fault::unavailable("knowledge.kv", error.to_string())
}

const BINDING: &str = "KNOWLEDGE";
