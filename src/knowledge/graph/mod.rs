//! The knowledge graph: questions about products, answered from facts.
//!
//! A question is answered only when every word of it is understood: it names a product and a parameter or an issue,
//! and says nothing else. Then the answer is composed of facts of the document and of nothing besides. What the
//! question leaves unsaid, a dialogue may fill in; where products differ and none is named, the customer is asked.

mod compose;
mod facts;
mod names;
mod reading;
mod reply;
mod resolve;
mod words;

pub use facts::parameter_id;
pub use reply::Reply;

use super::dialogue::{Follow, Topic};
use super::document::{Category, Entry, Product};
use compose::Language;
use facts::Facts;
use names::Names;
use reading::Reading;
use resolve::Outcome;
use std::collections::HashSet;
use words::Role;

/// A document's products, made ready to be asked about.
#[derive(Debug)]
pub struct Graph {
    facts: Facts,
    words: Names<Role>,
    /// What entries ask in so many words: products and facet. Their answers were written for the very question.
    claimed: HashSet<(Vec<usize>, usize)>,
}

impl Graph {
    /// Makes checked products ready. Costs a pass over all entries' phrasings, where there are products at all.
    pub fn new(products: &[Product], categories: &[Category], entries: &[Entry]) -> Self {
        let facts = Facts::new(products, categories);
        let common = categories.iter().flat_map(|sort| &sort.parameters);
        let units = products.iter().flat_map(|product| &product.parameters).chain(common);
        let words = words::words(units.map(|parameter| parameter.unit.clone()));
        let mut graph = Self { facts, words, claimed: HashSet::new() };
        if !graph.facts.facets.is_empty() {
            graph.claimed = entries.iter().flat_map(|entry| graph.claims(entry)).collect();
        }
        graph
    }

    fn claims(&self, entry: &Entry) -> Vec<(Vec<usize>, usize)> {
        let phrasings = core::iter::once(&entry.question).chain(&entry.variants);
        let whole = phrasings.map(|phrasing| self.read(phrasing)).filter(|reading| reading.is_whole);
        let claims = whole.flat_map(|reading| {
            let products = reading.products.first().cloned().unwrap_or_default();
            self.asked(&reading).map(move |facet| (products.clone(), facet)).collect::<Vec<_>>()
        });
        claims.collect()
    }

    /// What to reply to a customer's words, where the facts tell. `topic`: what the conversation is about.
    pub fn reply(&self, text: &str, topic: Option<&Topic>, version: u64) -> Option<Reply> {
        let reading = self.read(text);
        let outcome = self.resolve(&reading, topic)?;
        self.say(&outcome, &reading, Language::of(text), version)
    }

    /// What a tap on the path of a fact replies.
    pub fn tapped(&self, path: &str, version: u64) -> Option<Reply> {
        let fact = self.facts.at(path)?;
        let about =
            self.facts.facts.get(fact).and_then(|fact| self.facts.facets.get(fact.facet))?.name.clone();
        let reading = Reading { about, named: vec![path.to_owned()], ..Reading::default() };
        self.say(&Outcome::One(fact), &reading, Language::of(path), version)
    }

    /// What to reply to words that nothing else fits, where the customer was asked which one they mean and names it
    /// among other words: P10，去年买的.
    pub fn fill(&self, text: &str, topic: Option<&Topic>, version: u64) -> Option<Reply> {
        let topic = topic.filter(|topic| topic.is_asking())?;
        let reading = Some(self.read(text)).filter(Reading::names_a_product)?;
        let outcome =
            self.resolve(&Reading { is_whole: true, pick: None, ..reading.clone() }, Some(topic))?;
        self.say(&outcome, &reading, Language::of(text), version)
    }

    /// Whether a topic could make a difference to what is replied. `answered`: an entry answers it as it is.
    pub fn depends(&self, text: &str, answered: bool) -> bool {
        let reading = self.read(text);
        let is_elliptical = reading.leaves_unsaid() && !self.is_claimed(&reading);
        is_elliptical || (!answered && reading.names_a_product())
    }

    /// What becomes of the topic after an answer that is not the graph's.
    pub fn follow(&self, text: &str) -> Follow {
        match self.read(text).products.as_slice() {
            [only] => match only.as_slice() {
                [product] => {
                    let products = self.facts.nodes.get(*product).map(|node| node.name.clone());
                    let products = products.into_iter().collect();
                    Follow::Set(Topic { products, ..Topic::default() }.bounded())
                }
                _ => Follow::Drop,
            },
            _ => Follow::Drop,
        }
    }

    fn read(&self, text: &str) -> Reading {
        Reading::of(text, &self.facts.names, &self.words)
    }

    /// Whether an entry asks just this, of no product or of just these.
    fn is_claimed(&self, reading: &Reading) -> bool {
        let products = reading.products.first().cloned().unwrap_or_default();
        !(reading.points_back && products.is_empty())
            && reading.products.len() <= 1
            && self.asked(reading).any(|facet| self.claimed.contains(&(products.clone(), facet)))
    }

    /// The facets named that the question's own words may ask for.
    fn asked<'a>(&'a self, reading: &'a Reading) -> impl Iterator<Item = usize> + 'a {
        let kind = |facet: usize| self.facts.facets.get(facet).map(|facet| facet.kind);
        reading
            .facets
            .iter()
            .copied()
            .filter(move |facet| kind(*facet).is_some_and(|kind| reading.may_ask(kind)))
    }
}
