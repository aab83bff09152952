//! What an answerer knows, for those who ask without answering: the encoder's keeper, the remote tier, the learning loop.

use super::Answerer;
use crate::base::limits::{KNOWLEDGE_QUESTION_BYTES_MAX, SUGGESTIONS_MAX};
use crate::base::text::prefix_within;
use crate::base::time::TimeMs;
use crate::knowledge::candidate::Candidate;
use crate::knowledge::circumstances::Circumstances;
use crate::knowledge::experiment::Experiment;
use crate::knowledge::matcher::{Ranked, Ranking};
use crate::knowledge::proposal::{Evidence, Score, Source};

impl Answerer {
    /// Whether any answer is tried in several wordings.
    pub fn has_experiments(&self) -> bool {
        !self.experiments.is_empty()
    }

    /// Whether an encoder is of any use to it.
    pub fn wants_encoder(&self) -> bool {
        self.matcher.encoder().is_some()
    }

    /// Whether its vectors were made by this encoder.
    pub fn knows_encoder(&self, digest: &str) -> bool {
        self.matcher.encoder() == Some(digest)
    }

    /// What resembles `text` most, best first, whether or not it would be answered.
    pub fn resembling(&self, text: &str) -> Vec<Evidence> {
        let ranking = self.matcher.by_words(prefix_within(text, KNOWLEDGE_QUESTION_BYTES_MAX), &|_| true);
        let best = by_resemblance(&ranking).into_iter().take(SUGGESTIONS_MAX);
        best.filter_map(|ranked| self.evidence(&ranked, ranked.lexical, &ranking)).collect()
    }

    /// What is tried in several wordings: each experiment with its key, its entry's question and own answer.
    pub fn experiments(&self) -> impl Iterator<Item = (&str, &Experiment, &str, &str)> {
        self.experiments.all().filter_map(|(key, experiment)| {
            let is_its = |one: &&Candidate| one.source == Source::Entry && one.id == experiment.entry;
            let entry = self.candidates.iter().find(is_its)?;
            Some((key, experiment, entry.question(), entry.answer.as_str()))
        })
    }

    /// Whether there is an FAQ entry of this id.
    pub fn has_entry(&self, id: &str) -> bool {
        self.candidates.iter().any(|candidate| candidate.source == Source::Entry && candidate.id == id)
    }

    /// What resembles `text` most, however little, best first, of what may be used now and here.
    pub(in crate::knowledge) fn near(
        &self,
        text: &str,
        most: usize,
        circumstances: &Circumstances<'_>,
        now: TimeMs,
    ) -> impl Iterator<Item = (Score, &Candidate)> {
        let now = self.moment(circumstances, now);
        let may = |candidate: usize| self.is_valid(candidate, &now);
        let ranking = self.matcher.by_words(prefix_within(text, KNOWLEDGE_QUESTION_BYTES_MAX), &may);
        let best = by_resemblance(&ranking).into_iter().take(most);
        best.filter_map(|ranked| {
            Some((Score::from_share(ranked.lexical), self.candidates.get(ranked.candidate)?))
        })
    }
}

/// Those that share any word, nearest first.
fn by_resemblance(ranking: &Ranking) -> Vec<Ranked> {
    let mut ranked: Vec<Ranked> = ranking.ranked.iter().copied().filter(|one| one.lexical > 0.0).collect();
    ranked.sort_by(|a, b| b.lexical.total_cmp(&a.lexical));
    ranked
}
