//! The addresses and bodies of the insight: questions, and what is made of them.

use crate::base::limits::QUESTIONS_READ_MAX;
use crate::base::time::{DAY_MS, TimeMs};
use crate::insight::call::Kind;
use crate::insight::question::Question;
use serde::Serialize;

/// What an address below `/api/insight/` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InsightRoute {
    /// `questions`
    Questions,
}

impl InsightRoute {
    /// Reads what stands after `/api/insight/`.
    pub fn parse(parts: &[&str]) -> Option<Self> {
        match parts {
            ["questions"] => Some(Self::Questions),
            _ => None,
        }
    }
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
        let id = format!("{}-{}", question.asker, question.asked.seq);
        Self { id, unresolved: question.is_unresolved(), question }
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
