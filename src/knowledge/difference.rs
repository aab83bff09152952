//! The difference report: which questions a candidate answers otherwise than what is published, and how.

use super::answer::Answerer;
use super::circumstances::Circumstances;
use super::proposal::{Decision, Evidence, Score, Source};
use crate::base::id::ChannelId;
use crate::base::limits::DIFFERENCE_TEXT_BYTES_MAX;
use crate::base::message::InboundContent;
use crate::base::text::prefix_within;
use crate::base::time::TimeMs;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is compared with what is published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Candidate {
    /// The draft as it is.
    #[default]
    Draft,
    /// What this review would publish.
    Review(u64),
    /// This version.
    Version(u64),
}

/// How the decision about a question changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It was not answered, and will be.
    Gained,
    /// It was answered, and will not be.
    Lost,
    /// It will be answered by something else.
    OtherEntry,
    /// It will be answered by the same entry in other words.
    Reworded,
    /// It will be met with other suggestions.
    OtherChoices,
    /// Anything else: a person, a greeting, the bot's own words.
    OtherReply,
}

/// One decision, as much of it as tells it from another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// The decision's kind, as in a proposal.
    pub kind: String,
    /// Where the answer or the best suggestion comes from.
    pub source: Option<Source>,
    /// Its id there.
    pub entry: Option<String>,
    /// Its standard question.
    pub question: Option<String>,
    /// How near it is.
    pub score: Option<Score>,
    /// How near it must be.
    pub threshold: Option<Score>,
    /// The other suggestions' ids.
    pub others: Vec<String>,
    /// The beginning of what the customer reads; empty when nobody says anything.
    pub text: String,
}

/// A question whose decision changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// As it was asked.
    pub asked: String,
    /// How.
    pub change: Change,
    /// What is published says this.
    pub before: Side,
    /// The candidate says this.
    pub after: Side,
}

/// All of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Questions that were compared.
    pub asked: usize,
    /// Of them, those whose decision stays.
    pub same: usize,
    /// The others, by kind of change.
    pub counts: BTreeMap<Change, usize>,
    /// The others, as they were asked.
    pub differences: Vec<Difference>,
}

/// Compares what two answerers say at one moment. The caller bounds the questions.
pub fn compare(base: &Answerer, candidate: &Answerer, questions: &[String], now: TimeMs) -> Report {
    let mut report =
        Report { asked: questions.len(), same: 0, counts: BTreeMap::new(), differences: Vec::new() };
    for asked in questions {
        match difference(base, candidate, asked, now) {
            Some(difference) => {
                let count = report.counts.entry(difference.change).or_default();
                *count = count.saturating_add(1);
                report.differences.push(difference);
            }
            None => report.same = report.same.saturating_add(1),
        }
    }
    report
}

/// How the decision about one question changes, if it does.
pub fn difference(base: &Answerer, candidate: &Answerer, asked: &str, now: TimeMs) -> Option<Difference> {
    between(asked, decision(base, asked, now), decision(candidate, asked, now))
}

/// How one decision about a question differs from another, if it does.
pub fn between(asked: &str, before: Decision, after: Decision) -> Option<Difference> {
    let change = change(&before, &after)?;
    Some(Difference { asked: asked.to_owned(), change, before: side(before), after: side(after) })
}

fn decision(answerer: &Answerer, asked: &str, now: TimeMs) -> Decision {
    // No channel's own hours or welcomes: a question in words is the same everywhere.
    let channel = ChannelId(String::new());
    let content = InboundContent::Text { text: asked.to_owned(), menu_id: None };
    answerer.propose(&content, &Circumstances { channel: &channel, hours: None }, now).decision
}

fn change(before: &Decision, after: &Decision) -> Option<Change> {
    let ids = |candidates: &[Evidence]| -> Vec<(Source, String)> {
        candidates.iter().map(|one| (one.source, one.entry.clone())).collect()
    };
    match (before, after) {
        (Decision::Answer { text, evidence }, Decision::Answer { text: new_text, evidence: new }) => {
            if (evidence.source, &evidence.entry) != (new.source, &new.entry) {
                Some(Change::OtherEntry)
            } else {
                (text != new_text).then_some(Change::Reworded)
            }
        }
        (Decision::Answer { .. }, _) => Some(Change::Lost),
        (_, Decision::Answer { .. }) => Some(Change::Gained),
        (Decision::Suggest { candidates, .. }, Decision::Suggest { candidates: new, .. }) => {
            (ids(candidates) != ids(new)).then_some(Change::OtherChoices)
        }
        _ => (before != after).then_some(Change::OtherReply),
    }
}

