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
        // Alone, an alias may be another product's too.
        let aliases = issue.aliases.iter().map(|alias| format!("{} {alias}", product.product));
        Candidate {
            source: Source::Graph,
            id: issue_id(&product.product, index + 1),
            phrasings: named.chain([issue.question.clone()]).chain(aliases).collect(),
            answer: graph_answer(issue),
        }
    })
}

/// The id of a product's issue, counted from 1.
pub(super) fn issue_id(product: &str, number: usize) -> String {
    format!("{product}/{number}")
}

/// An issue's answer: the words, the steps as a numbered list, and the products that it also holds for.
pub(super) fn graph_answer(issue: &Issue) -> String {
    let steps = issue.steps.iter().enumerate().map(|(index, step)| format!("{}. {step}", index + 1));
    let words = Some(issue.answer.clone()).filter(|answer| !answer.is_empty());
    let mut lines: Vec<String> = words.into_iter().chain(steps).collect();
    if !issue.related_products.is_empty() {
        let is_english = lines.iter().all(|line| line.is_ascii());
        let (label, between) = if is_english { ("See also: ", ", ") } else { ("相关产品：", "、") };
        lines.push(label.to_owned() + &issue.related_products.join(between));
    }
    lines.join("\n")
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

    #[test]
    fn steps_are_a_numbered_list_within_the_answer() {
        let issue: Issue = serde_json::from_str(
            r#"{"question":"leaks","steps":["Take it apart.","Dry it."],"related_products":["Seal"]}"#,
        )
        .unwrap();
        assert_eq!(graph_answer(&issue), "1. Take it apart.\n2. Dry it.\nSee also: Seal");
    }
}
