//! A shop with a few products: what the graph's tests ask about.

use serde_json::{Value, json};
use shunda::base::message::InboundContent;
use shunda::base::time::TimeMs;
use shunda::knowledge::answer::{Answerer, Beside};
use shunda::knowledge::circumstances::Circumstances;
use shunda::knowledge::dialogue::Topic;
use shunda::knowledge::document::parse;
use shunda::knowledge::proposal::Proposal;

/// 2026-11-23, a Monday, 10:00 at the company.
const MONDAY_MORNING: TimeMs = TimeMs(1_795_399_200_000);

/// The seed with other products, and one entry.
pub fn document(graph: &Value, categories: &Value) -> Value {
    let mut document: Value = serde_json::from_str(include_str!("../../kv-seed/knowledge.json")).unwrap();
    document["graph"] = graph.clone();
    document["categories"] = categories.clone();
    document["entries"] = json!([{ "id": "return", "question": "怎么退货", "answer": "七天内可退。" }]);
    document
}

pub fn shop() -> Answerer {
    let graph = json!([
        {
            "product": "破壁机 P10", "aliases": ["P10", "破壁机"], "category": "厨电",
            "parameters": [
                { "name": "容量", "aliases": ["capacity"], "value": "1.75", "unit": "升" },
                { "name": "重量", "aliases": ["多重"], "value": "4.6", "unit": "千克" }
            ],
            "issues": [
                { "question": "杯底漏水", "aliases": ["漏水"], "steps": ["断电。", "装平密封圈。"],
                  "related_products": ["破壁机 P6"] },
                { "question": "不加热", "answer": "请报修。" }
            ],
            "related_products": ["破壁机 P6"]
        },
        {
            "product": "破壁机 P6", "aliases": ["P6", "破壁机"], "category": "厨电",
            "parameters": [
                { "name": "容量", "value": "1.2", "unit": "升" },
                { "name": "保修期", "value": "3", "unit": "年" }
            ]
        },
        {
            "product": "养生壶 H2", "aliases": ["H2"], "category": "厨电",
            "parameters": [{ "name": "容量", "value": "1.5", "unit": "升" }],
            "issues": [{ "question": "壶底漏水", "aliases": ["漏水"], "answer": "请停用。" }]
        }
    ]);
    let categories = json!([{
        "category": "厨电",
        "parameters": [
            { "name": "保修期", "aliases": ["保修", "质保", "warranty"], "value": "1", "unit": "年" },
            { "name": "电压", "value": "220", "unit": "V" }
        ]
    }]);
    let document = document(&graph, &categories);
    Answerer::new(parse(document.to_string().as_bytes()).unwrap_or_else(|faults| panic!("{faults:?}")), 7)
}

/// What is proposed on a Monday morning on the channel `main`.
pub fn propose(answerer: &Answerer, content: &InboundContent, topic: Option<&Topic>) -> Proposal {
    let circumstances = Circumstances { channel: &"main".into(), hours: None };
    answerer.propose_with(content, Beside { topic, ..Beside::default() }, &circumstances, MONDAY_MORNING)
}
