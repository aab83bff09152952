//! The callback doctor: from what was found out about a channel to a list of checks, each with its fix.

mod words;

use super::callbacks::{Callbacks, OK};
use super::channel::State;
use crate::base::channel::{ChannelKind, Tier};
use crate::base::limits::{DIAGNOSIS_RUN_MIN, DIAGNOSIS_SKEW_MS_MAX, QUOTA_LOW_DIVISOR};
use crate::base::time::{SECOND_MS, TimeMs};
use serde::Serialize;
use std::collections::BTreeMap;
pub use words::Words;

/// What came of asking WeChat something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked<T> {
    /// It answered.
    Said(T),
    /// It refused.
    Refused(i64),
    /// No answer, or none that can be read.
    Silent,
    /// It was not asked, because it could not be or need not be.
    NotAsked,
}

impl<T> Asked<T> {
    /// The same with another answer.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Asked<U> {
        match self {
            Self::Said(said) => Asked::Said(change(said)),
            Self::Refused(errcode) => Asked::Refused(errcode),
            Self::Silent => Asked::Silent,
            Self::NotAsked => Asked::NotAsked,
        }
    }
}

/// Everything that was found out. Nothing of it is secret.
#[derive(Clone, Debug)]
pub struct Facts {
    /// When.
    pub now: TimeMs,
    /// The channel's kind.
    pub kind: ChannelKind,
    /// What its owner says that it may do.
    pub tier: Tier,
    /// The last part of its callback address.
    pub path: String,
    /// Whether it is in service.
    pub state: State,
    /// Where the world reaches us, without a slash at the end.
    pub public_url: String,
    /// How far callbacks may be from our clock.
    pub freshness_ms: i64,
    /// Whether WeChat gives a token for its secret.
    pub token: Asked<()>,
    /// The address that WeChat saw us call from, where it said so.
    pub seen_address: Option<String>,
    /// What WeChat's clock said, and ours then.
    pub clocks: Option<(TimeMs, TimeMs)>,
    /// How many of how many API hosts gave no answer lately.
    pub silent_hosts: (usize, usize),
    /// Whether WeChat finds our host and reaches it.
    pub reached: Asked<Reach>,
    /// What comes of showing nobody that somebody is typing: it needs the right to send messages.
    pub sending: Asked<()>,
    /// Of a notice by template: whether the account has the template.
    pub template: Asked<bool>,
    /// Messages that may still be sent today, of how many.
    pub quota: Asked<(i64, i64)>,
    /// How many addresses WeChat calls us from.
    pub callback_addresses: Asked<usize>,
    /// Of a [`ChannelKind::Kefu`]: whether the account is there, and whether we may act for it.
    pub account: Asked<Option<bool>>,
    /// What came lately.
    pub callbacks: Callbacks,
    /// Whether files can be kept.
    pub has_media: bool,
    /// Whether published knowledge can be read.
    pub has_store: bool,
    /// Which knowledge questions are answered from.
    pub knowledge: Option<u64>,
}

/// What WeChat sees of our host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It has an address that answers.
    Reached,
    /// Its name leads nowhere.
    NoAddress,
    /// Nothing arrives there.
    Unreachable,
}

/// How one part does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing can be said, or nothing is to be.
    Skipped,
    /// As it should be.
    Ok,
    /// It works, and will not for long, or not in full.
    Warning,
    /// It does not work.
    Failed,
}

/// One link of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Which.
    pub id: &'static str,
    /// What people call it.
    pub title: Words,
    /// How it does.
    pub verdict: Verdict,
    /// Why, for programs.
    pub code: &'static str,
    /// Figures and names that belong to it; may be empty.
    pub detail: String,
    /// What to do; none when there is nothing to do.
    pub fix: Option<Words>,
}

