//! Dialogue: what a conversation is about, as far as the next question may leave it unsaid.
//!
//! The conversation keeps a [`Topic`] and knows nothing of its meaning; the edge, which has the knowledge, reads it
//! and says what follows.

use crate::base::limits::{
    DIALOGUE_PRODUCTS_MAX, KNOWLEDGE_QUESTION_BYTES_MAX, KNOWLEDGE_WORD_BYTES_MAX, MENU_ITEMS_MAX,
};
use serde::{Deserialize, Serialize};

/// What a conversation is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// The products in focus, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<String>,
    /// What was asked about them: the name of a parameter or an issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The choices shown, in order, each the path of a fact: the customer was asked which they mean.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

impl Topic {
    /// Whether the customer was asked which one they mean.
    pub const fn is_asking(&self) -> bool {
        !self.options.is_empty()
    }

    /// As much of it as a conversation's row may hold. What does not fit is left out whole.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.products.retain(|name| name.len() <= KNOWLEDGE_WORD_BYTES_MAX);
        self.products.truncate(DIALOGUE_PRODUCTS_MAX);
        self.about = self.about.filter(|about| about.len() <= KNOWLEDGE_QUESTION_BYTES_MAX);
        self.options.retain(|path| path.len() <= 2 * KNOWLEDGE_WORD_BYTES_MAX + 1);
        self.options.truncate(MENU_ITEMS_MAX);
        self
    }
}

/// What becomes of the topic when a proposal is followed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "topic", rename_all = "snake_case")]
pub enum Follow {
    /// It stays: nothing was said about it.
    #[default]
    Keep,
    /// The subject has changed.
    Drop,
    /// This is what it is about now.
    Set(Topic),
}

impl Follow {
    /// Whether nothing changes.
    pub fn is_keep(&self) -> bool {
        *self == Self::Keep
    }
}
