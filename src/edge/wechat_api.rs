//! Performs the requests that `wechat::api` describes. A token is put into an address here and nowhere else.

use crate::base::channel::ChannelKind;
use crate::base::secret::Secret;
use crate::config::Config;
use crate::office::channel::Channel;
use crate::wechat::api::{self, Answer, ApiRequest, Grant, Host};
use crate::wechat::kefu::account::gettoken;
use js_sys::Uint8Array;
use worker::{Fetch, Headers, Method, Request, RequestInit, RequestRedirect};

/// Asks for the account's token. WeCom's cannot be forced: it gives the same one while that is good.
pub async fn fetch_token(config: &Config, channel: &Channel, force_refresh: bool) -> Answer<Grant> {
    let (appid, app_secret) = (&channel.account.appid, &channel.app_secret);
    let request = match channel.kind {
        ChannelKind::Kefu => gettoken(appid, app_secret),
        ChannelKind::OfficialAccount | ChannelKind::MiniProgram => {
            api::stable_token(appid, app_secret, force_refresh)
        }
    };
    match perform(config, &request, None).await {
        Some((status, body)) => api::parse_token(status, &body),
        None => Answer::Unknown,
    }
}

/// Where a host of the API is.
fn address_of(config: &Config, host: Host) -> &str {
    match host {
        Host::Wechat => &config.wechat_api,
        Host::Wecom => &config.wecom_api,
    }
}

/// Status and body, or nothing when the exchange did not complete. Errors are not kept: they name the address,
/// and the address holds the token.
pub async fn perform(
    config: &Config,
    request: &ApiRequest,
    token: Option<&Secret>,
) -> Option<(u16, Vec<u8>)> {
    let mut response = Fetch::Request(self::request(config, request, token)?).send().await.ok()?;
    let body = response.bytes().await.ok()?;
    Some((response.status_code(), body))
}

/// The request as the platform takes it.
pub fn request(config: &Config, request: &ApiRequest, token: Option<&Secret>) -> Option<Request> {
    let host = address_of(config, request.host);
    let mut init = RequestInit::new();
    match request.method {
        api::Method::Get => init.with_method(Method::Get),
        // An array has a length, which WeChat demands; a stream would be chunked.
        api::Method::Post => {
            init.with_method(Method::Post).with_body(Some(Uint8Array::from(request.body.as_slice()).into()))
        }
    };
    let headers = Headers::new();
    headers.set("content-type", &request.content_type).ok()?;
    // A token goes to WeChat and nowhere on from there; a redirect is an answer that says nothing.
    init.with_headers(headers).with_redirect(RequestRedirect::Manual);
    let token = token.map(|token| format!("access_token={}", token.expose())).unwrap_or_default();
    let joint = if request.query.is_empty() || token.is_empty() { "" } else { "&" };
    let address = format!("{host}{}?{}{joint}{token}", request.path, request.query);
    Request::new_with_init(&address, &init).ok()
}
