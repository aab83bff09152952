//! Calibration: how probable it is that the first of a ranking is right, and from where on to answer.
//!
//! Platt scaling (Platt 1999) of one number, the ranking's *evidence*. The thresholds follow from a stated precision: of
//! all questions whose confidence reaches [`Calibration::answer`], that share is answered right.

use serde::{Deserialize, Serialize};

/// What a ranking shows of its first candidate.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Signs {
    /// The share of its answer among the candidates, from 0 to 1.
    pub share: f32,
    /// How much it resembles the question in words, from 0 to 1.
    pub lexical: f32,
    /// How near it is in meaning, from -1 to 1; 0 without an encoder.
    pub meaning: f32,
}

impl Signs {
    /// How near the candidate is, whatever the others are: far from everything is out of scope.
    pub fn nearness(self) -> f32 {
        self.lexical.max(self.meaning)
    }
}

/// A ranking of which it is known whether its first candidate was right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// What it showed.
    pub signs: Signs,
    /// Whether it was right.
    pub right: bool,
    /// How much it counts.
    pub weight: f32,
}

/// From signs to a probability, and the thresholds on it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// What nearness adds to the logarithm of the share; together they are the evidence.
    pub nearness: f32,
    /// What evidence is multiplied with.
    pub slope: f32,
    /// What is added.
    pub bias: f32,
    /// From this confidence on a question is answered.
    pub answer: f32,
    /// From this confidence on no dearer tier is asked.
    pub sure: f32,
    /// From this confidence on the best candidates are offered.
    pub clarify: f32,
    /// A first candidate less near than this is not even offered: the question is about something else.
    pub gate: f32,
}

/// Iterations of the regression: two unknowns converge long before.
const NEWTON_STEPS: usize = 30;
/// A threshold that fewer rankings reach would be luck.
const REACHED_MIN: usize = 20;
/// The share of right candidates that the gate may shut out.
const SHUT_OUT: f32 = 0.01;
/// A confidence that nothing has: nothing is answered.
const NEVER: f32 = 2.0;

impl Calibration {
    fn evidence(&self, signs: Signs) -> f32 {
        signs.share.max(1e-6).ln() + self.nearness * (signs.lexical + signs.meaning)
    }

    /// The probability that the first candidate is right.
    pub fn confidence(&self, signs: Signs) -> f32 {
        1.0 / (1.0 + (-(self.slope * self.evidence(signs) + self.bias)).exp())
    }

    /// Fits a calibration to `judged`, and its thresholds to `precision`. What cannot be reached is never answered:
    /// the threshold is then above 1.
    pub fn fit(nearness: f32, judged: &[Judged], precision: f32, clarify_precision: f32) -> Self {
        let start =
            Self { nearness, slope: 1.0, bias: 0.0, answer: NEVER, sure: NEVER, clarify: NEVER, gate: 0.0 };
        let mut fitted = (0..NEWTON_STEPS).fold(start, |fitted, _| fitted.newton_step(judged));
        let mut scored: Vec<(f32, &Judged)> =
            judged.iter().map(|judged| (fitted.confidence(judged.signs), judged)).collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        fitted.answer = threshold(&scored, precision).unwrap_or(NEVER);
        // A dearer tier finds half of what is wrong here.
        fitted.sure = threshold(&scored, (1.0 + precision) / 2.0).unwrap_or(NEVER).max(fitted.answer);
        fitted.clarify = threshold(&scored, clarify_precision).unwrap_or(fitted.answer).min(fitted.answer);
        let mut near: Vec<f32> =
            judged.iter().filter(|judged| judged.right).map(|judged| judged.signs.nearness()).collect();
        near.sort_by(f32::total_cmp);
        fitted.gate = near.get((near.len() as f32 * SHUT_OUT) as usize).copied().unwrap_or_default();
        fitted
    }

