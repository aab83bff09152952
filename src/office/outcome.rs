//! What a turn of the back office's objects comes to.

/// What a turn comes to: everything is written before the reply leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<R, W> {
    /// The answer.
    pub reply: R,
    /// What to store, in order.
    pub writes: Vec<W>,
}

impl<R, W> From<R> for Outcome<R, W> {
    fn from(reply: R) -> Self {
        Self { reply, writes: Vec::new() }
    }
}
