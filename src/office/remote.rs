//! What the remote tier may still spend today, and whether its endpoints are worth asking: counted before each call.
//!
//! A call is reserved at what it may cost at most and settled at what its endpoint says that it did cost. What is
//! never settled, or settled with figures that nobody can believe, has cost what was reserved.

use crate::base::limits::{
    REMOTE_CODES_MAX, REMOTE_FAILURES_MAX, REMOTE_LAST_MAX, REMOTE_PAUSE_MS_MAX, REMOTE_SETTLE_GRACE_MS,
    REMOTE_USAGE_FACTOR_MAX,
};
use crate::base::time::{DAY_MS, TimeMs};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a chat model may do with the passages it is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Name one; its own text is sent.
    #[default]
    Choose,
    /// Write an answer from some; sent only when the passages bear it out.
    Compose,
}

/// What a day may cost, how many calls may be under way, and how long a failing endpoint is left alone at first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Tokens of a UTC day, both ways and both endpoints together.
    pub tokens_per_day: u64,
    /// Money of a UTC day, in millionths of the currency that the prices are in; none: not limited.
    pub micros_per_day: Option<u64>,
    /// Calls under way, of the whole deployment.
    pub calls_at_once: u32,
    /// First pause of an open breaker; it doubles.
    pub pause_ms: i64,
    /// What tokens cost.
    pub prices: Prices,
}

/// Prices in millionths of the currency, for a million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    /// What the chat model reads.
    pub chat_input: u64,
    /// What it writes.
    pub chat_output: u64,
    /// What the embeddings model reads.
    pub embeddings: u64,
}

/// One of the tier's two endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Makes vectors.
    Embeddings,
    /// Chooses or composes.
    Chat,
}

/// Tokens of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Read.
    pub input: u64,
    /// Written.
    pub output: u64,
}

impl Usage {
    /// Both ways.
    pub const fn tokens(self) -> u64 {
        self.input.saturating_add(self.output)
    }

    /// What it costs, in millionths, rounded up.
    pub fn micros(self, part: Part, prices: &Prices) -> u64 {
        let (input, output) = match part {
            Part::Embeddings => (prices.embeddings, 0),
            Part::Chat => (prices.chat_input, prices.chat_output),
        };
        let cost = |tokens: u64, price: u64| u128::from(tokens) * u128::from(price);
        let micros = (cost(self.input, input) + cost(self.output, output)).div_ceil(1_000_000);
        u64::try_from(micros).unwrap_or(u64::MAX)
    }
}

/// What the ledger is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Call {
    /// May this call be made?
    Reserve {
        /// Of which endpoint.
        part: Part,
        /// What it may cost at most.
        most: Usage,
        /// How long it may take at most.
        wait_ms: i64,
        /// The settings.
        limits: Limits,
    },
    /// It has ended.
    Settle {
        /// As reserved.
        id: u64,
        /// What the endpoint says it cost; none when it said nothing that can be read.
        used: Option<Usage>,
        /// What came of it, for programs.
        code: String,
        /// Whether the endpoint is at fault.
        is_failure: bool,
        /// The settings.
        limits: Limits,
    },
    /// How does it stand?
    Status,
}

/// What the ledger answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// Make the call, then settle it.
    Reserved {
        /// For settling.
        id: u64,
    },
    /// Do not make it.
    Refused {
        /// Why.
        why: Why,
    },
    /// It is counted: so many tokens.
    Settled {
        /// As believed.
        tokens: u64,
    },
    /// How it stands.
    Status(Box<Status>),
}

/// Why a call may not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The day's tokens do not suffice for it.
    Tokens,
    /// The day's money does not suffice for it.
    Money,
    /// As many as may be are under way.
    Busy,
    /// The endpoint has failed too often, and is left alone.
    Open,
}

impl Why {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Tokens => "remote.budget_tokens",
            Self::Money => "remote.budget_money",
            Self::Busy => "remote.busy",
            Self::Open => "remote.breaker_open",
        }
    }
}

