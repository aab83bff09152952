//! The innermost product: rows of 8-bit numbers times a matrix of 4-bit weights. Nine tenths of the time goes here.
//!
//! Four output rows at a time (a tile): their weights are unpacked once for all tokens, then every token takes its sums
//! from them, one lane for each of the four rows. A block's sum is exact in 16 bits: |number| <= 127, nibble <= 15, and
//! a lane adds 16 products, at most 30,480. So both twins give the same bits.

#[cfg(not(target_arch = "wasm32"))]
mod plain;
#[cfg(target_arch = "wasm32")]
mod wasm;

#[cfg(not(target_arch = "wasm32"))]
use plain::Lanes;
#[cfg(target_arch = "wasm32")]
use wasm::Lanes;

use super::activations::Activations;
use super::weights::{BLOCK, Matrix, TILE_ROWS};

/// For each row of `numbers`: the matrix times it, plus the bias.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128,relaxed-simd"))]
pub fn multiply(matrix: &Matrix, numbers: &Activations) -> Vec<f32> {
    let rows = matrix.bias.len();
    let mut out = vec![0.0; rows * numbers.row_count()];
    let mut unpacked = Vec::with_capacity(matrix.columns / BLOCK);
    let groups = matrix.tiles().chunks_exact(matrix.columns / BLOCK);
    for (group, (tiles, bias)) in groups.zip(matrix.bias.as_chunks::<TILE_ROWS>().0).enumerate() {
        unpacked.clear();
        for tile in tiles {
            unpacked.push(Lanes::unpack(tile));
        }
        let mut out =
            out.chunks_exact_mut(rows).filter_map(|row| row.as_chunks_mut::<TILE_ROWS>().0.get_mut(group));
        for blocks in numbers.fours() {
            // The last four may have fewer rows: their sums go nowhere.
            for (sums, out) in Lanes::dot(&unpacked, blocks).into_iter().zip(out.by_ref()) {
                for ((out, sum), bias) in out.iter_mut().zip(sums).zip(bias) {
                    *out = sum + bias;
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::encoder::reader::Reader;

    /// Four rows of two blocks; the weight in row r and column c, and a number that is exact in half precision.
    fn weight(row: usize, column: usize) -> u8 {
        ((7 * row + 5 * column + column / 32) % 16) as u8
    }

    fn scale(row: usize, block: usize) -> f32 {
        [[0.5, 1.0], [2.0, 0.25], [1.0, 1.0], [4.0, 0.5]][row][block]
    }

    fn half(scale: f32) -> [u8; 2] {
        let exponent = scale.log2() as i32 + 15;
        ((exponent as u16) << 10).to_le_bytes()
    }

    fn matrix() -> Matrix {
        let mut part = b"SDE1".to_vec();
        part.extend([1_u32, 4].iter().flat_map(|number| number.to_le_bytes()));
        for block in 0..2 {
            part.extend((0..4).flat_map(|row| half(scale(row, block))));
            for byte in 0..64 {
                let (row, column) = (byte % 16 / 4, 32 * block + byte / 16 * 4 + byte % 4);
                part.push(weight(row, column) | weight(row, column + 16) << 4);
            }
        }
        part.extend([0.0_f32, 1.0, -1.0, 100.0].iter().flat_map(|number| number.to_le_bytes()));
        Matrix::read(&mut Reader::new(part, 0, 4).unwrap(), 4, 64).unwrap()
    }

    #[test]
    fn a_product_is_the_sum_of_weights_times_numbers_plus_the_bias() {
        // Five rows: the last four are not full. With 127 in each block, numbers keep their value.
        let number = |row: usize, column: usize| match column % 32 {
            0 => 127.0,
            rest => ((row * 31 + rest * 11) % 200) as f32 - 100.0,
        };
        let numbers: Vec<f32> = (0..5 * 64).map(|at| number(at / 64, at % 64)).collect();
        let out = multiply(&matrix(), &Activations::new(&numbers, 64));
        assert_eq!(out.len(), 5 * 4);
        for (at, found) in out.into_iter().enumerate() {
            let (token, row) = (at / 4, at % 4);
            let term = |column| {
                (f32::from(weight(row, column)) - 8.0) * scale(row, column / 32) * number(token, column)
            };
            let expected = (0..64).map(term).sum::<f32>() + [0.0, 1.0, -1.0, 100.0][row];
            assert!((found - expected).abs() < 0.05, "{token} {row}: {found} is not {expected}");
        }
    }
}
