//! The credential on a real SQLite: every rule of fetching, forcing and resting, and what is stored.

use crate::support::sqlite::Sqlite;
use shunda::base::limits::MEDIA_ID_USED_MS;
use shunda::base::secret::Secret;
use shunda::base::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, TimeMs};
use shunda::base::turn::Turn;
use shunda::office::callbacks::{Callbacks, Verdict};
use shunda::office::credential::{Call, FetchCause, Reply, Trouble};
use shunda::office::health::{Report, State};
use shunda::office::refusals::Refusal;
use shunda::store::{Database, Statement, credential, migrate};

const START: TimeMs = TimeMs(1_800_000_000_000);

/// A credential whose clock stands still until it is moved. Nothing lives outside of the database: each call is
/// what a crashed and restarted object would do.
struct Account {
    db: Sqlite,
    now: TimeMs,
}

impl Account {
    fn new() -> Self {
        let db = Sqlite::new();
        migrate(&db, credential::MIGRATIONS).unwrap();
        Self { db, now: START }
    }

    /// Holding `token-1` for the usual two hours.
    fn holding() -> Self {
        let account = Self::new();
        assert_eq!(account.token(None), refresh(false, 1));
        assert_eq!(account.fetched(1, "token-1", 7_200), ready("token-1", 1, START + 7_170 * SECOND_MS));
        account
    }

    fn call(&self, call: Call) -> Reply {
        credential::turn(&self.db, call, &Turn { now: self.now, entropy: [0; 32] }).unwrap()
    }

    fn token(&self, failed_version: Option<u64>) -> Reply {
        self.call(Call::Token { failed_version })
    }

    fn fetched(&self, lease: u64, token: &str, expires_in_s: i64) -> Reply {
        self.call(Call::Fetched { lease, token: token.into(), expires_in_s })
    }

    fn fetch_failed(&self, lease: u64, errcode: i64) -> Reply {
        self.call(Call::FetchFailed { lease, cause: FetchCause::Errcode { errcode } })
    }

    fn wait(&mut self, span_ms: i64) {
        self.now = self.now + span_ms;
    }

    fn stored(&self) -> String {
        let rows = self.db.run(&Statement::new("SELECT state FROM credential", [])).unwrap();
        rows.first().map_or_else(String::new, |row| row.text(0).unwrap().to_owned())
    }
}

fn ready(token: &str, version: u64, expires_at: TimeMs) -> Reply {
    Reply::Ready { token: token.into(), version, expires_at }
}

fn refresh(force: bool, lease: u64) -> Reply {
    Reply::Refresh { force, lease }
}

fn unavailable(trouble: Trouble, errcode: Option<i64>, retry_after_ms: i64) -> Reply {
    Reply::Unavailable { trouble, errcode, retry_after_ms }
}

const WAIT: Reply = Reply::Wait { retry_after_ms: 250 };

#[test]
fn of_two_callers_one_fetches_and_both_get_the_token() {
    let account = Account::new();
    assert_eq!(account.token(None), refresh(false, 1));
    assert_eq!(account.token(None), WAIT);
    let token = ready("token-1", 1, START + 7_170 * SECOND_MS);
    assert_eq!(account.fetched(1, "token-1", 7_200), token);
    assert_eq!(account.token(None), token);
}

#[test]
fn handing_a_token_out_writes_nothing() {
    let account = Account::holding();
    let written = account.db.0.total_changes();
    for _ in 0..3 {
        account.token(None);
        account.token(Some(7));
    }
    assert_eq!(account.db.0.total_changes(), written);
}

