//! What people do in a conversation: reply, resolve; and the lease that lets them.

use super::conversation::{
    Accepted, Body, Conversation, Message, Outcome, Rejection, Sending, Status, Ticket, Write,
};
use super::outbox::{Outbox, finish};
use super::window::Shut;
use crate::base::id::{ClientId, StaffId, TicketId};
use crate::base::message::OutboundContent;
use crate::base::turn::Turn;
use serde::{Deserialize, Serialize};

/// Who acts, and under which lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Who.
    pub staff: StaffId,
    /// On which ticket.
    pub ticket: TicketId,
    /// Under which lease.
    pub epoch: u64,
}

/// An agent's reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentReply {
    /// Who, and under which lease.
    pub claim: Claim,
    /// What makes a retry recognisable, together with the member of staff.
    pub client_id: ClientId,
    /// What they say.
    pub content: OutboundContent,
    /// The message this one repeats, by the agent's decision.
    pub resend_of: Option<u64>,
}

/// Accepts a reply, or says why not. A reply that was accepted before is recognised by the caller
/// (`store::conversation`), never decided twice.
pub fn reply(
    mut conversation: Conversation,
    outbox: Outbox,
    reply: AgentReply,
    turn: &Turn,
) -> Outcome<Result<Accepted, Rejection>> {
    if let Err(rejection) = check(&conversation, &reply.claim) {
        return Outcome::unchanged(Err(rejection));
    }
    let slot = match conversation.window.reserve(turn.now) {
        Ok(slot) => slot,
        Err(Shut::WindowClosed) => return Outcome::unchanged(Err(Rejection::WindowClosed)),
        Err(Shut::QuotaUsed) => return Outcome::unchanged(Err(Rejection::QuotaUsed)),
    };
    let seq = conversation.next_seq();
    if let Some(ticket) = conversation.open_ticket_mut() {
        ticket.waiting_since = None;
        ticket.unanswered = 0;
        ticket.trouble = ticket.trouble && reply.resend_of.is_none();
    }
    conversation.rev = conversation.rev.saturating_add(1);
    let mut after = outbox.clone();
    after.owe_send(seq, turn.now);
    after.owe_tell(turn.now);
    let message = Message {
        seq,
        at_ms: turn.now,
        body: Body::Agent {
            staff: reply.claim.staff,
            content: reply.content,
            client_id: reply.client_id,
            resend_of: reply.resend_of,
            sending: Sending { status: Status::Queued, reason: None, slot },
        },
    };
    let accepted = Accepted { seq, status: Status::Queued, quota: conversation.window.quota(turn.now) };
    let writes = vec![Write::Message(message), Write::Conversation(conversation)];
    finish(Ok(accepted), writes, &outbox, after)
}

/// Resolves the ticket: the bot answers again. Refused when the customer wrote what the agent has not seen.
pub fn resolve(
    mut conversation: Conversation,
    outbox: Outbox,
    claim: &Claim,
    last_seen_seq: u64,
    turn: &Turn,
) -> Outcome<Result<(), Rejection>> {
    let resolved_before = conversation.ticket.as_ref().is_some_and(|ticket| {
        ticket.closed && ticket.id == claim.ticket && ticket.staff.as_ref() == Some(&claim.staff)
    });
    if resolved_before {
        return Outcome::unchanged(Ok(()));
    }
    if let Err(rejection) = check(&conversation, claim) {
        return Outcome::unchanged(Err(rejection));
    }
    if conversation.last_inbound_seq > last_seen_seq {
        return Outcome::unchanged(Err(Rejection::NewMessages { last_seq: conversation.last_seq }));
    }
    if let Some(ticket) = conversation.open_ticket_mut() {
        ticket.closed = true;
        ticket.waiting_since = None;
        ticket.unanswered = 0;
        ticket.trouble = false;
    }
    conversation.rev = conversation.rev.saturating_add(1);
    conversation.question = None;
    let mut after = outbox.clone();
    after.owe_tell(turn.now);
    finish(Ok(()), vec![Write::Conversation(conversation)], &outbox, after)
}

/// Takes the floor's word on who has the ticket. An old lease, or one for another ticket, changes nothing.
pub fn lease(mut conversation: Conversation, claim: &Claim) -> Outcome<()> {
    match conversation.open_ticket_mut() {
        Some(ticket) if ticket.id == claim.ticket && ticket.epoch < claim.epoch => {
            ticket.epoch = claim.epoch;
            ticket.staff = Some(claim.staff.clone());
            Outcome { reply: (), writes: vec![Write::Conversation(conversation)] }
        }
        _ => Outcome::unchanged(()),
    }
}

/// The conversation is the only judge of a lease.
fn check(conversation: &Conversation, claim: &Claim) -> Result<(), Rejection> {
    let Some(Ticket { id, epoch, staff, .. }) = conversation.open_ticket() else {
        return Err(Rejection::NotAssigned);
    };
    if *id != claim.ticket {
        return Err(Rejection::NotAssigned);
    }
    match claim.epoch.cmp(epoch) {
        core::cmp::Ordering::Less => Err(Rejection::StaleLease { epoch: *epoch }),
        core::cmp::Ordering::Greater => Err(Rejection::LeasePending),
        core::cmp::Ordering::Equal if staff.as_ref() == Some(&claim.staff) => Ok(()),
        core::cmp::Ordering::Equal => Err(Rejection::NotAssigned),
    }
}
