//! When a channel of WeCom's customer service is asked for its messages, how far it has been read, what is too late.
//!
//! A callback is only a knock, and may be lost, so the channel is asked every few minutes too. One pull at a time; the
//! cursor moves once everything before it is durable elsewhere, and only from where that pull began.

use crate::base::id::ChannelId;
use crate::base::limits::{
    KEFU_ANSWER_AGE_MS_MAX, KEFU_BACKOFF_MS, KEFU_BACKOFF_MS_MAX, KEFU_MESSAGE_ATTEMPTS_MAX,
    KEFU_PAGE_MESSAGES_MAX, KEFU_POLL_MS, KEFU_PULL_TOKEN_MS, KEFU_RATE_WAIT_MS,
};
use crate::base::message::Inbound;
use crate::base::secret::Secret;
use crate::base::time::TimeMs;
use crate::knowledge::dialogue::Follow;
use crate::knowledge::proposal::{Decision, Proposal};
use crate::wechat::kefu::sync::STALE_PULL_TOKEN;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Said to the pump: something has happened on this channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Knock {
    /// Which channel.
    pub channel: ChannelId,
    /// What the callback gave to pull with.
    pub token: Option<Secret>,
}

/// How far one channel has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pump {
    /// Which channel; none before the first knock.
    pub channel: Option<ChannelId>,
    /// Everything before it is durable elsewhere; none: three days are read again.
    pub cursor: Option<String>,
    /// When to pull next.
    pub due_at: TimeMs,
    /// How often somebody knocked: a pull that began before the newest knock is not the last one.
    pub knocks: u64,
    /// The newest callback's token, and until when it is good.
    pub token: Option<(Secret, TimeMs)>,
    /// Failures in a row.
    pub attempt: u32,
    /// By key: how often a message after the cursor could not be handed over.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stumbles: BTreeMap<String, u32>,
}

/// One pull, as it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pull {
    /// Of which channel.
    pub channel: ChannelId,
    /// From where.
    pub cursor: Option<String>,
    /// With what.
    pub token: Option<Secret>,
    /// How many messages at most.
    pub limit: u32,
    knocks: u64,
}

/// Why a pull came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// WeCom refused it.
    Refused {
        /// With this code.
        errcode: i64,
    },
    /// No answer, or none that can be read.
    NoAnswer,
    /// We could not even ask: the channel is paused, or there is no access token.
    NotAsked {
        /// How long to wait.
        retry_after_ms: i64,
    },
}

impl Pump {
    /// A pull is due now.
    pub fn knocked(&mut self, knock: Knock, now: TimeMs) {
        self.channel = Some(knock.channel);
        self.knocks = self.knocks.saturating_add(1);
        self.due_at = now;
        if let Some(token) = knock.token {
            self.token = Some((token, now + KEFU_PULL_TOKEN_MS));
        }
    }

    /// The pull that is due, if one is. Messages that were too much for us at once come fewer at a time.
    pub fn pull(&self, now: TimeMs) -> Option<Pull> {
        let channel = self.channel.clone().filter(|_| self.due_at <= now)?;
        let token = self.token.as_ref().filter(|(_, until)| *until > now).map(|(token, _)| token.clone());
        let limit = (KEFU_PAGE_MESSAGES_MAX >> self.attempt.min(16)).max(1);
        Some(Pull { channel, cursor: self.cursor.clone(), token, limit, knocks: self.knocks })
    }

    /// Everything on the page is durable. Nothing changes when the cursor has moved since that pull began.
    pub fn advanced(&mut self, pull: &Pull, next_cursor: Option<String>, has_more: bool, now: TimeMs) {
        if self.cursor != pull.cursor {
            return;
        }
        self.cursor = next_cursor.or(self.cursor.take());
        self.attempt = 0;
        self.stumbles.clear();
        let is_last = !has_more && self.knocks == pull.knocks;
        self.due_at = if is_last { now + KEFU_POLL_MS } else { now };
    }

    /// The page did not come.
    pub fn failed(&mut self, pull: &Pull, failure: Failure, now: TimeMs) {
        self.due_at = match failure {
            Failure::Refused { errcode: STALE_PULL_TOKEN } if pull.token.is_some() => {
                self.token = None;
                now
            }
            Failure::NotAsked { retry_after_ms } => now + retry_after_ms,
            Failure::Refused { errcode: 45_009 } => now + KEFU_RATE_WAIT_MS,
            Failure::Refused { .. } | Failure::NoAnswer => self.backed_off(now),
        };
    }

    /// Some messages could not be handed over. Returns whether all of them are to be given up, so that the page is done
    /// with; else it is pulled again after a while.
    pub fn stumbled(&mut self, pull: &Pull, keys: &[String], now: TimeMs) -> bool {
        if self.cursor != pull.cursor {
            return false;
        }
        for key in keys {
            let count = self.stumbles.entry(key.clone()).or_default();
            *count = count.saturating_add(1);
        }
        self.due_at = self.backed_off(now);
        let is_hopeless =
            |key: &String| self.stumbles.get(key).is_some_and(|count| *count >= KEFU_MESSAGE_ATTEMPTS_MAX);
        keys.iter().all(is_hopeless)
    }

    fn backed_off(&mut self, now: TimeMs) -> TimeMs {
        let wait_ms = KEFU_BACKOFF_MS.saturating_mul(1 << self.attempt.min(16)).min(KEFU_BACKOFF_MS_MAX);
        self.attempt = self.attempt.saturating_add(1);
        now + wait_ms
    }
}

