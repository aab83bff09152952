//! What an answerer knows, for those who ask without answering: the remote tier, the learning loop.

use super::Answerer;
use crate::base::limits::{KNOWLEDGE_QUESTION_BYTES_MAX, SUGGESTIONS_MAX};
use crate::base::text::prefix_within;
use crate::knowledge::candidate::Candidate;
use crate::knowledge::proposal::{Evidence, Score, Source};

impl Answerer {
    /// What resembles `text` most, best first, whether or not it would be answered.
    pub fn resembling(&self, text: &str) -> Vec<Evidence> {
        let ranking = self.matcher.by_words(prefix_within(text, KNOWLEDGE_QUESTION_BYTES_MAX), &|_| true);
        let best = ranking.ranked.iter().take(SUGGESTIONS_MAX);
        best.filter_map(|ranked| self.evidence(ranked, ranked.lexical, &ranking)).collect()
    }

    /// Whether there is an FAQ entry of this id.
    pub fn has_entry(&self, id: &str) -> bool {
        self.candidates.iter().any(|candidate| candidate.source == Source::Entry && candidate.id == id)
    }

    /// What resembles `text` most, however little, best first.
    pub(in crate::knowledge) fn near(
        &self,
        text: &str,
        most: usize,
    ) -> impl Iterator<Item = (Score, &Candidate)> {
        let ranking = self.matcher.by_words(prefix_within(text, KNOWLEDGE_QUESTION_BYTES_MAX), &|_| true);
        let best = ranking.ranked.into_iter().take(most);
        best.filter_map(|ranked| {
            Some((Score::from_share(ranked.lexical), self.candidates.get(ranked.candidate)?))
        })
    }
}
