//! The two things the core must be given: the time and randomness.

use super::fault::Fault;
use crate::base::time::TimeMs;
use crate::base::turn::Turn;
use core::time::Duration;
use futures_util::future::{Either, select};
use worker::Delay;

/// Now, by the runtime's clock; it stands still while we compute.
pub fn now() -> TimeMs {
    // A clock before 1970 or beyond 2^53 ms does not occur; the cast saturates.
    TimeMs(js_sys::Date::now() as i64)
}

/// Fresh random bytes.
pub fn entropy<const N: usize>() -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Fault::bug("edge.entropy", error.to_string()))?;
    Ok(bytes)
}

/// The present moment's turn.
pub fn turn() -> Result<Turn, Fault> {
    Ok(Turn { now: now(), entropy: entropy()? })
}

/// Waits for `future`, but not longer than this.
pub async fn within<F: Future>(limit_ms: u64, future: F) -> Option<F::Output> {
    let delay = Delay::from(Duration::from_millis(limit_ms));
    match select(core::pin::pin!(future), delay).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}
