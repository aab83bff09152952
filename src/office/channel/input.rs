//! What the operator writes about a channel, read field by field: every fault is told, never a value.

use super::{ModeName, NoticeSetting, NoticeWay, SecretName, Settings};
use crate::base::channel::{ChannelKind, Tier};
use crate::base::id::{FloorId, is_given_id};
use crate::base::limits::{
    CHANNEL_FAULTS_MAX, KEPT_BACK_MAX, NAME_CHARS_MAX, NOTICE_VALUE_CHARS_MAX, NOTICE_VALUES_MAX,
};
use crate::base::secret::Secret;
use crate::knowledge::channel_hours::{self, ChannelHours};
use crate::wechat::envelope::AesKey;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One thing wrong with what the operator wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{at}: {code}")]
pub struct ChannelFault {
    /// Where: `notice.values`.
    pub at: String,
    /// What.
    pub code: ChannelCode,
}

/// What can be wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ChannelCode {
    /// It has to be there.
    #[error("is missing")]
    #[serde(rename = "channel.missing")]
    Missing,
    /// It has another shape, or is out of range (docs/PROTOCOL.md section 1).
    #[error("has another shape")]
    #[serde(rename = "channel.shape")]
    Shape,
    /// There is no such field, or not with this kind and mode.
    #[error("does not belong here")]
    #[serde(rename = "channel.unknown")]
    Unknown,
    /// Another channel has it.
    #[error("is another channel's")]
    #[serde(rename = "channel.taken")]
    Taken,
    /// It cannot be changed any more.
    #[error("cannot be changed")]
    #[serde(rename = "channel.fixed")]
    Fixed,
    /// There are too many.
    #[error("are too many")]
    #[serde(rename = "channel.too_many")]
    TooMany,
    /// The one that is kept does not open with the deployment's key: it has to be given anew.
    #[error("does not open and has to be given anew")]
    #[serde(rename = "channel.sealed")]
    Sealed,
}

/// What was written, as far as it is right.
pub(super) struct Input {
    /// None when anything of it is wrong.
    pub settings: Option<Settings>,
    pub secrets: BTreeMap<SecretName, Secret>,
    pub forget_previous: bool,
    pub faults: Vec<ChannelFault>,
}

/// Reads it whole.
pub(super) fn read(body: Value) -> Input {
    let Value::Object(map) = body else {
        let fault = ChannelFault { at: String::new(), code: ChannelCode::Shape };
        return Input {
            settings: None,
            secrets: BTreeMap::new(),
            forget_previous: false,
            faults: vec![fault],
        };
    };
    let mut form = Form { map, faults: Vec::new() };
    let settings = settings(&mut form);
    let mode = settings.as_ref().map(|settings| settings.mode);
    let mut secrets = BTreeMap::new();
    for name in SecretName::ALL {
        let plain_key = name == SecretName::AesKey && mode == Some(ModeName::Plaintext);
        if !plain_key && let Some(secret) = form.text_or_absent(name.field(), shape_of(name)) {
            secrets.insert(name, Secret::new(secret));
        }
    }
    let forget_previous = form.json_or("forget_previous", false);
    let faults = form.finish();
    Input { settings, secrets, forget_previous, faults }
}

fn settings(form: &mut Form) -> Option<Settings> {
    let kind: Option<ChannelKind> = form.json("kind");
    let is_kefu = kind == Some(ChannelKind::Kefu);
    let name = form.text("name", is_text);
    let path = form.text("path", is_name);
    let appid = form.text("appid", if is_kefu { is_corpid } else { is_appid });
    // What belongs to another kind is left for `finish` to find.
    let original_id = (!is_kefu).then(|| form.text("original_id", is_original_id));
    let open_kfid = is_kefu.then(|| form.text("open_kfid", is_name));
    let mode = if is_kefu { Some(form.json_or("mode", ModeName::Safe)) } else { form.json("mode") };
    if is_kefu && mode != Some(ModeName::Safe) {
        form.fault("mode", ChannelCode::Shape);
    }
    let is_official = kind == Some(ChannelKind::OfficialAccount);
    let tier = form.json_or("tier", if is_official { Tier::Service } else { Tier::Verified });
    if kind.is_some() && !is_official && tier != Tier::Verified {
        form.fault("tier", ChannelCode::Shape);
    }
    let floor = form.text_or_absent("floor", is_given_id).map_or_else(FloorId::default, FloorId);
    let enabled = form.json_or("enabled", true);
    let kept_back = form.json_or("kept_back", 1);
    if kept_back > KEPT_BACK_MAX {
        form.fault("kept_back", ChannelCode::Shape);
    }
    let hours = form.hours();
    let notice = form.notice(kind);
    Some(Settings {
        name: name?,
        path: path?,
        kind: kind?,
        tier,
        enabled,
        floor,
        hours,
        kept_back,
        notice,
        mode: mode?,
        appid: appid?,
        original_id: original_id.map_or(Some(None), |id| id.map(Some))?,
        open_kfid: open_kfid.map_or(Some(None), |id| id.map(Some))?,
    })
}

