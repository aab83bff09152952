//! WeChat's API hosts: which one is asked, and which are left alone because they gave no answer (protocol 1.9).

use super::api::{ApiRequest, Method};
use crate::base::limits::{HOST_AVOIDED_MS, HOST_PROBED_EVERY_MS};
use crate::base::time::TimeMs;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What one isolate knows of hosts, by their address. A host that was never silent is not in it.
#[derive(Clone, Debug, Default)]
pub struct Hosts(BTreeMap<String, Silence>);

/// A host that gave no answer, and has given none since.
#[derive(Clone, Copy, Debug)]
struct Silence {
    at: TimeMs,
    probed_at: Option<TimeMs>,
}

/// Where a message that must not be sent twice may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// There.
    Send,
    /// There, if it answers a harmless question first.
    Probe,
    /// Not there now.
    Avoid,
}

impl Hosts {
    /// The addresses in the order in which a harmless request tries them: those that are left alone come last.
    pub fn order<'a>(&self, addresses: &[&'a str], now: TimeMs) -> Vec<&'a str> {
        let (avoided, open): (Vec<&str>, Vec<&str>) =
            addresses.iter().partition(|address| self.is_avoided(address, now));
        open.into_iter().chain(avoided).collect()
    }

    /// Whether a message may go to this address. `is_last`: there is no other that may be asked.
    pub fn way(&self, address: &str, is_last: bool, now: TimeMs) -> Way {
        let Some(silence) = self.0.get(address) else { return Way::Send };
        if self.is_avoided(address, now) && !is_last {
            return Way::Avoid;
        }
        let is_due = silence.probed_at.is_none_or(|at| !(0..HOST_PROBED_EVERY_MS).contains(&(now - at)));
        if is_due { Way::Probe } else { Way::Avoid }
    }

    /// It gave no answer.
    pub fn silent(&mut self, address: &str, now: TimeMs) {
        let probed_at = self.0.get(address).and_then(|silence| silence.probed_at);
        self.0.insert(address.to_owned(), Silence { at: now, probed_at });
    }

    /// A harmless question is on its way there.
    pub fn probed(&mut self, address: &str, now: TimeMs) {
        if let Some(silence) = self.0.get_mut(address) {
            silence.probed_at = Some(now);
        }
    }

    /// It gave an answer, whatever it said.
    pub fn answered(&mut self, address: &str) {
        self.0.remove(address);
    }

    /// How many of these have given no answer, and none since.
    pub fn count_silent(&self, addresses: &[&str]) -> usize {
        addresses.iter().filter(|address| self.0.contains_key(**address)).count()
    }

    fn is_avoided(&self, address: &str, now: TimeMs) -> bool {
        let silence = self.0.get(address);
        silence.is_some_and(|silence| (0..HOST_AVOIDED_MS).contains(&(now - silence.at)))
    }
}

/// Whether the same request may be made once more without harm. What sends, uploads or changes anything is not here.
pub fn is_repeatable(request: &ApiRequest) -> bool {
    let questions = [
        // A forced token within 30 s of the last is the same one (protocol 5).
        "/cgi-bin/stable_token",
        "/cgi-bin/message/custom/typing",
        "/cgi-bin/user/info/batchget",
        "/cgi-bin/openapi/quota/get",
        "/cgi-bin/kf/sync_msg",
        "/cgi-bin/kf/account/list",
        "/cgi-bin/kf/customer/batchget",
        "/cgi-bin/kf/service_state/get",
    ];
    request.method == Method::Get || questions.contains(&request.path)
}

/// A question that changes nothing and needs no token: any answer, also a refusal, shows that somebody is there.
pub fn probe() -> ApiRequest {
    ApiRequest { needs_token: false, ..super::diagnosis::callback_addresses() }
}

/// Whether WeChat said anything at all: a gateway's page for a server that is away is no answer of WeChat's.
pub fn is_answer(status: u16, body: &[u8]) -> bool {
    status < 500 || serde_json::from_slice::<Map<String, Value>>(body).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::CustomerId;
    use crate::base::secret::Secret;
    use crate::wechat::api;

    const BOTH: [&str; 2] = ["one", "two"];

    #[test]
    fn a_silent_host_is_left_alone_for_a_while_and_then_asked_before_it_is_trusted() {
        let mut hosts = Hosts::default();
        let at = TimeMs(1_000_000);
        assert_eq!(hosts.way("one", false, at), Way::Send);
        hosts.silent("one", at);
        assert_eq!(hosts.order(&BOTH, at), ["two", "one"]);
        assert_eq!((hosts.way("one", false, at), hosts.way("two", true, at)), (Way::Avoid, Way::Send));
        let later = at + HOST_AVOIDED_MS;
        assert_eq!((hosts.order(&BOTH, later), hosts.way("one", false, later)), (BOTH.to_vec(), Way::Probe));
        hosts.answered("one");
        assert_eq!((hosts.way("one", false, later), hosts.count_silent(&BOTH)), (Way::Send, 0));
    }

    #[test]
    fn when_all_are_silent_the_last_one_is_asked_now_and_then() {
        let mut hosts = Hosts::default();
        let at = TimeMs(1_000_000);
        BOTH.iter().for_each(|host| hosts.silent(host, at));
        assert_eq!((hosts.way("one", true, at), hosts.count_silent(&BOTH)), (Way::Probe, 2));
        hosts.probed("one", at);
        hosts.silent("one", at + 1);
        assert_eq!(hosts.way("one", true, at + (HOST_PROBED_EVERY_MS - 1)), Way::Avoid);
        assert_eq!(hosts.way("one", true, at + HOST_PROBED_EVERY_MS), Way::Probe);
        // A clock that was set back does not silence a host for good.
        assert_eq!(hosts.way("one", true, at + -1), Way::Probe);
    }

    #[test]
    fn only_what_is_harmless_is_repeated() {
        let customer = CustomerId("o1".to_owned());
        let text = crate::base::message::OutboundContent::Text { text: "好".to_owned() };
        let kind = crate::base::channel::ChannelKind::OfficialAccount;
        assert!(is_repeatable(&api::stable_token("wx1", &Secret::new("s"), true)));
        assert!(is_repeatable(&api::user_info(&customer)) && is_repeatable(&probe()));
        assert!(!is_repeatable(&api::custom_send(kind, &customer, &text, None).unwrap()));
        assert!(!is_repeatable(&super::super::diagnosis::callback_check()));
        assert!(!probe().needs_token);
    }

    #[test]
    fn a_gateway_is_not_wechat() {
        assert!(is_answer(200, b"") && is_answer(503, br#"{"errcode":-1}"#) && is_answer(404, b"<html>"));
        assert!(!is_answer(502, b"<html>") && !is_answer(500, b"") && !is_answer(504, b"[]"));
    }
}
