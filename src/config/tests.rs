//! Settings that are right, and everything that can be wrong with them.

use super::*;
use crate::office::remote::{Mode, Prices};
use crate::office::vault::Key;
use std::collections::BTreeMap;

const SETTINGS: &str = r#"{
  "wechat_api": "http://127.0.0.1:7001",
  "addressing": { "mode": "sharded", "shards": 8 },
  "freshness_s": 300, "ledger_days": 8, "message_days": 90, "session_hours": 2,
  "publish_alone": true, "experiment_s": 60
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
    assert_eq!(config.experiment_ms, 60 * SECOND_MS);
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

/// The settings with this as `remote`, and tokens for both models.
fn with_remote(remote: &str) -> Result<Config, Vec<ConfigFault>> {
    let mut variables = variables();
    variables.insert("SETTINGS", format!("{{\"remote\": {remote}}}"));
    variables.insert("REMOTE_CHAT_TOKEN", "chat-token-9".to_owned());
    variables.insert("REMOTE_EMBEDDINGS_TOKEN", "embeddings-token-9".to_owned());
    parse(&variables)
}

fn faults_of_remote(remote: &str) -> Vec<String> {
    with_remote(remote).unwrap_err().iter().map(ConfigFault::to_string).collect()
}

#[test]
fn no_model_is_asked_unless_one_is_named() {
    let config = parse(&variables()).unwrap();
    assert!(config.remote.is_none());
    assert_eq!(config.slow_ms(), None);
}

#[test]
fn a_remote_tier_has_careful_defaults() {
    let config = with_remote(r#"{"chat":{"address":"https://api.example.com/v1/","model":"m"}}"#).unwrap();
    assert_eq!(config.slow_ms(), Some(12_000));
    let remote = config.remote.unwrap();
    let chat = remote.chat.unwrap();
    assert_eq!((chat.address.as_str(), chat.model.as_str()), ("https://api.example.com/v1", "m"));
    assert_eq!(chat.token.unwrap().expose(), "chat-token-9");
    assert!(remote.embeddings.is_none());
    assert_eq!((remote.mode, remote.tokens_per_question), (Mode::Choose, 4_000));
    let limits = remote.limits;
    assert_eq!((limits.tokens_per_day, limits.micros_per_day, limits.calls_at_once), (200_000, None, 4));
}

#[test]
fn everything_about_a_remote_tier_can_be_set_and_no_token_prints() {
    let config = with_remote(
        r#"{"provider":"workers-ai","account":"0123456789abcdef0123456789abcdef","mode":"compose","wait_s":3,
            "chat":{"model":"@cf/qwen/qwen3"},
            "embeddings":{"address":"http://127.0.0.1:9/v1","model":"e5","threshold":0.85,"margin":0},
            "tokens_per_question":2000,"tokens_per_day":5000,"money_per_day":1.5,"calls_at_once":2,"pause_s":1,
            "prices":{"chat_input":0.15,"chat_output":0.6,"embeddings":0.02}}"#,
    )
    .unwrap();
    let printed = format!("{config:?}");
    assert!(!printed.contains("token-9"), "{printed}");
    let remote = config.remote.unwrap();
    let base = "https://api.cloudflare.com/client/v4/accounts/0123456789abcdef0123456789abcdef/ai/v1";
    assert_eq!(remote.chat.unwrap().address, base);
    let embeddings = remote.embeddings.unwrap();
    assert_eq!(embeddings.endpoint.address, "http://127.0.0.1:9/v1");
    assert_eq!((embeddings.threshold.share(), embeddings.margin.share()), (0.85, 0.0));
    assert_eq!((remote.mode, remote.wait_ms), (Mode::Compose, 3_000));
    let prices = Prices { chat_input: 150_000, chat_output: 600_000, embeddings: 20_000 };
    assert_eq!((remote.limits.micros_per_day, remote.limits.prices), (Some(1_500_000), prices));
    assert_eq!(remote.limits.pause_ms, 1_000);
}

#[test]
fn a_remote_tier_that_is_not_right_is_refused_with_every_fault() {
    assert_eq!(faults_of_remote("{}"), ["remote: must be an object with chat, embeddings or both"]);
    assert_eq!(
        faults_of_remote(
            r#"{"chat":{"address":"http://api.example.com","model":"","key":"k"},"mode":"free","wait_s":0,
                "money_per_day":-1,"provider":"acme"}"#
        ),
        [
            "remote.provider: must be openai-compatible or workers-ai",
            "remote.chat.address: must be an https address, or http on this machine",
            "remote.chat.model: must be 1 to 128 visible ASCII characters",
            "remote.chat.key: is not a setting",
            "remote.mode: must be choose or compose",
            "remote.wait_s: must be a whole number from 1 to 60",
            "remote.money_per_day: must be a number from 0 to 1000000",
        ]
    );
    let unpriced = r#"{"chat":{"address":"https://a.example/v1","model":"m"},"money_per_day":1"#;
    assert_eq!(faults_of_remote(&format!("{unpriced}}}")), ["remote.prices: is missing"]);
    assert_eq!(
        faults_of_remote(&format!("{unpriced},\"prices\":{{\"chat_input\":1,\"embeddings\":1}}}}")),
        ["remote.prices.chat_output: is missing"]
    );
}
