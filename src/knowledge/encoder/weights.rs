//! The model's numbers, as the forward pass reads them. Large matrices stay the bytes of their part.

use super::fault::EncoderFault;
use super::reader::{Bytes, Reader};
use crate::base::limits::ENCODER_TOKENS_MAX;
use crate::knowledge::encoding::VECTOR_DIMENSIONS;

/// Columns inside a layer's feed-forward.
pub const INNER_WIDTH: usize = 1536;
/// Layers of the model that are used: not its twelfth and last (ADR 28).
pub const LAYERS: usize = 11;
/// Weights that share a scale.
pub const BLOCK: usize = 32;
/// A block of one row: an f16 scale, then two weights a byte.
const BLOCK_BYTES: usize = 18;
/// Rows that a tile has.
pub const TILE_ROWS: usize = 4;
/// A block of four rows: their scales, then their weights, in the order that the kernel takes them.
pub const TILE_BYTES: usize = TILE_ROWS * BLOCK_BYTES;
/// One word's vector.
const WORD_BYTES: usize = VECTOR_DIMENSIONS / BLOCK * BLOCK_BYTES;

/// A matrix with the bias that is added to each product.
pub struct Matrix {
    tiles: Bytes,
    pub columns: usize,
    pub bias: Vec<f32>,
}

impl Matrix {
    pub fn read(reader: &mut Reader, rows: usize, columns: usize) -> Result<Self, EncoderFault> {
        let tiles = reader.bytes(rows / TILE_ROWS * (columns / BLOCK) * TILE_BYTES)?;
        Ok(Self { tiles, columns, bias: reader.f32s(rows)? })
    }

    /// Its tiles: all blocks of the first four rows, then of the next four.
    pub fn tiles(&self) -> &[[u8; TILE_BYTES]] {
        self.tiles.all().as_chunks().0
    }
}

/// Scale and shift after a normalisation.
pub struct Norm {
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
}

impl Norm {
    fn read(reader: &mut Reader) -> Result<Self, EncoderFault> {
        Ok(Self { scale: reader.f32s(VECTOR_DIMENSIONS)?, shift: reader.f32s(VECTOR_DIMENSIONS)? })
    }
}

/// One of them.
pub struct Layer {
    /// Query, key and value, one below the other.
    pub attention_in: Matrix,
    pub attention_out: Matrix,
    pub attention_norm: Norm,
    pub inner_in: Matrix,
    pub inner_out: Matrix,
    pub inner_norm: Norm,
}

impl Layer {
    fn read(reader: &mut Reader) -> Result<Self, EncoderFault> {
        Ok(Self {
            attention_in: Matrix::read(reader, 3 * VECTOR_DIMENSIONS, VECTOR_DIMENSIONS)?,
            attention_out: Matrix::read(reader, VECTOR_DIMENSIONS, VECTOR_DIMENSIONS)?,
            attention_norm: Norm::read(reader)?,
            inner_in: Matrix::read(reader, INNER_WIDTH, VECTOR_DIMENSIONS)?,
            inner_out: Matrix::read(reader, VECTOR_DIMENSIONS, INNER_WIDTH)?,
            inner_norm: Norm::read(reader)?,
        })
    }
}

/// What is added to a word for where it stands, and the first normalisation.
pub struct Frame {
    pub positions: Vec<f32>,
    pub norm: Norm,
}

impl Frame {
    pub fn read(mut reader: Reader) -> Result<Self, EncoderFault> {
        if reader.count()? != ENCODER_TOKENS_MAX {
            return Err(reader.fault("the number of positions"));
        }
        let positions = reader.f32s(ENCODER_TOKENS_MAX * VECTOR_DIMENSIONS)?;
        let frame = Self { positions, norm: Norm::read(&mut reader)? };
        reader.end()?;
        Ok(frame)
    }
}

/// All of them.
pub struct Weights {
    pub frame: Frame,
    pub layers: Vec<Layer>,
    /// Word vectors, in as many stretches as there are parts.
    words: Vec<Bytes>,
}

impl Weights {
    pub const fn new(frame: Frame) -> Self {
        Self { frame, layers: Vec::new(), words: Vec::new() }
    }

    pub fn read_words(&mut self, mut reader: Reader) -> Result<(), EncoderFault> {
        let count = reader.count()?;
        self.words.push(reader.bytes(count.saturating_mul(WORD_BYTES))?);
        reader.end()
    }

    pub fn read_layers(&mut self, mut reader: Reader) -> Result<(), EncoderFault> {
        for _ in 0..reader.count()?.min(LAYERS) {
            self.layers.push(Layer::read(&mut reader)?);
        }
        reader.end()
    }

    pub fn word_count(&self) -> usize {
        self.words.iter().map(|words| words.all().len() / WORD_BYTES).sum()
    }

    /// Writes the word's vector.
    pub fn word(&self, word: u32, into: &mut [f32]) {
        let mut rows = self.words.iter().map(|words| words.all().as_chunks::<WORD_BYTES>().0);
        let mut at = word as usize;
        let row = rows.find_map(|rows| {
            let row = rows.get(at);
            at = at.wrapping_sub(rows.len());
            row
        });
        let blocks = row.map(|row| row.as_chunks::<BLOCK_BYTES>().0).unwrap_or_default();
        for (into, [low, high, nibbles @ ..]) in into.as_chunks_mut::<BLOCK>().0.iter_mut().zip(blocks) {
            let scale = from_f16(u16::from_le_bytes([*low, *high]));
            let (first, second) = into.split_at_mut(BLOCK / 2);
            for ((first, second), byte) in first.iter_mut().zip(second).zip(nibbles) {
                *first = (f32::from(byte & 15) - 8.0) * scale;
                *second = (f32::from(byte >> 4) - 8.0) * scale;
            }
        }
    }
}

/// A finite half-precision number: its bits, moved to where single precision has them, are it times 2^-112.
pub fn from_f16(bits: u16) -> f32 {
    let magnitude = f32::from_bits(u32::from(bits & 0x7fff) << 13) * f32::from_bits((127 + 112) << 23);
    f32::from_bits(magnitude.to_bits() | u32::from(bits & 0x8000) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_is_read_exactly() {
        let known = [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x0001, 5.960_464_5e-8),
            (0x7bff, 65504.0),
        ];
        for (bits, value) in known {
            assert_eq!(from_f16(bits), value, "{bits:04x}");
        }
        assert_eq!(from_f16(0x8000).to_bits(), (-0.0_f32).to_bits());
    }
}