/// What one UTC day has cost so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// Tokens, reservations included.
    pub tokens: u64,
    /// Money in millionths, reservations included.
    pub micros: u64,
    /// Calls made.
    pub calls: u64,
    /// What came of them, and why others were not made.
    pub codes: BTreeMap<String, u64>,
}

impl Day {
    fn count(&mut self, code: &str) {
        let is_known = self.codes.contains_key(code) || self.codes.len() < REMOTE_CODES_MAX;
        let code = if is_known { code } else { "remote.other" };
        let count = self.codes.entry(code.to_owned()).or_default();
        *count = count.saturating_add(1);
    }
}

/// What is under way, and how each endpoint does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    last_id: u64,
    open: Vec<Open>,
    embeddings: Breaker,
    chat: Breaker,
    last: Vec<Last>,
}

/// A call under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Open {
    id: u64,
    part: Part,
    day: i64,
    most: Usage,
    micros: u64,
    until: TimeMs,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    /// When.
    pub at_ms: TimeMs,
    /// Which endpoint.
    pub part: Part,
    /// How.
    pub code: String,
}

/// How it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Today, in days since 1970 UTC.
    pub day: i64,
    /// What it has cost so far.
    pub spent: Day,
    /// Calls under way.
    pub under_way: usize,
    /// How the embeddings endpoint does.
    pub embeddings: PartStatus,
    /// How the chat endpoint does.
    pub chat: PartStatus,
    /// The newest ends of calls, newest last.
    pub last: Vec<Last>,
}

/// How one endpoint does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartStatus {
    /// Whether it is asked.
    pub state: State,
    /// Failures in a row.
    pub failures: u32,
    /// Until when it is left alone, when it is.
    pub until_ms: Option<TimeMs>,
}

/// Whether an endpoint is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As usual.
    Closed,
    /// Not at all.
    Open,
    /// By one call at a time, which tells whether it works again.
    HalfOpen,
}

/// Leaves an endpoint alone that fails again and again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Breaker {
    failures: u32,
    until: Option<TimeMs>,
    trial: Option<u64>,
}

impl Breaker {
    fn state(&self, now: TimeMs) -> State {
        match self.until {
            None => State::Closed,
            // A time further off than was ever set comes from a clock gone wrong.
            Some(until) if (1..=REMOTE_PAUSE_MS_MAX).contains(&(until - now)) => State::Open,
            Some(_) => State::HalfOpen,
        }
    }

    fn admits(&self, now: TimeMs) -> bool {
        match self.state(now) {
            State::Closed => true,
            State::Open => false,
            State::HalfOpen => self.trial.is_none(),
        }
    }

    fn begin(&mut self, id: u64) {
        if self.until.is_some() {
            self.trial = Some(id);
        }
    }

    /// A call that began before the breaker opened says nothing about now.
    fn end(&mut self, id: u64, is_failure: bool, pause_ms: i64, now: TimeMs) {
        let is_trial = self.trial.take_if(|trial| *trial == id).is_some();
        if !is_trial && self.until.is_some() {
            return;
        }
        if !is_failure {
            *self = Self::default();
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if let Some(times) = self.failures.checked_sub(REMOTE_FAILURES_MAX) {
            let pause_ms = pause_ms.saturating_mul(1 << times.min(20)).min(REMOTE_PAUSE_MS_MAX);
            self.until = Some(now + pause_ms);
        }
    }

    fn status(&self, now: TimeMs) -> PartStatus {
        let state = self.state(now);
        PartStatus { state, failures: self.failures, until_ms: self.until.filter(|_| state == State::Open) }
    }
}

/// The day in which a moment lies, counted from 1970 UTC.
pub const fn day_of(now: TimeMs) -> i64 {
    now.0.div_euclid(DAY_MS)
}

/// Answers a call. `spent` is today's row.
pub fn handle(gate: &mut Gate, spent: &mut Day, call: Call, now: TimeMs) -> Reply {
    match call {
        Call::Reserve { part, most, wait_ms, limits } => {
            gate.forget_the_dead(now);
            match gate.reserve(spent, part, most, wait_ms, &limits, now) {
                Ok(id) => Reply::Reserved { id },
                Err(why) => {
                    spent.count(why.code());
                    Reply::Refused { why }
                }
            }
        }
        Call::Settle { id, used, code, is_failure, limits } => {
            let tokens = gate.settle(spent, id, used, &code, is_failure, &limits, now);
            Reply::Settled { tokens }
        }
        Call::Status => Reply::Status(Box::new(Status {
            day: day_of(now),
            spent: spent.clone(),
            under_way: gate.open.iter().filter(|open| open.until > now).count(),
            embeddings: gate.embeddings.status(now),
            chat: gate.chat.status(now),
            last: gate.last.clone(),
        })),
    }
}

impl Gate {
    fn breaker(&mut self, part: Part) -> &mut Breaker {
        match part {
            Part::Embeddings => &mut self.embeddings,
            Part::Chat => &mut self.chat,
        }
    }

