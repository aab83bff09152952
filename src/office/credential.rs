//! One access token per channel account: who may have it, who fetches it, and when to leave WeChat alone.
//!
//! The token is one of `stable_token`: asking again gives the same one until it nears its end, so asking is
//! harmless; forcing a new one is not, and is rationed. Nobody fetches without a lease, and the lease is stored
//! before the fetch begins, so that a crash in between costs [`TOKEN_LEASE_MS`] and nothing else.

use super::callbacks::{Callbacks, Verdict};
use super::health::{Health, Report};
use super::refusals::Refusal;
use crate::base::id::MediaKey;
use crate::base::limits::{
    TOKEN_BYTES_MAX, TOKEN_FORCED_MAX, TOKEN_FORCED_SPAN_MS, TOKEN_FORCED_WINDOW_MS, TOKEN_LEASE_MS,
};
use crate::base::secret::Secret;
use crate::base::time::{MINUTE_MS, SECOND_MS, TimeMs};
use serde::{Deserialize, Serialize};

/// What the credential is asked and told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Call {
    /// The token, please.
    Token {
        /// The version that WeChat just refused, if the caller had one.
        failed_version: Option<u64>,
    },
    /// The fetch that [`Reply::Refresh`] asked for brought a token.
    Fetched {
        /// The lease it was fetched under.
        lease: u64,
        /// It.
        token: Secret,
        /// How long WeChat says it lasts.
        expires_in_s: i64,
    },
    /// The fetch that [`Reply::Refresh`] asked for brought none.
    FetchFailed {
        /// The lease it was tried under.
        lease: u64,
        /// Why.
        cause: FetchCause,
    },
    /// So many callbacks of this channel were refused, by code.
    CountRefusals {
        /// Code and how many more.
        counts: Vec<(String, u64)>,
    },
    /// How many callbacks were refused, by code?
    Refusals,
    /// What does the account call this file of ours?
    MediaId {
        /// The file.
        key: MediaKey,
        /// When the account refused the id that it had until then.
        refused_at: Option<TimeMs>,
    },
    /// The account calls this file of ours so from now on, for [`crate::base::limits::MEDIA_ID_USED_MS`].
    KeepMediaId {
        /// The file.
        key: MediaKey,
        /// The account's id.
        media_id: String,
    },
    /// These callbacks came, oldest first.
    Callbacks {
        /// At most [`crate::base::limits::CALLBACK_VERDICTS_MAX`]; none asks for what is known.
        verdicts: Vec<Verdict>,
    },
    /// How does the API do? With what was just noticed, if anything was.
    Health {
        /// It.
        report: Option<Report>,
    },
}

/// Why a fetch brought no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum FetchCause {
    /// WeChat said so.
    Errcode {
        /// Its code.
        errcode: i64,
    },
    /// No answer came in time.
    NoAnswer,
    /// An answer came that is not WeChat's.
    BadAnswer,
}

/// What the credential answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// Here it is. A caller may keep it for a minute, and never beyond `expires_at`.
    Ready {
        /// It.
        token: Secret,
        /// What to call it when WeChat refuses it.
        version: u64,
        /// When it stops being handed out.
        expires_at: TimeMs,
    },
    /// The caller owes one fetch from `stable_token` and then [`Call::Fetched`] or [`Call::FetchFailed`].
    Refresh {
        /// WeChat's `force_refresh`.
        force: bool,
        /// To be given back.
        lease: u64,
    },
    /// Somebody else is fetching it: ask again.
    Wait {
        /// When.
        retry_after_ms: i64,
    },
    /// There is none, and nobody is to ask WeChat before that time.
    Unavailable {
        /// Why.
        trouble: Trouble,
        /// WeChat's code, when it gave one.
        errcode: Option<i64>,
        /// How long to leave it.
        retry_after_ms: i64,
    },
    /// Counted.
    RefusalsCounted,
    /// What is known of callbacks.
    Callbacks(Callbacks),
    /// How the API does.
    Health(Health),
    /// Every code, in order.
    Refusals {
        /// At most [`crate::base::limits::REFUSAL_CODES_MAX`].
        refusals: Vec<Refusal>,
    },
    /// To `MediaId`: the account's id, if it has one.
    MediaId {
        /// It.
        media_id: Option<String>,
    },
    /// To `KeepMediaId`.
    MediaIdKept,
}

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// WeChat does not know the appid.
    BadAppid,
    /// The app secret is not the account's.
    BadSecret,
    /// The account's owner froze the app secret.
    SecretFrozen,
    /// Our address is not on the account's list.
    AddressNotAllowed,
    /// We have asked too often.
    RateLimited,
    /// WeChat is busy.
    Busy,
    /// WeChat refused for another reason.
    Refused,
    /// WeChat did not answer.
    NoAnswer,
    /// What answered was not WeChat, or made no sense.
    BadAnswer,
    /// WeChat gives the very token that it refuses, and another may not be forced now.
    NotRenewed,
}

