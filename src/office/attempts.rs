//! How often a wrong password may be tried: per login and per address, in windows that begin with the first failure.

use super::{Outcome, Reply, Write};
use crate::base::digest::{hex, sha256};
use crate::base::limits::{ADDRESS_FAILURES_MAX, ATTEMPTS_WINDOW_MS, LOGIN_FAILURES_MAX, TALLIES_MAX};
use crate::base::time::TimeMs;
use core::net::{IpAddr, Ipv6Addr};

/// The wrong passwords of one login or address within one window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// [`login_key`] or [`address_key`].
    pub key: String,
    /// How many.
    pub failures: i64,
    /// When the first one was.
    pub since: TimeMs,
}

/// What is stored of the two that a sign-in is measured by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tallies {
    /// The login's.
    pub login: Tally,
    /// The address's.
    pub address: Tally,
    /// Rows of all logins and addresses.
    pub rows: i64,
}

/// What a login is counted under. Hashed: people type passwords into the wrong field.
pub fn login_key(login: &str) -> String {
    key("login", login.as_bytes())
}

/// What an address is counted under. Of an IPv6 address only the network counts: its owner has all the rest.
pub fn address_key(address: &str) -> String {
    let address = match address.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V6(ip)) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).to_string(),
        Ok(ip) => ip.to_string(),
        Err(_) => address.to_owned(),
    };
    key("address", address.as_bytes())
}

fn key(kind: &str, text: &[u8]) -> String {
    let digest = sha256(&[kind.as_bytes(), b":", text]);
    format!("{kind}:{}", hex(digest.first_chunk::<16>().unwrap_or(&[0; 16])))
}

impl Tally {
    /// Nothing counted yet.
    pub fn new(key: String, now: TimeMs) -> Self {
        Self { key, failures: 0, since: now }
    }

    /// The tally as it counts now: one from an earlier window, or from a clock gone wrong, counts nothing.
    fn current(&self, now: TimeMs) -> Self {
        let alive = (0..ATTEMPTS_WINDOW_MS).contains(&(now - self.since));
        if alive { self.clone() } else { Self::new(self.key.clone(), now) }
    }

    fn retry_after_ms(&self, failures_max: i64, now: TimeMs) -> Option<i64> {
        let tally = self.current(now);
        (tally.failures >= failures_max).then(|| tally.since + ATTEMPTS_WINDOW_MS - now)
    }

    fn failed_once_more(&self, now: TimeMs) -> Self {
        let tally = self.current(now);
        Self { failures: tally.failures + 1, ..tally }
    }
}

impl Tallies {
    /// How long no password is looked at; None when one may be tried.
    pub fn retry_after_ms(&self, now: TimeMs) -> Option<i64> {
        let login = self.login.retry_after_ms(LOGIN_FAILURES_MAX, now);
        login.max(self.address.retry_after_ms(ADDRESS_FAILURES_MAX, now))
    }

    /// Counts a wrong password, and keeps the table small.
    pub fn failed(&self, now: TimeMs) -> Outcome {
        let mut writes = vec![Write::ForgetTalliesSince(now + -ATTEMPTS_WINDOW_MS)];
        // Those with the fewest failures go first, so that nobody can flood away a count that holds.
        let too_many = self.rows + 2 - TALLIES_MAX;
        if too_many > 0 {
            writes.push(Write::ForgetLowestTallies(too_many));
        }
        writes.push(Write::PutTally(self.login.failed_once_more(now)));
        writes.push(Write::PutTally(self.address.failed_once_more(now)));
        Outcome { reply: Reply::WrongPassword, writes }
    }

    /// A right password forgives the login, but not the address: it may be the attacker's own login.
    pub fn succeeded(&self) -> Option<Write> {
        (self.login.failures > 0).then(|| Write::ForgetTally(self.login.key.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_hide_what_was_typed_and_join_a_network() {
        assert!(!login_key("hunter2").contains("hunter2"));
        assert_ne!(login_key("127.0.0.1"), address_key("127.0.0.1"));
        assert_eq!(address_key("2001:db8:1:2::1"), address_key("2001:DB8:1:2:ffff::9"));
        assert_ne!(address_key("2001:db8:1:2::1"), address_key("2001:db8:1:3::1"));
        assert_eq!(address_key("::ffff:10.0.0.1"), address_key("10.0.0.1"));
        assert_ne!(address_key("10.0.0.1"), address_key("10.0.0.2"));
        assert_ne!(address_key("unknown"), address_key(""));
    }

    fn tallies(login: i64, address: i64, rows: i64) -> Tallies {
        let tally = |key: &str, failures| Tally { key: key.to_owned(), failures, since: TimeMs(1_000) };
        Tallies { login: tally("l", login), address: tally("a", address), rows }
    }

    #[test]
    fn the_longer_wait_counts_and_ends_with_the_window() {
        assert_eq!(tallies(9, 29, 0).retry_after_ms(TimeMs(1_000)), None);
        assert_eq!(tallies(10, 0, 0).retry_after_ms(TimeMs(1_000)), Some(ATTEMPTS_WINDOW_MS));
        assert_eq!(tallies(0, 30, 0).retry_after_ms(TimeMs(2_000)), Some(ATTEMPTS_WINDOW_MS - 1_000));
        assert_eq!(tallies(10, 30, 0).retry_after_ms(TimeMs(1_000 + ATTEMPTS_WINDOW_MS)), None);
        assert_eq!(
            tallies(10, 30, 0).retry_after_ms(TimeMs(0)),
            None,
            "a tally from the future holds nobody"
        );
    }

    #[test]
    fn a_full_table_makes_room_before_it_counts() {
        let writes = tallies(1, 1, TALLIES_MAX).failed(TimeMs(2_000)).writes;
        assert_eq!(writes[1], Write::ForgetLowestTallies(2));
        assert_eq!(tallies(1, 1, TALLIES_MAX - 2).failed(TimeMs(2_000)).writes.len(), 3);
    }
}
