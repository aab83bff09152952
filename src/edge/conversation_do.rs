//! `ConversationObject`: the conversations of one customer, or of one shard of customers.

use super::drain::drain;
use super::fault::Fault;
use super::object::Object;
use super::{bucket, clock, log, report};
use crate::base::id::ConversationId;
use crate::base::limits::{
    ALARM_RETRY_MS, DRAIN_GUARD_MS, PENDING_LOOK_MS, PENDING_MARGIN_MS, PURGE_AGAIN_MS, PURGE_EVERY_MS,
};
use crate::base::time::TimeMs;
use crate::desk::call::{Answered, Call};
use crate::desk::heard::sampled_answer;
use crate::desk::message::Carrier;
use crate::store::conversation::{MIGRATIONS, expires_at, next_due, purge, turn};
use core::cell::{Cell, RefCell};
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use worker::{Delay, DurableObject, Env, Request, Response, Result, State, durable_object};

/// The object. What its background work shares is behind one `Rc`.
#[durable_object(alarm)]
pub struct ConversationObject {
    shared: Rc<Shared>,
}

/// All of it may vanish at any await; the storage is the truth.
pub(super) struct Shared {
    pub(super) object: Object,
    /// Made once per instance: tells our attempts from those of an instance before us.
    pub(super) instance: RefCell<Option<String>>,
    /// Conversations that a drain of this instance is working on.
    pub(super) in_flight: RefCell<BTreeSet<ConversationId>>,
    /// Access tokens, per channel, for a minute.
    pub(super) tokens: RefCell<BTreeMap<String, super::send::CachedToken>>,
    /// When the oldest row expires, as far as it is known.
    purge_at: Cell<Option<TimeMs>>,
}

impl DurableObject for ConversationObject {
    fn new(state: State, env: Env) -> Self {
        let shared = Shared {
            object: Object::new("conversation", state, env, MIGRATIONS),
            instance: RefCell::new(None),
            in_flight: RefCell::default(),
            tokens: RefCell::default(),
            purge_at: Cell::new(None),
        };
        Self { shared: Rc::new(shared) }
    }

    async fn fetch(&self, mut req: Request) -> Result<Response> {
        let answered = self.answer(&mut req).await;
        self.shared.object.respond(answered)
    }

    async fn alarm(&self) -> Result<Response> {
        if let Err(fault) = self.went_off().await {
            log::fault("conversation.alarm", &fault, "");
            // Nothing else would wake the object for what it owes.
            let armed = self.shared.object.arm(clock::now() + ALARM_RETRY_MS).await;
            armed.map_err(|fault| worker::Error::RustError(fault.code.to_owned()))?;
        }
        Response::empty()
    }
}

impl ConversationObject {
    async fn answer(&self, req: &mut Request) -> core::result::Result<Answered, Fault> {
        let object = &self.shared.object;
        let call: Call = object.call(req).await?;
        match &call {
            Call::Read { .. } | Call::History { .. } => Ok(turn(&object.sql, call, &clock::turn()?)?),
            Call::Receive { arrival, .. } => {
                let until = arrival.answer_by;
                let mut answered = self.decide(call.clone()).await?;
                // The callback may carry an answer that comes while it waits: each look is a turn of its own.
                while is_pending(&answered) && until - clock::now() > PENDING_MARGIN_MS {
                    Delay::from(Duration::from_millis(PENDING_LOOK_MS)).await;
                    answered = self.decide(call.clone()).await?;
                }
                Ok(answered)
            }
            _ => self.decide(call).await,
        }
    }

    /// One turn, and what it owes.
    async fn decide(&self, call: Call) -> core::result::Result<Answered, Fault> {
        let object = &self.shared.object;
        let now = clock::turn()?;
        let sampled = sampled_answer(&call);
        let answered = turn(&object.sql, call, &now)?;
        if let (Some(id), true) = (sampled, is_answered(&answered)) {
            report::sample(&self.shared, id, now.now)?;
        }
        // No await between the writes above and the alarm's request below: they commit together.
        let due = next_due(&object.sql)?;
        if due.is_some_and(|due| due <= now.now) {
            object.arm(now.now + DRAIN_GUARD_MS).await?;
            let shared = Rc::clone(&self.shared);
            object.state.wait_until(async move { drain(&shared).await });
        } else {
            let config = object.config()?;
            object.arm(due.unwrap_or(now.now + config.ledger_ms.min(config.message_ms))).await?;
        }
        Ok(answered)
    }

    /// Arms again first, so that a failure below does not stop the clockwork.
    async fn went_off(&self) -> core::result::Result<(), Fault> {
        let object = &self.shared.object;
        object.alarm_went_off();
        object.ready().await?;
        let now = clock::now();
        let purge_at = self.purge_at(now)?;
        let due = next_due(&object.sql)?.map(|due| due.max(now + DRAIN_GUARD_MS));
        let next = [due, purge_at.map(|at| at.max(now + PURGE_AGAIN_MS))].into_iter().flatten().min();
        if let Some(next) = next {
            object.arm(next).await?;
        }
        drain(&self.shared).await;
        if purge_at.is_some_and(|at| at <= now) {
            let config = object.config()?;
            let purged = purge(&object.sql, now + -config.ledger_ms, now + -config.message_ms)?;
            let rest_ms = if purged.more { PURGE_AGAIN_MS } else { PURGE_EVERY_MS };
            self.shared.purge_at.set(Some(now + rest_ms));
            object.arm(now + rest_ms).await?;
            // What cannot be deleted now is left to the bucket's own rule.
            bucket::delete(&object.env, &purged.files).await?;
        }
        object.log_rows();
        Ok(())
    }

    /// When to look for rows that have outlived their retention; `None` when there are no rows. What is written later
    /// expires later, so it is read anew only when that time has come.
    fn purge_at(&self, now: TimeMs) -> core::result::Result<Option<TimeMs>, Fault> {
        if let Some(at) = self.shared.purge_at.get().filter(|at| *at > now) {
            return Ok(Some(at));
        }
        let config = self.shared.object.config()?;
        let at = expires_at(&self.shared.object.sql, config.ledger_ms, config.message_ms)?;
        self.shared.purge_at.set(at);
        Ok(at)
    }
}

/// Whether it is the first word on a message, and says something.
fn is_answered(answered: &Answered) -> bool {
    let Answered::Received { received, again: false } = answered else { return false };
    matches!(received.carrier, Carrier::Passive | Carrier::CustomerMessage)
}

/// Whether a callback may still be given an answer that is not there yet.
fn is_pending(answered: &Answered) -> bool {
    matches!(answered, Answered::Received { received, .. } if received.carrier == Carrier::Pending)
}
