//! Requests and responses as the worker's own routes need them: bounded bodies, cookies, origins.

use super::fault::{Fault, Kind};
use serde::Serialize;
use serde::de::DeserializeOwned;
use worker::{Method, Request, Response, ResponseBuilder};

/// The body, if it has at most `bytes_max` bytes. A body without a stated length is counted as it is read.
pub async fn body(req: &mut Request, bytes_max: usize) -> Result<Vec<u8>, Fault> {
    use futures_util::StreamExt as _;
    let too_large = || Fault::new(Kind::TooLarge, "http.too_large", "The body is too large.");
    let stated = header(req, "content-length").and_then(|length| length.parse::<usize>().ok());
    if stated.is_some_and(|length| length > bytes_max) {
        return Err(too_large());
    }
    if stated.is_some() {
        let bytes = req.bytes().await?;
        return if bytes.len() > bytes_max { Err(too_large()) } else { Ok(bytes) };
    }
    let Ok(mut stream) = req.stream() else { return Ok(Vec::new()) };
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next().await {
        bytes.extend(chunk?);
        if bytes.len() > bytes_max {
            return Err(too_large());
        }
    }
    Ok(bytes)
}

/// The body as JSON. A state change must say that it is JSON: a form of a foreign page cannot.
pub async fn json<T: DeserializeOwned>(req: &mut Request, bytes_max: usize) -> Result<T, Fault> {
    let is_json = header(req, "content-type").is_some_and(|kind| kind.starts_with("application/json"));
    if !is_json {
        let words = "This address takes application/json.";
        return Err(Fault::new(Kind::BadRequest, "http.content_type", words));
    }
    let bytes = body(req, bytes_max).await?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let words = format!("The body is not the JSON that this address takes (line {}).", error.line());
        Fault::new(Kind::BadRequest, "http.body", words)
    })
}

/// A header, if it is there and readable.
pub fn header(req: &Request, name: &str) -> Option<String> {
    req.headers().get(name).ok().flatten()
}

/// The raw query, without the question mark.
pub fn query(req: &Request) -> String {
    req.inner().url().split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default()
}

/// One parameter of a query whose values need no decoding.
pub fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// Scheme, host and port that the request was made to.
pub fn own_origin(req: &Request) -> String {
    let url = req.inner().url();
    let after_scheme = url.find("://").map_or(0, |at| at.saturating_add(3));
    let end = url
        .get(after_scheme..)
        .and_then(|rest| rest.find(['/', '?']))
        .map(|at| at.saturating_add(after_scheme));
    end.and_then(|end| url.get(..end)).unwrap_or(&url).to_owned()
}

/// A cookie's value.
pub fn cookie(req: &Request, name: &str) -> Option<String> {
    let cookies = header(req, "cookie")?;
    cookies
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

/// The token of `Authorization: Bearer …`.
pub fn bearer(req: &Request) -> Option<String> {
    header(req, "authorization")?.strip_prefix("Bearer ").map(str::to_owned)
}

/// 405, unless the method is this one.
pub fn only(req: &Request, method: Method) -> Result<(), Fault> {
    if req.method() == method {
        return Ok(());
    }
    Err(Fault::new(Kind::Method, "http.method", "Not with this method."))
}

/// 200 with JSON that nobody may keep.
pub fn ok<T: Serialize>(body: &T) -> Result<Response, Fault> {
    answer(200, body)
}

/// Any status with JSON that nobody may keep.
pub fn answer<T: Serialize>(status: u16, body: &T) -> Result<Response, Fault> {
    let builder = ResponseBuilder::new().with_status(status).with_header("cache-control", "no-store")?;
    Ok(builder.with_header("x-content-type-options", "nosniff")?.from_json(body)?)
}