    /// One step of Newton's method on the likelihood, with a slight pull of the slope to 0.
    fn newton_step(self, judged: &[Judged]) -> Self {
        let (mut by_slope, mut by_bias) = (-1e-3 * f64::from(self.slope), 0.0);
        let (mut slope_slope, mut slope_bias, mut bias_bias) = (1e-3, 0.0, 1e-6);
        for Judged { signs, right, weight } in judged {
            let evidence = f64::from(self.evidence(*signs));
            let probability = f64::from(self.confidence(*signs));
            let weight = f64::from(*weight);
            let error = weight * (f64::from(u8::from(*right)) - probability);
            let curve = weight * (probability * (1.0 - probability)).max(1e-6);
            by_slope += error * evidence;
            by_bias += error;
            slope_slope += curve * evidence * evidence;
            slope_bias += curve * evidence;
            bias_bias += curve;
        }
        let determinant = slope_slope * bias_bias - slope_bias * slope_bias;
        if determinant.abs() < 1e-12 {
            return self;
        }
        let slope = (by_slope * bias_bias - by_bias * slope_bias) / determinant;
        let bias = (by_bias * slope_slope - by_slope * slope_bias) / determinant;
        Self { slope: self.slope + slope as f32, bias: self.bias + bias as f32, ..self }
    }
}

/// The lowest confidence at which what reaches it is right with `precision`; `scored` falls.
fn threshold(scored: &[(f32, &Judged)], precision: f32) -> Option<f32> {
    let (mut right, mut all) = (0.0_f32, 0.0_f32);
    let mut lowest = None;
    for (count, (confidence, judged)) in (1..).zip(scored) {
        all += judged.weight;
        right += if judged.right { judged.weight } else { 0.0 };
        // Those of equal confidence are answered all or none.
        let is_last = scored.get(count).is_none_or(|(next, _)| next < confidence);
        if is_last && count >= REACHED_MIN && right >= precision * all {
            lowest = Some(*confidence);
        }
    }
    lowest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(share: f32, right: bool) -> Judged {
        Judged { signs: Signs { share, lexical: share, meaning: 0.0 }, right, weight: 1.0 }
    }

    /// Rankings that are right as often as their share says.
    fn honest() -> Vec<Judged> {
        (0..1_000)
            .map(|n| (n % 50, n / 50))
            .map(|(a, b)| judged(0.5 + a as f32 / 100.0, b * 5 < 50 + a))
            .collect()
    }

    #[test]
    fn confidence_rises_with_the_share_and_is_a_probability() {
        let fitted = Calibration::fit(0.0, &honest(), 0.95, 0.5);
        let at = |share| fitted.confidence(judged(share, true).signs);
        assert!(at(0.6) < at(0.75) && at(0.75) < at(0.95));
        let mean: f32 = honest().iter().map(|j| fitted.confidence(j.signs)).sum::<f32>() / 1_000.0;
        let right = honest().iter().filter(|j| j.right).count() as f32 / 1_000.0;
        assert!((mean - right).abs() < 0.01, "{mean} {right}");
    }

    #[test]
    fn what_reaches_the_threshold_is_right_with_the_stated_precision() {
        let all = honest();
        let fitted = Calibration::fit(0.0, &all, 0.9, 0.5);
        let reached: Vec<_> = all.iter().filter(|j| fitted.confidence(j.signs) >= fitted.answer).collect();
        let right = reached.iter().filter(|j| j.right).count();
        assert!(right * 10 >= reached.len() * 9, "{right} of {}", reached.len());
        assert!(reached.len() > 100 && fitted.clarify < fitted.answer);
    }

    #[test]
    fn a_precision_that_is_never_reached_answers_nothing() {
        let all: Vec<Judged> = (0..100).map(|n| judged(0.9, n % 2 == 0)).collect();
        let fitted = Calibration::fit(0.0, &all, 0.95, 0.9);
        assert!(fitted.answer > 1.0 && fitted.clarify > 1.0);
    }

    #[test]
    fn the_gate_lets_nearly_all_right_ones_pass() {
        let fitted = Calibration::fit(0.0, &honest(), 0.9, 0.5);
        let right = || honest().into_iter().filter(|j| j.right);
        let shut = right().filter(|j| j.signs.nearness() < fitted.gate).count();
        assert!(fitted.gate > 0.0 && shut * 100 <= right().count(), "{shut}");
    }
}
