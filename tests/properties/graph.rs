//! Whatever the document and whatever is asked: what is composed is in the document, and asking back comes to an end.

use crate::support::desk::{Desk, text};
use crate::support::shop::{document, propose, shop};
use proptest::prelude::*;
use serde_json::{Value, json};
use shunda::base::limits::TEXT_BYTES_MAX;
use shunda::base::message::Inbound;
use shunda::base::time::TimeMs;
use shunda::desk::conversation::Stage;
use shunda::desk::receiving::{Heard, Receiving};
use shunda::desk::terms::Arrival;
use shunda::knowledge::answer::Answerer;
use shunda::knowledge::dialogue::{Follow, Topic};
use shunda::knowledge::document::parse;
use shunda::knowledge::proposal::{Decision, Source};
use std::collections::{BTreeMap, BTreeSet};

/// Names that share beginnings, cases and gaps; some are words of a question too.
fn name() -> impl Strategy<Value = String> {
    "[壶杯]{1,2}|[Pp] ?1[01]|P1|多重|容量|保修期?|小的|漏水|ice cup|第二"
}

/// Products by name, each with parameters and issues. Every value is unlike any other: `v12x`.
fn products() -> impl Strategy<Value = Value> {
    let parameter = (name(), prop::collection::vec(name(), 0..2), prop::option::of("升|kg"));
    let issue = (name(), prop::collection::vec(name(), 0..2), prop::collection::vec(0..9_usize, 0..3));
    let product = (
        name(),
        prop::collection::vec(name(), 0..3),
        prop::collection::vec(parameter, 0..4),
        prop::collection::vec(issue, 0..3),
        any::<bool>(),
    );
    prop::collection::vec(product, 0..6).prop_map(|products| {
        let mut number = 0;
        let mut value = move || {
            number += 1;
            format!("v{number}x")
        };
        let mut seen = BTreeSet::new();
        let products: Vec<_> = products.into_iter().filter(|(name, ..)| seen.insert(name.clone())).collect();
        let names: Vec<String> = products.iter().map(|(name, ..)| name.clone()).collect();
        let products = products.into_iter().map(|(product, aliases, parameters, issues, sorted)| {
            let mut seen = BTreeSet::new();
            let parameters: Vec<Value> = parameters
                .into_iter()
                .filter(|(name, ..)| seen.insert(name.to_lowercase().replace(' ', "")))
                .map(|(name, aliases, unit)| {
                    json!({ "name": name, "aliases": aliases, "value": value(), "unit": unit.unwrap_or_default() })
                })
                .collect();
            let issues: Vec<Value> = issues
                .into_iter()
                .map(|(question, aliases, related)| {
                    let related: Vec<&String> = related.iter().filter_map(|index| names.get(*index)).collect();
                    json!({ "question": question, "aliases": aliases, "answer": value(), "steps": [value()], "related_products": related })
                })
                .collect();
            let category = sorted.then_some("sort");
            json!({ "product": product, "aliases": aliases, "parameters": parameters, "issues": issues, "category": category })
        });
        products.collect()
    })
}

fn question() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        name(),
        "的|呢|吗|怎么办|多少|和|哪个更大|第[一二三]个|[1-4]|那个小的|最后一个|what|of the| |，|它|退货"
    ];
    prop::collection::vec(word, 1..6).prop_map(|words| words.concat())
}

/// The values that a text says.
fn values(text: &str) -> BTreeSet<String> {
    let runs = text.split(|c: char| !c.is_ascii_alphanumeric());
    let is_value = |run: &&str| run.starts_with('v') && run.ends_with('x') && run.len() > 2;
    runs.filter(is_value).map(str::to_owned).collect()
}

/// The values of every fact, by its path; a shared issue is found at each product by its question.
fn by_path(graph: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for product in graph.as_array().unwrap() {
        let name = product["product"].as_str().unwrap();
        for parameter in product["parameters"].as_array().unwrap() {
            let path = format!("{name}/{}", parameter["name"].as_str().unwrap());
            found.entry(path).or_insert_with(|| values(&parameter.to_string()));
        }
        for (index, issue) in product["issues"].as_array().unwrap().iter().enumerate() {
            found.insert(format!("{name}/{}", index + 1), values(&issue.to_string()));
        }
    }
    for product in graph.as_array().unwrap() {
        for issue in product["issues"].as_array().unwrap() {
            for related in issue["related_products"].as_array().unwrap() {
                let path = format!("{}/{}", related.as_str().unwrap(), issue["question"].as_str().unwrap());
                found.entry(path).or_insert_with(BTreeSet::new).extend(values(&issue.to_string()));
            }
        }
    }
    found
}

