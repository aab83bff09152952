//! The last callbacks of a channel and what became of them: codes and times, nothing of what was in them.

use crate::base::limits::CALLBACK_VERDICTS_MAX;
use crate::base::time::TimeMs;
use serde::{Deserialize, Serialize};

/// What became of one callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// When it came.
    pub at_ms: TimeMs,
    /// `ok`, or the code of its refusal.
    pub code: String,
    /// How far its timestamp was from our clock, seconds without sign; only when that was the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skew_s: Option<u64>,
}

/// What is kept of one channel's callbacks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callbacks {
    /// When the last one came that was good.
    #[serde(default)]
    pub accepted_at_ms: Option<TimeMs>,
    /// The last ones, oldest first: at most [`CALLBACK_VERDICTS_MAX`].
    #[serde(default)]
    pub last: Vec<Verdict>,
}

/// What stands for a callback that was good.
pub const OK: &str = "ok";

impl Callbacks {
    /// Adds some, oldest first.
    pub fn add(&mut self, verdicts: Vec<Verdict>) {
        for verdict in verdicts {
            if verdict.code == OK {
                self.accepted_at_ms = self.accepted_at_ms.max(Some(verdict.at_ms));
            }
            self.last.push(verdict);
        }
        // Of several isolates, each tells its own.
        self.last.sort_by_key(|verdict| verdict.at_ms);
        self.last.drain(..self.last.len().saturating_sub(CALLBACK_VERDICTS_MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_twenty_are_kept_in_order_and_the_last_good_one_is_known() {
        let verdict =
            |at_ms, code: &str| Verdict { at_ms: TimeMs(at_ms), code: code.to_owned(), skew_s: None };
        let mut callbacks = Callbacks::default();
        callbacks.add(vec![verdict(2, OK), verdict(4, "wechat.key")]);
        callbacks.add(vec![verdict(3, OK)]);
        let times = |callbacks: &Callbacks| callbacks.last.iter().map(|one| one.at_ms.0).collect::<Vec<_>>();
        assert_eq!((times(&callbacks), callbacks.accepted_at_ms), (vec![2, 3, 4], Some(TimeMs(3))));
        callbacks.add((10..40).map(|at| verdict(at, "wechat.stale")).collect());
        assert_eq!(times(&callbacks), (20..40).collect::<Vec<_>>());
        assert_eq!(callbacks.accepted_at_ms, Some(TimeMs(3)));
    }
}
