//! Evidence that may be looked at as often as one likes.
//!
//! Whoever looks again and again at an ordinary test, and stops when it says "significant", is wrong far more often
//! than it promises. These stay right however often they are looked at, and whenever one stops:
//!
//! - That two shares differ: the universal e-process (Wasserman, Ramdas and Balakrishnan, "Universal inference", 2020),
//!   `E = ∫L₁ · ∫L₂ / sup L₀`, where each arm's likelihood is averaged over all shares alike (Beta(1, 1)), and the common
//!   share is the likeliest one. If there is no difference, `E` exceeds `1/α` at any time with probability `α` at most
//!   (Ville 1939), whatever the share and however customers are split.
//! - Where one share lies: Robbins' confidence sequence (1970), all `p` with `∫L / L(p) < 1/α`.

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// How many.
    pub count: u32,
    /// Of how many.
    pub of: u32,
}

impl Counted {
    fn yes(self) -> f64 {
        f64::from(self.count.min(self.of))
    }

    fn no(self) -> f64 {
        f64::from(self.of) - self.yes()
    }

    /// The share; none of none has none.
    pub fn share(self) -> Option<f64> {
        (self.of > 0).then(|| self.yes() / f64::from(self.of))
    }

    /// The logarithm of the likelihood, averaged over all shares alike.
    fn averaged(self) -> f64 {
        log_gamma(self.yes() + 1.0) + log_gamma(self.no() + 1.0) - log_gamma(f64::from(self.of) + 2.0)
    }

    /// The logarithm of the likelihood of a share.
    fn likelihood(self, share: f64) -> f64 {
        times_log(self.yes(), share) + times_log(self.no(), 1.0 - share)
    }
}

/// The logarithm of the evidence that these have different shares. At `ln(1/α)` it is enough for a level `α`.
pub fn log_evidence(one: Counted, other: Counted) -> f64 {
    let both = Counted { count: one.count + other.count, of: one.of + other.of };
    let Some(common) = both.share() else { return 0.0 };
    one.averaged() + other.averaged() - both.likelihood(common)
}

/// Between which shares the true one lies, at every look, but for `level` of all series.
pub fn interval(counted: Counted, level: f64) -> (f64, f64) {
    let Some(share) = counted.share() else { return (0.0, 1.0) };
    let most = -level.ln();
    let is_in = |p: f64| counted.averaged() - counted.likelihood(p) < most;
    // The likelihood falls away from the share on both sides.
    let edge = |mut inside: f64, mut outside: f64| {
        for _ in 0..BISECTIONS {
            let middle = f64::midpoint(inside, outside);
            if is_in(middle) { inside = middle } else { outside = middle }
        }
        inside
    };
    let low = if is_in(0.0) { 0.0 } else { edge(share, 0.0) };
    let high = if is_in(1.0) { 1.0 } else { edge(share, 1.0) };
    (low, high)
}

/// To a millionth of a millionth.
const BISECTIONS: u32 = 40;

/// `count · ln share`, where nothing of nothing is nothing.
fn times_log(count: f64, share: f64) -> f64 {
    if count > 0.0 { count * share.ln() } else { 0.0 }
}

