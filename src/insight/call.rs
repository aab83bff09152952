//! What can be asked of the insight, and what it answers: the contract between the edge and the object.

use super::experiment::{ArmCounts, Stop};
use super::label::{Label, Labelling};
use super::offer::{Judged, Judgement};
use super::question::Question;
use super::shadow;
use super::top::{Figures, Period, Shown, Summary};
use crate::base::id::ChannelId;
use crate::base::time::TimeMs;
use crate::knowledge::signal::Signal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Asked of the object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Call {
    /// Keep what became of one customer's questions. Harmless to repeat.
    Report {
        /// Whose, as a keyed digest of the conversation.
        asker: String,
        /// On which channel.
        channel: ChannelId,
        /// What.
        signals: Vec<Signal>,
        /// The conversation, sealed: kept with questions that were handed to people.
        #[serde(default)]
        sealed: Option<String>,
    },
    /// Forget all that these asked up to message `until`: clocks may differ, numbers do not. Harmless to repeat.
    Forget {
        /// One customer under every key that they may have been kept under.
        askers: Vec<String>,
        /// The message with which they left.
        until: u64,
    },
    /// Show questions, newest first.
    Questions(Wanted),
    /// Show the clusters with most unresolved questions.
    Top {
        /// On these channels; `None`: on all.
        channels: Option<Vec<ChannelId>>,
        /// Of which period.
        period: Period,
        /// How many at most.
        limit: u32,
    },
    /// Show one cluster and the questions behind its figures.
    Cluster {
        /// Which.
        id: String,
        /// On these channels; `None`: on all.
        channels: Option<Vec<ChannelId>>,
        /// Of which period.
        period: Period,
    },
    /// Show how a cluster fared before and since a version.
    Figures {
        /// Which cluster.
        id: String,
        /// On these channels; `None`: on all.
        channels: Option<Vec<ChannelId>>,
        /// The version that was to mend it.
        version: u64,
    },
    /// Show what offers are made of.
    Offered {
        /// On these channels; `None`: on all.
        channels: Option<Vec<ChannelId>>,
        /// Of which kind of questions.
        kind: Kind,
    },
    /// Keep what a person says to an offer. The same again changes nothing.
    Judge(Box<Judging>),
    /// Begin a shadow run, unless one is under way.
    BeginShadow(Box<shadow::Run>),
    /// End the shadow run that is under way. Harmless to repeat.
    EndShadow,
    /// Count a question of the shadow run.
    Scored(Box<shadow::Scored>),
    /// Show the last shadow run.
    Shadow,
    /// Show what the customers of experiments did.
    Experiments {
        /// How long a customer is waited for before they count.
        waited_ms: i64,
    },
    /// Keep what staff decide about an arm.
    StopArm {
        /// The experiment's key.
        experiment: String,
        /// Which arm.
        arm: String,
        /// What they decide.
        stop: Box<Stop>,
    },
    /// Show what was said to offers, newest first; at most [`crate::base::limits::JUDGED_READ_MAX`].
    Judgements,
    /// Keep what a person says of the mood of a message. The same again changes nothing.
    Label(Box<Labelling>),
    /// Show labelled messages, newest first; at most [`crate::base::limits::MOOD_LABELS_KEPT_MAX`].
    Labels {
        /// On these channels; `None`: on all.
        channels: Option<Vec<ChannelId>>,
        /// How many at most.
        limit: u32,
    },
}

/// What a person says to an offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judging {
    /// The offer's id.
    pub offer: String,
    /// What it was: the id is made of it.
    pub on: On,
    /// What they say.
    pub judgement: Judgement,
    /// A member of staff, or `operator`.
    pub by: String,
    /// The channels that are theirs to judge; `None`: all.
    #[serde(default)]
    pub channels: Option<Vec<ChannelId>>,
}

/// What an offer was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum On {
    /// These words as a phrasing of this entry.
    Phrasing {
        /// The words.
        text: String,
        /// The entry.
        entry: String,
    },
    /// The answer to a question of the sample.
    Audit {
        /// The question's id.
        question: String,
    },
}

impl Call {
    /// Whether it tells of a wording that is tried.
    pub fn exposes(&self) -> bool {
        matches!(self, Self::Report { signals, .. } if signals.iter().any(|signal| signal.asked.tried.is_some()))
    }

    /// Whether it may leave rows to look after.
    pub const fn is_write(&self) -> bool {
        matches!(
            self,
            Self::Report { .. }
                | Self::Forget { .. }
                | Self::Judge(_)
                | Self::Scored(_)
                | Self::StopArm { .. }
                | Self::Label(_)
        )
    }
}

/// Which questions are wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Of which kind.
    pub kind: Kind,
    /// On these channels; `None`: on all.
    #[serde(default)]
    pub channels: Option<Vec<ChannelId>>,
    /// Asked at this time or later.
    pub since: TimeMs,
    /// Asked before this time; `None`: until now.
    #[serde(default)]
    pub before: Option<TimeMs>,
    /// How many at most; bounded by [`crate::base::limits::QUESTIONS_READ_MAX`].
    pub limit: u32,
}

/// A kind of questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Whose askers were left without what they asked for.
    Unresolved,
    /// The random sample of all that the bot was asked.
    Sampled,
    /// All that are kept.
    All,
}

/// Answered by the object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Reply {
    /// To `Report` and `Forget`: it is so.
    Done,
    /// To `Questions`.
    Questions {
        /// Newest first.
        questions: Vec<Question>,
    },
    /// To `Top`.
    Top {
        /// Those with most first.
        clusters: Vec<Summary>,
    },
    /// To `Cluster`.
    Cluster(Box<Shown>),
    /// To `Figures`.
    Figures(Box<Figures>),
    /// To `Offered`.
    Offered {
        /// Newest first; at most [`crate::base::limits::OFFERS_READ_MAX`].
        questions: Vec<Question>,
        /// Offers that have been judged.
        decided: BTreeSet<String>,
    },
    /// To `Judge`: what holds now.
    Judged(Box<Judged>),
    /// To `Judgements`.
    Judgements {
        /// Newest first.
        judged: Vec<Judged>,
    },
    /// To `BeginShadow`: the run that is under way, this one or another.
    Begun(Box<shadow::Run>),
    /// To `EndShadow` and `Shadow`: the last run, if there ever was one.
    Shadow {
        /// It.
        shown: Option<Box<shadow::Shown>>,
    },
    /// To `Experiments`.
    Experiments {
        /// Of every arm that anybody heard.
        counts: Vec<ArmCounts>,
        /// Experiment's key, arm, and what was decided about it.
        stops: Vec<(String, String, Stop)>,
    },
    /// To `Label`: what holds now.
    Labelled(Box<Label>),
    /// To `Labels`.
    Labels {
        /// Newest first.
        labels: Vec<Label>,
    },
    /// There is no such cluster, no such offer, or no such message any more.
    Unknown,
}
