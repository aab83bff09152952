//! The pass through the model: words, eleven layers, the mean.

use super::activations::Activations;
use super::attention::attend;
use super::gelu::Gelu;
use super::kernel::multiply;
use super::tokenizer::Cut;
use super::weights::{INNER_WIDTH, Layer, Norm, Weights};
use crate::knowledge::encoding::{Encoding, Token, VECTOR_DIMENSIONS};

/// What the model was trained with.
const NORM_EPSILON: f32 = 1e-12;

/// What a text's tokens become.
pub fn encode(weights: &Weights, gelu: &Gelu, cut: &Cut) -> Encoding {
    let mut rows = vec![0.0; cut.tokens.len() * VECTOR_DIMENSIONS];
    let positions = weights.frame.positions.chunks_exact(VECTOR_DIMENSIONS);
    for ((row, token), position) in rows.chunks_exact_mut(VECTOR_DIMENSIONS).zip(&cut.tokens).zip(positions) {
        weights.word(*token, row);
        row.iter_mut().zip(position).for_each(|(number, position)| *number += position);
    }
    normalise(&mut rows, &weights.frame.norm);
    for layer in &weights.layers {
        pass(layer, gelu, &mut rows);
    }
    gather(cut, &rows)
}

/// From the states of all tokens: their mean, and the text's own as they are.
fn gather(cut: &Cut, rows: &[f32]) -> Encoding {
    let states = rows.as_chunks::<VECTOR_DIMENSIONS>().0.iter();
    let own = cut.tokens.iter().zip(states).take(cut.own.end).skip(cut.own.start);
    let tokens = own.map(|(piece, state)| Token { piece: *piece, state: state.to_vec() }).collect();
    Encoding { pooled: direction(mean(rows)), tokens }
}

fn pass(layer: &Layer, gelu: &Gelu, rows: &mut [f32]) {
    let mixed = multiply(&layer.attention_in, &Activations::new(rows, VECTOR_DIMENSIONS));
    let taken = attend(&mixed);
    add(rows, &multiply(&layer.attention_out, &Activations::new(&taken, VECTOR_DIMENSIONS)));
    normalise(rows, &layer.attention_norm);
    let mut inner = multiply(&layer.inner_in, &Activations::new(rows, VECTOR_DIMENSIONS));
    gelu.apply(&mut inner);
    add(rows, &multiply(&layer.inner_out, &Activations::new(&inner, INNER_WIDTH)));
    normalise(rows, &layer.inner_norm);
}

fn add(rows: &mut [f32], more: &[f32]) {
    rows.iter_mut().zip(more).for_each(|(number, more)| *number += more);
}

/// Brings each row to mean 0 and variance 1, then scales and shifts its columns.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
fn normalise(rows: &mut [f32], norm: &Norm) {
    for row in rows.as_chunks_mut::<VECTOR_DIMENSIONS>().0 {
        let mean = sum(row) / VECTOR_DIMENSIONS as f32;
        row.iter_mut().for_each(|number| *number -= mean);
        let variance = sum(&row.map(|number| number * number)) / VECTOR_DIMENSIONS as f32;
        let factor = 1.0 / (variance + NORM_EPSILON).sqrt();
        for ((number, scale), shift) in row.iter_mut().zip(&norm.scale).zip(&norm.shift) {
            *number = *number * factor * scale + shift;
        }
    }
}

/// In four sums side by side, which vector instructions can do.
#[inline]
fn sum(row: &[f32; VECTOR_DIMENSIONS]) -> f32 {
    let mut sums = [0.0; 4];
    for four in row.as_chunks::<4>().0 {
        sums.iter_mut().zip(four).for_each(|(sum, number)| *sum += number);
    }
    sums.iter().sum()
}

fn mean(rows: &[f32]) -> Vec<f32> {
    let mut sums = vec![0.0; VECTOR_DIMENSIONS];
    for row in rows.as_chunks::<VECTOR_DIMENSIONS>().0 {
        sums.iter_mut().zip(row).for_each(|(sum, number)| *sum += number);
    }
    let count = (rows.len() / VECTOR_DIMENSIONS).max(1) as f32;
    sums.iter_mut().for_each(|sum| *sum /= count);
    sums
}

/// Brings `values` to length 1; all zeros stay as they are.
fn direction(mut values: Vec<f32>) -> Vec<f32> {
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        values.iter_mut().for_each(|value| *value /= length);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_is_the_mean_of_all_states_and_own_states_stay_as_they_are() {
        // Four tokens, of which the second and third are the text's; the mean is (3, 0, ..., 0, -4).
        let ends = [(10.0, 0.0), (0.5, -0.25), (-2.0, 4.0), (3.5, -19.75)];
        let mut rows = vec![0.0; ends.len() * VECTOR_DIMENSIONS];
        for (row, (first, last)) in rows.as_chunks_mut::<VECTOR_DIMENSIONS>().0.iter_mut().zip(ends) {
            (row[0], row[VECTOR_DIMENSIONS - 1]) = (first, last);
        }
        let found = gather(&Cut { tokens: vec![7, 8, 9, 6], own: 1..3 }, &rows);
        let own: Vec<_> =
            found.tokens.iter().map(|token| (token.piece, token.state[0], token.state[383])).collect();
        assert_eq!(own, [(8, 0.5, -0.25), (9, -2.0, 4.0)]);
        assert_eq!((found.pooled.len(), found.pooled[0], found.pooled[383]), (VECTOR_DIMENSIONS, 0.6, -0.8));
        assert!(found.pooled[1..383].iter().all(|number| *number == 0.0));
    }

    #[test]
    fn states_of_nothing_but_zeros_have_no_direction() {
        assert_eq!(direction(vec![0.0; 3]), [0.0; 3]);
    }
}
