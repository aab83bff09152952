//! `kv-seed` is what a new deployment starts with: it must be sound, and it must answer.

use super::questions::{KNOWN, UNKNOWN};
use shunda::base::limits::TEXT_BYTES_MAX;
use shunda::base::message::InboundContent;
use shunda::base::time::{HOUR_MS, TimeMs};
use shunda::knowledge::answer::Answerer;
use shunda::knowledge::candidate::flatten;
use shunda::knowledge::channel_hours;
use shunda::knowledge::circumstances::Circumstances;
use shunda::knowledge::document::{Document, parse};
use shunda::knowledge::matcher::model::Model;
use shunda::knowledge::proposal::{Decision, Proposal, Score, Source, Urgency};
use shunda::knowledge::tokens::fold;
use shunda::knowledge::training::train_on;
use std::collections::HashSet;
use std::sync::LazyLock;

const KNOWLEDGE: &[u8] = include_bytes!("../../kv-seed/knowledge.json");
/// 2026-11-23, a Monday, 10:00 at the company.
const MONDAY_MORNING: TimeMs = TimeMs(1_795_399_200_000);
/// What a proposal may weigh on its way to the conversation's object.
const PROPOSAL_BYTES_MAX: usize = 4 * 1024;

fn document() -> Document {
    parse(KNOWLEDGE).expect("kv-seed/knowledge.json is sound")
}

/// As it is published without an encoder: trained on its own words.
fn answerer() -> Answerer {
    static MODEL: LazyLock<Model> = LazyLock::new(|| train_on(&document(), None));
    Answerer::with_model(document(), 7, Some(MODEL.clone()))
}

/// The proposal for `content` on the channel `main`, which keeps the company's hours.
fn propose(answerer: &Answerer, content: &InboundContent, now: TimeMs) -> Proposal {
    answerer.propose(content, &Circumstances { channel: &"main".into(), hours: None }, now)
}

fn text(text: &str) -> InboundContent {
    InboundContent::Text { text: text.to_owned(), menu_id: None }
}

fn decide(content: &InboundContent) -> Decision {
    propose(&answerer(), content, MONDAY_MORNING).decision
}

fn answered_by(content: &InboundContent) -> (Source, String) {
    match decide(content) {
        Decision::Answer { evidence, .. } => (evidence.source, evidence.entry),
        other => panic!("{content:?}: {other:?}"),
    }
}

#[test]
fn the_seed_is_a_believable_company() {
    let document = document();
    assert!(document.entries.len() >= 40);
    assert!(document.entries.iter().all(|entry| (3..=6).contains(&entry.variants.len())));
    assert_eq!(document.skill_groups.len(), 2);
    assert!(!document.graph.is_empty() && !document.rules.is_empty() && !document.menu.is_empty());
}

#[test]
fn every_phrasing_of_the_seed_finds_its_candidate() {
    let (document, answerer) = (document(), answerer());
    for candidate in flatten(document.entries, &document.graph) {
        for phrasing in &candidate.phrasings {
            match propose(&answerer, &text(phrasing), MONDAY_MORNING).decision {
                Decision::Answer { evidence, .. } => {
                    assert_eq!(
                        (evidence.entry, evidence.score),
                        (candidate.id.clone(), Score::ONE),
                        "{phrasing}"
                    );
                }
                other => panic!("{phrasing}: {other:?}"),
            }
        }
    }
}

#[test]
fn the_labelled_questions_are_new_to_the_seed() {
    let document = document();
    let candidates = flatten(document.entries, &document.graph);
    let known: HashSet<String> =
        candidates.iter().flat_map(|c| &c.phrasings).map(|phrasing| fold(phrasing)).collect();
    let ids: HashSet<&str> = candidates.iter().map(|candidate| candidate.id.as_str()).collect();
    for (question, expected) in KNOWN {
        assert!(!known.contains(&fold(question)), "{question} is a phrasing of the seed");
        assert!(ids.contains(expected), "{expected} is not in the seed");
    }
    assert!(KNOWN.len() >= 60 && UNKNOWN.len() >= 20);
}

