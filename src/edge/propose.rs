//! Proposes for one message, from the knowledge as this isolate has it.

use super::clock::within;
use super::{encoder, knowledge, moods, remote};
use crate::base::limits::ENCODER_WAIT_MS_MAX;
use crate::base::message::Inbound;
use crate::base::time::TimeMs;
use crate::config::Config;
use crate::knowledge::answer::{Answerer, Beside};
use crate::knowledge::circumstances::Circumstances;
use crate::knowledge::dialogue::{Follow, Topic};
use crate::knowledge::encoding::Encoding;
use crate::knowledge::experiment::{Stopped, Trial};
use crate::knowledge::mood::felt;
use crate::knowledge::mood::head::Heads;
use crate::knowledge::proposal::{Decision, Proposal, Urgency};
use std::rc::Rc;
use worker::Env;

/// What it takes to propose for a message, also a second time with what its conversation is about.
pub struct Proposer<'a> {
    answerer: Option<Rc<Answerer>>,
    config: &'a Config,
    inbound: &'a Inbound,
    /// Of the words, where they alone are not sure and this isolate has the encoder.
    encoding: Option<Encoding>,
    /// The conversation's key, and what is not tried any more.
    customer: String,
    stopped: Rc<Stopped>,
    /// What was learned of moods.
    heads: Option<Rc<Heads>>,
}

impl<'a> Proposer<'a> {
    /// For `inbound`; without an answerer it goes to people. The first question that words are unsure of waits until the
    /// encoder has been loaded, as long as a callback can wait.
    pub async fn new(
        env: &Env,
        answerer: Option<Rc<Answerer>>,
        config: &'a Config,
        inbound: &'a Inbound,
    ) -> Self {
        let encoding = match answerer.as_ref().filter(|answerer| answerer.wants_encoder()) {
            Some(answerer) => encoded(env, answerer, inbound).await,
            None => None,
        };
        let (customer, stopped) = (inbound.conversation.key(), knowledge::stopped());
        Self { answerer, config, inbound, encoding, customer, stopped, heads: moods::heads() }
    }

    /// What proposes, if there is anything.
    pub fn answerer(&self) -> Option<Rc<Answerer>> {
        self.answerer.clone()
    }

    /// For which message.
    pub const fn inbound(&self) -> &Inbound {
        self.inbound
    }

    /// Of its words, where it was needed and could be made.
    pub const fn encoding(&self) -> Option<&Encoding> {
        self.encoding.as_ref()
    }

    /// What to do about the message in a conversation that is about `topic`.
    pub fn propose(
        &self,
        topic: Option<&Topic>,
        circumstances: &Circumstances<'_>,
        received_at: TimeMs,
    ) -> Proposal {
        let content = &self.inbound.content;
        let trial = Some(Trial { customer: &self.customer, stopped: &self.stopped });
        let heads = self.heads.as_deref();
        let Some(answerer) = &self.answerer else {
            return felt(without_knowledge(self.inbound), content, heads);
        };
        let beside = Beside { topic, encoding: self.encoding.as_ref(), trial };
        let proposal = answerer.propose_with(content, beside, circumstances, received_at);
        let proposal = felt(proposal, content, heads);
        remote::prepared(self.config, answerer, content, circumstances, received_at, proposal)
    }
}

/// The encoding of a message's words, where they alone are not sure and this isolate has the encoder.
pub async fn encoded(env: &Env, answerer: &Answerer, inbound: &Inbound) -> Option<Encoding> {
    let text = answerer.to_encode(&inbound.content)?;
    let encoder = match encoder::ready() {
        Some(encoder) => Some(encoder),
        None => within(ENCODER_WAIT_MS_MAX, encoder::load(env)).await.flatten(),
    };
    let encoder = encoder.filter(|encoder| answerer.knows_encoder(encoder.digest()))?;
    Some(encoder.encode(text))
}

/// Nothing is published, or nothing could be loaded: people answer.
pub fn without_knowledge(inbound: &Inbound) -> Proposal {
    let decision = if inbound.content.is_message() {
        Decision::Handoff { asked_by: "no_knowledge".to_owned() }
    } else {
        Decision::Ignore
    };
    Proposal {
        version: 0,
        decision,
        skill_group: "".into(),
        group_claimed: false,
        urgency: Urgency::Normal,
        mood: None,
        open: true,
        handoff_text: "您好，已为您转接人工客服，请稍候。".to_owned(),
        still_waiting_text: "人工客服正在赶来，请稍候。".to_owned(),
        misses_before_handoff: 1,
        title: None,
        menu: None,
        slow: false,
        depends: false,
        follow: Follow::Keep,
        passages: Vec::new(),
    }
}
