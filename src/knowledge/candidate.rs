//! Candidates: everything that can be an answer, entries and graph alike, in one flat shape.

use super::document::{Entry, Issue, Product};
use super::hours::Date;
use super::proposal::Source;
use crate::base::id::ChannelId;

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
    /// When and where it may be used.
    pub validity: Validity,
}

/// When and where a candidate may be used. Days are counted from 1970-01-01 by the company's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validity {
    from_day: Option<i64>,
    to_day: Option<i64>,
    channels: Vec<ChannelId>,
}

impl Validity {
    /// Whether it holds on this day for a message to this channel.
    pub fn holds(&self, day: i64, channel: &ChannelId) -> bool {
        self.from_day.is_none_or(|from| from <= day)
            && self.to_day.is_none_or(|to| day <= to)
            && (self.channels.is_empty() || self.channels.contains(channel))
    }
}

impl Candidate {
    /// The standard question.
    pub fn question(&self) -> &str {
        self.phrasings.first().map_or("", String::as_str)
    }
}

/// Entries first, then the graph's issues, in the document's order. An entry that is off is no candidate.
pub fn flatten(entries: Vec<Entry>, graph: &[Product]) -> Vec<Candidate> {
    let active = entries.into_iter().filter(|entry| entry.status.is_active());
    let entries = active.map(|entry| Candidate {
        source: Source::Entry,
        id: entry.id,
        phrasings: core::iter::once(entry.question).chain(entry.variants).chain(entry.keywords).collect(),
        answer: entry.answer,
        validity: Validity {
            from_day: entry.valid_from.as_ref().and_then(Date::epoch_day),
            to_day: entry.valid_to.as_ref().and_then(Date::epoch_day),
            channels: entry.channels,
        },
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
            validity: Validity::default(),
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
    fn an_entry_is_for_its_days_and_channels_and_asked_by_its_keywords() {
        let entries: Vec<Entry> = serde_json::from_str(
            r#"[{"id":"a","question":"双十一满减","answer":"满 300 减 50。","variants":["满减怎么算"],"keywords":["双11"],
                 "valid_from":"2026-11-01","valid_to":"2026-11-11","channels":["main"]},
                {"id":"b","question":"发票","answer":"电子发票。","status":"off"},
                {"id":"c","question":"保修","answer":"一年。"}]"#,
        )
        .unwrap();
        let found = flatten(entries, &[]);
        assert_eq!(found.iter().map(|candidate| candidate.id.as_str()).collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!(found[0].phrasings, ["双十一满减", "满减怎么算", "双11"]);
        let holds = |date: &str, channel: &str| {
            found[0].validity.holds(Date(date.to_owned()).epoch_day().unwrap(), &channel.into())
        };
        let days = ["2026-10-31", "2026-11-01", "2026-11-11", "2026-11-12"].map(|date| holds(date, "main"));
        assert_eq!(days, [false, true, true, false], "the first and the last day count");
        assert!(!holds("2026-11-05", "app"));
        assert!(found[1].validity.holds(0, &"app".into()));
    }

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
