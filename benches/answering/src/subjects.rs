//! What is measured: our tiers, their cascade, and what search plug-ins and textbooks do.

use crate::data::Set;
use crate::encode::Encodings;
use crate::score::Prediction;
use jieba_rs::Jieba;
use shunda::knowledge::encoding::Encoding;
use shunda::knowledge::matcher::calibration::{Calibration, Judged};
use shunda::knowledge::matcher::model::Model;
use shunda::knowledge::matcher::training::{self, COMMON_TEXTS, train};
use shunda::knowledge::matcher::{Matcher, Ranking};
use std::collections::HashMap;

/// Our matcher over a set, trained as at publish.
pub struct Ours<'a> {
    set: &'a Set,
    encodings: Option<&'a Encodings>,
    pub matcher: Matcher,
    pub model_bytes: usize,
    pub judged: u32,
}

/// A tier of ours.
#[derive(Clone, Copy, PartialEq)]
pub enum Tier {
    Words,
    Lexical,
    Encoder,
    Cascade,
}

impl<'a> Ours<'a> {
    pub fn new(set: &'a Set, encodings: Option<&'a Encodings>, trained: bool) -> Self {
        let answers: Vec<&str> = set.ids.iter().map(String::as_str).collect();
        let of = |texts: &mut dyn Iterator<Item = &str>, encodings: &Encodings| -> Vec<Encoding> {
            texts.map(|text| encodings.of(text).cloned().unwrap_or_default()).collect()
        };
        let all = encodings.map(|encodings| {
            let phrasings = of(&mut set.phrasings.iter().flatten().map(String::as_str), encodings);
            (encodings.encoder.as_str(), phrasings, of(&mut COMMON_TEXTS.into_iter(), encodings))
        });
        let given = all.as_ref().map(|(encoder, phrasings, common)| training::Encodings {
            encoder,
            phrasings,
            common,
        });
        let model = trained.then(|| train(&set.phrasings, &answers, given.as_ref(), 0.95));
        let model_bytes = model.as_ref().map_or(0, |model| model.to_bytes().len());
        let judged = model.as_ref().map_or(0, |model: &Model| model.judged);
        Self { set, encodings, matcher: Matcher::new(&set.phrasings, &answers, model), model_bytes, judged }
    }

    pub fn rank(&self, text: &str, tier: Tier) -> Ranking {
        let lexical = || self.matcher.by_words(text, &|_| true);
        let encoded = || {
            let encoding = self.encodings.and_then(|encodings| encodings.of(text));
            encoding.and_then(|encoding| self.matcher.by_meaning(text, encoding, &|_| true))
        };
        match tier {
            Tier::Words | Tier::Lexical => lexical(),
            Tier::Encoder => encoded().unwrap_or_else(lexical),
            Tier::Cascade => {
                let first = lexical();
                if first.is_sure() { first } else { encoded().unwrap_or(first) }
            }
        }
    }

    pub fn predict(&self, tier: Tier) -> Vec<Prediction> {
        self.set.questions.iter().map(|question| prediction(&self.rank(&question.text, tier))).collect()
    }

    /// The share of questions that the first tier alone decides.
    pub fn first_tier_share(&self) -> f64 {
        let certain = |text: &str| self.matcher.by_words(text, &|_| true).is_sure();
        let count = self.set.questions.iter().filter(|question| certain(&question.text)).count();
        count as f64 / self.set.questions.len().max(1) as f64
    }

    /// A calibration fitted to the set's own questions: where the defaults come from.
    pub fn fitted(&self, tier: Tier, nearness: f32) -> Calibration {
        let judged: Vec<Judged> = self
            .set
            .questions
            .iter()
            .map(|question| {
                let ranking = self.rank(&question.text, tier);
                let right =
                    question.right.is_some() && ranking.ranked.first().map(|r| r.candidate) == question.right;
                Judged { signs: ranking.signs, right, weight: 1.0 }
            })
            .collect();
        Calibration::fit(nearness, &judged, 0.95, 0.5)
    }
}

