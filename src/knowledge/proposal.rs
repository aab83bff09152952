//! The proposal: what the edge thinks a message deserves, handed to the conversation that decides.
//!
//! It is self-contained, since the conversation's object holds no knowledge, and small: it travels with every
//! message as JSON.

use super::dialogue::Follow;
use super::experiment::Tried;
use super::matcher::Tier;
use super::mood::Mood;
use super::passage::Passage;
use crate::base::id::SkillGroupId;
use crate::base::message::MenuItem;
use serde::{Deserialize, Serialize};

/// What to do about one message, were there no conversation around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The published version it rests on.
    pub version: u64,
    /// What to do.
    pub decision: Decision,
    /// Who should take it, should a person be needed.
    pub skill_group: SkillGroupId,
    /// Whether words, a menu item or a welcome chose that group; otherwise it is the document's default.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub group_claimed: bool,
    /// How soon a person should look, should one be needed.
    pub urgency: Urgency,
    /// How the words feel; none where there is nothing to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mood: Option<Box<Mood>>,
    /// Whether people answer at this hour.
    pub open: bool,
    /// The reply when a person is asked; it already says whether now is an opening hour.
    pub handoff_text: String,
    /// The reply while a person was asked and has not answered.
    pub still_waiting_text: String,
    /// Unanswered messages in a row (`Suggest`, `Unsure`) after which to ask a person.
    pub misses_before_handoff: u32,
    /// What a ticket about this is called: the question of a menu item. `None`: by the customer's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The decision's text with choices to tap, in its place where the channel can carry a menu.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub menu: Option<Menu>,
    /// Whether a slower tier may know more: a question in words was not answered (`Suggest`, `Unsure`).
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub slow: bool,
    /// Whether it leaves unsaid what a dialogue may tell: it was made without one, and might be another with it.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub depends: bool,
    /// What becomes of the conversation's topic when it is followed.
    #[serde(default, skip_serializing_if = "Follow::is_keep")]
    pub follow: Follow,
    /// What a remote model may answer from, best first; only where `slow` and there is such a tier.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passages: Vec<Passage>,
}

/// A reply with choices to tap, within what every channel takes (protocol 9.2: the narrowest).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Menu {
    /// Above the choices; not blank.
    pub head: String,
    /// The choices, 1 to [`MENU_ITEMS_MAX`](crate::base::limits::MENU_ITEMS_MAX).
    pub items: Vec<MenuItem>,
    /// Below the choices; possibly empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tail: String,
}

/// What to do about a message. Every `text` is ready to send: not blank, at most one text message long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Decision {
    /// Reply: the answer is certain enough.
    Answer {
        /// The answer.
        text: String,
        /// Why this one.
        evidence: Evidence,
    },
    /// Reply with questions that may be meant. A miss.
    Suggest {
        /// The reply, questions included.
        text: String,
        /// The questions, best first.
        candidates: Vec<Evidence>,
    },
    /// Reply with the question which of some things is meant. A miss when it was asked just before.
    Which {
        /// The reply, choices included.
        text: String,
        /// What is known to each of the first choices.
        candidates: Vec<Evidence>,
    },
    /// Reply to a greeting or a new follower.
    Greeting {
        /// The greeting.
        text: String,
    },
    /// Ask a person: the customer wants one. The reply is [`Proposal::handoff_text`].
    Handoff {
        /// The word or menu key that said so.
        asked_by: String,
    },
    /// Reply that nothing fits. A miss.
    Unsure {
        /// The reply.
        text: String,
    },
    /// Reply that the bot reads text only.
    NotText {
        /// The reply.
        text: String,
    },
    /// Nothing to reply to.
    Ignore,
}

impl Decision {
    /// Whether nothing is certain.
    pub const fn is_miss(&self) -> bool {
        matches!(self, Self::Suggest { .. } | Self::Unsure { .. })
    }
}

/// Why an answer was chosen, for people to judge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What kind of knowledge it is.
    pub source: Source,
    /// Its id: of the entry or the rule, the menu key, or the path of a fact (`product/number of the issue`,
    /// `product/parameter`); of an answer composed of several, their paths with ` + ` between.
    pub entry: String,
    /// Its standard question; the keyword of a rule.
    pub question: String,
    /// The phrasing that came nearest.
    pub matched: String,
    /// How probable it is that this is right; among several that are offered, its share.
    pub score: Score,
    /// The score that is needed to answer.
    pub threshold: Score,
    /// How it was found; absent where words named it: a rule, a tap, the company's responder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Tier>,
    /// The published version.
    pub version: u64,
    /// What a remote model had to do with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<Box<RemoteWork>>,
    /// Which wording it is, where several are tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried: Option<Box<Tried>>,
}

/// A kind of knowledge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// An FAQ entry.
    Entry,
    /// A fact of the knowledge graph: an issue or a parameter.
    Graph,
    /// A keyword rule.
    Rule,
    /// A menu item.
    Menu,
    /// The company's own responder.
    Responder,
    /// Entries that a remote model chose, or wrote an answer from.
    Remote,
}

/// How a remote model came to an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteWork {
    /// The entries that the answer rests on: one, or those that a composed answer cites.
    pub passages: Vec<String>,
    /// Which model.
    pub model: String,
    /// `embeddings`, `choose` or `compose`.
    pub mode: String,
    /// What the question cost in tokens, both ways.
    pub tokens: u64,
    /// How long the tier took.
    pub ms: i64,
}

/// How soon a person should look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// In turn.
    Normal,
    /// First.
    High,
}

/// A share from 0 to 1, kept in thousandths so that it compares exactly; JSON has the decimal fraction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Score(u16);

impl Score {
    /// All of it.
    pub const ONE: Self = Self(1_000);

    /// The share nearest to `share`, which is cut to 0..=1; NaN is 0.
    pub fn from_share(share: f32) -> Self {
        // A float cast saturates and maps NaN to 0.
        Self((share.clamp(0.0, 1.0) * 1_000.0).round() as u16)
    }

    /// The share in thousandths.
    pub const fn thousandths(self) -> u16 {
        self.0
    }

    /// So many thousandths.
    pub const fn from_per_mille(per_mille: u16) -> Self {
        Self(if per_mille < 1_000 { per_mille } else { 1_000 })
    }

    /// Nothing of it.
    pub const fn is_zero(&self) -> bool {
        self.0 == 0
    }

    /// The share, from 0 to 1.
    pub fn share(self) -> f32 {
        f32::from(self.0) / 1_000.0
    }
}

impl From<Score> for f64 {
    fn from(score: Score) -> Self {
        Self::from(score.0) / 1_000.0
    }
}

/// A number that is no share.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{0} is not between 0 and 1")]
pub struct NotAShare(f64);

impl TryFrom<f64> for Score {
    type Error = NotAShare;

    fn try_from(share: f64) -> Result<Self, NotAShare> {
        if (0.0..=1.0).contains(&share) {
            Ok(Self((share * 1_000.0).round() as u16))
        } else {
            Err(NotAShare(share))
        }
    }
}
