//! `InsightObject`: the questions that can be learned from, and what came of experiments. Nothing that a customer waits for asks it.

use super::fault::Fault;
use super::object::Object;
use super::{clock, knowledge, log};
use crate::base::limits::{ALARM_RETRY_MS, EXPERIMENTS_LOOK_MS, INSIGHT_PURGE_EVERY_MS, PURGE_AGAIN_MS};
use crate::insight::call::{Call, Reply};
use crate::store::exposure::{self, stop_harmful};
use crate::store::insight::{MIGRATIONS, is_empty, purge, turn};
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// The object.
#[durable_object(alarm)]
pub struct InsightObject {
    object: Object,
}

impl DurableObject for InsightObject {
    fn new(state: State, env: Env) -> Self {
        Self { object: Object::new("insight", state, env, MIGRATIONS) }
    }

    async fn fetch(&self, mut req: Request) -> Result<Response> {
        let answered = self.answer(&mut req).await;
        self.object.respond(answered)
    }

    async fn alarm(&self) -> Result<Response> {
        if let Err(fault) = self.went_off().await {
            log::fault("insight.alarm", &fault, "");
            let armed = self.object.arm(clock::now() + ALARM_RETRY_MS).await;
            armed.map_err(|fault| worker::Error::RustError(fault.code.to_owned()))?;
        }
        Response::empty()
    }
}

impl InsightObject {
    async fn answer(&self, req: &mut Request) -> core::result::Result<Reply, Fault> {
        let call: Call = self.object.call(req).await?;
        let is_write = call.is_write();
        let (is_exposed, is_stop) = (call.exposes(), matches!(call, Call::StopArm { .. }));
        let now = clock::turn()?;
        let reply = turn(&self.object.sql, call, &now)?;
        if is_stop {
            self.object.arm(now.now).await?;
        }
        if is_exposed {
            self.object.arm(now.now + self.object.config()?.experiment_ms + 1).await?;
        }
        if is_write {
            self.object.arm(now.now + INSIGHT_PURGE_EVERY_MS).await?;
        }
        Ok(reply)
    }

    /// Stops arms that harm, tells isolates of what is stopped, and looks again when the next customers count.
    async fn look_at_experiments(&self) -> core::result::Result<(), Fault> {
        let sql = &self.object.sql;
        let now = clock::now();
        let mature = now + -self.object.config()?.experiment_ms;
        stop_harmful(sql, mature, now)?;
        if let Some(stopped) = exposure::untold(sql)? {
            knowledge::set_stopped(&self.object.env, &stopped).await?;
            exposure::told(sql, &stopped)?;
        }
        if let Some(next) = exposure::next_mature(sql, mature)? {
            let due = next + self.object.config()?.experiment_ms;
            self.object.arm(due.max(now + EXPERIMENTS_LOOK_MS)).await?;
        }
        Ok(())
    }

    /// Removes what has outlived its retention, and looks again while there is anything.
    async fn went_off(&self) -> core::result::Result<(), Fault> {
        self.object.alarm_went_off();
        self.object.ready().await?;
        self.look_at_experiments().await?;
        let now = clock::now();
        let has_more = purge(&self.object.sql, self.object.config()?.message_ms, now)?;
        if !is_empty(&self.object.sql)? {
            let rest_ms = if has_more { PURGE_AGAIN_MS } else { INSIGHT_PURGE_EVERY_MS };
            self.object.arm(now + rest_ms).await?;
        }
        self.object.log_rows();
        Ok(())
    }
}
