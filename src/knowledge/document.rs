//! The knowledge document: the shape of what a company publishes, and how it is read.
//!
//! The contract is section 5 of `docs/PROTOCOL.md`; `kv-seed/knowledge.json` is the example.

use super::check;
use super::experiment::Experiment;
use super::hours::{Date, Hours};
pub use super::product::{Category, Issue, Parameter, Product};
use super::proposal::Score;
use crate::base::id::{ChannelId, SkillGroupId};
use crate::base::limits::KNOWLEDGE_BYTES_MAX;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All that a company publishes for answering.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The company's name; `{company}` in a text.
    pub company: String,
    /// The company's clock, in minutes east of UTC.
    pub utc_offset_minutes: i32,
    /// When people answer.
    pub hours: Hours,
    /// What the bot says by itself.
    pub texts: Texts,
    /// Words that ask for a person. Those of up to two characters count only as a whole clause.
    pub handoff_words: Vec<String>,
    /// Words that greet, when they are the whole message.
    #[serde(default)]
    pub greeting_words: Vec<String>,
    /// Unanswered messages in a row after which a person is asked.
    pub misses_before_handoff: u32,
    /// The groups of agents.
    pub skill_groups: Vec<SkillGroup>,
    /// The group of a message that no keyword claims.
    pub default_skill_group: SkillGroupId,
    /// Words that make a message urgent.
    #[serde(default)]
    pub urgent_words: Vec<String>,
    /// Keyword rules; they come before the entries.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// The FAQ.
    pub entries: Vec<Entry>,
    /// Products and what happens with them.
    #[serde(default)]
    pub graph: Vec<Product>,
    /// Sorts of products, with what is so about all of a sort.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Category>,
    /// What customers are told who come from somewhere; the first that fits counts.
    #[serde(default)]
    pub welcomes: Vec<Welcome>,
    /// What a click or a tap on a menu item does, by its key.
    #[serde(default)]
    pub menu: BTreeMap<String, MenuItem>,
    /// Of all questions that are answered, the share that is to be answered right.
    #[serde(default = "default_precision")]
    pub precision: Score,
    /// Answers that are tried in several wordings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub experiments: Vec<Experiment>,
    /// How probable an answer must be, in place of what the precision asks for; of a bank that has been trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thresholds: Option<Thresholds>,
}

/// 95 %.
fn default_precision() -> Score {
    Score::from_share(0.95)
}

/// What the bot says by itself. `{company}`, `{hours}`, `{opens}` are filled in; `suggest` also has
/// `{questions}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// To a greeting, or a new follower.
    pub greeting: String,
    /// Nothing fits.
    pub unsure: String,
    /// Some questions may fit.
    pub suggest: String,
    /// A person was asked, in opening hours.
    pub handoff_open: String,
    /// A person was asked, outside opening hours.
    pub handoff_closed: String,
    /// A person was asked and has not answered yet.
    pub still_waiting: String,
    /// To a message that the bot cannot read.
    pub not_text: String,
}

/// A group of agents who know the same things.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkillGroup {
    /// Its id.
    pub id: SkillGroupId,
    /// What people call it.
    pub name: LocalName,
    /// Words that make a message theirs.
    #[serde(default)]
    pub keywords: Vec<String>,
}

/// A name in the languages of the console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalName {
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    pub zh_cn: String,
    /// English.
    #[serde(rename = "en-US")]
    pub en_us: String,
}

/// An answer tied to words rather than to meaning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// How a keyword must meet the message.
    #[serde(rename = "match")]
    pub meets: RuleMatch,
    /// Any one of these suffices.
    pub keywords: Vec<String>,
    /// The reply.
    pub answer: String,
}

/// How a keyword must meet a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleMatch {
    /// It is the whole message.
    Exact,
    /// It occurs in the message.
    Contains,
}

/// An FAQ entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its id, unique among entries.
    pub id: String,
    /// The standard question.
    pub question: String,
    /// Other ways to ask it.
    #[serde(default)]
    pub variants: Vec<String>,
    /// The reply, at most one text message long.
    pub answer: String,
    /// A name to group entries by, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub category: String,
    /// Words that favour it when they are in a message: phrasings, only short.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// The first day on which it answers, by the company's clock; `None`: since ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Date>,
    /// The last day on which it answers, by the company's clock; `None`: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
    /// The channels it is for; empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<ChannelId>,
    /// Whether it answers at all.
    #[serde(default, skip_serializing_if = "EntryStatus::is_active")]
    pub status: EntryStatus,
}

/// Whether an entry answers at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryStatus {
    /// It does.
    #[default]
    Active,
    /// It is kept, and not used.
    Off,
}

impl EntryStatus {
    /// Whether it does.
    pub fn is_active(&self) -> bool {
        *self == Self::Active
    }
}

