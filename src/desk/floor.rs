//! The floor 服务台: which tickets are open, who is here, who has what.
//!
//! The floor is the only issuer of leases: an epoch rises with every assignment of a ticket. What a conversation
//! tells of its ticket is taken as it is; the floor never changes a conversation, it only offers it leases.

use super::reply::Claim;
use super::routing::{Seat, choose};
use super::ticket::Notice;
use crate::base::id::{ConversationId, SkillGroupId, StaffId, TicketId};
use crate::base::limits::{
    FLOOR_OPEN_TICKETS_MAX, FLOOR_RESOLVED_KEPT_MS, HEAD_START_ANGRY_MS, HEAD_START_URGENT_MS,
};
use crate::base::staff::Staff;
use crate::base::time::TimeMs;
use crate::knowledge::mood::{Aspect, Mood};
use crate::knowledge::proposal::Urgency;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Where a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketState {
    /// Nobody has it.
    Waiting,
    /// Somebody has it.
    Assigned,
    /// Done.
    Resolved,
}

/// A ticket as the floor has it: one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloorTicket {
    /// Its id.
    pub id: TicketId,
    /// Whose.
    pub conversation: ConversationId,
    /// The conversation's revision this rests on.
    pub rev: u64,
    /// Its title.
    pub question: String,
    /// How much it presses.
    pub urgency: Urgency,
    /// Who is entitled to it.
    pub skill_group: SkillGroupId,
    /// Where it stands.
    pub state: TicketState,
    /// Who has it, or had it.
    pub agent: Option<StaffId>,
    /// The newest lease; 0 before the first.
    pub epoch: u64,
    /// The conversation has acknowledged that lease.
    pub leased: bool,
    /// When it was opened.
    pub opened_at: TimeMs,
    /// When it was last assigned.
    pub assigned_at: Option<TimeMs>,
    /// When it was resolved.
    pub resolved_at: Option<TimeMs>,
    /// The customer's oldest message that no person has replied to.
    pub waiting_since: Option<TimeMs>,
    /// How many of them there are.
    pub unanswered: u32,
    /// The newest message.
    pub last_seq: u64,
    /// A reply failed or is uncertain.
    pub trouble: bool,
    /// The strongest mood since its question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mood: Option<Box<Mood>>,
    /// The floor's `seq` at its last change.
    pub updated_seq: u64,
}

/// A member of staff as the floor knows them: one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Who.
    pub staff: Staff,
    /// Whether a socket of theirs is open.
    pub online: bool,
    /// The floor's `seq` at their last change.
    pub updated_seq: u64,
}

/// The whole floor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Floor {
    /// The number of the last change.
    pub seq: u64,
    /// What was removed up to this `seq` cannot be replayed.
    pub forgotten_seq: u64,
    /// Open tickets, and the lately resolved.
    pub tickets: BTreeMap<TicketId, FloorTicket>,
    /// Everyone who was ever here.
    pub agents: BTreeMap<StaffId, Agent>,
}

/// What can happen to the floor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "input", rename_all = "snake_case")]
pub enum Input {
    /// A conversation tells the state of its ticket.
    Notice(Notice),
    /// A member of staff opened a socket.
    Online(Staff),
    /// Their last socket closed.
    Offline(StaffId),
    /// Exactly these are here: what a new instance of the object finds.
    Present(BTreeSet<StaffId>),
    /// The conversation acknowledged a lease.
    Leased(Claim),
}

/// A ticket before and after a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketChange {
    /// As it was; `None` when it is new.
    pub before: Option<FloorTicket>,
    /// As it is; `None` when it was forgotten.
    pub after: Option<FloorTicket>,
}

/// What a turn changed. All of it carries the floor's new `seq`; rows are written for all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Tickets, by id.
    pub tickets: BTreeMap<TicketId, TicketChange>,
    /// Members of staff who came or went.
    pub came_or_went: BTreeSet<StaffId>,
    /// The floor cannot take another open ticket: the conversation tells it again later.
    pub full: bool,
}

impl Changes {
    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.tickets.is_empty() && self.came_or_went.is_empty()
    }

    /// Everyone whose line in the roster reads differently now.
    pub fn agents(&self) -> BTreeSet<StaffId> {
        let sides = self.tickets.values().flat_map(|change| [&change.before, &change.after]);
        let holders = sides.flatten().filter_map(|ticket| ticket.agent.clone());
        self.came_or_went.iter().cloned().chain(holders).collect()
    }
}

impl Floor {
    /// Takes one input and assigns what can be assigned.
    pub fn handle(&mut self, input: Input, now: TimeMs) -> Changes {
        let mut changes = Changes::default();
        let next = self.seq.saturating_add(1);
        match input {
            Input::Notice(notice) => self.note(notice, now, next, &mut changes),
            Input::Online(staff) => self.arrive(staff, next, &mut changes),
            Input::Offline(staff) => self.leave(&staff, next, &mut changes),
            Input::Present(present) => self.reconcile(&present, next, &mut changes),
            Input::Leased(claim) => {
                // Bookkeeping between floor and conversation: nobody's view changes, so the seq stays.
                if self
                    .tickets
                    .get(&claim.ticket)
                    .is_some_and(|ticket| ticket.epoch == claim.epoch && !ticket.leased)
                {
                    let seq = self.seq;
                    self.update(&claim.ticket, seq, &mut changes, |ticket| ticket.leased = true);
                }
                return changes;
            }
        }
        self.assign_waiting(now, next, &mut changes);
        self.forget_old(now, next, &mut changes);
        if !changes.is_empty() {
            self.seq = next;
        }
        changes
    }

