//! The drain: pays what conversations owe, one step at a time, exactly as `desk::outbox` says.

use super::clock::{self, within};
use super::conversation_do::Shared;
use super::fault::Fault;
use super::floor_do::{Answered as FloorAnswered, Call as FloorCall};
use super::{channels, clients, log, wechat_api};
use crate::base::channel::ChannelKind;
use crate::base::digest::hex;
use crate::base::id::ConversationId;
use crate::base::limits::{
    CHANNEL_WAIT_MS, DRAIN_GUARD_MS, DRAIN_ROUNDS_MAX, DRAIN_STEPS_MAX, DRAIN_WIDTH_MAX, SEND_BACKOFF_MS,
    SEND_MS_MAX, TOKEN_CACHED_MS,
};
use crate::base::message::{OutboundContent, SendVerdict};
use crate::base::secret::Secret;
use crate::base::time::TimeMs;
use crate::desk::conversation::Write;
use crate::desk::floor::Input;
use crate::desk::outbox::{Pending, Step};
use crate::desk::ticket::Notice;
use crate::office::channel::Channel;
use crate::office::credential::{Call as TokenCall, Reply as Token};
use crate::store::conversation::{due, next_due, pending, write};
use futures_util::future::join_all;
use std::collections::BTreeSet;
use std::rc::Rc;

/// A token as its keeper gave it.
#[derive(Clone)]
pub struct CachedToken {
    token: Secret,
    version: u64,
    until: TimeMs,
}

/// Works until nothing is due that another drain of this instance is not already working on.
pub async fn drain(shared: &Shared) {
    // What was looked at and could not be moved is the alarm's.
    let mut stuck = BTreeSet::new();
    for _ in 0..DRAIN_ROUNDS_MAX {
        let found = match due(&shared.object.sql, clock::now(), DRAIN_WIDTH_MAX) {
            Ok(found) => found,
            Err(error) => return log::fault("drain", &error.into(), ""),
        };
        let mine: Vec<_> = found.into_iter().filter(|id| !stuck.contains(id) && claim(shared, id)).collect();
        if mine.is_empty() {
            break;
        }
        let moved = join_all(mine.iter().map(|id| drain_one(shared, id))).await;
        stuck.extend(mine.into_iter().zip(moved).filter(|(_, moved)| !moved).map(|(id, _)| id));
    }
    if let Err(fault) = rearm(shared).await {
        log::fault("drain", &fault, "");
    }
    shared.object.log_rows();
}

/// What is due later goes to the alarm. What is due now is in another drain's hands, and the alarm stands behind it.
async fn rearm(shared: &Shared) -> Result<(), Fault> {
    match next_due(&shared.object.sql)? {
        Some(due) => {
            let now = clock::now();
            shared.object.arm(if due > now { due } else { now + DRAIN_GUARD_MS }).await
        }
        None => Ok(()),
    }
}

/// Whether no other drain of this instance is at it. From now on this one is.
fn claim(shared: &Shared, id: &ConversationId) -> bool {
    shared.in_flight.borrow_mut().insert(id.clone())
}

/// Returns whether any step was done.
async fn drain_one(shared: &Shared, id: &ConversationId) -> bool {
    let mut moved = false;
    let mut told = None;
    for _ in 0..DRAIN_STEPS_MAX {
        match step(shared, id, &mut told).await {
            Ok(true) => moved = true,
            Ok(false) => break,
            Err(fault) => {
                log::fault("drain", &fault, "");
                break;
            }
        }
    }
    shared.in_flight.borrow_mut().remove(id);
    moved
}

/// One step. Returns whether to look again at once. `told`: the revision that the floor has, not yet recorded.
async fn step(shared: &Shared, id: &ConversationId, told: &mut Option<u64>) -> Result<bool, Fault> {
    let instance = instance(shared)?;
    let Some(found) = look(shared, id, *told)? else { return Ok(false) };
    match found.step(&clock::turn()?, &instance) {
        Step::Idle => Ok(false),
        Step::Ended(writes) => {
            write(&shared.object.sql, id, writes)?;
            Ok(true)
        }
        Step::Tell(notice) => {
            let rev = notice.rev;
            let answered = tell(shared, notice).await;
            let reached = matches!(answered, Ok(FloorAnswered::Done));
            match answered {
                Ok(FloorAnswered::Full) => log::info("drain", "floor_full", &serde_json::Value::Null),
                Ok(_) => {}
                Err(fault) => log::fault("drain.tell", &fault, ""),
            }
            let Some(found) = look(shared, id, Some(rev).filter(|_| reached))? else { return Ok(false) };
            if reached && matches!(found.step(&clock::turn()?, &instance), Step::Token { .. }) {
                *told = Some(rev);
            } else {
                change(shared, id, None, |found| Ok(found.told(rev, reached, &clock::turn()?)))?;
            }
            Ok(true)
        }
        Step::Token { failed_version } => send(shared, id, failed_version, &instance, told.take()).await,
    }
}