#[test]
fn a_crash_between_lease_and_answer_costs_the_lease_only() {
    let mut account = Account::new();
    assert_eq!(account.token(None), refresh(false, 1));
    assert!(
        account.stored().contains(r#""refreshing":{"lease":1,"until":1800000015000"#),
        "before the fetch"
    );
    account.wait(14_900);
    assert_eq!(account.token(None), Reply::Wait { retry_after_ms: 100 });
    account.wait(100);
    assert_eq!(account.token(None), refresh(false, 2));
    let token = account.fetched(2, "token-2", 7_200);
    assert_eq!(account.fetched(1, "token-1", 7_200), token, "what the first one brings at last is dropped");
    assert_eq!(account.token(None), token);
}

#[test]
fn a_late_answer_counts_while_nobody_else_asked() {
    let mut account = Account::new();
    account.token(None);
    account.wait(20_000);
    assert_eq!(account.fetched(1, "token-1", 7_200), ready("token-1", 1, account.now + 7_170 * SECOND_MS));
}

#[test]
fn near_its_end_one_caller_looks_for_the_next_and_the_others_keep_the_old() {
    let mut account = Account::holding();
    let old = account.token(None);
    account.wait(2 * HOUR_MS - 10 * MINUTE_MS - 30 * SECOND_MS - 1);
    assert_eq!(account.token(None), old);
    account.wait(1);
    assert_eq!(account.token(None), refresh(false, 2));
    assert_eq!(account.token(None), old);
    // WeChat has no new one before its last five minutes: the same one again, and a minute of peace.
    assert_eq!(account.fetched(2, "token-1", 630), ready("token-1", 1, account.now + 600 * SECOND_MS));
    account.wait(MINUTE_MS - 1);
    assert!(matches!(account.token(None), Reply::Ready { version: 1, .. }));
    account.wait(1);
    assert_eq!(account.token(None), refresh(false, 3));
    assert!(matches!(account.fetched(3, "token-2", 7_200), Reply::Ready { version: 2, .. }));
}

#[test]
fn when_the_next_cannot_be_had_the_old_is_used_to_its_end() {
    let mut account = Account::holding();
    account.wait(2 * HOUR_MS - 5 * MINUTE_MS);
    assert_eq!(account.token(None), refresh(false, 2));
    assert!(matches!(account.fetch_failed(2, -1), Reply::Ready { version: 1, .. }));
    assert!(matches!(account.token(None), Reply::Ready { version: 1, .. }), "resting");
    account.wait(SECOND_MS);
    assert_eq!(account.token(None), refresh(false, 3));
    account.fetch_failed(3, 45_009);
    account.wait(4 * MINUTE_MS + 29 * SECOND_MS);
    assert_eq!(account.token(None), refresh(false, 4), "it has expired");
    assert_eq!(account.token(None), WAIT);
}

#[test]
fn a_newer_version_is_simply_handed_out() {
    let account = Account::holding();
    assert_eq!(account.token(Some(1)), refresh(false, 2));
    let newer = account.fetched(2, "token-2", 7_200);
    assert!(matches!(newer, Reply::Ready { version: 2, .. }));
    assert_eq!(account.token(Some(1)), newer, "to the one who comes late with the old one");
    assert_eq!(account.token(Some(9)), newer, "and to one who remembers a state that is gone");
}

#[test]
fn while_a_refused_token_is_looked_into_nobody_gets_it() {
    let account = Account::holding();
    assert_eq!(account.token(Some(1)), refresh(false, 2));
    assert_eq!(account.token(Some(1)), WAIT);
    assert_eq!(account.token(None), WAIT);
}

#[test]
fn a_token_is_forced_only_when_wechat_gives_the_refused_one_again() {
    let account = Account::holding();
    assert_eq!(account.token(Some(1)), refresh(false, 2), "the normal way first");
    assert_eq!(account.fetched(2, "token-1", 7_200), refresh(true, 3));
    assert_eq!(account.token(None), WAIT);
    assert!(matches!(account.fetched(3, "token-2", 7_200), Reply::Ready { version: 2, .. }));
}

#[test]
fn forcing_again_within_thirty_seconds_is_refused() {
    let mut account = Account::holding();
    account.token(Some(1));
    assert_eq!(account.fetched(2, "token-1", 7_200), refresh(true, 3));
    account.fetched(3, "token-2", 7_200);
    account.wait(29_999);
    assert_eq!(account.token(Some(2)), refresh(false, 4));
    let rest = unavailable(Trouble::NotRenewed, None, 30_000);
    assert_eq!(account.fetched(4, "token-2", 7_200), rest);
    assert_eq!(account.token(Some(2)), rest);
    assert!(
        matches!(account.token(None), Reply::Ready { version: 2, .. }),
        "one refusal shuts nobody else out"
    );
    account.wait(30_000);
    assert_eq!(account.token(Some(2)), refresh(false, 5));
    assert_eq!(account.fetched(5, "token-2", 7_200), refresh(true, 6));
}

#[test]
fn a_forced_token_that_is_the_same_again_ends_the_attempt() {
    let account = Account::holding();
    account.token(Some(1));
    account.fetched(2, "token-1", 7_200);
    assert_eq!(account.fetched(3, "token-1", 7_200), unavailable(Trouble::NotRenewed, None, 30_000));
}

#[test]
fn fifteen_are_forced_in_any_day_crashes_included() {
    let mut account = Account::holding();
    let mut lease = 1;
    for n in 1..=15 {
        assert_eq!(account.token(Some(1)), refresh(false, lease + 1));
        assert_eq!(account.fetched(lease + 1, "token-1", 7_200), refresh(true, lease + 2), "{n}");
        lease += 2;
        // The object dies here each time: the answer to the forced fetch never comes.
        account.wait(MINUTE_MS);
    }
    account.token(Some(1));
    assert!(matches!(
        account.fetched(lease + 1, "token-1", 7_200),
        Reply::Unavailable { trouble: Trouble::NotRenewed, .. }
    ));
    account.now = START + (DAY_MS - 1);
    account.token(Some(1));
    assert!(matches!(account.fetched(lease + 2, "token-1", 7_200), Reply::Unavailable { .. }));
    account.wait(2 * MINUTE_MS);
    assert_eq!(account.token(Some(1)), refresh(false, lease + 3));
    assert_eq!(
        account.fetched(lease + 3, "token-1", 7_200),
        refresh(true, lease + 4),
        "the first is a day old"
    );
}

#[test]
fn what_wechat_says_has_a_name_and_a_rest_that_grows() {
    for (errcode, trouble, code, rests_s) in [
        (40_013, Trouble::BadAppid, "credential.bad_appid", [60, 120, 240]),
        (40_001, Trouble::BadSecret, "credential.bad_secret", [60, 120, 240]),
        (40_125, Trouble::BadSecret, "credential.bad_secret", [60, 120, 240]),
        (40_243, Trouble::SecretFrozen, "credential.secret_frozen", [60, 120, 240]),
        (40_164, Trouble::AddressNotAllowed, "credential.address_not_allowed", [60, 120, 240]),
        (89_503, Trouble::AddressNotAllowed, "credential.address_not_allowed", [60, 120, 240]),
        (45_009, Trouble::RateLimited, "credential.rate_limited", [60, 120, 240]),
        (48_004, Trouble::Refused, "credential.refused", [60, 120, 240]),
        (-1, Trouble::Busy, "credential.busy", [1, 2, 4]),
    ] {
        assert_eq!(trouble.code(), code);
        let mut account = Account::new();
        for (lease, rest_s) in (1..).zip(rests_s) {
            let rest_ms = rest_s * SECOND_MS;
            assert_eq!(account.token(None), refresh(false, lease));
            assert_eq!(account.fetch_failed(lease, errcode), unavailable(trouble, Some(errcode), rest_ms));
            account.wait(rest_ms - 1);
            assert_eq!(account.token(None), unavailable(trouble, Some(errcode), 1));
            account.wait(1);
        }
        assert_eq!(account.token(None), refresh(false, 4));
        account.fetched(4, "token", 7_200);
        account.wait(3 * HOUR_MS);
        account.token(None);
        let first_rest = unavailable(trouble, Some(errcode), rests_s[0] * SECOND_MS);
        assert_eq!(account.fetch_failed(5, errcode), first_rest, "a success begins anew");
    }
}

#[test]
fn rests_have_an_end() {
    for (cause, most_ms) in [
        (FetchCause::NoAnswer, MINUTE_MS),
        (FetchCause::BadAnswer, MINUTE_MS),
        (FetchCause::Errcode { errcode: 40_013 }, 15 * MINUTE_MS),
    ] {
        let mut account = Account::new();
        let mut rest_ms = 0;
        for lease in 1..=40 {
            account.token(None);
            match account.call(Call::FetchFailed { lease, cause }) {
                Reply::Unavailable { retry_after_ms, .. } => rest_ms = retry_after_ms,
                other => panic!("{other:?}"),
            }
            account.wait(rest_ms);
        }
        assert_eq!(rest_ms, most_ms);
    }
}

#[test]
fn an_answer_that_makes_no_sense_is_no_token() {
    let long = "x".repeat(2_049);
    for (token, expires_in_s) in
        [("", 7_200), ("t", 0), ("t", -5), ("t", 59), ("t", i64::MAX), (&long, 7_200)]
    {
        let account = Account::new();
        account.token(None);
        let rest = unavailable(Trouble::BadAnswer, None, SECOND_MS);
        assert_eq!(account.fetched(1, token, expires_in_s), rest, "{expires_in_s}");
    }
}

#[test]
fn a_clock_that_jumps_back_locks_nobody_out() {
    let mut account = Account::new();
    account.token(None);
    account.wait(-DAY_MS);
    assert_eq!(account.token(None), refresh(false, 2), "the lease was never to last a day");
    account.fetch_failed(2, 40_013);
    account.wait(-DAY_MS);
    assert_eq!(account.token(None), refresh(false, 3), "nor was the rest");
}

#[test]
fn the_token_never_prints() {
    let account = Account::holding();
    assert!(!format!("{:?}", account.token(None)).contains("token-1"));
    let call = Call::Fetched { lease: 1, token: Secret::new("token-1"), expires_in_s: 1 };
    assert!(!format!("{call:?}").contains("token-1"));
}

/// What lies in deployments must stay readable: a change here needs a migration.
#[test]
fn the_stored_state_is_this() {
    let mut account = Account::holding();
    account.token(Some(1));
    account.fetched(2, "token-1", 7_200);
    account.fetch_failed(3, 40_164);
    account.wait(MINUTE_MS);
    account.token(Some(1));
    let state = r#"{"held":{"token":"token-1","version":1,"expires_at":1800007170000,"refresh_at":1800006570000},"leases":4,"refreshing":{"lease":4,"until":1800000075000,"force":false,"failed":1},"forced_at":[1800000000000],"setback":{"trouble":"address_not_allowed","errcode":40164,"failures":1,"until":1800000060000}}"#;
    assert_eq!(account.stored(), state);
}

#[test]
fn calls_and_replies_travel_as_json() {
    for (call, text) in [
        (Call::Token { failed_version: Some(3) }, r#"{"call":"token","failed_version":3}"#),
        (
            Call::Fetched { lease: 1, token: "t".into(), expires_in_s: 7_200 },
            r#"{"call":"fetched","lease":1,"token":"t","expires_in_s":7200}"#,
        ),
        (
            Call::FetchFailed { lease: 1, cause: FetchCause::Errcode { errcode: -1 } },
            r#"{"call":"fetch_failed","lease":1,"cause":{"cause":"errcode","errcode":-1}}"#,
        ),
        (
            Call::CountRefusals { counts: vec![("wechat.signature".to_owned(), 2)] },
            r#"{"call":"count_refusals","counts":[["wechat.signature",2]]}"#,
        ),
    ] {
        assert_eq!(serde_json::to_string(&call).unwrap(), text);
        assert_eq!(serde_json::from_str::<Call>(text).unwrap(), call);
    }
    let reply = ready("t", 1, TimeMs(5));
    let text = r#"{"reply":"ready","token":"t","version":1,"expires_at":5}"#;
    assert_eq!(serde_json::to_string(&reply).unwrap(), text);
    assert_eq!(serde_json::from_str::<Reply>(text).unwrap(), reply);
}

#[test]
fn a_file_is_known_until_it_is_old_or_refused() {
    let mut account = Account::new();
    let known =
        |account: &Account, refused_at| match account.call(Call::MediaId { key: "a/1".into(), refused_at }) {
            Reply::MediaId { media_id } => media_id,
            other => panic!("{other:?}"),
        };
    let keep = |account: &Account, media_id: &str| {
        let call = Call::KeepMediaId { key: "a/1".into(), media_id: media_id.to_owned() };
        assert_eq!(account.call(call), Reply::MediaIdKept);
    };
    assert_eq!(known(&account, None), None);
    keep(&account, "m1");
    account.wait(1_000);
    assert_eq!(known(&account, None).as_deref(), Some("m1"));
    let refused_at = Some(START + 1_000);
    assert_eq!(known(&account, refused_at), None, "what was refused since is not used again");
    account.wait(1_000);
    keep(&account, "m2");
    assert_eq!(known(&account, refused_at).as_deref(), Some("m2"));
    account.wait(MEDIA_ID_USED_MS - 1);
    assert_eq!(known(&account, None).as_deref(), Some("m2"));
    account.wait(1);
    assert_eq!(known(&account, None), None);
    let call = Call::KeepMediaId { key: "a/2".into(), media_id: "m3".to_owned() };
    account.call(call);
    let rows = account.db.run(&Statement::new("SELECT key FROM media", [])).unwrap();
    assert_eq!(rows.len(), 1, "old ones go");
}

#[test]
fn refusals_are_counted_by_code() {
    let mut account = Account::new();
    let count = |account: &Account, counts: &[(&str, u64)]| {
        let counts = counts.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect();
        assert_eq!(account.call(Call::CountRefusals { counts }), Reply::RefusalsCounted);
    };
    count(&account, &[("wechat.signature", 2), ("wechat.stale", 1)]);
    account.wait(5);
    count(&account, &[("wechat.signature", 3), ("<script>", 1)]);
    let refusal = |code: &str, count, last_at| Refusal { code: code.to_owned(), count, last_at };
    assert_eq!(
        account.call(Call::Refusals),
        Reply::Refusals {
            refusals: vec![
                refusal("other", 1, START + 5),
                refusal("wechat.signature", 5, START + 5),
                refusal("wechat.stale", 1, START),
            ]
        }
    );
    let text = serde_json::to_string(&refusal("a", 1, TimeMs(2))).unwrap();
    assert_eq!(text, r#"{"code":"a","count":1,"last_at_ms":2}"#);
}

#[test]
fn trouble_with_the_token_is_known_until_there_is_one_again() {
    let mut account = Account::new();
    let health = |account: &Account, report: Option<Report>| match account.call(Call::Health { report }) {
        Reply::Health(health) => (health.state, health.since_ms, health.errcode),
        other => panic!("{other:?}"),
    };
    assert_eq!(health(&account, Some(Report::ok())), (State::Ok, None, None));
    assert_eq!(account.token(None), refresh(false, 1));
    assert!(matches!(account.fetch_failed(1, 40_125), Reply::Unavailable { .. }));
    assert_eq!(health(&account, None), (State::Refused, Some(START), Some(40_125)));
    account.wait(HOUR_MS);
    assert_eq!(account.token(None), refresh(false, 2));
    account.fetched(2, "token-1", 7_200);
    assert_eq!(health(&account, None), (State::Ok, Some(account.now), None));
    // A token says nothing about sends that go unanswered.
    assert_eq!(health(&account, Some(Report::down())).0, State::Down);
    assert!(matches!(account.token(None), Reply::Ready { .. }));
    assert_eq!(health(&account, None).0, State::Down);
}

#[test]
fn the_last_callbacks_are_kept() {
    let account = Account::new();
    let verdicts = |at_ms| vec![Verdict { at_ms, code: "ok".to_owned(), skew_s: None }];
    account.call(Call::Callbacks { verdicts: verdicts(START) });
    let reply = account.call(Call::Callbacks { verdicts: Vec::new() });
    assert_eq!(reply, Reply::Callbacks(Callbacks { accepted_at_ms: Some(START), last: verdicts(START) }));
}
