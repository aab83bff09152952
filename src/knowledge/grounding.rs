//! Grounding: whether a composed answer says what its passages say. The model that wrote it is not trusted, nor is
//! the customer whose words it read.
//!
//! An answer passes when everything in it comes from the answers of the passages that it cites:
//! - each word, number, address and sign occurs there, whole; a few particles and plain punctuation are free;
//! - each clause rests on one clause of one passage. With a number, an address, or a word that denies or restricts in
//!   either, it is that whole clause, particles aside; otherwise they have one run of words (or characters of Chinese) in
//!   common that is at least [`CLAUSE_SHARE`] of both;
//! - it is no longer than they are, in the language of the question, and has nothing invisible in it.
//!
//! What this cannot see: that a clause which the answer leaves out was its condition.

use super::passage::Passage;
use super::tokens::{half_width, is_han};
use crate::base::limits::{COMPOSED_BYTES_MAX, GROUNDING_ROOM_BYTES};
use std::collections::BTreeSet;

/// What part of a clause, and of the clause of a passage that it rests on, they have in common in one piece, in hundredths.
pub const CLAUSE_SHARE: usize = 80;
/// What part of the words must be in the script of the question, in hundredths.
const SCRIPT_SHARE: usize = 50;

/// Why a composed answer is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ungrounded {
    /// It cites nothing, or what was not there.
    #[error("it cites no passage, or one that was not given")]
    Cites,
    /// It says nothing, or more than its passages.
    #[error("it is empty, or longer than what it cites")]
    Length,
    /// Something in it cannot be seen.
    #[error("it has invisible characters")]
    Invisible,
    /// Another language than the question's.
    #[error("it is not in the language of the question")]
    Language,
    /// A word, number, address or sign that its passages do not have.
    #[error("something in it does not occur in what it cites")]
    Foreign,
    /// Its words are there, but not what it says.
    #[error("a clause rests on no clause of what it cites")]
    Clause,
}

impl Ungrounded {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Cites => "remote.ungrounded_cites",
            Self::Length => "remote.ungrounded_length",
            Self::Invisible => "remote.ungrounded_invisible",
            Self::Language => "remote.ungrounded_language",
            Self::Foreign => "remote.ungrounded_foreign",
            Self::Clause => "remote.ungrounded_clause",
        }
    }
}

/// Judges an answer that was composed to `question` from `passages`, which are cited by number from 1. Returns those
/// that it cites, in its order.
pub fn judge<'a>(
    text: &str,
    cites: &[u64],
    passages: &'a [Passage],
    question: &str,
) -> Result<Vec<&'a Passage>, Ungrounded> {
    let cited = cited(cites, passages)?;
    let room = cited.iter().map(|passage| passage.answer.len()).sum::<usize>() + GROUNDING_ROOM_BYTES;
    if text.trim().is_empty() || text.len() > room.min(COMPOSED_BYTES_MAX) {
        return Err(Ungrounded::Length);
    }
    if text.chars().any(is_invisible) {
        return Err(Ungrounded::Invisible);
    }
    let clauses = clauses(text);
    if !is_in_script_of(question, &clauses) {
        return Err(Ungrounded::Language);
    }
    let sources: Vec<Clause> = cited.iter().flat_map(|passage| self::clauses(&passage.answer)).collect();
    let asked = cited.iter().flat_map(|passage| self::clauses(&passage.question));
    // Numbers and signs come from answers only; a question's words may be taken up.
    let words = asked.flat_map(|clause| clause.units).filter(|unit| !unit.is_exact);
    let known: BTreeSet<Unit> = sources.iter().flat_map(|clause| clause.units.clone()).chain(words).collect();
    let mut units = clauses.iter().flat_map(|clause| &clause.units);
    if units.any(|unit| !known.contains(unit) && !is_free(&unit.text)) {
        return Err(Ungrounded::Foreign);
    }
    let ready: Vec<Ready> = sources.iter().map(Ready::new).collect();
    let rests = |clause: &Clause| ready.iter().any(|source| source.bears_out(clause));
    if clauses.is_empty() || !clauses.iter().all(rests) {
        return Err(Ungrounded::Clause);
    }
    Ok(cited)
}

