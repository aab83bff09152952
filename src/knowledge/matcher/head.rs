//! The head: a linear classifier over the bank's own candidates, trained on their phrasings at every publish.
//!
//! Multinomial logistic regression on what the index weighs (TF-IDF of the terms, unit length) and, in the encoder's
//! tier, on the sentence's vector beside it. Trained by AdaGrad (Duchi, Hazan and Singer 2011) in an order that
//! depends on nothing but the number of samples, so that the same document always gives the same head; weights are
//! kept as bytes with a scale per feature.

use crate::base::limits::{HEAD_CLASSES_MAX, HEAD_EPOCHS, HEAD_OPERATIONS_MAX, HEAD_WEIGHTS_MAX};
use serde::{Deserialize, Serialize};

/// The step of AdaGrad.
const STEP: f32 = 0.2;
/// The inverse of the weight decay, shared among the samples: C of the usual formulation.
const INVERSE_DECAY: f32 = 5.0;
/// Where squared gradients begin: the first steps are not infinite.
const FIRST_SQUARES: f32 = 1e-3;

/// What a text is to a head: weighted terms, and perhaps a vector.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features<'a> {
    /// Terms by their place in the index, with their weights; unit length together.
    pub terms: Vec<(u32, f32)>,
    /// The sentence's vector, unit length; empty without an encoder.
    pub vector: &'a [f32],
}

/// A text of which the right candidate is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample<'a> {
    /// The text.
    pub features: Features<'a>,
    /// The candidate, counted from 0.
    pub class: u32,
}

