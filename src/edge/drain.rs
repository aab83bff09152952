//! The drain: pays what conversations owe, one step at a time, exactly as `desk::pending` says.

use super::clock;
use super::conversation_do::Shared;
use super::fault::Fault;
use super::floor_do::{Answered as FloorAnswered, Call as FloorCall};
use super::send::Sending;
use super::{channels, clients, errands, log};
use crate::base::digest::hex;
use crate::base::id::ConversationId;
use crate::base::limits::{DRAIN_GUARD_MS, DRAIN_ROUNDS_MAX, DRAIN_STEPS_MAX, DRAIN_WIDTH_MAX};
use crate::desk::conversation::Write;
use crate::desk::floor::Input;
use crate::desk::pending::{Pending, Step};
use crate::store::conversation::{due, next_due, pending, write};
use futures_util::future::join_all;
use std::collections::BTreeSet;
use std::rc::Rc;

/// Works until nothing is due that another drain of this instance is not already working on.
pub async fn drain(shared: &Rc<Shared>) {
    // What was looked at and could not be moved is the alarm's.
    let mut stuck = BTreeSet::new();
    for _ in 0..DRAIN_ROUNDS_MAX {
        let found = match due(&shared.object.sql, clock::now(), DRAIN_WIDTH_MAX) {
            Ok(found) => found,
            Err(error) => return log::fault("drain", &error.into(), ""),
        };
        let mine: Vec<_> = found.into_iter().filter(|id| !stuck.contains(id) && claim(shared, id)).collect();
        if mine.is_empty() {
            break;
        }
        let moved = join_all(mine.iter().map(|id| drain_one(shared, id))).await;
        stuck.extend(mine.into_iter().zip(moved).filter(|(_, moved)| !moved).map(|(id, _)| id));
    }
    if let Err(fault) = rearm(shared).await {
        log::fault("drain", &fault, "");
    }
    shared.object.log_rows();
}

/// What is due later goes to the alarm. What is due now is in another drain's hands, and the alarm stands behind it.
async fn rearm(shared: &Shared) -> Result<(), Fault> {
    match next_due(&shared.object.sql)? {
        Some(due) => {
            let now = clock::now();
            shared.object.arm(if due > now { due } else { now + DRAIN_GUARD_MS }).await
        }
        None => Ok(()),
    }
}

/// Whether no other drain of this instance is at it. From now on this one is.
fn claim(shared: &Shared, id: &ConversationId) -> bool {
    shared.in_flight.borrow_mut().insert(id.clone())
}

/// Returns whether any step was done.
async fn drain_one(shared: &Rc<Shared>, id: &ConversationId) -> bool {
    let mut moved = false;
    let mut told = None;
    for _ in 0..DRAIN_STEPS_MAX {
        match step(shared, id, &mut told).await {
            Ok(true) => moved = true,
            Ok(false) => break,
            Err(fault) => {
                log::fault("drain", &fault, "");
                break;
            }
        }
    }
    shared.in_flight.borrow_mut().remove(id);
    moved
}

/// One step. Returns whether to look again at once. `told`: the revision that the floor has, not yet recorded.
async fn step(shared: &Rc<Shared>, id: &ConversationId, told: &mut Option<u64>) -> Result<bool, Fault> {
    let instance = instance(shared)?;
    let channel = channels::of(&shared.object.env, &id.channel).await?;
    let terms = channel.terms(&*shared.object.config()?);
    let Some(found) = look(shared, id, *told)? else { return Ok(false) };
    match found.step(&terms, &clock::turn()?, &instance) {
        Step::Idle => Ok(false),
        Step::Ended(writes) => {
            write(&shared.object.sql, id, writes)?;
            Ok(true)
        }
        Step::Tell(notice) => {
            let rev = notice.rev;
            let call = FloorCall::Input(Input::Notice(notice));
            let answered = clients::floor(&shared.object.env, channel.floor(), &call).await;
            let reached = matches!(answered, Ok(FloorAnswered::Done));
            match answered {
                Ok(FloorAnswered::Full) => log::info("drain", "floor_full", &serde_json::Value::Null),
                Ok(_) => {}
                Err(fault) => log::fault("drain.tell", &fault, ""),
            }
            let Some(found) = look(shared, id, Some(rev).filter(|_| reached))? else { return Ok(false) };
            if reached && matches!(found.step(&terms, &clock::turn()?, &instance), Step::Token { .. }) {
                *told = Some(rev);
            } else {
                change(shared, id, None, |found| Ok(found.told(rev, reached, &clock::turn()?)))?;
            }
            Ok(true)
        }
        Step::Errand(errand, writes) => {
            write(&shared.object.sql, id, writes)?;
            let running = errands::run(Rc::clone(shared), id.clone(), *errand);
            shared.object.state.wait_until(running);
            Ok(true)
        }
        Step::Token { failed_version } => {
            let sending = Sending { shared, id, terms: &terms, instance: &instance };
            sending.send(failed_version, told.take()).await
        }
    }
}

/// What the conversation owes, with what the floor has been told since it was last recorded.
pub fn look(shared: &Shared, id: &ConversationId, told: Option<u64>) -> Result<Option<Pending>, Fault> {
    Ok(pending(&shared.object.sql, id, clock::now())?.map(|found| found.hearing(told)))
}

/// Looks again after an await, decides, writes.
pub fn change(
    shared: &Shared,
    id: &ConversationId,
    told: Option<u64>,
    decide: impl FnOnce(Pending) -> Result<Vec<Write>, Fault>,
) -> Result<(), Fault> {
    let Some(found) = look(shared, id, told)? else { return Ok(()) };
    let writes = decide(found)?;
    Ok(write(&shared.object.sql, id, writes)?)
}

fn instance(shared: &Shared) -> Result<String, Fault> {
    if let Some(instance) = shared.instance.borrow().as_ref() {
        return Ok(instance.clone());
    }
    let made = hex(&clock::entropy::<16>()?);
    *shared.instance.borrow_mut() = Some(made.clone());
    Ok(made)
}
