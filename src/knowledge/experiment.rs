//! Experiments: an entry's answer in several wordings, each customer always hearing the same one.

use super::proposal::{Decision, Score, Source};
use crate::base::digest::{hex, sha256};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The arm of the entry's own answer.
pub const CONTROL: &str = "control";
/// The key of the arms that were stopped.
pub const STOPPED_KEY: &str = "knowledge:stopped";

/// One entry's answer in other wordings, to see which serves customers best.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Its id, unique among experiments.
    pub id: String,
    /// The entry whose answer is tried; no other experiment has it.
    pub entry: String,
    /// The other wordings. The entry's own is the arm [`CONTROL`], and has what is left of the customers.
    pub arms: Vec<Arm>,
}

/// Another wording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arm {
    /// Its id, unique in the experiment.
    pub id: String,
    /// The reply, at most one text message long.
    pub answer: String,
    /// Of all customers, the share that hears it.
    pub share: Score,
}

/// Which arm of which experiment an answer is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tried {
    /// The experiment with its wordings: another wording is another key.
    pub experiment: String,
    /// The arm.
    pub arm: String,
}

/// Arms that were stopped, by experiment key: nobody hears them any more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped(pub BTreeMap<String, BTreeSet<String>>);

impl Stopped {
    fn has(&self, experiment: &str, arm: &str) -> bool {
        self.0.get(experiment).is_some_and(|arms| arms.contains(arm))
    }
}

/// Who asks, and what is not tried any more.
#[derive(Clone, Copy, Debug)]
pub struct Trial<'a> {
    /// The conversation's key.
    pub customer: &'a str,
    /// Arms that were stopped.
    pub stopped: &'a Stopped,
}

/// A document's experiments, made ready.
#[derive(Debug, Default)]
pub(super) struct Experiments {
    /// By entry: the experiment's key, and the experiment.
    by_entry: BTreeMap<String, (String, Experiment)>,
}

impl Experiments {
    /// `answer`: what an entry answers.
    pub(super) fn new<'a>(experiments: Vec<Experiment>, answer: impl Fn(&str) -> Option<&'a str>) -> Self {
        let keyed = experiments.into_iter().filter_map(|experiment| {
            let key = key(&experiment, answer(&experiment.entry)?);
            Some((experiment.entry.clone(), (key, experiment)))
        });
        Self { by_entry: keyed.collect() }
    }

    /// All of them, each with its key.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Experiment)> {
        self.by_entry.values().map(|(key, experiment)| (key.as_str(), experiment))
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.by_entry.is_empty()
    }

    /// The decision in the wording that is this customer's, where it is an answer that is tried.
    pub(super) fn tried(&self, mut decision: Decision, trial: Option<Trial<'_>>) -> Decision {
        if let (Decision::Answer { text, evidence }, Some(Trial { customer, stopped })) =
            (&mut decision, trial)
            && evidence.source == Source::Entry
            && let Some((key, experiment)) = self.by_entry.get(&evidence.entry)
        {
            let arm = drawn(experiment, customer).filter(|arm| !stopped.has(key, &arm.id));
            if let Some(arm) = arm {
                text.clone_from(&arm.answer);
            }
            let arm = arm.map_or(CONTROL, |arm| arm.id.as_str()).to_owned();
            evidence.tried = Some(Box::new(Tried { experiment: key.clone(), arm }));
        }
        decision
    }
}

/// What an experiment is counted under: its id, and a digest of all its wordings.
pub fn key(experiment: &Experiment, control: &str) -> String {
    // Lengths, so that no two lists of texts are the same bytes.
    let mut bytes = Vec::new();
    let arms = experiment.arms.iter().flat_map(|arm| [arm.id.as_str(), arm.answer.as_str()]);
    for text in [experiment.entry.as_str(), control].into_iter().chain(arms) {
        bytes.extend((text.len() as u64).to_be_bytes());
        bytes.extend(text.as_bytes());
    }
    let digest = hex(&sha256(&[b"shunda/experiment-key/", &bytes]));
    format!("{}@{}", experiment.id, digest.get(..8).unwrap_or_default())
}

