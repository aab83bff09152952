//! `KefuObject`: pulls the messages of one channel of WeCom's customer service and hands each to its conversation.

use super::clock::{self, within};
use super::fault::Fault;
use super::object::Object;
use super::propose::Proposer;
use super::{channels, clients, knowledge, log, shadow, terms, wechat_api};
use crate::base::limits::{
    CHANNEL_WAIT_MS, KEFU_GUARD_MS, KEFU_PAGES_MAX, KEFU_PULL_MS_MAX, KEFU_WIDTH_MAX, SEND_BACKOFF_MS,
};
use crate::base::message::Inbound;
use crate::base::secret::Secret;
use crate::base::time::TimeMs;
use crate::desk::receiving::{Heard, Receiving};
use crate::desk::terms::Arrival;
use crate::knowledge::circumstances::Circumstances;
use crate::knowledge::dialogue::Topic;
use crate::office::channel::Channel;
use crate::office::credential::{Call as TokenCall, Reply as Token};
use crate::office::pump::{Failure, Knock, Pull, belated, is_timely};
use crate::store::pump::{MIGRATIONS, change, load};
use crate::wechat::api::Answer;
use crate::wechat::kefu::sync::{Page, parse_sync, sync_msg};
use core::cell::Cell;
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// The object, one per channel.
#[durable_object(alarm)]
pub struct KefuObject {
    shared: Rc<Shared>,
}

struct Shared {
    object: Object,
    /// One pull at a time.
    is_pulling: Cell<bool>,
}

/// Over when it is dropped, also when the work dies.
struct Pulling<'a>(&'a Cell<bool>);

impl Drop for Pulling<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl DurableObject for KefuObject {
    fn new(state: State, env: Env) -> Self {
        let object = Object::new("kefu", state, env, MIGRATIONS);
        Self { shared: Rc::new(Shared { object, is_pulling: Cell::new(false) }) }
    }

    async fn fetch(&self, mut req: Request) -> Result<Response> {
        let answered = self.knocked(&mut req).await;
        self.shared.object.respond(answered)
    }

    async fn alarm(&self) -> Result<Response> {
        let object = &self.shared.object;
        object.alarm_went_off();
        if let Err(fault) = self.shared.went_off().await {
            log::fault("kefu.alarm", &fault, "");
            // Nothing else would wake the object when callbacks are lost.
            let armed = object.arm(clock::now() + KEFU_GUARD_MS).await;
            armed.map_err(|fault| worker::Error::RustError(fault.code.to_owned()))?;
        }
        Response::empty()
    }
}

impl KefuObject {
    /// That a pull is due is durable before the callback is answered; the pull itself is nobody's to wait for.
    async fn knocked(&self, req: &mut Request) -> core::result::Result<(), Fault> {
        let object = &self.shared.object;
        let knock: Knock = object.call(req).await?;
        let now = clock::now();
        change(&object.sql, |pump| pump.knocked(knock, now))?;
        object.arm(now + KEFU_GUARD_MS).await?;
        let shared = Rc::clone(&self.shared);
        object.state.wait_until(async move { shared.pull().await });
        Ok(())
    }
}

impl Shared {
    /// Arms again first, so that a failure below does not stop the clockwork.
    async fn went_off(&self) -> core::result::Result<(), Fault> {
        self.object.ready().await?;
        self.object.arm(clock::now() + KEFU_GUARD_MS).await?;
        self.pull().await;
        Ok(())
    }

    /// Pulls until nothing is due, or for so many pages; the alarm sees to what is left.
    async fn pull(&self) {
        if self.is_pulling.replace(true) {
            return;
        }
        let pulling = Pulling(&self.is_pulling);
        for _ in 0..KEFU_PAGES_MAX {
            match self.page().await {
                Ok(true) => {}
                Ok(false) => break,
                Err(fault) => {
                    log::fault("kefu.pull", &fault, "");
                    break;
                }
            }
        }
        drop(pulling);
        let armed = match load(&self.object.sql) {
            Ok(pump) => self.object.arm(pump.due_at).await,
            Err(error) => Err(error.into()),
        };
        if let Err(fault) = armed {
            log::fault("kefu.arm", &fault, "");
        }
        self.object.log_rows();
    }

    /// One page. Returns whether another one may be due.
    async fn page(&self) -> core::result::Result<bool, Fault> {
        let Some(pull) = load(&self.object.sql)?.pull(clock::now()) else { return Ok(false) };
        let (channel, page) = match self.fetch(&pull).await {
            Ok(fetched) => fetched,
            Err(failure) => {
                log::info("kefu", "pull_failed", &serde_json::json!({ "why": format!("{failure:?}") }));
                change(&self.object.sql, |pump| pump.failed(&pull, failure, clock::now()))?;
                return Ok(true);
            }
        };
        let failed = self.hand_over(&channel, &page, clock::now()).await?;
        let now = clock::now();
        let keys: Vec<String> = failed.into_iter().collect();
        let is_done = change(&self.object.sql, |pump| {
            let is_done = keys.is_empty() || pump.stumbled(&pull, &keys, now);
            if is_done {
                pump.advanced(&pull, page.next_cursor.clone(), page.has_more, now);
            }
            is_done
        })?;
        if is_done && !keys.is_empty() {
            skipped(&self.object.env, &channel, &keys).await;
        }
        Ok(true)
    }

