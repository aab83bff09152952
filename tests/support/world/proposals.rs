//! The edge's opinion, from a small fixed table of words. Every text bears the delivery's number: a redelivery
//! proposes other words than the first delivery did, and must not be given them.

use shunda::base::message::InboundContent;
use shunda::knowledge::dialogue::{Follow, Topic};
use shunda::knowledge::mood::read;
use shunda::knowledge::proposal::{Decision, Evidence, Proposal, Score, Source, Urgency};

pub fn text(words: &str) -> InboundContent {
    InboundContent::Text { text: words.into(), menu_id: None }
}

/// What a customer says who was asked which one they mean.
pub const WHICH: &str = "P10";

/// What is answered to [`WHICH`] in a conversation about `about`.
pub fn filled(about: &str) -> String {
    format!("答{about}")
}

pub fn proposal(content: &InboundContent, key: &str, delivery: usize, topic: Option<&Topic>) -> Proposal {
    let said = |what: &str| format!("{what} {key} #{delivery}");
    let about = topic.and_then(|topic| topic.about.as_deref());
    let decision = match content {
        InboundContent::Text { text, .. } if text.starts_with("漏水") => {
            Decision::Which { text: said("哪个型号"), candidates: vec![evidence(text)] }
        }
        InboundContent::Text { text, .. } if text == WHICH && about.is_some() => {
            Decision::Answer { text: said(&filled(about.unwrap_or_default())), evidence: evidence(text) }
        }
        InboundContent::Text { text, .. } if text.starts_with("保修") => {
            Decision::Answer { text: said("保修一年"), evidence: evidence(text) }
        }
        InboundContent::Text { text, .. } if text.starts_with("人工") => {
            Decision::Handoff { asked_by: "人工".into() }
        }
        InboundContent::Text { text, .. } if text.starts_with("你好") => {
            Decision::Greeting { text: said("您好") }
        }
        InboundContent::Text { .. } => Decision::Unsure { text: said("没听懂") },
        InboundContent::MenuClick { key } if key == "HUMAN" => Decision::Handoff { asked_by: key.clone() },
        InboundContent::MenuClick { key } => {
            Decision::Answer { text: said("营业时间"), evidence: evidence(key) }
        }
        InboundContent::Follow { .. } => Decision::Greeting { text: said("欢迎") },
        content if content.is_message() => Decision::NotText { text: said("请发文字") },
        _ => Decision::Ignore,
    };
    let follow = match (&decision, about) {
        (Decision::Which { .. }, _) => {
            let about = Some(format!("漏水-{key}"));
            Follow::Set(Topic { about, options: vec!["P10/1".into()], products: Vec::new() })
        }
        (Decision::Answer { .. }, Some(about)) => {
            let about = Some(about.to_owned());
            Follow::Set(Topic { about, options: Vec::new(), products: vec!["P10".into()] })
        }
        (Decision::Answer { .. } | Decision::Handoff { .. }, _) => Follow::Drop,
        _ => Follow::Keep,
    };
    let is_which = matches!(content, InboundContent::Text { text, .. } if text == WHICH);
    let group = if key.len().is_multiple_of(2) { "sales" } else { "after_sales" };
    Proposal {
        version: 1,
        skill_group: group.into(),
        group_claimed: false,
        urgency: if key.ends_with('7') { Urgency::High } else { Urgency::Normal },
        mood: key.ends_with('7').then(|| read("漏电了", None)).flatten().map(Box::new),
        open: true,
        handoff_text: said("已转人工"),
        still_waiting_text: said("还在排队"),
        misses_before_handoff: 2,
        title: None,
        menu: None,
        slow: matches!(decision, Decision::Unsure { .. }),
        depends: topic.is_none() && is_which,
        follow,
        passages: Vec::new(),
        decision,
    }
}

fn evidence(matched: &str) -> Evidence {
    Evidence {
        source: Source::Entry,
        entry: "e1".into(),
        question: "保修多久".into(),
        matched: matched.into(),
        score: Score::ONE,
        threshold: Score::from_share(0.6),
        tier: None,
        version: 1,
        remote: None,
        tried: None,
    }
}