/// The checks in the order in which a callback, and then a send, passes them.
pub fn diagnose(facts: &Facts) -> Vec<Check> {
    let mut checks = vec![
        address(facts),
        path(facts),
        token(facts),
        aes_key(facts),
        appid(facts),
        clock(facts),
        api(facts),
    ];
    checks.extend([ip_list(facts), app_secret(facts)]);
    if facts.kind == ChannelKind::Kefu {
        checks.push(account(facts));
    } else {
        checks.extend([tier(facts), template(facts), quota(facts), callback_addresses(facts)]);
    }
    checks.extend([callbacks(facts), storage(facts), knowledge(facts)]);
    checks
}

fn check(id: &'static str, verdict: Verdict, code: &'static str, detail: impl Into<String>) -> Check {
    let fix = words::fix(code).filter(|_| matches!(verdict, Verdict::Warning | Verdict::Failed));
    Check { id, title: words::title(id), verdict, code, detail: detail.into(), fix }
}

fn ok(id: &'static str, detail: impl Into<String>) -> Check {
    check(id, Verdict::Ok, OK, detail)
}

fn skipped(id: &'static str, code: &'static str) -> Check {
    check(id, Verdict::Skipped, code, "")
}

fn failed(id: &'static str, code: &'static str, errcode: i64) -> Check {
    check(id, Verdict::Failed, code, format!("errcode {errcode}"))
}

fn address(facts: &Facts) -> Check {
    let url = facts.public_url.as_str();
    match (url.starts_with("https://"), &facts.reached) {
        (false, _) => check("address", Verdict::Warning, "address.not_https", url),
        (_, Asked::Said(Reach::NoAddress)) => check("address", Verdict::Failed, "address.dns", url),
        (_, Asked::Said(Reach::Unreachable)) => check("address", Verdict::Failed, "address.unreachable", url),
        _ => ok("address", url),
    }
}

fn path(facts: &Facts) -> Check {
    let path = format!("/callback/{}", facts.path);
    match facts.state {
        State::Ready => ok("path", path),
        State::Paused => check("path", Verdict::Warning, "path.paused", path),
        State::Sealed => check("path", Verdict::Failed, "path.sealed", path),
    }
}

/// What has been refused since the last good callback: the newest code among `codes`, how often, and how sure that is.
/// A single refusal between good callbacks may be anybody's.
fn refused(facts: &Facts, codes: &[&str]) -> Option<(Verdict, String)> {
    let last = &facts.callbacks.last;
    let since_good = last.iter().rev().take_while(|one| one.code != OK);
    let count = since_good.filter(|one| codes.contains(&one.code.as_str())).count();
    let is_sure = facts.callbacks.accepted_at_ms.is_none() || count >= DIAGNOSIS_RUN_MIN;
    let verdict = if is_sure { Verdict::Failed } else { Verdict::Warning };
    (count > 0).then(|| (verdict, format!("× {count}")))
}

/// One of the parts that only callbacks can show to be wrong.
fn shown_by_callbacks(facts: &Facts, id: &'static str, causes: &[(&'static str, &[&str])]) -> Check {
    for (code, refusals) in causes {
        if let Some((verdict, detail)) = refused(facts, refusals) {
            return check(id, verdict, code, detail);
        }
    }
    if facts.callbacks.accepted_at_ms.is_some() { ok(id, "") } else { skipped(id, "callbacks.none") }
}

fn token(facts: &Facts) -> Check {
    shown_by_callbacks(facts, "token", &[("token.differs", &["wechat.signature"])])
}

fn aes_key(facts: &Facts) -> Check {
    let causes: [(&str, &[&str]); 2] = [
        ("aes_key.differs", &["wechat.key", "wechat.ciphertext"]),
        ("mode.differs", &["wechat.downgrade", "wechat.encrypted"]),
    ];
    shown_by_callbacks(facts, "aes_key", &causes)
}

fn appid(facts: &Facts) -> Check {
    if facts.token == Asked::Refused(40_013) {
        return failed("appid", "appid.unknown", 40_013);
    }
    let causes: [(&str, &[&str]); 2] =
        [("appid.other", &["wechat.appid"]), ("original_id.other", &["wechat.original_id"])];
    let shown = shown_by_callbacks(facts, "appid", &causes);
    // A token is given for an appid that WeChat knows.
    if shown.verdict == Verdict::Skipped && matches!(facts.token, Asked::Said(())) {
        ok("appid", "")
    } else {
        shown
    }
}

