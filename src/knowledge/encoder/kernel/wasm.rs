//! The kernel with Wasm's vector instructions: a value of 128 bits is built from bytes, never loaded by a pointer.

use crate::knowledge::encoder::activations::{Block, ROWS};
use crate::knowledge::encoder::weights::{BLOCK, TILE_BYTES, TILE_ROWS};
use core::arch::wasm32::{
    f32x4_add, f32x4_convert_i32x4, f32x4_extract_lane, f32x4_mul, f32x4_splat, i16x8_add,
    i16x8_relaxed_dot_i8x16_i7x16, i16x8_splat, i32x4_add, i32x4_extadd_pairwise_i16x8, i32x4_shl,
    i32x4_splat, u8x16_shr, u8x16_splat, u32x4_extend_low_u16x8, u64x2, v128, v128_and, v128_or,
};

/// Steps of a block: in each, four columns of each row.
const STEPS: usize = BLOCK / 4;

/// A tile, unpacked: one lane for each of its rows.
pub struct Lanes {
    scales: v128,
    /// Four columns of each row.
    steps: [v128; STEPS],
}

impl Lanes {
    #[inline]
    #[target_feature(enable = "simd128,relaxed-simd")]
    pub fn unpack(tile: &[u8; TILE_BYTES]) -> Self {
        let (scales, nibbles) = tile.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
        let mut steps = [u8x16_splat(0); STEPS];
        let (low, high) = steps.split_at_mut(STEPS / 2);
        for ((low, high), bytes) in low.iter_mut().zip(high).zip(nibbles.as_chunks::<16>().0) {
            let both = from_bytes(bytes);
            *low = v128_and(both, u8x16_splat(15));
            *high = u8x16_shr(both, 4);
        }
        Self { scales: from_f16s(*scales), steps }
    }

    /// The sums of four tokens with the tiles of four rows.
    #[inline]
    #[target_feature(enable = "simd128,relaxed-simd")]
    pub fn dot(tiles: &[Self], blocks: &[Block]) -> [[f32; TILE_ROWS]; ROWS] {
        let mut sums = [f32x4_splat(0.0); ROWS];
        for (tile, block) in tiles.iter().zip(blocks) {
            let mut shorts = [i16x8_splat(0); ROWS];
            for (step, weights) in tile.steps.iter().enumerate() {
                for (short, numbers) in shorts.iter_mut().zip(&block.numbers) {
                    let four = numbers.as_chunks().0.get(step).copied().unwrap_or_default();
                    let four = i32x4_splat(i32::from_le_bytes(four.map(i8::cast_unsigned)));
                    *short = i16x8_add(*short, i16x8_relaxed_dot_i8x16_i7x16(four, *weights));
                }
            }
            let tokens = shorts.into_iter().zip(block.offsets).zip(block.scales);
            for (sum, ((short, offset), scale)) in sums.iter_mut().zip(tokens) {
                let whole = i32x4_add(i32x4_extadd_pairwise_i16x8(short), i32x4_splat(offset));
                let scales = f32x4_mul(tile.scales, f32x4_splat(scale));
                *sum = f32x4_add(*sum, f32x4_mul(f32x4_convert_i32x4(whole), scales));
            }
        }
        sums.map(|sum| {
            [
                f32x4_extract_lane::<0>(sum),
                f32x4_extract_lane::<1>(sum),
                f32x4_extract_lane::<2>(sum),
                f32x4_extract_lane::<3>(sum),
            ]
        })
    }
}

#[inline]
#[target_feature(enable = "simd128")]
fn from_bytes(bytes: &[u8; 16]) -> v128 {
    let (low, high) = bytes
        .as_chunks::<8>()
        .0
        .split_first()
        .map_or(([0; 8], [0; 8]), |(low, rest)| (*low, rest.first().copied().unwrap_or_default()));
    u64x2(u64::from_le_bytes(low), u64::from_le_bytes(high))
}

/// Four finite half-precision numbers, as [`from_f16`](crate::knowledge::encoder::weights::from_f16) reads one.
#[inline]
#[target_feature(enable = "simd128")]
fn from_f16s(bytes: [u8; 8]) -> v128 {
    let bits = u32x4_extend_low_u16x8(u64x2(u64::from_le_bytes(bytes), 0));
    let magnitude = i32x4_shl(v128_and(bits, i32x4_splat(0x7fff)), 13);
    let sign = i32x4_shl(v128_and(bits, i32x4_splat(0x8000)), 16);
    v128_or(f32x4_mul(magnitude, f32x4_splat(f32::from_bits((127 + 112) << 23))), sign)
}
