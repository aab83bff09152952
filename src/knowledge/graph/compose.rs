//! Answers composed from facts: every value in them is one of the document's, the words between are these.

use super::super::tokens::is_han;
use super::facts::{Fact, Facts, Kind};
use crate::base::limits::{COMPOSED_PRODUCTS_MAX, RELATED_QUESTIONS_MAX};

/// The language of a question: Chinese where it has a Chinese character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Chinese,
    English,
}

impl Language {
    pub(super) fn of(text: &str) -> Self {
        if text.chars().any(is_han) { Self::Chinese } else { Self::English }
    }

    pub(super) fn pick<'a>(self, chinese: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }

    fn list(self, names: &[&str]) -> String {
        names.join(self.pick("、", ", "))
    }
}

/// Pieces in a row, with a space where Latin letters or digits meet anything but punctuation.
pub(super) fn spaced(pieces: &[&str]) -> String {
    let mut joined = String::new();
    for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
        let (before, after) = (joined.chars().next_back(), piece.chars().next());
        if let (Some(before), Some(after)) = (before, after) {
            let words = before.is_alphanumeric() && after.is_alphanumeric();
            if words && !(is_han(before) && is_han(after)) {
                joined.push(' ');
            }
        }
        joined.push_str(piece);
    }
    joined
}

/// A fact, resolved.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) product: &'a str,
    pub(super) facet: &'a str,
    pub(super) kind: Kind,
    pub(super) fact: &'a Fact,
}

pub(super) fn found(facts: &Facts, index: usize) -> Option<Found<'_>> {
    let fact = facts.facts.get(index)?;
    let (node, facet) = (facts.nodes.get(fact.product)?, facts.facets.get(fact.facet)?);
    Some(Found { product: &node.name, facet: &facet.name, kind: facet.kind, fact })
}

impl Found<'_> {
    /// The question that the fact answers.
    pub(super) fn question(&self, language: Language) -> String {
        match (self.kind, language) {
            (Kind::Parameter, Language::Chinese) => spaced(&[self.product, "的", self.facet]),
            (Kind::Parameter, Language::English) => format!("{} of {}", self.facet, self.product),
            (Kind::Issue, _) => spaced(&[self.product, " ", self.facet]),
        }
    }
}

/// What one fact says. `named`: the customer has just named the product, so that an issue's reply needs no name.
pub(super) fn one(found: Found<'_>, named: bool, language: Language) -> String {
    let says = found.fact.says.as_str();
    match (found.kind, language) {
        (Kind::Parameter, Language::Chinese) => {
            spaced(&[found.product, "的", found.facet, "是", says]) + stop(says, "。")
        }
        (Kind::Parameter, Language::English) => {
            format!("The {} of {} is {says}{}", found.facet, found.product, stop(says, "."))
        }
        (Kind::Issue, _) if named => says.to_owned(),
        (Kind::Issue, _) => format!("{}{}\n{says}", found.question(language), language.pick("：", ":")),
    }
}

/// A full stop, unless the value brings one.
fn stop<'a>(says: &str, stop: &'a str) -> &'a str {
    if says.ends_with(['。', '！', '？', '.', '!', '?']) { "" } else { stop }
}

/// What several products have in common: the same value, or the same reply.
pub(super) fn same(all: &[Found<'_>], language: Language) -> Option<String> {
    let first = all.first()?;
    if first.kind == Kind::Issue {
        // Who asks about an issue wants to be helped, not told of others whom it helps as well.
        return Some(first.fact.says.clone());
    }
    let names: Vec<&str> = all.iter().map(|found| found.product).take(COMPOSED_PRODUCTS_MAX).collect();
    let (list, says, count) = (language.list(&names), first.fact.says.as_str(), all.len().to_string());
    let is_cut = names.len() < all.len();
    Some(match (language, is_cut) {
        (Language::Chinese, true) => {
            spaced(&[&list, "等", &count, "款产品的", first.facet, "都是", says]) + stop(says, "。")
        }
        (Language::Chinese, false) => spaced(&[&list, "的", first.facet, "都是", says]) + stop(says, "。"),
        (Language::English, true) => {
            format!("The {} of {list} and others, {count} in all, is {says}{}", first.facet, stop(says, "."))
        }
        (Language::English, false) => format!("The {} of {list} is {says}{}", first.facet, stop(says, ".")),
    })
}

/// One parameter of several products, side by side.
pub(super) fn compared(all: &[Found<'_>], language: Language) -> Option<String> {
    let first = all.first()?;
    let values: Vec<String> = all
        .iter()
        .map(|found| match language {
            Language::Chinese => spaced(&[found.product, "是", &found.fact.says]),
            Language::English => format!("{}: {}", found.product, found.fact.says),
        })
        .collect();
    Some(match language {
        Language::Chinese => format!("{}：{}。", first.facet, values.join("，")),
        Language::English => format!("{}. {}.", first.facet, values.join("; ")),
    })
}

/// Other facts of the product, those that follow the fact first.
pub(super) fn others<'a>(facts: &'a Facts, fact: &Fact) -> Vec<Found<'a>> {
    let Some(node) = facts.nodes.get(fact.product) else { return Vec::new() };
    let is_it = |index: &usize| facts.facts.get(*index).is_some_and(|other| other.facet == fact.facet);
    let at = node.facts.iter().position(is_it).unwrap_or(0);
    let rest = node.facts.iter().skip(at + 1).chain(node.facts.iter().take(at));
    rest.filter_map(|index| found(facts, *index)).take(RELATED_QUESTIONS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_parts_latin_from_chinese_and_words_from_words() {
        assert_eq!(spaced(&["破壁机 P10", "的", "容量", "是", "1.75", "升"]), "破壁机 P10 的容量是 1.75 升");
        assert_eq!(spaced(&["玻璃杯", "的", "材质", "是", "玻璃"]), "玻璃杯的材质是玻璃");
        assert_eq!(spaced(&["10", "", "%"]), "10%");
    }
}
