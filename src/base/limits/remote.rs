//! Bounds of the remote tier.

/// Products that one composed answer names: more is a table, not an answer.
pub const COMPOSED_PRODUCTS_MAX: usize = 5;
/// Passages that a question takes along to the remote tier: beyond the fifth hardly any is meant (recall at 5 of the
/// index is above 0.9 on the questions of docs/ANSWERING.md), and each costs tokens.
pub const PASSAGES_MAX: usize = 5;
/// Text of those passages together, UTF-8: it travels with the message and lies in its row until the answer is there.
pub const PASSAGES_BYTES_MAX: usize = 6 * 1024;
/// An endpoint's address.
pub const REMOTE_ADDRESS_BYTES_MAX: usize = 512;
/// A model's name, ASCII: the longest in use have some 60.
pub const REMOTE_MODEL_BYTES_MAX: usize = 128;
/// Body of a chat model's answer: a text of [`TEXT_BYTES_MAX`](super::TEXT_BYTES_MAX) escaped, and whatever a model thinks aloud before it.
pub const CHAT_BYTES_MAX: usize = 64 * 1024;
/// Body of an answer with vectors: six of [`EMBEDDING_DIMENSIONS_MAX`] numbers of 24 characters.
pub const EMBEDDINGS_BYTES_MAX: usize = 640 * 1024;
/// Numbers in one vector: the largest model in use has 4,096.
pub const EMBEDDING_DIMENSIONS_MAX: usize = 4_096;
/// A composed answer, UTF-8: half a text message; what is longer is no answer to one question.
pub const COMPOSED_BYTES_MAX: usize = 1_024;
/// Tokens that a choice may take to say: `{"passage": 3}`, with room for a model that explains itself.
pub const CHOICE_TOKENS_MAX: u64 = 128;
/// Tokens that a composed answer may take: [`COMPOSED_BYTES_MAX`] of Chinese, and its braces.
pub const COMPOSED_TOKENS_MAX: u64 = 768;
/// The least that a question may cost in tokens: the rules, one passage and an answer fit in.
pub const REMOTE_TOKENS_PER_QUESTION_MIN: i64 = 1_000;
/// The most that one question may cost in tokens: all passages and an answer are below half of it.
pub const REMOTE_TOKENS_PER_QUESTION_MAX: i64 = 32_000;
/// Tokens of a day at the very most: a million questions.
pub const REMOTE_TOKENS_PER_DAY_MAX: i64 = 10_000_000_000;
/// A price per million tokens, or a day's money, in whatever currency: more is a slip of the pen.
pub const REMOTE_PRICE_MAX: f64 = 1_000_000.0;
/// Calls under way at once, of the whole deployment: an endpoint's own limits are of this order.
pub const REMOTE_CALLS_AT_ONCE_MAX: i64 = 64;
/// Failures of an endpoint in a row after which it is left alone.
pub const REMOTE_FAILURES_MAX: u32 = 5;
/// Longest time that a failing endpoint is left alone: then one question finds out.
pub const REMOTE_PAUSE_MS_MAX: i64 = 10 * 60 * 1_000;
/// How much later than its time a call may still be settled: two calls of an object.
pub const REMOTE_SETTLE_GRACE_MS: i64 = 8_000;
/// An endpoint that says it used more times what was reserved than this is not believed.
pub const REMOTE_USAGE_FACTOR_MAX: u64 = 10;
/// Codes that ends of calls are counted under, for each day; those beyond count as others.
pub const REMOTE_CODES_MAX: usize = 64;
/// Ends of calls that are kept to be looked at.
pub const REMOTE_LAST_MAX: usize = 20;
/// Days whose cost is kept: a quarter, for the bill.
pub const REMOTE_DAYS_KEPT: i64 = 92;
/// How much longer than its passages a composed answer may be, UTF-8: particles and marks.
pub const GROUNDING_ROOM_BYTES: usize = 48;
/// What a customer wrote, as far as a remote model reads it, UTF-8: some 200 Chinese characters.
pub const REMOTE_QUESTION_BYTES_MAX: usize = 600;
/// What is left of a question's time when the remote tier's is over: its end is counted and decided.
pub const REMOTE_MARGIN_MS: i64 = 2_000;
