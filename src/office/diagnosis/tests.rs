//! Each fault by itself is named by one check, and a healthy channel by none.

use super::super::callbacks::Verdict as Came;
use super::*;

fn came(code: &str, times: usize, skew_s: Option<u64>) -> Vec<Came> {
    vec![Came { at_ms: TimeMs(1), code: code.to_owned(), skew_s }; times]
}

fn healthy() -> Facts {
    Facts {
        now: TimeMs(1_000_000_000),
        kind: ChannelKind::OfficialAccount,
        tier: Tier::Service,
        path: "main".to_owned(),
        state: State::Ready,
        public_url: "https://shop.example".to_owned(),
        freshness_ms: 600_000,
        token: Asked::Said(()),
        seen_address: None,
        clocks: Some((TimeMs(1_000_000_000), TimeMs(1_000_001_000))),
        silent_hosts: (0, 2),
        reached: Asked::Said(Reach::Reached),
        sending: Asked::Refused(40_003),
        template: Asked::Said(true),
        quota: Asked::Said((499_000, 500_000)),
        callback_addresses: Asked::Said(3),
        account: Asked::NotAsked,
        callbacks: Callbacks { accepted_at_ms: Some(TimeMs(1)), last: came(OK, 1, None) },
        has_media: true,
        has_store: true,
        knowledge: Some(3),
    }
}

/// The checks that are not well, by id, verdict and code.
fn unwell(change: impl Fn(&mut Facts)) -> Vec<(&'static str, Verdict, &'static str)> {
    let mut facts = healthy();
    change(&mut facts);
    let is_unwell = |check: &&Check| matches!(check.verdict, Verdict::Warning | Verdict::Failed);
    let checks = diagnose(&facts);
    for check in checks.iter().filter(is_unwell) {
        assert!(check.fix.is_some_and(|fix| !fix.zh.is_empty() && !fix.en.is_empty()), "{}", check.code);
    }
    checks.iter().filter(is_unwell).map(|check| (check.id, check.verdict, check.code)).collect()
}

fn refused(facts: &mut Facts, code: &str) {
    facts.callbacks.last.extend(came(code, 3, Some(3_600)));
}

#[test]
fn a_healthy_channel_is_well_in_every_part() {
    assert!(diagnose(&healthy()).iter().all(|check| check.verdict == Verdict::Ok && check.fix.is_none()));
    let kefu = Facts { kind: ChannelKind::Kefu, account: Asked::Said(Some(true)), ..healthy() };
    assert!(diagnose(&kefu).iter().all(|check| check.verdict == Verdict::Ok));
}

#[test]
fn each_fault_is_named_by_one_check() {
    type Fault = fn(&mut Facts);
    let failed: [(Fault, &str, &str); 24] = [
        (|f| f.reached = Asked::Said(Reach::NoAddress), "address", "address.dns"),
        (|f| f.reached = Asked::Said(Reach::Unreachable), "address", "address.unreachable"),
        (|f| refused(f, "wechat.signature"), "token", "token.differs"),
        (|f| refused(f, "wechat.key"), "aes_key", "aes_key.differs"),
        (|f| refused(f, "wechat.downgrade"), "aes_key", "mode.differs"),
        (|f| refused(f, "wechat.appid"), "appid", "appid.other"),
        (|f| refused(f, "wechat.original_id"), "appid", "original_id.other"),
        (|f| f.token = Asked::Refused(40_013), "appid", "appid.unknown"),
        (|f| refused(f, "wechat.stale"), "clock", "clock.stale"),
        (|f| f.clocks = Some((TimeMs(0), TimeMs(700_000))), "clock", "clock.skew"),
        (|f| f.token = Asked::Silent, "api", "api.no_answer"),
        (|f| f.token = Asked::Refused(40_164), "ip_list", "ip_list.missing"),
        (|f| f.token = Asked::Refused(89_503), "ip_list", "ip_list.unconfirmed"),
        (|f| f.token = Asked::Refused(40_125), "app_secret", "app_secret.wrong"),
        (|f| f.token = Asked::Refused(40_243), "app_secret", "app_secret.frozen"),
        (|f| f.token = Asked::Refused(45_009), "app_secret", "app_secret.refused"),
        (|f| f.sending = Asked::Refused(48_001), "tier", "tier.no_right"),
        (|f| f.template = Asked::Refused(48_001), "template", "template.no_right"),
        (|f| f.template = Asked::Said(false), "template", "template.unknown"),
        (|f| f.quota = Asked::Said((0, 500)), "quota", "quota.used_up"),
        (|f| f.has_media = false, "storage", "storage.media"),
        (|f| f.has_store = false, "storage", "storage.knowledge"),
        (|f| f.knowledge = None, "knowledge", "knowledge.none"),
        (|f| f.state = State::Sealed, "path", "path.sealed"),
    ];
    for (fault, id, code) in failed {
        assert_eq!(unwell(fault), [(id, Verdict::Failed, code)]);
    }
}

