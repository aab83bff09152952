//! The figures of an experiment: what customers of each arm did, how sure a difference is, which arm harms.
//!
//! The unit is the customer, by the first answer of the experiment that they heard, so that cases do not hang together.
//! A customer counts once what they could do about it is over; counted before, those who complain would come first.

use super::evidence::{Counted, interval, log_evidence};
use crate::base::time::TimeMs;
use crate::knowledge::experiment::CONTROL;
use serde::{Deserialize, Serialize};

/// How often a comparison may be wrong, over all of an experiment's and all looks at them.
pub const LEVEL: f64 = 0.05;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The goal: neither handed off, nor blamed, nor asked again.
    Resolved,
    /// People were asked for.
    HandedOff,
    /// The answer was blamed.
    ThumbsDown,
    /// Of those who praised or blamed it, those who praised.
    Rating,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Resolved, Self::HandedOff, Self::ThumbsDown, Self::Rating];

    const fn is_good(self) -> bool {
        matches!(self, Self::Resolved | Self::Rating)
    }
}

/// The customers of one arm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArmCounts {
    /// The experiment's key.
    pub experiment: String,
    /// The arm.
    pub arm: String,
    /// When the first of them heard it.
    pub since_ms: TimeMs,
    /// Those who count.
    pub customers: u32,
    /// Those who heard it a moment ago.
    pub waiting: u32,
    /// Of those who count: neither handed off, nor blamed, nor asked again.
    pub resolved: u32,
    /// Of those who count.
    pub handed_off: u32,
    /// Of those who count.
    pub thumbs_down: u32,
    /// Of those who count, those who praised or blamed.
    pub rated: u32,
    /// Of these, those who praised and did not blame.
    pub thumbs_up: u32,
}

impl ArmCounts {
    fn of(&self, metric: Metric) -> Counted {
        let (count, of) = match metric {
            Metric::Resolved => (self.resolved, self.customers),
            Metric::HandedOff => (self.handed_off, self.customers),
            Metric::ThumbsDown => (self.thumbs_down, self.customers),
            Metric::Rating => (self.thumbs_up, self.rated),
        };
        Counted { count, of }
    }
}

/// A share, and between which values the true one lies, at every look.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// What.
    pub metric: Metric,
    /// How many.
    pub count: u32,
    /// Of how many.
    pub of: u32,
    /// The share; none of none has none.
    pub share: Option<f64>,
    /// Not less than this.
    pub low: f64,
    /// Not more than this.
    pub high: f64,
}

/// What a comparison says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing yet.
    Open,
    /// The arm is better than the entry's own answer.
    Better,
    /// It is worse.
    Worse,
}

/// An arm beside the entry's own answer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Against {
    /// In what.
    pub metric: Metric,
    /// The arm's share less the other's; none while one of them has no case.
    pub difference: Option<f64>,
    /// The true difference is not less than this.
    pub low: f64,
    /// It is not more than this.
    pub high: f64,
    /// The evidence that there is a difference: 1 is none.
    pub evidence: f64,
    /// How much is needed to say so.
    pub needed: f64,
    /// What it says.
    pub verdict: Verdict,
}

/// What an arm's customers did, with intervals that each hold at every look.
pub fn measured(arm: &ArmCounts) -> Vec<Measured> {
    let of = |metric| {
        let counted = arm.of(metric);
        let (low, high) = interval(counted, LEVEL);
        Measured { metric, count: counted.count, of: counted.of, share: counted.share(), low, high }
    };
    Metric::ALL.map(of).to_vec()
}

