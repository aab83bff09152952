//! A draft entry from a cluster: its medoid as the question, what a person once replied as the answer.

use super::top::Shown;
use crate::base::id::{ConversationId, StaffId};
use crate::base::limits::DRAFT_VARIANTS_MAX;
use crate::base::time::TimeMs;
use crate::knowledge::document::Entry;
use serde::{Deserialize, Serialize};

/// An entry to be looked through, and where its answer comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The entry; its answer is empty where no person's reply was found.
    pub entry: Entry,
    /// The cluster.
    pub cluster: String,
    /// Whose words the answer is.
    pub evidence: Option<Replied>,
}

/// What a person replied to one question of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replied {
    /// In which conversation.
    #[serde(flatten)]
    pub conversation: ConversationId,
    /// The question's message.
    pub question_seq: u64,
    /// The reply's message.
    pub seq: u64,
    /// Who replied.
    pub staff: StaffId,
    /// When.
    pub at_ms: TimeMs,
    /// What.
    pub text: String,
}

/// The draft of a cluster's entry. The seam to drafts that are stored: what becomes of it is decided elsewhere.
pub fn draft(shown: &Shown, evidence: Option<Replied>) -> Draft {
    let summary = &shown.summary;
    let entry = Entry {
        id: format!("draft-{}", summary.id),
        question: summary.question.clone(),
        variants: summary.examples.iter().take(DRAFT_VARIANTS_MAX).cloned().collect(),
        answer: evidence.as_ref().map(|replied| replied.text.clone()).unwrap_or_default(),
        ..Entry::default()
    };
    Draft { entry, cluster: summary.id.clone(), evidence }
}
