//! An opinion on a message: what is known beside it, a decision, and what goes along, before it becomes a proposal.

use super::dialogue::{Follow, Topic};
use super::encoding::Encoding;
use super::experiment::Trial;
use super::graph;
use super::proposal::{Decision, Menu};
use crate::base::id::SkillGroupId;
use std::borrow::Cow;

/// What is known beside a message.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// What the conversation is about.
    pub topic: Option<&'a Topic>,
    /// What an encoder made of the text that [`Answerer::to_encode`](super::answer::Answerer::to_encode) named.
    pub encoding: Option<&'a Encoding>,
    /// Who asks, where wordings are tried.
    pub trial: Option<Trial<'a>>,
}

/// What words alone settle.
pub(super) enum Ruled {
    /// This.
    Decision(Decision),
    /// It is a greeting.
    Greeting,
}

/// A decision, and what goes along with it.
pub(super) struct Opinion<'a> {
    pub decision: Decision,
    pub group: Option<&'a SkillGroupId>,
    pub title: Option<Cow<'a, str>>,
    pub menu: Option<Menu>,
    /// What becomes of the topic, where the decision does not tell by itself.
    pub follow: Option<Follow>,
}

impl From<Decision> for Opinion<'_> {
    fn from(decision: Decision) -> Self {
        Self { decision, group: None, title: None, menu: None, follow: None }
    }
}

impl From<graph::Reply> for Opinion<'_> {
    fn from(reply: graph::Reply) -> Self {
        let graph::Reply { decision, menu, follow, .. } = reply;
        Self { menu, follow: Some(follow), ..decision.into() }
    }
}
