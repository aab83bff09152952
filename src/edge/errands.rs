//! Runs errands beside the drain: each may take as long as it likes, and is run again when its object dies.

use super::conversation_do::Shared;
use super::drain::drain;
use super::fault::Fault;
use super::{channels, clock, log, responder};
use crate::base::id::ConversationId;
use crate::desk::conversation::Write;
use crate::desk::errand::{Errand, Task};
use crate::desk::late;
use crate::desk::pending::Pending;
use crate::store::conversation::{message, pending_for, write};
use core::pin::Pin;
use std::rc::Rc;

/// Runs one errand, records what came of it, and sends what that gave rise to.
///
/// Boxed, because the drain starts errands and an errand drains.
pub fn run(shared: Rc<Shared>, id: ConversationId, errand: Errand) -> Pin<Box<dyn Future<Output = ()>>> {
    Box::pin(async move {
        if let Err(fault) = done(&shared, &id, &errand).await {
            log::fault("errand", &fault, "");
        }
        drain(&shared).await;
    })
}

async fn done(shared: &Rc<Shared>, id: &ConversationId, errand: &Errand) -> Result<(), Fault> {
    match &errand.task {
        Task::Ask(ask) => {
            let config = shared.object.config()?;
            let asked = message(&shared.object.sql, id, errand.seq)?;
            let said = responder::ask(&config, id, asked.as_ref(), ask).await;
            let channel = channels::of(&shared.object.env, &id.channel).await?;
            let terms = channel.terms(&config);
            record(shared, id, errand.seq, |found| {
                Ok(late::said(found, errand.seq, said, &terms, &clock::turn()?))
            })
        }
        task => record(shared, id, errand.seq, |found| Ok(late::done(found, errand.seq, task))),
    }
}

/// Looks again after an await, decides, writes.
fn record(
    shared: &Shared,
    id: &ConversationId,
    seq: u64,
    decide: impl FnOnce(&Pending) -> Result<Vec<Write>, Fault>,
) -> Result<(), Fault> {
    let Some(found) = pending_for(&shared.object.sql, id, seq)? else { return Ok(()) };
    let writes = decide(&found)?;
    Ok(write(&shared.object.sql, id, writes)?)
}
