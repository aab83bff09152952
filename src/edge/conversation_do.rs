//! `ConversationObject`: the conversations of one customer, or of one shard of customers.

use super::drain::drain;
use super::fault::Fault;
use super::object::Object;
use super::{clock, log};
use crate::base::id::ConversationId;
use crate::base::limits::{DRAIN_GUARD_MS, PURGE_AGAIN_MS, PURGE_EVERY_MS};
use crate::base::time::TimeMs;
use crate::desk::call::{Answered, Call};
use crate::store::conversation::{MIGRATIONS, next_due, purge, turn};
use core::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

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
    pub(super) tokens: RefCell<BTreeMap<String, super::drain::CachedToken>>,
    purged_at: Cell<Option<TimeMs>>,
}

impl DurableObject for ConversationObject {
    fn new(state: State, env: Env) -> Self {
        let shared = Shared {
            object: Object::new("conversation", state, env, MIGRATIONS),
            instance: RefCell::new(None),
            in_flight: RefCell::default(),
            tokens: RefCell::default(),
            purged_at: Cell::new(None),
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
        }
        Response::empty()
    }
}

impl ConversationObject {
    async fn answer(&self, req: &mut Request) -> core::result::Result<Answered, Fault> {
        let object = &self.shared.object;
        let call: Call = object.call(req).await?;
        let now = clock::turn()?;
        let is_read = matches!(call, Call::Read { .. });
        let answered = turn(&object.sql, call, &now)?;
        if is_read {
            return Ok(answered);
        }
        // No await between the writes above and the alarm's request below: they commit together.
        let owes_now = next_due(&object.sql)?.is_some_and(|due| due <= now.now);
        if owes_now {
            object.arm(now.now + DRAIN_GUARD_MS).await?;
            let shared = Rc::clone(&self.shared);
            object.state.wait_until(async move { drain(&shared).await });
        } else {
            object.arm(now.now + PURGE_EVERY_MS).await?;
        }
        Ok(answered)
    }

    /// Arms again first, so that a failure below does not stop the clockwork.
    async fn went_off(&self) -> core::result::Result<(), Fault> {
        let object = &self.shared.object;
        object.alarm_went_off();
        object.ready().await?;
        let now = clock::now();
        let due = next_due(&object.sql)?;
        let next = due.map_or(now + PURGE_EVERY_MS, |due| due.max(now + DRAIN_GUARD_MS));
        object.arm(next).await?;
        drain(&self.shared).await;
        if self.shared.purged_at.get().is_none_or(|at| now - at >= PURGE_EVERY_MS) {
            let config = object.config()?;
            if purge(&object.sql, now + -config.ledger_ms, now + -config.message_ms)? {
                object.arm(now + PURGE_AGAIN_MS).await?;
            } else {
                self.shared.purged_at.set(Some(now));
            }
        }
        object.log_rows();
        Ok(())
    }
}
