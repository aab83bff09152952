//! `CredentialObject`: one channel account's access token, and the count of its refused callbacks.

use super::clock::{self, within};
use super::fault::Fault;
use super::object::Object;
use super::wechat_api;
use crate::base::limits::TOKEN_FETCH_MS_MAX;
use crate::office::credential::{Call, FetchCause, Reply};
use crate::store::credential::{MIGRATIONS, turn};
use crate::wechat::api::{Answer, Grant};
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// The object. Its name is the channel's id.
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
    /// The caller that is told to refresh is this object itself: it fetches, records, and answers with the result.
    async fn answer(&self, req: &mut Request) -> core::result::Result<Reply, Fault> {
        let call: Call = self.object.call(req).await?;
        let reply = turn(&self.object.sql, call, &clock::turn()?)?;
        let Reply::Refresh { force, lease } = reply else { return Ok(reply) };
        let fetched = match within(TOKEN_FETCH_MS_MAX, self.ask_wechat(force)).await {
            None => Call::FetchFailed { lease, cause: FetchCause::NoAnswer },
            Some(answer) => match answer? {
                Answer::Ok(grant) => Call::Fetched {
                    lease,
                    token: grant.access_token,
                    expires_in_s: i64::from(grant.expires_in),
                },
                Answer::Refused { errcode } => {
                    Call::FetchFailed { lease, cause: FetchCause::Errcode { errcode } }
                }
                Answer::Unknown => Call::FetchFailed { lease, cause: FetchCause::BadAnswer },
            },
        };
        Ok(turn(&self.object.sql, fetched, &clock::turn()?)?)
    }

    async fn ask_wechat(&self, force: bool) -> core::result::Result<Answer<Grant>, Fault> {
        let config = self.object.config()?;
        let name = self.object.state.id().name().unwrap_or_default();
        let channel = config.channels.iter().find(|channel| channel.id().as_str() == name);
        let channel =
            channel.ok_or_else(|| Fault::bug("credential.channel", "no such channel is configured"))?;
        let appid = &channel.account.appid;
        Ok(wechat_api::stable_token(&config.wechat_api, appid, &channel.app_secret, force).await)
    }
}
