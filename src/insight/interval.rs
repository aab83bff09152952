//! Shares with their intervals: how sure a count makes us.
//!
//! A share's interval is Wilson's (1927), that of a difference of two shares Newcombe's hybrid of theirs (1998,
//! method 10): both hold what they promise also for few cases and for shares near 0 and 1. At 95 %.

use serde::{Deserialize, Serialize};

/// The standard normal's 0.975 quantile.
const Z: f64 = 1.959_963_984_540_054;

/// How many of how many, and between which shares the true one lies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// How many.
    pub count: u32,
    /// Of how many.
    pub of: u32,
    /// The share; none of none has none.
    pub share: Option<f64>,
    /// Not less than this: 95 %.
    pub low: f64,
    /// Not more than this.
    pub high: f64,
}

/// How much a share has risen, and between which values the true difference lies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The later share less the earlier one.
    pub difference: f64,
    /// Not less than this: 95 %.
    pub low: f64,
    /// Not more than this.
    pub high: f64,
}

impl Share {
    /// `count` of `of`; a count beyond it is cut to it.
    pub fn new(count: u32, of: u32) -> Self {
        let count = count.min(of);
        if of == 0 {
            return Self { count, of, share: None, low: 0.0, high: 1.0 };
        }
        let (n, share) = (f64::from(of), f64::from(count) / f64::from(of));
        let denominator = 1.0 + Z * Z / n;
        let centre = (share + Z * Z / (2.0 * n)) / denominator;
        let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt() / denominator;
        // At the ends the formula gives 0 and 1 up to rounding.
        let low = if count == 0 { 0.0 } else { (centre - half).max(0.0) };
        let high = if count == of { 1.0 } else { (centre + half).min(1.0) };
        Self { count, of, share: Some(share), low, high }
    }
}

impl Difference {
    /// From `earlier` to `later`; `None` where either is a share of nothing.
    pub fn between(earlier: &Share, later: &Share) -> Option<Self> {
        let (before, after) = (earlier.share?, later.share?);
        let difference = after - before;
        let down = ((after - later.low).powi(2) + (earlier.high - before).powi(2)).sqrt();
        let up = ((later.high - after).powi(2) + (before - earlier.low).powi(2)).sqrt();
        Some(Self { difference, low: difference - down, high: difference + up })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 5e-5
    }

    /// Newcombe 1998 (Statistics in Medicine 17: 857-872 and 873-890), tables I and II, to four digits.
    #[test]
    fn the_intervals_are_the_published_ones() {
        for (count, of, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let share = Share::new(count, of);
            assert!(near(share.low, low) && near(share.high, high), "{share:?}");
        }
        for (a, m, b, n, low, high) in [
            (56, 70, 48, 80, 0.0524, 0.3339),
            (9, 10, 3, 10, 0.1705, 0.8090),
            (5, 56, 0, 29, -0.0381, 0.1926),
            (0, 10, 0, 20, -0.1611, 0.2775),
            (10, 10, 0, 10, 0.6075, 1.0),
        ] {
            let found = Difference::between(&Share::new(b, n), &Share::new(a, m)).unwrap();
            assert!(near(found.low, low) && near(found.high, high), "{found:?}");
        }
    }

    #[test]
    fn of_nothing_nothing_is_known() {
        let none = Share::new(0, 0);
        assert_eq!((none.share, none.low, none.high), (None, 0.0, 1.0));
        assert_eq!(Difference::between(&none, &Share::new(1, 2)), None);
        assert_eq!(Share::new(5, 5).high, 1.0);
    }
}
