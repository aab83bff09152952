//! Candidates: everything that can be an answer, entries and graph alike, in one flat shape.

use super::document::{Entry, Issue, Product};
use super::proposal::Source;

/// Something that can be an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Where it comes from.
    pub source: Source,
    /// Its id there.
    pub id: String,
    /// Ways to ask for it; the first is the standard question. Never empty.
    pub phrasings: Vec<String>,
    /// The reply.
    pub answer: String,
}

impl Candidate {
    /// The standard question.
    pub fn question(&self) -> &str {
        self.phrasings.first().map_or("", String::as_str)
    }
}

/// Entries first, then the graph's issues, in the document's order.
pub fn flatten(entries: Vec<Entry>, graph: &[Product]) -> Vec<Candidate> {
    let entries = entries.into_iter().map(|entry| Candidate {
        source: Source::Entry,
        id: entry.id,
        phrasings: core::iter::once(entry.question).chain(entry.variants).collect(),
        answer: entry.answer,
    });
    entries.chain(graph.iter().flat_map(issues)).collect()
}

/// A product's issues: each is asked with the product's name or with one of its aliases, in front or, as people
/// do who complain first, alone.
fn issues(product: &Product) -> impl Iterator<Item = Candidate> {
    product.issues.iter().enumerate().map(move |(index, issue)| {
        let names = core::iter::once(&product.product).chain(&product.aliases);
        let named = names.map(|name| format!("{name} {}", issue.question));
        Candidate {
            source: Source::Graph,
            id: issue_id(&product.product, index + 1),
            phrasings: named.chain([issue.question.clone()]).collect(),
            answer: graph_answer(issue),
        }
    })
}

/// The id of a product's issue, counted from 1.
pub(super) fn issue_id(product: &str, number: usize) -> String {
    format!("{product}/{number}")
}

/// An issue's answer, with the products that it also holds for.
pub(super) fn graph_answer(issue: &Issue) -> String {
    if issue.related_products.is_empty() {
        return issue.answer.clone();
    }
    if issue.answer.is_ascii() {
        return format!("{}\nSee also: {}", issue.answer, issue.related_products.join(", "));
    }
    format!("{}\n相关产品：{}", issue.answer, issue.related_products.join("、"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_is_asked_by_every_name_and_names_its_relatives() {
        let graph: Vec<Product> = serde_json::from_str(
            r#"[{"product":"破壁机 P10","aliases":["破壁机"],
                 "issues":[{"question":"漏水","answer":"检查密封圈。","related_products":["密封圈","榨汁机 J3"]}]}]"#,
        )
        .unwrap();
        let found = flatten(Vec::new(), &graph);
        assert_eq!(found[0].id, "破壁机 P10/1");
        assert_eq!(found[0].phrasings, ["破壁机 P10 漏水", "破壁机 漏水", "漏水"]);
        assert_eq!(found[0].answer, "检查密封圈。\n相关产品：密封圈、榨汁机 J3");
    }
}