/// What is stored of one account's token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    held: Option<Held>,
    /// The last lease given out.
    leases: u64,
    refreshing: Option<Lease>,
    /// When new tokens were forced within the last [`TOKEN_FORCED_WINDOW_MS`].
    forced_at: Vec<TimeMs>,
    setback: Option<Setback>,
}

/// The token we have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Held {
    token: Secret,
    /// Rises with every new token, from 1.
    version: u64,
    /// When we stop handing it out.
    expires_at: TimeMs,
    /// From when on somebody is asked to look for the next one.
    refresh_at: TimeMs,
}

/// The right to fetch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Lease {
    lease: u64,
    until: TimeMs,
    force: bool,
    /// The version that WeChat refused, when that is the reason.
    failed: Option<u64>,
}

/// The last fetch failed, and WeChat is left alone for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Setback {
    trouble: Trouble,
    errcode: Option<i64>,
    /// In a row.
    failures: u32,
    until: TimeMs,
}

/// How long before its end the next token is looked for. WeChat has it five minutes before.
const AHEAD_MS: i64 = 10 * MINUTE_MS;
/// How soon the next one is looked for again when WeChat still gave the old one.
const AGAIN_MS: i64 = MINUTE_MS;
/// How much earlier than WeChat we think a token ends: the fetch took time, and so does a send.
const MARGIN_MS: i64 = 30 * SECOND_MS;
/// The shortest and longest life of a token that we believe, in seconds.
const EXPIRES_IN_S: core::ops::RangeInclusive<i64> = 60..=7 * 24 * 3_600;
/// How soon one who waits may ask again.
const WAIT_MS: i64 = 250;
/// The longest rest after a failure: what people put right works again within this time.
const REST_MS_MAX: i64 = 15 * MINUTE_MS;

impl Credential {
    /// Answers [`Call::Token`].
    ///
    /// A token that is still good is handed out while somebody looks for the next; one that its reporter, or the
    /// reason of the running fetch, calls refused is not.
    pub fn token(&mut self, failed_version: Option<u64>, now: TimeMs) -> Reply {
        let failed = self.version().filter(|version| failed_version == Some(*version));
        let lease = self.refreshing.as_ref();
        let lease_ms = lease.and_then(|lease| left_ms(lease.until, now, TOKEN_LEASE_MS));
        let suspect =
            failed.is_some() || lease_ms.is_some() && lease.is_some_and(|lease| lease.failed.is_some());
        let rest = self.rest(now);
        match &self.held {
            Some(held) if now < held.expires_at && !suspect => {
                if now < held.refresh_at || lease_ms.is_some() || rest.is_some() {
                    return held.ready();
                }
            }
            _ => {
                if let Some(left_ms) = lease_ms {
                    return Reply::Wait { retry_after_ms: left_ms.min(WAIT_MS) };
                }
                if let Some(unavailable) = rest {
                    return unavailable;
                }
            }
        }
        self.begin(false, failed, now)
    }

    /// Answers [`Call::Fetched`].
    pub fn fetched(&mut self, lease: u64, token: Secret, expires_in_s: i64, now: TimeMs) -> Reply {
        let Some(lease) = self.settle(lease) else { return self.token(None, now) };
        let believable =
            EXPIRES_IN_S.contains(&expires_in_s) && (1..=TOKEN_BYTES_MAX).contains(&token.expose().len());
        if !believable {
            return self.failed(&lease, Trouble::BadAnswer, None, now);
        }
        let same = self.held.as_ref().filter(|held| held.token == token).map(|held| held.version);
        if same.is_some() && same == lease.failed {
            return match self.force_wait_ms(now) {
                0 if !lease.force => self.begin(true, lease.failed, now),
                _ => self.failed(&lease, Trouble::NotRenewed, None, now),
            };
        }
        let expires_at = now + (expires_in_s * SECOND_MS - MARGIN_MS);
        let held = Held {
            token,
            version: same.unwrap_or_else(|| self.version().unwrap_or(0) + 1),
            expires_at,
            refresh_at: (expires_at + -AHEAD_MS).max(now + AGAIN_MS),
        };
        self.setback = None;
        self.held.insert(held).ready()
    }

    /// Answers [`Call::FetchFailed`].
    pub fn fetch_failed(&mut self, lease: u64, cause: FetchCause, now: TimeMs) -> Reply {
        let Some(lease) = self.settle(lease) else { return self.token(None, now) };
        let errcode = match cause {
            FetchCause::Errcode { errcode } => Some(errcode),
            FetchCause::NoAnswer | FetchCause::BadAnswer => None,
        };
        self.failed(&lease, Trouble::of(cause), errcode, now)
    }

