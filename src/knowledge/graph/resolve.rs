//! Which facts a question is about: by what it names, and where it names nothing, by what was talked about.

use super::super::dialogue::Topic;
use super::Graph;
use super::facts::Kind;
use super::reading::Reading;
use super::words::Pick;
use crate::base::limits::DIALOGUE_PRODUCTS_MAX;

/// What the facts say to a question.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// This fact.
    One(usize),
    /// These facts, which say the same.
    Same(Vec<usize>),
    /// These facts, side by side.
    Compared(Vec<usize>),
    /// One of these facts: which, only the customer knows.
    Which(Vec<usize>),
}

impl Graph {
    pub(super) fn resolve(&self, reading: &Reading, topic: Option<&Topic>) -> Option<Outcome> {
        if !reading.is_whole || self.is_claimed(reading) {
            return None;
        }
        if let (Some(pick), true) = (reading.pick, reading.products.is_empty()) {
            // Which one, of what was asked, or of something new: 小的多重.
            let options = self.options(topic?);
            let picked = self.picked(pick, &options)?;
            return match self.facets(reading, None).as_slice() {
                [] => Some(Outcome::One(picked)),
                facets => self.differ(self.of_products(&[self.product(picked)?], facets)),
            };
        }
        // Nothing but a product: the answer to what was asked, or a follow-up (P6 呢). P6 有吗 is another question.
        let is_about_the_same = reading.is_bare
            || reading.points_back
            || reading.pick.is_some()
            || topic.is_some_and(Topic::is_asking);
        if reading.facets.is_empty() && (reading.products.is_empty() || !is_about_the_same) {
            return None;
        }
        if let Some(pick) = reading.pick {
            // 哪个更重: both are told, and the customer sees it.
            let facets = Some(self.facets(reading, None)).filter(|facets| !facets.is_empty());
            return self.compare(&reading.products, &facets.or_else(|| self.named(pick.names()))?);
        }
        let facets = self.facets(reading, topic);
        match reading.products.as_slice() {
            [] => self.unnamed(&facets, topic),
            [products] => self.differ(self.of_products(products, &facets)),
            several => self.compare(several, &facets),
        }
    }

    /// What is asked: by the question itself, else by the one before.
    fn facets(&self, reading: &Reading, topic: Option<&Topic>) -> Vec<usize> {
        let facets = if reading.facets.is_empty() {
            let about = topic.and_then(|topic| topic.about.as_deref());
            let meaning = about.and_then(|about| self.facts.names.meaning(about));
            meaning.map(|meaning| meaning.facets.clone()).unwrap_or_default()
        } else {
            reading.facets.clone()
        };
        let may_ask =
            |facet: &usize| self.facts.facets.get(*facet).is_some_and(|facet| reading.may_ask(facet.kind));
        facets.into_iter().filter(may_ask).collect()
    }

    /// The facets of the first of these names that the document has.
    fn named(&self, names: &[&str]) -> Option<Vec<usize>> {
        let mut meanings = names.iter().filter_map(|name| self.facts.names.meaning(name));
        meanings.find(|meaning| !meaning.facets.is_empty()).map(|meaning| meaning.facets.clone())
    }

    /// No product is named: those in focus, where they have it, else all that have it.
    fn unnamed(&self, facets: &[usize], topic: Option<&Topic>) -> Option<Outcome> {
        let focus = topic.map(|topic| topic.products.as_slice()).unwrap_or_default();
        let focus: Vec<usize> = focus.iter().filter_map(|name| self.facts.node(name)).collect();
        let of_focus = self.of_products(&focus, facets);
        if focus.len() > 1 && of_focus.len() == focus.len() {
            let sets: Vec<Vec<usize>> = focus.into_iter().map(|product| vec![product]).collect();
            return self.compare(&sets, facets).or_else(|| self.differ(of_focus));
        }
        if !of_focus.is_empty() {
            return self.differ(of_focus);
        }
        self.differ(facets.iter().flat_map(|facet| self.facts.about(*facet)).collect())
    }

    fn of_products(&self, products: &[usize], facets: &[usize]) -> Vec<usize> {
        let asked = products.iter().flat_map(|product| facets.iter().map(move |facet| (*product, *facet)));
        asked.filter_map(|(product, facet)| self.facts.of(product, facet)).collect()
    }

    /// Facts that say the same are one answer; others make it necessary to ask.
    fn differ(&self, facts: Vec<usize>) -> Option<Outcome> {
        let says = |fact: &usize| self.facts.facts.get(*fact).map(|fact| (fact.facet, fact.says.as_str()));
        match facts.as_slice() {
            [] => None,
            [one] => Some(Outcome::One(*one)),
            [first, rest @ ..] if rest.iter().all(|fact| says(fact) == says(first)) => {
                Some(Outcome::Same(facts))
            }
            _ => Some(Outcome::Which(facts)),
        }
    }

    /// One parameter of two products or a few. Each name must leave no doubt.
    fn compare(&self, sets: &[Vec<usize>], facets: &[usize]) -> Option<Outcome> {
        let mut facts = Vec::new();
        for products in sets {
            let [fact] = self.of_products(products, facets)[..] else { return None };
            if !facts.contains(&fact) {
                facts.push(fact);
            }
        }
        let facet = |fact: &usize| self.facts.facts.get(*fact).map(|fact| fact.facet);
        let first = facts.first().and_then(facet)?;
        let is_parameter = self.facts.facets.get(first).is_some_and(|facet| facet.kind == Kind::Parameter);
        let is_one = facts.iter().all(|fact| facet(fact) == Some(first));
        let is_some = (2..=DIALOGUE_PRODUCTS_MAX).contains(&facts.len());
        (is_parameter && is_one && is_some).then_some(Outcome::Compared(facts))
    }

    fn options(&self, topic: &Topic) -> Vec<usize> {
        topic.options.iter().filter_map(|path| self.facts.at(path)).collect()
    }

    fn product(&self, fact: usize) -> Option<usize> {
        self.facts.facts.get(fact).map(|fact| fact.product)
    }

    fn picked(&self, pick: Pick, options: &[usize]) -> Option<usize> {
        match pick {
            Pick::Nth(nth) => options.get(nth).copied(),
            Pick::Last => options.last().copied(),
            Pick::Least(names) => self.extreme(options, names, 1.0),
            Pick::Most(names) => self.extreme(options, names, -1.0),
        }
    }

    /// The option whose product has the least of a parameter, times `sign`; none where two have, or one has none.
    fn extreme(&self, options: &[usize], names: &[&str], sign: f64) -> Option<usize> {
        let facets = self.named(names)?;
        let mut sized: Vec<(f64, usize)> = Vec::new();
        let mut unit = None;
        for option in options {
            let [fact] = self.of_products(&[self.product(*option)?], &facets)[..] else { return None };
            let (value, of) = number(&self.facts.facts.get(fact)?.says)?;
            if *unit.get_or_insert(of) != of {
                return None;
            }
            sized.push((value * sign, *option));
        }
        sized.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        match sized.as_slice() {
            [(least, option), (next, _), ..] if least < next => Some(*option),
            _ => None,
        }
    }
}

/// A value's number, and what it is counted in.
fn number(says: &str) -> Option<(f64, &str)> {
    let end = says.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',')).unwrap_or(says.len());
    let (digits, unit) = says.split_at_checked(end)?;
    Some((digits.replace(',', "").parse().ok()?, unit.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_a_number_and_its_unit() {
        assert_eq!(number("1.75 升"), Some((1.75, "升")));
        assert_eq!(number("1,200 W"), Some((1200.0, "W")));
        assert_eq!(number("玻璃"), None);
    }
}
