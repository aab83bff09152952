//! What people do in a conversation: reply, resolve; and the lease that lets them.

use super::conversation::{Accepted, Conversation, Outcome, Rejection, Ticket, Write};
use super::late::owe_notice;
use super::message::{Body, Message, Reason, Sending, Status};
use super::outbox::{Outbox, finish};
use super::terms::Terms;
use super::window::{Shut, Slot};
use crate::base::id::{ClientId, StaffId, TicketId};
use crate::base::limits::{JOIN_WHEN_LEFT, WAITING_MAX};
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resend_of: Option<u64>,
    /// Whether it may wait for the customer's next word when it cannot be sent now.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub wait: bool,
    /// Whether it closes the conversation, and so may take the place that is kept back.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub closing: bool,
}

/// The way an accepted reply goes.
enum Way {
    /// It has its place.
    Placed(Slot),
    /// It goes out together with the message of this number.
    Joined(u64),
    /// It waits: for its turn behind others that wait, or for this reason.
    Waiting(Option<Reason>),
}

/// Accepts a reply, or says why not. A reply that was accepted before is recognised by the caller
/// (`store::conversation`), never decided twice.
pub fn reply(
    mut conversation: Conversation,
    outbox: Outbox,
    reply: AgentReply,
    terms: &Terms,
    turn: &Turn,
) -> Outcome<Result<Accepted, Rejection>> {
    if let Err(rejection) = check(&conversation, &reply.claim) {
        return Outcome::unchanged(Err(rejection));
    }
    let mut after = outbox.clone();
    let seq = conversation.last_seq.saturating_add(1);
    let way = match choose_way(&mut conversation, &mut after, &reply, seq, terms, turn) {
        Ok(way) => way,
        Err(rejection) => return Outcome::unchanged(Err(rejection)),
    };
    let mut writes = Vec::new();
    let mut sending = Sending::accepted(None);
    match way {
        Way::Placed(slot) => {
            sending.slot = Some(slot);
            let seq = conversation.next_seq();
            after.owe_send(seq, turn.now);
            hold_for_more(&conversation, &mut after, &reply, seq, terms, turn);
        }
        Way::Joined(to) => {
            sending.joined_to = Some(to);
            conversation.next_seq();
        }
        Way::Waiting(reason) => {
            if reason.is_some() {
                sending.status = Status::Waiting;
                sending.reason = reason;
                writes.extend(owe_notice(&mut conversation, &mut after, terms, turn).map(Write::Message));
            }
            let seq = conversation.next_seq();
            after.owe_send_without_place(seq, turn.now);
        }
    }
    if let Some(ticket) = conversation.open_ticket_mut() {
        ticket.waiting_since = None;
        ticket.unanswered = 0;
        ticket.trouble = ticket.trouble && reply.resend_of.is_none();
    }
    conversation.rev = conversation.rev.saturating_add(1);
    after.owe_tell(turn.now);
    let seq = conversation.last_seq;
    let accepted = Accepted { seq, status: sending.status, quota: conversation.window.quota(turn.now) };
    let body = Body::Agent {
        staff: reply.claim.staff,
        content: reply.content,
        client_id: reply.client_id,
        resend_of: reply.resend_of,
        sending,
    };
    writes.push(Write::Message(Message { seq, at_ms: turn.now, body }));
    writes.push(Write::Conversation(Box::new(conversation)));
    finish(Ok(accepted), writes, &outbox, after)
}

/// In order: what waits already goes first; a line joins the one that is held for it; then whoever has a place.
fn choose_way(
    conversation: &mut Conversation,
    after: &mut Outbox,
    reply: &AgentReply,
    seq: u64,
    terms: &Terms,
    turn: &Turn,
) -> Result<Way, Rejection> {
    if !terms.rules.customer_messages {
        return Err(Rejection::NoCustomerMessages);
    }
    if after.waiting >= WAITING_MAX {
        return Err(Rejection::TooManyWaiting);
    }
    if let OutboundContent::Text { text } = &reply.content
        && let Some(to) = after.join(seq, &reply.claim.staff, text.len(), turn.now)
    {
        return Ok(Way::Joined(to));
    }
    if conversation.gone {
        return Err(Rejection::WindowClosed);
    }
    let waits = |reason, rejection| if reply.wait { Ok(Way::Waiting(Some(reason))) } else { Err(rejection) };
    if conversation.native.is_some() {
        return waits(Reason::NativeSession, Rejection::NativeSession);
    }
    let kept_back = if reply.closing { 0 } else { terms.rules.kept_back };
    let mut window = conversation.window;
    match window.reserve(turn.now, kept_back) {
        Ok(_) if after.send.as_ref().is_some_and(|send| send.parked) => {
            waits(Reason::QuotaUsed, Rejection::QuotaUsed)
        }
        Ok(_) if after.waiting > 0 => Ok(Way::Waiting(None)),
        Ok(slot) => {
            conversation.window = window;
            Ok(Way::Placed(slot))
        }
        Err(Shut::WindowClosed) => waits(Reason::WindowClosed, Rejection::WindowClosed),
        Err(Shut::QuotaUsed) => waits(Reason::QuotaUsed, Rejection::QuotaUsed),
    }
}

/// When few places are left, a line waits a moment for the next one of the same person.
fn hold_for_more(
    conversation: &Conversation,
    after: &mut Outbox,
    reply: &AgentReply,
    seq: u64,
    terms: &Terms,
    turn: &Turn,
) {
    let OutboundContent::Text { text } = &reply.content else { return };
    let left = conversation.window.quota(turn.now).map_or(0, |quota| quota.left);
    let is_low = left.saturating_sub(terms.rules.kept_back) < JOIN_WHEN_LEFT;
    if is_low && !reply.closing {
        after.gather(seq, &reply.claim.staff, text.len(), turn.now);
    }
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
    finish(Ok(()), vec![Write::Conversation(Box::new(conversation))], &outbox, after)
}

/// Takes the floor's word on who has the ticket. An old lease, or one for another ticket, changes nothing.
pub fn lease(mut conversation: Conversation, claim: &Claim) -> Outcome<()> {
    match conversation.open_ticket_mut() {
        Some(ticket) if ticket.id == claim.ticket && ticket.epoch < claim.epoch => {
            ticket.epoch = claim.epoch;
            ticket.staff = Some(claim.staff.clone());
            Outcome { reply: (), writes: vec![Write::Conversation(Box::new(conversation))] }
        }
        _ => Outcome::unchanged(()),
    }
}

/// The conversation is the only judge of a lease.
pub(crate) fn check(conversation: &Conversation, claim: &Claim) -> Result<(), Rejection> {
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
