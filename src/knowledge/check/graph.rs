//! The checks of products: their facts within bounds, and everything that they refer to there.

use super::super::candidate::{graph_answer, issue_id};
use super::super::document::{Document, FaultCode, Issue, Parameter, Product};
use super::super::graph::parameter_id;
use super::super::tokens::{fold, tight};
use super::Check;
use crate::base::limits::{
    KNOWLEDGE_LIST_MAX, KNOWLEDGE_PARAMETERS_MAX, KNOWLEDGE_QUESTION_BYTES_MAX, KNOWLEDGE_STEPS_MAX,
    KNOWLEDGE_TEXT_BYTES_MAX, KNOWLEDGE_VALUE_BYTES_MAX, KNOWLEDGE_VARIANTS_MAX, KNOWLEDGE_WORD_BYTES_MAX,
    TEXT_BYTES_MAX,
};
use std::borrow::Cow;
use std::collections::HashSet;

/// An issue's question, so that it fits into a phrasing beside the product's name.
const ISSUE_BYTES_MAX: usize = KNOWLEDGE_QUESTION_BYTES_MAX - KNOWLEDGE_WORD_BYTES_MAX;

impl Check {
    pub(super) fn graph(&mut self, document: &Document) {
        self.count(format_args!("graph"), document.graph.len(), KNOWLEDGE_LIST_MAX);
        let names: HashSet<&str> = document.graph.iter().map(|product| product.product.as_str()).collect();
        let sorts: HashSet<&str> = document.categories.iter().map(|sort| sort.category.as_str()).collect();
        let mut seen = HashSet::new();
        for (index, product) in document.graph.iter().take(KNOWLEDGE_LIST_MAX).enumerate() {
            let path = format!("graph[{index}]");
            self.text(format_args!("{path}.product"), &product.product, KNOWLEDGE_WORD_BYTES_MAX);
            self.unique(format_args!("{path}.product"), &mut seen, &product.product);
            self.aliases(&path, &product.aliases, KNOWLEDGE_WORD_BYTES_MAX);
            if let Some(category) = product.category.as_deref().filter(|name| !sorts.contains(name)) {
                let message = format!("{category} is not in categories");
                self.fault(format_args!("{path}.category"), FaultCode::UnknownCategory, message);
            }
            self.parameters(&path, &product.parameters, product.issues.len());
            self.count(format_args!("{path}.issues"), product.issues.len(), KNOWLEDGE_LIST_MAX);
            for (number, issue) in product.issues.iter().take(KNOWLEDGE_LIST_MAX).enumerate() {
                self.issue(&format!("{path}.issues[{number}]"), issue);
            }
            self.related(&path, product, &names);
        }
    }

    /// Sorts of products.
    pub(super) fn categories(&mut self, document: &Document) {
        self.count(format_args!("categories"), document.categories.len(), KNOWLEDGE_LIST_MAX);
        let mut seen = HashSet::new();
        for (index, category) in document.categories.iter().take(KNOWLEDGE_LIST_MAX).enumerate() {
            let path = format!("categories[{index}]");
            self.text(format_args!("{path}.category"), &category.category, KNOWLEDGE_WORD_BYTES_MAX);
            self.unique(format_args!("{path}.category"), &mut seen, &category.category);
            self.aliases(&path, &category.aliases, KNOWLEDGE_WORD_BYTES_MAX);
            self.parameters(&path, &category.parameters, 0);
        }
    }

    fn aliases(&mut self, under: &str, aliases: &[String], bytes_max: usize) {
        self.list(format_args!("{under}.aliases"), aliases, KNOWLEDGE_VARIANTS_MAX, bytes_max);
    }

