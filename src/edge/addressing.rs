//! Holds the addressing to what the state was created with: asked once per isolate.

use super::api::unexpected;
use super::fault::{Fault, Kind};
use super::{clients, settings};
use crate::office::{Call, Reply};
use core::cell::Cell;
use worker::Env;

thread_local! {
    static HOLDS: Cell<bool> = const { Cell::new(false) };
}

/// 503, when customers would be looked for where they are not.
pub async fn check(env: &Env) -> Result<(), Fault> {
    if HOLDS.get() {
        return Ok(());
    }
    let addressing = settings::config(env)?.addressing;
    match clients::office(env, &Call::CheckAddressing { addressing }).await? {
        Reply::AddressingHolds => {
            HOLDS.set(true);
            Ok(())
        }
        Reply::AddressingChanged { stored } => {
            let words = "The setting `addressing` differs from the one this state was created with.";
            Err(Fault::new(Kind::Unavailable, "config.addressing_changed", words)
                .with("stored", serde_json::json!(stored)))
        }
        _ => Err(unexpected()),
    }
}