/// A trained head. Rows are features: first the index's terms by place, then the vector's components.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Head {
    pub(super) classes: usize,
    pub(super) terms: usize,
    /// `classes` weights a row.
    pub(super) weights: Vec<i8>,
    /// What a row's weights are multiplied with.
    pub(super) scales: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl Head {
    /// Trains a head for `classes` candidates over an index of `terms` terms. `None`: there are too few or too many
    /// candidates for one, or no samples.
    pub fn train(samples: &[Sample<'_>], classes: usize, terms: usize) -> Option<Self> {
        let dimensions = samples.first()?.features.vector.len();
        let is_large = (terms + dimensions).saturating_mul(classes) > HEAD_WEIGHTS_MAX;
        if is_large || !(2..=HEAD_CLASSES_MAX).contains(&classes) {
            return None;
        }
        let mut training = Training::new(samples, classes, terms, dimensions);
        for epoch in 0..training.epochs(samples) {
            for at in order(samples.len(), epoch) {
                if let Some(sample) = samples.get(at) {
                    training.step(sample);
                }
            }
        }
        Some(training.into_head(classes, terms))
    }

    /// The score of each candidate, as far apart as the head is sure.
    pub fn scores(&self, features: &Features<'_>) -> Vec<f32> {
        let mut scores = self.bias.clone();
        let terms = features.terms.iter().map(|(place, weight)| (*place as usize, *weight));
        let vector = (self.terms..).zip(features.vector.iter().copied());
        for (row, value) in terms.filter(|(place, _)| *place < self.terms).chain(vector) {
            let weights = self.weights.get(row * self.classes..(row + 1) * self.classes).unwrap_or_default();
            let factor = value * self.scales.get(row).copied().unwrap_or_default();
            for (score, weight) in scores.iter_mut().zip(weights) {
                *score += factor * f32::from(*weight);
            }
        }
        scores
    }
}

/// An order of `count` samples: each once, another in each epoch.
fn order(count: usize, epoch: usize) -> impl Iterator<Item = usize> {
    // A step that has no divisor in common with the count visits all of them.
    let mut step = (count * 5 / 8 + epoch * 2) | 1;
    while count > 1 && greatest_common_divisor(step, count) != 1 {
        step += 1;
    }
    (0..count).map(move |nth| (epoch + nth * step) % count.max(1))
}

fn greatest_common_divisor(mut a: usize, mut b: usize) -> usize {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

struct Training {
    classes: usize,
    terms: usize,
    weights: Vec<f32>,
    squares: Vec<f32>,
    bias: Vec<f32>,
    bias_squares: Vec<f32>,
    /// What pulls a row's weights to 0 each time a sample has it: rare terms are pulled as much in total.
    decay: Vec<f32>,
    errors: Vec<f32>,
}

impl Training {
    fn new(samples: &[Sample<'_>], classes: usize, terms: usize, dimensions: usize) -> Self {
        let rows = terms + dimensions;
        let mut seen = vec![0_u32; rows];
        for sample in samples {
            for (place, _) in &sample.features.terms {
                if let Some(seen) = seen.get_mut(*place as usize) {
                    *seen += 1;
                }
            }
        }
        for seen in seen.iter_mut().skip(terms) {
            *seen = samples.len() as u32;
        }
        Self {
            classes,
            terms,
            weights: vec![0.0; rows * classes],
            squares: vec![FIRST_SQUARES; rows * classes],
            bias: vec![0.0; classes],
            bias_squares: vec![FIRST_SQUARES; classes],
            decay: seen.iter().map(|seen| 1.0 / (INVERSE_DECAY * (*seen).max(1) as f32)).collect(),
            errors: vec![0.0; classes],
        }
    }

    /// As many epochs as the budget of operations allows.
    fn epochs(&self, samples: &[Sample<'_>]) -> usize {
        let features: usize = samples.iter().map(|s| s.features.terms.len() + s.features.vector.len()).sum();
        let once = features.saturating_mul(self.classes).max(1);
        (HEAD_OPERATIONS_MAX / once).clamp(*HEAD_EPOCHS.start(), *HEAD_EPOCHS.end())
    }

    fn step(&mut self, sample: &Sample<'_>) {
        self.errors.clone_from(&self.bias);
        for (row, value) in self.rows(sample) {
            let weights = self.weights.get(row * self.classes..(row + 1) * self.classes).unwrap_or_default();
            for (score, weight) in self.errors.iter_mut().zip(weights) {
                *score += value * weight;
            }
        }
        softmax(&mut self.errors);
        if let Some(right) = self.errors.get_mut(sample.class as usize) {
            *right -= 1.0;
        }
        for (row, value) in self.rows(sample) {
            let range = row * self.classes..(row + 1) * self.classes;
            let decay = self.decay.get(row).copied().unwrap_or_default();
            let (Some(weights), Some(squares)) =
                (self.weights.get_mut(range.clone()), self.squares.get_mut(range))
            else {
                continue;
            };
            for ((weight, square), error) in weights.iter_mut().zip(squares).zip(&self.errors) {
                let gradient = value * error + decay * *weight;
                *square += gradient * gradient;
                *weight -= STEP * gradient / square.sqrt();
            }
        }
        for ((bias, square), error) in self.bias.iter_mut().zip(&mut self.bias_squares).zip(&self.errors) {
            *square += error * error;
            *bias -= STEP * error / square.sqrt();
        }
    }

    fn rows<'s>(&self, sample: &'s Sample<'_>) -> impl Iterator<Item = (usize, f32)> + use<'s> {
        let terms = sample.features.terms.iter().map(|(place, weight)| (*place as usize, *weight));
        terms.chain((self.terms..).zip(sample.features.vector.iter().copied()))
    }

    fn into_head(self, classes: usize, terms: usize) -> Head {
        let rows = self.weights.chunks_exact(classes.max(1));
        let scales: Vec<f32> =
            rows.clone().map(|row| row.iter().fold(0.0_f32, |most, w| most.max(w.abs())) / 127.0).collect();
        let weights = rows.zip(&scales).flat_map(|(row, scale)| {
            let inverse = if *scale > 0.0 { 1.0 / scale } else { 0.0 };
            row.iter().map(move |weight| (weight * inverse).round() as i8)
        });
        Head { classes, terms, weights: weights.collect(), scales, bias: self.bias }
    }
}

/// Scores to shares of 1.
pub(super) fn softmax(scores: &mut [f32]) {
    let most = scores.iter().copied().fold(f32::MIN, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - most).exp();
        sum += *score;
    }
    for score in scores {
        *score /= sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(terms: &[u32], class: u32) -> Sample<'static> {
        let weight = 1.0 / (terms.len() as f32).sqrt();
        let terms = terms.iter().map(|place| (*place, weight)).collect();
        Sample { features: Features { terms, vector: &[] }, class }
    }

    fn best(head: &Head, sample: &Sample<'_>) -> usize {
        let scores = head.scores(&sample.features);
        (0..scores.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap()
    }

    #[test]
    fn a_head_learns_which_terms_tell_candidates_apart() {
        let samples = [sample(&[0, 1, 9], 0), sample(&[0, 2, 9], 1), sample(&[3, 9], 2), sample(&[3, 1], 2)];
        let head = Head::train(&samples, 3, 10).unwrap();
        for sample in &samples {
            assert_eq!(best(&head, sample), sample.class as usize);
        }
        assert_eq!(best(&head, &sample(&[0, 7], 0)), 0);
        assert_eq!(Head::train(&samples, 3, 10).unwrap(), head, "the same samples give the same head");
    }

    #[test]
    fn a_vector_counts_beside_the_terms() {
        let (left, right) = ([1.0, 0.0], [0.0, 1.0]);
        let of = |vector: &'static [f32], class| Sample {
            features: Features { terms: vec![(0, 1.0)], vector },
            class,
        };
        let (left, right): (&'static [f32], &'static [f32]) =
            (Box::leak(Box::new(left)), Box::leak(Box::new(right)));
        let samples = [of(left, 0), of(right, 1)];
        let head = Head::train(&samples, 2, 1).unwrap();
        assert_eq!((best(&head, &samples[0]), best(&head, &samples[1])), (0, 1));
    }

    #[test]
    fn there_is_no_head_for_one_candidate_nor_for_very_many() {
        assert_eq!(Head::train(&[sample(&[0], 0)], 1, 1), None);
        assert_eq!(Head::train(&[sample(&[0], 0)], HEAD_CLASSES_MAX + 1, 1), None);
        assert_eq!(Head::train(&[], 2, 1), None);
    }

    #[test]
    fn every_epoch_sees_every_sample_once() {
        for (count, epoch) in [(1, 0), (2, 1), (7, 3), (48, 0), (432, 5), (1000, 9)] {
            let mut seen: Vec<usize> = order(count, epoch).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..count).collect::<Vec<_>>(), "{count} {epoch}");
        }
    }
}
