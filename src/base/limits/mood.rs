//! Bounds of moods, and of what is learned from labels.

use core::ops::RangeInclusive;

/// From how much of an aspect on people are shown it and the desk acts on it, in thousandths: more likely than not.
pub const MOOD_SHOWN_PER_MILLE: u16 = 500;
/// Words kept that say why: what fits beside a message. A word has at most [`MOOD_WORD_CHARS_MAX`] characters.
pub const MOOD_WORDS_MAX: usize = 6;
/// Characters of such a word: the lexicon's longest, an English phrase.
pub const MOOD_WORD_CHARS_MAX: usize = 32;
/// How much earlier an urgent ticket is taken to have been opened when tickets are given out: somebody in danger comes
/// before who has waited half an hour, and nobody waits behind what is opened later than that and angry.
pub const HEAD_START_URGENT_MS: i64 = 30 * 60 * 1_000;
/// The same for an angry customer's; both add up.
pub const HEAD_START_ANGRY_MS: i64 = 10 * 60 * 1_000;
/// Labels by people that an aspect needs of each kind before a head is learned from them: with fewer, how good it is
/// cannot be told.
pub const MOOD_LABELS_MIN: usize = 40;
/// Labelled messages that are kept and learned from; the oldest go. Training on all of them takes about a second.
pub const MOOD_LABELS_KEPT_MAX: i64 = 2_000;
/// Earlier labels kept of one message: nobody changes their mind oftener.
pub const MOOD_LABELS_BEFORE_MAX: usize = 4;
/// Weights of one head, each for all pairs, triples and words that share it: 8 KB.
pub const MOOD_BUCKETS: usize = 1 << 13;
/// Passes over the labels while a head is learned.
pub const MOOD_EPOCHS: RangeInclusive<usize> = 1..=16;
/// Parts that are set aside in turn to tell how good a head is.
pub const MOOD_FOLDS: u64 = 5;
