//! What became of a question: the words in which a conversation tells the insight what it decided and heard.
//!
//! A signal is self-contained and says nothing of who asked. Given twice, or in another order, it means the same.

use super::experiment::Tried;
use super::proposal::{Decision, Evidence, Proposal, Score, Source};
use crate::base::limits::QUESTION_BYTES_MAX;
use crate::base::message::InboundContent;
use crate::base::text::prefix_within;
use crate::base::time::TimeMs;
use serde::{Deserialize, Serialize};

/// A question as it was asked, and what the published knowledge made of it. The same in every signal about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Its message's number in the conversation.
    pub seq: u64,
    /// When it was decided about.
    pub at_ms: TimeMs,
    /// The customer's words, at most [`QUESTION_BYTES_MAX`] bytes.
    pub text: String,
    /// What was made of it.
    pub verdict: Verdict,
    /// The answers that were given or offered, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub near: Vec<Near>,
    /// The published version that decided.
    pub version: u64,
    /// Which wording of the answer it was, where several are tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried: Option<Tried>,
}

/// What the published knowledge made of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was answered.
    Answered,
    /// Choices were offered.
    Clarified,
    /// Nothing fitted.
    Unanswered,
    /// People were asked for in the same words.
    ToPeople,
}

/// An answer that was given or offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Near {
    /// What kind of knowledge it is.
    pub source: Source,
    /// Its id there.
    pub entry: String,
    /// How near it was.
    pub score: Score,
}

/// What happened to a question.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "sign", rename_all = "snake_case")]
pub enum Sign {
    /// The published knowledge had no certain answer.
    Missed,
    /// The customer took one of the choices.
    Chosen {
        /// Which entry.
        entry: String,
    },
    /// The customer went on without taking any.
    ChoseNone,
    /// People were asked for.
    HandedOff,
    /// The customer said that it helped.
    ThumbsUp,
    /// The customer said that it did not.
    ThumbsDown,
    /// The customer asked nearly the same again, within minutes of its answer.
    AskedAgain {
        /// Which message.
        seq: u64,
    },
    /// The slower tier answered it.
    AnsweredLate,
    /// It was answered in a wording that is tried.
    Exposed,
    /// It is in the random sample of all questions, answered or not.
    Sampled,
    /// The customer took the message back: its words are to be forgotten.
    TakenBack,
}

/// One thing that happened to one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// To which.
    pub asked: Asked,
    /// What.
    #[serde(flatten)]
    pub sign: Sign,
    /// When.
    pub told_ms: TimeMs,
}

impl Asked {
    /// The question in an inbound's words or behind its tap; `None` where there is none.
    pub fn of(content: &InboundContent, proposal: &Proposal, seq: u64, at: TimeMs) -> Option<Self> {
        let (verdict, near) = match &proposal.decision {
            Decision::Answer { evidence, .. } => (Verdict::Answered, vec![Near::of(evidence)]),
            Decision::Suggest { candidates, .. } => {
                (Verdict::Clarified, candidates.iter().map(Near::of).collect())
            }
            Decision::Unsure { .. } => (Verdict::Unanswered, Vec::new()),
            Decision::Handoff { .. } => (Verdict::ToPeople, Vec::new()),
            // What is asked back is judged when it has been told.
            Decision::Which { .. }
            | Decision::Greeting { .. }
            | Decision::NotText { .. }
            | Decision::Ignore => return None,
        };
        let text = match (content, &proposal.title) {
            (InboundContent::Text { text, menu_id: None }, _)
            | (InboundContent::Voice { recognition: Some(text), .. }, _)
            | (_, Some(text))
            | (InboundContent::Text { text, .. }, _) => text.trim(),
            _ => return None,
        };
        let text = prefix_within(text, QUESTION_BYTES_MAX).to_owned();
        let tried = match &proposal.decision {
            Decision::Answer { evidence, .. } => evidence.tried.as_deref().cloned(),
            _ => None,
        };
        let version = proposal.version;
        (!text.is_empty()).then_some(Self { seq, at_ms: at, text, verdict, near, version, tried })
    }

    /// What is left of one whose message the customer took back: its place.
    pub fn taken_back(seq: u64, at: TimeMs) -> Self {
        Self {
            seq,
            at_ms: at,
            text: String::new(),
            verdict: Verdict::Unanswered,
            near: Vec::new(),
            version: 0,
            tried: None,
        }
    }

    /// That this happened to it.
    pub fn signal(&self, sign: Sign, now: TimeMs) -> Signal {
        Signal { asked: self.clone(), sign, told_ms: now }
    }
}

impl Near {
    fn of(evidence: &Evidence) -> Self {
        Self { source: evidence.source, entry: evidence.entry.clone(), score: evidence.score }
    }
}
