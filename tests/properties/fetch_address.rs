//! Whatever is written as an address, nothing but WeChat's hosts and configured places is ever fetched from.

use proptest::prelude::{Strategy, any, prop};
use proptest::test_runner::{Config, TestRunner};
use shunda::wechat::fetch_address::{Origin, check};
use std::cell::Cell;

const PIECES: [&str; 34] = [
    "http://",
    "https://",
    "HTTP:",
    "ftp://",
    "//",
    "mmbiz",
    "mmbiz.qpic.cn",
    ".qpic.cn",
    "wx.qlogo.cn",
    "a.tc.qq.com",
    "qpic.cn",
    "evil.example",
    "127.0.0.1",
    "[::1]",
    "localhost",
    "0x7f.1",
    "@",
    ":",
    ":80",
    ":443",
    ":8890",
    "/",
    "\\",
    "?",
    "#",
    "%2e",
    "%40",
    ".",
    " ",
    "\t",
    "\r\n",
    "。",
    "a=b&c",
    "..",
];

fn texts() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec(prop::sample::select(&PIECES[..]), 0..12).prop_map(|all| all.concat());
    let addresses = (prop::sample::select(&["http://", "https://"][..]), pieces.clone())
        .prop_map(|(scheme, rest)| format!("{scheme}{rest}"));
    let beside = (any::<String>(), any::<String>()).prop_map(|(a, b)| format!("http://{a}mmbiz.qpic.cn{b}"));
    let path = prop::collection::vec(prop::sample::select(&PIECES[..]), 0..4).prop_map(|all| all.concat());
    let hosts = prop::sample::select(&["mmbiz.qpic.cn", "127.0.0.1:8890", "a.tc.qq.com:443"][..]);
    let near = (hosts, path).prop_map(|(host, path)| format!("http://{host}/{path}"));
    proptest::prop_oneof![pieces, addresses, beside, near, any::<String>()]
}

/// Host and port as lenient readers see them: what browsers repair is repaired.
fn lenient(address: &str) -> (String, String) {
    let kept: String = address.trim().chars().filter(|char| !"\t\r\n".contains(*char)).collect();
    let rest = kept.split_once(':').map_or("", |(_, rest)| rest).trim_start_matches(['/', '\\']);
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap();
    let place = authority.rsplit('@').next().unwrap();
    let (host, port) = place.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')).unwrap_or((place, ""));
    (host.to_lowercase(), port.to_owned())
}

fn run(further: &[Origin], test: impl Fn(&str, &str)) {
    let config = Config { cases: 4_096, failure_persistence: None, ..Config::default() };
    let allowed = Cell::new(0);
    let outcome = TestRunner::new(config).run(&texts(), |text| {
        if let Ok(address) = check(&text, further) {
            allowed.set(allowed.get() + 1);
            test(&text, address.as_str());
        }
        Ok(())
    });
    outcome.unwrap();
    assert!(allowed.get() > 20, "only {} addresses were allowed at all", allowed.get());
}

#[test]
fn an_allowed_address_is_at_wechat_for_every_reader() {
    run(&[], |text, address| {
        for read in [text, address] {
            let (host, port) = lenient(read);
            assert!(
                [".qpic.cn", ".qlogo.cn", ".tc.qq.com"].iter().any(|end| host.ends_with(end)),
                "{text:?}"
            );
            assert!(["", "80", "443"].contains(&port.as_str()), "{text:?}");
        }
        let plain = |char: char| char.is_ascii_graphic() && !"\\#\"<>".contains(char);
        assert!(address.starts_with("http://") || address.starts_with("https://"), "{text:?}");
        assert!(address.chars().all(plain), "{text:?}");
        assert_eq!(check(address, &[]).unwrap().as_str(), address);
    });
}

#[test]
fn a_configured_place_opens_itself_and_nothing_beside() {
    let place = Origin::parse("http://127.0.0.1:8890").unwrap();
    assert!(check("http://127.0.0.1:8890/a", &[]).is_err());
    run(&[place], |text, address| {
        let (host, port) = lenient(address);
        assert!(host != "127.0.0.1" || port == "8890" && address.starts_with("http://"), "{text:?}");
        assert!(!["localhost", "[::1]", "evil.example", "0x7f.1"].contains(&host.as_str()), "{text:?}");
    });
}
