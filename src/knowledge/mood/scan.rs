//! Words of the lexicon in a text: not those that are denied or only asked about, and more of those that are said
//! louder.

use super::Aspect;
use super::lexicon::{Weight, longest};
use super::words_zh::SIGNS;
use crate::knowledge::tokens::{fold, half_width};

/// What a word counts with an adverb of degree before it.
const INTENSIFIED: f32 = 1.3;
/// What shouting adds to an aspect that something speaks for, in log-odds; by itself it says nothing.
const SHOUTED: f32 = 0.7;
/// Marks in a row that are shouting.
const MARKS_MIN: usize = 3;
/// Capital letters that are shouting, where hardly any others are.
const CAPITALS_MIN: usize = 8;

/// Adverbs of degree, directly before a word.
const DEGREES: [&str; 30] = [
    "太",
    "真",
    "真的",
    "真是",
    "简直",
    "非常",
    "特别",
    "极其",
    "极度",
    "超级",
    "超",
    "十分",
    "实在",
    "很",
    "好",
    "死",
    "巨",
    "贼",
    "完全",
    "彻底",
    "so ",
    "very ",
    "really ",
    "too ",
    "absolutely ",
    "extremely ",
    "totally ",
    "fucking ",
    "complete ",
    "completely ",
];
/// What may stand between a denial and the word.
const FILLERS: [&str; 20] = [
    "太", "很", "那么", "这么", "非常", "特别", "什么", "任何", "怎么", "有", "是", "在", "要", "觉得",
    "感到", "想", "会", "用", "需要", "打算",
];
/// What denies a word.
const DENIALS: [&str; 14] =
    ["不", "没", "没有", "不是", "并非", "无", "未", "别", "不用", "不必", "不会", "不算", "谈不上", "从不"];
/// What looks like a denial and asks or insists instead.
const NO_DENIALS: [&str; 9] =
    ["是不是", "会不会", "有没有", "能不能", "要不要", "可不", "岂不", "不得不", "不是一般的"];
/// Denials in English: within the last words before.
const ENGLISH_DENIALS: [&str; 14] = [
    "not", "no", "never", "dont", "doesnt", "didnt", "isnt", "arent", "wasnt", "without", "nothing", "cant",
    "wont", "aint",
];
/// How many words before one a denial reaches over.
const ENGLISH_REACH: usize = 3;
/// A danger after these is only thought of.
const IFS: [&str; 22] = [
    "会不会",
    "是否会",
    "是不是会",
    "防",
    "防止",
    "避免",
    "预防",
    "担心",
    "怕",
    "害怕",
    "如果",
    "万一",
    "假如",
    "要是",
    "容易",
    "是否容易",
    "能防",
    "可能",
    "不怕",
    "要不要",
    "需不需要",
    "需要",
];

/// The text's clauses as characters; spaces only between letters or digits.
pub(super) fn folded(text: &str) -> Vec<Vec<char>> {
    let folded = fold(text);
    let clauses = folded.split(',').map(|clause| {
        let chars: Vec<char> = clause.chars().collect();
        let is_latin = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii);
        let kept = chars
            .iter()
            .enumerate()
            .filter(|(at, c)| **c != ' ' || (is_latin(at.checked_sub(1)) && is_latin(at.checked_add(1))));
        kept.map(|(_, c)| *c).collect()
    });
    clauses.filter(|clause: &Vec<char>| !clause.is_empty()).collect()
}

/// What speaks for which aspect, with its log-odds; what shouting adds is with the first of each.
pub(super) fn found(text: &str) -> Vec<(Aspect, String, f32)> {
    let mut found: Vec<(Aspect, String, f32)> = Vec::new();
    for clause in folded(text) {
        of_clause(&clause, &mut found);
    }
    for (says, signs) in &SIGNS {
        for sign in signs.split('|').filter(|sign| text.contains(sign)) {
            found.extend(says.iter().map(|(aspect, weight)| (*aspect, sign.to_owned(), weight.log_odds())));
        }
    }
    if is_shouted(text) {
        for aspect in Aspect::ALL {
            if let Some((.., log_odds)) =
                found.iter_mut().find(|(of, _, so_far)| *of == aspect && *so_far > 0.0)
            {
                *log_odds += SHOUTED;
            }
        }
    }
    found
}

fn of_clause(clause: &[char], found: &mut Vec<(Aspect, String, f32)>) {
    let mut at = 0;
    while at < clause.len() {
        let Some(entry) = longest(clause, at) else {
            at += 1;
            continue;
        };
        let before: String = clause.get(..at).unwrap_or_default().iter().collect();
        let word: String = entry.chars.iter().collect();
        at += entry.chars.len();
        if entry.says.is_empty() || (is_denied(&before) && !is_rhetorical(clause)) {
            continue;
        }
        let factor = if DEGREES.iter().any(|degree| before.ends_with(degree)) { INTENSIFIED } else { 1.0 };
        for (aspect, weight) in &entry.says {
            let is_thought = *aspect == Aspect::Urgency && is_hypothetical(clause, &before);
            let is_known = found.iter().any(|(of, known, _)| of == aspect && *known == word);
            if !is_thought && !is_known {
                found.push((*aspect, word.clone(), factor * Weight::log_odds(*weight)));
            }
        }
    }
}

fn is_denied(before: &str) -> bool {
    if before.ends_with(|c: char| c.is_ascii()) {
        let mut words = before.split_ascii_whitespace().rev().take(ENGLISH_REACH);
        return words.any(|word| ENGLISH_DENIALS.contains(&word));
    }
    let mut rest = before;
    loop {
        if NO_DENIALS.iter().any(|word| rest.ends_with(word)) {
            return false;
        }
        if DENIALS.iter().any(|denial| rest.ends_with(denial)) {
            return true;
        }
        match FILLERS.iter().find_map(|filler| rest.strip_suffix(filler)) {
            Some(shorter) => rest = shorter,
            None => return false,
        }
    }
}

/// 你们不是骗子是什么, 这不是骗人吗: a denial that asserts.
fn is_rhetorical(clause: &[char]) -> bool {
    let clause: String = clause.iter().collect();
    clause.contains("不是")
        && (clause.ends_with('吗') || clause.ends_with('嘛') || clause.ends_with("是什么"))
}

/// Whether what is dangerous is only asked about.
fn is_hypothetical(clause: &[char], before: &str) -> bool {
    let asks = clause.last().is_some_and(|c| matches!(c, '吗' | '么' | '嘛'));
    IFS.iter().any(|word| before.ends_with(word)) || (asks && before.ends_with('会'))
}

/// Whether it is written as one shouts: marks in a row, or nothing but capitals.
fn is_shouted(text: &str) -> bool {
    let mut row = 0;
    for c in text.chars().map(half_width) {
        row = if matches!(c, '!' | '?') { row + 1 } else { 0 };
        if row >= MARKS_MIN {
            return true;
        }
    }
    let capitals = text.chars().filter(char::is_ascii_uppercase).count();
    let small = text.chars().filter(char::is_ascii_lowercase).count();
    capitals >= CAPITALS_MIN && small * 4 <= capitals
}
