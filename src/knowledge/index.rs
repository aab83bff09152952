//! The inverted index: which candidates resemble a question, and how much.
//!
//! A term weighs what BM25's inverse document frequency gives it (Robertson and Zaragoza 2009, the form that is never
//! negative), counted over candidates, so that words shared by one candidate's own phrasings still tell it apart. A
//! phrasing's score is the weight of the terms that it shares with the question, divided by the mean of the weights
//! of both: BM25 for short texts, where a term occurs once or not at all, with the question itself as the pivot of
//! its length normalisation in place of the bank's average length. So 1 means the same terms and 0 none in common,
//! whatever the size of the bank; words that no phrasing has lower the score of every candidate. A candidate scores
//! as its best phrasing.

use super::tokens::{Term, terms};
use core::ops::Range;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Share of a question's weight that may be left when its rare terms are done.
const RARE_SHARE: f32 = 0.5;
/// How often it pays to look for a higher floor: each look reads all phrasings found so far.
const FLOOR_LOOKS_MAX: u32 = 3;
/// Sums of the same weights in another order differ by less.
const ROUNDING: f32 = 1e-4;
/// What finding one phrasing among a term's postings costs, in postings read.
const SEARCH_COST: usize = 12;

/// A candidate that resembles the question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Which candidate, counted from 0.
    pub candidate: usize,
    /// Which of its phrasings came nearest, counted from 0.
    pub phrasing: usize,
    /// From 0 to 1, up to rounding.
    pub score: f32,
}

/// An index over the phrasings of candidates.
#[derive(Debug, Default)]
pub struct Index {
    /// Term -> its place in `ends` and `weights`.
    places: HashMap<Term, u32, BuildHasherDefault<TermHasher>>,
    /// Where a term's postings end; they begin where those of the place before end.
    ends: Vec<u32>,
    /// Phrasings that have a term, ascending, counted over all candidates.
    postings: Vec<u32>,
    /// How much a term says.
    weights: Vec<f32>,
    /// How much a term says that no phrasing has.
    unknown_weight: f32,
    /// Each phrasing, counted over all candidates.
    phrasings: Vec<Phrasing>,
    /// Where a candidate's phrasings end; they begin where those of the one before end.
    candidate_ends: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Phrasing {
    candidate: u32,
    /// Counted within the candidate.
    number: u32,
    /// How much it says: the sum of its terms' weights.
    weight: f32,
}

/// A question, ready to be compared.
#[derive(Debug)]
pub struct Question {
    /// How much it says, terms that no phrasing has included.
    weight: f32,
    /// Its other terms, those that say most first.
    terms: Vec<QuestionTerm>,
}

#[derive(Debug)]
struct QuestionTerm {
    place: usize,
    weight: f32,
    /// The weight of this term and all after it.
    rest: f32,
}

/// A phrasing found, and what it takes to complete its score.
struct Found {
    hit: Hit,
    /// Which phrasing, counted over all candidates.
    number: u32,
    shared: f32,
    weight: f32,
}

/// The weight that each phrasing shares with a question, as far as its terms have been looked at.
struct Shared {
    weights: Vec<f32>,
    /// The phrasings that share anything.
    some: Vec<u32>,
}

impl Index {
    /// Builds the index of `candidates`, each given by its phrasings.
    pub fn new<'a, P>(candidates: impl Iterator<Item = P>) -> Self
    where
        P: IntoIterator<Item = &'a String>,
    {
        let mut index = Self::default();
        let mut counts: Vec<Count> = Vec::new();
        let mut places_of_phrasings: Vec<Vec<u32>> = Vec::new();
        let mut candidates_count = 0;
        for phrasings in candidates {
            for (number, phrasing) in (0..).zip(phrasings) {
                places_of_phrasings.push(index.count(candidates_count, &terms(phrasing), &mut counts));
                index.phrasings.push(Phrasing { candidate: candidates_count, number, weight: 0.0 });
            }
            candidates_count += 1;
            index.candidate_ends.push(index.phrasings.len() as u32);
        }
        index.weigh(&counts, candidates_count);
        index.post(&places_of_phrasings);
        index
    }

    /// Counts a phrasing's terms and returns their places.
    fn count(&mut self, candidate: u32, terms: &[Term], counts: &mut Vec<Count>) -> Vec<u32> {
        let mut places = Vec::with_capacity(terms.len());
        for term in terms {
            let place = *self.places.entry(*term).or_insert(counts.len() as u32);
            if place as usize == counts.len() {
                counts.push(Count { weight: term.weight(), phrasings: 0, candidates: 0, last: u32::MAX });
            }
            if let Some(count) = counts.get_mut(place as usize) {
                count.phrasings += 1;
                count.candidates += u32::from(count.last != candidate);
                count.last = candidate;
            }
            places.push(place);
        }
        places
    }

    fn weigh(&mut self, counts: &[Count], candidates: u32) {
        self.unknown_weight = rarity(candidates, 0);
        self.weights = counts.iter().map(|c| c.weight * rarity(candidates, c.candidates)).collect();
        let mut begin = 0;
        for count in counts {
            self.ends.push(begin);
            begin += count.phrasings;
        }
        self.postings = vec![0; begin as usize];
    }

