//! Runs errands beside the drain: each may take as long as it likes, and is run again when its object dies.

use super::conversation_do::Shared;
use super::drain::drain;
use super::fault::Fault;
use super::{bucket, channels, clock, identify, log, media, remote, report, responder};
use crate::base::id::ConversationId;
use crate::desk::call::{Answered, Call};
use crate::desk::conversation::Write;
use crate::desk::errand::{Errand, Task};
use crate::desk::late::{self, Said};
use crate::desk::message::{Kept, Media};
use crate::desk::pending::Pending;
use crate::store::conversation::{message, pending_for, turn, write};
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
            let mut said = responder::ask(&config, id, asked.as_ref(), ask).await;
            // Once: what the responder failed at is asked again, what the models cost is not.
            let is_first = errand.attempt <= 1 || config.responder.is_none();
            if is_first
                && !matches!(said, Said::Answer(_))
                && let Some(answer) = remote::ask(&shared.object.env, &config, asked.as_ref(), ask).await
            {
                said = Said::Answer(answer);
            }
            let channel = channels::of(&shared.object.env, &id.channel).await?;
            let terms = channel.terms(&config);
            record(shared, id, errand.seq, |found| {
                Ok(late::said(found, errand.seq, said, &terms, &clock::turn()?))
            })?;
            Ok(())
        }
        Task::Fetch => fetch(shared, id, errand.seq).await,
        Task::DeleteFiles => {
            let Some(asked) = message(&shared.object.sql, id, errand.seq)? else { return Ok(()) };
            let has_more = media::forget(shared, id, &asked).await.unwrap_or_else(|fault| {
                log::fault("errand.delete_files", &fault, "");
                true
            });
            record(shared, id, errand.seq, |found| {
                Ok(if has_more {
                    late::failed(found, errand.seq, &errand.task, &clock::turn()?)
                } else {
                    late::done(found, errand.seq, &errand.task)
                })
            })?;
            Ok(())
        }
        Task::Identify => identify(shared, id, errand).await,
        Task::Forget => {
            identify::forget(shared, id).await?;
            report::forget(shared, id, errand.seq).await?;
            record(shared, id, errand.seq, |found| Ok(late::done(found, errand.seq, &errand.task)))?;
            Ok(())
        }
        Task::Report { signals } => {
            let told = report::report(shared, id, signals.clone()).await;
            record(shared, id, errand.seq, |found| {
                Ok(match &told {
                    Ok(()) => late::done(found, errand.seq, &errand.task),
                    Err(_) => late::failed(found, errand.seq, &errand.task, &clock::turn()?),
                })
            })?;
            told
        }
    }
}

/// Fetches the file of a message. What nobody waits for any more, because the customer left or took the message back,
/// is deleted again.
async fn fetch(shared: &Rc<Shared>, id: &ConversationId, seq: u64) -> Result<(), Fault> {
    let Some(asked) = message(&shared.object.sql, id, seq)? else { return Ok(()) };
    let media = media::fetch(shared, id, &asked).await.unwrap_or_else(|fault| {
        log::fault("errand.fetch", &fault, "");
        Media::Fetching
    });
    let key = match &media {
        Media::Kept(Kept { key, .. }) => Some(key.clone()),
        Media::Fetching | Media::Lost { .. } => None,
    };
    let is_wanted = record(shared, id, seq, |found| Ok(late::fetched(found, seq, media, &clock::turn()?)))?;
    match key {
        Some(key) if !is_wanted => bucket::delete(&shared.object.env, &[key]).await,
        _ => Ok(()),
    }
}

/// Asks who the customer is. Who left meanwhile may have been learned after the directory forgot them.
async fn identify(shared: &Rc<Shared>, id: &ConversationId, errand: &Errand) -> Result<(), Fault> {
    let is_over = identify::identify(shared, id).await?;
    let call = Call::History { conversation: id.clone(), after: None, limit: 1 };
    let now = turn(&shared.object.sql, call, &clock::turn()?)?;
    if matches!(now, Answered::View(view) if view.gone) {
        identify::forget(shared, id).await?;
    }
    record(shared, id, errand.seq, |found| {
        Ok(if is_over {
            late::done(found, errand.seq, &errand.task)
        } else {
            late::failed(found, errand.seq, &errand.task, &clock::turn()?)
        })
    })?;
    Ok(())
}

/// Looks again after an await, decides, writes. Returns whether there was anything to write.
fn record(
    shared: &Shared,
    id: &ConversationId,
    seq: u64,
    decide: impl FnOnce(&Pending) -> Result<Vec<Write>, Fault>,
) -> Result<bool, Fault> {
    let Some(found) = pending_for(&shared.object.sql, id, seq)? else { return Ok(false) };
    let writes = decide(&found)?;
    let is_written = !writes.is_empty();
    write(&shared.object.sql, id, writes)?;
    Ok(is_written)
}
