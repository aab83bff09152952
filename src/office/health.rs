//! Whether a channel's API works, as far as anybody has noticed: the present state and since when.

use super::credential::Trouble;
use crate::base::message::{NeverReason, SendVerdict};
use crate::base::time::TimeMs;
use serde::{Deserialize, Serialize};

/// How a channel's API does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should.
    Ok,
    /// With trouble: by the second host, or with passing refusals.
    Degraded,
    /// No host answers.
    Down,
    /// It answers and refuses the account: somebody has to do something.
    Refused,
}

/// What was just noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// How it does.
    pub state: State,
    /// Why, for programs; none when all is well.
    pub code: Option<String>,
    /// What WeChat said, if it said anything.
    pub errcode: Option<i64>,
}

/// What was noticed last, and since when it has been so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// How it does.
    pub state: State,
    /// Since when; none when it was never otherwise.
    pub since_ms: Option<TimeMs>,
    /// Why; none when all is well.
    pub code: Option<String>,
    /// What WeChat said, if it said anything.
    pub errcode: Option<i64>,
}

impl Default for Health {
    fn default() -> Self {
        Self { state: State::Ok, since_ms: None, code: None, errcode: None }
    }
}

impl Health {
    /// What is to be stored after this report. None: nothing has changed.
    pub fn after(&self, report: Report, now: TimeMs) -> Option<Self> {
        let Report { state, code, errcode } = report;
        if (self.state, &self.code, self.errcode) == (state, &code, errcode) {
            return None;
        }
        // Another reason for the same trouble: it has lasted since the first.
        let since_ms = if self.state == state { self.since_ms } else { Some(now) };
        Some(Self { state, since_ms, code, errcode })
    }

    /// Whether it is the token that was had no more: a new one ends this, and nothing else.
    pub fn is_for_want_of_token(&self) -> bool {
        self.code.as_ref().is_some_and(|code| code.starts_with("credential."))
    }
}

impl Report {
    /// All is well.
    pub const fn ok() -> Self {
        Self { state: State::Ok, code: None, errcode: None }
    }

    /// No host gives an answer.
    pub fn down() -> Self {
        Self { state: State::Down, code: Some("api.no_answer".to_owned()), errcode: None }
    }

    /// What the end of a send tells; `silent` of `hosts` gave no answer lately.
    pub fn of(verdict: &SendVerdict, silent: usize, hosts: usize) -> Self {
        let because = |state, code: &str, errcode| Self { state, code: Some(code.to_owned()), errcode };
        match verdict {
            SendVerdict::Unknown if silent >= hosts => Self::down(),
            SendVerdict::Later { errcode } => because(State::Degraded, "api.busy", Some(*errcode)),
            SendVerdict::Never { errcode, reason: NeverReason::Account } => {
                because(State::Refused, "api.refused", Some(*errcode))
            }
            SendVerdict::Unknown => because(State::Degraded, "api.no_answer", None),
            _ if silent > 0 => because(State::Degraded, "api.second_host", None),
            _ => Self::ok(),
        }
    }

    /// What it tells that no token is to be had.
    pub fn without_token(trouble: Trouble, errcode: Option<i64>) -> Self {
        let state = match trouble {
            Trouble::NoAnswer | Trouble::BadAnswer => State::Down,
            Trouble::Busy | Trouble::RateLimited | Trouble::NotRenewed => State::Degraded,
            Trouble::BadAppid
            | Trouble::BadSecret
            | Trouble::SecretFrozen
            | Trouble::AddressNotAllowed
            | Trouble::Refused => State::Refused,
        };
        Self { state, code: Some(trouble.code().to_owned()), errcode }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_change_is_stored_and_trouble_has_lasted_since_its_first_reason() {
        let fine = Health::default();
        assert_eq!(fine.after(Report::ok(), TimeMs(1)), None);
        let down = fine.after(Report::down(), TimeMs(2)).unwrap();
        assert_eq!((down.state, down.since_ms), (State::Down, Some(TimeMs(2))));
        assert_eq!(down.after(Report::down(), TimeMs(3)), None);
        let still = down.after(Report::without_token(Trouble::NoAnswer, None), TimeMs(4)).unwrap();
        assert_eq!((still.since_ms, still.is_for_want_of_token()), (Some(TimeMs(2)), true));
        let back = still.after(Report::ok(), TimeMs(5)).unwrap();
        assert_eq!((back.state, back.since_ms, back.code), (State::Ok, Some(TimeMs(5)), None));
    }

    #[test]
    fn each_end_of_a_send_tells_how_the_api_does() {
        let refused = |errcode, reason| SendVerdict::Never { errcode, reason };
        let cases = [
            (SendVerdict::Delivered, 0, 2, State::Ok, None),
            (SendVerdict::Delivered, 1, 2, State::Degraded, Some("api.second_host")),
            (refused(45015, NeverReason::WindowClosed), 0, 1, State::Ok, None),
            (refused(48001, NeverReason::Account), 0, 1, State::Refused, Some("api.refused")),
            (SendVerdict::Later { errcode: -1 }, 0, 1, State::Degraded, Some("api.busy")),
            (SendVerdict::Unknown, 1, 2, State::Degraded, Some("api.no_answer")),
            (SendVerdict::Unknown, 2, 2, State::Down, Some("api.no_answer")),
        ];
        for (verdict, silent, hosts, state, code) in cases {
            let report = Report::of(&verdict, silent, hosts);
            assert_eq!((report.state, report.code.as_deref()), (state, code), "{verdict:?}");
        }
    }
}
