//! Heads learned from labels: what the lexicon does not know about how this company's customers speak.
//!
//! Per aspect a logistic regression over characters, their pairs and triples, words and signs, hashed into
//! [`MOOD_BUCKETS`] weights. It learns what to add to the lexicon's log-odds, which are given, and never what to think
//! of the lexicon: what people correct is no random sample, and would teach that its words mean the opposite. Trained by
//! AdaGrad in a fixed order, so that the same labels give the same heads.

use super::{Aspect, Found, Weighed, scores};
use crate::base::limits::{
    MATCH_BYTES_MAX, MOOD_BUCKETS, MOOD_EPOCHS, MOOD_FOLDS, MOOD_LABELS_MIN, MOOD_WORD_CHARS_MAX,
};
use crate::base::text::prefix_within;
use crate::knowledge::tokens::fold;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The step of AdaGrad.
const STEP: f32 = 0.3;
/// What pulls a weight to 0 at each step. The intercept too: labels are no sample of how often something occurs.
const DECAY: f32 = 0.01;
/// Where squared gradients begin.
const FIRST_SQUARES: f32 = 1e-2;
/// Grams named as evidence.
const GRAMS_SHOWN: usize = 2;
/// What a gram must add to be named, in log-odds.
const GRAM_SAYS: f32 = 0.2;

/// A message that people have labelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Whose, as a number: all of one customer's are set aside together.
    pub group: u64,
    /// The words.
    pub text: String,
    /// What people said of it; aspects that nobody spoke of are missing.
    pub labels: BTreeMap<Aspect, bool>,
}

/// One aspect's head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Head {
    /// [`MOOD_BUCKETS`] of them.
    weights: Vec<i8>,
    /// What they are multiplied with.
    scale: f32,
    intercept: f32,
}

/// What was learned: the heads that are of use.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Heads {
    heads: BTreeMap<Aspect, Head>,
    /// How each aspect stands.
    pub figures: BTreeMap<Aspect, Figures>,
}

/// What the labels of one aspect come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Messages labelled as having it.
    pub yes: u32,
    /// And as not having it.
    pub no: u32,
    /// How often the lexicon alone puts one that has it before one that has not; none where there are none of a kind.
    pub lexicon: Option<f32>,
    /// The same with a head that has not seen the customer; none where there are too few labels.
    pub learned: Option<f32>,
    /// Whether a head is used: it is better than the lexicon alone.
    pub used: bool,
}

/// Bytes that are no heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the heads cannot be read")]
pub struct HeadsFault;

impl Heads {
    /// Learns from labels.
    pub fn train(samples: &[Sample]) -> Self {
        let mut heads = Self::default();
        for aspect in Aspect::ALL {
            let known: Vec<Ready> = samples.iter().filter_map(|sample| Ready::new(sample, aspect)).collect();
            let mut figures = figures(&known);
            if figures.used {
                let all: Vec<&Ready> = known.iter().collect();
                heads.heads.insert(aspect, train(&all));
            }
            figures.used = heads.heads.contains_key(&aspect);
            heads.figures.insert(aspect, figures);
        }
        heads
    }

    /// What each head adds, in log-odds, with the grams that say most for it.
    pub(super) fn judge(&self, text: &str) -> Vec<(Aspect, f32, Vec<Weighed>)> {
        if self.heads.is_empty() {
            return Vec::new();
        }
        let grams = grams(text);
        let judged = self.heads.iter();
        judged.map(|(aspect, head)| (*aspect, head.add(&grams), head.said_by(&grams, *aspect))).collect()
    }

    /// For storage.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(self).unwrap_or_default()
    }

    /// What was stored.
    ///
    /// # Errors
    /// When the bytes are something else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, HeadsFault> {
        let heads: Self = postcard::from_bytes(bytes).map_err(|_| HeadsFault)?;
        let fits = heads.heads.values().all(|head| head.weights.len() == MOOD_BUCKETS);
        if fits { Ok(heads) } else { Err(HeadsFault) }
    }
}

impl Head {
    fn weight(&self, bucket: usize) -> f32 {
        self.scale * f32::from(self.weights.get(bucket).copied().unwrap_or_default())
    }

    fn add(&self, grams: &Grams) -> f32 {
        let sum: f32 = grams.buckets.keys().map(|bucket| self.weight(*bucket)).sum();
        self.intercept + grams.value() * sum
    }

