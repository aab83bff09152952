//! Offers: phrasings to be taken into an entry with one tap, hardest first; and a random stream of answers to be
//! judged, which shows how often the bot is right.

use super::interval::Share;
use super::question::Question;
use crate::base::digest::{hex, sha256};
use crate::base::limits::{JUDGED_BEFORE_MAX, OFFER_QUESTIONS_MAX, OFFER_SCORE_PER_MILLE};
use crate::base::time::TimeMs;
use crate::knowledge::proposal::{Evidence, Score, Source};
use crate::knowledge::signal::Verdict;
use crate::knowledge::tokens::{Term, terms};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferKind {
    /// A question's words as a phrasing of an entry.
    Phrasing,
    /// An answer that was given, of the random sample.
    Audit,
}

/// Something for a person to say yes, no or "another entry" to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The same for the same words and entry, or the same answered question.
    pub id: String,
    /// What is offered.
    pub kind: OfferKind,
    /// The customer's words.
    pub text: String,
    /// The entry that they are near, or that answered.
    pub entry: String,
    /// How near.
    pub score: Score,
    /// How much nearer than the next entry: the smaller, the less sure. None in an audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<Score>,
    /// How often it was asked so.
    pub count: u32,
    /// By how many of those the entry was chosen among the choices offered.
    pub chosen: u32,
    /// The newest of those questions, at most [`OFFER_QUESTIONS_MAX`].
    pub questions: Vec<String>,
}

/// What a person says to an offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "judgement", rename_all = "snake_case")]
pub enum Judgement {
    /// The phrasing belongs to the entry; the answer was right.
    Yes,
    /// It does not; it was wrong.
    No,
    /// It belongs to another entry; that one would have been right.
    Other {
        /// Which.
        other: String,
    },
}

/// What was said to an offer: one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// The offer.
    pub offer: String,
    /// What was offered.
    pub kind: OfferKind,
    /// The entry that was proposed, or had answered.
    pub entry: String,
    /// A phrasing that was taken: from then on words of the company's, not of a customer's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The version that had answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// What holds.
    #[serde(flatten)]
    pub said: Said,
    /// What was said before, oldest first; at most [`JUDGED_BEFORE_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Said>,
}

/// A judgement, who made it, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// What.
    #[serde(flatten)]
    pub judgement: Judgement,
    /// A member of staff, or `operator`.
    pub by: String,
    /// When.
    pub at_ms: TimeMs,
}

impl Judged {
    /// Said once more, or otherwise. The same again changes nothing, whoever says it.
    #[must_use]
    pub fn again(mut self, said: Said, text: Option<String>) -> Self {
        if self.said.judgement == said.judgement {
            return self;
        }
        self.before.push(core::mem::replace(&mut self.said, said));
        let most = self.before.len().saturating_sub(JUDGED_BEFORE_MAX);
        self.before.drain(..most);
        self.text = kept(&self.said.judgement, text);
        self
    }

    /// Said for the first time.
    pub fn new(
        offer: String,
        kind: OfferKind,
        entry: String,
        version: Option<u64>,
        said: Said,
        text: Option<String>,
    ) -> Self {
        let text = kept(&said.judgement, text);
        Self { offer, kind, entry, text, version, said, before: Vec::new() }
    }
}

/// The words of a phrasing that was taken. Others are not kept here.
fn kept(judgement: &Judgement, text: Option<String>) -> Option<String> {
    text.filter(|_| *judgement != Judgement::No)
}

/// What names the words and the entry of an offered phrasing.
pub fn phrasing_id(text: &str, entry: &str) -> String {
    id("p", &[entry, "\n", text])
}

/// What names an answered question in the stream.
pub fn audit_id(question: &Question) -> String {
    id("a", &[&question.id()])
}

fn id(kind: &str, parts: &[&str]) -> String {
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
    let digest = hex(&sha256(&parts));
    format!("{kind}-{}", digest.get(..20).unwrap_or_default())
}

