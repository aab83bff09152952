//! Calls from the worker and its objects to its objects: one JSON body there, one back.

use super::clock::within;
use super::fault::Fault;
use crate::base::address::{Addressing, address};
use crate::base::id::{ConversationId, FloorId};
use crate::base::limits::OBJECT_CALL_MS_MAX;
use crate::desk;
use crate::insight;
use crate::office;
use crate::office::channel::Channel;
use serde::Serialize;
use serde::de::DeserializeOwned;
use worker::js_sys::Uint8Array;
use worker::wasm_bindgen_futures::JsFuture;
use worker::web_sys;
use worker::{Env, Headers, Method, Request, RequestInit, Response, Stub};

/// The object that holds a conversation.
pub async fn conversation(
    env: &Env,
    addressing: &Addressing,
    id: &ConversationId,
    call: &desk::call::Call,
) -> Result<desk::call::Answered, Fault> {
    ask(env, "CONVERSATIONS", &address(addressing, id), call).await
}

/// A floor.
pub async fn floor(
    env: &Env,
    floor: &FloorId,
    call: &super::floor_do::Call,
) -> Result<super::floor_do::Answered, Fault> {
    ask(env, "FLOOR", &floor_name(floor), call).await
}

/// Every floor that there may be sockets on, one after the other.
pub async fn floors(env: &Env, call: &super::floor_do::Call) -> Result<(), Fault> {
    for name in super::channels::ask(env).await?.floors() {
        floor(env, &name, call).await?;
    }
    Ok(())
}

/// The default floor has the name that it had when it was the only one.
fn floor_name(floor: &FloorId) -> String {
    if floor.is_default() { "floor".to_owned() } else { format!("floor-{floor}") }
}

/// The office. There is one.
pub async fn office(env: &Env, call: &office::Call) -> Result<office::Reply, Fault> {
    ask(env, "OFFICE", "office", call).await
}

/// The office's library.
pub async fn library(env: &Env, call: &office::library::Call) -> Result<office::library::Reply, Fault> {
    ask_at(env, "OFFICE", "office", LIBRARY_URL, call).await
}

/// The directory of persons. There is one: nobody asks it while a customer waits.
pub async fn directory(env: &Env, call: &office::directory::Call) -> Result<office::directory::Reply, Fault> {
    ask(env, "DIRECTORY", "directory", call).await
}

/// The remote tier's ledger. There is one: it is asked around each call to a model, and at no other time.
pub async fn budget(env: &Env, call: &office::remote::Call) -> Result<office::remote::Reply, Fault> {
    ask(env, "BUDGET", "budget", call).await
}

/// The insight. There is one: nobody asks it while a customer waits.
pub async fn insight(env: &Env, call: &insight::call::Call) -> Result<insight::call::Reply, Fault> {
    ask(env, "INSIGHT", "insight", call).await
}

/// The keeper of a channel's access token.
pub async fn credential(
    env: &Env,
    channel: &Channel,
    call: &office::credential::Call,
) -> Result<office::credential::Reply, Fault> {
    ask(env, "CREDENTIALS", &credential_name(channel), call).await
}

/// Tells a channel of WeCom's customer service that there is something to pull.
pub async fn knock(env: &Env, knock: &office::pump::Knock) -> Result<(), Fault> {
    ask(env, "KEFU", &knock.channel.0, knock).await
}

/// The name of a token's keeper. With the appid in it, another account behind the same channel gets its own token.
pub fn credential_name(channel: &Channel) -> String {
    format!("{}/{}", channel.id(), channel.account.appid)
}

/// Hands a socket's upgrade to the floor, with who is behind it. Nothing of the original request's headers goes
/// along, so nobody outside can pose as somebody.
pub async fn open_socket(env: &Env, floor: &FloorId, viewer: &impl Serialize) -> Result<Response, Fault> {
    let headers = Headers::new();
    headers.set("upgrade", "websocket")?;
    headers.set(VIEWER_HEADER, &ascii_json(viewer)?)?;
    let mut init = RequestInit::new();
    init.with_headers(headers);
    let request = Request::new_with_init("https://object/socket", &init)?;
    Ok(stub(env, "FLOOR", &floor_name(floor))?.fetch_with_request(request).await?)
}

/// Carries who is behind a socket from the worker to the floor.
pub const VIEWER_HEADER: &str = "x-shunda-viewer";

/// Where the office takes calls to its library: another body than its other calls'.
pub const LIBRARY_PATH: &str = "/library";
const LIBRARY_URL: &str = "https://object/library";

async fn ask<A: DeserializeOwned>(
    env: &Env,
    binding: &'static str,
    name: &str,
    call: &impl Serialize,
) -> Result<A, Fault> {
    ask_at(env, binding, name, "https://object/call", call).await
}

async fn ask_at<A: DeserializeOwned>(
    env: &Env,
    binding: &'static str,
    name: &str,
    url: &str,
    call: &impl Serialize,
) -> Result<A, Fault> {
    let body = serde_json::to_vec(call).map_err(|error| Fault::bug("edge.json", error.to_string()))?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(Uint8Array::from(body.as_slice()).into()));
    let request = Request::new_with_init(url, &init)?;
    let stub = stub(env, binding, name)?;
    let unavailable = |cause: String| Fault::unavailable("object.unavailable", format!("{binding}: {cause}"));
    let response = within(OBJECT_CALL_MS_MAX, stub.fetch_with_request(request))
        .await
        .ok_or_else(|| unavailable("no answer in time".to_owned()))?
        .map_err(|error| unavailable(error.to_string()))?;
    if response.status_code() != 200 {
        return Err(unavailable(format!("status {}", response.status_code())));
    }
    let bytes = whole(response).await.map_err(|error| unavailable(error.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| Fault::bug("edge.json", error.to_string()))
}

/// The body, as one buffer. The platform's own reader takes it chunk by chunk, each a promise of its own.
async fn whole(response: Response) -> worker::Result<Vec<u8>> {
    let buffer = JsFuture::from(web_sys::Response::from(response).array_buffer()?).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

fn stub(env: &Env, binding: &str, name: &str) -> Result<Stub, Fault> {
    Ok(env.durable_object(binding)?.get_by_name(name)?)
}

/// JSON that fits a header: everything beyond ASCII is escaped.
fn ascii_json(value: &impl Serialize) -> Result<String, Fault> {
    let json = serde_json::to_string(value).map_err(|error| Fault::bug("edge.json", error.to_string()))?;
    let mut ascii = String::with_capacity(json.len());
    for unit in json.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => ascii.push(char::from(byte)),
            _ => ascii.push_str(&format!("\\u{unit:04x}")),
        }
    }
    Ok(ascii)
}
