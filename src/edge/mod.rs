//! L4, the shell: the only code that may name `worker`. Takes requests in, asks the objects, hands answers out.

mod api;
mod bucket;
mod budget_do;
mod channel_api;
mod channels;
mod clients;
mod clock;
mod conversation_do;
mod credential_do;
mod differences;
mod directory_do;
mod doctor;
mod download;
mod drain;
mod encoder;
mod errands;
mod experiment_api;
mod fault;
mod floor_do;
mod health;
mod http;
mod identify;
mod in_hand;
mod insight_api;
mod insight_do;
mod kefu_do;
mod kefu_gate;
mod knowledge;
mod library_api;
mod log;
mod media;
mod media_api;
mod moods;
mod object;
mod office_do;
mod operator;
mod person_api;
mod propose;
mod publishing;
mod refusals;
mod remote;
mod report;
mod responder;
mod send;
mod sessions;
mod settings;
mod shadow;
mod shadow_api;
mod sql;
mod table_api;
mod terms;
mod training;
mod upload;
mod webhook;
mod wechat_api;

use crate::base::digest::hex;
use crate::wire::route::Route;
use fault::{Fault, Kind};
use worker::{Context, Env, Method, Request, Response, Result, event};

/// Every request from outside.
#[event(fetch)]
async fn fetch(req: Request, env: Env, ctx: Context) -> Result<Response> {
    let route = Route::parse(&req.path());
    if route == Route::Asset {
        return env.assets("ASSETS")?.fetch_request(req).await;
    }
    match serve(route, req, &env, &ctx).await {
        Ok(response) => Ok(response),
        Err(fault) => {
            let request_id = clock::entropy::<8>().map(|bytes| hex(&bytes)).unwrap_or_default();
            log::fault("http", &fault, &request_id);
            fault.response(&request_id)
        }
    }
}

async fn serve(
    route: Route,
    req: Request,
    env: &Env,
    ctx: &Context,
) -> core::result::Result<Response, Fault> {
    settings::config(env)?;
    let received_at = clock::now();
    let channels = match channels::behind(env, ctx).await {
        Ok(channels) => channels,
        Err(fault) => {
            if matches!(route, Route::Callback { .. }) {
                webhook::hold(received_at).await;
            }
            return Err(fault);
        }
    };
    match route {
        Route::Callback { path } => webhook::serve(req, env, ctx, channels, &path, received_at).await,
        Route::Health => {
            http::only(&req, Method::Get)?;
            let loaded = knowledge::answerer(env, ctx).await.is_some();
            let in_service = channels.in_service();
            http::ok(&serde_json::json!({
                "ok": loaded && in_service > 0, "knowledge_version": knowledge::version(), "channels": in_service
            }))
        }
        Route::HealthChannels => health::list(&req, env).await,
        Route::Session => sessions::serve(req, env).await,
        Route::Tickets => api::tickets(&req, env).await,
        Route::FloorSocket => api::floor_socket(&req, env).await,
        Route::Conversation(id) => api::conversation(&req, env, id).await,
        Route::Replies(id) => api::reply(req, env, id).await,
        Route::Withdrawals(id) => api::withdraw(req, env, id).await,
        Route::Resolution(id) => api::resolution(req, env, id).await,
        Route::Mood(id) => moods::label(req, env, id).await,
        Route::Files(id) => media_api::keep(req, env, id).await,
        Route::File(key) => media_api::show(&req, env, key).await,
        Route::Channels => channel_api::list(&req, env).await,
        Route::Channel(id) => channel_api::put(req, env, id).await,
        Route::Diagnosis(id) => doctor::diagnosis(&req, env, ctx, id).await,
        Route::Person(id) => person_api::person(&req, env, id).await,
        Route::PersonHistory(id) => person_api::history(&req, env, id).await,
        Route::PersonJoins(id, other) => person_api::joins(req, env, id, other).await,
        Route::PersonSplits(id, other) => person_api::splits(req, env, id, other).await,
        Route::Knowledge(route) => library_api::serve(req, env, route).await,
        Route::OperatorIdentities => person_api::told(req, env).await,
        Route::OperatorStaff => operator::staff(req, env).await,
        Route::OperatorKnowledge => operator::publish(req, env).await,
        Route::OperatorTable => table_api::table(req, env).await,
        Route::OperatorTableErrors => table_api::operator_errors(req, env).await,
        Route::OperatorRemote => operator::remote(&req, env).await,
        Route::OperatorEncoder => encoder::serve(req, env).await,
        Route::OperatorRefusals => operator::refusals(&req, env).await,
        Route::Insight(route) => insight_api::serve(route, req, env, ctx).await,
        Route::Unknown | Route::Asset => {
            Err(Fault::new(Kind::NotFound, "http.not_found", "There is nothing at this address."))
        }
    }
}
