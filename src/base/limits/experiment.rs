//! Bounds of experiments with answers.

/// Experiments of one document: what a supervisor can look after.
pub const EXPERIMENTS_MAX: usize = 20;
/// Wordings that are tried beside an entry's own: each more needs as many customers again.
pub const EXPERIMENT_ARMS_MAX: usize = 3;
/// Customers of one experiment that are counted, and of all; whoever comes later is not. Some 10 MB, whose counts one
/// turn makes in a tenth of a second.
pub const EXPOSURES_MAX: i64 = 100_000;
/// How long customers of an experiment are counted: whoever wants to know more after half a year asks something else.
pub const EXPOSURES_KEPT_MS: i64 = 180 * 24 * 60 * 60 * 1_000;
/// Between looks at the figures of experiments, where anything was told: a harmful arm is heard so much longer.
pub const EXPERIMENTS_LOOK_MS: i64 = 10_000;
/// Experiments shown that are over.
pub const EXPERIMENTS_OVER_MAX: usize = 50;
