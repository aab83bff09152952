//! Bounds of what is learned from.

/// Reports to the insight that one conversation owes at most; what a customer asks while it cannot be reached for
/// longer is not learned from. A report has some hundred bytes, one outbox row has them all.
pub const HEARD_ERRANDS_MAX: usize = 64;
/// How long what a customer says may be about the last answer: beyond half an hour they speak of something else.
pub const REMEMBERED_MS: i64 = 30 * 60 * 1_000;
/// How soon after an answer nearly the same question means that it did not help.
pub const ASKED_AGAIN_MS: i64 = 5 * 60 * 1_000;
/// Longest shadow run: two weeks have every weekday twice.
pub const SHADOW_MS_MAX: i64 = 14 * 24 * 60 * 60 * 1_000;
/// How long examples of a shadow run are kept.
pub const SHADOW_KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// Examples of a shadow run: what a person looks through.
pub const SHADOW_EXAMPLES_MAX: i64 = 200;
/// Largest document that an isolate keeps beside the one that it answers from: its index has some six times as much.
pub const SHADOW_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How much of their weight two questions must share to be nearly the same, in thousandths.
pub const RESEMBLES_PER_MILLE: f32 = 500.0;
/// Characters of a message that is only praise or blame.
pub const THUMB_CHARS_MAX: usize = 12;
/// How long a question is kept to learn from, at most: a month, the one before it, and some days. Not longer than
/// messages are kept (`message_days`).
pub const INSIGHT_KEPT_MS: i64 = 100 * 24 * 60 * 60 * 1_000;
/// Questions kept: some 10 MB, which one turn reads in a tenth of a second.
pub const QUESTIONS_KEPT_MAX: i64 = 20_000;
/// Answered questions of the sample that are kept: what a difference report goes through.
pub const SAMPLE_KEPT_MAX: i64 = 5_000;
/// How many of a thousand answered questions are in the sample.
pub const SAMPLE_PER_MILLE: u32 = 50;
/// Questions in one reading.
pub const QUESTIONS_READ_MAX: u32 = 5_000;
/// How long it is remembered that a customer was forgotten: a report that was under way comes within a minute.
pub const FORGOTTEN_KEPT_MS: i64 = 24 * 60 * 60 * 1_000;
/// Between looks for questions that have outlived their retention or are too many: each reads every row.
pub const INSIGHT_PURGE_EVERY_MS: i64 = 6 * 60 * 60 * 1_000;
/// How near a question must be to a cluster's centre to join it, in thousandths (`insight::cluster` says how it was
/// chosen).
pub const CLUSTER_LIKENESS_PER_MILLE: f32 = 250.0;
/// Pairs of a question and a leader whose vectors are compared: a second of work at 384 dimensions.
pub const VECTOR_PAIRS_MAX: usize = 2_000_000;
/// Ways of asking shown of one cluster.
pub const CLUSTER_EXAMPLES_MAX: usize = 8;
/// Clusters listed where nobody says how many.
pub const CLUSTERS_SHOWN: u32 = 10;
/// Clusters in one list.
pub const CLUSTERS_SHOWN_MAX: u32 = 200;
/// Questions shown behind one cluster.
pub const CLUSTER_ROWS_MAX: usize = 500;
/// Days of a period where nobody says how many: a month.
pub const PERIOD_DAYS: u64 = 30;
/// Questions that one list of offers goes through, newest first: each is looked up in the knowledge.
pub const OFFERS_READ_MAX: u32 = 1_000;
/// Offers in one list where nobody says how many.
pub const OFFERS_SHOWN: u32 = 20;
/// Questions named behind one offer.
pub const OFFER_QUESTIONS_MAX: usize = 5;
/// How near a question must be to an entry to be offered as a phrasing of it, in thousandths.
pub const OFFER_SCORE_PER_MILLE: f32 = 300.0;
/// Phrasings of a draft: what a person looks through.
pub const DRAFT_VARIANTS_MAX: usize = 8;
/// Conversations in which a draft looks for a person's reply, newest first.
pub const DRAFT_CONVERSATIONS_MAX: usize = 8;
/// Judgements kept of one offer beside the last: nobody changes their mind oftener.
pub const JUDGED_BEFORE_MAX: usize = 8;
/// Offers whose judgement is kept; the oldest goes.
pub const JUDGED_KEPT_MAX: i64 = 10_000;
/// Judgements in one reading.
pub const JUDGED_READ_MAX: u32 = 2_000;
/// A person's reply that may be an answer, in characters: greetings are shorter.
pub const REPLY_CHARS_MIN: usize = 8;
/// How many messages after a question its reply may come.
pub const REPLY_WITHIN_MESSAGES: u64 = 40;
