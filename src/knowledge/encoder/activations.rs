//! Rows of numbers as the kernel takes them: 8-bit, a scale for each block, the same block of several rows together.

use super::weights::BLOCK;

/// Rows (tokens) that the kernel takes at a time.
pub const ROWS: usize = 4;
/// The largest magnitude: -128 does not occur, so that no sum of products can overflow.
const LARGEST: f32 = 127.0;

/// The same 32 columns of four rows.
#[derive(Clone, Copy, Default)]
pub struct Block {
    pub numbers: [[i8; BLOCK]; ROWS],
    /// What turns a sum over nibbles into one over weights (nibble - 8): -8 times the sum of the numbers.
    pub offsets: [i32; ROWS],
    pub scales: [f32; ROWS],
}

/// Rows of equal length.
pub struct Activations {
    blocks: Vec<Block>,
    per_row: usize,
    rows: usize,
}

impl Activations {
    /// From rows of `columns` numbers, one after the other.
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub fn new(values: &[f32], columns: usize) -> Self {
        let (per_row, rows) = (columns / BLOCK, values.len() / columns);
        let mut blocks = vec![Block::default(); per_row * rows.div_ceil(ROWS)];
        for (four, blocks) in values.chunks(ROWS * columns).zip(blocks.chunks_exact_mut(per_row)) {
            for (place, row) in four.chunks_exact(columns).enumerate() {
                for (block, values) in blocks.iter_mut().zip(row.as_chunks().0) {
                    block.put(place, values);
                }
            }
        }
        Self { blocks, per_row, rows }
    }

    /// How many rows there are.
    pub const fn row_count(&self) -> usize {
        self.rows
    }

    /// The blocks of four rows each; rows that the last four lack are zero.
    pub fn fours(&self) -> impl Iterator<Item = &[Block]> {
        self.blocks.chunks_exact(self.per_row)
    }
}

impl Block {
    #[inline]
    fn put(&mut self, place: usize, values: &[f32; BLOCK]) {
        let largest = values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let factor = if largest > 0.0 { LARGEST / largest } else { 0.0 };
        let rounded = values.map(|value| (value * factor).round_ties_even() as i8);
        if let Some(numbers) = self.numbers.get_mut(place) {
            *numbers = rounded;
        }
        if let (Some(offset), Some(scale)) = (self.offsets.get_mut(place), self.scales.get_mut(place)) {
            let sum: i32 = rounded.iter().map(|number| i32::from(*number)).sum();
            (*offset, *scale) = (-8 * sum, largest / LARGEST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_number_becomes_127_and_keeps_its_value() {
        let mut values = [0.0; BLOCK];
        (values[0], values[1], values[5], values[31]) = (2.54, -2.54, 0.011, 1.0);
        let all = Activations::new(&[[0.0; BLOCK], values].concat(), BLOCK);
        let block = all.blocks[0];
        assert_eq!(block.numbers[1][..6], [127, -127, 0, 0, 0, 1]);
        assert_eq!((block.numbers[1][31], block.numbers[0]), (50, [0; BLOCK]));
        assert_eq!(block.offsets, [0, -8 * 51, 0, 0]);
        assert!((block.scales[1] - 0.02).abs() < 1e-6 && block.scales[0] == 0.0);
        assert_eq!((all.row_count(), all.fours().count()), (2, 1));
    }
}