    /// Fills the postings. Before it, `ends` holds where each term's postings begin; each posting moves one on.
    fn post(&mut self, places_of_phrasings: &[Vec<u32>]) {
        for (number, (phrasing, places)) in (0..).zip(self.phrasings.iter_mut().zip(places_of_phrasings)) {
            for place in places {
                let place = *place as usize;
                phrasing.weight += self.weights.get(place).copied().unwrap_or_default();
                if let Some(end) = self.ends.get_mut(place) {
                    if let Some(posting) = self.postings.get_mut(*end as usize) {
                        *posting = number;
                    }
                    *end += 1;
                }
            }
        }
    }

    /// How many different terms there are.
    pub fn terms_count(&self) -> usize {
        self.weights.len()
    }

    /// How many candidates there are.
    pub fn candidates_count(&self) -> usize {
        self.candidate_ends.len()
    }

    /// How many phrasings there are.
    pub fn phrasings_count(&self) -> usize {
        self.phrasings.len()
    }

    /// A candidate's phrasings, counted over all candidates.
    pub fn phrasings_of(&self, candidate: usize) -> Range<usize> {
        let end = self.candidate_ends.get(candidate).copied().unwrap_or_default();
        let begin = candidate.checked_sub(1).and_then(|before| self.candidate_ends.get(before)).copied();
        begin.unwrap_or_default() as usize..end as usize
    }

    /// Whose phrasing this is.
    pub fn candidate_of(&self, phrasing: usize) -> Option<usize> {
        self.phrasings.get(phrasing).map(|phrasing| phrasing.candidate as usize)
    }

    /// The terms of `question` that some phrasing has, as a vector of unit length.
    pub fn features(&self, question: &Question) -> Vec<(u32, f32)> {
        let length = question.terms.iter().map(|term| term.weight * term.weight).sum::<f32>().sqrt();
        let length = length.max(f32::EPSILON);
        question.terms.iter().map(|term| (term.place as u32, term.weight / length)).collect()
    }

    /// How much `question` and a phrasing, counted over all candidates, resemble each other.
    pub fn resemblance(&self, question: &Question, phrasing: usize) -> f32 {
        let Some(known) = self.phrasings.get(phrasing) else { return 0.0 };
        let number = phrasing as u32;
        let shared =
            question.terms.iter().filter(|t| self.postings_of(t.place).binary_search(&number).is_ok());
        resemblance(shared.map(|term| term.weight).sum(), question.weight, known.weight)
    }

    /// The `hits_max` candidates that resemble `question` most, best first, equal ones in their order.
    ///
    /// Exact, yet most postings of frequent terms are never read: once the rare half of the question has found
    /// candidates, phrasings that share only the rest may be unable to reach them.
    pub fn search(&self, question: &Question, hits_max: usize) -> Vec<Hit> {
        self.search_among(question, hits_max, &|_| true)
    }

    /// The same, as if there were only the candidates that `may_be` is true for.
    pub fn search_among(
        &self,
        question: &Question,
        hits_max: usize,
        may_be: &dyn Fn(usize) -> bool,
    ) -> Vec<Hit> {
        let mut shared = Shared { weights: vec![0.0; self.phrasings.len()], some: Vec::new() };
        let (mut floor, mut looks) = (0.0, 0);
        let mut terms = question.terms.as_slice();
        while let Some((term, after)) = terms.split_first() {
            if term.rest <= question.weight * RARE_SHARE && looks < FLOOR_LOOKS_MAX {
                looks += 1;
                floor = self.floor(&shared, terms, question, hits_max, may_be).max(floor);
            }
            if resemblance(term.rest, question.weight, term.rest) < floor {
                break;
            }
            self.share(term, &mut shared);
            terms = after;
        }
        self.complete(terms, question, floor, &mut shared);
        self.best(&shared, question, hits_max, may_be).into_iter().map(|found| found.hit).collect()
    }

