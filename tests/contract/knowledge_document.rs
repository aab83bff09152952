//! A document is refused as a whole, with every fault named by place and code.

use serde_json::{Value, json};
use shunda::base::limits::{
    CHANNELS_MAX, KNOWLEDGE_FAULTS_MAX, KNOWLEDGE_PARAMETERS_MAX, KNOWLEDGE_QUESTION_BYTES_MAX,
    KNOWLEDGE_SOURCE_BYTES_MAX, KNOWLEDGE_STEPS_MAX, KNOWLEDGE_TEXT_BYTES_MAX, KNOWLEDGE_VALUE_BYTES_MAX,
    KNOWLEDGE_VARIANTS_MAX, KNOWLEDGE_WORD_BYTES_MAX, MENU_ITEMS_MAX, MENU_TEXT_BYTES_MAX,
    QUESTION_BYTES_MAX, TEXT_BYTES_MAX,
};
use shunda::knowledge::document::{Document, FaultCode, parse};

fn seed() -> Value {
    serde_json::from_str(include_str!("../../kv-seed/knowledge.json")).unwrap()
}

fn faults(document: &Value) -> Vec<(String, FaultCode)> {
    match parse(document.to_string().as_bytes()) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.into_iter().map(|fault| (fault.path, fault.code)).collect(),
    }
}

/// The one fault of the seed with `value` at `pointer`.
fn fault(pointer: &str, value: Value) -> (String, FaultCode) {
    let mut document = seed();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}"));
    match parent {
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        parent => parent[name] = value,
    }
    let found = faults(&document);
    assert_eq!(found.len(), 1, "{pointer}: {found:?}");
    found[0].clone()
}

/// The seed has none of these fields; the first entry is given them.
fn with_entry(fields: Value) -> Value {
    let mut document = seed();
    document["entries"][0].as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    document
}

#[test]
fn an_entry_may_say_when_and_where_it_holds() {
    let whole = json!({ "keywords": ["双11"], "valid_from": "2026-11-01", "valid_to": "2026-11-11", "channels": ["main"], "status": "off" });
    let document = with_entry(whole.clone());
    let parsed = parse(document.to_string().as_bytes()).unwrap();
    assert_eq!(serde_json::to_value(&parsed).unwrap()["entries"][0], document["entries"][0]);
    let bare = serde_json::to_value(&parsed.entries[1]).unwrap();
    assert!(
        whole.as_object().unwrap().keys().all(|name| bare.get(name).is_none()),
        "what is not said is not written"
    );

    let backwards = with_entry(json!({ "valid_from": "2026-11-02", "valid_to": "2026-11-01" }));
    assert_eq!(faults(&backwards), [("entries[0].valid_to".to_owned(), FaultCode::OutOfRange)]);
    assert_eq!(faults(&with_entry(json!({ "valid_from": "2026-11-01", "valid_to": "2026-11-01" }))), []);
    assert_eq!(faults(&with_entry(json!({ "status": "paused" })))[0].1, FaultCode::Shape);
}

