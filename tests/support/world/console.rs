//! The agents: what their consoles show, what they do, how their requests are tried again.

use super::World;
use crate::support::fold::Folded;
use shunda::base::id::{ClientId, ConversationId, FloorId, TicketId};
use shunda::base::message::OutboundContent;
use shunda::base::staff::{Role, Staff};
use shunda::desk::call::{Answered, Call, View};
use shunda::desk::conversation::{Accepted, Rejection};
use shunda::desk::floor::TicketState;
use shunda::desk::message::{Body, Status};
use shunda::desk::reply::{AgentReply, Claim};
use shunda::desk::view::{Frame, TicketView};

const TRIES: u32 = 8;

pub struct AgentTwin {
    pub staff: Staff,
    pub socket: Option<usize>,
    pub view: Folded,
    connecting: bool,
    /// Replies given a client id so far.
    said: usize,
}

impl AgentTwin {
    pub fn new(staff: Staff) -> Self {
        Self { view: Folded::start(staff.clone()), staff, socket: None, connecting: false, said: 0 }
    }
}

pub fn staff() -> Vec<Staff> {
    let member = |id: &str, role, groups: &[&str], cap| Staff {
        id: id.into(),
        login: id.into(),
        name: id.to_uppercase(),
        role,
        skill_groups: groups.iter().map(|group| (*group).into()).collect(),
        cap,
        floor: FloorId::default(),
    };
    vec![
        member("chen", Role::Agent, &["sales"], 1),
        member("lin", Role::Agent, &["sales", "after_sales"], 2),
        member("wu", Role::Supervisor, &["after_sales"], 2),
    ]
}

impl World {
    pub fn agent_acts(&mut self, agent: usize) {
        if self.quiet {
            return;
        }
        let pause = self.rng.between(500, 15_000) * self.pace / 100;
        self.after(pause, "agent", move |world| world.agent_acts(agent));
        if self.agents[agent].socket.is_none() {
            self.connect(agent);
            return;
        }
        if self.rng.hits(10) {
            self.socket_drops(agent);
            return;
        }
        let mine: Vec<TicketView> = self.agents[agent].view.snapshot().tickets;
        let mine: Vec<TicketView> = mine
            .into_iter()
            .filter(|ticket| {
                ticket.state == TicketState::Assigned
                    && ticket.agent.as_ref() == Some(&self.agents[agent].staff.id)
            })
            .collect();
        if !mine.is_empty() {
            let ticket = mine[self.rng.below(mine.len())].clone();
            self.reads(agent, ticket);
        }
    }

    pub fn connect(&mut self, agent: usize) {
        if self.agents[agent].connecting {
            return;
        }
        self.agents[agent].connecting = true;
        let (there, then) = (self.hop_ms(), self.hop_ms());
        self.after(there, "socket opens", move |world| {
            world.agents[agent].connecting = false;
            let number = world.socket_opens(agent);
            if !world.floor.sockets[number].open {
                return;
            }
            world.agents[agent].socket = Some(number);
            let since = world.agents[agent].view.since();
            world.after(then, "resume", move |world| world.socket_resumes(number, since));
        });
    }

    pub fn socket_drops(&mut self, agent: usize) {
        if let Some(number) = self.agents[agent].socket.take() {
            self.socket_closed(number);
            self.agent_loses_socket(agent);
        }
    }

    /// The console finds its socket gone and connects again, also in a quiet world.
    pub fn agent_loses_socket(&mut self, agent: usize) {
        self.agents[agent].socket = None;
        let pause = self.rng.between(200, 5_000);
        self.after(pause, "reconnect", move |world| {
            if world.agents[agent].socket.is_none() {
                world.connect(agent);
            }
        });
    }

    pub fn frame_arrives(&mut self, number: usize, frame: Frame) {
        let agent = self.floor.sockets[number].agent;
        if self.agents[agent].view.receive(&frame) {
            self.witness.see("gap");
            let since = self.agents[agent].view.since();
            let hop = self.hop_ms();
            self.after(hop, "resume", move |world| world.socket_resumes(number, since));
        }
    }

    fn reads(&mut self, agent: usize, ticket: TicketView) {
        let conversation =
            ConversationId { channel: ticket.channel.clone(), customer: ticket.customer.clone() };
        let viewer = self.agents[agent].staff.clone();
        let call = Call::Read { conversation, viewer, after: None, limit: 50 };
        self.ask(call, move |world, answered| {
            if let Some(Answered::View(view)) = answered {
                world.writes(agent, &ticket, *view);
            }
        });
    }

    /// Resolves, repeats what has trouble, or replies; now and then under a lease that is not theirs.
    fn writes(&mut self, agent: usize, ticket: &TicketView, view: View) {
        let mut claim = Claim {
            staff: self.agents[agent].staff.id.clone(),
            ticket: ticket.id.clone(),
            epoch: ticket.epoch,
        };
        match self.rng.below(40) {
            0 => claim.epoch = claim.epoch.saturating_sub(1),
            1 => claim.epoch += 1,
            2 => claim.ticket = TicketId("no such ticket".into()),
            _ => {}
        }
        if self.rng.hits(if self.pace < 100 { 80 } else { 250 }) {
            let last_seen_seq = view.last_seq.saturating_sub(u64::from(self.rng.hits(100)));
            let call = Call::Resolve { conversation: view.id, claim, last_seen_seq };
            self.resolves(call, TRIES);
            return;
        }
        let troubled = view.messages.iter().find_map(|message| match &message.body {
            Body::Agent { sending, .. } if matches!(sending.status, Status::Failed | Status::Uncertain) => {
                Some(message.seq)
            }
            _ => None,
        });
        let resend_of = troubled.filter(|_| self.rng.hits(500));
        self.replies(agent, view.id, claim, resend_of);
    }

    pub fn replies(
        &mut self,
        agent: usize,
        conversation: ConversationId,
        claim: Claim,
        resend_of: Option<u64>,
    ) -> String {
        self.agents[agent].said += 1;
        let client_id = format!("{}-{}", self.agents[agent].staff.id, self.agents[agent].said);
        let text = format!("回复 {client_id}");
        let reply = AgentReply {
            claim,
            client_id: ClientId(client_id),
            content: OutboundContent::Text { text: text.clone() },
            resend_of,
            wait: self.rng.hits(400),
            closing: self.rng.hits(100),
        };
        let terms = self.terms.clone();
        self.reply(Call::Reply { conversation, reply, terms }, TRIES);
        text
    }

    /// A console tries the same reply again until it hears something.
    fn reply(&mut self, call: Call, tries: u32) {
        let again = call.clone();
        let twice = self.faults_hit(|faults| faults.callback_twice);
        if twice {
            self.ask(call.clone(), |_, _| {});
        }
        self.ask(call, move |world, answered| match answered {
            Some(Answered::Accepted(Accepted { .. })) => {}
            Some(Answered::Rejected(Rejection::LeasePending)) | None if tries > 0 => {
                world.after(1_000, "reply again", move |world| world.reply(again, tries - 1));
            }
            _ => {}
        });
    }

    fn resolves(&mut self, call: Call, tries: u32) {
        let again = call.clone();
        self.ask(call, move |world, answered| {
            if answered.is_none() && tries > 0 {
                world.after(1_000, "resolve again", move |world| world.resolves(again, tries - 1));
            }
        });
    }
}
