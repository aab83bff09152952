//! Where customers come from decides how they are welcomed; what they tap decides what happens.

use serde_json::{Value, json};
use shunda::base::limits::SUGGESTIONS_MAX;
use shunda::base::message::InboundContent;
use shunda::base::time::TimeMs;
use shunda::knowledge::answer::Answerer;
use shunda::knowledge::circumstances::Circumstances;
use shunda::knowledge::document::parse;
use shunda::knowledge::proposal::{Decision, Proposal, Source};

/// 2026-11-23, a Monday, 10:00 at the company.
const MONDAY_MORNING: TimeMs = TimeMs(1_795_399_200_000);

fn seed() -> Value {
    serde_json::from_str(include_str!("../../kv-seed/knowledge.json")).unwrap()
}

/// What the seed, with these welcomes in place of its own, proposes on `channel`.
fn with_welcomes(welcomes: Value, channel: &str, content: &InboundContent) -> Proposal {
    let mut document = seed();
    document["welcomes"] = welcomes;
    let document = parse(document.to_string().as_bytes()).unwrap();
    let circumstances = Circumstances { channel: &channel.into(), hours: None };
    Answerer::new(document, 7).propose(content, &circumstances, MONDAY_MORNING)
}

fn of_seed(content: &InboundContent) -> Proposal {
    with_welcomes(seed()["welcomes"].clone(), "main", content)
}

fn follow(scene: Option<&str>) -> InboundContent {
    InboundContent::Follow { scene: scene.map(str::to_owned) }
}

fn scan(scene: &str) -> InboundContent {
    InboundContent::Scan { scene: scene.to_owned() }
}

fn enter(scene: Option<&str>) -> InboundContent {
    InboundContent::Enter { scene: scene.map(str::to_owned), welcome_code: None }
}

fn tap(menu_id: &str, text: &str) -> InboundContent {
    InboundContent::Text { text: text.to_owned(), menu_id: Some(menu_id.to_owned()) }
}

fn click(key: &str) -> InboundContent {
    InboundContent::MenuClick { key: key.to_owned() }
}

