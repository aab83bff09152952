//! What WeChat can be asked about an account's health: addresses, the way to us, quotas (protocol 1.9, 5).

use super::api::{self, Answer, ApiRequest};
use crate::base::limits::{DIAGNOSIS_ENTRIES_MAX, DIAGNOSIS_TEXT_BYTES_MAX};
use crate::base::text::prefix_within;
use crate::base::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, TimeMs};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

/// Asks from which addresses WeChat calls us.
pub fn callback_addresses() -> ApiRequest {
    ApiRequest::get("/cgi-bin/getcallbackip", String::new())
}

/// Asks at which addresses WeChat's API is.
pub fn api_addresses() -> ApiRequest {
    ApiRequest::get("/cgi-bin/get_api_domain_ip", String::new())
}

/// Reads the answer to [`callback_addresses`] or [`api_addresses`]: addresses, or ranges `a.b.c.d/n`.
pub fn parse_addresses(status: u16, body: &[u8]) -> Answer<Vec<String>> {
    #[derive(Deserialize)]
    struct Addresses {
        ip_list: Vec<String>,
    }
    map(api::parse(status, body), |Addresses { ip_list }| {
        ip_list.iter().take(DIAGNOSIS_ENTRIES_MAX).map(|address| shortened(address)).collect()
    })
}

/// Lets WeChat look up our host and call it, from its default network. Answers take seconds.
pub fn callback_check() -> ApiRequest {
    let body = json!({ "action": "all", "check_operator": "DEFAULT" });
    ApiRequest::post("/cgi-bin/callback/check", body.to_string())
}

/// What WeChat sees of the host that callbacks go to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallbackCheck {
    /// The addresses that its name leads to.
    pub addresses: Vec<String>,
    /// How they can be reached.
    pub pings: Vec<Ping>,
}

/// How one of our addresses can be reached from WeChat. Texts are WeChat's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ping {
    /// The address.
    pub address: String,
    /// How much is lost: `0%`.
    pub loss: String,
    /// How long it takes: `23.079ms`.
    pub time: String,
}

impl CallbackCheck {
    /// Whether the host has an address, and no address loses everything.
    pub fn is_reachable(&self) -> bool {
        !self.addresses.is_empty() && !self.pings.iter().any(|ping| ping.loss.trim() == "100%")
    }
}

/// Reads the answer to [`callback_check`].
pub fn parse_callback_check(status: u16, body: &[u8]) -> Answer<CallbackCheck> {
    #[derive(Deserialize)]
    struct Found {
        #[serde(default)]
        dns: Vec<Dns>,
        #[serde(default)]
        ping: Vec<Pinged>,
    }
    #[derive(Deserialize)]
    struct Dns {
        #[serde(default)]
        ip: String,
    }
    #[derive(Deserialize)]
    struct Pinged {
        #[serde(default)]
        ip: String,
        #[serde(default)]
        package_loss: String,
        #[serde(default)]
        time: String,
    }
    let ping = |pinged: &Pinged| Ping {
        address: shortened(&pinged.ip),
        loss: shortened(&pinged.package_loss),
        time: shortened(&pinged.time),
    };
    map(api::parse(status, body), |Found { dns, ping: pinged }| CallbackCheck {
        addresses: dns.iter().take(DIAGNOSIS_ENTRIES_MAX).map(|dns| shortened(&dns.ip)).collect(),
        pings: pinged.iter().take(DIAGNOSIS_ENTRIES_MAX).map(ping).collect(),
    })
}

/// Takes back a word that was never shown, from nobody: it needs the right to send messages (else 48001), and reaches
/// no customer (40003).
pub fn sending_right() -> ApiRequest {
    api::custom_typing(&"diagnosis".into(), false)
}

/// Reads the answer to [`sending_right`].
pub fn parse_sending_right(status: u16, body: &[u8]) -> Answer<()> {
    map(api::parse(status, body), |IgnoredAny| ())
}

/// Asks which templates the account has; 48001 without the right to send them.
pub fn templates() -> ApiRequest {
    ApiRequest::get("/cgi-bin/template/get_all_private_template", String::new())
}

/// Reads the answer to [`templates`]: their ids.
pub fn parse_templates(status: u16, body: &[u8]) -> Answer<Vec<String>> {
    #[derive(Deserialize)]
    struct Templates {
        template_list: Vec<Template>,
    }
    #[derive(Deserialize)]
    struct Template {
        template_id: String,
    }
    map(api::parse(status, body), |Templates { template_list }| {
        template_list.into_iter().take(DIAGNOSIS_ENTRIES_MAX).map(|template| template.template_id).collect()
    })
}