    fn said_by(&self, grams: &Grams, aspect: Aspect) -> Vec<Weighed> {
        let mut said: Vec<Weighed> = grams
            .buckets
            .iter()
            .map(|(bucket, gram)| {
                (grams.value() * self.weight(*bucket), Found { aspect, word: gram.clone() })
            })
            .filter(|(log_odds, _)| *log_odds >= GRAM_SAYS)
            .collect();
        said.sort_by(|a, b| b.0.total_cmp(&a.0));
        said.truncate(GRAMS_SHOWN);
        said
    }
}

/// A labelled message as training sees it.
struct Ready {
    group: u64,
    buckets: Vec<usize>,
    value: f32,
    /// The lexicon's log-odds.
    given: f32,
    label: bool,
}

impl Ready {
    fn new(sample: &Sample, aspect: Aspect) -> Option<Self> {
        let label = *sample.labels.get(&aspect)?;
        let grams = grams(&sample.text);
        Some(Self {
            group: sample.group,
            value: grams.value(),
            buckets: grams.buckets.into_keys().collect(),
            given: scores(&sample.text, None).log_odds(aspect),
            label,
        })
    }
}

/// Set aside in turn, and judged by what the others teach.
fn figures(known: &[Ready]) -> Figures {
    let yes = known.iter().filter(|ready| ready.label).count();
    let no = known.len() - yes;
    let by_lexicon: Vec<(f32, bool)> = known.iter().map(|ready| (ready.given, ready.label)).collect();
    let lexicon = auroc(&by_lexicon);
    let mut learned = None;
    if yes.min(no) >= MOOD_LABELS_MIN {
        let mut judged = Vec::with_capacity(known.len());
        for fold in 0..MOOD_FOLDS {
            let (aside, others): (Vec<&Ready>, Vec<&Ready>) =
                known.iter().partition(|ready| ready.group % MOOD_FOLDS == fold);
            if aside.is_empty() {
                continue;
            }
            let head = train(&others);
            judged.extend(aside.into_iter().map(|ready| {
                let sum: f32 = ready.buckets.iter().map(|bucket| head.weight(*bucket)).sum();
                (ready.given + head.intercept + ready.value * sum, ready.label)
            }));
        }
        learned = auroc(&judged);
    }
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Figures { yes: count(yes), no: count(no), lexicon, learned, used: learned > lexicon }
}

fn train(samples: &[&Ready]) -> Head {
    let mut weights = vec![0.0_f32; MOOD_BUCKETS];
    let mut squares = vec![FIRST_SQUARES; MOOD_BUCKETS];
    let (mut intercept, mut intercept_squares) = (0.0_f32, FIRST_SQUARES);
    for _ in MOOD_EPOCHS {
        for sample in samples {
            let sum: f32 =
                sample.buckets.iter().filter_map(|bucket| weights.get(*bucket)).sum::<f32>() * sample.value;
            let error = super::share(sample.given + intercept + sum) - f32::from(u8::from(sample.label));
            for bucket in &sample.buckets {
                if let (Some(weight), Some(square)) = (weights.get_mut(*bucket), squares.get_mut(*bucket)) {
                    let gradient = error * sample.value + DECAY * *weight;
                    *square += gradient * gradient;
                    *weight -= STEP * gradient / square.sqrt();
                }
            }
            let gradient = error + DECAY * intercept;
            intercept_squares += gradient * gradient;
            intercept -= STEP * gradient / intercept_squares.sqrt();
        }
    }
    let scale = weights.iter().fold(0.0_f32, |most, weight| most.max(weight.abs())) / 127.0;
    let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
    let weights = weights.iter().map(|weight| (weight * inverse).round() as i8).collect();
    Head { weights, scale, intercept }
}

/// How often one that has it is put before one that has not, ties by half; `None` where there are none of a kind.
pub fn auroc(judged: &[(f32, bool)]) -> Option<f32> {
    let mut sorted = judged.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut won) = (0.0_f64, 0.0_f64);
    for ties in sorted.chunk_by(|a, b| a.0 == b.0) {
        let yes = ties.iter().filter(|(_, label)| *label).count() as f64;
        let no = ties.len() as f64 - yes;
        won += yes * (below + no / 2.0);
        below += no;
    }
    let yes = sorted.len() as f64 - below;
    (yes > 0.0 && below > 0.0).then(|| (won / (yes * below)) as f32)
}

/// A text's grams by the weight that they share.
struct Grams {
    buckets: BTreeMap<usize, String>,
}

