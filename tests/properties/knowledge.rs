//! Answering never panics, its scores mean what they say, and what is published comes back.

use proptest::prelude::*;
use shunda::base::limits::{SUGGESTIONS_MAX, TEXT_BYTES_MAX};
use shunda::base::message::InboundContent;
use shunda::base::time::TimeMs;
use shunda::knowledge::answer::Answerer;
use shunda::knowledge::bundle::{BundleFault, assemble, publish};
use shunda::knowledge::circumstances::Circumstances;
use shunda::knowledge::document::parse;
use shunda::knowledge::index::Index;
use shunda::knowledge::proposal::{Decision, Score};
use shunda::knowledge::tokens::{fold, terms};
use std::sync::LazyLock;

static SEED: LazyLock<Answerer> = LazyLock::new(|| {
    Answerer::new(parse(include_bytes!("../../kv-seed/knowledge.json")).expect("the seed is sound"), 1)
});

/// Few characters, so that phrasings share many; some of them mean nothing, some mean the same.
fn phrasing() -> impl Strategy<Value = String> {
    "[退换货快递发票坏了吗呢怎么如何ab1 ,？]{1,12}"
}

fn bank() -> impl Strategy<Value = Vec<Vec<String>>> {
    prop::collection::vec(prop::collection::vec(phrasing(), 1..5), 1..12)
}

proptest! {
    #[test]
    fn any_text_at_any_time_gets_a_sendable_proposal(text in "\\PC{0,80}|.{0,40}", at_ms in any::<i64>()) {
        let circumstances = Circumstances { channel: &"main".into(), hours: None };
        let proposal = SEED.propose(&InboundContent::Text { text, menu_id: None }, &circumstances, TimeMs(at_ms));
        let reply = match &proposal.decision {
            Decision::Answer { text, .. }
            | Decision::Suggest { text, .. }
            | Decision::Greeting { text }
            | Decision::Unsure { text }
            | Decision::NotText { text } => text,
            Decision::Handoff { .. } => &proposal.handoff_text,
            Decision::Ignore => return Err(TestCaseError::fail("a text was ignored")),
        };
        prop_assert!(!reply.trim().is_empty() && reply.len() <= TEXT_BYTES_MAX);
    }

    #[test]
    fn scores_are_shares_in_falling_order(bank in bank(), question in phrasing(), hits_max in 0..5_usize) {
        let hits = Index::new(bank.iter()).search(&question, hits_max);
        prop_assert!(hits.len() <= hits_max);
        prop_assert!(hits.iter().all(|hit| hit.score > 0.0 && hit.score <= 1.000_001));
        let in_order = hits.is_sorted_by(|a, b| a.score > b.score || (a.score == b.score && a.candidate < b.candidate));
        prop_assert!(in_order, "{hits:?}");
    }

    #[test]
    fn a_phrasing_finds_its_candidate_with_the_full_score(bank in bank(), which in any::<prop::sample::Index>()) {
        let all: Vec<(usize, &String)> =
            bank.iter().enumerate().flat_map(|(candidate, phrasings)| phrasings.iter().map(move |p| (candidate, p))).collect();
        let (candidate, asked) = all[which.index(all.len())];
        let hits = Index::new(bank.iter()).search(asked, SUGGESTIONS_MAX);
        if terms(asked).is_empty() {
            prop_assert!(hits.is_empty());
        } else {
            prop_assert_eq!(Score::from_share(hits[0].score), Score::ONE);
            let same = |phrasing: &String| terms(phrasing) == terms(asked);
            prop_assert!(hits[0].candidate == candidate || bank[hits[0].candidate].iter().any(same));
            prop_assert!(same(&bank[hits[0].candidate][hits[0].phrasing]));
        }
    }

    #[test]
    fn the_best_few_are_the_first_of_all(bank in bank(), question in phrasing(), few in 1..4_usize) {
        let index = Index::new(bank.iter());
        let mut all = index.search(&question, bank.len());
        all.truncate(few);
        prop_assert_eq!(index.search(&question, few), all);
    }

    #[test]
    fn folding_twice_is_folding_once(text in "\\PC{0,60}") {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn a_bundle_with_one_changed_byte_is_refused(
        mut document in prop::collection::vec(any::<u8>(), 1..400),
        at in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
    ) {
        let publication = publish(&document, 1, None);
        let parts: Vec<Vec<u8>> = publication.parts.iter().map(|(_, part)| part.to_vec()).collect();
        let pointer = publication.pointer;
        prop_assert_eq!(assemble(&pointer, &parts), Ok(document.clone()));
        let at = at.index(document.len());
        document[at] ^= flip;
        let damaged = BundleFault::DamagedPart { key: pointer.parts[0].key.clone() };
        prop_assert_eq!(assemble(&pointer, &[document]), Err(damaged));
    }
}
