//! `OfficeObject`: staff and their sessions, and the channels.

use super::clock;
use super::fault::Fault;
use super::object::Object;
use crate::office::{Call, Reply};
use crate::store::office::{MIGRATIONS, turn};
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// The object.
#[durable_object(fetch)]
pub struct OfficeObject {
    object: Object,
}

impl DurableObject for OfficeObject {
    fn new(state: State, env: Env) -> Self {
        Self { object: Object::new("office", state, env, MIGRATIONS) }
    }

    async fn fetch(&self, mut req: Request) -> Result<Response> {
        let answered = self.answer(&mut req).await;
        self.object.respond(answered)
    }
}

impl OfficeObject {
    async fn answer(&self, req: &mut Request) -> core::result::Result<Reply, Fault> {
        let call: Call = self.object.call(req).await?;
        let config = self.object.config()?;
        Ok(turn(&self.object.sql, call, &config.deployment_keys, &clock::turn()?)?)
    }
}
