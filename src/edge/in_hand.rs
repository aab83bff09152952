//! How many files an isolate holds in its memory at once: whoever wants another waits.

use super::clock;
use crate::base::limits::{FILE_IN_HAND_MS_MAX, FILE_LOOK_MS, FILE_LOOKS_MAX, FILES_IN_HAND_MAX};
use crate::base::time::TimeMs;
use core::cell::RefCell;
use core::time::Duration;
use worker::Delay;

thread_local! {
    /// Until when each of them counts. Work that the platform ended gives nothing back by itself.
    static UNTIL: RefCell<Vec<TimeMs>> = const { RefCell::new(Vec::new()) };
}

/// The right to hold one file, given back when it is dropped.
pub struct InHand(TimeMs);

/// The right to hold a file, if there is room now.
pub fn take() -> Option<InHand> {
    let now = clock::now();
    UNTIL.with_borrow_mut(|all| {
        all.retain(|until| *until > now);
        (all.len() < FILES_IN_HAND_MAX).then(|| {
            let until = now + FILE_IN_HAND_MS_MAX;
            all.push(until);
            InHand(until)
        })
    })
}

/// The same, waiting for room a while.
pub async fn wait() -> Option<InHand> {
    for _ in 0..FILE_LOOKS_MAX {
        if let Some(taken) = take() {
            return Some(taken);
        }
        Delay::from(Duration::from_millis(FILE_LOOK_MS)).await;
    }
    None
}

impl Drop for InHand {
    fn drop(&mut self) {
        UNTIL.with_borrow_mut(|all| {
            if let Some(at) = all.iter().position(|until| *until == self.0) {
                all.swap_remove(at);
            }
        });
    }
}