/// The logarithm of the gamma function for `x` of 1 and more: Stirling's series, from 10 on, where four terms are right
/// to 1e-12; below by its recurrence.
fn log_gamma(x: f64) -> f64 {
    let (mut x, mut product) = (x.max(1.0), 1.0);
    while x < 10.0 {
        product *= x;
        x += 1.0;
    }
    let square = x * x;
    let series =
        (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1_260.0 - 1.0 / (1_680.0 * square)) / square) / square) / x;
    (x - 0.5) * x.ln() - x + 0.5 * core::f64::consts::TAU.ln() + series - f64::ln(product)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(count: u32, of: u32) -> Counted {
        Counted { count, of }
    }

    /// A pseudo-random share, splitmix64 (Steele, Lea and Flood 2014).
    struct Random(u64);

    impl Random {
        fn next(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
        }

        fn is(&mut self, share: f64) -> u32 {
            u32::from(self.next() < share)
        }
    }

    #[test]
    fn the_gamma_function_is_the_factorial() {
        let mut sum = 0.0_f64;
        for n in 1..2_000_u32 {
            sum += f64::from(n).ln();
            let error = (log_gamma(f64::from(n) + 1.0) - sum).abs();
            assert!(error <= 1e-12 * sum.max(1.0), "{n}: {error}");
        }
    }

    #[test]
    fn evidence_is_what_its_definition_says() {
        // ∫p²(1-p) = 1/12 and ∫(1-p)³ = 1/4; the likeliest common share of 2 in 6 has (1/3)²(2/3)⁴ = 16/729.
        let by_hand = (1.0 / 12.0 * (1.0 / 4.0) / (16.0 / 729.0_f64)).ln();
        assert!((log_evidence(counted(2, 3), counted(0, 3)) - by_hand).abs() < 1e-10);
        assert_eq!(log_evidence(counted(0, 0), counted(0, 0)), 0.0);
        assert!(log_evidence(counted(10, 100), counted(40, 100)) > (20_f64 / 0.05).ln());
        assert!(log_evidence(counted(10, 100), counted(11, 100)) < 0.0);
    }

    #[test]
    fn an_interval_holds_its_share_and_narrows() {
        let (low, high) = interval(counted(30, 100), 0.05);
        assert!(low > 0.15 && low < 0.3 && high > 0.3 && high < 0.47, "{low} {high}");
        let (narrow_low, narrow_high) = interval(counted(3_000, 10_000), 0.05);
        assert!(narrow_low > low && narrow_high < high);
        assert_eq!(interval(counted(0, 0), 0.05), (0.0, 1.0));
        assert_eq!(interval(counted(0, 50), 0.05).0, 0.0);
        assert_eq!(interval(counted(50, 50), 0.05).1, 1.0);
    }

    /// An ordinary test of two shares at 5 %, two-sided.
    fn is_significant(one: Counted, other: Counted) -> bool {
        let both = counted(one.count + other.count, one.of + other.of);
        let (Some(p), Some(a), Some(b)) = (both.share(), one.share(), other.share()) else { return false };
        let deviation = (p * (1.0 - p) * (1.0 / f64::from(one.of) + 1.0 / f64::from(other.of))).sqrt();
        deviation > 0.0 && ((a - b) / deviation).abs() > 1.959_964
    }

    /// Of 1,000 series of twice `customers` who all hear the same, how many per thousand look different at any look.
    fn false_alarms(
        share: f64,
        customers: u32,
        seed: u64,
        is_alarm: &dyn Fn(Counted, Counted) -> bool,
    ) -> u32 {
        let mut random = Random(seed);
        let alarms = (0..1_000).filter(|_| {
            let mut arms = [counted(0, 0), counted(0, 0)];
            (0..2 * customers).any(|_| {
                let arm = &mut arms[random.is(0.5) as usize];
                *arm = counted(arm.count + random.is(share), arm.of + 1);
                is_alarm(arms[0], arms[1])
            })
        });
        alarms.count() as u32
    }

    #[test]
    fn who_looks_after_every_customer_is_still_right() {
        let enough = (1.0_f64 / 0.05).ln();
        for (seed, share) in [(1, 0.02), (2, 0.1), (3, 0.3), (4, 0.5)] {
            let ours = false_alarms(share, 500, seed, &|one, other| log_evidence(one, other) >= enough);
            let ordinary = false_alarms(share, 500, seed, &is_significant);
            assert!(ours < 50, "{ours} of 1,000 at {share}");
            assert!(ordinary > 150, "an ordinary test: {ordinary} of 1,000 at {share}");
        }
    }

    #[test]
    fn intervals_hold_the_truth_at_every_look_at_once() {
        let mut random = Random(5);
        let missed = (0..300).filter(|_| {
            let mut seen = counted(0, 0);
            (0..400).any(|_| {
                seen = counted(seen.count + random.is(0.2), seen.of + 1);
                let (low, high) = interval(seen, 0.05);
                !(low..=high).contains(&0.2)
            })
        });
        assert!(missed.count() < 15);
    }
}
