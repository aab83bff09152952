//! Time as a value. Nothing in the core asks a clock.

use core::ops::{Add, Sub};
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeMs(pub i64);

/// One second in milliseconds.
pub const SECOND_MS: i64 = 1_000;
/// One minute in milliseconds.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// One hour in milliseconds.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// One day in milliseconds.
pub const DAY_MS: i64 = 24 * HOUR_MS;

impl TimeMs {
    /// From whole seconds, as WeChat's `CreateTime` counts.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(SECOND_MS))
    }

    /// Whole seconds, rounded down.
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(SECOND_MS)
    }
}

impl Add<i64> for TimeMs {
    type Output = Self;
    /// This time, `span_ms` later.
    fn add(self, span_ms: i64) -> Self {
        Self(self.0.saturating_add(span_ms))
    }
}

impl Sub for TimeMs {
    type Output = i64;
    /// The span between two times, in milliseconds.
    fn sub(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}
