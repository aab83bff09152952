//! L3, every setting with its default, read once; one answer lists every fault by name, never by value.

mod reader;
mod remote;

pub use reader::{ConfigFault, Problem};
pub use remote::{Embeddings, Endpoint, Remote};

use crate::base::address::Addressing;
use crate::base::limits::{REMOTE_MARGIN_MS, SHARDS_MAX};
use crate::base::secret::Secret;
use crate::base::time::{DAY_MS, HOUR_MS, SECOND_MS};
use crate::office::vault::{Key, Keys};
use core::net::IpAddr;
use reader::{Fields, Reader};

/// What a redelivery may add to a callback's age: WeChat tries three times within 15 s; 60 s leaves room.
pub const REDELIVERY_MS: i64 = 60 * SECOND_MS;

/// Everything a deployment chooses (docs/PROTOCOL.md section 1).
#[derive(Clone, Debug)]
pub struct Config {
    /// WeChat's API without a slash at the end. Default: `https://api.weixin.qq.com`.
    pub wechat_api: String,
    /// WeCom's API without a slash at the end, for its customer service. Default: `https://qyapi.weixin.qq.com`.
    pub wecom_api: String,
    /// WeChat's API when `wechat_api` gives no answer. Default: `https://api2.weixin.qq.com` when that has its default,
    /// else none.
    pub wechat_api_second: Option<String>,
    /// Where the world reaches this deployment. Default: unknown; the doctor takes the address it is asked at.
    pub public_url: Option<String>,
    /// Which object holds a customer. Default: 16 shards.
    pub addressing: Addressing,
    /// How far a callback's timestamp may be from now, either way. Default: 600 s.
    pub freshness_ms: i64,
    /// How long a message is recognised again. Default: 7 days.
    pub ledger_ms: i64,
    /// How long what was said is kept. Default: 180 days.
    pub message_ms: i64,
    /// How long a session lasts. Default: 12 hours.
    pub session_ms: i64,
    /// Whether staff may publish knowledge that nobody else has approved. Default: no.
    pub publish_alone: bool,
    /// How long a customer of an experiment is waited for before they count: half an hour, after which what they say is
    /// about something else; or less.
    pub experiment_ms: i64,
    /// What is asked when the knowledge is unsure. Default: none.
    pub responder: Option<Responder>,
    /// Models elsewhere that are asked after it. Default: none, nothing leaves the deployment.
    pub remote: Option<Remote>,
    /// What the secrets of channels are sealed with.
    pub deployment_keys: Keys,
    /// What a script shows to act as the operator.
    pub operator_token: Secret,
}

/// A slower tier: an address that answers questions.
#[derive(Clone, Debug)]
pub struct Responder {
    /// Where it is asked.
    pub address: String,
    /// How long one question may take in all; then people take it. Default: 60 s.
    pub wait_ms: i64,
    /// What we show it, when it wants to see something.
    pub token: Option<Secret>,
}

impl Config {
    /// How long a question that the knowledge is unsure of may take in all; none when nothing else is asked.
    pub fn slow_ms(&self) -> Option<i64> {
        let responder = self.responder.as_ref().map(|service| service.wait_ms);
        let remote = self.remote.as_ref().map(|remote| remote.wait_ms + REMOTE_MARGIN_MS);
        responder.map_or(remote, |wait_ms| Some(wait_ms + remote.unwrap_or(0)))
    }

