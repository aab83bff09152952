//! What conversations tell the insight: reports and forgetting by errand, and the sample behind an answer.

use super::conversation_do::Shared;
use super::fault::Fault;
use super::{clients, clock, log};
use crate::base::id::ConversationId;
use crate::base::secret::Secret;
use crate::base::time::TimeMs;
use crate::insight::call::Call;
use crate::insight::question::Question;
use crate::knowledge::signal::{Sign, Signal};
use crate::office::vault::{self, NONCE_BYTES};
use crate::store::conversation::answered_at;
use std::rc::Rc;

/// Tells what became of questions. What the insight is given of the conversation, only the edge can read again.
pub async fn report(shared: &Shared, id: &ConversationId, signals: Vec<Signal>) -> Result<(), Fault> {
    let keys = &shared.object.config()?.deployment_keys;
    let (asker, _) = keys.pseudonyms(&id.key());
    let is_handed_off = signals.iter().any(|signal| signal.sign == Sign::HandedOff);
    let sealed = if is_handed_off { Some(sealed(keys, &asker, id)?) } else { None };
    let call = Call::Report { asker, channel: id.channel.clone(), signals, sealed };
    clients::insight(&shared.object.env, &call).await?;
    Ok(())
}

/// Has the insight forget what this customer asked until message `until`, with which they left.
pub async fn forget(shared: &Shared, id: &ConversationId, until: u64) -> Result<(), Fault> {
    let (current, previous) = shared.object.config()?.deployment_keys.pseudonyms(&id.key());
    let askers = core::iter::once(current).chain(previous).collect();
    clients::insight(&shared.object.env, &Call::Forget { askers, until }).await?;
    Ok(())
}

/// Behind an answer that is in the sample: the insight is told once. What fails here is not tried again: a sample may
/// miss some.
pub fn sample(shared: &Rc<Shared>, id: ConversationId, now: TimeMs) -> Result<(), Fault> {
    let Some(asked) = answered_at(&shared.object.sql, &id, now)? else { return Ok(()) };
    let behind = Rc::clone(shared);
    shared.object.state.wait_until(async move {
        if let Err(fault) = report(&behind, &id, vec![asked.signal(Sign::Sampled, now)]).await {
            log::fault("insight.sample", &fault, "");
        }
    });
    Ok(())
}

fn sealed(keys: &vault::Keys, asker: &str, id: &ConversationId) -> Result<String, Fault> {
    let nonce = clock::entropy::<NONCE_BYTES>()?;
    let sealed = vault::seal(&keys.current, &place(asker), &Secret::new(id.key()), nonce)
        .map_err(|error| Fault::bug("insight.seal", error.to_string()))?;
    Ok(sealed.as_str().to_owned())
}

/// The conversation of a question that was handed to people. `None`: sealed under a key that is gone.
pub fn opened(keys: &vault::Keys, question: &Question) -> Option<ConversationId> {
    let sealed = vault::Sealed::from(question.sealed.clone()?);
    let key = vault::open(keys, &place(&question.asker), &sealed).ok()?;
    ConversationId::from_key(key.expose())
}

/// What a sealed conversation is bound to.
fn place(asker: &str) -> String {
    format!("insight/{asker}")
}
