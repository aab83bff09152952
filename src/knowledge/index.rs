//! The inverted index: which candidates resemble a question, and how much.

use super::tokens::{Term, terms};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};

/// Hashing without a random key: the document is the operator's own, and the same input gives the same index.
type Fixed = BuildHasherDefault<DefaultHasher>;

/// Share of the question's weight in the pivot that a score is measured against; the phrasing has the rest.
const QUESTION_SHARE: f32 = 0.5;

/// A candidate that resembles the question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Which candidate, counted from 0.
    pub candidate: usize,
    /// Which of its phrasings came nearest, counted from 0.
    pub phrasing: usize,
    /// From 0 to 1, see [`Index`].
    pub score: f32,
}

/// An index over the phrasings of candidates.
#[derive(Debug, Default)]
pub struct Index {
    /// Term -> its place in `spans` and `weights`.
    places: HashMap<Term, u32, Fixed>,
    /// Where a term's postings end; they begin where those of the place before end.
    ends: Vec<u32>,
    /// Phrasings that have a term, ascending, counted over all candidates.
    postings: Vec<u32>,
    /// How much a term says.
    weights: Vec<f32>,
    /// How much a term says that no phrasing has.
    unknown_weight: f32,
    /// How much each phrasing says: the sum of its terms' weights.
    masses: Vec<f32>,
    /// The phrasing after each candidate's last.
    bounds: Vec<u32>,
}

impl Index {
    /// Builds the index of `candidates`, each given by its phrasings.
    pub fn new<'a, P>(candidates: impl Iterator<Item = P> + Clone) -> Self
    where
        P: IntoIterator<Item = &'a String>,
    {
        let mut index = Self::default();
        let mut counts: Vec<Count> = Vec::new();
        // Twice over the text instead of once with all pairs in memory: an isolate has 128 MB.
        for (candidate, phrasings) in (0_u32..).zip(candidates.clone()) {
            for phrasing in phrasings {
                index.count(candidate, &terms(phrasing), &mut counts);
            }
            index.bounds.push(size(index.masses.len()));
        }
        index.weigh(&counts);
        let mut next: Vec<u32> = index.ends.clone();
        for (phrasing, text) in (0_u32..).zip(candidates.flatten()) {
            index.post(phrasing, &terms(text), &mut next);
        }
        index.ends = next;
        index
    }

    fn count(&mut self, candidate: u32, terms: &[Term], counts: &mut Vec<Count>) {
        self.masses.push(0.0);
        for term in terms {
            let fresh = size(counts.len());
            let place = *self.places.entry(*term).or_insert(fresh);
            if place == fresh {
                counts.push(Count { weight: term.weight(), phrasings: 0, candidates: 0, last: u32::MAX });
            }
            if let Some(count) = counts.get_mut(place as usize) {
                count.phrasings += 1;
                count.candidates += u32::from(count.last != candidate);
                count.last = candidate;
            }
        }
    }

    fn weigh(&mut self, counts: &[Count]) {
        let candidates = self.bounds.len();
        self.unknown_weight = rarity(candidates, 0);
        self.weights = counts.iter().map(|c| c.weight * rarity(candidates, c.candidates)).collect();
        let mut begin = 0;
        for count in counts {
            self.ends.push(begin);
            begin += count.phrasings;
        }
        self.postings = vec![0; begin as usize];
    }

    /// `ends` holds begins until every phrasing is posted; `next` is where a term's next posting goes.
    fn post(&mut self, phrasing: u32, terms: &[Term], next: &mut [u32]) {
        for term in terms {
            let Some(place) = self.places.get(term) else { continue };
            let place = *place as usize;
            if let (Some(at), Some(weight)) = (next.get_mut(place), self.weights.get(place)) {
                if let (Some(slot), Some(mass)) =
                    (self.postings.get_mut(*at as usize), self.masses.get_mut(phrasing as usize))
                {
                    *slot = phrasing;
                    *mass += weight;
                }
                *at += 1;
            }
        }
    }

    /// The `hits_max` candidates that resemble `text` most, best first, equal ones in their order.
    pub fn search(&self, text: &str, hits_max: usize) -> Vec<Hit> {
        let mut shared = vec![0.0_f32; self.masses.len()];
        let mut question_mass = 0.0;
        for term in terms(text) {
            let Some(place) = self.places.get(&term).map(|place| *place as usize) else {
                question_mass += term.weight() * self.unknown_weight;
                continue;
            };
            let weight = self.weights.get(place).copied().unwrap_or_default();
            question_mass += weight;
            for phrasing in self.postings_of(place) {
                if let Some(shared) = shared.get_mut(*phrasing as usize) {
                    *shared += weight;
                }
            }
        }
        self.best(&shared, question_mass, hits_max)
    }

    fn postings_of(&self, place: usize) -> &[u32] {
        let begin =
            place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        let end = self.ends.get(place).copied().unwrap_or_default();
        self.postings.get(begin as usize..end as usize).unwrap_or_default()
    }

    fn best(&self, shared: &[f32], question_mass: f32, hits_max: usize) -> Vec<Hit> {
        let mut hits: Vec<Hit> = Vec::with_capacity(hits_max + 1);
        let mut begin = 0;
        for (candidate, end) in self.bounds.iter().map(|end| *end as usize).enumerate() {
            let masses = self.masses.get(begin..end).unwrap_or_default();
            let shared = shared.get(begin..end).unwrap_or_default();
            begin = end;
            let mut hit = Hit { candidate, phrasing: 0, score: 0.0 };
            for (phrasing, (shared, mass)) in shared.iter().zip(masses).enumerate() {
                let score = resemblance(*shared, question_mass, *mass);
                if score > hit.score {
                    hit = Hit { candidate, phrasing, score };
                }
            }
            if hit.score > 0.0 {
                let place = hits.partition_point(|better| better.score >= hit.score);
                if place < hits_max {
                    hits.insert(place, hit);
                    hits.truncate(hits_max);
                }
            }
        }
        hits
    }
}

struct Count {
    weight: f32,
    phrasings: u32,
    candidates: u32,
    last: u32,
}

/// How much it says that a candidate has a term which `having` of `candidates` have: BM25's inverse document
/// frequency in the form that is never negative.
fn rarity(candidates: usize, having: u32) -> f32 {
    let (candidates, having) = (candidates as f32, having as f32);
    (1.0 + (candidates - having + 0.5) / (having + 0.5)).ln()
}

fn resemblance(shared: f32, question_mass: f32, phrasing_mass: f32) -> f32 {
    if shared <= 0.0 {
        return 0.0;
    }
    shared / (QUESTION_SHARE * question_mass + (1.0 - QUESTION_SHARE) * phrasing_mass)
}

/// Counts are bounded by the document's bytes, far below 2^32.
fn size(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
