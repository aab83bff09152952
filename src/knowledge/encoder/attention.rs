//! Attention: every token takes from all tokens, each as much as its key fits the query.

use crate::knowledge::encoding::VECTOR_DIMENSIONS;

/// Columns of one head; each head attends by itself.
const HEAD: usize = 32;

/// `mixed` holds for each token its query, key and value (384 each); the answer has 384 for each token.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
pub fn attend(mixed: &[f32]) -> Vec<f32> {
    let rows = mixed.chunks_exact(3 * VECTOR_DIMENSIONS);
    let tokens = rows.len();
    let mut out = vec![0.0; tokens * VECTOR_DIMENSIONS];
    let mut keys = vec![0.0; HEAD * tokens];
    let mut values = Vec::with_capacity(HEAD * tokens);
    let mut shares = vec![0.0; tokens];
    for head in 0..VECTOR_DIMENSIONS / HEAD {
        let part = |row: &'_ [f32], which: usize| -> [f32; HEAD] {
            let heads = row.as_chunks::<HEAD>().0;
            heads.get(which * (VECTOR_DIMENSIONS / HEAD) + head).copied().unwrap_or([0.0; HEAD])
        };
        // Keys by column, so that the products of one query run over all tokens side by side.
        values.clear();
        for (token, row) in rows.clone().enumerate() {
            let key = part(row, 1);
            for (column, key) in keys.chunks_exact_mut(tokens).zip(key) {
                column.iter_mut().skip(token).take(1).for_each(|to| *to = key);
            }
            values.push(part(row, 2));
        }
        for (row, out) in rows.clone().zip(out.chunks_exact_mut(VECTOR_DIMENSIONS)) {
            let query = part(row, 0);
            weigh(&query, &keys, &mut shares);
            let Some(out) = out.as_chunks_mut::<HEAD>().0.get_mut(head) else { continue };
            for (value, share) in values.iter().zip(&shares) {
                out.iter_mut().zip(value).for_each(|(out, value)| *out += share * value);
            }
        }
    }
    out
}

/// How much of each token's value the query takes: shares that sum to 1.
#[inline]
fn weigh(query: &[f32; HEAD], keys: &[f32], shares: &mut [f32]) {
    shares.fill(0.0);
    for (number, column) in query.iter().zip(keys.chunks_exact(shares.len())) {
        shares.iter_mut().zip(column).for_each(|(share, key)| *share += number * key);
    }
    let factor = 1.0 / (HEAD as f32).sqrt();
    let largest = shares.iter().fold(f32::NEG_INFINITY, |largest, share| largest.max(*share));
    let mut sum = 0.0;
    for share in shares.iter_mut() {
        *share = exp((*share - largest) * factor);
    }
    for share in shares.iter() {
        sum += *share;
    }
    shares.iter_mut().for_each(|share| *share /= sum);
}

/// e to the power of x, for x of at most 0, to seven digits: of our own, so that it is the same everywhere and vector
/// instructions can do it. 2^n, times the series of what is left, which is at most half of ln 2.
#[inline]
fn exp(x: f32) -> f32 {
    /// Both together are ln 2; few bits in the first, so that its multiples are exact.
    const LN_2: [f32; 2] = [0.693_145_75, 1.428_606_8e-6];
    let x = x.max(-87.0);
    let n = (x * core::f32::consts::LOG2_E - 0.5) as i32;
    let [coarse, fine] = LN_2.map(|part| part * n as f32);
    let rest = (x - coarse) - fine;
    let terms = [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];
    let series = terms.iter().fold(0.0, |sum, term| sum * rest + term);
    series * f32::from_bits(((n + 127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_right_to_seven_digits() {
        for step in 0..=8_600 {
            let x = step as f32 / -100.0;
            let right = f64::from(x).exp();
            assert!((f64::from(exp(x)) - right).abs() <= 3e-7 * right, "{x}");
        }
        assert!(exp(-1e9) < 1e-37 && exp(f32::NEG_INFINITY) >= 0.0);
    }

    #[test]
    fn a_token_takes_from_those_whose_keys_fit() {
        let mut mixed = vec![0.0; 2 * 3 * VECTOR_DIMENSIONS];
        let (first, second) = mixed.split_at_mut(3 * VECTOR_DIMENSIONS);
        (first[0], first[VECTOR_DIMENSIONS], first[2 * VECTOR_DIMENSIONS]) = (50.0, 1.0, 7.0);
        (second[VECTOR_DIMENSIONS], second[2 * VECTOR_DIMENSIONS]) = (-1.0, 9.0);
        let out = attend(&mixed);
        assert!((out[0] - 7.0).abs() < 1e-3, "the first asks and finds itself");
        assert_eq!(out[VECTOR_DIMENSIONS], 8.0, "the second asks nothing and takes half of each");
        assert_eq!(out[32], 0.0, "another head has nothing");
    }
}
