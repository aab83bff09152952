//! Settings that are right, and everything that can be wrong with them.

use super::*;
use crate::office::vault::Key;
use std::collections::BTreeMap;

const SETTINGS: &str = r#"{
  "wechat_api": "http://127.0.0.1:7001",
  "addressing": { "mode": "sharded", "shards": 8 },
  "freshness_s": 300, "ledger_days": 8, "message_days": 90, "session_hours": 2,
  "publish_alone": true
}"#;

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const OLD_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

fn variables() -> BTreeMap<&'static str, String> {
    [
        ("SETTINGS", SETTINGS),
        ("OPERATOR_TOKEN", "operator-token-0123"),
        ("DEPLOYMENT_KEY", KEY),
        ("DEPLOYMENT_KEY_PREVIOUS", OLD_KEY),
    ]
    .map(|(name, text)| (name, text.to_owned()))
    .into()
}

fn parse(variables: &BTreeMap<&str, String>) -> Result<Config, Vec<ConfigFault>> {
    Config::parse(|name| variables.get(name).cloned())
}

/// The faults, one a line, of the good variables with `change` made to them.
fn faults(change: impl Fn(&mut BTreeMap<&'static str, String>)) -> Vec<String> {
    let mut variables = variables();
    change(&mut variables);
    parse(&variables).unwrap_err().iter().map(ConfigFault::to_string).collect()
}

fn faults_of_settings(from: &str, to: &str) -> Vec<String> {
    assert!(SETTINGS.contains(from));
    faults(|variables| {
        variables.insert("SETTINGS", SETTINGS.replacen(from, to, 1));
    })
}

#[test]
fn every_setting_is_read() {
    let config = parse(&variables()).unwrap();
    assert_eq!(config.wechat_api, "http://127.0.0.1:7001");
    assert_eq!((config.wechat_api_second, config.public_url), (None, None));
    assert_eq!(config.addressing, Addressing::Sharded { shards: 8 });
    assert_eq!((config.freshness_ms, config.session_ms), (300_000, 2 * HOUR_MS));
    assert_eq!((config.ledger_ms, config.message_ms), (8 * DAY_MS, 90 * DAY_MS));
    assert!(config.publish_alone);
    assert_eq!(config.operator_token.expose(), "operator-token-0123");
    assert_eq!(config.deployment_keys.current, Key::parse(KEY).unwrap());
    assert_eq!(config.deployment_keys.previous, Some(Key::parse(OLD_KEY).unwrap()));
}

#[test]
fn what_is_left_out_has_a_default() {
    let mut variables = variables();
    variables.insert("SETTINGS", "{}".to_owned());
    variables.remove("DEPLOYMENT_KEY_PREVIOUS");
    let config = parse(&variables).unwrap();
    assert_eq!(config.wechat_api, "https://api.weixin.qq.com");
    assert_eq!(config.wecom_api, "https://qyapi.weixin.qq.com");
    assert_eq!(config.wechat_api_second.as_deref(), Some("https://api2.weixin.qq.com"));
    assert_eq!(config.addressing, Addressing::Sharded { shards: 16 });
    assert_eq!((config.freshness_ms, config.session_ms), (600_000, 12 * HOUR_MS));
    assert_eq!((config.ledger_ms, config.message_ms), (7 * DAY_MS, 180 * DAY_MS));
    assert!(!config.publish_alone);
    assert_eq!(config.deployment_keys.previous, None);
}

#[test]
fn no_secret_prints() {
    let printed = format!("{:?}", parse(&variables()).unwrap());
    for secret in ["operator-token-0123", KEY, OLD_KEY] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn all_faults_come_together_and_show_no_value() {
    let found = faults(|variables| {
        variables.remove("DEPLOYMENT_KEY");
        variables.insert("DEPLOYMENT_KEY_PREVIOUS", "too-short".to_owned());
        variables.insert("OPERATOR_TOKEN", "weak".to_owned());
        let settings = SETTINGS.replace("\"freshness_s\"", "\"freshnes_s\"");
        variables.insert("SETTINGS", settings.replace("\"session_hours\": 2", "\"session_hours\": 0"));
    });
    assert_eq!(
        found,
        [
            "session_hours: must be a whole number from 1 to 720",
            "OPERATOR_TOKEN: must be 16 to 256 visible ASCII characters",
            "DEPLOYMENT_KEY: is missing",
            "DEPLOYMENT_KEY_PREVIOUS: must be 43 characters of base64, or 64 hexadecimal digits",
            "freshnes_s: is not a setting",
        ]
    );
}

#[test]
fn settings_that_are_no_settings_are_one_fault() {
    for (settings, fault) in [
        (None, "SETTINGS: is missing"),
        (Some("[]"), "SETTINGS: must be a JSON object"),
        (Some("{\n  secret"), "SETTINGS: is not JSON at line 2, column 3"),
    ] {
        let found = faults(|variables| {
            variables.remove("SETTINGS");
            variables.extend(settings.map(|text| ("SETTINGS", text.to_owned())));
        });
        assert_eq!(found, [fault]);
    }
}

#[test]
fn a_ledger_must_outlive_every_fresh_callback() {
    // 215,970 s each way and 60 s of redelivery are exactly five days.
    let with = |days: i64| {
        SETTINGS
            .replace("\"freshness_s\": 300", "\"freshness_s\": 215970")
            .replace("\"ledger_days\": 8", &format!("\"ledger_days\": {days}"))
    };
    let found = faults(|variables| {
        variables.insert("SETTINGS", with(5));
    });
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("ledger_days: must be longer than twice freshness_s"));
    let mut variables = variables();
    variables.insert("SETTINGS", with(6));
    assert!(parse(&variables).is_ok());
}

#[test]
fn every_range_and_shape_is_held() {
    for (from, to, fault) in [
        ("\"shards\": 8", "\"shards\": 0", "addressing.shards: must be a whole number from 1 to 1024"),
        ("\"shards\": 8", "\"shards\": 1025", "addressing.shards: must be a whole number from 1 to 1024"),
        ("\"shards\": 8", "\"shards\": 1.5", "addressing.shards: must be a whole number from 1 to 1024"),
        ("\"sharded\"", "\"per_customer\"", "addressing.shards: is not a setting"),
        ("\"sharded\"", "\"random\"", "addressing.mode: must be per_customer or sharded"),
        ("\"publish_alone\": true", "\"publish_alone\": 1", "publish_alone: must be true or false"),
        ("300", "29", "freshness_s: must be a whole number from 30 to 604800"),
        (
            "\"message_days\": 90",
            "\"message_days\": \"90\"",
            "message_days: must be a whole number from 1 to 3650",
        ),
    ] {
        assert_eq!(faults_of_settings(from, to), [fault], "{from} -> {to}");
    }
}

#[test]
fn only_a_safe_address_of_the_api_is_taken() {
    for good in [
        "https://api.weixin.qq.com",
        "https://proxy.example:8443/wechat",
        "http://127.0.0.1:7001",
        "http://localhost",
        "http://[::1]:80",
        "https://[2001:db8::1]",
        "http://127.0.0.1:7001/",
    ] {
        assert!(is_api_address(good.strip_suffix('/').unwrap_or(good)), "{good}");
    }
    for bad in [
        "http://api.weixin.qq.com",
        "http://127.0.0.1.example",
        "http://127.0.0.1@example",
        "ftp://localhost",
        "https://",
        "https:///path",
        "https://host:port",
        "https://host:70000",
        "https://a b",
        "https://a?b",
        "https://a#b",
        "https://user@host",
        "http://10.0.0.1",
        "http://localhost.example",
        "//localhost",
    ] {
        assert!(!is_api_address(bad), "{bad}");
    }
    let fault = "wechat_api: must be an https address, or http on this machine";
    assert_eq!(faults_of_settings("http://127.0.0.1:7001", "http://api.weixin.qq.com"), [fault]);
}

#[test]
fn a_second_host_and_our_own_address_are_read_like_the_first() {
    let mut variables = variables();
    let more = r#""wechat_api": "https://a.example/", "wechat_api_second": "https://b.example/", "public_url": "https://c.example/","#;
    variables.insert("SETTINGS", SETTINGS.replacen(r#""wechat_api": "http://127.0.0.1:7001","#, more, 1));
    let config = parse(&variables).unwrap();
    assert_eq!(
        (config.wechat_api.as_str(), config.wechat_api_second.as_deref()),
        ("https://a.example", Some("https://b.example"))
    );
    assert_eq!(config.public_url.as_deref(), Some("https://c.example"));
}
