//! The reply to a question: composed words, what they rest on, what else may be asked, and the topic from here on.

use super::super::dialogue::{Follow, Topic};
use super::super::menu;
use super::super::proposal::{Decision, Evidence, Menu, Score, Source};
use super::Graph;
use super::compose::{Found, Language, compared, found, one, others, same};
use super::facts::Kind;
use super::reading::Reading;
use super::resolve::Outcome;
use crate::base::limits::{
    COMPOSED_PRODUCTS_MAX, DIALOGUE_PRODUCTS_MAX, MENU_HEAD_BYTES_MAX, MENU_ITEMS_MAX, SUGGESTIONS_MAX,
    TEXT_BYTES_MAX,
};

/// What stands between the paths of two facts, or two words, that one answer rests on.
const AND: &str = " + ";

/// What the graph replies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// An answer, or the question which one is meant.
    pub decision: Decision,
    /// The same with choices.
    pub menu: Option<Menu>,
    /// What the conversation is about from here on.
    pub follow: Follow,
    /// The question in the document's words.
    pub title: String,
}

impl Graph {
    pub(super) fn say(
        &self,
        outcome: &Outcome,
        reading: &Reading,
        language: Language,
        version: u64,
    ) -> Option<Reply> {
        let all = |facts: &[usize]| -> Vec<Found<'_>> {
            facts.iter().filter_map(|fact| found(&self.facts, *fact)).collect()
        };
        match outcome {
            Outcome::One(fact) => {
                let only = found(&self.facts, *fact)?;
                Some(self.about_one(only, reading, language, version))
            }
            Outcome::Same(facts) => {
                let all = all(facts);
                let text = same(&all, language)?;
                // One reply that holds for several is one fact.
                let counted = if all.first()?.kind == Kind::Issue { 1 } else { COMPOSED_PRODUCTS_MAX };
                let evidence = evidence(all.get(..counted.min(all.len()))?, reading, language, version)?;
                // A few that were named stay in focus; all that there are do not.
                let focus =
                    all.iter().filter(|_| !reading.products.is_empty() && all.len() <= DIALOGUE_PRODUCTS_MAX);
                let products = focus.map(|found| found.product.to_owned()).collect();
                let topic = Topic { products, about: about(reading, &all), options: Vec::new() };
                Some(reply(text, evidence, topic))
            }
            Outcome::Compared(facts) => {
                let all = all(facts);
                let products = all.iter().map(|found| found.product.to_owned()).collect();
                let topic = Topic { products, about: about(reading, &all), options: Vec::new() };
                Some(reply(compared(&all, language)?, evidence(&all, reading, language, version)?, topic))
            }
            Outcome::Which(facts) => ask(&all(facts), reading, language, version),
        }
    }

    /// One fact, and what else there is to know of the product.
    fn about_one(&self, only: Found<'_>, reading: &Reading, language: Language, version: u64) -> Reply {
        let answer = one(only, !reading.products.is_empty(), language);
        let others = others(&self.facts, only.fact);
        let related = self.facts.nodes.get(only.fact.product).map(|node| node.related.as_slice());
        // An issue's reply names the products that go with it itself.
        let related = related.filter(|_| only.kind == Kind::Parameter).unwrap_or_default();
        let products =
            language.pick("相关产品：", "See also: ").to_owned() + &related.join(language.pick("、", ", "));
        let names: Vec<&str> = others.iter().map(|other| other.facet).collect();
        let questions = language.pick("还可以问：", "You can also ask: ").to_owned()
            + &names.join(language.pick("、", ", "));
        let lines = [(!names.is_empty()).then_some(&questions), (!related.is_empty()).then_some(&products)];
        let mut text = answer.clone();
        for line in lines.into_iter().flatten() {
            if text.len() + 1 + line.len() <= TEXT_BYTES_MAX {
                text.extend(["\n", line]);
            }
        }
        let head = answer + language.pick("\n您还可以问：", "\nYou can also ask:");
        let choices = others.iter().map(|other| (other.fact.path.clone(), other.question(language)));
        let tail = if related.is_empty() { "" } else { products.as_str() };
        let fits = head.len() <= MENU_HEAD_BYTES_MAX && tail.len() <= MENU_HEAD_BYTES_MAX;
        let menu = fits.then(|| menu::within(&head, choices, tail)).flatten();
        let topic = Topic {
            products: vec![only.product.to_owned()],
            about: about(reading, &[only]),
            options: Vec::new(),
        };
        let title = only.question(language);
        let evidence = evidence_of(only.fact.path.clone(), title, reading, version);
        Reply { menu, ..reply(text, evidence, topic) }
    }
}