fn clock(facts: &Facts) -> Check {
    let skew_s = |at_ms: i64| at_ms / SECOND_MS;
    if let Some((theirs, ours)) = facts.clocks
        && (ours - theirs).abs() > DIAGNOSIS_SKEW_MS_MAX
    {
        let is_much = (ours - theirs).abs() > facts.freshness_ms;
        let verdict = if is_much { Verdict::Failed } else { Verdict::Warning };
        return check("clock", verdict, "clock.skew", format!("{} s", skew_s(ours - theirs)));
    }
    if let Some((verdict, _)) = refused(facts, &["wechat.stale"]) {
        let newest = facts.callbacks.last.iter().rev().find_map(|one| one.skew_s);
        let detail = newest.map_or_else(String::new, |skew_s| format!("{skew_s} s"));
        return check("clock", verdict, "clock.stale", detail);
    }
    if facts.clocks.is_none() && facts.callbacks.accepted_at_ms.is_none() {
        return skipped("clock", "api.no_answer");
    }
    ok("clock", "")
}

fn api(facts: &Facts) -> Check {
    let (silent, hosts) = facts.silent_hosts;
    let detail = format!("{} / {hosts}", hosts.saturating_sub(silent));
    match facts.token {
        Asked::Silent => check("api", Verdict::Failed, "api.no_answer", detail),
        Asked::NotAsked => skipped("api", "path.sealed"),
        _ if silent > 0 => check("api", Verdict::Warning, "api.second_host", detail),
        _ => ok("api", detail),
    }
}

/// What WeChat says about our address: with the token at official accounts, with the first question at WeCom.
fn ip_list(facts: &Facts) -> Check {
    let by_account = match facts.account {
        Asked::Refused(errcode) => Some(errcode),
        _ => None,
    };
    match (facts.token.clone(), by_account) {
        (Asked::Refused(errcode @ (40_164 | 61_004 | 60_020)), _) | (_, Some(errcode @ 60_020)) => {
            let seen = facts.seen_address.as_deref().unwrap_or_default();
            check("ip_list", Verdict::Failed, "ip_list.missing", format!("{seen} errcode {errcode}").trim())
        }
        (Asked::Refused(errcode @ (89_503 | 89_506 | 89_507)), _) => {
            failed("ip_list", "ip_list.unconfirmed", errcode)
        }
        (Asked::Said(()), _) => ok("ip_list", ""),
        _ => skipped("ip_list", "app_secret.no_token"),
    }
}

fn app_secret(facts: &Facts) -> Check {
    match facts.token {
        Asked::Said(()) => ok("app_secret", ""),
        Asked::Refused(errcode @ (40_001 | 40_125 | 41_004)) => {
            failed("app_secret", "app_secret.wrong", errcode)
        }
        Asked::Refused(40_243) => failed("app_secret", "app_secret.frozen", 40_243),
        Asked::Refused(40_013 | 40_164 | 61_004 | 60_020 | 89_503 | 89_506 | 89_507) => {
            skipped("app_secret", "app_secret.no_token")
        }
        Asked::Refused(errcode) => failed("app_secret", "app_secret.refused", errcode),
        Asked::Silent | Asked::NotAsked => skipped("app_secret", "app_secret.no_token"),
    }
}

fn tier(facts: &Facts) -> Check {
    let name = format!("{:?}", facts.tier).to_lowercase();
    let may_send = facts.tier != Tier::Unverified || facts.kind != ChannelKind::OfficialAccount;
    match facts.sending {
        Asked::Refused(48_001) if may_send => failed("tier", "tier.no_right", 48_001),
        Asked::Refused(48_001) => ok("tier", name),
        Asked::NotAsked | Asked::Silent => skipped("tier", "app_secret.no_token"),
        // Any other complaint comes after the right was looked at.
        Asked::Refused(_) | Asked::Said(()) if may_send => ok("tier", name),
        Asked::Refused(_) | Asked::Said(()) => check("tier", Verdict::Warning, "tier.more_rights", name),
    }
}

