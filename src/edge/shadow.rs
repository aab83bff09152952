//! The shadow run in an isolate: behind an answer, the candidate is asked the same, and what it would say is counted.

use super::fault::Fault;
use super::propose::{Proposer, encoded};
use super::{clients, clock, knowledge, log, settings};
use crate::base::limits::KNOWLEDGE_REFRESH_MS;
use crate::base::message::Inbound;
use crate::base::time::TimeMs;
use crate::desk::message::Carrier;
use crate::desk::receive::Received;
use crate::insight::call::Call;
use crate::insight::shadow::Scored;
use crate::knowledge::answer::{Answerer, Beside};
use crate::knowledge::channel_hours::ChannelHours;
use crate::knowledge::circumstances::Circumstances;
use crate::knowledge::difference::between;
use crate::knowledge::encoding::Encoding;
use crate::knowledge::experiment::Trial;
use crate::knowledge::shadow::{ShadowRun, comparable, mark, words};
use core::cell::RefCell;
use core::pin::Pin;
use std::rc::Rc;
use worker::Env;

/// A run and what answers in it.
struct Rehearsal {
    run: ShadowRun,
    candidate: Answerer,
    /// Of the model that it has.
    model: Option<String>,
}

/// What this isolate knows, and when it last looked.
#[derive(Default)]
struct Known {
    looked_at: Option<TimeMs>,
    rehearsal: Option<Rc<Rehearsal>>,
}

thread_local! {
    static KNOWN: RefCell<Known> = const { RefCell::new(Known { looked_at: None, rehearsal: None }) };
}

/// One question that was decided, to be put to the candidate.
struct Question {
    env: Env,
    base: Rc<Answerer>,
    inbound: Inbound,
    hours: Option<ChannelHours>,
    /// Of its words, where it was needed.
    encoding: Option<Encoding>,
    received_at: TimeMs,
}

/// Looks for a run now and then, and scores this question in it. What does not come to pass is not tried again: a run
/// may miss some. A redelivery, and what is said to people, are not scored.
pub fn behind(
    env: &Env,
    proposer: &Proposer<'_>,
    hours: Option<&ChannelHours>,
    received_at: TimeMs,
    (received, again): (&Received, bool),
    wait_until: impl FnOnce(Pin<Box<dyn Future<Output = ()>>>),
) {
    let now = clock::now();
    let is_due = KNOWN.with_borrow_mut(|known| {
        let is_due = known.looked_at.is_none_or(|at| now - at >= KNOWLEDGE_REFRESH_MS);
        // Others need not look at the same time.
        known.looked_at = if is_due { Some(now) } else { known.looked_at };
        is_due
    });
    let is_bots = matches!(received.carrier, Carrier::Passive | Carrier::CustomerMessage | Carrier::Pending);
    let base = proposer.answerer().filter(|_| is_bots && !again);
    let has_run = KNOWN.with_borrow(|known| known.rehearsal.is_some());
    if !is_due && (!has_run || base.is_none()) {
        return;
    }
    let question = base.map(|base| Question {
        env: env.clone(),
        base,
        inbound: proposer.inbound().clone(),
        hours: hours.cloned(),
        encoding: proposer.encoding().cloned(),
        received_at,
    });
    let env = env.clone();
    wait_until(Box::pin(async move {
        if is_due && let Err(fault) = look(&env).await {
            log::fault("shadow.look", &fault, "");
        }
        let rehearsal = KNOWN.with_borrow(|known| known.rehearsal.clone());
        if let (Some(rehearsal), Some(question)) = (rehearsal, question)
            && rehearsal.run.takes(&question.inbound, clock::now())
            && let Err(fault) = question.score(&rehearsal).await
        {
            log::fault("shadow.score", &fault, "");
        }
    }));
}

/// Takes up the run that is under way, or that there is none. What is published by now needs no run.
async fn look(env: &Env) -> Result<(), Fault> {
    let run = knowledge::shadow_run(env).await?.filter(|run| clock::now() < run.until_ms);
    let Some(run) = run else {
        KNOWN.with_borrow_mut(|known| known.rehearsal = None);
        return Ok(());
    };
    let model = knowledge::model_of(env, &run.document.digest).await?.map(|model| model.digest);
    // One that was trained meanwhile is loaded again.
    let is_known = KNOWN.with_borrow(|known| {
        known.rehearsal.as_ref().is_some_and(|have| have.run == run && have.model == model)
    });
    if !is_known {
        let candidate = knowledge::read(env, &run.document).await?;
        let rehearsal = Rehearsal { run, candidate, model };
        KNOWN.with_borrow_mut(|known| known.rehearsal = Some(Rc::new(rehearsal)));
    }
    Ok(())
}

impl Question {
    async fn score(self, Rehearsal { run, candidate, .. }: &Rehearsal) -> Result<(), Fault> {
        let Self { env, base, inbound, hours, encoding, received_at } = self;
        let own = match &encoding {
            None if candidate.wants_encoder() => encoded(&env, candidate, &inbound).await,
            known => known.clone(),
        };
        let circumstances = Circumstances { channel: &inbound.conversation.channel, hours: hours.as_ref() };
        let (customer, stopped) = (inbound.conversation.key(), knowledge::stopped());
        let trial = Some(Trial { customer: &customer, stopped: &stopped });
        let say = |answerer: &Answerer, encoding: Option<&Encoding>| {
            answerer.propose_with(
                &inbound.content,
                Beside { topic: None, encoding, trial },
                &circumstances,
                received_at,
            )
        };
        let (before, after) = (say(&base, encoding.as_ref()), say(candidate, own.as_ref()));
        let Some((before, after)) = comparable(before, after) else { return Ok(()) };
        let asked = words(&inbound.content).unwrap_or_default();
        let keys = &settings::config(&env)?.deployment_keys;
        let (asker, _) = keys.pseudonyms(&inbound.conversation.key());
        let scored = Scored {
            run: run.id.clone(),
            mark: mark(run, &inbound.key),
            asker,
            at_ms: received_at,
            difference: between(asked, before, after),
        };
        clients::insight(&env, &Call::Scored(Box::new(scored))).await?;
        Ok(())
    }
}
