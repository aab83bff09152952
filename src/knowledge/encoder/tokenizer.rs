//! Cuts a text into the most probable word pieces (a unigram model, searched by dynamic programming).

use super::fault::EncoderFault;
use super::normaliser::Normaliser;
use super::reader::{Bytes, Reader};
use crate::base::limits::ENCODER_TOKENS_MAX;

pub struct Tokenizer {
    normaliser: Normaliser,
    /// Where each piece ends in `pieces`, which are in order of their bytes.
    ends: Vec<u32>,
    scores: Vec<f32>,
    pieces: Bytes,
    unknown_score: f32,
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

    /// At most [`ENCODER_TOKENS_MAX`]; what is longer loses its end.
    pub fn tokens(&self, text: &str) -> Vec<u32> {
        let text = self.normaliser.apply(text);
        let mut tokens = vec![self.mark(0)];
        tokens.extend(self.best_path(&text).iter().rev().take(ENCODER_TOKENS_MAX - 2));
        tokens.push(self.mark(1));
        tokens
    }

    /// The pieces of the most probable cut, the last one first.
    fn best_path(&self, text: &str) -> Vec<u32> {
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
            path.push(last.token);
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