/// Which of these is meant: by the product, or by what of it where the product is clear.
fn ask(all: &[Found<'_>], reading: &Reading, language: Language, version: u64) -> Option<Reply> {
    let first = all.first()?;
    let one_product = all.iter().all(|found| found.product == first.product);
    let one_facet = all.iter().all(|found| found.facet == first.facet);
    let is_once = |product: &str| all.iter().filter(|found| found.product == product).count() == 1;
    let label = |found: &Found<'_>| match one_product {
        true => found.facet.to_owned(),
        false if is_once(found.product) => found.product.to_owned(),
        false => found.question(language),
    };
    let head = if one_product {
        language.pick("请问是哪种情况？", "Which one do you mean?")
    } else {
        language.pick("请问是哪个型号？", "Which model is it?")
    };
    let shown = all.get(..all.len().min(MENU_ITEMS_MAX))?;
    let mut text = head.to_owned();
    for (number, found) in shown.iter().enumerate() {
        text.push_str(&format!("\n{}. {}", number + 1, label(found)));
    }
    text.push_str(match (one_product, language) {
        (true, _) => language.pick("\n回复序号即可。", "\nPlease reply with the number."),
        (false, _) => language.pick("\n回复序号或型号即可。", "\nPlease reply with the number or the model."),
    });
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let choices = shown.iter().map(|found| (found.fact.path.clone(), label(found)));
    let menu = menu::within(head, choices, "");
    let options = shown.iter().map(|found| found.fact.path.clone()).collect();
    let topic = Topic { products: Vec::new(), about: about(reading, all), options };
    let candidates = shown
        .iter()
        .take(SUGGESTIONS_MAX)
        .map(|found| evidence_of(found.fact.path.clone(), found.question(language), reading, version));
    let title = if one_facet { first.facet.to_owned() } else { reading.about.clone() };
    let decision = Decision::Which { text, candidates: candidates.collect() };
    Some(Reply { decision, menu, follow: Follow::Set(topic.bounded()), title })
}

fn reply(text: String, evidence: Evidence, topic: Topic) -> Reply {
    let title = evidence.question.clone();
    let decision = Decision::Answer { text, evidence };
    Reply { decision, menu: None, follow: Follow::Set(topic.bounded()), title }
}

/// What was asked, in words that will be understood again.
fn about(reading: &Reading, all: &[Found<'_>]) -> Option<String> {
    let said = Some(&reading.about).filter(|about| !about.is_empty()).cloned();
    said.or_else(|| all.first().map(|found| found.facet.to_owned()))
}

/// What an answer rests on: the paths of its facts.
fn evidence(all: &[Found<'_>], reading: &Reading, language: Language, version: u64) -> Option<Evidence> {
    let paths: Vec<&str> = all.iter().map(|found| found.fact.path.as_str()).collect();
    let question = match all {
        [only] => only.question(language),
        _ => all.first()?.facet.to_owned(),
    };
    Some(evidence_of(paths.join(AND), question, reading, version))
}

fn evidence_of(entry: String, question: String, reading: &Reading, version: u64) -> Evidence {
    let matched = if reading.named.is_empty() { question.clone() } else { reading.named.join(AND) };
    let (score, threshold) = (Score::ONE, Score::ONE);
    Evidence {
        source: Source::Graph,
        entry,
        question,
        matched,
        score,
        threshold,
        tier: None,
        version,
        remote: None,
        tried: None,
    }
}