#[test]
fn what_will_not_last_is_a_warning() {
    type Fault = fn(&mut Facts);
    let warned: [(Fault, &str, &str); 8] = [
        (|f| f.public_url = "http://127.0.0.1:8787".to_owned(), "address", "address.not_https"),
        (|f| f.state = State::Paused, "path", "path.paused"),
        (|f| f.clocks = Some((TimeMs(0), TimeMs(90_000))), "clock", "clock.skew"),
        (|f| f.silent_hosts = (1, 2), "api", "api.second_host"),
        (|f| f.tier = Tier::Unverified, "tier", "tier.more_rights"),
        (|f| f.quota = Asked::Said((10, 500)), "quota", "quota.low"),
        (|f| f.callback_addresses = Asked::Refused(-1), "callback_ips", "callback_ips.unknown"),
        (|f| f.callbacks = Callbacks::default(), "callbacks", "callbacks.none"),
    ];
    for (fault, id, code) in warned {
        assert_eq!(unwell(fault), [(id, Verdict::Warning, code)]);
    }
    // One wrong signature between good callbacks is the internet.
    let stray = |facts: &mut Facts| facts.callbacks.last.extend(came("wechat.signature", 1, None));
    assert_eq!(unwell(stray), [("token", Verdict::Warning, "token.differs")]);
}

#[test]
fn an_account_of_wecom_has_faults_of_its_own() {
    let kefu = |account: Asked<Option<bool>>| {
        unwell(move |facts| {
            facts.kind = ChannelKind::Kefu;
            facts.account = account.clone();
        })
    };
    let failed = |id, code| vec![(id, Verdict::Failed, code)];
    assert_eq!(kefu(Asked::Said(None)), failed("account", "account.unknown"));
    assert_eq!(kefu(Asked::Said(Some(false))), failed("account", "account.not_granted"));
    assert_eq!(kefu(Asked::Refused(60_020)), failed("ip_list", "ip_list.missing"));
    assert_eq!(kefu(Asked::Refused(45_009)), failed("account", "account.refused"));
}

#[test]
fn an_unverified_account_need_not_send() {
    let honest = |facts: &mut Facts| {
        facts.tier = Tier::Unverified;
        facts.sending = Asked::Refused(48_001);
    };
    assert_eq!(unwell(honest), []);
}

#[test]
fn the_address_that_wechat_saw_is_shown() {
    let facts =
        Facts { token: Asked::Refused(40_164), seen_address: Some("203.0.113.9".to_owned()), ..healthy() };
    let checks = diagnose(&facts);
    let check = checks.iter().find(|check| check.id == "ip_list").unwrap();
    assert_eq!(check.detail, "203.0.113.9 errcode 40164");
    let fix = serde_json::to_value(check).unwrap();
    assert!(fix["fix"]["zh-CN"].as_str().unwrap().contains("白名单"));
}
