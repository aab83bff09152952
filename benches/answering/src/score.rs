//! The scores: those of the published scorer, computed again.

use crate::data::Set;

/// A ranking as it is scored.
#[derive(Clone, Default)]
pub struct Prediction {
    /// Candidates, best first, at most ten.
    pub ranked: Vec<usize>,
    pub confidence: f32,
    /// What the product would do with it: answer.
    pub answers: bool,
}

#[derive(Clone, Copy, Default)]
pub struct Scores {
    pub top1: f64,
    pub mrr10: f64,
    pub recall5: f64,
    /// Of questions in scope against those whose entry is missing.
    pub auroc: f64,
    /// Share of questions in scope answered and right, at the threshold that has 95 % precision on this very set.
    pub p95_coverage: f64,
    /// The same with the threshold chosen on one half and used on the other, both ways: coverage and precision.
    pub crossed: (f64, f64),
    /// At the product's own threshold, published with the bank: coverage and precision.
    pub own: (f64, f64),
}

pub fn scores(set: &Set, predictions: &[Prediction]) -> Scores {
    let known = set.questions.iter().filter(|question| question.right.is_some()).count().max(1) as f64;
    let mut scores = Scores::default();
    let mut judged = Vec::with_capacity(predictions.len());
    let (mut answered, mut own_right) = (0.0, 0.0);
    for (question, prediction) in set.questions.iter().zip(predictions) {
        let rank = question.right.and_then(|right| prediction.ranked.iter().position(|one| *one == right));
        let right = rank == Some(0);
        scores.top1 += f64::from(u8::from(right)) / known;
        scores.mrr10 += rank.map_or(0.0, |rank| 1.0 / (rank as f64 + 1.0)) / known;
        scores.recall5 += f64::from(u8::from(rank.is_some_and(|rank| rank < 5))) / known;
        if prediction.answers {
            answered += 1.0;
            own_right += f64::from(u8::from(right));
        }
        judged.push((prediction.confidence, right, question.right.is_some()));
    }
    scores.auroc = auroc(&judged);
    scores.own = (own_right / known, own_right / f64::max(answered, 1.0));
    let all: Vec<_> = judged.iter().collect();
    scores.p95_coverage = coverage(&all, threshold(&all), known).0;
    let half =
        |odd: usize| judged.iter().enumerate().filter(move |(at, _)| at % 2 == odd).map(|(_, one)| one);
    let (even, odd): (Vec<_>, Vec<_>) = (half(0).collect(), half(1).collect());
    let of = |half: &[&(f32, bool, bool)]| half.iter().filter(|one| one.2).count().max(1) as f64;
    let a = coverage(&odd, threshold(&even), of(&odd));
    let b = coverage(&even, threshold(&odd), of(&even));
    scores.crossed = ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0);
    scores
}

/// The lowest confidence down to which 95 % are right, at least twenty of them.
fn threshold(judged: &[&(f32, bool, bool)]) -> f32 {
    let mut sorted = judged.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut right, mut found) = (0.0, f32::INFINITY);
    for (count, one) in (1..).zip(&sorted) {
        right += f64::from(u8::from(one.1));
        if count >= 20 && right / f64::from(count) >= 0.95 {
            found = one.0;
        }
    }
    found
}

/// Share of questions in scope that are answered right from `threshold` on, and the precision there.
fn coverage(judged: &[&(f32, bool, bool)], threshold: f32, known: f64) -> (f64, f64) {
    let answered: Vec<_> = judged.iter().filter(|one| one.0 >= threshold).collect();
    let right = answered.iter().filter(|one| one.1).count() as f64;
    (right / known, right / (answered.len() as f64).max(1.0))
}

fn auroc(judged: &[(f32, bool, bool)]) -> f64 {
    let mut sorted: Vec<_> = judged.iter().collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut ranks, mut inside) = (0.0, 0.0);
    let mut at = 0;
    while at < sorted.len() {
        let same = sorted[at..].iter().take_while(|one| one.0 == sorted[at].0).count();
        let mean = at as f64 + (same as f64 + 1.0) / 2.0;
        let known = sorted[at..at + same].iter().filter(|one| one.2).count() as f64;
        ranks += known * mean;
        inside += known;
        at += same;
    }
    let outside = sorted.len() as f64 - inside;
    if inside == 0.0 || outside == 0.0 {
        f64::NAN
    } else {
        (ranks - inside * (inside + 1.0) / 2.0) / (inside * outside)
    }
}

/// Of a set with labelled questions out of scope: the share of questions in scope put right, and of the others put
/// out, at the threshold that the labelled ones choose (half of them below it).
pub fn out_of_scope(set: &Set, predictions: &[Prediction], labelled: &[Prediction]) -> (f64, f64) {
    let mut sorted: Vec<f32> = labelled.iter().map(|one| one.confidence).collect();
    sorted.sort_by(f32::total_cmp);
    let threshold = sorted.get(sorted.len() * 6 / 10).copied().unwrap_or(0.0);
    let (mut right, mut known, mut out, mut missing) = (0.0, 0.0_f64, 0.0, 0.0_f64);
    for (question, prediction) in set.questions.iter().zip(predictions) {
        let is_in = prediction.confidence >= threshold;
        match question.right {
            Some(candidate) => {
                known += 1.0;
                right += f64::from(u8::from(is_in && prediction.ranked.first() == Some(&candidate)));
            }
            None => {
                missing += 1.0;
                out += f64::from(u8::from(!is_in));
            }
        }
    }
    (right / known.max(1.0), out / missing.max(1.0))
}