impl Grams {
    /// What each counts: unit length together.
    fn value(&self) -> f32 {
        1.0 / (self.buckets.len().max(1) as f32).sqrt()
    }
}

fn grams(text: &str) -> Grams {
    let text = prefix_within(text, MATCH_BYTES_MAX);
    let mut found: BTreeSet<String> = BTreeSet::new();
    let folded = fold(text);
    for run in folded.split([',', ' ']).filter(|run| !run.is_empty()) {
        let chars: Vec<char> = run.chars().collect();
        let is_word = run.is_ascii();
        if is_word {
            found.insert(run.chars().take(MOOD_WORD_CHARS_MAX).collect());
        }
        for length in if is_word { 3..=3 } else { 1..=3 } {
            found.extend(chars.windows(length).map(|gram| gram.iter().collect::<String>()));
        }
    }
    let signs = text.chars().filter(|c| !c.is_alphanumeric() && !c.is_whitespace());
    found.extend(signs.map(String::from));
    let buckets = found.into_iter().map(|gram| (bucket(&gram), gram)).collect();
    Grams { buckets }
}

/// FNV-1a, folded.
fn bucket(gram: &str) -> usize {
    let hash = gram.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    ((hash ^ (hash >> 32)) as usize) % MOOD_BUCKETS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels that know something the lexicon does not: who says 唐僧 is angry.
    fn samples(count: usize) -> Vec<Sample> {
        let sample = |number: usize| {
            let is_angry = number.is_multiple_of(2);
            let about = ["快递", "发票", "尺码", "颜色"][number / 2 % 4];
            let text =
                if is_angry { format!("{about}像唐僧一样") } else { format!("{about}在哪里看") };
            let labels = BTreeMap::from([(Aspect::Anger, is_angry)]);
            Sample { group: number as u64, text, labels }
        };
        (0..count).map(sample).collect()
    }

    #[test]
    fn a_head_learns_what_the_lexicon_does_not_know_and_says_why() {
        let heads = Heads::train(&samples(4 * MOOD_LABELS_MIN));
        let figures = &heads.figures[&Aspect::Anger];
        assert_eq!((figures.yes, figures.no, figures.used), (80, 80, true));
        assert!(figures.learned > Some(0.95) && figures.lexicon == Some(0.5), "{figures:?}");
        assert_eq!(super::super::read("客服像唐僧一样", None), None);
        let mood = super::super::read("客服像唐僧一样", Some(&heads)).unwrap();
        assert!(mood.shows(Aspect::Anger) && !mood.words.is_empty(), "{mood:?}");
        assert_eq!(super::super::read("客服在哪里看", Some(&heads)), None);
    }

    #[test]
    fn the_same_labels_give_the_same_bytes_and_they_are_read_again() {
        let heads = Heads::train(&samples(4 * MOOD_LABELS_MIN));
        assert_eq!(Heads::train(&samples(4 * MOOD_LABELS_MIN)), heads);
        assert_eq!(Heads::from_bytes(&heads.to_bytes()), Ok(heads));
        assert_eq!(Heads::from_bytes(b"no"), Err(HeadsFault));
    }

    #[test]
    fn too_few_labels_teach_nothing() {
        let few = Heads::train(&samples(2 * MOOD_LABELS_MIN - 2));
        assert_eq!(few.figures[&Aspect::Anger].learned, None);
        assert!(!few.figures[&Aspect::Anger].used);
        assert_eq!(super::super::read("客服像唐僧一样", Some(&few)), None);
    }

    #[test]
    fn labels_do_not_turn_the_lexicon_round() {
        // People correct mistakes: whatever has the lexicon's word was labelled as no anger.
        let mut samples = samples(4 * MOOD_LABELS_MIN);
        for sample in &mut samples {
            if sample.labels[&Aspect::Anger] {
                continue;
            }
            sample.text = format!("生气的小鸟{}", sample.text);
        }
        let heads = Heads::train(&samples);
        let mood = super::super::read("你们让人忍无可忍", Some(&heads));
        assert!(mood.is_some_and(|mood| mood.shows(Aspect::Anger)));
    }

    #[test]
    fn the_order_is_counted_pair_by_pair() {
        let judged = [(0.1, false), (0.4, true), (0.4, false), (0.9, true)];
        assert_eq!(auroc(&judged), Some(0.875));
        assert_eq!(auroc(&[(0.1, true)]), None);
    }
}