#[test]
fn every_kind_of_fault_has_its_place_and_code() {
    use FaultCode::*;
    let long = |bytes: usize| json!("x".repeat(bytes + 1));
    // The list, and its first item again.
    let twice = |list: &Value| Value::from_iter(list.as_array().unwrap().iter().chain([&list[0]]).cloned());
    for (pointer, value, path, code) in [
        ("/company", json!(" "), "company", Empty),
        ("/utc_offset_minutes", json!(841), "utc_offset_minutes", OutOfRange),
        ("/hours/weekly/mon/0", json!(["9:00", "21:00"]), "hours.weekly.mon[0]", BadTime),
        (
            "/hours/weekly/mon",
            json!([["09:00", "12:00"], ["11:00", "13:00"]]),
            "hours.weekly.mon[1]",
            Overlap,
        ),
        (
            "/hours/weekly/mon",
            json!([["20:00", "02:00"], ["21:00", "22:00"]]),
            "hours.weekly.mon[1]",
            Overlap,
        ),
        ("/entries/0/keywords", json!(["保修", " "]), "entries[0].keywords[1]", Empty),
        ("/entries/0/keywords", json!(vec!["x"; KNOWLEDGE_VARIANTS_MAX + 1]), "entries[0].keywords", TooMany),
        ("/entries/0/valid_from", json!("2026-2-1"), "entries[0].valid_from", BadDate),
        ("/entries/0/valid_to", json!("2026-02-29"), "entries[0].valid_to", BadDate),
        ("/entries/0/channels", json!(["main", "main,app"]), "entries[0].channels[1]", BadChannel),
        ("/hours/closed", json!(["2026-02-30"]), "hours.closed", BadDate),
        ("/hours/open", json!({ "tomorrow": [] }), "hours.open", BadDate),
        ("/hours/open", json!({ "2026-10-10": [["25:00", "26:00"]] }), "hours.open.2026-10-10[0]", BadTime),
        ("/texts/unsure", json!(""), "texts.unsure", Empty),
        ("/texts/unsure", long(KNOWLEDGE_TEXT_BYTES_MAX), "texts.unsure", TooLong),
        ("/texts/unsure", json!("{questions}"), "texts.unsure", UnknownPlaceholder),
        ("/handoff_words", json!([]), "handoff_words", Empty),
        ("/urgent_words", json!(["\u{7}"]), "urgent_words[0]", ControlCharacter),
        ("/misses_before_handoff", json!(0), "misses_before_handoff", OutOfRange),
        ("/skill_groups", twice(&seed()["skill_groups"]), "skill_groups[2].id", Duplicate),
        ("/skill_groups/0/name/en-US", json!(""), "skill_groups[0].name.en-US", Empty),
        ("/default_skill_group", json!("kitchen"), "default_skill_group", UnknownSkillGroup),
        ("/rules/1/id", json!("r-safety"), "rules[1].id", Duplicate),
        ("/rules/1/keywords", json!([]), "rules[1].keywords", Empty),
        ("/entries/1/id", json!("price"), "entries[1].id", Duplicate),
        ("/entries/1/question", json!("\n"), "entries[1].question", Empty),
        ("/entries/1/question", long(KNOWLEDGE_QUESTION_BYTES_MAX), "entries[1].question", TooLong),
        ("/entries/1/answer", json!(""), "entries[1].answer", Empty),
        ("/entries/1/answer", long(TEXT_BYTES_MAX), "entries[1].answer", TooLong),
        ("/entries/1/variants", json!(vec!["x"; KNOWLEDGE_VARIANTS_MAX + 1]), "entries[1].variants", TooMany),
        ("/graph/1/product", json!("破壁机 P10"), "graph[1].product", Duplicate),
        ("/graph/0/issues/1/answer", json!("x".repeat(TEXT_BYTES_MAX)), "graph[0].issues[1].answer", TooLong),
        ("/menu/MENU_HUMAN", json!({ "handoff": false }), "menu.MENU_HUMAN.handoff", OutOfRange),
        ("/precision", json!(0.2), "precision", OutOfRange),
        ("/precision", json!(1.1), "", Shape),
        ("/menu/MENU_HUMAN", json!({ "handoff": true, "answer": "x" }), "menu.MENU_HUMAN", Shape),
        ("/menu/MENU_HUMAN", json!({ "question": "x" }), "menu.MENU_HUMAN", Shape),
        ("/menu/MENU_HUMAN", json!({ "hand_off": true }), "", Shape),
        (
            "/menu/MENU_AFTER_SALES/skill_group",
            json!("kitchen"),
            "menu.MENU_AFTER_SALES.skill_group",
            UnknownSkillGroup,
        ),
        ("/menu/MENU_REPAIR/question", long(QUESTION_BYTES_MAX), "menu.MENU_REPAIR.question", TooLong),
        ("/rules/1/match", json!("regex"), "", Shape),
    ] {
        assert_eq!(fault(pointer, value), (path.to_owned(), code));
    }
}

#[test]
fn an_experiment_that_cannot_be_told_apart_is_refused_at_its_place() {
    use FaultCode::*;
    let entry = seed()["entries"][0]["id"].clone();
    let arm = |id: &str, share: f64| json!({ "id": id, "answer": "短一点。", "share": share });
    let of = |id: &str, entry: Value, arms: Vec<Value>| json!({ "id": id, "entry": entry, "arms": arms });
    let good = of("short", entry.clone(), vec![arm("a", 0.5), arm("b", 0.4)]);
    let told = |experiments: Vec<Value>| {
        let mut document = seed();
        document["experiments"] = Value::Array(experiments);
        faults(&document)
    };
    assert_eq!(told(vec![good.clone()]), []);
    let one = |path: &str, code| vec![(format!("experiments{path}"), code)];
    assert_eq!(told(vec![of("a@b", entry.clone(), vec![arm("a", 0.5)])]), one("[0].id", BadId));
    assert_eq!(told(vec![of("", entry.clone(), vec![arm("a", 0.5)])]), one("[0].id", Empty));
    assert_eq!(told(vec![of("x", json!("nobody"), vec![arm("a", 0.5)])]), one("[0].entry", UnknownEntry));
    assert_eq!(
        told(vec![good.clone(), of("x", entry.clone(), vec![arm("a", 0.5)])]),
        one("[1].entry", Duplicate)
    );
    assert_eq!(told(vec![of("x", entry.clone(), vec![])]), one("[0].arms", Empty));
    assert_eq!(
        told(vec![of("x", entry.clone(), vec![arm("control", 0.5)])]),
        one("[0].arms[0].id", Duplicate)
    );
    assert_eq!(told(vec![of("x", entry.clone(), vec![arm("a", 0.0)])]), one("[0].arms[0].share", OutOfRange));
    assert_eq!(
        told(vec![of("x", entry.clone(), vec![arm("a", 0.5), arm("b", 0.401)])]),
        one("[0].arms", OutOfRange)
    );
    let many = (0..4).map(|number| arm(&format!("a{number}"), 0.1)).collect();
    assert_eq!(told(vec![of("x", entry, many)]), one("[0].arms", TooMany));
}

