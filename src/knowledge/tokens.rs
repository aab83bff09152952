//! Text as the matcher sees it: folded, cut into clauses, counted as terms.

/// `text` in lower case, full-width letters and digits as ASCII, each run of white space one `' '`, each run of
/// punctuation one `','`, neither at the ends. An apostrophe is nothing: don't is one word.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut gap: Option<char> = None;
    for c in text.chars().map(half_width).flat_map(char::to_lowercase).filter(|c| !matches!(c, '\'' | '’'))
    {
        if c.is_alphanumeric() {
            if let Some(separator) = gap.take()
                && !folded.is_empty()
            {
                folded.push(separator);
            }
            folded.push(c);
        } else if gap != Some(',') {
            gap = Some(if c.is_whitespace() { ' ' } else { ',' });
        }
    }
    folded
}

/// What is left of folded text without its separators.
pub fn tight(folded: &str) -> String {
    folded.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Full-width forms U+FF01..=U+FF5E are ASCII, shifted.
fn half_width(c: char) -> char {
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
    let folded: Vec<char> = fold(text).chars().collect();
    for run in folded.chunk_by(|a, b| kind(*a) == kind(*b)) {
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
}
