//! Text as the matcher sees it: folded, cut into clauses, counted as terms.

/// `text` in lower case, full-width letters and digits as ASCII, each run of white space one `' '`, each run of
/// punctuation one `','`, neither at the ends. An apostrophe is nothing: don't is one word.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut gap: Option<char> = None;
    let mut push = |c: char| {
        if is_han(c) || c.is_alphanumeric() {
            if let Some(separator) = gap.take()
                && !folded.is_empty()
            {
                folded.push(separator);
            }
            folded.push(c);
        } else if gap != Some(',') {
            gap = Some(if c.is_whitespace() { ' ' } else { ',' });
        }
    };
    for c in text.chars().map(half_width).filter(|c| !matches!(c, '\'' | '’')) {
        // Most characters; the tables of Unicode cost ten times as much.
        if is_han(c) { push(c) } else { c.to_lowercase().for_each(&mut push) }
    }
    folded
}

/// Whether it is a Chinese character.
pub(super) fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// Politeness and particles: they say nothing about what is asked. Without them, and with one word for what is
/// asked in many, more questions are near enough to be answered and wrong ones are not: on the questions of
/// docs/ANSWERING.md a quarter more were answered at the same precision, for a hundredth of the top-1 accuracy.
const SAYS_NOTHING: [&str; 14] =
    ["请问", "你好", "您好", "麻烦", "一下", "谢谢", "吗", "呢", "啊", "呀", "吧", "哦", "嘛", "了"];
/// Ways to say the same; the longer before those they contain.
const SAYS_THE_SAME: [(&str, &str); 13] = [
    ("怎么样", "怎么"),
    ("怎样", "怎么"),
    ("如何", "怎么"),
    ("咋", "怎么"),
    ("为何", "为什么"),
    ("为啥", "为什么"),
    ("啥", "什么"),
    ("多长时间", "多久"),
    ("哪儿", "哪里"),
    ("可不可以", "可以"),
    ("可否", "可以"),
    ("能不能", "能"),
    ("能否", "能"),
];

/// Folded text in fewer, plainer words; as it is when nothing would be left.
fn plain(folded: String) -> String {
    let mut plain = String::with_capacity(folded.len());
    let mut rest = folded.as_str();
    while let Some(first) = rest.chars().next() {
        let nothing = SAYS_NOTHING.iter().find_map(|word| Some((rest.strip_prefix(word)?, "")));
        let same = || SAYS_THE_SAME.iter().find_map(|(word, same)| Some((rest.strip_prefix(word)?, *same)));
        if let Some((after, instead)) = nothing.or_else(same) {
            plain.push_str(instead);
            rest = after;
        } else {
            plain.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    if plain.contains(char::is_alphanumeric) { plain } else { folded }
}

/// The same words in the same order, but for politeness, punctuation and ways to say the same: FNV-1a of them.
pub(super) fn fingerprint(text: &str) -> u64 {
    tight(&plain(fold(text)))
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// What is left of folded text without its separators.
pub fn tight(folded: &str) -> String {
    folded.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Full-width forms U+FF01..=U+FF5E are ASCII, shifted.
pub(super) fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// A term: one or two characters of Chinese, three letters of a word, or a word. Exact but for words, which are
/// hashed to 63 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(u64);

/// Bits of a character.
const CHAR_BITS: u32 = 21;
const WORD: u64 = 1 << 63;

impl Term {
    /// How much it says, beside how rare it is: a word's letters repeat what the word says.
    pub fn weight(self) -> f32 {
        let letters = self.0 & WORD == 0 && self.0 >> (2 * CHAR_BITS) != 0;
        if letters { 0.25 } else { 1.0 }
    }

    fn of_chars(chars: &[char]) -> Self {
        Self(chars.iter().fold(0, |bits, c| bits << CHAR_BITS | u64::from(*c as u32)))
    }

    /// FNV-1a of the characters.
    fn of_word(chars: &[char]) -> Self {
        let hash = chars.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, c| {
            (hash ^ u64::from(*c as u32)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(hash | WORD)
    }
}

/// The distinct terms of a text, in order of their value: of a Chinese run each character and each two, of
/// another word the word and, where it is longer than three letters, each three.
pub fn terms(text: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    let plain: Vec<char> = plain(fold(text)).chars().collect();
    for run in plain.chunk_by(|a, b| kind(*a) == kind(*b)) {
        match run.first().map_or(Kind::Gap, |c| kind(*c)) {
            Kind::Gap => {}
            Kind::Han => {
                terms.extend(run.iter().map(|c| Term::of_chars(&[*c])));
                terms.extend(run.windows(2).map(Term::of_chars));
            }
            Kind::Word => {
                terms.push(Term::of_word(run));
                if run.len() > 3 {
                    terms.extend(run.windows(3).map(Term::of_chars));
                }
            }
        }
    }
    terms.sort_unstable();
    terms.dedup();
    terms
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Gap,
    Han,
    Word,
}

/// Scripts from U+2E80 on are written without spaces (Han, kana; Hangul is close enough).
fn kind(c: char) -> Kind {
    match c {
        ' ' | ',' => Kind::Gap,
        '\u{2e80}'.. => Kind::Han,
        _ => Kind::Word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_keeps_letters_and_where_they_part() {
        assert_eq!(fold("  ＡＢＣ１２ 怎么  退货？！ 谢谢～"), "abc12 怎么 退货,谢谢");
        assert_eq!(fold("Don’t!"), "dont");
        assert_eq!(fold("😀。。"), "");
        assert_eq!(tight("怎么 退货,谢谢"), "怎么退货谢谢");
    }

    #[test]
    fn terms_of_chinese_and_of_words() {
        let han = |s: &str| Term::of_chars(&s.chars().collect::<Vec<_>>());
        let word = |s: &str| Term::of_word(&s.chars().collect::<Vec<_>>());
        let mut expected =
            vec![han("退"), han("货"), han("退货"), word("app"), word("free"), han("fre"), han("ree")];
        expected.sort_unstable();
        assert_eq!(terms("退货APP free"), expected);
        assert_eq!(terms("退货，退货"), terms("退货"));
    }

    #[test]
    fn politeness_is_no_term() {
        assert_eq!(terms("请问如何退货呢？谢谢！"), terms("怎么退货"));
        assert_eq!(terms("退货能不能快点啊"), terms("退货能快点"));
        assert_eq!(terms("你好吗").len(), 5, "where nothing else is said, it is said");
    }
}
