//! Which addresses out of a push or an answer may be fetched: only those at WeChat's own hosts (protocol 11.4).
//!
//! In plaintext mode anybody can make up a push, and with it an address inside our own network. So an address is read
//! here, strictly, and put together anew from what was read: whoever fetches it cannot understand another host by it.
//! It is to be fetched without following redirects, whatever they lead to, without our token, and with a bound.

use crate::base::limits::FETCH_ADDRESS_BYTES_MAX;
use core::fmt;
use thiserror::Error;

/// Where WeChat keeps pictures (`mmbiz.qpic.cn` and its siblings), heads (`wx.qlogo.cn`) and films
/// (`….tc.qq.com`, which a download's `video_url` names). They belong to Tencent alone, with all below them.
const DOMAINS: [&str; 3] = ["qpic.cn", "qlogo.cn", "tc.qq.com"];

/// An address that may be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchAddress(String);

impl FetchAddress {
    /// The address, ASCII, without user, fragment and default port.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why an address may not be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Longer than [`FETCH_ADDRESS_BYTES_MAX`].
    #[error("the address is too long")]
    TooLong,
    /// Not an address, or not written so that everyone reads it alike.
    #[error("the address is malformed")]
    Malformed,
    /// Neither http nor https.
    #[error("the address is neither http nor https")]
    Scheme,
    /// Names a user.
    #[error("the address names a user")]
    UserInfo,
    /// At a host that is not WeChat's and not configured, or at another port than its own.
    #[error("the address is at a host that may not be fetched from")]
    Host,
}

/// Scheme, host and port: one further place that may be fetched from, as configured for tests and simulators. The only
/// way to fetch from this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

