//! One inbound on its way to a decision, as the caller sees it: the call, and the rounds that it may take.

use super::call::{Answered, Call};
use super::dialogue::Informed;
use super::receive::Received;
use super::terms::{Arrival, Terms};
use crate::base::limits::DIALOGUE_ROUNDS_MAX;
use crate::base::message::Inbound;
use crate::knowledge::dialogue::Topic;
use crate::knowledge::proposal::Proposal;

/// What is asked of the conversation, and how often it has asked back.
#[derive(Clone, Debug)]
pub struct Receiving {
    call: Call,
    round: u32,
}

/// What an answer means for the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It is decided.
    Decided {
        /// How.
        received: Received,
        /// It had been decided before: a redelivery, or asked twice.
        again: bool,
    },
    /// The conversation wants a proposal that knows what it is about: the call has it now, and is to be asked again.
    AskAgain,
    /// An answer to another call.
    Stray,
}

impl Receiving {
    /// `plain`: the proposal that knows no dialogue.
    pub fn new(inbound: &Inbound, arrival: Arrival, terms: &Terms, plain: Proposal) -> Self {
        let (inbound, terms, proposal) = (inbound.clone(), terms.clone(), Box::new(plain));
        Self { call: Call::Receive { inbound, proposal, informed: None, arrival, terms }, round: 0 }
    }

    /// What to ask next. It may be asked again when it is not known whether it arrived.
    pub const fn call(&self) -> &Call {
        &self.call
    }

    /// Takes an answer. `propose`: the same proposal, knowing what the conversation is about.
    pub fn heard(&mut self, answered: Answered, propose: impl Fn(&Topic) -> Proposal) -> Heard {
        match (answered, &mut self.call) {
            (Answered::Received { received, again }, _) => Heard::Decided { received, again },
            (Answered::NeedProposal { dialogue, revision }, Call::Receive { informed, .. })
                if self.round < DIALOGUE_ROUNDS_MAX =>
            {
                self.round += 1;
                let proposal = Box::new(propose(&dialogue));
                *informed = Some(Informed { proposal, revision, round: self.round });
                Heard::AskAgain
            }
            _ => Heard::Stray,
        }
    }
}