/// The arm that a customer hears for good; none: the entry's own answer.
fn drawn<'e>(experiment: &'e Experiment, customer: &str) -> Option<&'e Arm> {
    let digest = sha256(&[b"shunda/experiment/", experiment.id.as_bytes(), b"/", customer.as_bytes()]);
    let drawn = digest.first_chunk().map_or(0, |head| u32::from_be_bytes(*head)) % 1_000;
    let mut until = 0;
    experiment.arms.iter().find(|arm| {
        until += u32::from(arm.share.thousandths());
        drawn < until
    })
}

#[cfg(test)]
mod tests {
    use super::super::proposal::Evidence;
    use super::*;

    fn arm(id: &str, share: f32) -> Arm {
        Arm { id: id.into(), answer: format!("说法 {id}"), share: Score::from_share(share) }
    }

    fn experiment() -> Experiment {
        Experiment { id: "warm".into(), entry: "e1".into(), arms: vec![arm("a", 0.25), arm("b", 0.25)] }
    }

    fn answered(entry: &str) -> Decision {
        let evidence = Evidence {
            source: Source::Entry,
            entry: entry.into(),
            question: "问".into(),
            matched: "问".into(),
            score: Score::ONE,
            threshold: Score::ONE,
            tier: None,
            version: 1,
            remote: None,
            tried: None,
        };
        Decision::Answer { text: "原话".into(), evidence }
    }

    fn heard(customer: &str, entry: &str, stopped: &Stopped) -> (String, Option<Tried>) {
        let experiments = Experiments::new(vec![experiment()], |id| (id == "e1").then_some("原话"));
        match experiments.tried(answered(entry), Some(Trial { customer, stopped })) {
            Decision::Answer { text, evidence } => (text, evidence.tried.map(|tried| *tried)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_customer_hears_one_arm_for_good_and_shares_are_kept() {
        let none = Stopped::default();
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for number in 0..4_000 {
            let customer = format!("main/o{number}");
            let (text, tried) = heard(&customer, "e1", &none);
            assert_eq!(heard(&customer, "e1", &none), (text.clone(), tried.clone()));
            let arm = tried.unwrap().arm;
            assert_eq!(text, if arm == CONTROL { "原话".into() } else { format!("说法 {arm}") });
            *counts.entry(arm).or_default() += 1;
        }
        assert!((900..1_100).contains(&counts["a"]) && (900..1_100).contains(&counts["b"]), "{counts:?}");
        // By hand: `printf %s shunda/experiment/warm/main/o1 | sha256sum`, eight digits modulo 1,000, and so on.
        let arms = [1, 3, 5, 9].map(|number| heard(&format!("main/o{number}"), "e1", &none).1.unwrap().arm);
        assert_eq!(arms, VECTORS);
        assert_eq!(heard("main/o1", "e2", &none), ("原话".into(), None), "another entry");
    }

    const VECTORS: [&str; 4] = [CONTROL, "b", "b", "a"];

    #[test]
    fn a_stopped_arm_is_heard_by_nobody_and_the_others_stay() {
        let key = key(&experiment(), "原话");
        let stopped = Stopped([(key, ["a".to_owned()].into())].into());
        let none = Stopped::default();
        for number in 0..500 {
            let customer = format!("main/o{number}");
            let (before, after) =
                (heard(&customer, "e1", &none).1.unwrap(), heard(&customer, "e1", &stopped));
            let expected = if before.arm == "a" { CONTROL } else { &before.arm };
            assert_eq!(after.1.unwrap().arm, expected);
            assert_eq!(after.0 == "原话", expected == CONTROL);
        }
    }

    #[test]
    fn another_wording_is_another_key() {
        let of = |change: &dyn Fn(&mut Experiment)| {
            let mut other = experiment();
            change(&mut other);
            key(&other, "原话")
        };
        let own = key(&experiment(), "原话");
        assert_eq!(
            of(&|other| other.arms[0].share = Score::from_share(0.1)),
            own,
            "more customers are no other words"
        );
        assert_ne!(of(&|other| other.arms[0].answer.push('。')), own);
        assert_ne!(of(&|other| drop(other.arms.pop())), own);
        assert_ne!(key(&experiment(), "原话。"), own);
    }
}