    /// `issues`: how many the product has, whose numbers are taken.
    fn parameters(&mut self, under: &str, parameters: &[Parameter], issues: usize) {
        self.count(format_args!("{under}.parameters"), parameters.len(), KNOWLEDGE_PARAMETERS_MAX);
        let mut seen = HashSet::new();
        for (index, parameter) in parameters.iter().take(KNOWLEDGE_PARAMETERS_MAX).enumerate() {
            let path = format!("{under}.parameters[{index}]");
            let name = format_args!("{path}.name");
            self.text(name, &parameter.name, KNOWLEDGE_WORD_BYTES_MAX);
            if !seen.insert(tight(&fold(&parameter.name))) {
                self.fault(name, FaultCode::Duplicate, format!("{} occurs twice", parameter.name));
            }
            if parameter.name.parse().is_ok_and(|number: usize| (1..=issues).contains(&number)) {
                self.fault(name, FaultCode::Duplicate, "is also the number of an issue");
            }
            self.aliases(&path, &parameter.aliases, KNOWLEDGE_WORD_BYTES_MAX);
            self.text(format_args!("{path}.value"), &parameter.value, KNOWLEDGE_VALUE_BYTES_MAX);
            if !parameter.unit.is_empty() {
                self.text(format_args!("{path}.unit"), &parameter.unit, KNOWLEDGE_WORD_BYTES_MAX);
            }
        }
    }

    fn issue(&mut self, path: &str, issue: &Issue) {
        self.text(format_args!("{path}.question"), &issue.question, ISSUE_BYTES_MAX);
        self.aliases(path, &issue.aliases, ISSUE_BYTES_MAX);
        let related = format_args!("{path}.related_products");
        self.list(related, &issue.related_products, KNOWLEDGE_VARIANTS_MAX, KNOWLEDGE_WORD_BYTES_MAX);
        let answer = format_args!("{path}.answer");
        if issue.steps.is_empty() || !issue.answer.is_empty() {
            self.text(answer, &issue.answer, TEXT_BYTES_MAX);
        }
        let steps = format_args!("{path}.steps");
        self.list(steps, &issue.steps, KNOWLEDGE_STEPS_MAX, KNOWLEDGE_TEXT_BYTES_MAX);
        // A part that is too long by itself has its own fault.
        let parts_fit = issue.answer.len() <= TEXT_BYTES_MAX
            && issue.steps.iter().all(|step| step.len() <= KNOWLEDGE_TEXT_BYTES_MAX);
        if parts_fit && graph_answer(issue).len() > TEXT_BYTES_MAX {
            let message = "with its steps and related products it is longer than one text message";
            self.fault(answer, FaultCode::TooLong, message);
        }
    }

    fn related(&mut self, under: &str, product: &Product, names: &HashSet<&str>) {
        let path = format_args!("{under}.related_products");
        self.count(path, product.related_products.len(), KNOWLEDGE_VARIANTS_MAX);
        for (index, name) in product.related_products.iter().take(KNOWLEDGE_VARIANTS_MAX).enumerate() {
            let path = format_args!("{under}.related_products[{index}]");
            if !names.contains(name.as_str()) {
                self.fault(path, FaultCode::UnknownProduct, format!("{name} is not in graph"));
            } else if *name == product.product {
                self.fault(path, FaultCode::Duplicate, "is the product itself");
            }
        }
    }
}

/// Everything that a tap can name.
pub(super) fn tappable(document: &Document) -> HashSet<Cow<'_, str>> {
    let entries = document.entries.iter().map(|entry| Cow::Borrowed(entry.id.as_str()));
    let issues = document.graph.iter().flat_map(|product| {
        (1..=product.issues.len()).map(|number| Cow::Owned(issue_id(&product.product, number)))
    });
    let parameters = document.graph.iter().flat_map(|product| {
        let sort = document.categories.iter().find(|sort| Some(&sort.category) == product.category.as_ref());
        let common = sort.into_iter().flat_map(|sort| &sort.parameters);
        let all = product.parameters.iter().chain(common);
        all.map(|parameter| Cow::Owned(parameter_id(&product.product, &parameter.name)))
    });
    let keys = document.menu.keys().map(|key| Cow::Borrowed(key.as_str()));
    keys.chain(entries).chain(issues).chain(parameters).collect()
}
