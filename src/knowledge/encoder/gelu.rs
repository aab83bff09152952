//! The bend between the two halves of a feed-forward: x times the share of a normal distribution below x.

/// Beyond this the curve is 0 on the left and x on the right, to seven digits.
const REACH: f32 = 6.0;
/// Points of the table on each side of 0, for each 1.
const DENSITY: f32 = 256.0;
const POINTS: usize = 2 * 6 * 256 + 2;

/// The curve as a table, read by straight lines between its points: off by 2e-6 at most.
pub struct Gelu(Box<[f32; POINTS]>);

impl Gelu {
    pub fn new() -> Self {
        let mut points = Box::new([0.0; POINTS]);
        for (at, point) in points.iter_mut().enumerate() {
            let x = at as f64 / f64::from(DENSITY) - f64::from(REACH);
            *point = (x * share_below(x)) as f32;
        }
        Self(points)
    }

    pub fn apply(&self, values: &mut [f32]) {
        for value in values {
            let place = (value.clamp(-REACH, REACH) + REACH) * DENSITY;
            let at = place as usize;
            let [left, right] =
                self.0.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
            let between = left + (right - left) * (place - at as f32);
            *value = if *value >= REACH { *value } else { between };
        }
    }
}

/// Of a normal distribution, by the error function as Abramowitz and Stegun give it (7.1.26, off by 1.5e-7 at most).
fn share_below(x: f64) -> f64 {
    let z = x.abs() / core::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let terms = [0.254_829_592, -0.284_496_736, 1.421_413_741, -1.453_152_027, 1.061_405_429];
    let sum = terms.iter().rev().fold(0.0, |sum, term| (sum + term) * t);
    let half_tail = sum * (-z * z).exp() / 2.0;
    if x < 0.0 { half_tail } else { 1.0 - half_tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_is_the_known_one() {
        let known = [
            (0.0, 0.0),
            (1.0, 0.841_344_7),
            (-1.0, -0.158_655_3),
            (0.3, 0.185_373_7),
            (-2.5, -0.015_524_2),
            (5.999, 5.999),
            (40.0, 40.0),
            (-40.0, 0.0),
            (f32::NAN, f32::NAN),
        ];
        let mut values = known.map(|(x, _)| x);
        Gelu::new().apply(&mut values);
        for (value, (x, expected)) in values.into_iter().zip(known) {
            assert!((value - expected).abs() < 5e-6 || x.is_nan(), "{x}: {value}");
        }
    }
}
