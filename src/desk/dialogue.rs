//! What a conversation remembers of what it is about, and when a proposal must know of it.

use super::conversation::{Conversation, Stage};
use crate::base::limits::{DIALOGUE_MS_MAX, DIALOGUE_ROUNDS_MAX, DIALOGUE_TURNS_MAX};
use crate::base::time::TimeMs;
use crate::base::turn::Turn;
use crate::knowledge::dialogue::{Follow, Topic};
use crate::knowledge::proposal::{Decision, Proposal};
use serde::{Deserialize, Serialize};

/// What a conversation is about, for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialogue {
    /// What it is about.
    pub topic: Topic,
    /// The number of the message that made it so: another topic has another one.
    pub revision: u64,
    /// When it is forgotten.
    pub expires_at: TimeMs,
    /// Messages for which it is remembered still when none of them is about it.
    pub turns: u32,
}

/// A proposal that was made knowing the dialogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Informed {
    /// The proposal.
    pub proposal: Box<Proposal>,
    /// The dialogue that it knew.
    pub revision: u64,
    /// How often the conversation has asked for it, this one included.
    pub round: u32,
}

/// What is needed to decide about an inbound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needed<'a> {
    /// Nothing more: this proposal.
    Nothing(&'a Proposal),
    /// A proposal that knows this.
    Proposal {
        /// What the conversation is about.
        topic: Topic,
        /// Under which revision.
        revision: u64,
    },
}

/// Which proposal counts: `plain`, which knows no dialogue, unless it depends on one and there is one. A dialogue that
/// keeps changing under the proposals is left out in the end.
pub fn needed<'a>(
    conversation: &Conversation,
    plain: &'a Proposal,
    informed: Option<&'a Informed>,
    now: TimeMs,
) -> Needed<'a> {
    let Some(dialogue) = live(conversation, now).filter(|_| plain.depends) else {
        return Needed::Nothing(plain);
    };
    match informed {
        Some(informed) if informed.revision == dialogue.revision => Needed::Nothing(&informed.proposal),
        Some(informed) if informed.round >= DIALOGUE_ROUNDS_MAX => Needed::Nothing(plain),
        _ => Needed::Proposal { topic: dialogue.topic.clone(), revision: dialogue.revision },
    }
}

/// The dialogue, where the bot may use it: nobody else has the customer, and it is not over.
fn live(conversation: &Conversation, now: TimeMs) -> Option<&Dialogue> {
    let is_ours = conversation.stage() == Stage::Bot && conversation.native.is_none() && !conversation.gone;
    conversation.dialogue.as_ref().filter(|dialogue| is_ours && now < dialogue.expires_at)
}

/// Whether the customer was asked just now which of some things they mean.
pub(super) fn is_asking(conversation: &Conversation, now: TimeMs) -> bool {
    live(conversation, now).is_some_and(|dialogue| dialogue.topic.is_asking())
}

/// What the conversation is about once `proposal` is followed in message `seq`.
pub(super) fn follow(conversation: &mut Conversation, proposal: &Proposal, seq: u64, turn: &Turn) {
    match &proposal.follow {
        Follow::Set(topic) => {
            conversation.dialogue = Some(Dialogue {
                topic: topic.clone().bounded(),
                revision: seq,
                expires_at: turn.now + DIALOGUE_MS_MAX,
                turns: DIALOGUE_TURNS_MAX,
            });
        }
        Follow::Drop => conversation.dialogue = None,
        Follow::Keep if proposal.decision == Decision::Ignore => {}
        Follow::Keep => {
            let before = conversation.dialogue.take();
            let lasts = before.filter(|dialogue| dialogue.turns > 1 && turn.now < dialogue.expires_at);
            conversation.dialogue = lasts.map(|dialogue| Dialogue { turns: dialogue.turns - 1, ..dialogue });
        }
    }
}