fn template(facts: &Facts) -> Check {
    match facts.template {
        Asked::Said(true) => ok("template", ""),
        Asked::Said(false) => check("template", Verdict::Failed, "template.unknown", ""),
        Asked::Refused(48_001) => failed("template", "template.no_right", 48_001),
        Asked::Refused(errcode) => {
            check("template", Verdict::Warning, "template.unreadable", format!("errcode {errcode}"))
        }
        Asked::Silent => skipped("template", "api.no_answer"),
        Asked::NotAsked => skipped("template", "template.none"),
    }
}

fn quota(facts: &Facts) -> Check {
    match facts.quota {
        Asked::Said((left, most)) => {
            let detail = format!("{left} / {most}");
            if left <= 0 {
                check("quota", Verdict::Failed, "quota.used_up", detail)
            } else if left < most / QUOTA_LOW_DIVISOR {
                check("quota", Verdict::Warning, "quota.low", detail)
            } else {
                ok("quota", detail)
            }
        }
        _ => skipped("quota", "quota.unknown"),
    }
}

fn callback_addresses(facts: &Facts) -> Check {
    match facts.callback_addresses {
        Asked::Said(count) if count > 0 => ok("callback_ips", format!("{count}")),
        Asked::Said(_) => check("callback_ips", Verdict::Warning, "callback_ips.unknown", ""),
        Asked::Refused(errcode) => {
            check("callback_ips", Verdict::Warning, "callback_ips.unknown", format!("errcode {errcode}"))
        }
        Asked::Silent | Asked::NotAsked => skipped("callback_ips", "app_secret.no_token"),
    }
}

fn account(facts: &Facts) -> Check {
    match facts.account {
        Asked::Said(Some(true)) => ok("account", ""),
        Asked::Said(Some(false)) | Asked::Refused(95_017) => {
            check("account", Verdict::Failed, "account.not_granted", "")
        }
        Asked::Said(None) => check("account", Verdict::Failed, "account.unknown", ""),
        Asked::Refused(60_020) | Asked::Silent | Asked::NotAsked => skipped("account", "app_secret.no_token"),
        Asked::Refused(errcode) => failed("account", "account.refused", errcode),
    }
}

/// Codes that are another check's business.
const NAMED_ELSEWHERE: [&str; 8] = [
    "wechat.signature",
    "wechat.key",
    "wechat.ciphertext",
    "wechat.downgrade",
    "wechat.encrypted",
    "wechat.appid",
    "wechat.original_id",
    "wechat.stale",
];

fn callbacks(facts: &Facts) -> Check {
    let last = &facts.callbacks.last;
    let Some(newest) = last.last() else {
        return check("callbacks", Verdict::Warning, "callbacks.none", "");
    };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for one in last {
        *counts.entry(&one.code).or_default() += 1;
    }
    let detail: Vec<String> = counts.iter().map(|(code, count)| format!("{code} × {count}")).collect();
    let detail = detail.join(", ");
    if newest.code == OK {
        return ok("callbacks", detail);
    }
    if NAMED_ELSEWHERE.contains(&newest.code.as_str()) {
        return check("callbacks", Verdict::Skipped, "callbacks.refused", detail);
    }
    check("callbacks", Verdict::Warning, "callbacks.damaged", detail)
}

fn storage(facts: &Facts) -> Check {
    match (facts.has_media, facts.has_store) {
        (true, true) => ok("storage", "R2, KV"),
        (false, _) => check("storage", Verdict::Failed, "storage.media", "R2 MEDIA"),
        (_, false) => check("storage", Verdict::Failed, "storage.knowledge", "KV KNOWLEDGE"),
    }
}

fn knowledge(facts: &Facts) -> Check {
    match facts.knowledge {
        Some(version) => ok("knowledge", format!("v{version}")),
        None => check("knowledge", Verdict::Failed, "knowledge.none", ""),
    }
}

#[cfg(test)]
mod tests;
