//! Several callers, a credential and a WeChat that revokes, refuses and answers late, in random order.

use crate::support::sqlite::Sqlite;
use proptest::prelude::{Just, ProptestConfig, Strategy, prop_oneof, proptest};
use shunda::base::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, TimeMs};
use shunda::base::turn::Turn;
use shunda::office::credential::{Call, FetchCause, Reply};
use shunda::store::{credential, migrate};

#[derive(Clone, Debug)]
enum Step {
    /// A caller asks, reporting its token when WeChat refuses it.
    Ask(usize),
    /// The fetch that has been under way so long gets WeChat's answer.
    Answer(usize),
    /// It fails.
    Fail(usize, FetchCause),
    /// The object dies: all fetches under way are lost.
    Crash,
    /// Time passes.
    Pass(i64),
    /// WeChat refuses the present token, though the normal mode still gives it.
    Revoke,
}

const CALLERS: usize = 3;

fn step() -> impl Strategy<Value = Step> {
    let cause = prop_oneof![
        Just(FetchCause::NoAnswer),
        Just(FetchCause::BadAnswer),
        Just(FetchCause::Errcode { errcode: 40_164 }),
        Just(FetchCause::Errcode { errcode: -1 }),
    ];
    let span_ms = prop_oneof![1..SECOND_MS, SECOND_MS..MINUTE_MS, MINUTE_MS..3 * HOUR_MS];
    prop_oneof![
        6 => (0..CALLERS).prop_map(Step::Ask),
        5 => (0..4_usize).prop_map(Step::Answer),
        1 => (0..4_usize, cause).prop_map(|(at, cause)| Step::Fail(at, cause)),
        1 => Just(Step::Crash),
        3 => span_ms.prop_map(Step::Pass),
        2 => Just(Step::Revoke),
    ]
}

/// WeChat's side: tokens are numbers, the newest is the present one.
struct WeChat {
    number: u64,
    expires_at: TimeMs,
    revoked: bool,
    forced_at: Vec<TimeMs>,
}

impl WeChat {
    fn accepts(&self, token: &str, now: TimeMs) -> bool {
        !self.revoked && now < self.expires_at && token == self.number.to_string()
    }

    fn stable_token(&mut self, force: bool, now: TimeMs) -> (String, i64) {
        if force {
            self.forced_at.push(now);
        }
        if force || self.expires_at - now < 5 * MINUTE_MS {
            self.number += 1;
            self.revoked = false;
            self.expires_at = now + 2 * HOUR_MS;
        }
        (self.number.to_string(), (self.expires_at - now) / SECOND_MS)
    }
}

struct Fetch {
    lease: u64,
    answer: (String, i64),
    begun_at: TimeMs,
}

struct World {
    db: Sqlite,
    now: TimeMs,
    wechat: WeChat,
    callers: [Option<(u64, String)>; CALLERS],
    fetches: Vec<Fetch>,
    /// The last lease that nobody has settled, and since when.
    leased: Option<(u64, TimeMs)>,
    resting_until: TimeMs,
}

impl World {
    fn new() -> Self {
        let db = Sqlite::new();
        migrate(&db, credential::MIGRATIONS).unwrap();
        let now = TimeMs(1_800_000_000_000);
        let wechat = WeChat { number: 0, expires_at: now, revoked: false, forced_at: Vec::new() };
        let callers = [const { None }; CALLERS];
        Self { db, now, wechat, callers, fetches: Vec::new(), leased: None, resting_until: now }
    }

    fn call(&mut self, call: Call) -> Reply {
        let reply = credential::turn(&self.db, call, &Turn { now: self.now, entropy: [0; 32] }).unwrap();
        match reply {
            Reply::Refresh { force, lease } => self.begin(force, lease),
            Reply::Unavailable { retry_after_ms, .. } => self.resting_until = self.now + retry_after_ms,
            Reply::Wait { retry_after_ms } => assert!((1..=250).contains(&retry_after_ms)),
            _ => {}
        }
        reply
    }

    fn begin(&mut self, force: bool, lease: u64) {
        if let Some((other, since)) = self.leased {
            assert!(self.now - since >= 15 * SECOND_MS, "lease {lease} beside {other}");
        }
        assert!(self.now >= self.resting_until, "WeChat was to be left alone");
        self.leased = Some((lease, self.now));
        let answer = self.wechat.stable_token(force, self.now);
        self.fetches.push(Fetch { lease, answer, begun_at: self.now });
    }

    fn ask(&mut self, caller: usize) -> Reply {
        let refused = self.callers[caller].clone().filter(|(_, token)| !self.wechat.accepts(token, self.now));
        let failed_version = refused.map(|(version, _)| version);
        let reply = self.call(Call::Token { failed_version });
        match &reply {
            Reply::Ready { token, version, expires_at } => {
                assert_ne!(Some(*version), failed_version, "a refused token is not given to who reports it");
                assert!(self.now < *expires_at);
                self.callers[caller] = Some((*version, token.expose().to_owned()));
            }
            Reply::Refresh { force, .. } => assert!(!force, "the normal way first"),
            _ => {}
        }
        reply
    }

    fn settle(&mut self, at: usize, cause: Option<FetchCause>) {
        if at >= self.fetches.len() {
            return;
        }
        let Fetch { lease, answer: (token, expires_in_s), begun_at } = self.fetches.remove(at);
        // The answer of one who took longer than a fetch may take does not arrive.
        let cause = cause.or((self.now - begun_at > 10 * SECOND_MS).then_some(FetchCause::NoAnswer));
        self.leased = self.leased.filter(|(leased, _)| *leased != lease);
        self.call(match cause {
            None => Call::Fetched { lease, token: token.as_str().into(), expires_in_s },
            Some(cause) => Call::FetchFailed { lease, cause },
        });
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Ask(caller) => drop(self.ask(caller)),
            Step::Answer(at) => self.settle(at, None),
            Step::Fail(at, cause) => self.settle(at, Some(cause)),
            Step::Crash => self.fetches.clear(),
            Step::Pass(span_ms) => self.now = self.now + span_ms,
            Step::Revoke => self.wechat.revoked = true,
        }
        let forced_at = &self.wechat.forced_at;
        assert!(forced_at.windows(2).all(|pair| pair[1] - pair[0] >= 30 * SECOND_MS), "{forced_at:?}");
        assert!(forced_at.windows(16).all(|many| many[15] - many[0] >= DAY_MS), "{forced_at:?}");
    }

    /// With a WeChat in order, whoever keeps asking as told gets a token that works.
    fn recover(&mut self) {
        self.fetches.clear();
        for _ in 0..1_000 {
            match self.ask(0) {
                Reply::Ready { token, .. } if self.wechat.accepts(token.expose(), self.now) => return,
                Reply::Wait { retry_after_ms } | Reply::Unavailable { retry_after_ms, .. } => {
                    self.now = self.now + retry_after_ms;
                }
                _ => {}
            }
            while !self.fetches.is_empty() {
                self.settle(0, None);
            }
        }
        panic!("no token that works after a thousand calls");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn the_token_is_fetched_once_forced_rarely_and_had_in_the_end(
        steps in proptest::collection::vec(step(), 1..300)
    ) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
        world.recover();
    }
}