/// Tells the floor of the conversation's channel.
async fn tell(shared: &Shared, notice: Notice) -> Result<FloorAnswered, Fault> {
    let channel = channels::of(&shared.object.env, &notice.conversation.channel).await?;
    clients::floor(&shared.object.env, channel.floor(), &FloorCall::Input(Input::Notice(notice))).await
}

/// Fetches a token, marks the attempt, sends, records the end.
async fn send(
    shared: &Shared,
    id: &ConversationId,
    failed: Option<u64>,
    instance: &str,
    told: Option<u64>,
) -> Result<bool, Fault> {
    let ready = match in_service(shared, id).await {
        Ok(channel) => token(shared, id, &channel, failed).await.map(|token| (channel.kind, token)),
        Err(retry_after_ms) => Err(retry_after_ms),
    };
    let (kind, token) = match ready {
        Ok(ready) => ready,
        Err(retry_after_ms) => {
            change(shared, id, told, |found| Ok(found.postponed(&clock::turn()?, retry_after_ms)))?;
            return Ok(true);
        }
    };
    let Some(found) = look(shared, id, told)? else { return Ok(false) };
    let Some((content, writes)) = found.begin(&clock::turn()?, instance) else { return Ok(false) };
    // From here to the request there is no await: the mark is durable before anything leaves (output gate).
    write(&shared.object.sql, id, writes)?;
    let verdict = attempt(shared, id, kind, &content, &token.token).await;
    if verdict != SendVerdict::Delivered {
        log::info("drain", "send_not_delivered", &serde_json::json!(verdict));
    }
    change(shared, id, None, |found| Ok(found.ended(&verdict, token.version, &clock::turn()?, instance)))?;
    Ok(true)
}

async fn attempt(
    shared: &Shared,
    id: &ConversationId,
    kind: ChannelKind,
    content: &OutboundContent,
    token: &Secret,
) -> SendVerdict {
    let Ok(config) = shared.object.config() else { return SendVerdict::Unknown };
    let sent = wechat_api::custom_send(&config.wechat_api, kind, &id.customer, content, None, token);
    within(SEND_MS_MAX, sent).await.unwrap_or(SendVerdict::Unknown)
}

/// The channel, if it may send; or how long to wait.
async fn in_service(shared: &Shared, id: &ConversationId) -> Result<Rc<Channel>, i64> {
    let channel = channels::of(&shared.object.env, &id.channel).await;
    channel.and_then(|channel| channel.in_service()).map_err(|fault| {
        log::fault("drain.channel", &fault, "");
        CHANNEL_WAIT_MS
    })
}

/// A token that is not the one that failed; or how long to wait for one.
async fn token(
    shared: &Shared,
    id: &ConversationId,
    channel: &Channel,
    failed_version: Option<u64>,
) -> Result<CachedToken, i64> {
    let now = clock::now();
    let cached = shared.tokens.borrow().get(id.channel.as_str()).cloned();
    if let Some(cached) = cached.filter(|cached| cached.until > now && Some(cached.version) != failed_version)
    {
        return Ok(cached);
    }
    let asked = async {
        let call = TokenCall::Token { failed_version };
        clients::credential(&shared.object.env, channel, &call).await
    };
    match asked.await {
        Ok(Token::Ready { token, version, expires_at }) => {
            let until = expires_at.min(now + TOKEN_CACHED_MS);
            let cached = CachedToken { token, version, until };
            shared.tokens.borrow_mut().insert(id.channel.0.clone(), cached.clone());
            Ok(cached)
        }
        Ok(Token::Wait { retry_after_ms }) => Err(retry_after_ms),
        Ok(Token::Unavailable { trouble, errcode, retry_after_ms }) => {
            let fields =
                serde_json::json!({ "channel": id.channel, "code": trouble.code(), "errcode": errcode });
            log::info("drain", "token_unavailable", &fields);
            Err(retry_after_ms)
        }
        Ok(_) => Err(SEND_BACKOFF_MS),
        Err(fault) => {
            log::fault("drain.token", &fault, "");
            Err(SEND_BACKOFF_MS)
        }
    }
}

/// What the conversation owes, with what the floor has been told since it was last recorded.
fn look(shared: &Shared, id: &ConversationId, told: Option<u64>) -> Result<Option<Pending>, Fault> {
    Ok(pending(&shared.object.sql, id)?.map(|found| found.hearing(told)))
}

/// Looks again after an await, decides, writes.
fn change(
    shared: &Shared,
    id: &ConversationId,
    told: Option<u64>,
    decide: impl FnOnce(Pending) -> Result<Vec<Write>, Fault>,
) -> Result<(), Fault> {
    let Some(found) = look(shared, id, told)? else { return Ok(()) };
    let writes = decide(found)?;
    Ok(write(&shared.object.sql, id, writes)?)
}

fn instance(shared: &Shared) -> Result<String, Fault> {
    if let Some(instance) = shared.instance.borrow().as_ref() {
        return Ok(instance.clone());
    }
    let made = hex(&clock::entropy::<16>()?);
    *shared.instance.borrow_mut() = Some(made.clone());
    Ok(made)
}
