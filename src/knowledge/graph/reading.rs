//! How a question is read: which products and which facet it names, and whether that is all it says.

use super::facts::{Kind, Meaning};
use super::names::{Letters, Names};
use super::words::{Pick, Role, pick};
use crate::base::limits::KNOWLEDGE_QUESTION_BYTES_MAX;
use crate::base::text::prefix_within;

/// A question, read without regard to what was said before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// Products, one set for each thing that was named: a name may be that of several.
    pub(super) products: Vec<Vec<usize>>,
    /// The facets that the one facet named may be.
    pub(super) facets: Vec<usize>,
    /// That facet as it was named; empty when there is none.
    pub(super) about: String,
    /// All names in it, as they were written.
    pub(super) named: Vec<String>,
    /// One of the choices shown.
    pub(super) pick: Option<Pick>,
    /// Every word is known: it asks nothing beyond what was read.
    pub(super) is_whole: bool,
    /// It points back at what was said before.
    pub(super) points_back: bool,
    /// There is nothing in it but names.
    pub(super) is_bare: bool,
    /// It asks how much.
    pub(super) amount: bool,
    /// It asks what to do.
    pub(super) remedy: bool,
}

impl Reading {
    pub(super) fn of(text: &str, names: &Names<Meaning>, words: &Names<Role>) -> Self {
        let letters = Letters::new(prefix_within(text, KNOWLEDGE_QUESTION_BYTES_MAX));
        let mut reading = Self { is_whole: true, is_bare: true, ..Self::default() };
        let (mut at, mut rest, mut asked) = (0, Vec::new(), 0_u32);
        let mut in_rest = false;
        while at < letters.len() {
            let name = names.longest(&letters, at);
            let word = words.longest(&letters, at);
            let longer = |len: usize| word.is_none_or(|(other, _)| len >= other);
            let len = match (name, word) {
                (Some((len, meaning)), _) if longer(len) => {
                    let named = letters.words(at, len);
                    reading.names(meaning, &named, &mut asked);
                    reading.named.push(named);
                    len
                }
                (_, Some((len, role))) => {
                    reading.hears(*role);
                    len
                }
                _ => {
                    if !in_rest {
                        rest.push(String::new());
                    }
                    if let Some(run) = rest.last_mut() {
                        run.push_str(&letters.words(at, 1));
                    }
                    in_rest = true;
                    at += 1;
                    continue;
                }
            };
            in_rest = false;
            at += len;
        }
        reading.pick = match rest.as_slice() {
            [one] => pick(one).filter(|pick| reading.products.is_empty() || pick.is_by_size()),
            _ => None,
        };
        // What is beyond the bound was not read.
        let is_read = text.len() <= KNOWLEDGE_QUESTION_BYTES_MAX && letters.len() > 0;
        reading.is_whole = is_read && asked <= 1 && (rest.is_empty() || reading.pick.is_some());
        reading
    }

    fn names(&mut self, meaning: &Meaning, named: &str, asked: &mut u32) {
        if !meaning.products.is_empty() {
            // Two names of one thing, 破壁机 P10, leave what both mean.
            let both = self.products.last().map(|last| {
                last.iter().copied().filter(|product| meaning.products.contains(product)).collect::<Vec<_>>()
            });
            match (both.filter(|both| !both.is_empty()), self.products.last_mut()) {
                (Some(both), Some(last)) => *last = both,
                _ => self.products.push(meaning.products.clone()),
            }
        }
        if meaning.facets.is_empty() {
            return;
        }
        let both: Vec<usize> =
            self.facets.iter().copied().filter(|facet| meaning.facets.contains(facet)).collect();
        if both.is_empty() {
            *asked += 1;
            self.facets.clone_from(&meaning.facets);
        } else {
            self.facets = both;
        }
        named.clone_into(&mut self.about);
    }

    fn hears(&mut self, role: Role) {
        self.is_bare = false;
        match role {
            Role::Nothing | Role::Compare => {}
            Role::Amount => self.amount = true,
            Role::Remedy => self.remedy = true,
            Role::Back => self.points_back = true,
        }
    }

    /// Whether the question's own words ask for this kind of thing: 怎么办 asks for no value, 多少 for no remedy.
    pub(super) const fn may_ask(&self, kind: Kind) -> bool {
        match kind {
            Kind::Parameter => !self.remedy,
            Kind::Issue => !self.amount || self.remedy,
        }
    }

    /// Whether it names one product, or some by one name, and nothing about it.
    pub(super) fn names_a_product(&self) -> bool {
        self.products.len() == 1 && self.facets.is_empty()
    }

    /// Whether it leaves unsaid which product, or what of it: what was said before may tell.
    pub(super) fn leaves_unsaid(&self) -> bool {
        self.is_whole
            && (self.pick.is_some() && self.products.is_empty()
                || self.products.is_empty() != self.facets.is_empty() && self.pick.is_none())
    }
}
