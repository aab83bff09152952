//! How the remote tier stands, as the operator sees it (docs/PROTOCOL.md section 7).

use crate::base::time::civil;
use crate::office::remote::{Limits, Mode, PartStatus, Status};
use serde_json::{Value, json};

/// What is switched on.
pub struct Setup<'a> {
    /// What the chat model may do.
    pub mode: Mode,
    /// The chat model's name.
    pub chat: Option<&'a str>,
    /// The name of the model that makes vectors.
    pub embeddings: Option<&'a str>,
    /// What a day may cost.
    pub limits: &'a Limits,
}

/// The body of `GET /api/operator/remote` where the tier is on. Money is in the currency of the prices.
pub fn status(setup: &Setup<'_>, status: &Status) -> Value {
    let part = |model: Option<&str>, is: PartStatus| {
        model.map(|model| {
            json!({ "model": model, "state": is.state, "failures": is.failures, "until_ms": is.until_ms })
        })
    };
    let (year, month, day) = civil(status.day);
    json!({
        "on": true,
        "mode": setup.mode,
        "embeddings": part(setup.embeddings, status.embeddings),
        "chat": part(setup.chat, status.chat),
        "today": {
            "day": format!("{year:04}-{month:02}-{day:02}"), "tokens": status.spent.tokens,
            "money": money(status.spent.micros), "calls": status.spent.calls, "codes": status.spent.codes,
        },
        "limits": {
            "tokens_per_day": setup.limits.tokens_per_day,
            "money_per_day": setup.limits.micros_per_day.map(money),
            "calls_at_once": setup.limits.calls_at_once,
        },
        "under_way": status.under_way,
        "last": status.last,
    })
}

/// Millionths as a decimal number; beyond 2^53 of them nobody counts.
fn money(micros: u64) -> f64 {
    micros as f64 / 1_000_000.0
}