/// The time in an answer's `Date`: `Tue, 24 Nov 2026 18:21:20 GMT`.
pub fn http_date(text: &str) -> Option<TimeMs> {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_once(", ")?.1.split(' ');
    let day: i64 = words.next()?.parse().ok()?;
    let named = words.next()?;
    let month = i64::try_from(months.iter().position(|month| *month == named)?).ok()?;
    let year: i64 = words.next()?.parse().ok()?;
    let clock = words.next()?;
    let mut parts = clock.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    if words.next()? != "GMT" || !(1_970..=9_999).contains(&year) || !(1..=31).contains(&day) {
        return None;
    }
    // Years counted from March, as in `base::time::civil`.
    let (year, from_march) = if month >= 2 { (year, month - 2) } else { (year - 1, month + 10) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some(TimeMs(days * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS))
}

/// Asks how often a request may still be made: `path` as in [`ApiRequest::path`]. 76003 when WeChat has no such.
pub fn quota(path: &str) -> ApiRequest {
    ApiRequest::post("/cgi-bin/openapi/quota/get", json!({ "cgi_path": path }).to_string())
}

/// How often a request may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// In a day.
    pub daily_max: i64,
    /// Used today.
    pub used: i64,
    /// Left today.
    pub left: i64,
    /// Bound of a shorter span, where there is one.
    pub rate: Option<Rate>,
}

/// So many requests in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Rate {
    /// How many.
    #[serde(rename = "call_count")]
    pub calls: i64,
    /// In how many seconds.
    #[serde(rename = "refresh_second")]
    pub span_s: i64,
}

/// Reads the answer to [`quota`].
pub fn parse_quota(status: u16, body: &[u8]) -> Answer<Quota> {
    #[derive(Deserialize)]
    struct Found {
        quota: Daily,
        #[serde(default)]
        rate_limit: Value,
    }
    #[derive(Deserialize)]
    struct Daily {
        daily_limit: i64,
        used: i64,
        remain: i64,
    }
    map(api::parse(status, body), |Found { quota, rate_limit }| Quota {
        daily_max: quota.daily_limit,
        used: quota.used,
        left: quota.remain,
        rate: Rate::deserialize(rate_limit).ok().filter(|rate| rate.span_s > 0),
    })
}

/// The address that WeChat says it saw us call from, out of a refusal's `errmsg` (40164 and 61004): what has to be put
/// on the account's list. Nothing else is ever read from an `errmsg`.
pub fn seen_address(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Refused {
        errcode: i64,
        errmsg: String,
    }
    let refused: Refused = serde_json::from_slice(body).ok()?;
    let is_about_addresses = matches!(refused.errcode, 40164 | 61004);
    let is_between = |char: char| !(char.is_ascii_hexdigit() || matches!(char, '.' | ':'));
    let words = refused.errmsg.split(is_between).map(|word| word.trim_end_matches([':', '.']));
    let mut addresses = words.filter_map(|word| word.parse::<core::net::IpAddr>().ok());
    // WeChat says `invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4`: the first one, and not as IPv6 what is IPv4.
    addresses.next().filter(|_| is_about_addresses).map(|address| address.to_canonical().to_string())
}

fn shortened(text: &str) -> String {
    prefix_within(text, DIAGNOSIS_TEXT_BYTES_MAX).to_owned()
}

