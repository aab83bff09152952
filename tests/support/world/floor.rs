//! The twin of `FloorObject`: its turns, its sockets, its leases, its deaths.

use super::World;
use super::faults::Sabotage;
use crate::support::fold::Folded;
use crate::support::sqlite::Sqlite;
use shunda::base::id::{ConversationId, StaffId};
use shunda::base::staff::Staff;
use shunda::desk::call::Call;
use shunda::desk::floor::{Changes, Floor, Input};
use shunda::desk::reply::Claim;
use shunda::desk::view::{Change, Frame};
use shunda::store::floor as store;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const LEASE_RETRY_MS: i64 = 2_000;
const HISTORY: usize = 12;

/// A socket and what hibernation keeps with it.
pub struct Socket {
    pub agent: usize,
    pub open: bool,
    /// The last number sent to this view.
    sent_seq: u64,
    /// Frames arrive in order.
    busy_until_ms: i64,
}

pub struct FloorTwin {
    pub db: Sqlite,
    pub floor: Floor,
    instance: u64,
    pub sockets: Vec<Socket>,
    offered: BTreeSet<(ConversationId, u64)>,
    alarm_ms: Option<i64>,
    /// For each member of staff: what folding every frame gives, and what it gave lately.
    pub shadows: BTreeMap<StaffId, VecDeque<Folded>>,
}

impl FloorTwin {
    pub fn new() -> Self {
        let db = Sqlite::new();
        shunda::store::migrate(&db, store::MIGRATIONS).unwrap();
        Self {
            db,
            floor: Floor::default(),
            instance: 0,
            sockets: Vec::new(),
            offered: BTreeSet::new(),
            alarm_ms: None,
            shadows: BTreeMap::new(),
        }
    }
}

impl World {
    pub fn floor_turn(&mut self, input: Input) -> Changes {
        self.witness.floor_changed = true;
        let now = self.turn().now;
        let described = format!("{input:?}");
        let before = self.floor.floor.seq;
        let changes = self.floor.floor.handle(input, now);
        store::save(&self.floor.db, &self.floor.floor, &changes).unwrap();
        self.note(format!(
            "  floor seq {} {}",
            self.floor.floor.seq,
            described.chars().take(260).collect::<String>()
        ));
        let touched: Vec<_> = changes
            .tickets
            .values()
            .flat_map(|change| [&change.before, &change.after])
            .flatten()
            .map(|ticket| ticket.conversation.clone())
            .collect();
        for id in &touched {
            self.touch(id);
        }
        if self.floor.floor.seq > before {
            self.tell_sockets(&changes);
            self.fold_shadows(&changes);
        }
        self.offer_leases();
        if self.faults_hit(|faults| faults.crash) {
            self.floor_dies();
        }
        changes
    }

    fn changes_for(&self, viewer: &Staff, changes: &Changes) -> Vec<Change> {
        let mut seen = self.floor.floor.changes_for(viewer, changes);
        if self.sabotage == Some(Sabotage::HideGone) {
            seen.retain(|change| !matches!(change, Change::TicketGone { .. }));
        }
        seen
    }

    fn tell_sockets(&mut self, changes: &Changes) {
        for number in 0..self.floor.sockets.len() {
            if !self.floor.sockets[number].open {
                continue;
            }
            let viewer = self.agents[self.floor.sockets[number].agent].staff.clone();
            let changes = self.changes_for(&viewer, changes);
            if !changes.is_empty() {
                let (seq, prev) = (self.floor.floor.seq, self.floor.sockets[number].sent_seq);
                self.frame(number, Frame::Frame { seq, prev, changes });
            }
        }
    }

    /// Sends a frame: in order, unless it is lost.
    fn frame(&mut self, number: usize, frame: Frame) {
        let socket = &mut self.floor.sockets[number];
        socket.sent_seq = match &frame {
            Frame::Hello { seq, .. } | Frame::Frame { seq, .. } => *seq,
        };
        if self.faults_hit(|faults| faults.frame_lost) {
            return;
        }
        let hop = self.hop_ms();
        let socket = &mut self.floor.sockets[number];
        socket.busy_until_ms = socket.busy_until_ms.max(self.now + hop);
        let span = socket.busy_until_ms - self.now;
        self.after(span, "frame", move |world| {
            if world.floor.sockets[number].open {
                world.frame_arrives(number, frame);
            }
        });
    }

