//! What a turn may know of the world: one input is handled at one moment, with one piece of luck.

use super::time::TimeMs;

/// The moment and the luck of one turn; the core has no clock and no randomness of its own.
#[derive(Clone, Copy)]
pub struct Turn {
    /// Now.
    pub now: TimeMs,
    /// Unpredictable bytes, fresh for each turn; what is made of them is hashed first.
    pub entropy: [u8; 32],
}