/// Compares an arm with the entry's own answer, in everything; `arms`: how many are compared so. All verdicts of an
/// experiment together, at every look, are wrong with probability [`LEVEL`] at most.
pub fn against(arm: &ArmCounts, control: &ArmCounts, arms: usize) -> Vec<Against> {
    let level = LEVEL / (Metric::ALL.len() * arms.max(1)) as f64;
    let compare = |metric: Metric| {
        let (own, other) = (arm.of(metric), control.of(metric));
        let log = log_evidence(own, other);
        let difference = own.share().zip(other.share()).map(|(own, other)| own - other);
        let (own_low, own_high) = interval(own, level / 2.0);
        let (other_low, other_high) = interval(other, level / 2.0);
        let verdict = match difference {
            Some(difference) if log >= -level.ln() => {
                if (difference > 0.0) == metric.is_good() {
                    Verdict::Better
                } else {
                    Verdict::Worse
                }
            }
            _ => Verdict::Open,
        };
        // Beyond this, larger says nothing more, and JSON has no infinity.
        let evidence = log.min(EVIDENCE_LOG_MAX).exp();
        let (low, high) = (own_low - other_high, own_high - other_low);
        Against { metric, difference, low, high, evidence, needed: 1.0 / level, verdict }
    };
    Metric::ALL.map(compare).to_vec()
}

/// e^50 is beyond any doubt.
const EVIDENCE_LOG_MAX: f64 = 50.0;

/// Arms that serve customers worse than the entry's own answer does, each with what says so first.
pub fn harmful(counts: &[ArmCounts]) -> Vec<(&ArmCounts, Against)> {
    let harm = |arm: &ArmCounts| {
        let own = |other: &&ArmCounts| other.experiment == arm.experiment;
        let control = counts.iter().filter(own).find(|other| other.arm == CONTROL)?;
        let arms = counts.iter().filter(own).count() - 1;
        against(arm, control, arms).into_iter().find(|one| one.verdict == Verdict::Worse)
    };
    let arms = counts.iter().filter(|arm| arm.arm != CONTROL);
    arms.filter_map(|arm| Some((arm, harm(arm)?))).collect()
}

/// Why nobody hears an arm any more, or why it is heard again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stop {
    /// Whether it is stopped.
    pub stopped: bool,
    /// Since when.
    pub at_ms: TimeMs,
    /// `guardrail`, `operator`, or a member of staff.
    pub by: String,
    /// What staff said to it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// What it rests on, when it stopped by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Against>,
}

/// Who stops an arm that harms.
pub const GUARDRAIL: &str = "guardrail";

#[cfg(test)]
mod tests {
    use super::*;

    fn arm(name: &str, customers: u32, handed_off: u32) -> ArmCounts {
        let resolved = customers - handed_off;
        let (experiment, arm) = ("e@1".to_owned(), name.to_owned());
        ArmCounts { experiment, arm, customers, resolved, handed_off, ..ArmCounts::default() }
    }

    #[test]
    fn only_an_arm_that_serves_worse_is_harmful() {
        let counts =
            [arm(CONTROL, 400, 40), arm("worse", 400, 110), arm("better", 400, 2), arm("alike", 400, 45)];
        let found = harmful(&counts);
        let named: Vec<_> = found.iter().map(|(arm, why)| (arm.arm.as_str(), why.metric)).collect();
        assert_eq!(named, [("worse", Metric::Resolved)]);
        let better = against(&counts[2], &counts[0], 3);
        let verdicts: Vec<_> = better.iter().map(|one| one.verdict).collect();
        assert_eq!(verdicts, [Verdict::Better, Verdict::Better, Verdict::Open, Verdict::Open]);
        assert!(better[0].low > 0.0 && better[1].high < 0.0, "the intervals say the same: {better:?}");
        assert_eq!(better[3].difference, None, "nobody rated");
        let json = serde_json::to_string(&against(&arm("a", 100_000, 0), &arm(CONTROL, 100_000, 100_000), 1));
        assert!(json.is_ok_and(|json| !json.contains("null,\"needed")));
    }

    #[test]
    fn without_the_entrys_own_answer_nothing_is_compared() {
        assert!(harmful(&[arm("worse", 400, 400)]).is_empty());
        let counts =
            [arm(CONTROL, 400, 40), ArmCounts { experiment: "other@1".into(), ..arm("worse", 400, 390) }];
        assert!(harmful(&counts).is_empty());
    }
}