/// Phrasings to be judged, those with the smallest margin first. `near`: the entries that resemble some words most.
pub fn phrasings(
    questions: &[Question],
    decided: &BTreeSet<String>,
    near: impl Fn(&str) -> Vec<Evidence>,
    limit: usize,
) -> Vec<Offer> {
    let mut same: BTreeMap<Vec<Term>, Vec<&Question>> = BTreeMap::new();
    for question in questions {
        let terms = terms(&question.asked.text);
        if !terms.is_empty() {
            same.entry(terms).or_default().push(question);
        }
    }
    let offered = same.iter().filter_map(|(terms, asked)| phrasing(terms, asked, &near));
    let mut offers: Vec<Offer> = offered.filter(|offer| !decided.contains(&offer.id)).collect();
    offers.sort_by(|a, b| (a.margin, b.count, &a.id).cmp(&(b.margin, a.count, &b.id)));
    offers.truncate(limit);
    offers
}

fn phrasing(terms_of: &[Term], asked: &[&Question], near: &impl Fn(&str) -> Vec<Evidence>) -> Option<Offer> {
    let mut newest = asked.to_vec();
    newest.sort_by(|a, b| (b.asked.at_ms, &a.asker).cmp(&(a.asked.at_ms, &b.asker)));
    let text = newest.first()?.asked.text.clone();
    let mut found = near(&text);
    found.retain(|evidence| evidence.source == Source::Entry);
    let chosen = newest.iter().find_map(|question| question.chosen());
    // What a customer chose is a better guess than what resembles most.
    let best = found.iter().position(|evidence| Some(evidence.entry.as_str()) == chosen).unwrap_or_default();
    let best = (best < found.len()).then(|| found.remove(best))?;
    if best.score.share() * 1_000.0 < OFFER_SCORE_PER_MILLE || terms(&best.matched) == terms_of {
        return None;
    }
    let next = found.first().map_or(0.0, |next| next.score.share());
    let with = |question: &&&Question| question.chosen() == Some(best.entry.as_str());
    Some(Offer {
        id: phrasing_id(&text, &best.entry),
        kind: OfferKind::Phrasing,
        margin: Some(Score::from_share((best.score.share() - next).max(0.0))),
        count: u32::try_from(newest.len()).unwrap_or(u32::MAX),
        chosen: u32::try_from(newest.iter().filter(with).count()).unwrap_or(u32::MAX),
        questions: newest.iter().take(OFFER_QUESTIONS_MAX).map(|question| question.id()).collect(),
        text,
        entry: best.entry,
        score: best.score,
    })
}

/// Answers to be judged, in the order of a hash: nobody's choice has a part in which come first.
pub fn audits(questions: &[Question], decided: &BTreeSet<String>, limit: usize) -> Vec<Offer> {
    let mut offers: Vec<Offer> =
        questions.iter().filter_map(audit).filter(|offer| !decided.contains(&offer.id)).collect();
    offers.sort_by(|a, b| a.id.cmp(&b.id));
    offers.truncate(limit);
    offers
}

/// An answered question of the sample.
pub fn audit(question: &Question) -> Option<Offer> {
    let given = question.asked.near.first()?;
    let is_answer = question.asked.verdict == Verdict::Answered && question.is_sampled();
    is_answer.then(|| Offer {
        id: audit_id(question),
        kind: OfferKind::Audit,
        text: question.asked.text.clone(),
        entry: given.entry.clone(),
        score: given.score,
        margin: None,
        count: 1,
        chosen: 0,
        questions: vec![question.id()],
    })
}

/// The share of right answers among those of the stream that were judged, of version `since` and later.
pub fn precision(judged: &[Judged], since: u64) -> Share {
    let audits = judged.iter().filter(|judged| {
        judged.kind == OfferKind::Audit && judged.version.is_some_and(|version| version >= since)
    });
    let count = |judged: usize| u32::try_from(judged).unwrap_or(u32::MAX);
    let right = audits.clone().filter(|judged| judged.said.judgement == Judgement::Yes).count();
    Share::new(count(right), count(audits.count()))
}