#[test]
fn a_welcome_that_cannot_be_said_is_refused_at_its_place() {
    use FaultCode::*;
    let long = |bytes: usize| json!("x".repeat(bytes + 1));
    let choices = |count: usize| json!(vec![json!({ "id": "MENU_REPAIR", "text": "x" }); count]);
    for (pointer, value, path, code) in [
        ("/source", json!(""), "source", Empty),
        ("/source", long(KNOWLEDGE_SOURCE_BYTES_MAX), "source", TooLong),
        ("/text", json!("{questions}"), "text", UnknownPlaceholder),
        ("/text", long(KNOWLEDGE_TEXT_BYTES_MAX), "text", TooLong),
        ("/skill_group", json!("kitchen"), "skill_group", UnknownSkillGroup),
        ("/menu/head", json!("{name}"), "menu.head", UnknownPlaceholder),
        ("/menu/items", json!([]), "menu.items", Empty),
        ("/menu/items/0/id", json!("MENU_GONE"), "menu.items[0].id", UnknownChoice),
        ("/menu/items/0/id", json!("破壁机 P10/0"), "menu.items[0].id", UnknownChoice),
        ("/menu/items/1/id", json!("MENU_FIRST_USE"), "menu.items[1].id", Duplicate),
        ("/menu/items/1/text", json!(" "), "menu.items[1].text", Empty),
        ("/menu/items/1/text", long(MENU_TEXT_BYTES_MAX), "menu.items[1].text", TooLong),
    ] {
        let path = format!("welcomes[0].{path}");
        assert_eq!(fault(&format!("/welcomes/0{pointer}"), value), (path, code));
    }
    let mut document = seed();
    document["welcomes"][0]["channels"] = json!(["", "main"]);
    document["welcomes"][1]["channels"] = json!(vec!["main"; CHANNELS_MAX + 1]);
    document["welcomes"][0]["menu"]["items"] = choices(MENU_ITEMS_MAX + 1);
    let found = faults(&document);
    assert!(found.contains(&("welcomes[0].channels[0]".into(), Empty)), "{found:?}");
    assert!(found.contains(&("welcomes[1].channels".into(), TooMany)), "{found:?}");
    assert!(found.contains(&("welcomes[0].menu.items".into(), TooMany)), "{found:?}");
    let mut document = seed();
    document["welcomes"][1] = json!({ "source": "box_card", "text": "x" });
    assert_eq!(faults(&document), [("welcomes[1].source".to_owned(), Duplicate)]);
    document["welcomes"][1]["channels"] = json!(["shop"]);
    assert_eq!(faults(&document), [], "the same scene may mean something else on another channel");
    document["welcomes"][1]["greeting"] = json!("x");
    assert_eq!(faults(&document), [(String::new(), Shape)]);
    for id in ["return", "破壁机 P10/1"] {
        let mut document = seed();
        document["welcomes"][0]["menu"]["items"][0]["id"] = json!(id);
        assert_eq!(faults(&document), [], "{id}");
    }
}

