//! The slower tier: a service of the company's own that is asked what the knowledge is unsure of.

use super::clock::within;
use super::log;
use crate::base::id::ConversationId;
use crate::base::limits::RESPONDER_BYTES_MAX;
use crate::config::{Config, Responder};
use crate::desk::late::{Ask, Said};
use crate::desk::message::Message;
use crate::wire::responder::{parse_answer, question};
use js_sys::Uint8Array;
use worker::{Fetch, Headers, Method, Request, RequestInit};

/// Puts the customer's question to the service and waits for it as long as the question may.
pub async fn ask(config: &Config, id: &ConversationId, asked: Option<&Message>, ask: &Ask) -> Said {
    let (Some(service), Some(text)) = (&config.responder, asked.and_then(Message::words)) else {
        return Said::Nothing;
    };
    let body = question(&id.channel, text, &ask.proposal);
    let wait_ms = u64::try_from(service.wait_ms).unwrap_or(0);
    match within(wait_ms, exchange(service, &body)).await.flatten() {
        Some((200, body)) => parse_answer(&body, text, ask.proposal.version).unwrap_or_else(|fault| {
            log::info("responder", fault.code(), &serde_json::Value::Null);
            Said::Failed
        }),
        Some((status, _)) => {
            log::info("responder", "status", &serde_json::json!(status));
            Said::Failed
        }
        None => Said::Failed,
    }
}

async fn exchange(service: &Responder, body: &str) -> Option<(u16, Vec<u8>)> {
    let headers = Headers::new();
    headers.set("content-type", "application/json; charset=utf-8").ok()?;
    if let Some(token) = &service.token {
        headers.set("authorization", &format!("Bearer {}", token.expose())).ok()?;
    }
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_body(Some(Uint8Array::from(body.as_bytes()).into()))
        .with_headers(headers);
    let request = Request::new_with_init(&service.address, &init).ok()?;
    let mut response = Fetch::Request(request).send().await.ok()?;
    let stated = response.headers().get("content-length").ok().flatten();
    if stated
        .and_then(|length| length.parse::<usize>().ok())
        .is_some_and(|length| length > RESPONDER_BYTES_MAX)
    {
        return None;
    }
    let body = response.bytes().await.ok()?;
    Some((response.status_code(), body))
}
