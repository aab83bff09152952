//! What a company's own responder is asked and may say (docs/PROTOCOL.md section 6).

use crate::base::id::ChannelId;
use crate::base::limits::{KNOWLEDGE_WORD_BYTES_MAX, RESPONDER_BYTES_MAX, TEXT_BYTES_MAX};
use crate::base::text::prefix_within;
use crate::desk::late::Said;
use crate::desk::message::Answer;
use crate::knowledge::proposal::{Decision, Evidence, Proposal, Score, Source};
use serde::Deserialize;
use serde_json::json;

/// Why an answer cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerFault {
    /// Larger than any answer.
    #[error("the answer has more than {RESPONDER_BYTES_MAX} bytes")]
    TooLarge,
    /// Not the JSON that is documented.
    #[error("the answer is not the JSON that is documented")]
    Shape,
    /// More than one message holds.
    #[error("the answer has more than {TEXT_BYTES_MAX} bytes of text")]
    TooLong,
}

impl AnswerFault {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "responder.too_large",
            Self::Shape => "responder.shape",
            Self::TooLong => "responder.too_long",
        }
    }
}

#[derive(Deserialize)]
struct Given {
    answer: Option<String>,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    confidence: Option<Score>,
}

/// The body of a question: the words, and what the knowledge thought was near. Nothing tells who asked.
pub fn question(channel: &ChannelId, text: &str, proposal: &Proposal) -> String {
    let near: Vec<_> = match &proposal.decision {
        Decision::Suggest { candidates, .. } => candidates
            .iter()
            .map(|near| json!({ "entry": near.entry, "question": near.question, "score": near.score }))
            .collect(),
        _ => Vec::new(),
    };
    json!({ "channel": channel, "question": text, "candidates": near }).to_string()
}

/// Reads what the service said: an answer, or null for none.
pub fn parse_answer(body: &[u8], asked: &str, version: u64) -> Result<Said, AnswerFault> {
    if body.len() > RESPONDER_BYTES_MAX {
        return Err(AnswerFault::TooLarge);
    }
    let given: Given = serde_json::from_slice(body).map_err(|_| AnswerFault::Shape)?;
    let Some(text) = given.answer.filter(|text| !text.trim().is_empty()) else { return Ok(Said::Nothing) };
    if text.len() > TEXT_BYTES_MAX {
        return Err(AnswerFault::TooLong);
    }
    let source = given.source.unwrap_or_default();
    let evidence = Evidence {
        source: Source::Responder,
        entry: prefix_within(&source, KNOWLEDGE_WORD_BYTES_MAX).to_owned(),
        question: asked.to_owned(),
        matched: String::new(),
        score: given.confidence.unwrap_or_default(),
        threshold: Score::default(),
        tier: None,
        version,
        remote: None,
        tried: None,
    };
    Ok(Said::Answer(Answer { evidence: Some(evidence), ..Answer::fixed(&text) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(body: &str) -> Result<Said, AnswerFault> {
        parse_answer(body.as_bytes(), "保修多久", 3)
    }

    #[test]
    fn an_answer_says_where_it_comes_from() {
        let Ok(Said::Answer(answer)) = said(r#"{"answer":"一年","source":"手册 3.2","confidence":0.9}"#)
        else {
            panic!()
        };
        let evidence = answer.evidence.unwrap();
        assert_eq!((answer.text.as_str(), evidence.entry.as_str()), ("一年", "手册 3.2"));
        assert_eq!((evidence.source, evidence.version), (Source::Responder, 3));
    }

    #[test]
    fn no_answer_is_no_fault_and_nonsense_is() {
        assert_eq!(said(r#"{"answer":null}"#), Ok(Said::Nothing));
        assert_eq!(said(r#"{"answer":"  "}"#), Ok(Said::Nothing));
        for body in ["", "[]", "{", r#"{"answer":1}"#, r#"{"answer":"a","confidence":7}"#] {
            assert_eq!(said(body), Err(AnswerFault::Shape), "{body}");
        }
        let long = format!(r#"{{"answer":"{}"}}"#, "a".repeat(TEXT_BYTES_MAX + 1));
        assert_eq!(said(&long), Err(AnswerFault::TooLong));
        assert_eq!(parse_answer(&vec![b' '; RESPONDER_BYTES_MAX + 1], "", 0), Err(AnswerFault::TooLarge));
    }
}