fn cited<'a>(cites: &[u64], passages: &'a [Passage]) -> Result<Vec<&'a Passage>, Ungrounded> {
    let mut cited: Vec<&Passage> = Vec::new();
    for number in cites {
        let passage = numbered(passages, *number).ok_or(Ungrounded::Cites)?;
        if !cited.contains(&passage) {
            cited.push(passage);
        }
    }
    if cited.is_empty() { Err(Ungrounded::Cites) } else { Ok(cited) }
}

/// The passage with this number, from 1.
pub fn numbered(passages: &[Passage], number: u64) -> Option<&Passage> {
    passages.get(usize::try_from(number.checked_sub(1)?).ok()?)
}

/// A word, one character of Chinese, a number, an address, a sign.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Unit {
    text: String,
    /// A number, an address or a sign: nothing in its neighbourhood may differ.
    is_exact: bool,
}

/// What stands between two marks.
#[derive(Debug, Default)]
struct Clause {
    units: Vec<Unit>,
}

impl Clause {
    /// Without particles.
    fn content(&self) -> impl Iterator<Item = &Unit> {
        self.units.iter().filter(|unit| !is_free(&unit.text))
    }

    /// Whether it counts only as a whole.
    fn is_strict(&self) -> bool {
        self.units.iter().any(|unit| unit.is_exact || RESTRICTS.contains(&unit.text.as_str()))
    }
}

/// The content of a passage's clause, ready to be compared with.
struct Ready<'a> {
    content: Vec<&'a Unit>,
    is_restricted: bool,
}

impl<'a> Ready<'a> {
    fn new(clause: &'a Clause) -> Self {
        let content: Vec<&Unit> = clause.content().collect();
        let is_restricted = content.iter().any(|unit| RESTRICTS.contains(&unit.text.as_str()));
        Self { content, is_restricted }
    }

    fn bears_out(&self, clause: &Clause) -> bool {
        if clause.is_strict() {
            return clause.content().eq(self.content.iter().copied());
        }
        let said: Vec<&Unit> = clause.content().collect();
        let run = longest_run(&said, &self.content);
        !self.is_restricted && run > 0 && run * 100 >= said.len().max(self.content.len()) * CLAUSE_SHARE
    }
}

/// How many neighbours `a` and `b` have in common at most, in one piece.
fn longest_run(a: &[&Unit], b: &[&Unit]) -> usize {
    let mut longest = 0;
    // For each place of `b`, how long the run is that ends there and at the last word of `a` looked at.
    let mut runs = vec![0_usize; b.len()];
    for word in a {
        let mut before = 0;
        for (run, other) in runs.iter_mut().zip(b) {
            let longer = if word == other { before + 1 } else { 0 };
            before = core::mem::replace(run, longer);
            longest = longest.max(longer);
        }
    }
    longest
}

/// Particles that add nothing, after folding. What agrees, promises, allows, denies or says who is none.
fn is_free(text: &str) -> bool {
    const PARTICLES: &str = "的了呢哦啊呀嘛请该此和与及并也就则而且为是";
    const WORDS: [&str; 20] = [
        "the", "a", "an", "is", "are", "was", "were", "be", "been", "it", "its", "this", "that", "these",
        "those", "of", "and", "in", "at", "please",
    ];
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(only), None) if is_han(only) => PARTICLES.contains(only),
        _ => WORDS.contains(&text),
    }
}

/// Words that turn a sentence around, or narrow it.
const RESTRICTS: [&str; 44] = [
    "不", "没", "無", "无", "非", "未", "别", "勿", "莫", "禁", "仅", "只", "除", "限", "否", "不得", "难",
    "拒", "not", "no", "never", "cannot", "cant", "wont", "dont", "doesnt", "isnt", "arent", "without",
    "none", "nor", "neither", "unless", "except", "only", "until", "before", "after", "if", "didnt", "wasnt",
    "shouldnt", "mustnt", "nothing",
];
/// Ways to write a number in Chinese.
const NUMERALS: &str = "零〇一二三四五六七八九十百千万亿两半倍双壹贰叁肆伍陆柒捌玖拾佰仟萬億兩";
/// Marks that end a clause, after folding.
const MARKS: &str = "。、…,.;:!?";
/// Marks that may stand anywhere, after folding.
const QUIET: &str = "\"'()-~“”‘’《》「」【】·—";

