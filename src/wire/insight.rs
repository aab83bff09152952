//! The addresses and bodies of the insight: questions, and what is made of them.

use crate::base::limits::{KNOWLEDGE_WORD_BYTES_MAX, QUESTION_BYTES_MAX, QUESTIONS_READ_MAX};
use crate::base::time::{DAY_MS, TimeMs};
use crate::insight::call::{Kind, On};
use crate::insight::label::Label;
use crate::insight::offer::Judgement;
use crate::insight::question::Question;
use crate::knowledge::mood::Aspect;
use crate::wechat::media::percent_decoded;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What an address below `/api/insight/` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InsightRoute {
    /// `questions`
    Questions,
    /// `clusters`
    Clusters,
    /// `clusters/{id}`
    Cluster(String),
    /// `clusters/{id}/draft`
    Draft(String),
    /// `clusters/{id}/figures`
    Figures(String),
    /// `offers`
    Offers,
    /// `offers/{id}`
    Offer(String),
    /// `judgements`
    Judgements,
    /// `experiments`
    Experiments,
    /// `experiments/{id}/arms/{arm}`
    ExperimentArm(String, String),
    /// `experiments/{id}/adoption`
    ExperimentAdoption(String),
    /// `moods`
    Moods,
    /// `moods/training`
    MoodTraining,
}

impl InsightRoute {
    /// Reads what stands after `/api/insight/`.
    pub fn parse(parts: &[&str]) -> Option<Self> {
        match parts {
            ["questions"] => Some(Self::Questions),
            ["clusters"] => Some(Self::Clusters),
            ["clusters", id] => Some(Self::Cluster((*id).to_owned())),
            ["clusters", id, "draft"] => Some(Self::Draft((*id).to_owned())),
            ["clusters", id, "figures"] => Some(Self::Figures((*id).to_owned())),
            ["offers"] => Some(Self::Offers),
            ["offers", id] => Some(Self::Offer((*id).to_owned())),
            ["judgements"] => Some(Self::Judgements),
            ["experiments"] => Some(Self::Experiments),
            ["experiments", id, "arms", arm] => {
                Some(Self::ExperimentArm(percent_decoded(id.as_bytes())?, percent_decoded(arm.as_bytes())?))
            }
            ["experiments", id, "adoption"] => {
                Some(Self::ExperimentAdoption(percent_decoded(id.as_bytes())?))
            }
            ["moods"] => Some(Self::Moods),
            ["moods", "training"] => Some(Self::MoodTraining),
            _ => None,
        }
    }
}

/// `POST /api/insight/experiments/{id}/arms/{arm}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopBody {
    /// Whether nobody is to hear it any more.
    pub stop: bool,
    /// Why.
    #[serde(default)]
    pub note: String,
}

/// `POST /api/insight/experiments/{id}/adoption`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdoptBody {
    /// The arm whose wording is to be the entry's.
    pub arm: String,
}

/// `POST …/mood` of a conversation: which message, and which aspects it has or has not.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoodBody {
    /// The customer's message.
    pub seq: u64,
    #[serde(default)]
    negative: Option<bool>,
    #[serde(default)]
    anger: Option<bool>,
    #[serde(default)]
    abuse: Option<bool>,
    #[serde(default)]
    urgency: Option<bool>,
}

impl MoodBody {
    /// What is said; empty where nothing is.
    pub fn labels(&self) -> BTreeMap<Aspect, bool> {
        let said = [
            (Aspect::Negative, self.negative),
            (Aspect::Anger, self.anger),
            (Aspect::Abuse, self.abuse),
            (Aspect::Urgency, self.urgency),
        ];
        said.into_iter().filter_map(|(aspect, label)| Some((aspect, label?))).collect()
    }
}

/// `POST /api/insight/offers/{id}`: what the offer was, and what is said to it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgeBody {
    judgement: Word,
    /// The entry that it belongs to instead.
    #[serde(default)]
    other: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    entry: Option<String>,
    #[serde(default)]
    question: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Yes,
    No,
    Other,
}

