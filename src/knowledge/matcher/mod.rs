//! The matcher: which candidates a question means, and how sure that is.
//!
//! Two tiers share one index. The *lexical* tier knows words: the index's resemblance and a head over terms. The
//! *encoder's* tier adds meaning: a head over terms and the sentence's vector, and how near tokens come. Each ranks
//! by a weighted sum of what it knows, turns the sums into shares, and a calibration into the probability that the
//! first is right. The second tier runs only where the first is unsure.

pub mod calibration;
pub mod head;
pub mod model;
pub mod training;
pub mod vectors;

use super::encoding::Encoding;
use super::index::{Hit, Index, Question};
use super::tokens::fingerprint;
use crate::base::limits::SHORTLIST_MAX;
use calibration::{Calibration, Signs};
use head::{Features, Head, softmax};
use model::Model;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vectors::Vectors;

/// How much each measure counts. Chosen on questions that customers of one bank typed (docs/ANSWERING.md has the
/// figures): the more phrasings a candidate has, the more its head is worth beside what is near.
mod weight {
    /// Of the head's scores, beside resemblance.
    pub const HEAD: f32 = 0.75;
    /// Of the head's scores, beside an encoder.
    pub const HEAD_BESIDE: f32 = 1.5;
    /// Of how near tokens come, shared by the root of the phrasings a candidate has.
    pub const TOKENS: f32 = 12.0;
    /// Of the cosine of sentences beside tokens, shared by the phrasings times their root: a standard question alone is
    /// near in meaning before its tokens are, and many phrasings need no such help.
    pub const POOLED_BESIDE: f32 = 5.0;
    /// Of the cosine of sentences, shared by the root, where no tokens are kept.
    pub const POOLED: f32 = 12.0;
    /// Of the resemblance in words, beside an encoder.
    pub const LEXICAL_BESIDE: f32 = 2.0;
    /// Of the resemblance in words, alone.
    pub const LEXICAL: f32 = 14.0;
}

/// A resemblance from which on the words are the same, but for rounding.
const SAME_WORDS: f32 = 0.9995;

/// How a ranking was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// The question's words are those of a phrasing.
    Exact,
    /// By words.
    Lexical,
    /// By meaning, too.
    Encoder,
}

/// A candidate in its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    /// Which, counted from 0.
    pub candidate: usize,
    /// Its phrasing that came nearest, counted within the candidate.
    pub phrasing: usize,
    /// Its share among the shortlist.
    pub share: f32,
    /// How much the words resemble each other.
    pub lexical: f32,
    /// How near the meaning is; 0 without an encoder.
    pub meaning: f32,
}

/// What a question may mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// How it was found.
    pub tier: Tier,
    /// The best candidates, best first.
    pub ranked: Vec<Ranked>,
    /// What the calibration judged by.
    pub signs: Signs,
    /// The probability that the first is right, as the calibration has it.
    pub confidence: f32,
    /// From which confidence on it is an answer.
    pub answer: f32,
    /// From which confidence on no dearer tier need be asked.
    pub sure: f32,
    /// From which confidence on it is worth offering.
    pub clarify: f32,
    /// How near the first must be to be offered.
    pub gate: f32,
}

impl Ranking {
    /// Whether the first candidate is sure enough to be the answer.
    pub fn is_certain(&self) -> bool {
        self.confidence >= self.answer && self.is_near()
    }

    /// Puts a document's own thresholds in place of the calibration's. The same words need none.
    pub fn ask_for(&mut self, answer: f32, clarify: f32) {
        if self.tier != Tier::Exact {
            (self.answer, self.clarify) = (answer, clarify);
        }
    }

    /// Whether a dearer tier would hardly know better.
    pub fn is_sure(&self) -> bool {
        self.confidence >= self.sure && self.is_certain()
    }

    /// Whether the question is about what the bank is about, and its best candidates are worth offering.
    pub fn is_worth_offering(&self) -> bool {
        self.confidence >= self.clarify && self.is_near()
    }

    fn is_near(&self) -> bool {
        self.signs.nearness() >= self.gate
    }
}

/// Matches questions with candidates.
#[derive(Debug)]
pub struct Matcher {
    index: Index,
    /// Of every phrasing, what tells whether a question has its very words.
    fingerprints: Vec<u64>,
    /// Candidates with the same answer share a number.
    answers: Vec<u32>,
    model: Model,
    /// How many phrasings a candidate has on average.
    phrasings_mean: f32,
}

impl Matcher {
    /// An index over `phrasings` of candidates whose `answers` these are, with a model trained on them. A model of
    /// another bank is not used.
    pub fn new(phrasings: &[impl AsRef<[String]>], answers: &[&str], model: Option<Model>) -> Self {
        let index = Index::new(phrasings.iter().map(AsRef::as_ref));
        let fingerprints =
            phrasings.iter().flat_map(|own| own.as_ref()).map(|one| fingerprint(one)).collect();
        let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
        let answers = answers
            .iter()
            .map(|answer| {
                let next = numbers.len() as u32;
                *numbers.entry(answer).or_insert(next)
            })
            .collect();
        let model = model.filter(|model| model.fits(&index)).unwrap_or_default();
        let phrasings_mean = index.phrasings_count() as f32 / (index.candidates_count() as f32).max(1.0);
        Self { index, fingerprints, answers, model, phrasings_mean: phrasings_mean.max(1.0) }
    }

