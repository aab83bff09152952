//! Answering never panics, its scores mean what they say, and what is published comes back.

use proptest::prelude::*;
use shunda::base::limits::{SUGGESTIONS_MAX, TEXT_BYTES_MAX};
use shunda::base::message::InboundContent;
use shunda::base::time::TimeMs;
use shunda::knowledge::answer::Answerer;
use shunda::knowledge::bundle::{BundleFault, assemble, publish};
use shunda::knowledge::circumstances::Circumstances;
use shunda::knowledge::document::{Welcome, parse};
use shunda::knowledge::index::{Hit, Index};
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

/// What a proposal may weigh on its way to the conversation's object.
const PROPOSAL_BYTES_MAX: usize = 4 * 1024;

/// Letter by letter: a star at the end takes whatever is left.
fn source_takes(source: &[char], scene: &[char]) -> bool {
    match (source, scene) {
        (['*'], _) | ([], []) => true,
        ([first, source @ ..], [letter, scene @ ..]) => first == letter && source_takes(source, scene),
        _ => false,
    }
}

/// The best of a bank.
fn found(bank: &[Vec<String>], text: &str, hits_max: usize) -> Vec<Hit> {
    let index = Index::new(bank.iter());
    index.search(&index.question(text), hits_max)
}

proptest! {
    #[test]
    fn any_text_at_any_time_gets_a_sendable_proposal(text in "\\PC{0,80}|.{0,40}", at_ms in any::<i64>()) {
        let circumstances = Circumstances { channel: &"main".into(), hours: None };
        let proposal = SEED.propose(&InboundContent::Text { text, menu_id: None }, &circumstances, TimeMs(at_ms));
        let reply = match &proposal.decision {
            Decision::Answer { text, .. }
            | Decision::Suggest { text, .. }
            | Decision::Which { text, .. }
            | Decision::Greeting { text }
            | Decision::Unsure { text }
            | Decision::NotText { text } => text,
            Decision::Handoff { .. } => &proposal.handoff_text,
            Decision::Ignore => return Err(TestCaseError::fail("a text was ignored")),
        };
        prop_assert!(!reply.trim().is_empty() && reply.len() <= TEXT_BYTES_MAX);
    }

    #[test]
    fn any_scene_and_any_tap_gets_a_sendable_proposal(
        key in "box_card|store_\\PC{0,20}|MENU_[A-Z_]{0,12}|\\PC{0,80}",
        kind in 0..4_usize,
        at_ms in any::<i64>(),
    ) {
        let content = match kind {
            0 => InboundContent::Follow { scene: Some(key) },
            1 => InboundContent::Scan { scene: key },
            2 => InboundContent::Enter { scene: Some(key), welcome_code: None },
            _ => InboundContent::MenuClick { key },
        };
        let circumstances = Circumstances { channel: &"main".into(), hours: None };
        let proposal = SEED.propose(&content, &circumstances, TimeMs(at_ms));
        match &proposal.decision {
            Decision::Greeting { text } | Decision::Answer { text, .. } | Decision::Unsure { text } => {
                prop_assert!(!text.trim().is_empty() && text.len() <= TEXT_BYTES_MAX);
            }
            Decision::Ignore => prop_assert_eq!(kind, 1),
            Decision::Handoff { .. } => prop_assert_eq!(kind, 3),
            other => return Err(TestCaseError::fail(format!("{other:?}"))),
        }
        prop_assert!(!proposal.slow);
        prop_assert!(serde_json::to_vec(&proposal).unwrap().len() <= PROPOSAL_BYTES_MAX);
    }

    /// What is offered can be taken: each choice of each menu leads to its own answer or to a person.
    #[test]
    fn every_choice_offered_leads_somewhere(question in "[破壁机榨汁杯漏水退货换保修发票运费怎么多久吗]{2,10}") {
        let circumstances = Circumstances { channel: &"main".into(), hours: None };
        let asked = InboundContent::Text { text: question, menu_id: None };
        let scanned = InboundContent::Scan { scene: "box_card".into() };
        for content in [asked, scanned] {
            let menu = SEED.propose(&content, &circumstances, TimeMs(0)).menu;
            for item in menu.into_iter().flat_map(|menu| menu.items) {
                let tap = InboundContent::Text { text: item.text, menu_id: Some(item.id.clone()) };
                match SEED.propose(&tap, &circumstances, TimeMs(0)).decision {
                    Decision::Answer { evidence, .. } => prop_assert_eq!(evidence.entry, item.id),
                    Decision::Handoff { asked_by } => prop_assert_eq!(asked_by, item.id),
                    other => return Err(TestCaseError::fail(format!("{other:?}"))),
                }
            }
        }
    }

    #[test]
    fn a_welcome_fits_what_its_source_says(source in "[ab*]{1,4}", scene in "[ab*]{0,4}", elsewhere in any::<bool>()) {
        let channels = if elsewhere { vec!["shop".into()] } else { Vec::new() };
        let welcome =
            Welcome { source: source.clone(), channels, text: "x".into(), skill_group: None, menu: None };
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        let whole = source_takes(&chars(&source), &chars(&scene));
        prop_assert_eq!(welcome.fits(&scene, &"shop".into()), whole);
        prop_assert_eq!(welcome.fits(&scene, &"main".into()), whole && !elsewhere);
    }

    #[test]
    fn scores_are_shares_in_falling_order(bank in bank(), question in phrasing(), hits_max in 0..5_usize) {
        let hits = found(&bank, &question, hits_max);
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
        let hits = found(&bank, asked, SUGGESTIONS_MAX);
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
        let mut all = index.search(&index.question(&question), bank.len());
        all.truncate(few);
        prop_assert_eq!(index.search(&index.question(&question), few), all);
    }

    #[test]
    fn what_may_not_be_found_is_as_if_it_were_not_there(bank in bank(), question in phrasing(), few in 1..4_usize, left_out in any::<u16>()) {
        let index = Index::new(bank.iter());
        let may_be = |candidate: usize| left_out >> candidate & 1 == 0;
        let question = index.question(&question);
        let mut all = index.search(&question, bank.len());
        all.retain(|hit| may_be(hit.candidate));
        all.truncate(few);
        prop_assert_eq!(index.search_among(&question, few, &may_be), all);
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
