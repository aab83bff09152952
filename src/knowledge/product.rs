//! Products as a document has them: the nodes of the knowledge graph, and the facts about each.

use serde::{Deserialize, Serialize};

/// Products of one sort, with what they have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Its name.
    pub category: String,
    /// Other names that customers use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// What holds for each of its products that does not say otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
}

/// A node of the knowledge graph: a product, what is so about it, and what happens with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Its name.
    pub product: String,
    /// Other names that customers use. Several products may share one: then customers are asked which they mean.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The category it belongs to, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// What is so about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// What happens with it.
    #[serde(default)]
    pub issues: Vec<Issue>,
    /// Products of this document that go with it, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related_products: Vec<String>,
}

/// Something that is so about a product: its 保修期 is 1 年.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// What it is called. Parameters of several products with one name are one question.
    pub name: String,
    /// Other words that customers use for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// What it is.
    pub value: String,
    /// In what it is counted; possibly empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
}

/// One issue of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issue {
    /// The question, without the product's name.
    pub question: String,
    /// Other words that customers use for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The reply; it may be missing where there are steps.
    #[serde(default)]
    pub answer: String,
    /// What to do, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
    /// Products that the reply also holds for. They may also be things that this document says no more about.
    #[serde(default)]
    pub related_products: Vec<String>,
}
