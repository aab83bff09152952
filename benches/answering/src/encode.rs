//! Encodings of texts, kept on disk from one run to the next: a set has ten thousand, at some 20 ms each.

use shunda::knowledge::encoding::{Encoding, Token, VECTOR_DIMENSIONS};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

/// Encodings by text.
#[derive(Default)]
pub struct Encodings {
    by_text: HashMap<String, Encoding>,
    /// The encoder's digest.
    pub encoder: String,
}

impl Encodings {
    /// Reads what an earlier run kept in `file`, if there was one.
    pub fn read(file: Option<&Path>, encoder: &str) -> Self {
        let bytes = file.and_then(|file| fs::read(file).ok()).unwrap_or_default();
        let mut rest = bytes.as_slice();
        let mut by_text = HashMap::new();
        while let Some((text, encoding)) = one(&mut rest) {
            by_text.insert(text, encoding);
        }
        Self { by_text, encoder: encoder.to_owned() }
    }

    pub fn of(&self, text: &str) -> Option<&Encoding> {
        self.by_text.get(text)
    }

    /// Makes what is missing of `texts` by `encode`, and keeps it in `file`.
    pub fn complete<'a>(
        &mut self,
        texts: impl Iterator<Item = &'a str>,
        encode: impl Fn(&str) -> Encoding,
        file: Option<&Path>,
    ) -> Result<(), String> {
        let mut made = 0;
        for text in texts {
            if !self.by_text.contains_key(text) {
                self.by_text.insert(text.to_owned(), encode(text));
                made += 1;
                if made % 1_000 == 0 {
                    eprintln!("  {made} encoded");
                    // A run that is cut off leaves what it made to the next one.
                    self.kept(file)?;
                }
            }
        }
        if made > 0 { self.kept(file) } else { Ok(()) }
    }

    fn kept(&self, file: Option<&Path>) -> Result<(), String> {
        let Some(file) = file else { return Ok(()) };
        self.keep(file).map_err(|error| format!("{}: {error}", file.display()))
    }

    fn keep(&self, file: &Path) -> std::io::Result<()> {
        let mut out = BufWriter::new(File::create(file)?);
        for (text, encoding) in &self.by_text {
            out.write_all(&(text.len() as u32).to_le_bytes())?;
            out.write_all(text.as_bytes())?;
            out.write_all(&(encoding.tokens.len() as u32).to_le_bytes())?;
            write_floats(&mut out, &encoding.pooled)?;
            for token in &encoding.tokens {
                out.write_all(&token.piece.to_le_bytes())?;
                write_floats(&mut out, &token.state)?;
            }
        }
        out.flush()
    }
}

fn write_floats(out: &mut impl Write, floats: &[f32]) -> std::io::Result<()> {
    floats.iter().try_for_each(|float| out.write_all(&float.to_le_bytes()))
}

fn one(rest: &mut &[u8]) -> Option<(String, Encoding)> {
    let length = number(rest)? as usize;
    let (text, after) = rest.split_at_checked(length)?;
    *rest = after;
    let tokens = number(rest)?;
    let pooled = floats(rest)?;
    let tokens: Option<Vec<Token>> =
        (0..tokens).map(|_| Some(Token { piece: number(rest)?, state: floats(rest)? })).collect();
    Some((String::from_utf8(text.to_vec()).ok()?, Encoding { pooled, tokens: tokens? }))
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    let (bytes, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    Some(u32::from_le_bytes(*bytes))
}

fn floats(rest: &mut &[u8]) -> Option<Vec<f32>> {
    (0..VECTOR_DIMENSIONS).map(|_| number(rest).map(f32::from_bits)).collect()
}