    fn fold_shadows(&mut self, changes: &Changes) {
        let seq = self.floor.floor.seq;
        for agent in 0..self.agents.len() {
            let viewer = self.agents[agent].staff.clone();
            let seen = self.changes_for(&viewer, changes);
            let shadow = self.floor.shadows.entry(viewer.id.clone()).or_default();
            let mut folded = shadow.back().cloned().unwrap_or_else(|| Folded::start(viewer.clone()));
            folded.apply(&seen);
            folded.seq = seq;
            shadow.push_back(folded);
            if shadow.len() > HISTORY {
                shadow.pop_front();
            }
        }
    }

    /// A client asks for what changed after `since`.
    pub fn socket_resumes(&mut self, number: usize, since: Option<u64>) {
        if self.floor.sockets[number].open {
            let viewer = self.agents[self.floor.sockets[number].agent].staff.clone();
            let frame = self.floor.floor.resume(&viewer, since);
            self.witness.see(if matches!(frame, Frame::Hello { .. }) { "hello" } else { "replay" });
            self.frame(number, frame);
        }
    }

    pub fn socket_opens(&mut self, agent: usize) -> usize {
        let number = self.floor.sockets.len();
        let sent_seq = self.floor.floor.seq;
        self.floor.sockets.push(Socket { agent, open: true, sent_seq, busy_until_ms: 0 });
        self.floor_turn(Input::Online(self.agents[agent].staff.clone()));
        number
    }

    pub fn socket_closed(&mut self, number: usize) {
        let agent = self.floor.sockets[number].agent;
        self.floor.sockets[number].open = false;
        let others = self.floor.sockets.iter().any(|socket| socket.open && socket.agent == agent);
        if !others {
            self.floor_turn(Input::Offline(self.agents[agent].staff.id.clone()));
        }
    }

    fn offer_leases(&mut self) {
        let owed = self.floor.floor.leases_owed();
        if !owed.is_empty() && self.floor.alarm_ms.is_none() {
            let at = self.now + LEASE_RETRY_MS;
            self.floor.alarm_ms = Some(at);
            self.after(LEASE_RETRY_MS, "floor's alarm", |world| {
                world.floor.alarm_ms = None;
                world.floor.offered.clear();
                world.offer_leases();
            });
        }
        for (id, claim) in owed {
            if self.floor.offered.insert((id.clone(), claim.epoch)) {
                if self.faults_hit(|faults| faults.task_dropped) {
                    continue;
                }
                self.offer(id, claim);
            }
        }
    }

    fn offer(&mut self, id: ConversationId, claim: Claim) {
        let instance = self.floor.instance;
        self.ask(Call::Lease { conversation: id, claim: claim.clone() }, move |world, answered| {
            if answered.is_some() && world.floor.instance == instance {
                world.floor_turn(Input::Leased(claim));
            }
        });
    }

    /// The floor dies: sockets drop with it, the rows and the alarm stay. The new instance reads its rows.
    pub fn floor_dies(&mut self) {
        self.note("  floor dies".into());
        self.witness.see("floor died");
        self.witness.floor_changed = true;
        self.floor.instance += 1;
        self.floor.offered.clear();
        self.floor.floor = store::load(&self.floor.db).unwrap();
        let open: Vec<usize> =
            (0..self.floor.sockets.len()).filter(|number| self.floor.sockets[*number].open).collect();
        for number in open {
            self.floor.sockets[number].open = false;
            self.agent_loses_socket(self.floor.sockets[number].agent);
        }
        let now = self.turn().now;
        let changes = self.floor.floor.handle(Input::Present(BTreeSet::new()), now);
        store::save(&self.floor.db, &self.floor.floor, &changes).unwrap();
        self.fold_shadows(&changes);
    }
}