    fn version(&self) -> Option<u64> {
        self.held.as_ref().map(|held| held.version)
    }

    fn begin(&mut self, force: bool, failed: Option<u64>, now: TimeMs) -> Reply {
        if force {
            self.forced_at.retain(|forced_at| now - *forced_at < TOKEN_FORCED_WINDOW_MS);
            self.forced_at.push(now);
        }
        self.leases += 1;
        self.refreshing = Some(Lease { lease: self.leases, until: now + TOKEN_LEASE_MS, force, failed });
        Reply::Refresh { force, lease: self.leases }
    }

    /// Takes the lease back. None when another was given out since: what was fetched under this one may be
    /// older than what is stored, and is dropped.
    fn settle(&mut self, lease: u64) -> Option<Lease> {
        self.refreshing.take_if(|refreshing| refreshing.lease == lease)
    }

    /// How long no new token may be forced; 0 when one may. Counted over a sliding day, so that it stays below
    /// WeChat's twenty a day wherever that day begins.
    fn force_wait_ms(&self, now: TimeMs) -> i64 {
        let after = |at: Option<&TimeMs>, span_ms| at.map_or(0, |at| (*at + span_ms - now).max(0));
        let span_ms = after(self.forced_at.last(), TOKEN_FORCED_SPAN_MS);
        let first_of_many = self.forced_at.iter().rev().nth(TOKEN_FORCED_MAX - 1);
        span_ms.max(after(first_of_many, TOKEN_FORCED_WINDOW_MS))
    }

    fn failed(&mut self, lease: &Lease, trouble: Trouble, errcode: Option<i64>, now: TimeMs) -> Reply {
        let failures = self.setback.as_ref().map_or(0, |setback| setback.failures).saturating_add(1);
        let rest_ms = trouble.rest_ms(failures);
        self.setback = Some(Setback { trouble, errcode, failures, until: now + rest_ms });
        match &self.held {
            Some(held) if now < held.expires_at && lease.failed != Some(held.version) => held.ready(),
            _ => Reply::Unavailable { trouble, errcode, retry_after_ms: rest_ms },
        }
    }

    fn rest(&self, now: TimeMs) -> Option<Reply> {
        let setback = self.setback.as_ref()?;
        let retry_after_ms = left_ms(setback.until, now, REST_MS_MAX)?;
        Some(Reply::Unavailable { trouble: setback.trouble, errcode: setback.errcode, retry_after_ms })
    }
}

impl Held {
    fn ready(&self) -> Reply {
        Reply::Ready { token: self.token.clone(), version: self.version, expires_at: self.expires_at }
    }
}

impl Trouble {
    /// The stable code under which it is logged and shown.
    pub const fn code(self) -> &'static str {
        match self {
            Self::BadAppid => "credential.bad_appid",
            Self::BadSecret => "credential.bad_secret",
            Self::SecretFrozen => "credential.secret_frozen",
            Self::AddressNotAllowed => "credential.address_not_allowed",
            Self::RateLimited => "credential.rate_limited",
            Self::Busy => "credential.busy",
            Self::Refused => "credential.refused",
            Self::NoAnswer => "credential.no_answer",
            Self::BadAnswer => "credential.bad_answer",
            Self::NotRenewed => "credential.not_renewed",
        }
    }

    const fn of(cause: FetchCause) -> Self {
        match cause {
            FetchCause::NoAnswer => Self::NoAnswer,
            FetchCause::BadAnswer => Self::BadAnswer,
            FetchCause::Errcode { errcode } => match errcode {
                40_013 => Self::BadAppid,
                40_001 | 40_125 | 41_004 => Self::BadSecret,
                40_243 => Self::SecretFrozen,
                40_164 | 61_004 | 89_503 | 89_506 | 89_507 => Self::AddressNotAllowed,
                45_009 | 45_011 => Self::RateLimited,
                -1 => Self::Busy,
                _ => Self::Refused,
            },
        }
    }

    /// How long WeChat is left alone after so many failures in a row: doubling from a second where waiting helps,
    /// from longer where a person has to do something.
    fn rest_ms(self, failures: u32) -> i64 {
        let (first_ms, most_ms) = match self {
            Self::Busy | Self::NoAnswer | Self::BadAnswer => (SECOND_MS, MINUTE_MS),
            Self::NotRenewed => (TOKEN_FORCED_SPAN_MS, REST_MS_MAX),
            _ => (MINUTE_MS, REST_MS_MAX),
        };
        (first_ms << failures.saturating_sub(1).min(10)).min(most_ms)
    }
}

/// What is left until then, if anything; a time further off than was ever set comes from a clock gone wrong.
fn left_ms(until: TimeMs, now: TimeMs, longest_ms: i64) -> Option<i64> {
    Some(until - now).filter(|left_ms| (1..=longest_ms).contains(left_ms))
}