fn side(decision: Decision) -> Side {
    let (kind, text, evidence) = match decision {
        Decision::Answer { text, evidence } => ("answer", text, vec![evidence]),
        Decision::Suggest { text, candidates } => ("suggest", text, candidates),
        Decision::Which { text, candidates } => ("which", text, candidates),
        Decision::Greeting { text } => ("greeting", text, Vec::new()),
        Decision::Handoff { .. } => ("handoff", String::new(), Vec::new()),
        Decision::Unsure { text } => ("unsure", text, Vec::new()),
        Decision::NotText { text } => ("not_text", text, Vec::new()),
        Decision::Ignore => ("ignore", String::new(), Vec::new()),
    };
    let others = evidence.iter().skip(1).map(|one| one.entry.clone()).collect();
    let best = evidence.into_iter().next();
    let best = best.as_ref();
    Side {
        kind: kind.to_owned(),
        source: best.map(|one| one.source),
        entry: best.map(|one| one.entry.clone()),
        question: best.map(|one| one.question.clone()),
        score: best.map(|one| one.score),
        threshold: best.map(|one| one.threshold),
        others,
        text: prefix_within(&text, DIFFERENCE_TEXT_BYTES_MAX).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::document::{Document, Entry, parse};
    use serde_json::json;

    fn seed() -> Document {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/kv-seed/knowledge.json");
        parse(&std::fs::read(path).unwrap()).unwrap()
    }

    fn entry(id: &str, question: &str, answer: &str) -> Entry {
        serde_json::from_value(json!({ "id": id, "question": question, "answer": answer })).unwrap()
    }

    fn with(entries: Vec<Entry>) -> Answerer {
        Answerer::new(Document { entries, graph: Vec::new(), welcomes: Vec::new(), ..seed() }, 1)
    }

    #[test]
    fn every_question_whose_answer_changes_is_listed_with_how() {
        let base = with(vec![
            entry("moon", "月球上的房子卖吗", "不卖。"),
            entry("mars", "火星上的土地卖吗", "不卖。"),
            entry("ship", "飞船票多少钱", "一万。"),
            entry("same", "望远镜怎么调焦", "转旋钮。"),
        ]);
        let candidate = with(vec![
            entry("moon", "月球上的房子卖吗", "卖。"),
            entry("mars2", "火星上的土地卖吗", "不卖，可租。"),
            entry("tower", "天文台几点开门", "十点。"),
            entry("same", "望远镜怎么调焦", "转旋钮。"),
        ]);
        let questions = [
            "月球上的房子卖吗",
            "火星上的土地卖吗",
            "飞船票多少钱",
            "天文台几点开门",
            "望远镜怎么调焦",
            "转人工",
        ];
        let report = compare(&base, &candidate, &questions.map(str::to_owned), TimeMs(0));
        let told: Vec<_> = report.differences.iter().map(|one| (one.asked.as_str(), one.change)).collect();
        assert_eq!(
            told,
            [
                ("月球上的房子卖吗", Change::Reworded),
                ("火星上的土地卖吗", Change::OtherEntry),
                ("飞船票多少钱", Change::Lost),
                ("天文台几点开门", Change::Gained),
            ]
        );
        assert_eq!((report.asked, report.same, report.counts[&Change::Gained]), (6, 2, 1));
        let reworded = &report.differences[0];
        assert_eq!((reworded.before.text.as_str(), reworded.after.text.as_str()), ("不卖。", "卖。"));
        assert_eq!((reworded.after.kind.as_str(), reworded.after.entry.as_deref()), ("answer", Some("moon")));
        assert_eq!(reworded.after.score, Some(Score::ONE));
    }

    #[test]
    fn an_answerer_does_not_differ_from_itself() {
        let (base, candidate) = (Answerer::new(seed(), 1), Answerer::new(seed(), 2));
        let questions: Vec<String> = seed().entries.into_iter().flat_map(|one| one.variants).collect();
        let report = compare(&base, &candidate, &questions, TimeMs(0));
        assert!(questions.len() > 50);
        assert_eq!((report.same, report.differences.len()), (questions.len(), 0));
    }

    #[test]
    fn other_suggestions_and_other_words_are_told_apart() {
        let base =
            with(vec![entry("a", "破壁机刀头怎么清洗保养", "甲"), entry("b", "破壁机刀头怎么更换", "乙")]);
        let candidate =
            with(vec![entry("b", "破壁机刀头怎么更换", "乙"), entry("c", "破壁机刀头多少钱", "丙")]);
        let change = |asked: &str| difference(&base, &candidate, asked, TimeMs(0)).map(|one| one.change);
        assert_eq!(change("破壁机刀头"), Some(Change::OtherChoices));
        let mut words = seed();
        words.texts.unsure = "不懂。".into();
        let (base, candidate) = (Answerer::new(seed(), 1), Answerer::new(words, 2));
        let unsure = difference(&base, &candidate, "qwertz uiop", TimeMs(0)).unwrap();
        assert_eq!((unsure.change, unsure.after.text.as_str()), (Change::OtherReply, "不懂。"));
    }
}
