//! L3, the settings of the remote tier: which models may be asked, how, and for how much.

use super::is_api_address;
use super::reader::{Fields, Problem, Reader};
use crate::base::limits::{
    REMOTE_ADDRESS_BYTES_MAX, REMOTE_CALLS_AT_ONCE_MAX, REMOTE_MODEL_BYTES_MAX, REMOTE_PRICE_MAX,
    REMOTE_TOKENS_PER_DAY_MAX, REMOTE_TOKENS_PER_QUESTION_MAX, REMOTE_TOKENS_PER_QUESTION_MIN,
};
use crate::base::secret::Secret;
use crate::base::time::SECOND_MS;
use crate::knowledge::proposal::Score;
use crate::office::remote::{Limits, Mode, Prices};

/// A tier of models elsewhere, asked what the knowledge is unsure of. At least one of the two is there.
#[derive(Clone, Debug)]
pub struct Remote {
    /// A model that chooses or composes.
    pub chat: Option<Endpoint>,
    /// A model that tells how near two texts are; it is asked first.
    pub embeddings: Option<Embeddings>,
    /// What the chat model may do. Default: choose.
    pub mode: Mode,
    /// How long one question may take in all. Default: 10 s, so that a callback can still carry the answer.
    pub wait_ms: i64,
    /// Tokens of one question, both calls together. Default: 4,000.
    pub tokens_per_question: u64,
    /// What a day may cost, and how many calls may be under way.
    pub limits: Limits,
}

/// One model behind one address.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Its base, without a slash at the end: `https://api.example.com/v1`.
    pub address: String,
    /// How it is called there.
    pub model: String,
    /// What we show it; each address has its own.
    pub token: Option<Secret>,
}

/// A model that makes vectors, and when they are near enough.
#[derive(Clone, Debug)]
pub struct Embeddings {
    /// Where.
    pub endpoint: Endpoint,
    /// The cosine that an answer needs. Every model has its own scale. Default: 0.9.
    pub threshold: Score,
    /// How far before the best passage with another answer. Default: 0.03.
    pub margin: Score,
}

/// Which addresses a provider has.
#[derive(Clone, Copy)]
enum Provider {
    OpenaiCompatible,
    WorkersAi,
}

/// Where Workers AI speaks the same protocol.
const WORKERS_AI: &str = "https://api.cloudflare.com/client/v4/accounts";

/// Reads `remote`; none: the tier is off.
pub(super) fn remote(fields: &mut Fields, reader: &mut Reader<'_>) -> Option<Remote> {
    let mut fields = fields.object_or_absent(reader, "remote")?;
    let base = base_address(&mut fields, reader);
    let chat = fields.object_or_absent(reader, "chat").map(|mut chat| {
        let endpoint = endpoint(&mut chat, reader, base.as_deref(), "REMOTE_CHAT_TOKEN");
        chat.finish(reader);
        endpoint
    });
    let embeddings = fields.object_or_absent(reader, "embeddings").map(|mut embeddings| {
        let endpoint = endpoint(&mut embeddings, reader, base.as_deref(), "REMOTE_EMBEDDINGS_TOKEN");
        let threshold = share(&mut embeddings, reader, "threshold", 0.9);
        let margin = share(&mut embeddings, reader, "margin", 0.03);
        embeddings.finish(reader);
        Embeddings { endpoint, threshold, margin }
    });
    if chat.is_none() && embeddings.is_none() {
        reader.fault("remote", Problem::Expected("an object with chat, embeddings or both"));
    }
    let modes = [("choose", Mode::Choose), ("compose", Mode::Compose)];
    let mode = fields.choice_or(reader, "mode", "choose or compose", &modes, Mode::Choose);
    let wait_ms = fields.int(reader, "wait_s", 10, 1, 60) * SECOND_MS;
    let (least, most) = (REMOTE_TOKENS_PER_QUESTION_MIN, REMOTE_TOKENS_PER_QUESTION_MAX);
    let tokens_per_question = fields.int(reader, "tokens_per_question", 4_000, least, most);
    let limits = limits(&mut fields, reader, chat.is_some(), embeddings.is_some());
    fields.finish(reader);
    let tokens_per_question = u64::try_from(tokens_per_question).unwrap_or_default();
    Some(Remote { chat, embeddings, mode, wait_ms, tokens_per_question, limits })
}

