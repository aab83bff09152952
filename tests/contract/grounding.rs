//! What the seed's answers say may be said: composed from them to the letter, each passes, alone and two by two.

use serde_json::Value;
use shunda::base::limits::COMPOSED_BYTES_MAX;
use shunda::knowledge::grounding::judge;
use shunda::knowledge::passage::Passage;
use shunda::knowledge::proposal::Score;

fn passages() -> Vec<Passage> {
    let document: Value = serde_json::from_str(include_str!("../../kv-seed/knowledge.json")).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let entries = document["entries"].as_array().unwrap().iter();
    entries
        .map(|entry| Passage {
            entry: text(&entry["id"]),
            question: text(&entry["question"]),
            answer: text(&entry["answer"]),
            score: Score::ONE,
        })
        .collect()
}

#[test]
fn an_answer_of_the_seed_said_to_the_letter_is_grounded() {
    let passages = passages();
    let has_chinese = |passage: &Passage| !passage.question.is_ascii();
    for pair in passages.windows(2) {
        let [first, second] = pair else { continue };
        let asked = &first.question;
        assert_eq!(judge(&first.answer, &[1], pair, asked).map(|cited| cited.len()), Ok(1), "{first:?}");
        let both = format!("{}\n{}", first.answer, second.answer);
        if both.len() <= COMPOSED_BYTES_MAX && has_chinese(first) == has_chinese(second) {
            assert_eq!(judge(&both, &[1, 2], pair, asked).map(|cited| cited.len()), Ok(2), "{both}");
            assert!(judge(&both, &[1], pair, asked).is_err(), "only one is cited: {both}");
        }
    }
}
