//! Keeps what became of the last callbacks of each channel, and counts those refused, by code. Whoever floods us with
//! them costs some rows now and then.

use super::{clients, clock, log};
use crate::base::id::ChannelId;
use crate::base::limits::{ACCEPTED_WRITTEN_EVERY_MS, CALLBACK_VERDICTS_MAX, REFUSALS_WRITTEN_EVERY_MS};
use crate::base::time::TimeMs;
use crate::office::callbacks::{OK, Verdict};
use crate::office::channel::Channel;
use crate::office::credential::Call;
use core::cell::RefCell;
use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};
use worker::{Context, Delay, Env};

thread_local! {
    /// What this isolate knows of each channel and has not written.
    static NOTED: RefCell<BTreeMap<ChannelId, Noted>> = const { RefCell::new(BTreeMap::new()) };
}

#[derive(Default)]
struct Noted {
    /// As many codes as there are refusals in the codec.
    counts: BTreeMap<&'static str, u64>,
    /// The last ones, oldest first.
    last: VecDeque<(TimeMs, &'static str, Option<u64>)>,
    /// The last one was refused.
    is_refused: bool,
    /// Somebody writes soon.
    is_timed: bool,
    written_at: Option<TimeMs>,
}

/// Counts a refusal. The first of a burst starts the clock, after which all are written at once.
pub fn refused(env: &Env, ctx: &Context, channel: &Channel, code: &'static str, skew_s: Option<u64>) {
    let is_first = note(channel, clock::now(), code, skew_s, |noted| {
        let count = noted.counts.entry(code).or_default();
        *count = count.saturating_add(1);
        noted.is_refused = true;
        true
    });
    if is_first {
        write_soon(env, ctx, channel);
    }
}

/// Notes a good one. What is good need not be known at once: it is written now and then, or soon when it
/// ends a series of refusals.
pub fn accepted(env: &Env, ctx: &Context, channel: &Channel, at: TimeMs) {
    let is_first = note(channel, at, OK, None, |noted| {
        let is_due = noted.written_at.is_none_or(|written_at| at - written_at >= ACCEPTED_WRITTEN_EVERY_MS);
        core::mem::take(&mut noted.is_refused) || is_due
    });
    if is_first {
        write_soon(env, ctx, channel);
    }
}

/// Whether the clock is to be started for it.
fn note(
    channel: &Channel,
    at: TimeMs,
    code: &'static str,
    skew_s: Option<u64>,
    is_urgent: impl FnOnce(&mut Noted) -> bool,
) -> bool {
    NOTED.with_borrow_mut(|all| {
        let noted = all.entry(channel.id().clone()).or_default();
        noted.last.push_back((at, code, skew_s));
        if noted.last.len() > CALLBACK_VERDICTS_MAX {
            noted.last.pop_front();
        }
        let starts = is_urgent(noted) && !noted.is_timed;
        noted.is_timed |= starts;
        starts
    })
}

fn write_soon(env: &Env, ctx: &Context, channel: &Channel) {
    let (env, channel) = (env.clone(), channel.clone());
    ctx.wait_until(async move {
        Delay::from(Duration::from_millis(REFUSALS_WRITTEN_EVERY_MS)).await;
        write(&env, &channel).await;
    });
}

/// Writes what this isolate has noted of the channel, if anything.
pub async fn write(env: &Env, channel: &Channel) {
    let noted = NOTED.with_borrow_mut(|all| {
        let noted = all.get_mut(channel.id())?;
        noted.is_timed = false;
        noted.written_at = Some(clock::now());
        Some((core::mem::take(&mut noted.counts), core::mem::take(&mut noted.last)))
    });
    let Some((counts, last)) = noted else { return };
    let verdict =
        |(at_ms, code, skew_s): (TimeMs, &str, Option<u64>)| Verdict { at_ms, code: code.to_owned(), skew_s };
    let counts: Vec<_> = counts.into_iter().map(|(code, count)| (code.to_owned(), count)).collect();
    let verdicts: Vec<_> = last.into_iter().map(verdict).collect();
    let calls = [
        (!counts.is_empty()).then_some(Call::CountRefusals { counts }),
        (!verdicts.is_empty()).then_some(Call::Callbacks { verdicts }),
    ];
    for call in calls.into_iter().flatten() {
        if let Err(fault) = clients::credential(env, channel, &call).await {
            log::fault("refusals", &fault, "");
        }
    }
}