    async fn fetch(&self, pull: &Pull) -> core::result::Result<(Rc<Channel>, Page), Failure> {
        let not_asked = |fault: Fault| {
            log::fault("kefu.channel", &fault, "");
            Failure::NotAsked { retry_after_ms: CHANNEL_WAIT_MS }
        };
        let known = channels::of(&self.object.env, &pull.channel).await;
        let channel = known.and_then(|known| known.in_service()).map_err(not_asked)?;
        let config = self.object.config().map_err(not_asked)?;
        let open_kfid = channel.settings.open_kfid.clone().unwrap_or_default();
        let request = sync_msg(&open_kfid, pull.cursor.as_deref(), pull.token.as_ref(), pull.limit);
        let mut failed_version = None;
        loop {
            let (token, version) = self.token(&channel, failed_version).await?;
            let asked = wechat_api::perform(&config, &request, Some(&token));
            let answer = match within(KEFU_PULL_MS_MAX, asked).await.flatten() {
                Some((status, body)) => parse_sync(status, &body),
                None => Answer::Unknown,
            };
            return match answer {
                Answer::Ok(page) => Ok((channel, page)),
                Answer::Refused { errcode: 40_001 | 40_014 | 42_001 } if failed_version.is_none() => {
                    failed_version = Some(version);
                    continue;
                }
                Answer::Refused { errcode } => Err(Failure::Refused { errcode }),
                Answer::Unknown => Err(Failure::NoAnswer),
            };
        }
    }

    async fn token(
        &self,
        channel: &Channel,
        failed_version: Option<u64>,
    ) -> core::result::Result<(Secret, u64), Failure> {
        let call = TokenCall::Token { failed_version };
        let retry_after_ms = match clients::credential(&self.object.env, channel, &call).await {
            Ok(Token::Ready { token, version, .. }) => return Ok((token, version)),
            Ok(Token::Wait { retry_after_ms } | Token::Unavailable { retry_after_ms, .. }) => retry_after_ms,
            Ok(_) => SEND_BACKOFF_MS,
            Err(fault) => {
                log::fault("kefu.token", &fault, "");
                SEND_BACKOFF_MS
            }
        };
        Err(Failure::NotAsked { retry_after_ms })
    }

    /// Gives each message to its conversation, in each one in order. Returns the keys of those that could not be.
    async fn hand_over(
        &self,
        channel: &Channel,
        page: &Page,
        received_at: TimeMs,
    ) -> core::result::Result<BTreeSet<String>, Fault> {
        let mut by_customer: BTreeMap<String, Vec<Inbound>> = BTreeMap::new();
        for message in &page.messages {
            let is_ours = message.open_kfid.is_empty()
                || channel.settings.open_kfid.as_deref() == Some(&message.open_kfid);
            if let Some(inbound) = message.to_inbound(channel.id()).filter(|_| is_ours) {
                by_customer.entry(inbound.conversation.key()).or_default().push(inbound);
            }
        }
        let of_customers: Vec<Vec<Inbound>> = by_customer.into_values().collect();
        let mut failed = BTreeSet::new();
        for some in of_customers.chunks(KEFU_WIDTH_MAX) {
            let handing = some.iter().map(|inbounds| self.hand_over_to(channel, inbounds, received_at));
            failed.extend(join_all(handing).await.into_iter().flatten().flatten());
        }
        Ok(failed)
    }

    /// The keys of those that could not be handed over. What is behind one that cannot goes on: it is better out of
    /// order than not at all, and the one is tried again with the whole page.
    async fn hand_over_to(
        &self,
        channel: &Channel,
        inbounds: &[Inbound],
        received_at: TimeMs,
    ) -> Vec<Option<String>> {
        let mut failed = Vec::new();
        for inbound in inbounds {
            if let Err(fault) = self.receive(channel, inbound, received_at).await {
                log::fault("kefu.receive", &fault, "");
                failed.push(Some(inbound.key.0.clone()));
            }
        }
        failed
    }

    async fn receive(
        &self,
        channel: &Channel,
        inbound: &Inbound,
        received_at: TimeMs,
    ) -> core::result::Result<(), Fault> {
        let Object { env, state, .. } = &self.object;
        let config = self.object.config()?;
        let answerer = knowledge::answerer_in(env, |refreshing| state.wait_until(refreshing)).await;
        let circumstances = Circumstances { channel: channel.id(), hours: channel.settings.hours.as_ref() };
        let proposer = Proposer::new(env, answerer, &config, inbound).await;
        let propose = |topic: Option<&Topic>| {
            let proposal = proposer.propose(topic, &circumstances, received_at);
            if is_timely(inbound, received_at) { proposal } else { belated(inbound, proposal) }
        };
        // No callback waits for an answer.
        let arrival = Arrival { received_at, verified_at: clock::now(), answer_by: received_at };
        let terms = terms::of(&config, &channel.settings);
        let mut receiving = Receiving::new(inbound, arrival, &terms, propose(None));
        loop {
            let answered =
                clients::conversation(env, &config.addressing, &inbound.conversation, receiving.call())
                    .await?;
            match receiving.heard(answered, |topic| propose(Some(topic))) {
                Heard::Decided { received, again } => {
                    let hours = circumstances.hours;
                    let decided = (&received, again);
                    shadow::behind(env, &proposer, hours, received_at, decided, |scoring| {
                        state.wait_until(scoring)
                    });
                    return Ok(());
                }
                Heard::AskAgain => {}
                Heard::Stray => return Err(Fault::bug("ledger.answer", "an answer to another call")),
            }
        }
    }
}

/// Counts what was given up where the operator sees what is wrong with a channel.
async fn skipped(env: &Env, channel: &Channel, keys: &[String]) {
    log::info("kefu", "messages_skipped", &serde_json::json!({ "channel": channel.id(), "keys": keys }));
    let count = u64::try_from(keys.len()).unwrap_or(u64::MAX);
    let counts = [("kefu.skipped".to_owned(), count)].into();
    if let Err(fault) = clients::credential(env, channel, &TokenCall::CountRefusals { counts }).await {
        log::fault("kefu.skipped", &fault, "");
    }
}
