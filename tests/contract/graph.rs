//! What a company knows of its products, asked in one message and in several.

use super::product_questions::{BEYOND, COMPOSED, WHICH};
use crate::support::shop::{propose, shop};
use serde_json::{Value, json};
use shunda::base::message::InboundContent;
use shunda::knowledge::answer::Answerer;
use shunda::knowledge::dialogue::{Follow, Topic};
use shunda::knowledge::document::parse;
use shunda::knowledge::proposal::{Decision, Evidence, Proposal, Score, Source};

fn asked(answerer: &Answerer, text: &str, topic: Option<&Topic>) -> Proposal {
    propose(answerer, &InboundContent::Text { text: text.to_owned(), menu_id: None }, topic)
}

/// The first line of a composed answer, and what it rests on.
fn answer(proposal: &Proposal) -> (String, String) {
    match &proposal.decision {
        Decision::Answer { text, evidence: Evidence { source: Source::Graph, entry, .. } } => {
            (text.lines().next().unwrap_or_default().to_owned(), entry.clone())
        }
        other => panic!("{other:?}"),
    }
}

fn topic(proposal: &Proposal) -> Topic {
    match &proposal.follow {
        Follow::Set(topic) => topic.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_parameter_of_a_product_is_answered_in_either_language() {
    let shop = shop();
    for (question, text, path) in [
        ("P10 的保修期多久", "破壁机 P10 的保修期是 1 年。", "破壁机 P10/保修期"),
        ("请问破壁机Ｐ１０质保几年呀？", "破壁机 P10 的保修期是 1 年。", "破壁机 P10/保修期"),
        ("p6保修多长时间", "破壁机 P6 的保修期是 3 年。", "破壁机 P6/保修期"),
        ("破壁机 P10 有多重", "破壁机 P10 的重量是 4.6 千克。", "破壁机 P10/重量"),
        ("How long is the warranty of the P6?", "The 保修期 of 破壁机 P6 is 3 年.", "破壁机 P6/保修期"),
        ("what's the H2's capacity", "The 容量 of 养生壶 H2 is 1.5 升.", "养生壶 H2/容量"),
    ] {
        assert_eq!(answer(&asked(&shop, question, None)), (text.to_owned(), path.to_owned()), "{question}");
    }
}

#[test]
fn a_question_that_says_more_than_it_names_is_not_answered_from_facts() {
    let shop = shop();
    for question in
        ["P10 保修卡丢了", "P10 保修怎么申请", "P10 容量够五个人用吗", "P10 怎么退货", "P10", "容量和重量"]
    {
        let decision = asked(&shop, question, None).decision;
        let composed =
            matches!(&decision, Decision::Answer { evidence, .. } if evidence.source == Source::Graph);
        assert!(!composed && !matches!(decision, Decision::Which { .. }), "{question}: {decision:?}");
    }
}

#[test]
fn steps_are_a_numbered_list_and_related_questions_are_offered() {
    let shop = shop();
    let proposal = asked(&shop, "P10杯底漏水怎么办", None);
    let Decision::Answer { text, .. } = &proposal.decision else { panic!("{proposal:?}") };
    assert_eq!(text, "1. 断电。\n2. 装平密封圈。\n相关产品：破壁机 P6\n还可以问：不加热、容量、重量");
    let menu = proposal.menu.unwrap();
    let items: Vec<_> = menu.items.iter().map(|item| (item.id.as_str(), item.text.as_str())).collect();
    assert_eq!(
        items,
        [
            ("破壁机 P10/2", "破壁机 P10 不加热"),
            ("破壁机 P10/容量", "破壁机 P10 的容量"),
            ("破壁机 P10/重量", "破壁机 P10 的重量")
        ]
    );
    let parameter = asked(&shop, "P10容量", None);
    let Decision::Answer { text, .. } = &parameter.decision else { panic!("{parameter:?}") };
    assert_eq!(text, "破壁机 P10 的容量是 1.75 升。\n还可以问：重量、保修期、电压\n相关产品：破壁机 P6");
    assert_eq!(parameter.menu.unwrap().tail, "相关产品：破壁机 P6");
}

#[test]
fn where_products_agree_nothing_is_asked() {
    let shop = shop();
    let (text, path) = answer(&asked(&shop, "电压多少", None));
    assert_eq!(text, "破壁机 P10、破壁机 P6、养生壶 H2 的电压都是 220 V。");
    assert_eq!(path, "破壁机 P10/电压 + 破壁机 P6/电压 + 养生壶 H2/电压");
    // Two that were named stay in focus.
    let named = asked(&shop, "破壁机的电压", None);
    assert_eq!(answer(&named).0, "破壁机 P10、破壁机 P6 的电压都是 220 V。");
    let then = asked(&shop, "那容量呢", Some(&topic(&named)));
    assert_eq!(answer(&then).0, "容量：破壁机 P10 是 1.75 升，破壁机 P6 是 1.2 升。");
    assert_eq!(answer(&asked(&shop, "漏水怎么办", Some(&topic(&named)))).1, "破壁机 P10/1");
    // One reply that also holds for the other product.
    assert_eq!(answer(&asked(&shop, "破壁机漏水", None)).1, "破壁机 P10/1");
    assert_eq!(answer(&asked(&shop, "P6漏水怎么处理", None)).0, "1. 断电。");
    // Only one has it: whose it is, is said.
    assert_eq!(answer(&asked(&shop, "不加热怎么办", None)).0, "破壁机 P10 不加热：");
}

#[test]
fn two_products_are_compared() {
    let shop = shop();
    for question in ["P6和P10的容量哪个大", "P6 跟 P10 哪个更大", "P6 vs P10 capacity"] {
        assert_eq!(answer(&asked(&shop, question, None)).1, "破壁机 P6/容量 + 破壁机 P10/容量", "{question}");
    }
    let proposal = asked(&shop, "P6和P10的容量分别是多少", None);
    assert_eq!(
        answer(&proposal),
        (
            "容量：破壁机 P6 是 1.2 升，破壁机 P10 是 1.75 升。".to_owned(),
            "破壁机 P6/容量 + 破壁机 P10/容量".to_owned()
        )
    );
    let then = asked(&shop, "那保修呢", Some(&topic(&proposal)));
    assert_eq!(answer(&then).0, "保修期：破壁机 P6 是 3 年，破壁机 P10 是 1 年。");
}

#[test]
fn what_is_left_unsaid_is_asked_for_and_filled_in() {
    let shop = shop();
    let question = asked(&shop, "漏水怎么办", None);
    let Decision::Which { text, candidates } = &question.decision else { panic!("{question:?}") };
    assert_eq!(text, "请问是哪个型号？\n1. 破壁机 P10\n2. 破壁机 P6\n3. 养生壶 H2\n回复序号或型号即可。");
    assert_eq!(candidates.len(), 3);
    let about = topic(&question);
    for reply in
        ["P10", "1", "第一个", "就是P10吧", "我的是破壁机 P10", "P10，去年双十一下单的", "the first one"]
    {
        let filled = asked(&shop, reply, Some(&about));
        assert_eq!(answer(&filled).1, "破壁机 P10/1", "{reply}");
        assert!(asked(&shop, reply, None).depends, "{reply}");
    }
    assert_eq!(answer(&asked(&shop, "最后一个", Some(&about))).1, "养生壶 H2/1");
    // Another question is that question.
    let other = asked(&shop, "怎么退货", Some(&about));
    assert!(matches!(&other.decision, Decision::Answer { evidence, .. } if evidence.entry == "return"));
    assert_eq!(other.follow, Follow::Drop);
}

#[test]
fn the_smaller_one_is_the_one_whose_size_is_less() {
    let shop = shop();
    let about = topic(&asked(&shop, "容量多少", None));
    assert_eq!(about.options, ["破壁机 P10/容量", "破壁机 P6/容量", "养生壶 H2/容量"]);
    assert_eq!(answer(&asked(&shop, "那个小的", Some(&about))).1, "破壁机 P6/容量");
    assert_eq!(answer(&asked(&shop, "最大的", Some(&about))).1, "破壁机 P10/容量");
    // Nobody knows what each costs.
    assert!(!matches!(asked(&shop, "便宜的", Some(&about)).decision, Decision::Answer { .. }));
}

#[test]
fn a_follow_up_keeps_the_product_or_the_question() {
    let shop = shop();
    let first = topic(&asked(&shop, "P10保修多久", None));
    assert_eq!(first.products, ["破壁机 P10"]);
    let second = asked(&shop, "那容量呢？", Some(&first));
    assert_eq!(answer(&second).1, "破壁机 P10/容量");
    assert_eq!(answer(&asked(&shop, "它多重", Some(&topic(&second)))).1, "破壁机 P10/重量");
    assert_eq!(answer(&asked(&shop, "P6呢", Some(&topic(&second)))).1, "破壁机 P6/容量");
    assert_eq!(answer(&asked(&shop, "p6", Some(&topic(&second)))).1, "破壁机 P6/容量");
    let stock = asked(&shop, "P6现在有吗", Some(&topic(&second)));
    assert!(!matches!(stock.decision, Decision::Answer { .. }), "{stock:?}");
    for follow_up in ["那容量呢？", "它多重", "P6呢"] {
        assert!(asked(&shop, follow_up, None).depends, "{follow_up}");
    }
    for whole in ["P10容量多少", "怎么退货", "转人工", "你好", "谢谢"] {
        assert!(!asked(&shop, whole, None).depends, "{whole}");
    }
}

#[test]
fn a_tap_needs_no_dialogue() {
    let shop = shop();
    let tap = |id: &str| {
        let content = InboundContent::Text { text: "破壁机 P6".to_owned(), menu_id: Some(id.to_owned()) };
        propose(&shop, &content, None)
    };
    for question in ["漏水", "容量多少", "P10容量"] {
        let menu = asked(&shop, question, None).menu.unwrap();
        for item in menu.items {
            let proposal = tap(&item.id);
            assert_eq!(answer(&proposal).1, item.id);
            assert!(!proposal.depends);
        }
    }
    assert_eq!(tap("破壁机 P6/容量").title.as_deref(), Some("破壁机 P6 的容量"));
}

#[test]
fn what_a_person_wrote_for_the_very_question_comes_first() {
    let mut document: Value = serde_json::from_str(include_str!("../../kv-seed/knowledge.json")).unwrap();
    document["entries"] = json!([
        { "id": "warranty", "question": "保修期多久", "answer": "整机两年。" },
        { "id": "p10", "question": "P10 有多重", "answer": "连包装 5 千克。" }
    ]);
    let answerer = Answerer::new(parse(document.to_string().as_bytes()).unwrap(), 7);
    let by = |text: &str| match asked(&answerer, text, None).decision {
        Decision::Answer { evidence, .. } => evidence.entry,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!((by("保修期多久").as_str(), by("P10 有多重").as_str()), ("warranty", "p10"));
    assert_eq!(
        (by("P10保修期多久").as_str(), by("P6 有多重").as_str()),
        ("破壁机 P10/保修期", "破壁机 P6/重量")
    );
}

/// The seed's products: questions of one piece are answered from their facts, and nothing else is.
#[test]
fn questions_about_the_seeds_products_are_answered_from_their_facts_alone() {
    let document = parse(include_bytes!("../../kv-seed/knowledge.json")).unwrap();
    let answerer = Answerer::new(document, 7);
    let mut wrong = Vec::new();
    for (question, path) in COMPOSED {
        match asked(&answerer, question, None).decision {
            Decision::Answer { evidence, .. } if evidence.entry == *path => {}
            other => wrong.push(format!("{question}: {other:?}")),
        }
    }
    for question in WHICH {
        match asked(&answerer, question, None).decision {
            Decision::Which { .. } => {}
            other => wrong.push(format!("{question}: {other:?}")),
        }
    }
    for question in BEYOND {
        match asked(&answerer, question, None).decision {
            Decision::Answer { evidence, .. }
                if evidence.source == Source::Graph && evidence.score == Score::ONE =>
            {
                wrong.push(format!("{question}: {evidence:?}"));
            }
            Decision::Which { text, .. } => wrong.push(format!("{question}: {text}")),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(COMPOSED.len() >= 30 && BEYOND.len() >= 15);
}