    /// Whoever made a call and did not settle it in its time is no more. It has cost what was reserved.
    fn forget_the_dead(&mut self, now: TimeMs) {
        self.open.retain(|open| now < open.until);
        let open = &self.open;
        for breaker in [&mut self.embeddings, &mut self.chat] {
            breaker.trial.take_if(|trial| open.iter().all(|open| open.id != *trial));
        }
    }

    fn reserve(
        &mut self,
        spent: &mut Day,
        part: Part,
        most: Usage,
        wait_ms: i64,
        limits: &Limits,
        now: TimeMs,
    ) -> Result<u64, Why> {
        if !self.breaker(part).admits(now) {
            return Err(Why::Open);
        }
        if self.open.len() >= usize::try_from(limits.calls_at_once).unwrap_or(usize::MAX) {
            return Err(Why::Busy);
        }
        if spent.tokens.saturating_add(most.tokens()) > limits.tokens_per_day {
            return Err(Why::Tokens);
        }
        let micros = most.micros(part, &limits.prices);
        if limits.micros_per_day.is_some_and(|limit| spent.micros.saturating_add(micros) > limit) {
            return Err(Why::Money);
        }
        self.last_id = self.last_id.saturating_add(1);
        let id = self.last_id;
        self.breaker(part).begin(id);
        let until = now + wait_ms.saturating_add(REMOTE_SETTLE_GRACE_MS);
        self.open.push(Open { id, part, day: day_of(now), most, micros, until });
        spent.tokens = spent.tokens.saturating_add(most.tokens());
        spent.micros = spent.micros.saturating_add(micros);
        spent.calls = spent.calls.saturating_add(1);
        Ok(id)
    }

    /// Returns the tokens that it counts as.
    #[expect(clippy::too_many_arguments, reason = "one call, taken apart")]
    fn settle(
        &mut self,
        spent: &mut Day,
        id: u64,
        used: Option<Usage>,
        code: &str,
        is_failure: bool,
        limits: &Limits,
        now: TimeMs,
    ) -> u64 {
        let Some(at) = self.open.iter().position(|open| open.id == id) else { return 0 };
        let Open { part, day, most, micros, .. } = self.open.remove(at);
        self.breaker(part).end(id, is_failure, limits.pause_ms, now);
        self.last.push(Last { at_ms: now, part, code: code.to_owned() });
        let surplus = self.last.len().saturating_sub(REMOTE_LAST_MAX);
        self.last.drain(..surplus);
        spent.count(code);
        let believed = used.filter(|used| is_believable(*used, most));
        let used = believed.unwrap_or(most);
        // What was reserved yesterday stays in yesterday's row.
        if day == day_of(now) {
            let used_micros = if believed.is_some() { used.micros(part, &limits.prices) } else { micros };
            spent.tokens = spent.tokens.saturating_sub(most.tokens()).saturating_add(used.tokens());
            spent.micros = spent.micros.saturating_sub(micros).saturating_add(used_micros);
        }
        used.tokens()
    }
}

/// Nothing read is free, and nobody uses ten times what the request allows.
fn is_believable(used: Usage, most: Usage) -> bool {
    used.input > 0 && used.tokens() <= most.tokens().saturating_mul(REMOTE_USAGE_FACTOR_MAX)
}

#[cfg(test)]
mod tests;