proptest! {
    #[test]
    fn what_is_composed_is_in_the_facts_that_it_names(graph in products(), questions in prop::collection::vec(question(), 1..6)) {
        let sorts = json!([{ "category": "sort", "aliases": ["壶杯"], "parameters": [{ "name": "电压", "value": "v0x" }] }]);
        let read = document(&graph, &sorts);
        let Ok(document) = parse(read.to_string().as_bytes()) else {
            return Err(TestCaseError::fail(format!("{:?}", parse(read.to_string().as_bytes()))));
        };
        let mut known = by_path(&graph);
        for product in graph.as_array().unwrap() {
            let path = format!("{}/电压", product["product"].as_str().unwrap());
            known.entry(path).or_insert_with(|| ["v0x".to_owned()].into());
        }
        let answerer = Answerer::new(document, 7);
        let mut topic: Option<Topic> = None;
        for question in questions {
            let proposal = propose(&answerer, &text(&question), topic.as_ref());
            match &proposal.decision {
                Decision::Answer { text, evidence } if evidence.source == Source::Graph => {
                    let mut said = values(text);
                    for path in evidence.entry.split(" + ") {
                        let values = known.get(path);
                        prop_assert!(values.is_some(), "{path} of {question} is no fact: {known:?}");
                        for value in values.into_iter().flatten() {
                            said.remove(value);
                        }
                    }
                    prop_assert!(said.is_empty(), "{question} -> {text}: {said:?} is in none of {}", evidence.entry);
                    prop_assert!(text.len() <= TEXT_BYTES_MAX && !text.trim().is_empty());
                }
                Decision::Which { text, candidates } => {
                    prop_assert!(values(text).is_empty() && !candidates.is_empty());
                    for candidate in candidates {
                        prop_assert!(known.contains_key(&candidate.entry), "{}", candidate.entry);
                    }
                }
                _ => {}
            }
            let is_ours = match &proposal.decision {
                Decision::Answer { evidence, .. } => evidence.source == Source::Graph,
                decision => matches!(decision, Decision::Which { .. }),
            };
            if let Some(menu) = proposal.menu.as_ref().filter(|_| is_ours) {
                for item in &menu.items {
                    prop_assert!(known.contains_key(&item.id), "{}", item.id);
                }
            }
            topic = match proposal.follow {
                Follow::Set(topic) => Some(topic),
                Follow::Drop => None,
                Follow::Keep => topic,
            };
        }
    }

    /// Whatever is said, the bot asks back twice in a row at most: then it has an answer, or a person has the question.
    #[test]
    fn asking_back_comes_to_an_end(words in prop::collection::vec("漏水|漏水怎么办|容量|容量多少|破壁机|哪个|破壁机容量|那个|保修", 1..12)) {
        let (shop, mut desk) = (shop(), Desk::new());
        let mut in_a_row = 0;
        for (number, words) in words.iter().enumerate() {
            let now = TimeMs(desk.now);
            let content = text(words);
            let inbound = Inbound {
                conversation: crate::support::desk::id(),
                key: format!("m{number}").as_str().into(),
                sent_at: now,
                content: content.clone(),
            };
            let arrival = Arrival { received_at: now, verified_at: now, answer_by: now + 4_000 };
            let mut receiving = Receiving::new(&inbound, arrival, &desk.terms, propose(&shop, &content, None));
            let received = loop {
                let answered = desk.call(receiving.call().clone());
                match receiving.heard(answered, |topic| propose(&shop, &content, Some(topic))) {
                    Heard::Decided { received, .. } => break received,
                    Heard::AskAgain => {}
                    Heard::Stray => return Err(TestCaseError::fail("more rounds than allowed")),
                }
            };
            let asks = received.answer.is_some_and(|answer| answer.starts_with("请问是哪"));
            in_a_row = if asks { in_a_row + 1 } else { 0 };
            prop_assert!(in_a_row <= 2, "{words:?}");
            prop_assert!(!asks || desk.conversation().stage() == Stage::Bot);
            desk.now += 1_000;
        }
    }
}
