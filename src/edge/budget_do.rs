//! `BudgetObject`: what the remote tier has spent, and whether its endpoints are worth asking. One for the deployment.

use super::clock;
use super::fault::Fault;
use super::object::Object;
use crate::office::remote::{Call, Reply};
use crate::store::remote::{MIGRATIONS, turn};
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// The object.
#[durable_object(fetch)]
pub struct BudgetObject {
    object: Object,
}

impl DurableObject for BudgetObject {
    fn new(state: State, env: Env) -> Self {
        Self { object: Object::new("budget", state, env, MIGRATIONS) }
    }

    async fn fetch(&self, mut req: Request) -> Result<Response> {
        let answered = self.answer(&mut req).await;
        self.object.respond(answered)
    }
}

impl BudgetObject {
    async fn answer(&self, req: &mut Request) -> core::result::Result<Reply, Fault> {
        let call: Call = self.object.call(req).await?;
        Ok(turn(&self.object.sql, call, &clock::turn()?)?)
    }
}
