//! Cuts a text into the most probable word pieces (a unigram model, searched by dynamic programming).

use super::fault::EncoderFault;
use super::normaliser::{Normaliser, SPACE_SIGN};
use super::reader::{Bytes, Reader};
use crate::base::limits::{ENCODER_OWN_TOKENS_MAX, ENCODER_TOKENS_MAX};
use core::ops::Range;

/// What the model was trained to see before a question.
const PREFIX: &str = "query: ";

pub struct Tokenizer {
    normaliser: Normaliser,
    /// Where each piece ends in `pieces`, which are in order of their bytes.
    ends: Vec<u32>,
    scores: Vec<f32>,
    pieces: Bytes,
    unknown_score: f32,
}

/// A text as the model takes it.
pub struct Cut {
    /// The mark of the beginning, the prefix, the text, the mark of the end.
    pub tokens: Vec<u32>,
    /// Where the text's own tokens are among them: without a space alone before others.
    pub own: Range<usize>,
}

/// The best way to reach a place in the text.
#[derive(Clone, Copy)]
struct Reached {
    score: f32,
    /// Where its last piece begins.
    from: usize,
    token: u32,
}

impl Tokenizer {
    pub fn read(mut reader: Reader) -> Result<Self, EncoderFault> {
        let (count, blob_bytes) = (reader.count()?, reader.count()?);
        let (mapped, outputs) = (reader.count()?, reader.count()?);
        let unknown_score = reader.f32s(1)?.first().copied().unwrap_or_default();
        let (scores, ends) = (reader.f32s(count)?, reader.u32s(count)?);
        let normaliser = Normaliser::read(&mut reader, mapped, outputs)?;
        let pieces = reader.bytes(blob_bytes)?;
        if !ends.is_sorted() || ends.last().is_none_or(|end| *end as usize != blob_bytes) {
            return Err(reader.fault("the order of its pieces"));
        }
        reader.end()?;
        Ok(Self { normaliser, ends, scores, pieces, unknown_score })
    }

    /// Words that a token can be: the pieces, then the marks of beginning and end, and the unknown.
    pub const fn word_count(&self) -> usize {
        self.scores.len() + 3
    }

    const fn mark(&self, which: usize) -> u32 {
        (self.scores.len() + which) as u32
    }

    /// At most [`ENCODER_TOKENS_MAX`] tokens, of which at most [`ENCODER_OWN_TOKENS_MAX`] are the text's own; what is
    /// longer loses its end.
    pub fn cut(&self, text: &str) -> Cut {
        let prefix_bytes = self.normaliser.apply(PREFIX.trim_end()).len();
        let mut path = self.best_path(&self.normaliser.apply(&[PREFIX, text].concat()));
        path.reverse();
        path.truncate(ENCODER_TOKENS_MAX - 2);
        let (prefix, own) = path.split_at(path.partition_point(|piece| piece.from < prefix_bytes));
        let is_space =
            |piece: &Reached| self.piece(piece.token as usize) == SPACE_SIGN.to_string().as_bytes();
        let spaces = usize::from(own.len() > 1 && own.first().is_some_and(is_space));
        // The mark of the beginning comes before them.
        let (begin, kept) = (1 + prefix.len() + spaces, (own.len() - spaces).min(ENCODER_OWN_TOKENS_MAX));
        let pieces = path.iter().map(|piece| piece.token);
        let tokens = [self.mark(0)].into_iter().chain(pieces).chain([self.mark(1)]).collect();
        Cut { tokens, own: begin..begin + kept }
    }

    /// The pieces of the most probable cut, the last one first.
    fn best_path(&self, text: &str) -> Vec<Reached> {
        let nowhere = Reached { score: f32::NEG_INFINITY, from: 0, token: 0 };
        // By byte; places inside a character are never reached.
        let mut reached = vec![nowhere; text.len() + 1];
        for (begin, char) in text.char_indices() {
            let score = match reached.get(begin) {
                Some(_) if begin == 0 => 0.0,
                Some(reached) => reached.score,
                None => break,
            };
            let mut offer = |end: usize, score: f32, token: u32| {
                if let Some(best) = reached.get_mut(end).filter(|best| score > best.score) {
                    *best = Reached { score, from: begin, token };
                }
            };
            let rest = text.get(begin..).unwrap_or_default();
            self.each_piece_at(rest, |bytes, piece, piece_score| {
                offer(begin + bytes, score + piece_score, piece)
            });
            offer(begin + char.len_utf8(), score + self.unknown_score, self.mark(2));
        }
        let mut path = Vec::new();
        let mut end = text.len();
        while let Some(last) = reached.get(end).filter(|_| end > 0) {
            path.push(*last);
            end = last.from;
        }
        path
    }

