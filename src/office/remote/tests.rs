//! Reservations, what they settle as, and the breaker.

use super::*;

const NOW: TimeMs = TimeMs(1_700_000_000_000);
const MOST: Usage = Usage { input: 800, output: 200 };

fn limits() -> Limits {
    Limits {
        tokens_per_day: 10_000,
        micros_per_day: None,
        calls_at_once: 2,
        pause_ms: 1_000,
        prices: Prices { chat_input: 1_000_000, chat_output: 2_000_000, embeddings: 20_000 },
    }
}

/// The ledger of one day, asked at moments after [`NOW`].
#[derive(Default)]
struct Books {
    gate: Gate,
    spent: Day,
}

impl Books {
    fn reserve_with(&mut self, limits: Limits, after_ms: i64) -> Result<u64, Why> {
        let call = Call::Reserve { part: Part::Chat, most: MOST, wait_ms: 10_000, limits };
        match handle(&mut self.gate, &mut self.spent, call, NOW + after_ms) {
            Reply::Reserved { id } => Ok(id),
            Reply::Refused { why } => Err(why),
            other => panic!("{other:?}"),
        }
    }

    fn reserve(&mut self, after_ms: i64) -> Result<u64, Why> {
        self.reserve_with(limits(), after_ms)
    }

    fn settle(&mut self, id: u64, used: Option<Usage>, is_failure: bool, after_ms: i64) -> u64 {
        let code = if is_failure { "remote.status" } else { "remote.answered" }.to_owned();
        let call = Call::Settle { id, used, code, is_failure, limits: limits() };
        match handle(&mut self.gate, &mut self.spent, call, NOW + after_ms) {
            Reply::Settled { tokens } => tokens,
            other => panic!("{other:?}"),
        }
    }

    fn fail(&mut self, times: u32, after_ms: i64) {
        for _ in 0..times {
            let id = self.reserve(after_ms).unwrap();
            self.settle(id, None, true, after_ms);
        }
    }