    /// Makes `text` ready to be compared.
    pub fn question(&self, text: &str) -> Question {
        let mut question = Question { weight: 0.0, terms: Vec::new() };
        for term in terms(text) {
            if let Some(place) = self.places.get(&term).map(|place| *place as usize) {
                let weight = self.weights.get(place).copied().unwrap_or_default();
                question.terms.push(QuestionTerm { place, weight, rest: 0.0 });
                question.weight += weight;
            } else {
                question.weight += term.weight() * self.unknown_weight;
            }
        }
        question.terms.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.place.cmp(&b.place)));
        let mut rest = 0.0;
        for term in question.terms.iter_mut().rev() {
            rest += term.weight;
            term.rest = rest;
        }
        question
    }

    /// What a candidate must reach: `hits_max` candidates do, the best so far with their other `terms` counted too.
    fn floor(
        &self,
        shared: &Shared,
        terms: &[QuestionTerm],
        question: &Question,
        hits_max: usize,
        may_be: &dyn Fn(usize) -> bool,
    ) -> f32 {
        let found = self.best(shared, question, hits_max, may_be);
        if found.len() < hits_max {
            return 0.0;
        }
        let scores = found.iter().map(|found| {
            let more =
                terms.iter().filter(|term| self.postings_of(term.place).binary_search(&found.number).is_ok());
            resemblance(
                found.shared + more.map(|term| term.weight).sum::<f32>(),
                question.weight,
                found.weight,
            )
        });
        scores.fold(f32::MAX, f32::min) - ROUNDING
    }

    /// Adds a term to every phrasing that has it.
    fn share(&self, term: &QuestionTerm, shared: &mut Shared) {
        for number in self.postings_of(term.place) {
            if add(&mut shared.weights, *number, term.weight) {
                shared.some.push(*number);
            }
        }
    }

    /// Adds the terms not looked at to the phrasings that could still reach `floor`, and drops the others.
    fn complete(&self, terms: &[QuestionTerm], question: &Question, floor: f32, shared: &mut Shared) {
        let Shared { weights, some } = shared;
        for term in terms {
            some.retain(|number| {
                let (sum, phrasing) = (weights.get(*number as usize), self.phrasings.get(*number as usize));
                sum.zip(phrasing).is_some_and(|(sum, phrasing)| {
                    resemblance(*sum + term.rest, question.weight, phrasing.weight) >= floor
                })
            });
            let postings = self.postings_of(term.place);
            if some.len() * SEARCH_COST < postings.len() {
                for number in some.iter().filter(|number| postings.binary_search(number).is_ok()) {
                    add(weights, *number, term.weight);
                }
            } else {
                for number in postings {
                    add(weights, *number, term.weight);
                }
            }
        }
    }

    fn postings_of(&self, place: usize) -> &[u32] {
        let begin =
            place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        let end = self.ends.get(place).copied().unwrap_or_default();
        self.postings.get(begin as usize..end as usize).unwrap_or_default()
    }

    fn best(
        &self,
        shared: &Shared,
        question: &Question,
        hits_max: usize,
        may_be: &dyn Fn(usize) -> bool,
    ) -> Vec<Found> {
        let mut best: Vec<Found> = Vec::with_capacity(hits_max + 1);
        let mut least = 0.0;
        for number in &shared.some {
            let at = *number as usize;
            let (Some(sum), Some(phrasing)) = (shared.weights.get(at), self.phrasings.get(at)) else {
                continue;
            };
            let score = resemblance(*sum, question.weight, phrasing.weight);
            // Most end here.
            if score < least || !may_be(phrasing.candidate as usize) {
                continue;
            }
            let hit =
                Hit { candidate: phrasing.candidate as usize, phrasing: phrasing.number as usize, score };
            let found = Found { hit, number: *number, shared: *sum, weight: phrasing.weight };
            keep(found, &mut best, hits_max);
            if best.len() >= hits_max {
                least = best.last().map_or(0.0, |last| last.hit.score);
            }
        }
        best
    }
}

/// Adds to a phrasing's sum; whether it is the first.
fn add(weights: &mut [f32], number: u32, weight: f32) -> bool {
    let Some(sum) = weights.get_mut(number as usize) else { return false };
    let first = *sum == 0.0;
    *sum += weight;
    first
}

/// Puts `found` in its place among the best, unless its candidate has a better one or `hits_max` are better.
fn keep(found: Found, best: &mut Vec<Found>, hits_max: usize) {
    let before = |Found { hit: a, .. }: &Found, Found { hit: b, .. }: &Found| {
        b.score.total_cmp(&a.score).then((a.candidate, a.phrasing).cmp(&(b.candidate, b.phrasing))).is_lt()
    };
    if best.len() >= hits_max && best.last().is_none_or(|last| before(last, &found)) {
        return;
    }
    if let Some(same) = best.iter().position(|other| other.hit.candidate == found.hit.candidate) {
        if best.get(same).is_some_and(|other| before(other, &found)) {
            return;
        }
        best.remove(same);
    }
    let place = best.partition_point(|other| before(other, &found));
    best.insert(place, found);
    best.truncate(hits_max);
}

struct Count {
    weight: f32,
    phrasings: u32,
    candidates: u32,
    last: u32,
}

/// How much it says that a candidate has a term which `having` of `candidates` have.
pub(super) fn rarity(candidates: u32, having: u32) -> f32 {
    let (candidates, having) = (candidates as f32, having as f32);
    (1.0 + (candidates - having + 0.5) / (having + 0.5)).ln()
}

/// See the module's description.
fn resemblance(shared: f32, question: f32, phrasing: f32) -> f32 {
    2.0 * shared / (question + phrasing)
}

/// Spreads a term's 64 bits, most of which are character codes already; a keyed hash would buy nothing, since the
/// document is the operator's own, and would make the index differ from run to run.
#[derive(Debug, Default)]
struct TermHasher(u64);

impl Hasher for TermHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, bits: u64) {
        let mixed = (self.0 ^ bits).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }
}
