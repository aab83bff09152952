//! The facts of a document's products, each under its path, and by what they are asked for.

use super::super::candidate::{graph_answer, issue_id};
use super::super::document::{Category, Parameter, Product};
use super::super::tokens::{fold, tight};
use super::compose::spaced;
use super::names::Names;
use std::collections::HashMap;

/// The path of a product's parameter. Its category's parameters count as its own.
pub fn parameter_id(product: &str, name: &str) -> String {
    format!("{product}/{name}")
}

/// What can be asked about products: a parameter, or an issue, of all products that have one of this name.
#[derive(Debug)]
pub(super) struct Facet {
    /// As the document first names it.
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Its facts, in the document's order.
    pub(super) facts: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Parameter,
    Issue,
}

/// One fact about one product.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) product: usize,
    pub(super) facet: usize,
    /// What it is found by: `product/parameter`, `product/number of the issue`; an issue of another product that
    /// also holds for this one is found by its question.
    pub(super) path: String,
    /// A parameter's value with its unit; an issue's whole reply.
    pub(super) says: String,
    /// Another's issue, which also holds here.
    pub(super) shared: bool,
}

/// A product, with its facts in order.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) related: Vec<String>,
    pub(super) facts: Vec<usize>,
}

/// What a name means: products, or facets, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) products: Vec<usize>,
    pub(super) facets: Vec<usize>,
}

#[derive(Debug)]
pub(super) struct Facts {
    pub(super) nodes: Vec<Node>,
    pub(super) facets: Vec<Facet>,
    pub(super) facts: Vec<Fact>,
    pub(super) names: Names<Meaning>,
    nodes_by_name: HashMap<String, usize>,
    /// What each product says about each facet.
    said: HashMap<(usize, usize), usize>,
}

impl Facts {
    pub(super) fn new(products: &[Product], categories: &[Category]) -> Self {
        let mut building = Building::default();
        for (index, product) in products.iter().enumerate() {
            building.nodes.push(Node {
                name: product.product.clone(),
                related: product.related_products.clone(),
                facts: Vec::new(),
            });
            for name in core::iter::once(&product.product).chain(&product.aliases) {
                building.names.push((name.clone(), Meaning { products: vec![index], ..Meaning::default() }));
            }
        }
        let by_name: HashMap<&str, usize> =
            products.iter().enumerate().map(|(index, product)| (product.product.as_str(), index)).collect();
        for (index, product) in products.iter().enumerate() {
            let sort = categories.iter().find(|sort| Some(&sort.category) == product.category.as_ref());
            building.parameters(index, product, sort);
            building.issues(index, product, &by_name);
        }
        for sort in categories {
            let in_it = |product: &Product| product.category.as_ref() == Some(&sort.category);
            let products: Vec<usize> =
                products.iter().enumerate().filter(|(_, p)| in_it(p)).map(|(index, _)| index).collect();
            for name in core::iter::once(&sort.category).chain(&sort.aliases) {
                let meaning = Meaning { products: products.clone(), ..Meaning::default() };
                building.names.push((name.clone(), meaning));
            }
        }
        let nodes_by_name = by_name.into_iter().map(|(name, index)| (name.to_owned(), index)).collect();
        let names = Names::new(core::mem::take(&mut building.names).into_iter(), |all, more| {
            unite(&mut all.products, more.products);
            unite(&mut all.facets, more.facets);
        });
        let Building { nodes, facets, facts, said, .. } = building;
        Self { nodes, facets, facts, names, nodes_by_name, said }
    }

    /// The product of this name, exactly as the document writes it.
    pub(super) fn node(&self, name: &str) -> Option<usize> {
        self.nodes_by_name.get(name).copied()
    }

    /// The fact that a path leads to. A product's name may have a slash in it.
    pub(super) fn at(&self, path: &str) -> Option<usize> {
        path.match_indices('/').find_map(|(at, _)| {
            let node = self.nodes.get(self.node(path.get(..at)?)?)?;
            let is_it = |fact: &Fact| fact.path == path;
            node.facts.iter().copied().find(|fact| self.facts.get(*fact).is_some_and(is_it))
        })
    }