/// What a click or a tap on a menu item does: exactly one of `answer`, `handoff`, `skill_group` is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MenuItem {
    /// Replies this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// `true`: asks for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handoff: Option<bool>,
    /// Asks for a person of this group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill_group: Option<SkillGroupId>,
    /// What the customer wants by it: a ticket's title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
}

/// The one thing that a menu item does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MenuAction<'a> {
    /// Replies this.
    Answer(&'a str),
    /// Asks for a person.
    Handoff,
    /// Asks for a person of this group.
    SkillGroup(&'a SkillGroupId),
}

impl MenuItem {
    /// What it does; `None` unless it says exactly one thing.
    pub fn action(&self) -> Option<MenuAction<'_>> {
        match (&self.answer, self.handoff, &self.skill_group) {
            (Some(answer), None, None) => Some(MenuAction::Answer(answer)),
            (None, Some(true), None) => Some(MenuAction::Handoff),
            (None, None, Some(group)) => Some(MenuAction::SkillGroup(group)),
            _ => None,
        }
    }
}

/// What a customer is told who follows, scans or enters from somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Welcome {
    /// The scene, or the beginning of scenes and `*`; `*` alone is also whoever comes without a scene.
    pub source: String,
    /// The channels it is for; empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<ChannelId>,
    /// The reply, a text like those of [`Texts`].
    pub text: String,
    /// Who should take these customers, should a person be needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill_group: Option<SkillGroupId>,
    /// Choices that go with the text where the channel can carry them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub menu: Option<WelcomeMenu>,
}

impl Welcome {
    /// Whether it is for whoever comes from `scene` (empty: from nowhere in particular) to `channel`.
    pub fn fits(&self, scene: &str, channel: &ChannelId) -> bool {
        let from_there = match self.source.strip_suffix('*') {
            Some(beginning) => scene.starts_with(beginning),
            None => scene == self.source,
        };
        from_there && (self.channels.is_empty() || self.channels.contains(channel))
    }
}

/// Choices that go with a welcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WelcomeMenu {
    /// Above the choices, instead of the welcome's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// The choices.
    pub items: Vec<Choice>,
}

/// One choice to tap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// A key of the document's menu, the id of an entry, or the path of a fact: a product's issue (`product/1`) or
    /// parameter (`product/name`).
    pub id: String,
    /// What the customer sees.
    pub text: String,
}

/// How probable a match must be right; see [`super::matcher`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// To answer.
    pub answer: Score,
    /// To offer suggestions.
    pub suggest: Score,
}

/// What is wrong at one place of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KnowledgeFault {
    /// Where: `entries[3].answer`; empty for the document as a whole.
    pub path: String,
    /// What, for programs.
    pub code: FaultCode,
    /// What, for people.
    pub message: String,
}

/// The kinds of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultCode {
    /// Not JSON, or not of this shape: a field is missing, unknown or of another type.
    Shape,
    /// Nothing there where something must be.
    Empty,
    /// More bytes than allowed.
    TooLong,
    /// More items than allowed.
    TooMany,
    /// A number outside its range.
    OutOfRange,
    /// The same id or name twice.
    Duplicate,
    /// A skill group that is not listed.
    UnknownSkillGroup,
    /// A product that is not in the graph.
    UnknownProduct,
    /// A category that is not listed.
    UnknownCategory,
    /// An entry that is not in the document.
    UnknownEntry,
    /// A choice that leads nowhere.
    UnknownChoice,
    /// A `{placeholder}` that the text does not have.
    UnknownPlaceholder,
    /// A control character other than line feed and tab.
    ControlCharacter,
    /// Not a time of day `HH:MM`.
    BadTime,
    /// Not a date `YYYY-MM-DD`.
    BadDate,
    /// Not the id of a channel.
    BadChannel,
    /// An id that cannot be in an address.
    BadId,
    /// Times of one day that overlap or are out of order.
    Overlap,
}

/// Reads a document and checks it as a whole.
///
/// # Errors
/// Every fault found, in the document's order, at most
/// [`KNOWLEDGE_FAULTS_MAX`](crate::base::limits::KNOWLEDGE_FAULTS_MAX). A document that has not the right
/// shape has one fault, [`FaultCode::Shape`].
pub fn parse(bytes: &[u8]) -> Result<Document, Vec<KnowledgeFault>> {
    if bytes.len() > KNOWLEDGE_BYTES_MAX {
        return Err(vec![KnowledgeFault {
            path: String::new(),
            code: FaultCode::TooLong,
            message: format!(
                "the document has {} bytes, at most {KNOWLEDGE_BYTES_MAX} are read",
                bytes.len()
            ),
        }]);
    }
    let document: Document = serde_json::from_slice(bytes).map_err(|error| {
        vec![KnowledgeFault { path: String::new(), code: FaultCode::Shape, message: error.to_string() }]
    })?;
    let faults = check::faults(&document);
    if faults.is_empty() { Ok(document) } else { Err(faults) }
}
