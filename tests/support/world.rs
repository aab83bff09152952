//! A seeded world: customers and their channel, the objects over real SQLite, the agents and their sockets, one
//! clock. Everything that happens is an event on one queue in order of time; what lies between two awaits of the
//! real shell lies within one event here. `edge` performs what the core decided against the platform; this is its
//! twin against a platform that loses, doubles, delays, kills and lies.

mod console;
mod dialogue;
mod faults;
mod floor;
mod insight;
mod invariants;
mod proposals;
mod rng;
mod shard;
mod wechat;

pub use faults::{Faults, Sabotage};
pub use rng::Rng;

use console::AgentTwin;
use floor::FloorTwin;
use insight::InsightTwin;
use invariants::Witness;
use shard::Shard;
use shunda::base::channel::{ChannelKind, Rules, Tier};
use shunda::base::id::ConversationId;
use shunda::base::time::TimeMs;
use shunda::base::turn::Turn;
use shunda::desk::terms::Terms;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use wechat::WeChat;

const START_MS: i64 = 1_700_000_000_000;
const TRACE: usize = 80;
const CUSTOMERS: usize = 5;
const SHARDS: usize = 2;

type Act = Box<dyn FnOnce(&mut World)>;

pub struct World {
    pub now: i64,
    pub rng: Rng,
    pub faults: Faults,
    pub sabotage: Option<Sabotage>,
    /// No new causes: faults are off, customers and agents stop, what was begun runs on.
    pub quiet: bool,
    /// People's pauses, in per cent of the usual.
    pub pace: i64,
    /// Customers' pauses, where they are not the usual ones.
    pub rhythm_ms: Option<(i64, i64)>,
    pub terms: Terms,
    pub skewed: bool,
    skew_ms: i64,
    queue: BTreeMap<(i64, u64), (&'static str, Act)>,
    scheduled: u64,
    instances: u64,
    pub steps: usize,
    pub wechat: WeChat,
    pub shards: Vec<Shard>,
    pub floor: FloorTwin,
    pub insight: InsightTwin,
    pub agents: Vec<AgentTwin>,
    pub witness: Witness,
    touched: BTreeSet<ConversationId>,
    trace: VecDeque<String>,
}

impl World {
    /// A world in which nothing goes wrong and nobody does anything yet.
    pub fn calm(seed: u64) -> Self {
        Self::peopled(seed, CUSTOMERS)
    }

    fn peopled(seed: u64, customers: usize) -> Self {
        let mut world = Self {
            now: START_MS,
            rng: Rng::new(seed),
            faults: Faults::default(),
            sabotage: None,
            quiet: false,
            pace: 100,
            rhythm_ms: None,
            terms: Terms {
                rules: Rules::of(ChannelKind::OfficialAccount, Tier::Service, 1),
                slow_ms: None,
                notice: None,
            },
            skewed: false,
            skew_ms: 0,
            queue: BTreeMap::new(),
            scheduled: 0,
            instances: 0,
            steps: 0,
            wechat: WeChat::new(customers),
            shards: Vec::new(),
            floor: FloorTwin::new(),
            insight: InsightTwin::new(),
            agents: console::staff().into_iter().map(AgentTwin::new).collect(),
            witness: Witness::default(),
            touched: BTreeSet::new(),
            trace: VecDeque::new(),
        };
        for _ in 0..SHARDS {
            let instance = world.instance();
            world.shards.push(Shard::new(instance));
        }
        world
    }

    /// A world in which everybody acts and everything goes wrong, in a mixture of the seed's own.
    pub fn wild(seed: u64) -> Self {
        let mut world = Self::calm(seed);
        world.faults = Faults::of(&mut world.rng);
        world.pace = [10, 30, 100][world.rng.below(3)];
        world.terms.slow_ms = [None, Some(20_000), Some(60_000)][world.rng.below(3)];
        world.begin(20_000);
        world.after(5_000, "weather", Self::weather);
        world
    }

    /// A week without faults: so many customers, each of whom does something every few hours, and agents who talk
    /// freely.
    pub fn week(seed: u64, customers: usize) -> Result<Self, String> {
        let mut world = Self::peopled(seed, customers);
        world.rhythm_ms = Some((600_000, 30 * 3_600_000));
        world.pace = 3_000;
        world.terms.slow_ms = Some(60_000);
        world.begin(8 * 3_600_000);
        while world.now < START_MS + 7 * 86_400_000 {
            world.step().map_err(|broken| world.told(seed, &broken))?;
        }
        world.settle().map_err(|broken| world.told(seed, &broken))?;
        Ok(world)
    }

