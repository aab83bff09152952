//! Mood 情绪: how a customer feels and how much it presses, read from one message, with the words that say so.
//!
//! Four aspects, each a logistic score: the words of a lexicon of our own add up their log-odds, and where the company
//! has labelled enough messages, a head learned from them adds its own. Addition is why it is logistic: two weak words
//! make a strong one, a word said louder weighs more, and what was learned corrects what was written down.

pub mod head;
mod lexicon;
mod scan;
mod words_en;
mod words_zh;

use super::answer::said;
use super::proposal::{Proposal, Score, Urgency};
use crate::base::limits::{MATCH_BYTES_MAX, MOOD_SHOWN_PER_MILLE, MOOD_WORDS_MAX};
use crate::base::message::InboundContent;
use crate::base::text::prefix_within;
use head::Heads;
use serde::{Deserialize, Serialize};

/// The log-odds of an aspect of which no word was found.
const NOTHING_FOUND: f32 = -3.0;

/// What a mood is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// A bad experience is told.
    Negative,
    /// The customer is angry about the matter.
    Anger,
    /// Persons or groups are insulted or threatened.
    Abuse,
    /// It cannot wait: danger, a deadline, words of hurry.
    Urgency,
}

impl Aspect {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Negative, Self::Anger, Self::Abuse, Self::Urgency];

    const fn place(self) -> usize {
        match self {
            Self::Negative => 0,
            Self::Anger => 1,
            Self::Abuse => 2,
            Self::Urgency => 3,
        }
    }
}

/// How a message, or a ticket's messages together, feel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mood {
    /// See [`Aspect::Negative`].
    #[serde(default, skip_serializing_if = "Score::is_zero")]
    pub negative: Score,
    /// See [`Aspect::Anger`].
    #[serde(default, skip_serializing_if = "Score::is_zero")]
    pub anger: Score,
    /// See [`Aspect::Abuse`].
    #[serde(default, skip_serializing_if = "Score::is_zero")]
    pub abuse: Score,
    /// See [`Aspect::Urgency`].
    #[serde(default, skip_serializing_if = "Score::is_zero")]
    pub urgency: Score,
    /// What says so, strongest first within a message; at most [`MOOD_WORDS_MAX`]. Empty once the words are forgotten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Found>,
}

/// Words that speak for an aspect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// For which.
    pub aspect: Aspect,
    /// An entry of the lexicon or, where a head found it, some characters of the message.
    pub word: String,
}

/// The same with its log-odds.
type Weighed = (f32, Found);

impl Mood {
    /// How much of an aspect.
    pub const fn of(&self, aspect: Aspect) -> Score {
        match aspect {
            Aspect::Negative => self.negative,
            Aspect::Anger => self.anger,
            Aspect::Abuse => self.abuse,
            Aspect::Urgency => self.urgency,
        }
    }

    /// Whether there is so much of an aspect that people are shown it and the desk acts on it.
    pub fn shows(&self, aspect: Aspect) -> bool {
        self.of(aspect) >= Score::from_per_mille(MOOD_SHOWN_PER_MILLE)
    }

    /// Whether a customer in this mood is not to be asked to try again.
    pub fn is_upset(&self) -> bool {
        self.shows(Aspect::Anger) || self.shows(Aspect::Abuse)
    }

    /// The stronger of both in each aspect, with the words of both as far as there is room; the newer words first.
    pub fn raise(&mut self, newer: &Self) {
        self.negative = self.negative.max(newer.negative);
        self.anger = self.anger.max(newer.anger);
        self.abuse = self.abuse.max(newer.abuse);
        self.urgency = self.urgency.max(newer.urgency);
        let older = core::mem::replace(&mut self.words, newer.words.clone());
        for found in older {
            if !self.words.contains(&found) {
                self.words.push(found);
            }
        }
        self.words.truncate(MOOD_WORDS_MAX);
    }
}