/// The fields, taken out one by one; what is left at the end does not belong there.
struct Form {
    map: Map<String, Value>,
    faults: Vec<ChannelFault>,
}

impl Form {
    fn fault(&mut self, at: &str, code: ChannelCode) {
        if self.faults.len() < CHANNEL_FAULTS_MAX {
            self.faults.push(ChannelFault { at: at.to_owned(), code });
        }
    }

    /// Null is the same as absent.
    fn take(&mut self, key: &str) -> Option<Value> {
        self.map.remove(key).filter(|value| !value.is_null())
    }

    fn text_or_absent(&mut self, key: &str, is_good: fn(&str) -> bool) -> Option<String> {
        match self.take(key)? {
            Value::String(text) if is_good(&text) => Some(text),
            _ => {
                self.fault(key, ChannelCode::Shape);
                None
            }
        }
    }

    fn text(&mut self, key: &str, is_good: fn(&str) -> bool) -> Option<String> {
        let faults = self.faults.len();
        let text = self.text_or_absent(key, is_good);
        if text.is_none() && self.faults.len() == faults {
            self.fault(key, ChannelCode::Missing);
        }
        text
    }

    fn json_or_absent<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let read = serde_json::from_value(self.take(key)?);
        if read.is_err() {
            self.fault(key, ChannelCode::Shape);
        }
        read.ok()
    }

    fn json_or<T: DeserializeOwned>(&mut self, key: &str, default: T) -> T {
        self.json_or_absent(key).unwrap_or(default)
    }

    fn json<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        if self.map.get(key).is_none_or(Value::is_null) {
            self.fault(key, ChannelCode::Missing);
        }
        self.json_or_absent(key)
    }

    fn hours(&mut self) -> Option<ChannelHours> {
        let hours = channel_hours::parse(self.take("hours")?.to_string().as_bytes());
        for fault in hours.as_ref().err().into_iter().flatten() {
            let at = if fault.path.is_empty() { "hours".to_owned() } else { format!("hours.{}", fault.path) };
            self.fault(&at, ChannelCode::Shape);
        }
        hours.ok()
    }

    fn notice(&mut self, kind: Option<ChannelKind>) -> Option<NoticeSetting> {
        let notice: NoticeSetting = self.json_or_absent("notice")?;
        let fits = match kind {
            Some(ChannelKind::Kefu) => false,
            Some(ChannelKind::MiniProgram) => notice.way == NoticeWay::Subscribe,
            Some(ChannelKind::OfficialAccount) | None => true,
        };
        let page_is_good = notice.page.as_deref().is_none_or(|page| match notice.way {
            NoticeWay::Template => page.starts_with("https://") && is_address(page),
            NoticeWay::Subscribe => is_address(page),
        });
        let is_value = |(key, value): (&String, &String)| {
            is_name(key) && !value.is_empty() && value.chars().count() <= NOTICE_VALUE_CHARS_MAX
        };
        let values_are_good = notice.values.len() <= NOTICE_VALUES_MAX && notice.values.iter().all(is_value);
        for (is_good, at) in [
            (fits, "notice.way"),
            (is_name(&notice.template), "notice.template"),
            (values_are_good, "notice.values"),
            (page_is_good, "notice.page"),
        ] {
            if !is_good {
                self.fault(at, ChannelCode::Shape);
            }
        }
        Some(notice)
    }

    fn finish(mut self) -> Vec<ChannelFault> {
        for key in core::mem::take(&mut self.map).keys() {
            self.fault(key, ChannelCode::Unknown);
        }
        self.faults
    }
}

const fn shape_of(name: SecretName) -> fn(&str) -> bool {
    match name {
        SecretName::Token => |token| (3..=32).contains(&token.len()) && is_alphanumeric(token),
        SecretName::AesKey => |key| AesKey::parse(key).is_ok(),
        // A corporation's secrets have - and _ too.
        SecretName::AppSecret => |secret| (1..=128).contains(&secret.len()) && is_word(secret),
    }
}

fn is_text(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= NAME_CHARS_MAX && !text.contains(char::is_control)
}

fn is_name(name: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&name.len()) && is_word(name)
}

fn is_appid(appid: &str) -> bool {
    appid.starts_with("wx") && is_name(appid)
}

/// Corporations from before WeCom have one that begins like an appid.
fn is_corpid(corpid: &str) -> bool {
    (corpid.starts_with("ww") || corpid.starts_with("wx")) && is_name(corpid)
}

fn is_original_id(id: &str) -> bool {
    id.starts_with("gh_") && is_name(id)
}

fn is_address(page: &str) -> bool {
    page.len() <= 1_024 && page.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn is_alphanumeric(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