    /// The facts about `facet`, one of each product that has any.
    pub(super) fn about(&self, facet: usize) -> impl Iterator<Item = usize> {
        let all = self.facets.get(facet).map(|facet| facet.facts.as_slice()).unwrap_or_default();
        let counts = move |fact: &usize| {
            self.facts.get(*fact).is_some_and(|found| self.of(found.product, facet) == Some(*fact))
        };
        all.iter().copied().filter(counts)
    }

    /// The fact of `product` about `facet`.
    pub(super) fn of(&self, product: usize, facet: usize) -> Option<usize> {
        self.said.get(&(product, facet)).copied()
    }
}

/// Both, each once, in order.
pub(super) fn unite(all: &mut Vec<usize>, more: Vec<usize>) {
    all.extend(more);
    all.sort_unstable();
    all.dedup();
}

#[derive(Default)]
struct Building {
    nodes: Vec<Node>,
    facets: Vec<Facet>,
    facts: Vec<Fact>,
    names: Vec<(String, Meaning)>,
    by_facet: HashMap<(Kind, String), usize>,
    said: HashMap<(usize, usize), usize>,
}

impl Building {
    fn parameters(&mut self, product: usize, of: &Product, sort: Option<&Category>) {
        let own: Vec<String> = of.parameters.iter().map(|parameter| folded(&parameter.name)).collect();
        let common = sort.into_iter().flat_map(|sort| &sort.parameters);
        let common: Vec<&Parameter> =
            common.filter(|parameter| !own.contains(&folded(&parameter.name))).collect();
        for parameter in of.parameters.iter().chain(common) {
            let facet = self.facet(Kind::Parameter, &parameter.name, &parameter.aliases);
            let path = parameter_id(&of.product, &parameter.name);
            let says = spaced(&[&parameter.value, &parameter.unit]);
            self.fact(Fact { product, facet, path, says, shared: false });
        }
    }

    fn issues(&mut self, product: usize, of: &Product, by_name: &HashMap<&str, usize>) {
        for (index, issue) in of.issues.iter().enumerate() {
            let facet = self.facet(Kind::Issue, &issue.question, &issue.aliases);
            let path = issue_id(&of.product, index + 1);
            let says = graph_answer(issue);
            let related = issue.related_products.iter().filter_map(|name| by_name.get(name.as_str()));
            self.fact(Fact { product, facet, path, says: says.clone(), shared: false });
            for also in related.filter(|also| **also != product) {
                let name = self.nodes.get(*also).map_or("", |node| node.name.as_str());
                let path = parameter_id(name, &issue.question);
                self.fact(Fact { product: *also, facet, path, says: says.clone(), shared: true });
            }
        }
    }

    fn facet(&mut self, kind: Kind, name: &str, aliases: &[String]) -> usize {
        let next = self.facets.len();
        let facet = *self.by_facet.entry((kind, folded(name))).or_insert(next);
        if facet == next {
            self.facets.push(Facet { name: name.to_owned(), kind, facts: Vec::new() });
            self.named(name, facet);
        }
        for alias in aliases {
            self.named(alias, facet);
        }
        facet
    }

    fn named(&mut self, name: &str, facet: usize) {
        self.names.push((name.to_owned(), Meaning { facets: vec![facet], ..Meaning::default() }));
    }

    /// A product's own issue comes before one that also holds for it.
    fn fact(&mut self, fact: Fact) {
        let index = self.facts.len();
        let said = (fact.product, fact.facet);
        let before = self.said.get(&said).copied();
        let is_shared = before.and_then(|before| self.facts.get(before)).is_some_and(|before| before.shared);
        if before.is_some() && fact.shared {
            return;
        }
        if before.is_none() || is_shared {
            self.said.insert(said, index);
        }
        if let Some(node) = self.nodes.get_mut(fact.product) {
            node.facts.retain(|other| !is_shared || Some(*other) != before);
            node.facts.push(index);
        }
        if let Some(facet) = self.facets.get_mut(fact.facet) {
            facet.facts.push(index);
        }
        self.facts.push(fact);
    }
}

fn folded(name: &str) -> String {
    tight(&fold(name))
}
