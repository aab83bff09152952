//! What the console does with frames, said once in Rust: the reference for the console's own fold.

use shunda::base::id::{StaffId, TicketId};
use shunda::base::staff::Staff;
use shunda::desk::view::{AgentView, Change, Frame, Snapshot, TicketView};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    pub me: Staff,
    pub seq: u64,
    started: bool,
    tickets: BTreeMap<TicketId, TicketView>,
    agents: BTreeMap<StaffId, AgentView>,
}

impl Folded {
    /// Nothing received, but the same as an empty floor's snapshot.
    pub fn start(me: Staff) -> Self {
        Self { me, seq: 0, started: false, tickets: BTreeMap::new(), agents: BTreeMap::new() }
    }

    /// What to resume from; `None` before the first hello.
    pub fn since(&self) -> Option<u64> {
        self.started.then_some(self.seq)
    }

    /// Takes a frame; true: one is missing before it.
    pub fn receive(&mut self, frame: &Frame) -> bool {
        match frame {
            Frame::Hello { seq, me, snapshot } => {
                *self = Self::start(me.clone());
                self.started = true;
                self.seq = *seq;
                self.tickets
                    .extend(snapshot.tickets.iter().map(|ticket| (ticket.id.clone(), ticket.clone())));
                self.agents.extend(snapshot.agents.iter().map(|agent| (agent.id.clone(), agent.clone())));
            }
            Frame::Frame { seq, .. } if !self.started || *seq <= self.seq => {}
            Frame::Frame { prev, .. } if *prev != self.seq => return true,
            Frame::Frame { seq, changes, .. } => {
                self.apply(changes);
                self.seq = *seq;
            }
        }
        false
    }

    /// Takes a frame as a client that is started and misses none.
    pub fn receive_any(&mut self, frame: &Frame) {
        self.started = true;
        self.receive(frame);
    }

    pub fn apply(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Ticket { ticket } => {
                    self.tickets.insert(ticket.id.clone(), ticket.clone());
                }
                Change::TicketGone { id } => {
                    self.tickets.remove(id);
                }
                Change::Agent { agent } => {
                    self.agents.insert(agent.id.clone(), agent.clone());
                }
            }
        }
    }

    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            tickets: self.tickets.values().cloned().collect(),
            agents: self.agents.values().cloned().collect(),
        }
    }
}
