//! The remote tier: nothing that is not in the passages passes, nothing that an endpoint says panics, and no history of
//! calls reserves more than a day may cost.

use proptest::prelude::*;
use shunda::base::time::TimeMs;
use shunda::knowledge::grounding::judge;
use shunda::knowledge::passage::Passage;
use shunda::knowledge::proposal::Score;
use shunda::office::remote::{Call, Day, Gate, Limits, Mode, Part, Prices, Reply, Usage, handle};
use shunda::wire::{chat, embeddings};

const ANSWERS: [&str; 3] = [
    "整机保修 2 年，电机保修 5 年，从签收日算起。",
    "满 99 元包邮，不满收 10 元。客服电话 400-800-1234。",
    "The motor is covered for 5 years. Batteries are not covered.",
];

fn passages() -> Vec<Passage> {
    let passage = |answer: &&str| Passage {
        entry: "e".into(),
        question: "保修多久 how long".into(),
        answer: (*answer).into(),
        score: Score::ONE,
    };
    ANSWERS.iter().map(passage).collect()
}

/// A clause of some passage.
fn clause() -> impl Strategy<Value = String> {
    let clauses: Vec<String> = ANSWERS
        .iter()
        .flat_map(|answer| answer.split(['，', '。']).map(|clause| clause.trim().to_owned()))
        .filter(|clause| !clause.is_empty())
        .collect();
    prop::sample::select(clauses)
}

proptest! {
    #[test]
    fn no_number_passes_that_its_passages_do_not_have(
        before in clause(), after in clause(), number in 0_u64..1_000_000, unit in "(元|年|天|%|折|)",
    ) {
        let known = ["2", "5", "99", "10", "400", "800", "1234"];
        prop_assume!(!known.contains(&number.to_string().as_str()));
        for text in [
            format!("{before}，{number}{unit}，{after}"),
            format!("{before}{number}{unit}"),
            format!("{number}{unit}{after}"),
            format!("{before} {number} {unit}。{after}"),
        ] {
            prop_assert!(judge(&text, &[1, 2, 3], &passages(), "保修").is_err(), "{}", text);
        }
    }

    #[test]
    fn a_changed_digit_never_passes(answer in 0..ANSWERS.len(), digit in 0_usize..20, to in "[0-9]") {
        let text = ANSWERS[answer];
        let digits: Vec<usize> = text.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at).collect();
        let at = digits[digit % digits.len()];
        prop_assume!(!text[at..].starts_with(&to));
        let changed = format!("{}{to}{}", &text[..at], &text[at + 1..]);
        let question = if changed.is_ascii() { "how long" } else { "保修" };
        prop_assert!(judge(&changed, &[1, 2, 3], &passages(), question).is_err(), "{}", changed);
        prop_assert!(judge(text, &[1, 2, 3], &passages(), question).is_ok(), "{}", text);
    }

    #[test]
    fn whatever_passes_is_made_of_the_passages(text in "(整机|电机|保修|不|满|免费|退款|包邮|收| |，|。|年|2|5|10|元|的|了){1,12}") {
        if judge(&text, &[1, 2, 3], &passages(), "保修").is_ok() {
            for word in ["免费", "退款"] {
                prop_assert!(!text.contains(word), "{}", text);
            }
        }
    }

    #[test]
    fn nothing_written_panics(text in any::<String>(), question in any::<String>(), cites in prop::collection::vec(any::<u64>(), 0..4)) {
        prop_assert!(judge(&text, &cites, &passages(), &question).is_err() || !text.is_empty());
    }

    #[test]
    fn nothing_that_an_endpoint_says_panics(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        json in "[{}\\[\\]\",:0-9a-z ]{0,80}",
        content in any::<String>(),
    ) {
        let wrapped = serde_json::json!({ "choices": [{ "message": { "content": content } }] }).to_string();
        for body in [bytes.as_slice(), json.as_bytes(), wrapped.as_bytes()] {
            for mode in [Mode::Choose, Mode::Compose] {
                let _ = chat::parse(body, mode);
            }
            let _ = chat::usage(body);
            prop_assert!(embeddings::parse(body, 3).is_err());
        }
    }

    #[test]
    fn no_history_reserves_more_than_a_day_may_cost(
        steps in prop::collection::vec((0_u64..3_000, 0_u64..500, 0_u64..6_000, any::<bool>(), any::<bool>()), 1..80),
    ) {
        let limits = Limits {
            tokens_per_day: 20_000,
            micros_per_day: Some(30_000),
            calls_at_once: 3,
            pause_ms: 1_000,
            prices: Prices { chat_input: 1_000_000, chat_output: 3_000_000, embeddings: 0 },
        };
        let (mut gate, mut spent) = (Gate::default(), Day::default());
        let (mut now, mut open) = (TimeMs(1_700_000_000_000), Vec::new());
        for (input, output, used, settles, fails) in steps {
            now = now + 100;
            let most = Usage { input, output };
            let before = spent.clone();
            let call = Call::Reserve { part: Part::Chat, most, wait_ms: 60_000, limits: limits.clone() };
            if let Reply::Reserved { id } = handle(&mut gate, &mut spent, call, now) {
                open.push(id);
                prop_assert!(spent.tokens <= limits.tokens_per_day && spent.micros <= 30_000);
                prop_assert_eq!(spent.tokens, before.tokens + most.tokens());
            }
            prop_assert!(open.len() <= 3);
            if settles && let Some(id) = open.pop() {
                // An endpoint that keeps to what it was allowed.
                let used = (used <= most.tokens()).then_some(Usage { input: used, output: 0 });
                let call = Call::Settle {
                    id, used, code: "remote.answered".into(), is_failure: fails, limits: limits.clone(),
                };
                handle(&mut gate, &mut spent, call, now);
            }
        }
    }
}
