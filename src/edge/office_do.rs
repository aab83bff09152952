//! `OfficeObject`: staff and their sessions, the channels, and the library.

use super::fault::Fault;
use super::object::Object;
use super::{clients, clock};
use crate::office::{Call, Reply, library};
use crate::store;
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
        if req.path() == clients::LIBRARY_PATH {
            let answered = self.library(&mut req).await;
            return self.object.respond(answered);
        }
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

    async fn library(&self, req: &mut Request) -> core::result::Result<library::Reply, Fault> {
        let call: library::Call = self.object.call(req).await?;
        Ok(store::library::turn(&self.object.sql, call, &clock::turn()?)?)
    }
}
