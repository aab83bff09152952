//! `CredentialObject`: one channel account's access token, and the count of its refused callbacks.

use super::clock::{self, within};
use super::fault::Fault;
use super::object::Object;
use super::{channels, clients, wechat_api};
use crate::base::limits::{TOKEN_FETCH_MS_MAX, TOKEN_FETCHES_MAX};
use crate::office::credential::{Call, FetchCause, Reply};
use crate::store::credential::{MIGRATIONS, turn};
use crate::wechat::api::{Answer, Grant};
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// The object, one per channel and appid.
#[durable_object(fetch)]
pub struct CredentialObject {
    object: Object,
}

impl DurableObject for CredentialObject {
    fn new(state: State, env: Env) -> Self {
        Self { object: Object::new("credential", state, env, MIGRATIONS) }
    }

    async fn fetch(&self, mut req: Request) -> Result<Response> {
        let answered = self.answer(&mut req).await;
        self.object.respond(answered)
    }
}

impl CredentialObject {
    /// Whoever is told to refresh is this object itself: it fetches, records, and answers with what came of it. The
    /// record may ask for one more fetch (a forced one, when WeChat gave the very token that it refuses).
    async fn answer(&self, req: &mut Request) -> core::result::Result<Reply, Fault> {
        let mut call: Call = self.object.call(req).await?;
        for _ in 0..TOKEN_FETCHES_MAX {
            let reply = turn(&self.object.sql, call, &clock::turn()?)?;
            let Reply::Refresh { force, lease } = reply else { return Ok(reply) };
            call = self.fetch_token(force, lease).await?;
        }
        Ok(turn(&self.object.sql, call, &clock::turn()?)?)
    }

    async fn fetch_token(&self, force: bool, lease: u64) -> core::result::Result<Call, Fault> {
        let config = self.object.config()?;
        let name = self.object.state.id().name().unwrap_or_default();
        let known = channels::recent(&self.object.env).await?;
        let channel = known.opened().find(|channel| clients::credential_name(channel) == name);
        let channel =
            channel.ok_or_else(|| Fault::unavailable("credential.channel", "there is no such channel"))?;
        let asked = wechat_api::fetch_token(&config, channel, force);
        let cause = match within(TOKEN_FETCH_MS_MAX, asked).await {
            Some(Answer::Ok(Grant { access_token: token, expires_in })) => {
                return Ok(Call::Fetched { lease, token, expires_in_s: i64::from(expires_in) });
            }
            Some(Answer::Refused { errcode }) => FetchCause::Errcode { errcode },
            Some(Answer::Unknown) => FetchCause::BadAnswer,
            None => FetchCause::NoAnswer,
        };
        Ok(Call::FetchFailed { lease, cause })
    }
}