    /// Leases that conversations have not acknowledged.
    pub fn leases_owed(&self) -> Vec<(ConversationId, Claim)> {
        let owed =
            self.tickets.values().filter(|ticket| ticket.state == TicketState::Assigned && !ticket.leased);
        owed.filter_map(|ticket| {
            let staff = ticket.agent.clone()?;
            let claim = Claim { staff, ticket: ticket.id.clone(), epoch: ticket.epoch };
            Some((ticket.conversation.clone(), claim))
        })
        .collect()
    }

    /// How many open tickets someone holds.
    pub fn load(&self, staff: &StaffId) -> u32 {
        let held = self
            .tickets
            .values()
            .filter(|ticket| ticket.state == TicketState::Assigned && ticket.agent.as_ref() == Some(staff));
        u32::try_from(held.count()).unwrap_or(u32::MAX)
    }

    fn note(&mut self, notice: Notice, now: TimeMs, seq: u64, changes: &mut Changes) {
        let id = notice.ticket.id.clone();
        if let Some(known) = self.tickets.get(&id) {
            if notice.rev > known.rev {
                self.update(&id, seq, changes, |ticket| ticket.take(&notice, now));
                if notice.gone {
                    self.forget_words(&notice.conversation, seq, changes);
                }
            }
            return;
        }
        if notice.ticket.closed {
            return;
        }
        if self.open_count() >= FLOOR_OPEN_TICKETS_MAX {
            changes.full = true;
            return;
        }
        // A conversation has one open ticket at most: a new one says that the old one is over.
        let over: Vec<TicketId> = self
            .tickets
            .values()
            .filter(|ticket| {
                ticket.conversation == notice.conversation && ticket.state != TicketState::Resolved
            })
            .map(|ticket| ticket.id.clone())
            .collect();
        for old in over {
            self.update(&old, seq, changes, |ticket| ticket.resolve(now));
        }
        let mut ticket = FloorTicket::opened(&notice);
        ticket.updated_seq = seq;
        changes.tickets.insert(id.clone(), TicketChange { before: None, after: Some(ticket.clone()) });
        self.tickets.insert(id, ticket);
    }

    fn arrive(&mut self, staff: Staff, seq: u64, changes: &mut Changes) {
        let known = self.agents.get(&staff.id);
        if known.is_some_and(|agent| agent.online && agent.staff == staff) {
            return;
        }
        changes.came_or_went.insert(staff.id.clone());
        self.agents.insert(staff.id.clone(), Agent { staff, online: true, updated_seq: seq });
    }

    fn leave(&mut self, staff: &StaffId, seq: u64, changes: &mut Changes) {
        if let Some(agent) = self.agents.get_mut(staff).filter(|agent| agent.online) {
            agent.online = false;
            agent.updated_seq = seq;
            changes.came_or_went.insert(staff.clone());
        }
    }

    fn reconcile(&mut self, present: &BTreeSet<StaffId>, seq: u64, changes: &mut Changes) {
        let gone: Vec<StaffId> = self
            .agents
            .values()
            .filter(|agent| agent.online && !present.contains(&agent.staff.id))
            .map(|agent| agent.staff.id.clone())
            .collect();
        for staff in gone {
            self.leave(&staff, seq, changes);
        }
    }

    /// Whoever has waited longest first, with the head start of what presses: see [`FloorTicket::place`].
    fn assign_waiting(&mut self, now: TimeMs, seq: u64, changes: &mut Changes) {
        let mut waiting: Vec<_> = self
            .tickets
            .values()
            .filter(|ticket| ticket.state == TicketState::Waiting)
            .map(|ticket| (ticket.place(), ticket.id.clone()))
            .collect();
        if waiting.is_empty() {
            return;
        }
        waiting.sort();
        let mut holdings = self.holdings();
        for (_, id) in waiting {
            let Some(group) = self.tickets.get(&id).map(|ticket| ticket.skill_group.clone()) else {
                continue;
            };
            let seats = self.agents.values().filter(|agent| agent.online).map(|agent| {
                let (load, last_assigned_at) = holdings.get(&agent.staff.id).copied().unwrap_or_default();
                Seat { staff: &agent.staff, load, last_assigned_at }
            });
            let Some(agent) = choose(&group, seats).cloned() else { continue };
            let held = holdings.entry(agent.clone()).or_default();
            *held = (held.0.saturating_add(1), Some(now));
            self.update(&id, seq, changes, |ticket| ticket.assign(agent, now));
        }
    }