    /// Whether it has a model of this bank.
    pub fn is_trained(&self) -> bool {
        self.model.fits(&self.index)
    }

    /// Which encoder's vectors it has; `None`: it cannot make use of one.
    pub fn encoder(&self) -> Option<&str> {
        self.model.encoded.as_ref().map(|encoded| encoded.encoder.as_str())
    }

    /// Ranks by words the candidates that `may` be used.
    pub fn by_words(&self, text: &str, may: &dyn Fn(usize) -> bool) -> Ranking {
        let question = self.index.question(text);
        let head = self.model.lexical_head.as_ref();
        let hits_max = if head.is_some() { self.index.candidates_count() } else { SHORTLIST_MAX };
        let hits = self.index.search_among(&question, hits_max, may);
        if let Some(exact) = self.exact(text, &hits) {
            return exact;
        }
        let scores = self.head_scores(head, &question, &[]);
        let weight = weight::LEXICAL / if head.is_some() { self.phrasings_mean.sqrt() } else { 1.0 };
        let mut list = self.shortlist(&hits, &scores, may);
        for item in &mut list {
            item.sum = weight::HEAD * item.head + weight * item.lexical;
        }
        self.ranking(Tier::Lexical, list, &self.model.lexical)
    }

    /// Ranks by words and meaning. `None`: there are no vectors to compare with.
    pub fn by_meaning(
        &self,
        text: &str,
        encoding: &Encoding,
        may: &dyn Fn(usize) -> bool,
    ) -> Option<Ranking> {
        let encoded = self.model.encoded.as_ref()?;
        let question = self.index.question(text);
        let near = encoded.vectors.question(encoding);
        let hits = self.index.search_among(&question, SHORTLIST_MAX, may);
        if let Some(exact) = self.exact(text, &hits) {
            return Some(exact);
        }
        let scores = self.head_scores(encoded.head.as_ref(), &question, &near.vector);
        let mut list = self.shortlist(&hits, &scores, may);
        self.add_nearest(&mut list, &encoded.vectors, &near, may);
        let root = self.phrasings_mean.sqrt();
        for item in &mut list {
            if item.lexical == 0.0 {
                let phrasings = self.index.phrasings_of(item.candidate);
                let all = phrasings.map(|phrasing| self.index.resemblance(&question, phrasing));
                item.lexical = all.fold(0.0, f32::max);
            }
            item.head = scores.get(item.candidate).copied().unwrap_or_default();
            item.known = weight::HEAD_BESIDE * item.head + weight::LEXICAL_BESIDE * item.lexical;
            item.sum = item.known + weight::POOLED / root * item.meaning;
        }
        keep_best(&mut list, SHORTLIST_MAX);
        if encoded.vectors.has_tokens() {
            for item in &mut list {
                let pooled = weight::POOLED_BESIDE / self.phrasings_mean / root * item.meaning;
                self.come_nearer(item, &encoded.vectors, &near);
                item.sum = item.known + pooled + weight::TOKENS / root * item.meaning;
            }
        }
        Some(self.ranking(Tier::Encoder, list, &encoded.calibration))
    }

    fn head_scores(&self, head: Option<&Head>, question: &Question, vector: &[f32]) -> Vec<f32> {
        let features = Features { terms: self.index.features(question), vector };
        head.map(|head| head.scores(&features)).unwrap_or_default()
    }

    /// The one candidate, or candidates of one answer, with the question's very words: the same terms in another order
    /// may mean another thing.
    fn exact(&self, text: &str, hits: &[Hit]) -> Option<Ranking> {
        let print = fingerprint(text);
        let mut same = hits.iter().take_while(|hit| hit.score >= SAME_WORDS).filter(|hit| {
            let number = self.index.phrasings_of(hit.candidate).start + hit.phrasing;
            self.fingerprints.get(number) == Some(&print)
        });
        let first = same.next()?;
        if same.any(|other| self.answer_of(other.candidate) != self.answer_of(first.candidate)) {
            return None;
        }
        let only = Ranked {
            candidate: first.candidate,
            phrasing: first.phrasing,
            share: 1.0,
            lexical: first.score,
            meaning: 0.0,
        };
        let signs = Signs { share: 1.0, lexical: first.score, meaning: 0.0 };
        Some(Ranking {
            tier: Tier::Exact,
            ranked: vec![only],
            signs,
            confidence: 1.0,
            answer: 1.0,
            sure: 1.0,
            clarify: 1.0,
            gate: 0.0,
        })
    }