/// Words alone: most questions are answered, none wrongly, and nothing is made up.
#[test]
fn known_questions_are_answered_and_unknown_ones_are_not() {
    let answerer = answerer();
    let (mut right, mut offered, mut wrong) = (0, 0, Vec::new());
    for (question, expected) in KNOWN {
        match propose(&answerer, &text(question), MONDAY_MORNING).decision {
            Decision::Answer { evidence, .. } if evidence.entry == *expected => right += 1,
            Decision::Answer { evidence, .. } => wrong.push((question, evidence)),
            Decision::Suggest { candidates, .. } => {
                offered += usize::from(candidates.iter().any(|candidate| candidate.entry == *expected));
            }
            _ => {}
        }
    }
    for question in UNKNOWN {
        if let Decision::Answer { evidence, .. } =
            propose(&answerer, &text(question), MONDAY_MORNING).decision
        {
            wrong.push((question, evidence));
        }
    }
    eprintln!(
        "{right} of {} answered, {offered} more offered; of {} unknown ones none",
        KNOWN.len(),
        UNKNOWN.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(right * 10 >= KNOWN.len() * 9, "{right} of {} answered", KNOWN.len());
    assert!((right + offered) * 20 >= KNOWN.len() * 19, "{} of {} found", right + offered, KNOWN.len());
}

#[test]
fn a_person_is_asked_for_in_many_words() {
    for wish in [
        "转人工",
        "人工",
        "请帮我 转人工！",
        "我要真人",
        "我要找人工客服",
        "could I talk to a human?",
        "人工客服几点在",
    ] {
        assert!(matches!(decide(&text(wish)), Decision::Handoff { .. }), "{wish}: {:?}", decide(&text(wish)));
    }
    for other in ["不要转人工，告诉我怎么退货", "先别转人工", "人工费"] {
        assert!(!matches!(decide(&text(other)), Decision::Handoff { .. }), "{other}");
    }
}

#[test]
fn rules_menu_and_greeting_come_before_the_entries() {
    assert_eq!(answered_by(&text("优惠券")), (Source::Rule, "r-coupon".into()));
    assert_eq!(answered_by(&text("插上电有点漏电的感觉")), (Source::Rule, "r-safety".into()));
    assert_eq!(
        answered_by(&InboundContent::MenuClick { key: "MENU_HOURS".into() }),
        (Source::Menu, "MENU_HOURS".into())
    );
    let tapped = InboundContent::Text { text: "人工时间".into(), menu_id: Some("MENU_HOURS".into()) };
    assert_eq!(answered_by(&tapped), (Source::Menu, "MENU_HOURS".into()));
    assert_eq!(
        decide(&InboundContent::MenuClick { key: "MENU_HUMAN".into() }),
        Decision::Handoff { asked_by: "MENU_HUMAN".into() }
    );
    assert!(matches!(decide(&InboundContent::MenuClick { key: "GONE".into() }), Decision::Unsure { .. }));
    for greeting in ["你好", "在吗？？", "Hello!"] {
        assert!(matches!(decide(&text(greeting)), Decision::Greeting { .. }), "{greeting}");
    }
    assert_eq!(answered_by(&text("你好，怎么退货")), (Source::Entry, "return".into()));
}

#[test]
fn what_is_not_text_is_said_to_be_so() {
    let voice = |recognition: Option<&str>| InboundContent::Voice {
        media_id: "m".into(),
        format: "amr".into(),
        recognition: recognition.map(str::to_owned),
    };
    assert_eq!(answered_by(&voice(Some("怎么退货。"))), (Source::Entry, "return".into()));
    for content in
        [voice(None), voice(Some(" ")), InboundContent::Image { media_id: "m".into(), url: String::new() }]
    {
        assert!(matches!(decide(&content), Decision::NotText { .. }), "{content:?}");
    }
    assert!(matches!(decide(&InboundContent::Follow { scene: None }), Decision::Greeting { .. }));
    for content in [InboundContent::Unfollow, InboundContent::Scan { scene: "s".into() }] {
        assert_eq!(decide(&content), Decision::Ignore);
    }
    for blank in ["", "？？？", "[微笑]", "😀"] {
        assert!(matches!(decide(&text(blank)), Decision::Unsure { .. }), "{blank}");
    }
}

#[test]
fn a_proposal_knows_the_hour_the_group_and_the_urgency() {
    let answerer = answerer();
    let open = propose(&answerer, &text("机器漏电，我要投诉，退货！"), MONDAY_MORNING);
    assert_eq!((open.version, open.open, open.urgency), (7, true, Urgency::High));
    assert_eq!(open.skill_group.as_str(), "after_sales");
    let closed = propose(&answerer, &text("公司团购有优惠吗"), MONDAY_MORNING + 13 * HOUR_MS);
    assert_eq!((closed.open, closed.urgency), (false, Urgency::Normal));
    assert_eq!(closed.skill_group.as_str(), "sales");
    assert_ne!(open.handoff_text, closed.handoff_text);
    assert!(closed.handoff_text.contains("明天 09:00"), "{}", closed.handoff_text);
    assert!(closed.handoff_text.contains("周一至周五 09:00–21:00，周六、周日 10:00–18:00"));
}

#[test]
fn a_channel_with_hours_of_its_own_follows_them() {
    let own = |json: &str| channel_hours::parse(json.as_bytes()).unwrap();
    let at = |hours: &str, now| {
        let circumstances = Circumstances { channel: &"shop".into(), hours: Some(&own(hours)) };
        answerer().propose(&text("转人工"), &circumstances, now)
    };
    let lunch = r#"{"weekly":{"mon":[["11:00","13:00"]]}}"#;
    let early = at(lunch, MONDAY_MORNING);
    assert!(!early.open);
    assert!(early.handoff_text.contains("今天 11:00") && early.handoff_text.ends_with("周一 11:00–13:00"));
    assert!(at(lunch, MONDAY_MORNING + HOUR_MS).open, "by the company's clock");
    let west = r#"{"utc_offset_minutes":-300,"weekly":{"sun":[["21:00","22:00"]]}}"#;
    assert!(
        at(west, MONDAY_MORNING).open,
        "Monday 10:00 in China is Sunday 21:00 five hours west of Greenwich"
    );
    let seven = propose(&answerer(), &text("转人工"), MONDAY_MORNING + -3 * HOUR_MS);
    assert!(seven.handoff_text.contains("今天 09:00"), "other channels keep the company's hours");
}

#[test]
fn what_was_not_answered_may_be_asked_of_a_slower_tier() {
    let answerer = answerer();
    let of = |content: &InboundContent| propose(&answerer, content, MONDAY_MORNING);
    assert!(of(&text("扫地机器人多少钱")).slow);
    let spoken = InboundContent::Voice {
        media_id: "m".into(),
        format: "amr".into(),
        recognition: Some("扫地机器人多少钱".into()),
    };
    assert!(of(&spoken).slow);
    for known in ["怎么退货", "转人工", "你好", "？？？", "😀"] {
        assert!(!of(&text(known)).slow, "{known}");
    }
    assert!(!of(&InboundContent::MenuClick { key: "GONE".into() }).slow, "no words to ask about");
}

#[test]
fn suggestions_can_be_tapped() {
    let answerer = answerer();
    let mut suggested = 0;
    for question in KNOWN.iter().map(|(question, _)| question).chain(UNKNOWN) {
        let proposal = propose(&answerer, &text(question), MONDAY_MORNING);
        let Decision::Suggest { candidates, .. } = &proposal.decision else {
            let composed = matches!(&proposal.decision, Decision::Answer { evidence, .. } if evidence.source == Source::Graph);
            assert!(composed || proposal.menu.is_none(), "{question}");
            continue;
        };
        suggested += 1;
        let menu = proposal.menu.unwrap();
        assert_eq!(menu.head, "您是想问下面的问题吗？请回复其中一句：");
        assert_eq!(menu.tail, "都不是的话，请回复“转人工”。");
        let offered: Vec<_> = candidates.iter().map(|c| (c.entry.as_str(), c.question.as_str())).collect();
        let tappable: Vec<_> = menu.items.iter().map(|item| (item.id.as_str(), item.text.as_str())).collect();
        assert_eq!(tappable, offered);
    }
    assert!(suggested > 3);
}

#[test]
fn a_proposal_is_small_and_survives_the_journey() {
    let answerer = answerer();
    for question in KNOWN.iter().map(|(question, _)| question).chain(UNKNOWN) {
        let proposal = propose(&answerer, &text(question), MONDAY_MORNING + 13 * HOUR_MS);
        let json = serde_json::to_string(&proposal).unwrap();
        assert!(json.len() <= PROPOSAL_BYTES_MAX, "{question}: {} bytes", json.len());
        assert!(proposal.handoff_text.len() <= TEXT_BYTES_MAX);
        assert_eq!(serde_json::from_str::<Proposal>(&json).unwrap(), proposal);
    }
}

#[test]
fn a_proposal_has_this_shape() {
    let json = serde_json::to_value(propose(&answerer(), &text("怎么退货"), MONDAY_MORNING)).unwrap();
    let expected = serde_json::json!({
        "version": 7, "skill_group": "after_sales", "group_claimed": true, "urgency": "normal", "open": true, "misses_before_handoff": 2,
        "handoff_text": "已为您转接人工客服，同事会尽快在这里回复您，请稍等。您可以先补充订单号或照片。",
        "still_waiting_text": "您的消息已转给人工客服，同事会尽快回复，请稍候。",
        "follow": { "kind": "drop" },
        "decision": {
            "kind": "answer",
            "text": "签收 7 天内、配件齐全且未下水使用，可无理由退货：我的订单 → 申请售后 → 退货。上门取件免费；收到货检验后退款。",
            "evidence": {
                "source": "entry", "entry": "return", "question": "怎么退货", "matched": "怎么退货",
                "score": 1.0, "threshold": 1.0, "tier": "exact", "version": 7
            }
        }
    });
    assert_eq!(json, expected);
}