/// The address that both have unless they say otherwise.
fn base_address(fields: &mut Fields, reader: &mut Reader<'_>) -> Option<String> {
    let providers = [("openai-compatible", Provider::OpenaiCompatible), ("workers-ai", Provider::WorkersAi)];
    let names = "openai-compatible or workers-ai";
    match fields.choice_or(reader, "provider", names, &providers, Provider::OpenaiCompatible) {
        Provider::OpenaiCompatible => None,
        Provider::WorkersAi => {
            let is_account =
                |text: &str| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            let account = fields.text(reader, "account", "the account's 32 hexadecimal digits", is_account);
            Some(format!("{WORKERS_AI}/{account}/ai/v1"))
        }
    }
}

fn endpoint(
    fields: &mut Fields,
    reader: &mut Reader<'_>,
    base: Option<&str>,
    token: &'static str,
) -> Endpoint {
    let shape = "an https address, or http on this machine";
    let is_address = |text: &str| text.len() <= REMOTE_ADDRESS_BYTES_MAX && is_api_address(text);
    let address = match base.filter(|_| !fields.has("address")) {
        Some(base) => base.to_owned(),
        None => fields.text(reader, "address", shape, is_address).trim_end_matches('/').to_owned(),
    };
    let is_model = |text: &str| {
        (1..=REMOTE_MODEL_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let model = fields.text(reader, "model", "1 to 128 visible ASCII characters", is_model);
    let is_token =
        |text: &str| (1..=1_024).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    let token = reader.secret_or_absent(token, "1 to 1024 visible ASCII characters", is_token);
    Endpoint { address, model, token }
}

fn share(fields: &mut Fields, reader: &mut Reader<'_>, key: &str, default: f64) -> Score {
    let share = fields.decimal_or_absent(reader, key, 1.0, "a number from 0 to 1");
    Score::try_from(share.unwrap_or(default)).unwrap_or_default()
}

fn limits(fields: &mut Fields, reader: &mut Reader<'_>, chat: bool, embeddings: bool) -> Limits {
    let tokens = fields.int(reader, "tokens_per_day", 200_000, 1, REMOTE_TOKENS_PER_DAY_MAX);
    let calls = fields.int(reader, "calls_at_once", 4, 1, REMOTE_CALLS_AT_ONCE_MAX);
    let pause_s = fields.int(reader, "pause_s", 10, 1, 600);
    let shape = "a number from 0 to 1000000";
    let money = fields.decimal_or_absent(reader, "money_per_day", REMOTE_PRICE_MAX, shape);
    let mut prices = Prices::default();
    let has_prices = fields.has("prices");
    if let Some(mut own) = fields.object_or_absent(reader, "prices") {
        let mut price = |key: &str, is_needed: bool| {
            let price = own.decimal_or_absent(reader, key, REMOTE_PRICE_MAX, shape);
            if price.is_none() && is_needed && money.is_some() {
                reader.fault(&own.name(key), Problem::Missing);
            }
            micros(price.unwrap_or_default())
        };
        prices = Prices {
            chat_input: price("chat_input", chat),
            chat_output: price("chat_output", chat),
            embeddings: price("embeddings", embeddings),
        };
        own.finish(reader);
    }
    if money.is_some() && !has_prices {
        reader.fault("remote.prices", Problem::Missing);
    }
    Limits {
        tokens_per_day: u64::try_from(tokens).unwrap_or_default(),
        micros_per_day: money.map(micros),
        calls_at_once: u32::try_from(calls).unwrap_or(1),
        pause_ms: pause_s * SECOND_MS,
        prices,
    }
}

/// Millionths, rounded: the float is small and not negative, and the cast saturates.
fn micros(amount: f64) -> u64 {
    (amount * 1_000_000.0).round() as u64
}
