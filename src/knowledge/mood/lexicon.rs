//! The lexicon: words with what they speak for, found from the left, the longest first.

use super::words_en::ENGLISH;
use super::words_zh::CHINESE;
use super::{Aspect, scan};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// How much a word says by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Speaks against it.
    Against,
    /// A hint: two of them are enough.
    Weak,
    /// As likely as not.
    Even,
    /// Enough.
    Strong,
}

impl Weight {
    /// In log-odds: from 5 % by nothing to 18, 50 and 82 %.
    pub const fn log_odds(self) -> f32 {
        match self {
            Self::Against => -2.0,
            Self::Weak => 1.5,
            Self::Even => 3.0,
            Self::Strong => 4.5,
        }
    }
}

/// Words of one weight for one aspect, `|` between them; `=` before one: only as a whole clause. Without an aspect:
/// words that contain others and mean something else.
pub(super) type Table = (Option<(Aspect, Weight)>, &'static str);

/// A word that is known.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub chars: Vec<char>,
    /// Only as a whole clause.
    pub alone: bool,
    /// What it speaks for; nothing where it only hides shorter words.
    pub says: Vec<(Aspect, Weight)>,
}

impl Entry {
    /// The most that is said of an aspect holds.
    fn speak(&mut self, (aspect, weight): (Aspect, Weight)) {
        match self.says.iter_mut().find(|(of, _)| *of == aspect) {
            Some((_, known)) => *known = weight.max(*known),
            None => self.says.push((aspect, weight)),
        }
    }
}

/// All words by their first character, the longest first.
static LEXICON: LazyLock<BTreeMap<char, Vec<Entry>>> = LazyLock::new(|| {
    let mut lexicon: BTreeMap<char, Vec<Entry>> = BTreeMap::new();
    for (says, words) in CHINESE.iter().chain(&ENGLISH) {
        for word in words.split('|').map(str::trim) {
            let (word, alone) = word.strip_prefix('=').map_or((word, false), |word| (word, true));
            let chars = scan::folded(word).into_iter().flatten().collect::<Vec<char>>();
            let Some(first) = chars.first() else { continue };
            let entries = lexicon.entry(*first).or_default();
            let known = entries.iter().position(|entry| entry.chars == chars && entry.alone == alone);
            let place = known.unwrap_or_else(|| {
                entries.push(Entry { chars, alone, says: Vec::new() });
                entries.len() - 1
            });
            if let (Some(entry), Some(says)) = (entries.get_mut(place), says) {
                entry.speak(*says);
            }
        }
    }
    for entries in lexicon.values_mut() {
        entries.sort_by_key(|entry| core::cmp::Reverse(entry.chars.len()));
    }
    lexicon
});

/// The longest word that begins `clause[at..]`.
pub(super) fn longest(clause: &[char], at: usize) -> Option<&'static Entry> {
    let rest = clause.get(at..)?;
    let entries = LEXICON.get(rest.first()?)?;
    entries.iter().find(|entry| {
        rest.starts_with(&entry.chars)
            && (!entry.alone || entry.chars.len() == clause.len())
            && is_whole_word(clause, at, entry.chars.len())
    })
}

/// Letters and digits of ours must not be a part of a longer word.
fn is_whole_word(clause: &[char], at: usize, length: usize) -> bool {
    let is_letter =
        |at: Option<usize>| at.and_then(|at| clause.get(at)).is_some_and(char::is_ascii_alphanumeric);
    let joins = |inside: Option<usize>, outside: Option<usize>| is_letter(inside) && is_letter(outside);
    !joins(Some(at), at.checked_sub(1)) && !joins((at + length).checked_sub(1), Some(at + length))
}

/// How many words are known.
#[cfg(test)]
pub(super) fn size() -> usize {
    LEXICON.values().map(Vec::len).sum()
}
