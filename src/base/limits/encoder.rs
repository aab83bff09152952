//! Bounds of the sentence encoder.

/// A text that the encoder reads, UTF-8: more than its tokens hold in any language.
pub const ENCODER_TEXT_BYTES_MAX: usize = 2_048;
/// Tokens of its own that an encoded text keeps: a question has 5 to 25, and time and memory grow with them.
pub const ENCODER_OWN_TOKENS_MAX: usize = 64;
/// All tokens that pass through the model: those, the prefix (3), a space alone and two marks.
pub const ENCODER_TOKENS_MAX: usize = 70;
/// Parts of an encoder.
pub const ENCODER_PARTS_MAX: usize = 16;
/// One part: a third of what a static asset or a KV value may have.
pub const ENCODER_PART_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Texts that one request has encoded: about a second of work.
pub const ENCODER_TEXTS_MAX: usize = 64;
/// Body of such a request: that many texts of full length, escaped.
pub const ENCODER_BODY_BYTES_MAX: usize = 512 * 1024;
/// Longest wait for the encoder of an isolate that has to load it.
pub const ENCODER_LOAD_MS_MAX: u64 = 10_000;
/// How long a request waits before it looks again whether another one has loaded the encoder.
pub const ENCODER_LOOK_AGAIN_MS: u64 = 20;
/// How long an isolate that found no encoder, or one that is not right, does not look again.
pub const ENCODER_MISSING_MS: i64 = 10 * 60 * 1_000;
/// Longest wait of a customer's question for an encoder that is being loaded: a callback has 4 s in all.
pub const ENCODER_WAIT_MS_MAX: u64 = 2_500;