    /// Reads `SETTINGS` and the secrets through `lookup`. Every fault is reported, not only the first.
    pub fn parse(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<ConfigFault>> {
        let mut reader = Reader::new(&lookup);
        let mut fields = reader.settings("SETTINGS");
        let wechat_api = address(&mut fields, &mut reader, "wechat_api");
        let second = address(&mut fields, &mut reader, "wechat_api_second");
        let default_second = wechat_api.is_none().then(|| WECHAT_API_SECOND.to_owned());
        let config = Self {
            wecom_api: address(&mut fields, &mut reader, "wecom_api").unwrap_or_else(|| WECOM_API.to_owned()),
            wechat_api: wechat_api.unwrap_or_else(|| WECHAT_API.to_owned()),
            wechat_api_second: second.or(default_second),
            public_url: address(&mut fields, &mut reader, "public_url"),
            addressing: addressing(&mut fields, &mut reader),
            freshness_ms: fields.int(&mut reader, "freshness_s", 600, 30, 604_800) * SECOND_MS,
            ledger_ms: fields.int(&mut reader, "ledger_days", 7, LEDGER_DAYS_MIN, 365) * DAY_MS,
            message_ms: fields.int(&mut reader, "message_days", 180, 1, 3_650) * DAY_MS,
            session_ms: fields.int(&mut reader, "session_hours", 12, 1, 720) * HOUR_MS,
            publish_alone: fields.flag(&mut reader, "publish_alone"),
            experiment_ms: fields.int(&mut reader, "experiment_s", 1_800, 1, 1_800) * SECOND_MS,
            responder: responder(&mut fields, &mut reader),
            remote: remote::remote(&mut fields, &mut reader),
            operator_token: operator_token(&mut reader),
            deployment_keys: deployment_keys(&mut reader),
        };
        fields.finish(&mut reader);
        // A timestamp from the near future stays fresh for twice the window after it was first seen.
        if config.ledger_ms <= 2 * config.freshness_ms + REDELIVERY_MS {
            reader.fault("ledger_days", Problem::LedgerTooShort);
        }
        reader.finish(config)
    }
}

/// WeCom begins three days ago when its cursor is lost; what is replayed must be recognised, with a day to spare.
const LEDGER_DAYS_MIN: i64 = 4;

/// WeCom's (protocol 9).
const WECOM_API: &str = "https://qyapi.weixin.qq.com";
/// The nearest host of WeChat's API, and the one for disasters (protocol 1.9).
const WECHAT_API: &str = "https://api.weixin.qq.com";
const WECHAT_API_SECOND: &str = "https://api2.weixin.qq.com";

/// An address without a slash at the end.
fn address(fields: &mut Fields, reader: &mut Reader<'_>, name: &'static str) -> Option<String> {
    let full = fields.name(name);
    let address = fields.text_or_absent(reader, name)?;
    let address = address.strip_suffix('/').unwrap_or(&address);
    if !is_api_address(address) {
        reader.fault(&full, Problem::Expected("an https address, or http on this machine"));
    }
    Some(address.to_owned())
}

fn responder(fields: &mut Fields, reader: &mut Reader<'_>) -> Option<Responder> {
    let mut fields = fields.object_or_absent(reader, "responder")?;
    let shape = "an https address, or http on this machine";
    let address = fields.text(reader, "address", shape, is_api_address);
    let wait_ms = fields.int(reader, "wait_s", 60, 1, 120) * SECOND_MS;
    fields.finish(reader);
    let strong =
        |token: &str| (1..=256).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_graphic());
    let token = reader.secret_or_absent("RESPONDER_TOKEN", "1 to 256 visible ASCII characters", strong);
    Some(Responder { address, wait_ms, token })
}

/// `https://host[:port][/path]`, or the same with http on a loopback host; no user, query or fragment.
fn is_api_address(address: &str) -> bool {
    let (secure, rest) = match (address.strip_prefix("https://"), address.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return false,
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            if port.parse::<u16>().is_err() {
                return false;
            }
            host
        }
        _ => authority,
    };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let loopback = bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let plain = rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"@?#\\\"<>".contains(&byte));
    plain && !bare.is_empty() && (secure || loopback)
}

fn addressing(fields: &mut Fields, reader: &mut Reader<'_>) -> Addressing {
    let default = Addressing::Sharded { shards: 16 };
    let Some(mut fields) = fields.object_or_absent(reader, "addressing") else { return default };
    let modes = [("per_customer", false), ("sharded", true)];
    let addressing = match fields.choice(reader, "mode", "per_customer or sharded", &modes) {
        Some(false) => Addressing::PerCustomer,
        Some(true) => {
            let shards = fields.int(reader, "shards", 16, 1, i64::from(SHARDS_MAX));
            Addressing::Sharded { shards: u16::try_from(shards).unwrap_or(SHARDS_MAX) }
        }
        None => {
            fields.ignore("shards");
            default
        }
    };
    fields.finish(reader);
    addressing
}

fn operator_token(reader: &mut Reader<'_>) -> Secret {
    let strong =
        |token: &str| (16..=256).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_graphic());
    reader.secret("OPERATOR_TOKEN", "16 to 256 visible ASCII characters", strong)
}

fn deployment_keys(reader: &mut Reader<'_>) -> Keys {
    let shape = "43 characters of base64, or 64 hexadecimal digits";
    let is_key = |text: &str| Key::parse(text).is_ok();
    let current = reader.secret("DEPLOYMENT_KEY", shape, is_key);
    let previous = reader.secret_or_absent("DEPLOYMENT_KEY_PREVIOUS", shape, is_key);
    let previous = previous.and_then(|text| Key::parse(text.expose()).ok());
    // One at fault has been reported: nothing is ever sealed with what stands in for it.
    Keys { current: Key::parse(current.expose()).unwrap_or_default(), previous }
}

#[cfg(test)]
mod tests;