    fn chat(&mut self, after_ms: i64) -> PartStatus {
        match handle(&mut self.gate, &mut self.spent, Call::Status, NOW + after_ms) {
            Reply::Status(status) => status.chat,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_call_counts_as_reserved_until_it_is_settled_as_used() {
    let mut books = Books::default();
    let id = books.reserve(0).unwrap();
    assert_eq!((books.spent.tokens, books.spent.micros, books.spent.calls), (1_000, 1_200, 1));
    assert_eq!(books.settle(id, Some(Usage { input: 300, output: 10 }), false, 5), 310);
    assert_eq!((books.spent.tokens, books.spent.micros), (310, 320));
    assert_eq!(books.settle(id, Some(Usage { input: 1, output: 0 }), false, 6), 0, "only once");
    assert_eq!(books.spent.tokens, 310);
}

#[test]
fn usage_that_is_not_told_or_not_to_be_believed_is_what_was_reserved() {
    let most = Some(Usage { input: 10_000, output: 1 });
    for used in [None, Some(Usage::default()), Some(Usage { input: 0, output: 5 }), most, huge()] {
        let mut books = Books::default();
        let id = books.reserve(0).unwrap();
        assert_eq!(books.settle(id, used, false, 1), 1_000, "{used:?}");
        assert_eq!((books.spent.tokens, books.spent.micros), (1_000, 1_200));
    }
    let mut books = Books::default();
    let id = books.reserve(0).unwrap();
    assert_eq!(
        books.settle(id, Some(Usage { input: 5_000, output: 0 }), false, 1),
        5_000,
        "more is believed"
    );
}

fn huge() -> Option<Usage> {
    Some(Usage { input: u64::MAX, output: u64::MAX })
}

#[test]
fn the_day_ends_before_its_tokens_or_its_money_are_overdrawn() {
    let mut books = Books::default();
    for _ in 0..10 {
        let id = books.reserve(0).unwrap();
        books.settle(id, None, false, 0);
    }
    assert_eq!(books.reserve(1), Err(Why::Tokens));
    assert_eq!(books.spent.codes["remote.budget_tokens"], 1);
    let poor = Limits { micros_per_day: Some(2_399), ..limits() };
    let mut books = Books::default();
    let id = books.reserve_with(poor.clone(), 0).unwrap();
    assert_eq!(books.reserve_with(poor.clone(), 0), Err(Why::Money));
    books.settle(id, Some(Usage { input: 10, output: 0 }), false, 1);
    assert!(books.reserve_with(poor, 2).is_ok(), "what was not used is there again");
}

#[test]
fn no_more_calls_are_under_way_than_may_be_and_the_dead_are_forgotten() {
    let mut books = Books::default();
    books.reserve(0).unwrap();
    books.reserve(0).unwrap();
    assert_eq!(books.reserve(1), Err(Why::Busy));
    assert!(books.reserve(10_000 + REMOTE_SETTLE_GRACE_MS).is_ok());
    assert_eq!(books.spent.tokens, 3_000, "they have cost what was reserved");
}

#[test]
fn failures_in_a_row_open_the_breaker_for_longer_and_longer() {
    let mut books = Books::default();
    books.fail(REMOTE_FAILURES_MAX - 1, 0);
    let id = books.reserve(0).unwrap();
    books.settle(id, None, false, 0);
    assert_eq!(books.chat(0), PartStatus { state: State::Closed, failures: 0, until_ms: None });
    books.spent = Day::default();
    books.fail(REMOTE_FAILURES_MAX, 0);
    assert_eq!(books.reserve(999), Err(Why::Open));
    let open = PartStatus { state: State::Open, failures: 5, until_ms: Some(NOW + 1_000) };
    assert_eq!(books.chat(999), open);
    let trial = books.reserve(1_000).unwrap();
    assert_eq!(books.reserve(1_001), Err(Why::Open), "one at a time");
    books.settle(trial, None, true, 1_100);
    assert_eq!(books.chat(1_100).until_ms, Some(NOW + 3_100), "twice as long");
    let trial = books.reserve(3_100).unwrap();
    books.settle(trial, None, false, 3_200);
    assert_eq!(books.chat(3_200).state, State::Closed);
}

#[test]
fn a_call_from_before_the_breaker_opened_neither_closes_nor_prolongs_it() {
    let mut books = Books::default();
    let early = books.reserve(0).unwrap();
    books.fail(REMOTE_FAILURES_MAX, 0);
    books.settle(early, None, false, 10);
    assert_eq!(books.chat(10).state, State::Open);
    assert_eq!(books.chat(10).until_ms, Some(NOW + 1_000));
}

#[test]
fn a_trial_that_nobody_settles_makes_room_for_the_next() {
    let mut books = Books::default();
    books.fail(REMOTE_FAILURES_MAX, 0);
    books.reserve(1_000).unwrap();
    assert_eq!(books.reserve(2_000), Err(Why::Open));
    assert!(books.reserve(11_000 + REMOTE_SETTLE_GRACE_MS).is_ok());
}

#[test]
fn the_pause_has_an_end_and_a_clock_gone_wrong_does_not_prolong_it() {
    let mut breaker = Breaker::default();
    for _ in 0..60 {
        breaker.begin(1);
        breaker.end(1, true, 1_000, NOW);
    }
    assert_eq!(breaker.until, Some(NOW + REMOTE_PAUSE_MS_MAX));
    assert_eq!(breaker.state(NOW + -1), State::HalfOpen);
}

#[test]
fn the_embeddings_endpoint_has_a_breaker_of_its_own() {
    let mut books = Books::default();
    books.fail(REMOTE_FAILURES_MAX, 0);
    let call = Call::Reserve { part: Part::Embeddings, most: MOST, wait_ms: 1, limits: limits() };
    assert!(matches!(handle(&mut books.gate, &mut books.spent, call, NOW), Reply::Reserved { .. }));
}

#[test]
fn what_was_reserved_yesterday_is_not_taken_off_today() {
    let mut books = Books::default();
    let id = books.reserve(0).unwrap();
    books.spent = Day::default();
    let used = Some(Usage { input: 10, output: 0 });
    assert_eq!(books.settle(id, used, false, DAY_MS), 10);
    assert_eq!(books.spent.tokens, 0);
}

#[test]
fn codes_and_ends_are_bounded() {
    let mut books = Books::default();
    for number in 0..200 {
        let id = books.reserve_with(Limits { tokens_per_day: u64::MAX, ..limits() }, 0).unwrap();
        let code = format!("remote.{number}");
        let call = Call::Settle { id, used: None, code, is_failure: false, limits: limits() };
        handle(&mut books.gate, &mut books.spent, call, NOW);
    }
    assert_eq!(books.spent.codes.len(), REMOTE_CODES_MAX + 1);
    assert_eq!(books.gate.last.len(), REMOTE_LAST_MAX);
}