impl JudgeBody {
    /// What is said, and to what; `None` where the fields do not belong together.
    pub fn read(self) -> Option<(Judgement, On)> {
        let judgement = match (self.judgement, self.other) {
            (Word::Yes, None) => Judgement::Yes,
            (Word::No, None) => Judgement::No,
            (Word::Other, Some(other)) if is_word(&other) => Judgement::Other { other },
            _ => return None,
        };
        let on = match (self.text, self.entry, self.question) {
            (Some(text), Some(entry), None) if text.len() <= QUESTION_BYTES_MAX && is_word(&entry) => {
                On::Phrasing { text, entry }
            }
            (None, None, Some(question)) => On::Audit { question },
            _ => return None,
        };
        Some((judgement, on))
    }
}

fn is_word(id: &str) -> bool {
    (1..=KNOWLEDGE_WORD_BYTES_MAX).contains(&id.len())
}

/// A question as people see it: its asker is told apart from others, and is nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownQuestion {
    /// What can be named to find it again: the asker's digest and the message's number.
    pub id: String,
    /// Everything but who asked and where.
    #[serde(flatten)]
    question: Question,
    /// Whether its asker was left without what they asked for.
    pub unresolved: bool,
}

impl From<Question> for ShownQuestion {
    fn from(mut question: Question) -> Self {
        question.sealed = None;
        Self { id: question.id(), unresolved: question.is_unresolved(), question }
    }
}

/// A labelled message as people see it: its writer is told apart from others, and is nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownLabel {
    /// What can be named to find it again.
    pub id: String,
    /// Everything but where it was written.
    #[serde(flatten)]
    label: Label,
}

impl From<Label> for ShownLabel {
    fn from(label: Label) -> Self {
        Self { id: format!("{}-{}", label.asker, label.seq), label }
    }
}

/// The kind of questions that a query names.
pub fn kind(name: Option<&str>) -> Option<Kind> {
    match name {
        None | Some("unresolved") => Some(Kind::Unresolved),
        Some("sampled") => Some(Kind::Sampled),
        Some("all") => Some(Kind::All),
        Some(_) => None,
    }
}

/// The beginning of a period of so many days that ends now.
pub fn since(days: u64, now: TimeMs) -> TimeMs {
    now + -i64::try_from(days).unwrap_or(i64::MAX).min(DAYS_MAX).saturating_mul(DAY_MS)
}

/// Longer than anything is kept.
const DAYS_MAX: i64 = 3_650;

/// How many questions a query may ask for.
pub fn limit(wanted: Option<u64>, otherwise: u32) -> u32 {
    wanted.map_or(otherwise, |wanted| u32::try_from(wanted).unwrap_or(u32::MAX)).clamp(1, QUESTIONS_READ_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mood_is_said_aspect_by_aspect() {
        let read =
            |json: &str| serde_json::from_str::<MoodBody>(json).map(|body| (body.seq, body.labels())).ok();
        let said = BTreeMap::from([(Aspect::Anger, false), (Aspect::Urgency, true)]);
        assert_eq!(read(r#"{"seq":3,"anger":false,"urgency":true}"#), Some((3, said)));
        assert_eq!(read(r#"{"seq":3}"#), Some((3, BTreeMap::new())));
        assert_eq!(read(r#"{"seq":3,"joy":true}"#), None);
        assert_eq!(read(r#"{"anger":true}"#), None);
    }

    #[test]
    fn a_judgement_says_what_it_is_about_and_nothing_else() {
        let read = |json: &str| serde_json::from_str::<JudgeBody>(json).ok().and_then(JudgeBody::read);
        let phrasing = || On::Phrasing { text: "q".into(), entry: "e1".into() };
        assert_eq!(
            read(r#"{"judgement":"yes","text":"q","entry":"e1"}"#),
            Some((Judgement::Yes, phrasing()))
        );
        let other = Judgement::Other { other: "e2".into() };
        assert_eq!(
            read(r#"{"judgement":"other","other":"e2","text":"q","entry":"e1"}"#),
            Some((other, phrasing()))
        );
        assert_eq!(
            read(r#"{"judgement":"no","question":"ab-1"}"#),
            Some((Judgement::No, On::Audit { question: "ab-1".into() }))
        );
        for bad in [
            r#"{"judgement":"other","text":"q","entry":"e1"}"#,
            r#"{"judgement":"yes","other":"e2","text":"q","entry":"e1"}"#,
            r#"{"judgement":"yes","text":"q"}"#,
            r#"{"judgement":"yes","text":"q","entry":"e1","question":"a-1"}"#,
            r#"{"judgement":"perhaps","question":"a-1"}"#,
            r#"{"judgement":"yes"}"#,
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