    /// Everybody begins within this time.
    fn begin(&mut self, within_ms: i64) {
        for customer in 0..self.wechat.customers.len() {
            let pause = self.rng.between(0, within_ms);
            self.after(pause, "customer", move |world| world.customer_acts(customer));
        }
        for agent in 0..self.agents.len() {
            let pause = self.rng.between(0, 60_000);
            self.after(pause, "agent", move |world| world.agent_acts(agent));
        }
    }

    /// Runs a wild world, then lets it come to rest. The first broken invariant ends it.
    pub fn run(seed: u64, steps: usize, sabotage: Option<Sabotage>) -> Result<Self, String> {
        let mut world = Self::wild(seed);
        world.sabotage = sabotage;
        for _ in 0..steps {
            if !world.step().map_err(|broken| world.told(seed, &broken))? {
                break;
            }
        }
        world.settle().map_err(|broken| world.told(seed, &broken))?;
        Ok(world)
    }

    fn told(&self, seed: u64, broken: &str) -> String {
        let trace: Vec<&str> = self.trace.iter().map(String::as_str).collect();
        let (steps, trace) = (self.steps, trace.join("\n"));
        format!("{broken}\nseed {seed} (WORLD_SEED={seed} runs it again), step {steps}\n{trace}")
    }

    /// The next event, then the invariants. False: nothing is left to happen.
    pub fn step(&mut self) -> Result<bool, String> {
        let Some(((at, _), (what, act))) = self.queue.pop_first() else { return Ok(false) };
        self.now = self.now.max(at);
        self.steps += 1;
        self.note(what.to_owned());
        act(self);
        self.check()?;
        Ok(true)
    }

    /// Faults stop, nobody begins anything new, time runs on: everything owed must be paid.
    pub fn settle(&mut self) -> Result<(), String> {
        self.quiet = true;
        self.faults = Faults::default();
        let patience = self.now + 3_600_000;
        while self.queue.first_key_value().is_some_and(|((at, _), _)| *at <= patience) {
            self.step()?;
        }
        self.check_rest()
    }

    pub fn after(&mut self, span_ms: i64, what: &'static str, act: impl FnOnce(&mut Self) + 'static) {
        self.scheduled += 1;
        self.queue.insert((self.now + span_ms, self.scheduled), (what, Box::new(act)));
    }

    pub fn faults_hit(&mut self, of: impl Fn(&Faults) -> u32) -> bool {
        let per_mille = of(&self.faults);
        self.rng.hits(per_mille)
    }

    /// The way between two parts of ours, one direction.
    pub fn hop_ms(&mut self) -> i64 {
        self.rng.between(1, 60)
    }

    /// What a turn is told: our clock, fresh entropy.
    pub fn turn(&mut self) -> Turn {
        Turn { now: TimeMs(self.now + self.skew_ms), entropy: self.rng.bytes() }
    }

    pub fn instance(&mut self) -> String {
        self.instances += 1;
        format!("i{}", self.instances)
    }

    pub fn note(&mut self, line: String) {
        if self.trace.len() == TRACE {
            self.trace.pop_front();
        }
        self.trace.push_back(format!("{:>10} {line}", self.now - START_MS));
    }

    pub fn touch(&mut self, id: &ConversationId) {
        self.touched.insert(id.clone());
    }

    /// What happens by itself: tokens die, clocks jump and differ, objects die while they are idle.
    fn weather(&mut self) {
        if self.quiet {
            return;
        }
        self.after(5_000, "weather", Self::weather);
        if self.faults_hit(|faults| faults.token_stale) {
            self.wechat.token += 1;
        }
        if self.faults_hit(|faults| faults.leap) {
            let leap = if self.rng.hits(500) { 180_000 } else { 3 * 86_400_000 };
            self.now += self.rng.between(60_000, leap);
        }
        if self.faults_hit(|faults| faults.skew) {
            self.skewed = true;
            self.skew_ms = self.rng.between(-3_000, 3_000);
        }
        if self.faults_hit(|faults| faults.crash) {
            match self.rng.below(SHARDS + 1) {
                SHARDS => self.floor_dies(),
                shard => self.shard_dies(shard),
            }
        }
        if self.faults_hit(|faults| faults.socket_drop) {
            let agent = self.rng.below(self.agents.len());
            self.socket_drops(agent);
        }
    }
}