/// Cuts a text into clauses of units.
fn clauses(text: &str) -> Vec<Clause> {
    let folded: Vec<char> =
        text.chars().map(half_width).flat_map(char::to_lowercase).filter(|c| *c != '’').collect();
    let mut cutter = Cutter::default();
    for run in folded.chunk_by(|a, b| Kind::of(*a) == Kind::of(*b)) {
        match run.first().map_or(Kind::Gap, |c| Kind::of(*c)) {
            Kind::Gap if run.contains(&'\n') => cutter.cut(),
            Kind::Gap => {}
            Kind::Ascii => cutter.ascii(run),
            Kind::Numeral => cutter.push(run, true),
            Kind::Han => run.iter().for_each(|c| cutter.push(&[*c], false)),
            Kind::Letters => cutter.push(run, false),
            Kind::Sign => run.iter().for_each(|c| cutter.sign(*c)),
        }
    }
    cutter.cut();
    cutter.clauses
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Gap,
    Ascii,
    Numeral,
    Han,
    /// Of another script than Latin or Chinese.
    Letters,
    Sign,
}

impl Kind {
    fn of(c: char) -> Self {
        match c {
            _ if c.is_whitespace() => Self::Gap,
            _ if c.is_ascii() => Self::Ascii,
            _ if NUMERALS.contains(c) => Self::Numeral,
            _ if is_han(c) => Self::Han,
            _ if c.is_alphabetic() => Self::Letters,
            _ => Self::Sign,
        }
    }
}

#[derive(Default)]
struct Cutter {
    open: Clause,
    clauses: Vec<Clause>,
}

impl Cutter {
    fn cut(&mut self) {
        if !self.open.units.is_empty() {
            self.clauses.push(core::mem::take(&mut self.open));
        }
    }

    fn push(&mut self, chars: &[char], is_exact: bool) {
        self.open.units.push(Unit { text: chars.iter().collect(), is_exact });
    }

    fn sign(&mut self, c: char) {
        if MARKS.contains(c) {
            self.cut();
        } else if !QUIET.contains(c) {
            self.push(&[c], true);
        }
    }

    /// A run without white space: marks around a core that is a word, or else has to occur as it stands.
    fn ascii(&mut self, run: &[char]) {
        let is_mark = |c: &char| MARKS.contains(*c) || QUIET.contains(*c);
        let begin = run.iter().position(|c| !is_mark(c)).unwrap_or(run.len());
        let end = run.iter().rposition(|c| !is_mark(c)).map_or(begin, |last| last + 1);
        let (before, rest) = run.split_at_checked(begin).unwrap_or((run, &[]));
        let (core, after) = rest.split_at_checked(end - begin).unwrap_or((rest, &[]));
        before.iter().for_each(|c| self.sign(*c));
        let letters: Vec<char> = core.iter().copied().filter(|c| *c != '\'').collect();
        if letters.iter().all(|c| c.is_ascii_alphabetic() || *c == '-') {
            letters
                .split(|c| *c == '-')
                .filter(|word| !word.is_empty())
                .for_each(|word| self.push(word, false));
        } else if !core.is_empty() {
            self.push(core, true);
        }
        after.iter().for_each(|c| self.sign(*c));
    }
}

/// Whether most of the words are Chinese when the question has Chinese in it, and are not when it has none.
fn is_in_script_of(question: &str, clauses: &[Clause]) -> bool {
    let words = || clauses.iter().flat_map(|clause| &clause.units).filter(|unit| !unit.is_exact);
    let chinese = words().filter(|unit| unit.text.chars().all(is_han)).count();
    let (of_script, all) = match question.chars().any(is_han) {
        true => (chinese, words().count()),
        false if question.chars().any(char::is_alphabetic) => (words().count() - chinese, words().count()),
        false => return true,
    };
    of_script * 100 >= all * SCRIPT_SHARE
}

/// Characters that show nothing, turn the direction, or show what we do not know.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffd}' | '\u{e000}'..='\u{f8ff}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
        || c.is_control() && !matches!(c, '\n' | '\r' | '\t')
}

#[cfg(test)]
mod tests;