/// Whether the bot may still answer: what comes later than this was written to somebody who was not there.
pub fn is_timely(inbound: &Inbound, now: TimeMs) -> bool {
    now - inbound.sent_at <= KEFU_ANSWER_AGE_MS_MAX
}

/// What to do with a message that the bot may no longer answer: people see it, and nothing is said by itself.
pub fn belated(inbound: &Inbound, proposal: Proposal) -> Proposal {
    let decision = if inbound.content.is_message() {
        Decision::Handoff { asked_by: "belated".to_owned() }
    } else {
        Decision::Ignore
    };
    Proposal {
        decision,
        handoff_text: String::new(),
        still_waiting_text: String::new(),
        menu: None,
        slow: false,
        depends: false,
        follow: Follow::Keep,
        passages: Vec::new(),
        ..proposal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: TimeMs = TimeMs(1_700_000_000_000);

    fn knocked(token: Option<&str>) -> Pump {
        let mut pump = Pump::default();
        pump.knocked(Knock { channel: "kf".into(), token: token.map(Secret::new) }, NOW);
        pump
    }

    #[test]
    fn nothing_is_pulled_before_the_first_knock_and_then_every_few_minutes() {
        assert_eq!(Pump::default().pull(NOW), None);
        let mut pump = knocked(Some("t"));
        let pull = pump.pull(NOW).unwrap();
        assert_eq!((pull.cursor.as_deref(), pull.limit), (None, KEFU_PAGE_MESSAGES_MAX));
        assert_eq!(pull.token, Some(Secret::new("t")));
        pump.advanced(&pull, Some("c1".to_owned()), true, NOW);
        let pull = pump.pull(NOW).unwrap();
        assert_eq!(pull.cursor.as_deref(), Some("c1"));
        pump.advanced(&pull, Some("c2".to_owned()), false, NOW);
        assert_eq!(pump.pull(NOW + (KEFU_POLL_MS - 1)), None);
        assert!(pump.pull(NOW + KEFU_POLL_MS).is_some());
    }

    #[test]
    fn a_knock_during_a_pull_makes_another_one_due() {
        let mut pump = knocked(None);
        let pull = pump.pull(NOW).unwrap();
        pump.knocked(Knock { channel: "kf".into(), token: None }, NOW);
        pump.advanced(&pull, Some("c1".to_owned()), false, NOW);
        assert!(pump.pull(NOW).is_some());
    }

    #[test]
    fn the_cursor_moves_only_from_where_the_pull_began() {
        let mut pump = knocked(None);
        let slow = pump.pull(NOW).unwrap();
        pump.advanced(&slow, Some("c1".to_owned()), true, NOW);
        pump.advanced(&slow, Some("c0".to_owned()), true, NOW);
        assert_eq!(pump.cursor.as_deref(), Some("c1"));
        assert!(!pump.stumbled(&slow, &["k".to_owned()], NOW));
        let pull = pump.pull(NOW).unwrap();
        pump.advanced(&pull, None, false, NOW);
        assert_eq!(pump.cursor.as_deref(), Some("c1"), "WeCom did not say where to go on");
    }

    #[test]
    fn a_token_is_used_while_it_is_good_and_not_after_its_refusal() {
        let mut pump = knocked(Some("t"));
        assert!(pump.pull(NOW + (KEFU_PULL_TOKEN_MS - 1)).unwrap().token.is_some());
        assert!(pump.pull(NOW + KEFU_PULL_TOKEN_MS).unwrap().token.is_none());
        let pull = pump.pull(NOW).unwrap();
        pump.failed(&pull, Failure::Refused { errcode: STALE_PULL_TOKEN }, NOW);
        let again = pump.pull(NOW).unwrap();
        assert_eq!(again.token, None);
        // Refused without a token, it is a failure like others.
        pump.failed(&again, Failure::Refused { errcode: STALE_PULL_TOKEN }, NOW);
        assert_eq!(pump.pull(NOW), None);
    }

    #[test]
    fn failures_wait_longer_each_time_and_ask_for_less() {
        let mut pump = knocked(None);
        let pull = pump.pull(NOW).unwrap();
        pump.failed(&pull, Failure::Refused { errcode: 45_009 }, NOW);
        assert_eq!(pump.due_at, NOW + KEFU_RATE_WAIT_MS);
        let mut at = pump.due_at;
        for attempt in 0..12 {
            let pull = pump.pull(at).unwrap();
            assert_eq!(pull.limit, (KEFU_PAGE_MESSAGES_MAX >> attempt).max(1));
            pump.failed(&pull, Failure::NoAnswer, at);
            let waited = pump.due_at - at;
            assert!((KEFU_BACKOFF_MS..=KEFU_BACKOFF_MS_MAX).contains(&waited), "{waited}");
            at = pump.due_at;
        }
        pump.failed(&pull, Failure::NotAsked { retry_after_ms: 7 }, at);
        assert_eq!(pump.due_at, at + 7);
    }

    #[test]
    fn a_poisoned_message_is_given_up_after_so_many_attempts() {
        let mut pump = knocked(None);
        let pull = pump.pull(NOW).unwrap();
        let poison = ["poison".to_owned()];
        for _ in 1..KEFU_MESSAGE_ATTEMPTS_MAX {
            assert!(!pump.stumbled(&pull, &poison, NOW));
            assert!(pump.due_at > NOW);
        }
        let both = ["poison".to_owned(), "other".to_owned()];
        assert!(!pump.stumbled(&pull, &both, NOW), "the other one is tried again");
        assert!(pump.stumbled(&pull, &poison, NOW));
        pump.advanced(&pull, Some("c1".to_owned()), false, NOW);
        assert!(pump.stumbles.is_empty());
    }
}
