//! What the objects have in common: their storage, their configuration, one alarm, calls in and answers out.

use super::fault::{Fault, Kind};
use super::settings;
use super::sql::Sql;
use super::{clock, log};
use crate::base::time::TimeMs;
use crate::config::Config;
use crate::store::{StoreError, migrate};
use core::cell::Cell;
use core::time::Duration;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::rc::Rc;
use worker::{Env, Request, Response, State};

/// One object's surroundings.
pub struct Object {
    /// The platform's handle.
    pub state: State,
    /// Bindings.
    pub env: Env,
    /// The object's storage.
    pub sql: Sql,
    area: &'static str,
    migrated: Result<(), StoreError>,
    alarm: Cell<Alarm>,
}

/// What we know of the one alarm. Each setting of it is billed as a row, so it is only ever moved earlier.
#[derive(Clone, Copy)]
enum Alarm {
    Unknown,
    Unset,
    At(TimeMs),
}

impl Object {
    /// Takes over an object's storage and brings it to the newest schema. May run again on the same object.
    pub fn new(area: &'static str, state: State, env: Env, migrations: &[&'static [&'static str]]) -> Self {
        let sql = Sql::new(state.storage().sql());
        let migrated = migrate(&sql, migrations);
        Self { state, env, sql, area, migrated, alarm: Cell::new(Alarm::Unknown) }
    }

    /// The deployment's configuration.
    pub fn config(&self) -> Result<Rc<Config>, Fault> {
        settings::config(&self.env)
    }

    /// Storage that could be brought to the newest schema, and an alarm whose state is known.
    pub async fn ready(&self) -> Result<(), Fault> {
        self.migrated.clone()?;
        if matches!(self.alarm.get(), Alarm::Unknown) {
            let set = self.state.storage().get_alarm().await?;
            // Another event may have set it while we waited; what it knows is newer.
            if matches!(self.alarm.get(), Alarm::Unknown) {
                self.alarm.set(set.map_or(Alarm::Unset, |at| Alarm::At(TimeMs(at))));
            }
        }
        Ok(())
    }

    /// The call in a request's body.
    pub async fn call<C: DeserializeOwned>(&self, req: &mut Request) -> Result<C, Fault> {
        self.ready().await?;
        let bytes = req.bytes().await?;
        serde_json::from_slice(&bytes).map_err(|error| Fault {
            cause: Some(error.to_string()),
            ..Fault::new(Kind::BadRequest, "object.call", "Not a call.")
        })
    }

    /// The answer to a call, or what went wrong, logged here because it is handled here.
    pub fn respond<A: Serialize>(&self, answer: Result<A, Fault>) -> worker::Result<Response> {
        self.log_rows();
        match answer {
            Ok(answer) => Response::from_json(&answer),
            Err(fault) => {
                log::fault(self.area, &fault, "");
                fault.response("")
            }
        }
    }

    /// Makes sure that an alarm goes off at `at` or before.
    pub async fn arm(&self, at: TimeMs) -> Result<(), Fault> {
        if matches!(self.alarm.get(), Alarm::At(set) if set <= at) {
            return Ok(());
        }
        self.alarm.set(Alarm::At(at));
        // An alarm for "now", set within an alarm, is lost (workerd #6866).
        let wait_ms = u64::try_from(at - clock::now()).unwrap_or(0).max(1);
        self.sql.count_row();
        self.state.storage().set_alarm(Duration::from_millis(wait_ms)).await?;
        Ok(())
    }

    /// The alarm has gone off: none is set.
    pub fn alarm_went_off(&self) {
        self.alarm.set(Alarm::Unset);
    }

    /// Tells how many rows were written, where a deployment asks for it (`DEBUG_ROWS`).
    pub fn log_rows(&self) {
        let rows = self.sql.take_rows_written();
        if rows > 0 && settings::is_debugging_rows(&self.env) {
            log::info(self.area, "rows_written", &serde_json::json!(rows));
        }
    }
}
