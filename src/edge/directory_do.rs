//! `DirectoryObject`: who of whom, across channels.

use super::clock;
use super::fault::Fault;
use super::object::Object;
use crate::office::directory::{Call, Reply};
use crate::store::directory::{MIGRATIONS, turn};
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// The object.
#[durable_object(fetch)]
pub struct DirectoryObject {
    object: Object,
}

impl DurableObject for DirectoryObject {
    fn new(state: State, env: Env) -> Self {
        Self { object: Object::new("directory", state, env, MIGRATIONS) }
    }

    async fn fetch(&self, mut req: Request) -> Result<Response> {
        let answered = self.answer(&mut req).await;
        self.object.respond(answered)
    }
}

impl DirectoryObject {
    async fn answer(&self, req: &mut Request) -> core::result::Result<Reply, Fault> {
        let call: Call = self.object.call(req).await?;
        Ok(turn(&self.object.sql, call, &clock::turn()?)?)
    }
}
