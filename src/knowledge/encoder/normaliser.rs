//! Brings a text into the form that the word pieces are written in: full-width letters become plain ones, unusual
//! spaces become spaces, runs of spaces one, and each space the sign `▁`, which also begins the text.

use super::fault::EncoderFault;
use super::reader::Reader;

/// Stands for a space inside word pieces.
pub const SPACE_SIGN: char = '▁';

pub struct Normaliser {
    /// Characters that are replaced, in order.
    from: Vec<u32>,
    /// Where each one's replacement ends in `to`.
    ends: Vec<u32>,
    to: Vec<char>,
}

impl Normaliser {
    /// `count` characters with `outputs` characters as their replacements.
    pub fn read(reader: &mut Reader, count: usize, outputs: usize) -> Result<Self, EncoderFault> {
        let (from, ends) = (reader.u32s(count)?, reader.u32s(count)?);
        let to: Option<Vec<char>> = reader.u32s(outputs)?.into_iter().map(char::from_u32).collect();
        if !from.is_sorted() || !ends.is_sorted() || ends.last().is_some_and(|end| *end as usize != outputs) {
            return Err(reader.fault("the normaliser's order"));
        }
        Ok(Self { from, ends, to: to.ok_or_else(|| reader.fault("a character"))? })
    }

    pub fn apply(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + SPACE_SIGN.len_utf8());
        let mut after_space = false;
        for char in text.chars().flat_map(|char| self.replacement(char)) {
            let is_space = char == ' ';
            if out.is_empty() && !is_space {
                out.push(SPACE_SIGN);
            }
            if !(is_space && after_space) {
                out.push(if is_space { SPACE_SIGN } else { char });
            }
            after_space = is_space;
        }
        out
    }

    fn replacement(&self, char: char) -> impl Iterator<Item = char> {
        let found = self.from.binary_search(&u32::from(char)).ok();
        let to = found.and_then(|at| {
            let begin = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
            self.to.get(begin as usize..*self.ends.get(at)? as usize)
        });
        let itself = if to.is_some() { None } else { Some(char) };
        to.unwrap_or_default().iter().copied().chain(itself)
    }
}