/// The words of a greeting; empty when there is nothing to say.
fn greeting(proposal: &Proposal) -> &str {
    match &proposal.decision {
        Decision::Greeting { text } => text,
        Decision::Ignore => "",
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_customer_is_welcomed_by_where_they_come_from() {
    for content in [follow(Some("box_card")), scan("box_card"), enter(Some("box_card"))] {
        let proposal = of_seed(&content);
        assert!(greeting(&proposal).starts_with("感谢选购晨光小家电！首次使用"), "{content:?}");
        assert!(greeting(&proposal).ends_with("周六、周日 10:00–18:00"), "the hours are filled in");
        assert_eq!((proposal.skill_group.as_str(), proposal.group_claimed), ("after_sales", true));
        let menu = proposal.menu.unwrap();
        assert_eq!(menu.head, "感谢选购晨光小家电！您想了解什么？点一下就好，也可以直接输入问题：");
        let ids: Vec<&str> = menu.items.iter().map(|item| item.id.as_str()).collect();
        assert_eq!(
            (ids, menu.tail.as_str()),
            (vec!["MENU_FIRST_USE", "MENU_REPAIR", "MENU_AFTER_SALES"], "")
        );
    }
    let store = of_seed(&scan("store_beijing_3"));
    assert!(greeting(&store).starts_with("您好，欢迎光临晨光小家电"));
    assert_eq!((store.skill_group.as_str(), store.menu), ("sales", None));
}

#[test]
fn who_comes_from_elsewhere_is_greeted_as_ever() {
    for scene in [None, Some("poster"), Some("box_card_2"), Some("store")] {
        for content in [follow(scene), enter(scene)] {
            let proposal = of_seed(&content);
            assert!(greeting(&proposal).starts_with("您好，这里是晨光小家电的客服小晨"), "{content:?}");
            assert!(!proposal.group_claimed && proposal.menu.is_none());
        }
    }
    assert_eq!(of_seed(&scan("poster")).decision, Decision::Ignore);
}

#[test]
fn the_first_welcome_that_fits_scene_and_channel_counts() {
    let welcomes = json!([
        { "source": "card", "channels": ["shop"], "text": "exact, shop" },
        { "source": "card*", "text": "beginning" },
        { "source": "card", "text": "never" },
        { "source": "*", "channels": ["shop"], "text": "anyone, shop" },
        { "source": "a*b", "text": "a star inside is a letter" },
    ]);
    for (channel, content, expected) in [
        ("shop", scan("card"), "exact, shop"),
        ("main", scan("card"), "beginning"),
        ("shop", scan("card2"), "beginning"),
        ("shop", scan("other"), "anyone, shop"),
        ("shop", follow(None), "anyone, shop"),
        ("main", scan("a*b"), "a star inside is a letter"),
        ("main", scan("axb"), ""),
        ("main", scan("car"), ""),
    ] {
        let proposal = with_welcomes(welcomes.clone(), channel, &content);
        assert_eq!(greeting(&proposal), expected, "{channel} {content:?}");
    }
}

#[test]
fn without_a_head_the_menu_says_the_text() {
    let item = json!({ "id": "return", "text": "怎么退货" });
    let welcomes = json!([{ "source": "*", "text": "{company}欢迎您", "menu": { "items": [item] } }]);
    let menu = with_welcomes(welcomes, "main", &follow(None)).menu.unwrap();
    assert_eq!(menu.head, "晨光小家电欢迎您");
}

#[test]
fn a_menu_item_answers_hands_off_or_hands_off_to_a_group() {
    for content in [click("MENU_AFTER_SALES"), tap("MENU_AFTER_SALES", "公司团购价格")] {
        let proposal = of_seed(&content);
        assert_eq!(proposal.decision, Decision::Handoff { asked_by: "MENU_AFTER_SALES".into() });
        let group = (proposal.skill_group.as_str(), proposal.group_claimed);
        assert_eq!(group, ("after_sales", true), "the item's group, whatever the words are");
        assert_eq!(proposal.title.as_deref(), Some("联系售后同事"));
    }
    let human = of_seed(&click("MENU_HUMAN"));
    assert_eq!(human.decision, Decision::Handoff { asked_by: "MENU_HUMAN".into() });
    assert_eq!((human.group_claimed, human.title), (false, None));
    let repair = of_seed(&click("MENU_REPAIR"));
    let Decision::Answer { text, evidence } = repair.decision else { panic!() };
    assert!(text.starts_with("报修请准备"));
    assert_eq!((evidence.source, evidence.question.as_str()), (Source::Menu, "怎么报修"));
    assert_eq!(repair.title.as_deref(), Some("怎么报修"));
}

#[test]
fn an_answer_can_be_tapped_by_its_id() {
    for (id, source, title) in
        [("return", Source::Entry, "怎么退货"), ("破壁机 P10/1", Source::Graph, "破壁机 P10 显示 E1")]
    {
        for content in [tap(id, "转人工"), click(id)] {
            let proposal = of_seed(&content);
            let Decision::Answer { evidence, .. } = proposal.decision else { panic!("{content:?}") };
            assert_eq!((evidence.source, evidence.entry.as_str()), (source, id));
            assert_eq!(proposal.title.as_deref(), Some(title));
        }
    }
    let gone = of_seed(&tap("an-entry-that-was-removed", "怎么退货"));
    let Decision::Answer { evidence, .. } = gone.decision else { panic!() };
    assert_eq!(evidence.entry, "return", "the words of the choice still say what is meant");
    assert_eq!(gone.title, None);
    for nothing in ["an-entry-that-was-removed", "retur", "破壁机 P10/99", ""] {
        assert!(matches!(of_seed(&click(nothing)).decision, Decision::Unsure { .. }), "{nothing}");
    }
}

/// What the longest texts that a document may have make of a proposal: it travels with each message.
#[test]
fn the_largest_proposal_is_still_small() {
    let mut document = seed();
    let question = |end: &str| format!("{}{end}", "退货运费".repeat(33));
    for (index, end) in ["甲", "乙", "丙"].iter().enumerate() {
        document["entries"][index]["question"] = json!(question(end));
        document["entries"][index]["id"] = json!(format!("{end}{}", "x".repeat(61)));
    }
    for text in document["texts"].as_object_mut().unwrap().values_mut() {
        *text = json!(format!("{}{{hours}}", "长".repeat(190)));
    }
    document["texts"]["suggest"] = json!(format!("{}{{questions}}", "长".repeat(190)));
    let document = parse(document.to_string().as_bytes()).unwrap();
    let asked = InboundContent::Text { text: question("丁"), menu_id: None };
    let circumstances = Circumstances { channel: &"main".into(), hours: None };
    let proposal = Answerer::new(document, 7).propose(&asked, &circumstances, MONDAY_MORNING);
    assert_eq!(proposal.menu.as_ref().map(|menu| menu.items.len()), Some(SUGGESTIONS_MAX));
    let bytes = serde_json::to_vec(&proposal).unwrap().len();
    assert!(bytes <= 8 * 1024, "{bytes} bytes");
}
