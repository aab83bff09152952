//! What one member of staff may see of the floor, as a snapshot and as frames: folding the frames over a
//! snapshot gives the snapshot of later (tested in Rust and, on the same fixtures, in the console).

use super::floor::{Changes, Floor, FloorTicket, TicketState};
use super::routing::is_entitled;
use crate::base::id::{ChannelId, CustomerId, SkillGroupId, StaffId, TicketId};
use crate::base::staff::{Role, Staff};
use crate::base::time::TimeMs;
use crate::knowledge::mood::Mood;
use crate::knowledge::proposal::Urgency;
use serde::{Deserialize, Serialize};

/// A ticket as the console has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketView {
    /// Its id.
    pub id: TicketId,
    /// On which channel.
    pub channel: ChannelId,
    /// Whose.
    pub customer: CustomerId,
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
    /// The newest lease.
    pub epoch: u64,
    /// When it was opened.
    pub opened_at_ms: TimeMs,
    /// When it was resolved; `None` while it is open.
    pub resolved_at_ms: Option<TimeMs>,
    /// The customer's oldest message that no person has replied to.
    pub waiting_since_ms: Option<TimeMs>,
    /// How many of them there are.
    pub unanswered: u32,
    /// The newest message.
    pub last_seq: u64,
    /// A reply failed or is uncertain.
    pub trouble: bool,
    /// How much earlier than it was opened its place among the waiting is, ms: for urgency and anger.
    #[serde(default, skip_serializing_if = "is_none_at_all")]
    pub head_start_ms: i64,
    /// The strongest mood since its question, with the words that say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mood: Option<Box<Mood>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_none_at_all(head_start_ms: &i64) -> bool {
    *head_start_ms == 0
}

/// A member of staff as colleagues see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentView {
    /// Who.
    pub id: StaffId,
    /// Their name.
    pub name: String,
    /// Whether they are here.
    pub online: bool,
    /// Open tickets they hold.
    pub load: u32,
    /// How many at most.
    pub cap: u32,
}

/// Everything one viewer may see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Tickets, by id.
    pub tickets: Vec<TicketView>,
    /// Staff, by id.
    pub agents: Vec<AgentView>,
}

/// One change of a view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// New or different.
    Ticket {
        /// As it is now.
        ticket: TicketView,
    },
    /// No longer there, or no longer this viewer's to see.
    TicketGone {
        /// Which.
        id: TicketId,
    },
    /// Somebody came, went, or holds more or less.
    Agent {
        /// As they are now.
        agent: AgentView,
    },
}

/// What the floor says on a socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Frame {
    /// Forget what you had.
    Hello {
        /// The floor's number of this state.
        seq: u64,
        /// The viewer.
        me: Staff,
        /// Everything they may see.
        snapshot: Snapshot,
    },
    /// Apply when `prev` is what you have.
    Frame {
        /// The floor's number after these changes.
        seq: u64,
        /// The last number sent to this view.
        prev: u64,
        /// What changed for this view.
        changes: Vec<Change>,
    },
}

impl Floor {
    /// Everything `viewer` may see.
    pub fn snapshot_for(&self, viewer: &Staff) -> Snapshot {
        let tickets =
            self.tickets.values().filter(|ticket| may_see(viewer, ticket)).map(TicketView::from).collect();
        Snapshot { tickets, agents: self.agents.keys().filter_map(|id| self.agent_view(id)).collect() }
    }

    /// How `viewer` starts, starts again or mends a gap: what changed after `since`, or everything.
    pub fn resume(&self, viewer: &Staff, since: Option<u64>) -> Frame {
        match since {
            Some(since) if (self.forgotten_seq..=self.seq).contains(&since) => {
                let changed = self.tickets.values().filter(|ticket| ticket.updated_seq > since);
                let tickets = changed.map(|ticket| change_of(viewer, ticket));
                let agents = self.agents.keys().filter_map(|id| self.agent_view(id));
                let changes = tickets.chain(agents.map(|agent| Change::Agent { agent })).collect();
                Frame::Frame { seq: self.seq, prev: since, changes }
            }
            _ => Frame::Hello { seq: self.seq, me: viewer.clone(), snapshot: self.snapshot_for(viewer) },
        }
    }

    /// The part of a turn's changes that `viewer` may see; empty: nothing to send.
    pub fn changes_for(&self, viewer: &Staff, changes: &Changes) -> Vec<Change> {
        let tickets = changes.tickets.iter().filter_map(|(id, change)| {
            let seen = change.before.as_ref().is_some_and(|ticket| may_see(viewer, ticket));
            match &change.after {
                Some(ticket) if may_see(viewer, ticket) => Some(Change::Ticket { ticket: ticket.into() }),
                _ if seen => Some(Change::TicketGone { id: id.clone() }),
                _ => None,
            }
        });
        let agents = changes.agents().into_iter().filter_map(|id| self.agent_view(&id));
        tickets.chain(agents.map(|agent| Change::Agent { agent })).collect()
    }

    fn agent_view(&self, id: &StaffId) -> Option<AgentView> {
        let agent = self.agents.get(id)?;
        Some(AgentView {
            id: id.clone(),
            name: agent.staff.name.clone(),
            online: agent.online,
            load: self.load(id),
            cap: agent.staff.cap,
        })
    }
}

impl From<&FloorTicket> for TicketView {
    fn from(ticket: &FloorTicket) -> Self {
        Self {
            id: ticket.id.clone(),
            channel: ticket.conversation.channel.clone(),
            customer: ticket.conversation.customer.clone(),
            question: ticket.question.clone(),
            urgency: ticket.urgency,
            skill_group: ticket.skill_group.clone(),
            state: ticket.state,
            agent: ticket.agent.clone(),
            epoch: ticket.epoch,
            opened_at_ms: ticket.opened_at,
            resolved_at_ms: ticket.resolved_at,
            waiting_since_ms: ticket.waiting_since,
            unanswered: ticket.unanswered,
            last_seq: ticket.last_seq,
            trouble: ticket.trouble,
            head_start_ms: ticket.head_start_ms(),
            mood: ticket.mood.clone(),
        }
    }
}

fn change_of(viewer: &Staff, ticket: &FloorTicket) -> Change {
    if may_see(viewer, ticket) {
        Change::Ticket { ticket: ticket.into() }
    } else {
        Change::TicketGone { id: ticket.id.clone() }
    }
}

/// Supervisors see all; agents what is theirs and what waits in their skill groups.
fn may_see(viewer: &Staff, ticket: &FloorTicket) -> bool {
    viewer.role == Role::Supervisor
        || ticket.agent.as_ref() == Some(&viewer.id)
        || (ticket.state == TicketState::Waiting && is_entitled(viewer, &ticket.skill_group))
}
