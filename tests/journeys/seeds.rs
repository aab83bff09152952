//! Seeds: fixed ones, a few fresh ones, and worlds with a deliberate mistake that must be found.

use crate::support::world::{Sabotage, World};
use std::collections::BTreeMap;

const STEPS: usize = 720;
const SEEDS: u64 = 200;
const FRESH: u64 = 8;

const MUST_HAPPEN: [&str; 34] = [
    "Delivered",
    "Failed Account",
    "Failed Content",
    "Failed GaveUp",
    "Failed Unreachable",
    "LeasePending",
    "NewMessages",
    "NotAssigned",
    "QuotaUsed",
    "StaleLease",
    "Uncertain Interrupted",
    "Uncertain NoAnswer",
    "Waiting QuotaUsed",
    "WindowClosed",
    "asked",
    "asked for the dialogue",
    "asked for the dialogue again",
    "carrier CustomerMessage",
    "carrier None",
    "carrier Passive",
    "carrier Ticket",
    "filled in",
    "floor died",
    "gap",
    "hello",
    "missed",
    "replay",
    "resolved",
    "shard died",
    "sign AnsweredLate",
    "sign AskedAgain",
    "sign HandedOff",
    "sign Missed",
    "sign ThumbsDown",
];

fn hold(seed: u64) -> World {
    World::run(seed, STEPS, None).unwrap_or_else(|broken| panic!("{broken}"))
}

/// `WORLD_FRESH=1000` tries so many.
fn fresh() -> u64 {
    std::env::var("WORLD_FRESH").map_or(FRESH, |count| count.parse().expect("WORLD_FRESH is a number"))
}

/// The one test that starts from chance: what it finds is printed with its seed.
fn fresh_seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish()
}

#[test]
fn the_invariants_hold_on_fixed_seeds() {
    let worlds: Vec<World> = (0..SEEDS).map(hold).collect();
    let steps: usize = worlds.iter().map(|world| world.steps).sum();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (what, times) in worlds.iter().flat_map(|world| &world.witness.seen) {
        *seen.entry(what).or_default() += times;
    }
    eprintln!("{SEEDS} seeds, {steps} steps: {seen:#?}");
    // A world in which nothing happens would hold everything.
    for what in MUST_HAPPEN {
        assert!(seen.contains_key(what), "{what} never happened: {seen:#?}");
    }
}

#[test]
fn the_invariants_hold_on_fresh_seeds() {
    match std::env::var("WORLD_SEED").map(|seed| seed.parse::<u64>()) {
        Ok(seed) => drop(hold(seed.expect("WORLD_SEED is a number"))),
        Err(_) => (0..fresh()).for_each(|_| drop(hold(fresh_seed()))),
    }
}

/// Each mistake is found within some seeds: the invariants can fail.
#[test]
fn a_mistake_in_the_shell_is_found() {
    for mistake in Sabotage::ALL {
        let found = (0..SEEDS).find_map(|seed| World::run(seed, STEPS, Some(mistake)).err());
        assert!(found.is_some(), "{mistake:?} was not found");
        eprintln!("{mistake:?}: {}", found.unwrap_or_default().lines().next().unwrap_or_default());
    }
}