fn map<T, U>(answer: Answer<T>, change: impl FnOnce(T) -> U) -> Answer<U> {
    match answer {
        Answer::Ok(value) => Answer::Ok(change(value)),
        Answer::Refused { errcode } => Answer::Refused { errcode },
        Answer::Unknown => Answer::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_as_documented() {
        let body = |request: &ApiRequest| serde_json::from_slice::<Value>(&request.body).unwrap();
        assert_eq!(callback_addresses().path, "/cgi-bin/getcallbackip");
        assert_eq!(api_addresses().path, "/cgi-bin/get_api_domain_ip");
        let check = callback_check();
        assert_eq!(check.path, "/cgi-bin/callback/check");
        assert_eq!(body(&check), json!({ "action": "all", "check_operator": "DEFAULT" }));
        let asked = quota("/cgi-bin/message/custom/send");
        assert_eq!(asked.path, "/cgi-bin/openapi/quota/get");
        assert_eq!(body(&asked), json!({ "cgi_path": "/cgi-bin/message/custom/send" }));
        assert!([callback_addresses(), check, asked].iter().all(|request| request.needs_token));
    }

    #[test]
    fn addresses_may_be_ranges() {
        let answer = parse_addresses(200, br#"{"ip_list":["101.226.103.0/25","1.2.3.4"]}"#);
        assert_eq!(answer, Answer::Ok(vec!["101.226.103.0/25".to_owned(), "1.2.3.4".to_owned()]));
        assert_eq!(
            parse_addresses(200, br#"{"errcode":48001,"errmsg":""}"#),
            Answer::Refused { errcode: 48001 }
        );
        assert_eq!(parse_addresses(200, b"{}"), Answer::Unknown);
    }

    #[test]
    fn a_host_is_reachable_when_it_answers() {
        let found = |body: &str| match parse_callback_check(200, body.as_bytes()) {
            Answer::Ok(check) => check,
            other => panic!("{other:?}"),
        };
        let good = found(
            r#"{"dns":[{"ip":"111.161.64.40","real_operator":"UNICOM"}],
                "ping":[{"ip":"111.161.64.40","from_operator":"UNICOM","package_loss":"0%","time":"23.079ms"}]}"#,
        );
        let ping =
            Ping { address: "111.161.64.40".to_owned(), loss: "0%".to_owned(), time: "23.079ms".to_owned() };
        assert_eq!(good, CallbackCheck { addresses: vec!["111.161.64.40".to_owned()], pings: vec![ping] });
        assert!(good.is_reachable());
        assert!(!found("{}").is_reachable());
        assert!(
            !found(r#"{"dns":[{"ip":"1.2.3.4"}],"ping":[{"ip":"1.2.3.4","package_loss":"100%"}]}"#)
                .is_reachable()
        );
    }

    #[test]
    fn a_date_is_read_as_http_writes_it() {
        let read = |text: &str| http_date(text).map(|at| at.0);
        assert_eq!(read("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(read("Tue, 24 Nov 2026 18:21:20 GMT"), Some(1_795_544_480_000));
        assert_eq!(read("Thu, 29 Feb 2024 23:59:59 GMT"), Some(1_709_251_199_000));
        assert_eq!([read("2026-11-24"), read("Tue, 24 Now 2026 18:21:20 GMT"), read("")], [None; 3]);
    }

    #[test]
    fn rights_are_asked_after_without_harm() {
        let asked = sending_right();
        assert_eq!(body_of(&asked), json!({ "touser": "diagnosis", "command": "CancelTyping" }));
        assert_eq!(parse_sending_right(200, br#"{"errcode":48001}"#), Answer::Refused { errcode: 48001 });
        let list = br#"{"template_list":[{"template_id":"t1","title":"x"},{"template_id":"t2"}]}"#;
        assert_eq!(parse_templates(200, list), Answer::Ok(vec!["t1".to_owned(), "t2".to_owned()]));
    }

    fn body_of(request: &ApiRequest) -> Value {
        serde_json::from_slice(&request.body).unwrap()
    }

    #[test]
    fn a_quota_tells_what_is_left() {
        let body = br#"{"errcode":0,"quota":{"daily_limit":500000,"used":12,"remain":499988},
            "rate_limit":{"call_count":100,"refresh_second":60},"component_rate_limit":{}}"#;
        let rate = Some(Rate { calls: 100, span_s: 60 });
        assert_eq!(
            parse_quota(200, body),
            Answer::Ok(Quota { daily_max: 500_000, used: 12, left: 499_988, rate })
        );
        let body = br#"{"quota":{"daily_limit":1,"used":1,"remain":0},"rate_limit":{}}"#;
        let quota = Quota { daily_max: 1, used: 1, left: 0, rate: None };
        assert_eq!(parse_quota(200, body), Answer::Ok(quota));
        assert_eq!(parse_quota(200, br#"{"errcode":76003}"#), Answer::Refused { errcode: 76003 });
        assert_eq!(parse_quota(200, br#"{"errcode":0}"#), Answer::Unknown);
    }

    #[test]
    fn the_address_that_wechat_saw_is_read_from_its_refusal() {
        let seen = |errcode: i64, errmsg: &str| {
            seen_address(json!({ "errcode": errcode, "errmsg": errmsg }).to_string().as_bytes())
        };
        let four = Some("1.2.3.4".to_owned());
        assert_eq!(seen(40164, "invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist rid: 6a-7"), four);
        assert_eq!(seen(40164, "invalid ip 1.2.3.4, not in whitelist hint: [a0_b]"), four);
        assert_eq!(seen(61004, "access clientip is not registered requestIP: 1.2.3.4 rid: 1"), four);
        assert_eq!(seen(40164, "invalid ip ::ffff:1.2.3.4"), four);
        assert_eq!(seen(40164, "invalid ip 2001:db8::1 not in whitelist"), Some("2001:db8::1".to_owned()));
        assert_eq!(seen(40164, "not in whitelist rid: 65f0-12ab"), None);
        assert_eq!(seen(40001, "1.2.3.4"), None);
        assert_eq!(seen_address(b"<html>"), None);
    }
}
