//! Performs the requests that `wechat::api` describes. A token is put into an address here and nowhere else.

use super::clock::{self, within};
use crate::base::channel::ChannelKind;
use crate::base::limits::{HOST_ANSWER_MS_MAX, HOST_PROBE_MS_MAX};
use crate::base::secret::Secret;
use crate::config::Config;
use crate::office::channel::Channel;
use crate::wechat::api::{self, Answer, ApiRequest, Grant, Host};
use crate::wechat::host::{self, Hosts, Way};
use crate::wechat::kefu::account::gettoken;
use core::cell::RefCell;
use js_sys::Uint8Array;
use worker::{AbortController, Fetch, Headers, Method, Request, RequestInit, RequestRedirect};

thread_local! {
    static HOSTS: RefCell<Hosts> = RefCell::default();
}

/// An answer of WeChat's.
pub struct Heard {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Vec<u8>,
    /// When WeChat says that it was, as it says it.
    pub date: Option<String>,
}

/// Asks for the account's token. WeCom's cannot be forced: it gives the same one while that is good.
pub async fn fetch_token(config: &Config, channel: &Channel, force_refresh: bool) -> Answer<Grant> {
    match perform(config, &token_request(channel, force_refresh), None).await {
        Some((status, body)) => api::parse_token(status, &body),
        None => Answer::Unknown,
    }
}

/// The question for the account's token.
pub fn token_request(channel: &Channel, force_refresh: bool) -> ApiRequest {
    let (appid, app_secret) = (&channel.account.appid, &channel.app_secret);
    match channel.settings.kind {
        ChannelKind::Kefu => gettoken(appid, app_secret),
        ChannelKind::OfficialAccount | ChannelKind::MiniProgram => {
            api::stable_token(appid, app_secret, force_refresh)
        }
    }
}

/// Status and body, or nothing when no answer of WeChat's came.
pub async fn perform(
    config: &Config,
    request: &ApiRequest,
    token: Option<&Secret>,
) -> Option<(u16, Vec<u8>)> {
    ask(config, request, token).await.map(|heard| (heard.status, heard.body))
}

/// The answer, or nothing when none of WeChat's came. What is harmless to repeat is asked of the other host too. Errors
/// are not kept: they name the address, and the address holds the token.
pub async fn ask(config: &Config, request: &ApiRequest, token: Option<&Secret>) -> Option<Heard> {
    let addresses = addresses(config, request.host);
    let order = HOSTS.with_borrow(|hosts| hosts.order(&addresses, clock::now()));
    if !host::is_repeatable(request) {
        let is_trusted =
            |address: &&&str| HOSTS.with_borrow(|hosts| hosts.way(address, false, clock::now()) == Way::Send);
        let address = order.iter().find(is_trusted).or(order.first())?;
        return exchange(address, request, token, None).await;
    }
    let (last, before) = order.split_last()?;
    for address in before {
        let answer = exchange(address, request, token, Some(HOST_ANSWER_MS_MAX)).await;
        if answer.is_some() {
            return answer;
        }
    }
    exchange(last, request, token, None).await
}

/// The request as the platform takes it, to each host in turn: for what is harmless to repeat and too large to be read
/// here.
pub fn requests(config: &Config, request: &ApiRequest, token: Option<&Secret>) -> Vec<Request> {
    let addresses = addresses(config, request.host);
    let order = HOSTS.with_borrow(|hosts| hosts.order(&addresses, clock::now()));
    order.into_iter().filter_map(|address| rendered(address, request, token)).collect()
}

/// Whether a message that must not be sent twice may be sent now: some host has answered the last thing it was asked,
/// a harmless question if need be.
pub async fn is_open(config: &Config, host: Host) -> bool {
    let addresses = addresses(config, host);
    let is_all_silent = count_silent(config, host).0 >= addresses.len();
    for address in addresses {
        let way = HOSTS.with_borrow(|hosts| hosts.way(address, is_all_silent, clock::now()));
        match way {
            Way::Send => return true,
            Way::Avoid => {}
            Way::Probe => {
                HOSTS.with_borrow_mut(|hosts| hosts.probed(address, clock::now()));
                if exchange(address, &host::probe(), None, Some(HOST_PROBE_MS_MAX)).await.is_some() {
                    return true;
                }
            }
        }
    }
    false
}

/// How many hosts gave no answer, and none since; and how many there are.
pub fn count_silent(config: &Config, host: Host) -> (usize, usize) {
    let addresses = addresses(config, host);
    (HOSTS.with_borrow(|hosts| hosts.count_silent(&addresses)), addresses.len())
}

/// Where the hosts of an API are, the usual one first.
fn addresses(config: &Config, host: Host) -> Vec<&str> {
    let (first, second) = match host {
        Host::Wechat => (&config.wechat_api, config.wechat_api_second.as_deref()),
        Host::Wecom => (&config.wecom_api, None),
    };
    core::iter::once(first.as_str()).chain(second).collect()
}

/// One exchange with one host. Whoever stops waiting for it has heard nothing either.
struct Exchange<'a> {
    address: &'a str,
    abort: Option<AbortController>,
    has_answered: bool,
}

impl Drop for Exchange<'_> {
    fn drop(&mut self) {
        HOSTS.with_borrow_mut(|hosts| {
            if self.has_answered {
                hosts.answered(self.address);
            } else {
                hosts.silent(self.address, clock::now());
            }
        });
        if let Some(abort) = self.abort.take().filter(|_| !self.has_answered) {
            abort.abort();
        }
    }
}

async fn exchange(
    address: &str,
    request: &ApiRequest,
    token: Option<&Secret>,
    answer_ms_max: Option<u64>,
) -> Option<Heard> {
    let fetch = Fetch::Request(rendered(address, request, token)?);
    let abort = AbortController::default();
    let signal = abort.signal();
    let mut exchange = Exchange { address, abort: Some(abort), has_answered: false };
    let sent = fetch.send_with_signal(&signal);
    let mut response = match answer_ms_max {
        Some(limit_ms) => within(limit_ms, sent).await?,
        None => sent.await,
    }
    .ok()?;
    let status = response.status_code();
    let date = response.headers().get("date").ok().flatten();
    let body = response.bytes().await.ok()?;
    exchange.has_answered = host::is_answer(status, &body);
    exchange.has_answered.then_some(Heard { status, body, date })
}

fn rendered(host: &str, request: &ApiRequest, token: Option<&Secret>) -> Option<Request> {
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
