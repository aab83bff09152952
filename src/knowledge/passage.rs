//! Passages: what a remote model may answer from. They travel with the proposal, since no bundle is where it is asked.

use super::answer::{Answerer, said};
use super::circumstances::Circumstances;
use super::proposal::{Proposal, Score};
use crate::base::limits::{PASSAGES_BYTES_MAX, PASSAGES_MAX};
use crate::base::message::InboundContent;
use crate::base::time::TimeMs;
use serde::{Deserialize, Serialize};

/// One candidate with its answer as it would be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// The candidate's id.
    pub entry: String,
    /// Its standard question.
    pub question: String,
    /// Its answer, ready to send.
    pub answer: String,
    /// How near the words of the question are to it.
    pub score: Score,
}

impl Passage {
    fn bytes(&self) -> usize {
        self.entry.len() + self.question.len() + self.answer.len()
    }
}

/// The proposal with what a remote model may answer from, where it may know more: the candidates nearest to the
/// customer's words, as many as fit. Of those with one answer the nearest.
pub fn with_passages(
    answerer: &Answerer,
    content: &InboundContent,
    circumstances: &Circumstances<'_>,
    now: TimeMs,
    mut proposal: Proposal,
) -> Proposal {
    let Some(text) = said(content).filter(|_| proposal.slow) else { return proposal };
    let mut bytes = 0;
    for (score, candidate) in answerer.near(text, PASSAGES_MAX, circumstances, now) {
        let passage = Passage {
            entry: candidate.id.clone(),
            question: candidate.question().to_owned(),
            answer: candidate.answer.clone(),
            score,
        };
        let is_new = proposal.passages.iter().all(|other| other.answer != passage.answer);
        if is_new && bytes + passage.bytes() <= PASSAGES_BYTES_MAX {
            bytes += passage.bytes();
            proposal.passages.push(passage);
        }
    }
    proposal
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::document::parse;
    use serde_json::json;

    #[test]
    fn what_may_not_be_used_now_and_here_is_no_passage() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/kv-seed/knowledge.json");
        let mut document: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        document["graph"] = json!([]);
        document["welcomes"] = json!([]);
        document["entries"] = json!([
            { "id": "old", "question": "月球房子去年的价格", "answer": "一百。", "valid_to": "2020-01-01" },
            { "id": "app", "question": "月球房子在应用里的价格", "answer": "两百。", "channels": ["app"] },
            { "id": "new", "question": "月球房子的价格", "answer": "三百。" },
        ]);
        let answerer = Answerer::new(parse(document.to_string().as_bytes()).unwrap(), 1);
        let asked =
            InboundContent::Text { text: "想知道月球上房子大概什么价格".into(), menu_id: None };
        let circumstances = Circumstances { channel: &"main".into(), hours: None };
        let now = TimeMs(1_795_399_200_000);
        let proposal = Proposal { slow: true, ..answerer.propose(&asked, &circumstances, now) };
        let passages = with_passages(&answerer, &asked, &circumstances, now, proposal).passages;
        let ids: Vec<&str> = passages.iter().map(|passage| passage.entry.as_str()).collect();
        assert_eq!(ids, ["new"]);
    }
}
