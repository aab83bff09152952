//! The kernel without vector instructions, for everything that is not Wasm: the same sums in the same order.

use crate::knowledge::encoder::activations::{Block, ROWS};
use crate::knowledge::encoder::weights::{BLOCK, TILE_BYTES, TILE_ROWS, from_f16};

/// A tile, unpacked row by row: so the compiler finds the vector instructions of the machine it builds for.
pub struct Lanes {
    scales: [f32; TILE_ROWS],
    rows: [[i16; BLOCK]; TILE_ROWS],
}

impl Lanes {
    #[inline]
    pub fn unpack(tile: &[u8; TILE_BYTES]) -> Self {
        let (scales, nibbles) = tile.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
        let mut lanes = Self { scales: [0.0; TILE_ROWS], rows: [[0; BLOCK]; TILE_ROWS] };
        for (scale, bytes) in lanes.scales.iter_mut().zip(scales.as_chunks::<2>().0) {
            *scale = from_f16(u16::from_le_bytes(*bytes));
        }
        for (step, bytes) in nibbles.as_chunks::<16>().0.iter().enumerate() {
            for (row, bytes) in lanes.rows.iter_mut().zip(bytes.as_chunks::<4>().0) {
                let (low, high) = row.split_at_mut(BLOCK / 2);
                for (to, byte) in low.iter_mut().skip(4 * step).zip(bytes) {
                    *to = i16::from(byte & 15);
                }
                for (to, byte) in high.iter_mut().skip(4 * step).zip(bytes) {
                    *to = i16::from(byte >> 4);
                }
            }
        }
        lanes
    }

    /// The sums of four tokens with the tiles of four rows.
    #[inline]
    pub fn dot(tiles: &[Self], blocks: &[Block]) -> [[f32; TILE_ROWS]; ROWS] {
        let mut sums = [[0.0; TILE_ROWS]; ROWS];
        for (tile, block) in tiles.iter().zip(blocks) {
            let tokens = block.numbers.iter().zip(block.offsets).zip(block.scales);
            for (sums, ((numbers, offset), factor)) in sums.iter_mut().zip(tokens) {
                for ((sum, row), scale) in sums.iter_mut().zip(&tile.rows).zip(tile.scales) {
                    let whole = product(row, numbers) + offset;
                    *sum += whole as f32 * (scale * factor);
                }
            }
        }
        sums
    }
}

/// In sixteen sums side by side, which is what the compiler can turn into vector instructions.
#[inline]
fn product(weights: &[i16; BLOCK], numbers: &[i8; BLOCK]) -> i32 {
    let mut sums = [0_i16; BLOCK / 2];
    for (weights, numbers) in weights.as_chunks::<16>().0.iter().zip(numbers.as_chunks::<16>().0) {
        for ((sum, weight), number) in sums.iter_mut().zip(weights).zip(numbers) {
            *sum = sum.wrapping_add(weight.wrapping_mul(i16::from(*number)));
        }
    }
    sums.iter().map(|sum| i32::from(*sum)).sum()
}