/// [`Mood::raise`] where either may be missing.
pub fn raised(mood: &mut Option<Box<Mood>>, newer: Option<&Mood>) {
    match (mood.as_mut(), newer) {
        (Some(mood), Some(newer)) => mood.raise(newer),
        (None, Some(newer)) => *mood = Some(Box::new(newer.clone())),
        (_, None) => {}
    }
}

/// How a text feels; `None` where no aspect is strong enough to be shown. `heads`: what was learned from labels.
pub fn read(text: &str, heads: Option<&Heads>) -> Option<Mood> {
    let scores = scores(text, heads);
    let mut mood = Mood {
        negative: scores.of(Aspect::Negative),
        anger: scores.of(Aspect::Anger),
        abuse: scores.of(Aspect::Abuse),
        urgency: scores.of(Aspect::Urgency),
        words: Vec::new(),
    };
    if !Aspect::ALL.into_iter().any(|aspect| mood.shows(aspect)) {
        return None;
    }
    let mut found = scores.found;
    found.retain(|(_, found)| mood.shows(found.aspect));
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (_, found) in found {
        if mood.words.len() < MOOD_WORDS_MAX && !mood.words.contains(&found) {
            mood.words.push(found);
        }
    }
    Some(mood)
}

/// What a text comes to before anything is left out: for [`read`], for training and for measuring.
#[derive(Debug)]
pub struct Scores {
    log_odds: [f32; 4],
    is_touched: [bool; 4],
    /// What speaks for it, with its log-odds.
    found: Vec<Weighed>,
}

impl Scores {
    /// The log-odds of an aspect.
    pub fn log_odds(&self, aspect: Aspect) -> f32 {
        self.log_odds.get(aspect.place()).copied().unwrap_or(NOTHING_FOUND)
    }

    /// As a share; 0 where nothing spoke for it.
    fn of(&self, aspect: Aspect) -> Score {
        let is_touched = self.is_touched.get(aspect.place()).copied().unwrap_or_default();
        if is_touched { Score::from_share(share(self.log_odds(aspect))) } else { Score::default() }
    }

    fn add(&mut self, log_odds: f32, found: Vec<Weighed>, aspect: Aspect) {
        if let (Some(sum), Some(touched)) =
            (self.log_odds.get_mut(aspect.place()), self.is_touched.get_mut(aspect.place()))
        {
            *sum += log_odds;
            *touched |= log_odds > 0.0;
        }
        self.found.extend(found.into_iter().filter(|(log_odds, _)| *log_odds > 0.0));
    }
}

/// What the lexicon and the heads make of a text.
pub fn scores(text: &str, heads: Option<&Heads>) -> Scores {
    let text = prefix_within(text, MATCH_BYTES_MAX);
    let mut scores = Scores { log_odds: [NOTHING_FOUND; 4], is_touched: [false; 4], found: Vec::new() };
    for (aspect, word, log_odds) in scan::found(text) {
        scores.add(log_odds, vec![(log_odds, Found { aspect, word })], aspect);
    }
    if let Some(heads) = heads {
        for (aspect, log_odds, found) in heads.judge(text) {
            scores.add(log_odds, found, aspect);
        }
    }
    scores
}

fn share(log_odds: f32) -> f32 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// The proposal with the mood of the words that it is about: what presses is urgent, whatever the document says.
#[must_use]
pub fn felt(mut proposal: Proposal, content: &InboundContent, heads: Option<&Heads>) -> Proposal {
    let is_tap = matches!(content, InboundContent::Text { menu_id: Some(_), .. });
    proposal.mood = said(content).filter(|_| !is_tap).and_then(|text| read(text, heads)).map(Box::new);
    if proposal.mood.as_ref().is_some_and(|mood| mood.shows(Aspect::Urgency)) {
        proposal.urgency = Urgency::High;
    }
    proposal
}

#[cfg(test)]
mod tests;
