//! Keywords: whether a message contains words, and whether it asks for a person.

use super::tokens::{fold, tight};

/// What may stand between 不要 and 转人工 without changing its sense.
const FILLERS: [&str; 16] = [
    "给我", "帮我", "直接", "马上", "现在", "一直", "老是", "总是", "再", "要", "去", "找", "跟", "和", "先",
    "又",
];
/// What turns a wish into its opposite.
const NEGATIONS: [&str; 14] = [
    "不要",
    "不用",
    "不想",
    "不必",
    "不需要",
    "无需",
    "不是",
    "没要",
    "没有要",
    "没让",
    "没说",
    "别",
    "勿",
    "甭",
];
/// The same in English, whole words anywhere before: an English clause is negated at its verb.
const ENGLISH_NEGATIONS: [&str; 5] = ["dont", "do not", "not need", "not want", "no need"];
/// Words of up to so many Chinese characters ask for a person only as a whole clause: 人工 does, 人工费 does not.
const WHOLE_CLAUSE_CHARS_MAX: usize = 2;
/// What people add to a short wish without changing it.
const PARTICLES: [&str; 12] = ["请", "我要", "要", "找", "转", "吧", "啊", "呢", "呀", "谢谢", "服务", "快"];

/// A message, folded once for all keywords.
#[derive(Debug)]
pub struct Message {
    clauses: Vec<Words>,
    whole: Words,
}

/// Folded words, and the same without the gaps between them.
#[derive(Debug)]
struct Words {
    spaced: String,
    tight: String,
}

impl Words {
    fn new(spaced: String) -> Self {
        let tight = tight(&spaced);
        Self { spaced, tight }
    }
}

impl Message {
    /// Folds a message.
    pub fn new(text: &str) -> Self {
        let folded = fold(text);
        let clauses = folded.split(',').map(|clause| Words::new(clause.to_owned())).collect();
        Self { clauses, whole: Words::new(folded.replace(',', " ")) }
    }

    /// Whether there is no word in it.
    pub fn is_blank(&self) -> bool {
        self.whole.tight.is_empty()
    }
}

/// A word or a few, as someone wrote them into the document.
#[derive(Clone, Debug)]
pub struct Keyword {
    /// As written.
    pub shown: String,
    spaced: String,
    tight: String,
}

impl Keyword {
    /// Prepares a keyword.
    pub fn new(shown: String) -> Self {
        let spaced = fold(&shown).replace(',', " ");
        let tight = tight(&spaced);
        Self { shown, spaced, tight }
    }

    /// Whether it is the whole message, but for punctuation and spaces.
    pub fn is_whole(&self, message: &Message) -> bool {
        !self.tight.is_empty() && self.tight == message.whole.tight
    }

    /// Whether it occurs. Punctuation and spaces between Chinese characters do not matter; an English word must
    /// be a word of the message, not a part of one.
    pub fn occurs_in(&self, message: &Message) -> bool {
        self.places(&message.whole).next().is_some()
    }

    /// Whether the message uses it to ask for a person: in one clause, not negated.
    pub fn asks_in(&self, message: &Message) -> bool {
        message.clauses.iter().any(|clause| {
            if !self.is_latin() && self.tight.chars().count() <= WHOLE_CLAUSE_CHARS_MAX {
                return without_particles(&clause.tight, &self.tight);
            }
            self.places(clause).any(|before| !is_negated(before))
        })
    }

    fn is_latin(&self) -> bool {
        self.tight.is_ascii()
    }

    /// What stands before each occurrence.
    fn places<'a>(&'a self, words: &'a Words) -> impl Iterator<Item = &'a str> {
        let (text, wanted) =
            if self.is_latin() { (&words.spaced, &self.spaced) } else { (&words.tight, &self.tight) };
        let found = (!wanted.is_empty()).then(|| text.match_indices(wanted.as_str())).into_iter().flatten();
        found.filter_map(move |(at, _)| {
            let (before, after) = (text.get(..at)?, text.get(at + wanted.len()..)?);
            let whole_word = !before.ends_with(|c: char| c.is_ascii_alphanumeric())
                && !after.starts_with(|c: char| c.is_ascii_alphanumeric());
            (!self.is_latin() || whole_word).then_some(before)
        })
    }
}

/// Whether `clause` is `word` with nothing but particles around it.
fn without_particles(clause: &str, word: &str) -> bool {
    let Some((before, after)) = clause.split_once(word) else { return false };
    !word.is_empty() && only_particles(before) && only_particles(after)
}

fn only_particles(text: &str) -> bool {
    let mut rest = text;
    while let Some(shorter) = PARTICLES.iter().find_map(|particle| rest.strip_prefix(particle)) {
        rest = shorter;
    }
    rest.is_empty()
}

fn is_negated(before: &str) -> bool {
    let mut rest = before.trim_end();
    while !NEGATIONS.iter().any(|negation| rest.ends_with(negation)) {
        match FILLERS.iter().find_map(|filler| rest.strip_suffix(filler)) {
            Some(shorter) => rest = shorter,
            None => return is_negated_in_english(before),
        }
    }
    true
}

fn is_negated_in_english(before: &str) -> bool {
    let padded = format!(" {before} ");
    ENGLISH_NEGATIONS.iter().any(|negation| padded.contains(&format!(" {negation} ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(word: &str, text: &str) -> bool {
        Keyword::new(word.to_owned()).asks_in(&Message::new(text))
    }

    fn occurs(word: &str, text: &str) -> bool {
        Keyword::new(word.to_owned()).occurs_in(&Message::new(text))
    }

    #[test]
    fn a_wish_for_a_person_is_heard() {
        for text in [
            "转人工",
            "我要转 人工！",
            "帮我转人工",
            "能不能转人工",
            "为什么不给我转人工",
            "不好用，转人工",
            "不要，转人工",
        ] {
            assert!(asks("转人工", text), "{text}");
        }
        for text in [
            "I want to talk to a human agent.",
            "HUMAN AGENT please",
            "找human agent",
            "not good, human agent",
        ] {
            assert!(asks("human agent", text), "{text}");
        }
    }

    #[test]
    fn a_negated_wish_is_none() {
        for text in
            ["不要转人工", "不用转人工了", "别再给我转人工", "我不想要转人工", "你好，先不要直接转人工"]
        {
            assert!(!asks("转人工", text), "{text}");
        }
        for text in [
            "do not send me a human agent",
            "I don't want a human agent",
            "I do not want one human agent",
            "no need for a human agent",
        ] {
            assert!(!asks("human agent", text), "{text}");
        }
    }

    #[test]
    fn a_short_word_asks_only_as_a_whole_clause() {
        for text in ["人工", "人工！", "转人工", "请转人工服务", "我要人工", "没用，人工"]
        {
            assert!(asks("人工", text), "{text}");
        }
        for text in ["人工费多少", "维修人工怎么算", "不要人工", ""] {
            assert!(!asks("人工", text), "{text}");
        }
    }

    #[test]
    fn occurrence_respects_english_words() {
        assert!(occurs("发票", "开 发-票"));
        assert!(occurs("refund", "我要refund"));
        assert!(occurs("ＡＰＰ", "app 打不开"));
        assert!(!occurs("app", "happy"));
        assert!(!occurs("，", "，"), "a keyword without a word occurs nowhere");
        assert!(Keyword::new("在吗".to_owned()).is_whole(&Message::new(" 在吗？？")));
        assert!(!Keyword::new("在吗".to_owned()).is_whole(&Message::new("货在吗")));
    }
}