    /// For everyone who was ever given a ticket: how many open ones they hold, and when they got the last.
    fn holdings(&self) -> BTreeMap<StaffId, (u32, Option<TimeMs>)> {
        let mut holdings: BTreeMap<StaffId, (u32, Option<TimeMs>)> = BTreeMap::new();
        for ticket in self.tickets.values() {
            let Some(agent) = &ticket.agent else { continue };
            let held = holdings.entry(agent.clone()).or_default();
            held.0 = held.0.saturating_add(u32::from(ticket.state == TicketState::Assigned));
            held.1 = held.1.max(ticket.assigned_at);
        }
        holdings
    }

    fn forget_old(&mut self, now: TimeMs, seq: u64, changes: &mut Changes) {
        let old: Vec<TicketId> = self
            .tickets
            .values()
            .filter(|ticket| ticket.resolved_at.is_some_and(|at| now - at > FLOOR_RESOLVED_KEPT_MS))
            .map(|ticket| ticket.id.clone())
            .collect();
        for id in old {
            if let Some(ticket) = self.tickets.remove(&id) {
                self.forgotten_seq = seq;
                changes.tickets.insert(id, TicketChange { before: Some(ticket), after: None });
            }
        }
    }

    /// Earlier tickets of a customer who has left bear no words of theirs either.
    fn forget_words(&mut self, conversation: &ConversationId, seq: u64, changes: &mut Changes) {
        let theirs = |ticket: &&FloorTicket| ticket.conversation == *conversation && ticket.has_words();
        let ids: Vec<TicketId> =
            self.tickets.values().filter(theirs).map(|ticket| ticket.id.clone()).collect();
        for id in ids {
            self.update(&id, seq, changes, |ticket| {
                ticket.question.clear();
                ticket.mood = None;
            });
        }
    }

    fn open_count(&self) -> usize {
        self.tickets.values().filter(|ticket| ticket.state != TicketState::Resolved).count()
    }

    fn update(
        &mut self,
        id: &TicketId,
        seq: u64,
        changes: &mut Changes,
        change: impl FnOnce(&mut FloorTicket),
    ) {
        let Some(ticket) = self.tickets.get_mut(id) else { return };
        let before = ticket.clone();
        change(ticket);
        ticket.updated_seq = seq;
        let entry =
            changes.tickets.entry(id.clone()).or_insert(TicketChange { before: Some(before), after: None });
        entry.after = Some(ticket.clone());
    }
}

impl FloorTicket {
    fn opened(notice: &Notice) -> Self {
        let mut ticket = Self {
            id: notice.ticket.id.clone(),
            conversation: notice.conversation.clone(),
            rev: 0,
            question: notice.ticket.question.clone(),
            urgency: notice.ticket.urgency,
            skill_group: notice.ticket.skill_group.clone(),
            state: TicketState::Waiting,
            agent: None,
            epoch: 0,
            leased: false,
            opened_at: notice.ticket.opened_at,
            assigned_at: None,
            resolved_at: None,
            waiting_since: None,
            unanswered: 0,
            last_seq: 0,
            trouble: false,
            mood: None,
            updated_seq: 0,
        };
        ticket.copy(notice);
        ticket
    }

    /// What the conversation says is so.
    fn copy(&mut self, notice: &Notice) {
        // Clear once the customer has left.
        self.question.clone_from(&notice.ticket.question);
        self.mood.clone_from(&notice.ticket.mood);
        self.urgency = notice.ticket.urgency;
        self.rev = notice.rev;
        self.waiting_since = notice.ticket.waiting_since;
        self.unanswered = notice.ticket.unanswered;
        self.last_seq = notice.last_seq;
        self.trouble = notice.ticket.trouble;
    }

    /// Whether anything of the customer's words is left.
    fn has_words(&self) -> bool {
        !self.question.is_empty() || self.mood.is_some()
    }

    /// How much earlier it is taken to have been opened than it was, ms: for urgency and for anger. Abuse gives none.
    pub fn head_start_ms(&self) -> i64 {
        let is_angry = self.mood.as_deref().is_some_and(|mood| mood.shows(Aspect::Anger));
        let urgent = if self.urgency == Urgency::High { HEAD_START_URGENT_MS } else { 0 };
        urgent + if is_angry { HEAD_START_ANGRY_MS } else { 0 }
    }

    /// Its place among those that wait, the earliest first. It holds still while time passes, so that nobody is overtaken
    /// for ever: only by what is opened within the head start.
    fn place(&self) -> TimeMs {
        self.opened_at + -self.head_start_ms()
    }

    fn take(&mut self, notice: &Notice, now: TimeMs) {
        self.copy(notice);
        if notice.ticket.closed {
            self.resolve(now);
        }
    }

    fn resolve(&mut self, now: TimeMs) {
        self.state = TicketState::Resolved;
        self.resolved_at.get_or_insert(now);
        self.waiting_since = None;
        self.unanswered = 0;
    }

    fn assign(&mut self, agent: StaffId, now: TimeMs) {
        self.state = TicketState::Assigned;
        self.agent = Some(agent);
        self.epoch = self.epoch.saturating_add(1);
        self.leased = false;
        self.assigned_at = Some(now);
    }
}
