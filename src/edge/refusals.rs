//! Counts refused callbacks by channel and code. Whoever floods us with refusals costs one row now and then.

use super::{clients, log};
use crate::base::id::ChannelId;
use crate::base::limits::REFUSALS_WRITTEN_EVERY_MS;
use crate::office::channel::Channel;
use crate::office::credential::Call;
use core::cell::RefCell;
use core::time::Duration;
use std::collections::BTreeMap;
use worker::{Context, Delay, Env};

thread_local! {
    /// Not written yet, per channel: as many codes as there are refusals in the codec.
    static PENDING: RefCell<BTreeMap<ChannelId, BTreeMap<&'static str, u64>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Counts one. The first of a burst starts the clock, after which all are written at once.
pub fn count(env: &Env, ctx: &Context, channel: &Channel, code: &'static str) {
    let is_first = PENDING.with_borrow_mut(|pending| {
        let is_first = !pending.contains_key(channel.id());
        let count = pending.entry(channel.id().clone()).or_default().entry(code).or_default();
        *count = count.saturating_add(1);
        is_first
    });
    if is_first {
        let (env, channel) = (env.clone(), channel.clone());
        ctx.wait_until(async move {
            Delay::from(Duration::from_millis(REFUSALS_WRITTEN_EVERY_MS)).await;
            write(&env, &channel).await;
        });
    }
}

async fn write(env: &Env, channel: &Channel) {
    let Some(counts) = PENDING.with_borrow_mut(|pending| pending.remove(channel.id())) else { return };
    let counts = counts.into_iter().map(|(code, count)| (code.to_owned(), count)).collect();
    if let Err(fault) = clients::credential(env, channel, &Call::CountRefusals { counts }).await {
        log::fault("refusals", &fault, "");
    }
}
