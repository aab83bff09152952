//! Moods: how well the lexicon puts messages that have an aspect before those that have not, on sets that are not ours
//! to ship; and beside it, what a head learned on the set's other half would do. Measured, never shipped.

use crate::Arguments;
use crate::data::labelled;
use shunda::knowledge::mood::head::{Heads, Sample, auroc};
use shunda::knowledge::mood::{Aspect, read, scores};
use std::collections::BTreeMap;

/// Texts that a head is learned from: more than a company labels in months, and some seconds of work.
const LEARNED_FROM: usize = 4_000;

/// A set: what it is called here, what is asked of it, where it is, which labels mean yes, where training texts are.
type MoodSet = (&'static str, Aspect, &'static str, &'static [&'static str], Option<&'static str>);

const SETS: [MoodSet; 8] = [
    ("shopping", Aspect::Negative, "sentiment/online_shopping_10_cats", &["0"], None),
    ("takeaway", Aspect::Negative, "sentiment/waimai_10k", &["0"], None),
    ("hotel", Aspect::Negative, "sentiment/chnsenticorp_htl", &["0"], None),
    (
        "e-commerce",
        Aspect::Negative,
        "sentiment/eprstmt_dev_few_all",
        &["0", "negative", "Negative"],
        Some("sentiment/eprstmt_train_few_all"),
    ),
    (
        "ewect usual",
        Aspect::Anger,
        "sentiment/ewect_usual_eval_labeled",
        &["angry"],
        Some("sentiment/ewect_virus_train"),
    ),
    (
        "ewect virus",
        Aspect::Anger,
        "sentiment/ewect_virus_eval_labeled",
        &["angry"],
        Some("sentiment/ewect_virus_train"),
    ),
    (
        "ewect usual",
        Aspect::Negative,
        "sentiment/ewect_usual_eval_labeled",
        &["angry", "sad", "fear"],
        Some("sentiment/ewect_virus_train"),
    ),
    ("cold dev", Aspect::Abuse, "abuse/cold_dev", &["1"], Some("abuse/cold_train")),
];

/// Prints a line a set that is there.
pub fn print(arguments: &Arguments) -> Result<(), String> {
    println!(
        "| moods | aspect | texts, with it | lexicon AUROC | shown: precision / recall | head learned on it: AUROC |"
    );
    println!("|---|---|--:|--:|--:|--:|");
    for (name, aspect, file, yes, train) in SETS {
        let path = |file: &str| arguments.data.join(format!("{file}.jsonl.gz"));
        if !path(file).exists() {
            continue;
        }
        let is = |(text, label): (String, String)| (text, yes.contains(&label.as_str()));
        let asked: Vec<(String, bool)> = labelled(&path(file))?.into_iter().map(is).collect();
        let (judged, learned_from) = match train {
            Some(train) => (asked, labelled(&path(train))?.into_iter().map(is).collect()),
            // Every other one is set aside to be learned from.
            None => {
                let (even, odd): (Vec<_>, Vec<_>) =
                    asked.into_iter().enumerate().partition(|(place, _)| place % 2 == 0);
                let texts =
                    |half: Vec<(usize, (String, bool))>| half.into_iter().map(|(_, row)| row).collect();
                (texts(even), texts(odd))
            }
        };
        line(name, aspect, &judged, learned_from);
    }
    Ok(())
}

fn line(name: &str, aspect: Aspect, judged: &[(String, bool)], learned_from: Vec<(String, bool)>) {
    let scored = |heads: Option<&Heads>| {
        let odds = |(text, label): &(String, bool)| (scores(text, heads).log_odds(aspect), *label);
        auroc(&judged.iter().map(odds).collect::<Vec<_>>()).unwrap_or_default()
    };
    let step = learned_from.len().div_ceil(LEARNED_FROM).max(1);
    let samples: Vec<Sample> = learned_from
        .into_iter()
        .step_by(step)
        .enumerate()
        .map(|(place, (text, label))| Sample {
            group: place as u64,
            text,
            labels: BTreeMap::from([(aspect, label)]),
        })
        .collect();
    let heads = Heads::train(&samples);
    let learned = if heads.figures.get(&aspect).is_some_and(|figures| figures.used) {
        format!("{:.3} (of {})", scored(Some(&heads)), samples.len())
    } else {
        "none".to_owned()
    };
    let shown: Vec<bool> = judged
        .iter()
        .filter(|(text, _)| read(text, None).is_some_and(|mood| mood.shows(aspect)))
        .map(|(_, label)| *label)
        .collect();
    let with = judged.iter().filter(|(_, label)| *label).count();
    let right = shown.iter().filter(|label| **label).count();
    let share = |of: usize| right as f64 / of.max(1) as f64;
    println!(
        "| {name} | {aspect:?} | {}, {with} | {:.3} | {:.2} / {:.2} | {learned} |",
        judged.len(),
        scored(None),
        share(shown.len()),
        share(with),
    );
}
