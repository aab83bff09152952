//! The pass through the model: words, twelve layers, the mean.

use super::activations::Activations;
use super::attention::attend;
use super::gelu::Gelu;
use super::kernel::multiply;
use super::vector::{VECTOR_WIDTH, Vector};
use super::weights::{INNER_WIDTH, Layer, Norm, Weights};

/// What the model was trained with.
const NORM_EPSILON: f32 = 1e-12;

/// The vector of a text's tokens.
pub fn encode(weights: &Weights, gelu: &Gelu, tokens: &[u32]) -> Vector {
    let mut rows = vec![0.0; tokens.len() * VECTOR_WIDTH];
    let positions = weights.frame.positions.chunks_exact(VECTOR_WIDTH);
    for ((row, token), position) in rows.chunks_exact_mut(VECTOR_WIDTH).zip(tokens).zip(positions) {
        weights.word(*token, row);
        row.iter_mut().zip(position).for_each(|(number, position)| *number += position);
    }
    normalise(&mut rows, &weights.frame.norm);
    for layer in &weights.layers {
        pass(layer, gelu, &mut rows);
    }
    Vector::normalised(mean(&rows))
}

fn pass(layer: &Layer, gelu: &Gelu, rows: &mut [f32]) {
    let mixed = multiply(&layer.attention_in, &Activations::new(rows, VECTOR_WIDTH));
    let taken = attend(&mixed);
    add(rows, &multiply(&layer.attention_out, &Activations::new(&taken, VECTOR_WIDTH)));
    normalise(rows, &layer.attention_norm);
    let mut inner = multiply(&layer.inner_in, &Activations::new(rows, VECTOR_WIDTH));
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
    for row in rows.as_chunks_mut::<VECTOR_WIDTH>().0 {
        let mean = sum(row) / VECTOR_WIDTH as f32;
        row.iter_mut().for_each(|number| *number -= mean);
        let variance = sum(&row.map(|number| number * number)) / VECTOR_WIDTH as f32;
        let factor = 1.0 / (variance + NORM_EPSILON).sqrt();
        for ((number, scale), shift) in row.iter_mut().zip(&norm.scale).zip(&norm.shift) {
            *number = *number * factor * scale + shift;
        }
    }
}

/// In four sums side by side, which vector instructions can do.
#[inline]
fn sum(row: &[f32; VECTOR_WIDTH]) -> f32 {
    let mut sums = [0.0; 4];
    for four in row.as_chunks::<4>().0 {
        sums.iter_mut().zip(four).for_each(|(sum, number)| *sum += number);
    }
    sums.iter().sum()
}

fn mean(rows: &[f32]) -> Box<[f32; VECTOR_WIDTH]> {
    let mut sums = Box::new([0.0; VECTOR_WIDTH]);
    for row in rows.as_chunks::<VECTOR_WIDTH>().0 {
        sums.iter_mut().zip(row).for_each(|(sum, number)| *sum += number);
    }
    let count = (rows.len() / VECTOR_WIDTH).max(1) as f32;
    sums.iter_mut().for_each(|sum| *sum /= count);
    sums
}