    /// The best by resemblance and by the head.
    fn shortlist(&self, hits: &[Hit], scores: &[f32], may: &dyn Fn(usize) -> bool) -> Vec<Item> {
        let mut list: BTreeMap<usize, Item> = BTreeMap::new();
        for hit in hits {
            list.insert(hit.candidate, Item::new(hit.candidate, hit.phrasing, hit.score));
        }
        let mut by_head: Vec<(usize, f32)> = scores.iter().copied().enumerate().collect();
        by_head.sort_by(|a, b| b.1.total_cmp(&a.1));
        for (candidate, _) in by_head.into_iter().filter(|(candidate, _)| may(*candidate)).take(SHORTLIST_MAX)
        {
            list.entry(candidate).or_insert(Item::new(candidate, 0, 0.0));
        }
        list.into_values()
            .map(|item| Item { head: scores.get(item.candidate).copied().unwrap_or_default(), ..item })
            .collect()
    }

    /// The nearest by the sentences' vectors, and how near those on the list are.
    fn add_nearest(
        &self,
        list: &mut Vec<Item>,
        vectors: &Vectors,
        near: &vectors::Question,
        may: &dyn Fn(usize) -> bool,
    ) {
        let mut cosines: Vec<(usize, usize, f32)> = Vec::with_capacity(self.index.candidates_count());
        for candidate in (0..self.index.candidates_count()).filter(|candidate| may(*candidate)) {
            let phrasings = self.index.phrasings_of(candidate).enumerate();
            let all = phrasings.map(|(number, phrasing)| (number, vectors.pooled(near, phrasing)));
            if let Some((number, cosine)) = all.max_by(|a, b| a.1.total_cmp(&b.1)) {
                cosines.push((candidate, number, cosine));
            }
        }
        for item in list.iter_mut() {
            let own = cosines.binary_search_by_key(&item.candidate, |(candidate, ..)| *candidate);
            if let Some((_, number, cosine)) = own.ok().and_then(|at| cosines.get(at)) {
                (item.meaning, item.phrasing) = (*cosine, *number);
            }
        }
        cosines.sort_by(|a, b| b.2.total_cmp(&a.2));
        for (candidate, number, cosine) in cosines.into_iter().take(SHORTLIST_MAX) {
            if !list.iter().any(|item| item.candidate == candidate) {
                list.push(Item { meaning: cosine, ..Item::new(candidate, number, 0.0) });
            }
        }
    }

    /// Replaces the sentences' cosine by how near the tokens of the nearest phrasing come.
    fn come_nearer(&self, item: &mut Item, vectors: &Vectors, near: &vectors::Question) {
        let phrasings = self.index.phrasings_of(item.candidate).enumerate();
        let all = phrasings.map(|(number, phrasing)| (number, vectors.tokens(near, phrasing)));
        if let Some((number, best)) = all.max_by(|a, b| a.1.total_cmp(&b.1)) {
            (item.phrasing, item.meaning) = (number, best);
        }
    }

    fn answer_of(&self, candidate: usize) -> u32 {
        self.answers.get(candidate).copied().unwrap_or(u32::MAX)
    }

    fn ranking(&self, tier: Tier, mut list: Vec<Item>, calibration: &Calibration) -> Ranking {
        keep_best(&mut list, SHORTLIST_MAX);
        let mut shares: Vec<f32> = list.iter().map(|item| item.sum).collect();
        softmax(&mut shares);
        let ranked: Vec<Ranked> = list.iter().zip(shares).map(|(item, share)| item.ranked(share)).collect();
        let signs = self.signs(&ranked);
        let confidence = if ranked.is_empty() { 0.0 } else { calibration.confidence(signs) };
        let Calibration { answer, sure, clarify, gate, .. } = *calibration;
        Ranking { tier, ranked, signs, confidence, answer, sure, clarify, gate }
    }

    /// Candidates that say the same are one answer.
    fn signs(&self, ranked: &[Ranked]) -> Signs {
        let Some(first) = ranked.first() else { return Signs::default() };
        let answer = self.answer_of(first.candidate);
        let same = ranked.iter().filter(|item| self.answer_of(item.candidate) == answer);
        let share = same.map(|item| item.share).sum();
        Signs { share, lexical: first.lexical, meaning: first.meaning }
    }
}

/// A candidate on the shortlist.
#[derive(Clone, Copy, Debug, Default)]
struct Item {
    candidate: usize,
    phrasing: usize,
    lexical: f32,
    meaning: f32,
    head: f32,
    /// What head and words say together, beside an encoder.
    known: f32,
    sum: f32,
}

impl Item {
    fn new(candidate: usize, phrasing: usize, lexical: f32) -> Self {
        Self { candidate, phrasing, lexical, ..Self::default() }
    }

    fn ranked(&self, share: f32) -> Ranked {
        let Self { candidate, phrasing, lexical, meaning, .. } = *self;
        Ranked { candidate, phrasing, share, lexical, meaning }
    }
}

fn keep_best(list: &mut Vec<Item>, count_max: usize) {
    list.sort_by(|a, b| b.sum.total_cmp(&a.sum).then(a.candidate.cmp(&b.candidate)));
    list.truncate(count_max);
}
