//! Passages: what a remote model may answer from. They travel with the proposal, since no bundle is where it is asked.

use super::answer::{Answerer, said};
use super::proposal::{Proposal, Score};
use crate::base::limits::{PASSAGES_BYTES_MAX, PASSAGES_MAX};
use crate::base::message::InboundContent;
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
pub fn with_passages(answerer: &Answerer, content: &InboundContent, mut proposal: Proposal) -> Proposal {
    let Some(text) = said(content).filter(|_| proposal.slow) else { return proposal };
    let mut bytes = 0;
    for (score, candidate) in answerer.near(text, PASSAGES_MAX) {
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