impl Scheme {
    const fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl Origin {
    /// Reads `http://host[:port]` or the same with https; nothing may follow but one slash.
    pub fn parse(text: &str) -> Option<Self> {
        let (origin, rest) = read(text).ok()?;
        matches!(rest, "" | "/").then_some(origin)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == self.scheme.port() { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// Reads an address, and says whether it may be fetched: from WeChat's hosts at their default ports, or from one of
/// `further` exactly.
pub fn check(address: &str, further: &[Origin]) -> Result<FetchAddress, AddressError> {
    if address.len() > FETCH_ADDRESS_BYTES_MAX {
        return Err(AddressError::TooLong);
    }
    let (origin, rest) = read(address)?;
    let is_at_wechat = origin.port == origin.scheme.port() && is_wechats(&origin.host);
    if !is_at_wechat && !further.contains(&origin) {
        return Err(AddressError::Host);
    }
    let rest = rest.split('#').next().unwrap_or_default();
    let slash = if rest.starts_with('/') { "" } else { "/" };
    Ok(FetchAddress(format!("{origin}{slash}{rest}")))
}

/// The origin, and what follows it.
fn read(address: &str) -> Result<(Origin, &str), AddressError> {
    // What some readers repair and others do not: blanks, quotes, backslashes, anything that is not ASCII.
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    if !address.bytes().all(is_plain) {
        return Err(AddressError::Malformed);
    }
    let (scheme, rest) = address.split_once("://").ok_or(AddressError::Malformed)?;
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        _ => return Err(AddressError::Scheme),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at_checked(end).ok_or(AddressError::Malformed)?;
    if authority.contains('@') {
        return Err(AddressError::UserInfo);
    }
    let (host, port) = match authority.rsplit_once(':') {
        // Within brackets a colon belongs to the host.
        Some((_, port)) if port.ends_with(']') => (authority, None),
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let port = match port {
        None => scheme.port(),
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            port.parse().map_err(|_| AddressError::Malformed)?
        }
        Some(_) => return Err(AddressError::Malformed),
    };
    let host = host.to_ascii_lowercase();
    if is_name(&host) || is_v6(&host) {
        Ok((Origin { scheme, host, port }, rest))
    } else {
        Err(AddressError::Malformed)
    }
}

/// Letters, digits and hyphens between dots, none of them at an end.
fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        let plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        plain && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    };
    host.split('.').all(is_label)
}

fn is_v6(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    bare.is_some_and(|bare| bare.parse::<core::net::Ipv6Addr>().is_ok())
}

fn is_wechats(host: &str) -> bool {
    DOMAINS.iter().any(|domain| host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(address: &str) -> Result<String, AddressError> {
        let simulator = Origin::parse("http://127.0.0.1:8890/").unwrap();
        let other = Origin::parse("http://[::1]:8890").unwrap();
        check(address, &[simulator, other]).map(|address| address.as_str().to_owned())
    }

    #[test]
    fn wechats_hosts_and_configured_ones_may_be_fetched_from() {
        let cases = [
            ("http://mmbiz.qpic.cn/mmbiz_jpg/a/0?x=1&y=2", "http://mmbiz.qpic.cn/mmbiz_jpg/a/0?x=1&y=2"),
            ("HTTPS://MMBIZ.QPIC.CN:443/A#frag", "https://mmbiz.qpic.cn/A"),
            ("https://wx.qlogo.cn?size=0", "https://wx.qlogo.cn/?size=0"),
            ("http://vweixinp.tc.qq.com:80/1007_a.f10.mp4", "http://vweixinp.tc.qq.com/1007_a.f10.mp4"),
            ("http://127.0.0.1:8890/media/1", "http://127.0.0.1:8890/media/1"),
            ("http://[::1]:8890/media/1", "http://[::1]:8890/media/1"),
        ];
        for (address, expected) in cases {
            assert_eq!(checked(address).as_deref(), Ok(expected), "{address}");
        }
    }

    #[test]
    fn no_other_host_and_no_other_port_may() {
        let addresses = [
            "http://example.com/",
            "http://qpic.cn/",
            "http://evilqpic.cn/",
            "http://mmbiz.qpic.cn.evil.example/",
            "http://evil.example/mmbiz.qpic.cn",
            "http://evil.example?.qpic.cn",
            "http://evil.example#.qpic.cn",
            "http://mmbiz.qpic.cn:8080/",
            "http://mmbiz.qpic.cn:443/",
            "https://mmbiz.qpic.cn:80/",
            "http://127.0.0.1/",
            "http://127.0.0.1:8891/",
            "https://127.0.0.1:8890/",
            "http://localhost:8890/",
            "http://2130706433:8890/",
            "http://[::ffff:127.0.0.1]:8890/",
            "http://169.254.169.254/latest/meta-data",
        ];
        for address in addresses {
            assert_eq!(checked(address), Err(AddressError::Host), "{address}");
        }
    }

    #[test]
    fn what_readers_could_read_otherwise_is_malformed() {
        let addresses = [
            "",
            "mmbiz.qpic.cn/a",
            "//mmbiz.qpic.cn/a",
            "http:/mmbiz.qpic.cn/a",
            "http:///mmbiz.qpic.cn/a",
            "http://",
            "http://evil.example\\.qpic.cn/",
            "http://mmbiz.qpic.cn /",
            " http://mmbiz.qpic.cn/",
            "http://mmbiz.qpic.cn\t/",
            "http://mmbiz.qpic.cn\r\nX: y/",
            "http://mmbiz.qpic.cn./",
            "http://.qpic.cn/",
            "http://a..qpic.cn/",
            "http://-.qpic.cn/",
            "http://%6dmbiz.qpic.cn/",
            "http://mmbiz。qpic.cn/",
            "http://ｍmbiz.qpic.cn/",
            "http://mmbiz.qpic.cn:/a b",
            "http://mmbiz.qpic.cn:+80/",
            "http://mmbiz.qpic.cn:99999/",
            "http://[::1/",
            "http://[mmbiz.qpic.cn]/",
        ];
        for address in addresses {
            assert_eq!(checked(address), Err(AddressError::Malformed), "{address:?}");
        }
        for address in ["ftp://mmbiz.qpic.cn/", "file://mmbiz.qpic.cn/etc", "javascript://mmbiz.qpic.cn/"] {
            assert_eq!(checked(address), Err(AddressError::Scheme), "{address}");
        }
        for address in
            ["http://a@mmbiz.qpic.cn/", "http://mmbiz.qpic.cn@evil.example/", "http://a:b@x.qpic.cn/"]
        {
            assert_eq!(checked(address), Err(AddressError::UserInfo), "{address}");
        }
        let long = format!("http://mmbiz.qpic.cn/{}", "a".repeat(FETCH_ADDRESS_BYTES_MAX));
        assert_eq!(checked(&long), Err(AddressError::TooLong));
    }

    #[test]
    fn an_origin_is_nothing_more_than_that() {
        assert_eq!(
            Origin::parse("https://e.example:443").map(|o| o.to_string()),
            Some("https://e.example".to_owned())
        );
        for text in
            ["", "e.example", "http://e.example/a", "http://e.example?", "http://a@e.example", "ftp://e"]
        {
            assert_eq!(Origin::parse(text), None, "{text}");
        }
    }
}