    /// Every piece that `rest` begins with, shortest first: the pieces that share a beginning stand together, and each
    /// further byte narrows where they are.
    fn each_piece_at(&self, rest: &str, mut found: impl FnMut(usize, u32, f32)) {
        let (mut low, mut high) = (0, self.scores.len());
        for (at, byte) in rest.bytes().enumerate() {
            low = self.first(low, high, |piece| piece.get(at).is_some_and(|own| *own >= byte));
            high = self.first(low, high, |piece| piece.get(at).is_some_and(|own| *own > byte));
            if low == high {
                return;
            }
            if self.piece(low).len() == at + 1 {
                found(at + 1, low as u32, self.scores.get(low).copied().unwrap_or_default());
            }
        }
    }

    /// The first piece of those in order for which `is_beyond` holds, as for all that follow.
    fn first(&self, mut low: usize, mut high: usize, is_beyond: impl Fn(&[u8]) -> bool) -> usize {
        while low < high {
            let middle = low.midpoint(high);
            if is_beyond(self.piece(middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }

    fn piece(&self, at: usize) -> &[u8] {
        let end = |at: usize| self.ends.get(at).map_or(0, |end| *end as usize);
        let begin = at.checked_sub(1).map_or(0, end);
        self.pieces.all().get(begin..end(at)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In order of their bytes; all as probable.
    const PIECES: [&str; 7] = [":", "ab", "query", "▁", "▁hi", "▁query", "好"];

    fn tokenizer() -> Tokenizer {
        let bytes = PIECES.concat().into_bytes();
        let ends = PIECES.iter().scan(0, |end, piece| {
            *end += piece.len() as u32;
            Some(*end)
        });
        let counts = [1, 1, PIECES.len() as u32, bytes.len() as u32, 0, 0].map(u32::to_le_bytes);
        let scores = [-20.0].into_iter().chain([-1.0; PIECES.len()]).flat_map(f32::to_le_bytes);
        let numbers = counts.into_iter().flatten().chain(scores).chain(ends.flat_map(u32::to_le_bytes));
        let file = b"SDE1".iter().copied().chain(numbers).chain(bytes).collect();
        Tokenizer::read(Reader::new(file, 0, 1).unwrap()).unwrap()
    }

    /// All tokens as words, then the text's own.
    fn words(text: &str) -> (Vec<&'static str>, Vec<&'static str>) {
        let cut = tokenizer().cut(text);
        let word = |token: &u32| PIECES.into_iter().chain(["<s>", "</s>", "?"]).nth(*token as usize).unwrap();
        (cut.tokens.iter().map(word).collect(), cut.tokens[cut.own].iter().map(word).collect())
    }

    #[test]
    fn marks_prefix_and_a_space_alone_are_not_the_texts_own() {
        let (all, own) = words("好ab");
        assert_eq!(all, ["<s>", "▁query", ":", "▁", "好", "ab", "</s>"]);
        assert_eq!(own, ["好", "ab"]);
        assert_eq!(words("  好ab").1, ["好", "ab"], "many spaces are one");
        assert_eq!(words("hi 好").1, ["▁hi", "▁", "好"], "this space is in a word, and a later one stays");
        assert_eq!(words("query:好").1, ["▁query", ":", "好"], "who types the prefix means it");
        assert_eq!(words("退").1, ["?"], "unknown");
    }

    #[test]
    fn of_a_text_of_nothing_the_space_stays() {
        assert_eq!(words(""), (vec!["<s>", "▁query", ":", "▁", "</s>"], vec!["▁"]));
    }

    #[test]
    fn a_long_text_keeps_its_first_own_tokens_and_the_mark_of_the_end() {
        let (all, own) = words(&["好", &"ab".repeat(ENCODER_TOKENS_MAX)].concat());
        assert_eq!((all.len(), all.last()), (ENCODER_TOKENS_MAX, Some(&"</s>")));
        assert_eq!((own.len(), own[0], own[1]), (ENCODER_OWN_TOKENS_MAX, "好", "ab"));
    }
}
