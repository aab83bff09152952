//! Names found in a text: the longest at each place, whatever their case, width and spaces.

use super::super::tokens::fold;
use core::cmp::Ordering;

/// A text as names are looked for in it: its letters without gaps, and where the gaps were.
#[derive(Debug)]
pub(super) struct Letters {
    letters: Vec<char>,
    /// Whether a gap stands in front of the letter.
    parted: Vec<bool>,
}

impl Letters {
    pub(super) fn new(text: &str) -> Self {
        // The English possessive is no part of a name.
        let folded = fold(&text.replace("'s ", " ").replace("’s ", " "));
        let (mut letters, mut parted, mut gap) = (Vec::new(), Vec::new(), true);
        for c in folded.chars() {
            if matches!(c, ' ' | ',') {
                gap = true;
            } else {
                letters.push(c);
                parted.push(core::mem::take(&mut gap));
            }
        }
        Self { letters, parted }
    }

    pub(super) fn len(&self) -> usize {
        self.letters.len()
    }

    pub(super) fn from(&self, at: usize) -> &[char] {
        self.letters.get(at..).unwrap_or_default()
    }

    pub(super) fn words(&self, at: usize, len: usize) -> String {
        self.from(at).iter().take(len).collect()
    }

    /// Whether a word may begin or end in front of the letter: not within a run of Latin letters and digits.
    fn parts(&self, at: usize) -> bool {
        let latin = |at: usize| self.letters.get(at).is_some_and(char::is_ascii_alphanumeric);
        let before = at.checked_sub(1).is_some_and(latin);
        !(before && latin(at)) || self.parted.get(at).is_none_or(|parted| *parted)
    }
}

/// Names, each with what it means.
#[derive(Debug)]
pub(super) struct Names<T> {
    /// In order of their letters.
    sorted: Vec<(Vec<char>, T)>,
}

impl<T> Names<T> {
    /// `join` puts together what one name means.
    pub(super) fn new(named: impl Iterator<Item = (String, T)>, join: impl Fn(&mut T, T)) -> Self {
        let mut all: Vec<(Vec<char>, T)> =
            named.map(|(name, meaning)| (Letters::new(&name).letters, meaning)).collect();
        all.retain(|(letters, _)| !letters.is_empty());
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut sorted: Vec<(Vec<char>, T)> = Vec::with_capacity(all.len());
        for (letters, meaning) in all {
            match sorted.last_mut() {
                Some((last, before)) if *last == letters => join(before, meaning),
                _ => sorted.push((letters, meaning)),
            }
        }
        Self { sorted }
    }

    /// The longest name that stands at `at`, and how many letters it has.
    pub(super) fn longest(&self, text: &Letters, at: usize) -> Option<(usize, &T)> {
        if !text.parts(at) {
            return None;
        }
        let mut found = None;
        let mut left = self.sorted.as_slice();
        // Each letter leaves fewer names, in one piece: those that share the beginning.
        for (depth, letter) in text.from(at).iter().enumerate() {
            let order =
                |(name, _): &(Vec<char>, T)| name.get(depth).map_or(Ordering::Less, |c| c.cmp(letter));
            let from = left.partition_point(|named| order(named) == Ordering::Less);
            let to = left.partition_point(|named| order(named) != Ordering::Greater);
            left = left.get(from..to).unwrap_or_default();
            match left.first() {
                None => break,
                Some((name, meaning)) if name.len() == depth + 1 && text.parts(at + depth + 1) => {
                    found = Some((depth + 1, meaning));
                }
                Some(_) => {}
            }
        }
        found
    }

    /// What exactly these words mean.
    pub(super) fn meaning(&self, words: &str) -> Option<&T> {
        let wanted = Letters::new(words).letters;
        let at = self.sorted.binary_search_by(|(name, _)| name.cmp(&wanted)).ok()?;
        self.sorted.get(at).map(|(_, meaning)| meaning)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[&str], text: &str) -> Vec<String> {
        let names = Names::new(names.iter().map(|name| ((*name).to_owned(), ())), |(), ()| ());
        let text = Letters::new(text);
        let (mut at, mut found) = (0, Vec::new());
        while at < text.len() {
            match names.longest(&text, at) {
                Some((len, ())) => {
                    found.push(text.words(at, len));
                    at += len;
                }
                None => at += 1,
            }
        }
        found
    }

    #[test]
    fn the_longest_name_counts_whatever_its_case_width_and_spaces() {
        let names = ["破壁机", "破壁机 P10", "P10", "榨汁机", "Air Fryer"];
        assert_eq!(found(&names, "我的破壁机Ｐ１０坏了"), ["破壁机p10"]);
        assert_eq!(found(&names, "破壁机 p-10、榨汁机"), ["破壁机p10", "榨汁机"]);
        assert_eq!(found(&names, "the AIR  fryer's basket"), ["airfryer"]);
        assert_eq!(found(&names, "破壁"), Vec::<String>::new());
    }

    #[test]
    fn a_latin_name_is_no_part_of_another_word() {
        let names = ["P10", "ice"];
        for text in ["P100", "XP10", "P10Pro", "nice", "iced"] {
            assert_eq!(found(&names, text), Vec::<String>::new(), "{text}");
        }
        assert_eq!(found(&names, "P10的ice"), ["p10", "ice"]);
    }
}