#[test]
fn a_product_that_cannot_be_asked_about_is_refused_at_its_place() {
    use FaultCode::*;
    let long = |bytes: usize| json!("x".repeat(bytes + 1));
    let parameter = |name: &str| json!({ "name": name, "value": "1" });
    for (pointer, value, path, code) in [
        ("/category", json!("汽车"), "category", UnknownCategory),
        ("/related_products", json!(["汽车"]), "related_products[0]", UnknownProduct),
        ("/related_products", json!(["破壁机 P10"]), "related_products[0]", Duplicate),
        ("/parameters/1/name", json!(" "), "parameters[1].name", Empty),
        ("/parameters/1/name", json!("容 量"), "parameters[1].name", Duplicate),
        ("/parameters/1/name", json!("3"), "parameters[1].name", Duplicate),
        ("/parameters/1/aliases", json!([""]), "parameters[1].aliases[0]", Empty),
        ("/parameters/1/value", json!(""), "parameters[1].value", Empty),
        ("/parameters/1/value", long(KNOWLEDGE_VALUE_BYTES_MAX), "parameters[1].value", TooLong),
        ("/parameters/1/unit", long(KNOWLEDGE_WORD_BYTES_MAX), "parameters[1].unit", TooLong),
        ("/issues/2/answer", long(TEXT_BYTES_MAX), "issues[2].answer", TooLong),
        ("/issues/2/steps", json!(["一", ""]), "issues[2].steps[1]", Empty),
        ("/issues/2/steps", json!(vec!["x"; KNOWLEDGE_STEPS_MAX + 1]), "issues[2].steps", TooMany),
        ("/issues/2/steps", json!(vec!["x".repeat(600); 4]), "issues[2].answer", TooLong),
        ("/issues/2/aliases", json!([" "]), "issues[2].aliases[0]", Empty),
        ("/issues/0/answer", json!(""), "issues[0].answer", Empty),
    ] {
        assert_eq!(fault(&format!("/graph/0{pointer}"), value), (format!("graph[0].{path}"), code));
    }
    for (pointer, value, path, code) in [
        ("/category", json!("榨汁机 J3\u{7}"), "category", ControlCharacter),
        ("/parameters/1/value", json!("\n"), "parameters[1].value", Empty),
    ] {
        let mut document = seed();
        *document.pointer_mut(&format!("/categories/0{pointer}")).unwrap() = value;
        let expected = (format!("categories[0].{path}"), code);
        assert!(faults(&document).contains(&expected), "{:?}", faults(&document));
    }
    let mut document = seed();
    let first = document["categories"][0].clone();
    document["categories"].as_array_mut().unwrap().push(first);
    document["graph"][0]["parameters"] =
        Value::from_iter((0..=KNOWLEDGE_PARAMETERS_MAX).map(|number| parameter(&format!("x{number}"))));
    let found = faults(&document);
    assert!(found.contains(&("categories[1].category".into(), Duplicate)), "{found:?}");
    assert!(found.contains(&("graph[0].parameters".into(), TooMany)), "{found:?}");
    // A choice may lead to a parameter, a category's too, and to none that is not there.
    for (id, expected) in
        [("破壁机 P10/容量", vec![]), ("破壁机 P6/保修期", vec![]), ("破壁机 P6/颜色", vec![UnknownChoice])]
    {
        let mut document = seed();
        document["welcomes"][0]["menu"]["items"][0]["id"] = json!(id);
        let codes: Vec<FaultCode> = faults(&document).into_iter().map(|(_, code)| code).collect();
        assert_eq!(codes, expected, "{id}");
    }
}

#[test]
fn a_document_of_before_parameters_stays_valid_and_is_written_as_it_was() {
    let mut document = seed();
    document.as_object_mut().unwrap().remove("categories");
    document["graph"] = json!([{
        "product": "破壁机 P10", "aliases": ["P10"],
        "issues": [{ "question": "漏水", "answer": "装平密封圈。", "related_products": ["密封圈"] }]
    }]);
    let read = parse(document.to_string().as_bytes()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap()["graph"], document["graph"]);
}

#[test]
fn all_faults_are_told_at_once() {
    let mut document = seed();
    document["company"] = json!("");
    document["entries"][0]["answer"] = json!("");
    document["entries"][3]["variants"] = json!(["", "好"]);
    let expected = ["company", "entries[0].answer", "entries[3].variants[0]"]
        .map(|path| (path.to_owned(), FaultCode::Empty));
    assert_eq!(faults(&document), expected);
    document["handoff_words"] = json!(vec![""; 2 * KNOWLEDGE_FAULTS_MAX]);
    assert_eq!(faults(&document).len(), KNOWLEDGE_FAULTS_MAX);
}

#[test]
fn an_unknown_or_missing_field_is_named() {
    let mut document = seed();
    document["entries"][0]["anwser"] = json!("x");
    let message = &parse(document.to_string().as_bytes()).unwrap_err()[0].message;
    assert!(message.contains("anwser"), "{message}");
    let mut document = seed();
    document.as_object_mut().unwrap().remove("company");
    let message = &parse(document.to_string().as_bytes()).unwrap_err()[0].message;
    assert!(message.contains("company"), "{message}");
    assert_eq!(parse(b"{").unwrap_err()[0].code, FaultCode::Shape);
    assert_eq!(parse(b"\xff").unwrap_err()[0].code, FaultCode::Shape);
}

#[test]
fn a_document_reads_back_as_written() {
    let document: Document = parse(seed().to_string().as_bytes()).unwrap();
    assert_eq!(parse(&serde_json::to_vec(&document).unwrap()).unwrap(), document);
}
