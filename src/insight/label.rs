//! Labels: what people who serve say of the mood of a message, for heads to be learned from.

use super::question::masked;
use crate::base::id::ChannelId;
use crate::base::limits::{MOOD_LABELS_BEFORE_MAX, QUESTION_BYTES_MAX};
use crate::base::text::prefix_within;
use crate::base::time::TimeMs;
use crate::knowledge::mood::Aspect;
use crate::knowledge::mood::head::Sample;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is said of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labelling {
    /// Whose message, as a keyed digest of the conversation.
    pub asker: String,
    /// On which channel.
    pub channel: ChannelId,
    /// Its number in the conversation.
    pub seq: u64,
    /// When it was written.
    pub at_ms: TimeMs,
    /// Its words.
    pub text: String,
    /// What is said.
    pub said: Said,
}

/// One tap: which aspects the message has and which not, by whom and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Only those that were spoken of.
    pub labels: BTreeMap<Aspect, bool>,
    /// A member of staff.
    pub by: String,
    /// When.
    pub at_ms: TimeMs,
}

/// A labelled message: one row, whose key is `(asker, seq)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// See [`Labelling::asker`].
    pub asker: String,
    /// On which channel.
    pub channel: ChannelId,
    /// Its number in the conversation.
    pub seq: u64,
    /// When it was written: it is kept as long as a question of that time.
    pub at_ms: TimeMs,
    /// Its words, at most [`QUESTION_BYTES_MAX`] bytes, long numbers masked.
    pub text: String,
    /// What holds: of each aspect what was said last.
    pub labels: BTreeMap<Aspect, bool>,
    /// What was said, oldest first; the last, and at most [`MOOD_LABELS_BEFORE_MAX`] before it.
    pub said: Vec<Said>,
}

impl Label {
    /// What is said once more, or for the first time. The same again changes nothing, whoever says it.
    #[must_use]
    pub fn with(known: Option<Self>, labelling: Labelling) -> Self {
        let Labelling { asker, channel, seq, at_ms, text, said } = labelling;
        let text = masked(prefix_within(text.trim(), QUESTION_BYTES_MAX));
        let empty = (BTreeMap::new(), Vec::new());
        let (mut labels, mut all) = known.map_or(empty, |known| (known.labels, known.said));
        if said.labels.iter().any(|(aspect, label)| labels.get(aspect) != Some(label)) {
            labels.extend(said.labels.iter().map(|(aspect, label)| (*aspect, *label)));
            all.push(said);
            let most = all.len().saturating_sub(MOOD_LABELS_BEFORE_MAX + 1);
            all.drain(..most);
        }
        Self { asker, channel, seq, at_ms, text, labels, said: all }
    }

    /// For training.
    pub fn sample(self) -> Sample {
        // The digest tells customers apart, whatever it is.
        let group =
            self.asker.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        Sample { group, text: self.text, labels: self.labels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labelling(aspect: Aspect, label: bool, at_ms: i64) -> Labelling {
        Labelling {
            asker: "a1".into(),
            channel: "main".into(),
            seq: 3,
            at_ms: TimeMs(1),
            text: " 太慢了，电话 13800000000 ".into(),
            said: Said { labels: BTreeMap::from([(aspect, label)]), by: "lin".into(), at_ms: TimeMs(at_ms) },
        }
    }

    #[test]
    fn the_latest_word_on_each_aspect_holds() {
        let first = Label::with(None, labelling(Aspect::Anger, true, 10));
        assert_eq!(first.text, "太慢了，电话 ###########");
        let again = Label::with(Some(first.clone()), labelling(Aspect::Anger, true, 20));
        assert_eq!(again, first, "the same again is no news");
        let other = Label::with(Some(first), labelling(Aspect::Urgency, false, 30));
        let last = Label::with(Some(other), labelling(Aspect::Anger, false, 40));
        assert_eq!(last.labels, BTreeMap::from([(Aspect::Anger, false), (Aspect::Urgency, false)]));
        assert_eq!(last.said.iter().map(|said| said.at_ms.0).collect::<Vec<_>>(), [10, 30, 40]);
    }

    #[test]
    fn what_was_said_before_is_bounded() {
        let mut label = Label::with(None, labelling(Aspect::Anger, true, 0));
        for at_ms in 1..20 {
            label = Label::with(Some(label), labelling(Aspect::Anger, at_ms % 2 == 0, at_ms));
        }
        assert_eq!(label.said.len(), MOOD_LABELS_BEFORE_MAX + 1);
    }
}
