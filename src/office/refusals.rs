//! How many callbacks were refused, by code: figures only, nothing of what was refused.

use crate::base::limits::{NAME_CHARS_MAX, REFUSAL_CODES_MAX};
use crate::base::time::TimeMs;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The refusals of one code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// A stable code, such as `wechat.signature`.
    pub code: String,
    /// How many, ever.
    pub count: u64,
    /// When the last ones were counted.
    #[serde(rename = "last_at_ms")]
    pub last_at: TimeMs,
}

/// Where everything goes that is no code, or one code too many.
pub const OTHER: &str = "other";

/// Whole numbers in storage stay below 2^53.
const COUNT_MAX: u64 = (1 << 53) - 1;

/// The rows that `counts` change. `known` are all there are.
pub fn count(known: &[Refusal], counts: &[(String, u64)], now: TimeMs) -> Vec<Refusal> {
    let mut totals: BTreeMap<&str, u64> =
        known.iter().map(|refusal| (refusal.code.as_str(), refusal.count)).collect();
    let mut changed = BTreeMap::new();
    for (code, more) in counts.iter().filter(|(_, more)| *more > 0) {
        let places = REFUSAL_CODES_MAX - usize::from(!totals.contains_key(OTHER));
        let fits = totals.contains_key(code.as_str()) || is_code(code) && totals.len() < places;
        let code = if fits { code.as_str() } else { OTHER };
        let total = totals.entry(code).or_default();
        *total = total.saturating_add(*more).min(COUNT_MAX);
        changed.insert(code, *total);
    }
    let refusal = |(code, count): (&str, u64)| Refusal { code: code.to_owned(), count, last_at: now };
    changed.into_iter().map(refusal).collect()
}

fn is_code(code: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&code.len())
        && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: &str, count: u64) -> Refusal {
        Refusal { code: code.to_owned(), count, last_at: TimeMs(7) }
    }

    #[test]
    fn equal_codes_add_up() {
        let counts = [("b".to_owned(), 2), ("a".to_owned(), 1), ("b".to_owned(), 3), ("c".to_owned(), 0)];
        assert_eq!(count(&[refusal("b", 10)], &counts, TimeMs(7)), [refusal("a", 1), refusal("b", 15)]);
    }

    #[test]
    fn what_is_no_code_counts_as_other() {
        let counts = ["", "A", "私", "a b", &"x".repeat(65)].map(|code| (code.to_owned(), 1));
        assert_eq!(count(&[], &counts, TimeMs(7)), [refusal(OTHER, 5)]);
    }

    #[test]
    fn there_are_never_more_than_64_codes() {
        let mut known: Vec<Refusal> = Vec::new();
        for n in 0..100 {
            for changed in count(&known, &[(format!("code.{n}"), 1)], TimeMs(7)) {
                known.retain(|refusal| refusal.code != changed.code);
                known.push(changed);
            }
        }
        assert_eq!(known.len(), REFUSAL_CODES_MAX);
        assert!(known.contains(&refusal(OTHER, 100 - 63)));
        assert_eq!(count(&known, &[("code.0".to_owned(), 1)], TimeMs(7)), [refusal("code.0", 2)]);
    }

    #[test]
    fn a_count_stops_at_its_end() {
        assert_eq!(
            count(&[refusal("a", COUNT_MAX)], &[("a".to_owned(), u64::MAX)], TimeMs(7))[0].count,
            COUNT_MAX
        );
    }
}
