//! What WeCom's error codes mean for a message (protocol 9.6).

use crate::base::message::{NeverReason, SendVerdict};

/// What an error code means for a message. A rate that is used up (45009) is one of minutes here, not of days.
pub const fn verdict(errcode: i64) -> SendVerdict {
    match documented(errcode) {
        Some(verdict) => verdict,
        None => SendVerdict::Never { errcode, reason: NeverReason::Account },
    }
}

/// The same for a send with a `msgid` that had been sent before, with an end that nobody knows.
///
/// WeCom refuses a `msgid` that it has seen, but no document says with which code. Since nothing differs from the
/// first attempt, a code that the documents do not explain is taken for that refusal: the first attempt had arrived.
/// A documented refusal says something about now and nothing about then (a first attempt that arrived may itself have
/// used up the quota), so it leaves the end unknown; only when the content is refused was it refused then, too.
pub(super) const fn verdict_repeated(errcode: i64) -> SendVerdict {
    match documented(errcode) {
        None => SendVerdict::Delivered,
        Some(SendVerdict::Never { errcode, reason: NeverReason::Content }) => {
            SendVerdict::Never { errcode, reason: NeverReason::Content }
        }
        Some(SendVerdict::Never { .. }) => SendVerdict::Unknown,
        Some(verdict) => verdict,
    }
}

/// What the documents say, if they say anything.
const fn documented(errcode: i64) -> Option<SendVerdict> {
    let reason = match errcode {
        0 => return Some(SendVerdict::Delivered),
        40001 | 40014 | 42001 => return Some(SendVerdict::RefreshToken { errcode }),
        40007 => return Some(SendVerdict::StaleMedia { errcode }),
        -1 | 45009 | 45033 => return Some(SendVerdict::Later { errcode }),
        95001 => NeverReason::QuotaUsed,
        // The time is over, or the session: in both cases the customer must write first.
        95002 | 95013 => NeverReason::WindowClosed,
        // The state is one in which only a person may write, or has just become one.
        95016 | 95018 => NeverReason::NativeSession,
        40096 => NeverReason::Unreachable,
        40008 | 44004 | 45002 | 95008 | 95009 | 95022 => NeverReason::Content,
        40013
        | 40201
        | 41001
        | 48002
        | 60020
        | 60030
        | 81013
        | 95000
        | 95003..=95007
        | 95011
        | 95012
        | 95014
        | 95015
        | 95017
        | 95019
        | 95023
        | 95026
        | 95027 => NeverReason::Account,
        _ => return None,
    };
    Some(SendVerdict::Never { errcode, reason })
}
