//! One question as the insight keeps it: what was asked, what became of it, and nothing of who asked.

use crate::base::id::ChannelId;
use crate::base::time::TimeMs;
use crate::knowledge::signal::{Asked, Sign, Signal, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One question: one row, whose key is `(asker, asked.seq)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Who asked, as a keyed digest of the conversation: it tells askers apart, and finds them when they leave.
    pub asker: String,
    /// On which channel.
    pub channel: ChannelId,
    /// What was asked, and what the published knowledge made of it. Long numbers in the words are masked.
    pub asked: Asked,
    /// What became of it, and when each was last told.
    pub signs: Vec<Told>,
    /// The conversation, sealed by the edge: only of questions that were handed to people, who may have answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
}

/// That something happened, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// What.
    #[serde(flatten)]
    pub sign: Sign,
    /// When it was told last.
    pub at_ms: TimeMs,
}

/// Digits in a row that may be somebody's number: a telephone, an order, a card.
const PRIVATE_DIGITS: usize = 5;

impl Question {
    /// The first that is heard of a question.
    pub fn new(asker: String, channel: ChannelId, signal: Signal, sealed: Option<String>) -> Self {
        let mut asked = signal.asked;
        asked.text = masked(&asked.text);
        let question = Self { asker, channel, asked, signs: Vec::new(), sealed: None };
        question.with(signal.sign, signal.told_ms, sealed)
    }

    /// With one more sign. In whichever order signs come, and however often, the outcome is the same.
    #[must_use]
    pub fn with(mut self, sign: Sign, at: TimeMs, sealed: Option<String>) -> Self {
        self.sealed = self.sealed.or(sealed);
        let mut signs: BTreeMap<Sign, TimeMs> =
            self.signs.drain(..).map(|told| (told.sign, told.at_ms)).collect();
        let last = signs.entry(sign).or_insert(at);
        *last = (*last).max(at);
        if signs.contains_key(&Sign::TakenBack) {
            self.asked = Asked::taken_back(self.asked.seq, self.asked.at_ms);
            self.sealed = None;
        }
        self.signs = signs.into_iter().map(|(sign, at_ms)| Told { sign, at_ms }).collect();
        self
    }

    /// What it can be named by.
    pub fn id(&self) -> String {
        format!("{}-{}", self.asker, self.asked.seq)
    }

    /// Whether this happened to it.
    pub fn has(&self, sign: &Sign) -> bool {
        self.signs.iter().any(|told| told.sign == *sign)
    }

    /// The choice that the customer took.
    pub fn chosen(&self) -> Option<&str> {
        self.signs.iter().find_map(|told| match &told.sign {
            Sign::Chosen { entry } => Some(entry.as_str()),
            _ => None,
        })
    }

    /// Whether the customer was left without what they asked for, as far as anybody told.
    pub fn is_unresolved(&self) -> bool {
        if self.has(&Sign::TakenBack) {
            return false;
        }
        let at = |sign: &Sign| self.signs.iter().find(|told| told.sign == *sign).map(|told| told.at_ms);
        let asked_again = self.signs.iter().any(|told| matches!(told.sign, Sign::AskedAgain { .. }));
        match (at(&Sign::ThumbsUp), at(&Sign::ThumbsDown)) {
            // The customer's own last word, whatever else happened.
            (Some(up), down) if down.is_none_or(|down| down < up) => false,
            (_, Some(_)) => true,
            _ if self.has(&Sign::HandedOff) || asked_again => true,
            _ => match self.asked.verdict {
                Verdict::Answered => false,
                Verdict::ToPeople => true,
                Verdict::Clarified | Verdict::Unanswered => {
                    self.chosen().is_none() && !self.has(&Sign::AnsweredLate)
                }
            },
        }
    }

    /// Whether it is in the random sample of all questions.
    pub fn is_sampled(&self) -> bool {
        self.has(&Sign::Sampled)
    }
}

/// The words with long numbers hidden: each run of digits that may be somebody's is as many `#`.
pub(super) fn masked(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut digits = String::new();
    let flush = |digits: &mut String, masked: &mut String| {
        if digits.chars().count() >= PRIVATE_DIGITS {
            masked.extend(digits.chars().map(|_| '#'));
        } else {
            masked.push_str(digits);
        }
        digits.clear();
    };
    for c in text.chars() {
        if c.is_numeric() {
            digits.push(c);
        } else {
            flush(&mut digits, &mut masked);
            masked.push(c);
        }
    }
    flush(&mut digits, &mut masked);
    masked
}
