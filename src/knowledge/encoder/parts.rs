//! From an encoder's parts to what works: which part is read as what.
//!
//! Every part begins with `SDE1`, then u32 each (all numbers are little-endian): format, kind, count. Then:
//!
//! | kind | count | body |
//! |---|---|---|
//! | 1 vocabulary | pieces | u32: bytes of all pieces, characters mapped, characters they map to; f32: score of the unknown, of each piece; u32: end of each piece, the mapped characters, the end of each one's outputs, the outputs; the pieces' bytes |
//! | 2 frame | positions | f32: a row of 384 each; scale, shift |
//! | 3 words | rows | 12 blocks each: f16 scale, 16 bytes with columns j (low) and j + 16 (high) |
//! | 4 layers | layers | attention in (1152 x 384), out (384 x 384), scale, shift; inner in (1536 x 384), out (384 x 1536), scale, shift; a matrix is its tiles, then its bias |
//!
//! A tile is a block of 32 columns of four rows: 4 f16 scales, then 64 bytes, of which byte 16 v + 4 r + c holds columns
//! 4 v + c (low) and 4 v + c + 16 (high) of row r. A weight is (nibble - 8) x scale.

use super::fault::EncoderFault;
use super::manifest::{Manifest, PartKind};
use super::reader::Reader;
use super::tokenizer::Tokenizer;
use super::weights::{Frame, LAYERS, Weights};

/// Reads verified files; each is kept as it is.
pub fn take(manifest: &Manifest, files: Vec<Vec<u8>>) -> Result<(Tokenizer, Weights), EncoderFault> {
    let (mut tokenizer, mut weights) = (None, None);
    for (number, (part, file)) in manifest.parts().iter().zip(files).enumerate() {
        let reader = Reader::new(file, number, part.kind as u32)?;
        let lacking = EncoderFault::Lacking { what: "frame" };
        match part.kind {
            PartKind::Vocabulary => tokenizer = Some(Tokenizer::read(reader)?),
            PartKind::Frame => weights = Some(Weights::new(Frame::read(reader)?)),
            PartKind::Words => weights.as_mut().ok_or(lacking)?.read_words(reader)?,
            PartKind::Layers => weights.as_mut().ok_or(lacking)?.read_layers(reader)?,
        }
    }
    let tokenizer = tokenizer.ok_or(EncoderFault::Lacking { what: "vocabulary" })?;
    let weights = weights.ok_or(EncoderFault::Lacking { what: "frame" })?;
    if weights.word_count() != tokenizer.word_count() {
        return Err(EncoderFault::Lacking { what: "words" });
    }
    if weights.layers.len() != LAYERS {
        return Err(EncoderFault::Lacking { what: "layers" });
    }
    Ok((tokenizer, weights))
}