pub fn prediction(ranking: &Ranking) -> Prediction {
    Prediction {
        ranked: ranking.ranked.iter().take(10).map(|ranked| ranked.candidate).collect(),
        confidence: ranking.confidence,
        answers: ranking.is_certain(),
    }
}

/// Okapi BM25 (k1 1.2, b 0.75) over what `cut` makes of a text; an entry scores as its best phrasing.
pub fn bm25(set: &Set, cut: &dyn Fn(&str) -> Vec<String>) -> Vec<Prediction> {
    let documents: Vec<(usize, Vec<String>)> = set
        .phrasings
        .iter()
        .enumerate()
        .flat_map(|(candidate, all)| all.iter().map(move |text| (candidate, text)))
        .map(|(candidate, text)| (candidate, cut(text)))
        .collect();
    let mean =
        documents.iter().map(|(_, terms)| terms.len()).sum::<usize>() as f32 / documents.len().max(1) as f32;
    let mut postings: HashMap<&str, Vec<(usize, f32)>> = HashMap::new();
    for (number, (_, terms)) in documents.iter().enumerate() {
        for term in terms {
            let list = postings.entry(term).or_default();
            match list.last_mut() {
                Some((last, count)) if *last == number => *count += 1.0,
                _ => list.push((number, 1.0)),
            }
        }
    }
    let count = documents.len() as f32;
    set.questions
        .iter()
        .map(|question| {
            let mut scores = vec![0.0_f32; set.ids.len()];
            let mut of_documents: HashMap<usize, f32> = HashMap::new();
            for term in cut(&question.text) {
                let Some(list) = postings.get(term.as_str()) else { continue };
                let having = list.len() as f32;
                let idf = (1.0 + (count - having + 0.5) / (having + 0.5)).ln();
                for (number, frequency) in list {
                    let length = documents[*number].1.len() as f32;
                    let part = frequency * 2.2 / (frequency + 1.2 * (0.25 + 0.75 * length / mean));
                    *of_documents.entry(*number).or_default() += idf * part;
                }
            }
            for (number, score) in of_documents {
                let candidate = documents[number].0;
                scores[candidate] = scores[candidate].max(score);
            }
            ranked_by(scores)
        })
        .collect()
}

/// The cosine of sentence vectors, as the encoder gives them.
pub fn cosine(set: &Set, encodings: &Encodings) -> Vec<Prediction> {
    let of = |text: &str| encodings.of(text).map(|encoding| encoding.pooled.as_slice()).unwrap_or_default();
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let bank: Vec<Vec<&[f32]>> =
        set.phrasings.iter().map(|all| all.iter().map(|text| of(text)).collect()).collect();
    let nearest = |text: &[f32]| {
        bank.iter().map(|all| all.iter().map(|one| dot(one, text)).fold(-1.0, f32::max)).collect()
    };
    set.questions.iter().map(|question| ranked_by(nearest(of(&question.text)))).collect()
}

fn ranked_by(scores: Vec<f32>) -> Prediction {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    order.truncate(10);
    let at = |place: usize| order.get(place).map_or(0.0, |candidate| scores[*candidate]);
    Prediction { confidence: at(0) - 0.5 * at(1), ranked: order, answers: false }
}

/// Words by a dictionary.
pub fn words() -> impl Fn(&str) -> Vec<String> {
    let jieba = Jieba::new();
    move |text| {
        let words = jieba.cut(text, false);
        words.into_iter().map(|word| word.trim().to_lowercase()).filter(|word| !word.is_empty()).collect()
    }
}

/// Characters in ones or twos, or both.
pub fn grams(ones: bool) -> impl Fn(&str) -> Vec<String> {
    move |text| {
        let chars: Vec<char> = text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
        let twos = chars.windows(2).map(|two| two.iter().collect());
        let ones = chars.iter().map(char::to_string).filter(|_| ones);
        ones.chain(twos).collect()
    }
}
