//! A week of ordinary life: nothing is refused for window or quota, nothing is lost, nothing is doubled.

use crate::support::world::World;

const CUSTOMERS: usize = 200;

#[test]
fn a_week_of_200_customers_is_never_refused_for_window_or_quota() {
    let world = World::week(7, CUSTOMERS).unwrap_or_else(|broken| panic!("{broken}"));
    let seen = &world.witness.seen;
    let times = |what: &str| seen.get(what).copied().unwrap_or_default();
    eprintln!("{} pushes, {} steps: {seen:#?}", world.wechat.sent.len(), world.steps);
    // After every step the invariants said: nothing lost, nothing twice. What is left is what WeChat said.
    assert_eq!((times("refused 45015"), times("refused 45047")), (0, 0));
    assert!(world.wechat.sent.len() > 10 * CUSTOMERS, "a week in which little happens proves little");
    for what in ["Delivered", "QuotaUsed", "asked", "resolved", "carrier CustomerMessage"] {
        assert!(times(what) > 0, "{what} never happened: {seen:#?}");
    }
}
