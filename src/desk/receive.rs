//! The turn of an inbound message: one decision, made once.

use super::conversation::{
    Answer, Body, Carrier, Conversation, Message, Outcome, Question, Sending, Stage, Status, Ticket, Write,
};
use super::outbox::{Outbox, finish};
use crate::base::digest::hex;
use crate::base::id::TicketId;
use crate::base::limits::QUESTION_BYTES_MAX;
use crate::base::message::{Inbound, InboundContent, OutboundContent};
use crate::base::text::prefix_within;
use crate::base::time::TimeMs;
use crate::base::turn::Turn;
use crate::knowledge::proposal::{Decision, Evidence, Proposal};
use serde::{Deserialize, Serialize};

/// What the webhook is told: the decision, the same for every redelivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// How the answer travels.
    pub carrier: Carrier,
    /// The words to offer as the response; present when the carrier is passive.
    pub answer: Option<String>,
}

impl Received {
    /// The stored decision of an inbound that was seen before.
    pub fn again(message: Option<&Message>) -> Self {
        match message.map(|message| &message.body) {
            Some(Body::Customer { carrier, answer, .. }) => {
                Self { carrier: *carrier, answer: answer.as_ref().map(|answer| answer.text.clone()) }
            }
            // The message was purged before its ledger row: nothing is said twice.
            _ => Self { carrier: Carrier::None, answer: None },
        }
    }
}

/// Decides about an inbound that the ledger does not know.
///
/// `answer_by`: a passive answer decided later than this would not be heard.
pub fn receive(
    mut conversation: Conversation,
    outbox: Outbox,
    inbound: &Inbound,
    proposal: &Proposal,
    answer_by: TimeMs,
    turn: &Turn,
) -> Outcome<Received> {
    let seq = conversation.next_seq();
    // A time to come, from a clock that is ahead or a forger, would keep later messages from refilling the grant.
    conversation.window.open_by(&inbound.content, inbound.sent_at.min(turn.now), outbox.unsettled);
    if inbound.content == InboundContent::Unfollow {
        conversation.window.close();
    }
    if inbound.content.is_message() {
        conversation.last_inbound_seq = seq;
    }
    if is_question(&proposal.decision) {
        conversation.question = question(&inbound.content, proposal).or(conversation.question);
    }
    let mut after = outbox.clone();
    let intent = react(&mut conversation, inbound, proposal, turn);
    if intent.tell {
        conversation.rev = conversation.rev.saturating_add(1);
        after.owe_tell(turn.now);
    }
    let (carrier, answer, message) = carry(&mut conversation, intent, &mut after, answer_by, proposal, turn);
    let reply = Received { carrier, answer: answer.as_ref().map(|answer| answer.text.clone()) };
    let body = Body::Customer { content: inbound.content.clone(), carrier, answer };
    let mut writes = vec![
        Write::Ledger { key: inbound.key.clone(), seq, at: turn.now },
        Write::Message(Message { seq, at_ms: turn.now, body }),
    ];
    writes.extend(message.map(Write::Message));
    writes.push(Write::Conversation(conversation));
    finish(reply, writes, &outbox, after)
}

/// What the desk wants to do about an inbound.
#[derive(Default)]
struct Intent {
    say: Option<Answer>,
    to_people: bool,
    tell: bool,
}

/// Whose move it is decides what happens.
fn react(conversation: &mut Conversation, inbound: &Inbound, proposal: &Proposal, turn: &Turn) -> Intent {
    let stage = conversation.stage();
    let is_message = inbound.content.is_message();
    if let Some(ticket) = conversation.open_ticket_mut() {
        if is_message {
            ticket.waiting_since.get_or_insert(turn.now);
            ticket.unanswered = ticket.unanswered.saturating_add(1);
        }
        let asks_again = stage == Stage::Waiting && matches!(proposal.decision, Decision::Handoff { .. });
        let say = asks_again.then(|| fixed(&proposal.still_waiting_text));
        return Intent { say, to_people: is_message, tell: is_message };
    }
    match &proposal.decision {
        Decision::Ignore => Intent::default(),
        Decision::Answer { text, evidence } => {
            conversation.misses = 0;
            Intent { say: Some(sourced(text, evidence)), ..Intent::default() }
        }
        Decision::Greeting { text } | Decision::NotText { text } => {
            Intent { say: Some(fixed(text)), ..Intent::default() }
        }
        Decision::Suggest { text, .. } | Decision::Unsure { text } => {
            conversation.misses = conversation.misses.saturating_add(1);
            if conversation.misses >= proposal.misses_before_handoff {
                return hand_off(conversation, inbound, proposal, turn);
            }
            Intent { say: Some(fixed(text)), ..Intent::default() }
        }
        Decision::Handoff { .. } => hand_off(conversation, inbound, proposal, turn),
    }
}

/// Bot to people.
fn hand_off(conversation: &mut Conversation, inbound: &Inbound, proposal: &Proposal, turn: &Turn) -> Intent {
    conversation.misses = 0;
    let presses_more = conversation.question.as_ref().is_none_or(|asked| asked.urgency < proposal.urgency);
    if presses_more {
        conversation.question = question(&inbound.content, proposal).or(conversation.question.take());
    }
    open_ticket(conversation, proposal, turn);
    Intent { say: Some(fixed(&proposal.handoff_text)), to_people: true, tell: true }
}

/// Opens a ticket, filled in.
fn open_ticket(conversation: &mut Conversation, proposal: &Proposal, turn: &Turn) {
    let asked = conversation.question.clone();
    conversation.ticket = Some(Ticket {
        id: ticket_id(&turn.entropy),
        urgency: asked.as_ref().map_or(proposal.urgency, |asked| asked.urgency),
        skill_group: asked.as_ref().map_or(&proposal.skill_group, |asked| &asked.skill_group).clone(),
        question: asked.map(|asked| asked.text).unwrap_or_default(),
        opened_at: turn.now,
        epoch: 0,
        staff: None,
        waiting_since: Some(turn.now),
        unanswered: 1,
        trouble: false,
        closed: false,
    });
}

/// Chooses the carrier: passive while it can be heard, else a customer-service message while one may be sent,
/// else people.
fn carry(
    conversation: &mut Conversation,
    intent: Intent,
    outbox: &mut Outbox,
    answer_by: TimeMs,
    proposal: &Proposal,
    turn: &Turn,
) -> (Carrier, Option<Answer>, Option<Message>) {
    let silent = if intent.to_people { Carrier::Ticket } else { Carrier::None };
    let Some(say) = intent.say else { return (silent, None, None) };
    if turn.now < answer_by {
        return (Carrier::Passive, Some(say), None);
    }
    if let Ok(slot) = conversation.window.reserve(turn.now) {
        let seq = conversation.next_seq();
        outbox.owe_send(seq, turn.now);
        let body = Body::Bot {
            content: OutboundContent::Text { text: say.text },
            evidence: say.evidence,
            sending: Sending { status: Status::Queued, reason: None, slot },
        };
        return (Carrier::CustomerMessage, None, Some(Message { seq, at_ms: turn.now, body }));
    }
    if conversation.open_ticket().is_none() && say.evidence.is_some() {
        // Too late for the callback and no message left: a person must know of it.
        open_ticket(conversation, proposal, turn);
        conversation.rev = conversation.rev.saturating_add(1);
        outbox.owe_tell(turn.now);
        return (Carrier::Ticket, None, None);
    }
    (silent, None, None)
}

/// Whether the customer asked something, so that a ticket could bear it as its title.
const fn is_question(decision: &Decision) -> bool {
    matches!(decision, Decision::Answer { .. } | Decision::Suggest { .. } | Decision::Unsure { .. })
}

fn question(content: &InboundContent, proposal: &Proposal) -> Option<Question> {
    let (InboundContent::Text { text, .. } | InboundContent::Voice { recognition: Some(text), .. }) = content
    else {
        return None;
    };
    Some(Question {
        text: prefix_within(text.trim(), QUESTION_BYTES_MAX).to_owned(),
        urgency: proposal.urgency,
        skill_group: proposal.skill_group.clone(),
    })
}

fn fixed(text: &str) -> Answer {
    Answer { text: text.to_owned(), evidence: None }
}

fn sourced(text: &str, evidence: &Evidence) -> Answer {
    Answer { text: text.to_owned(), evidence: Some(evidence.clone()) }
}

/// A ticket's id: 16 hex digits of the turn's entropy.
fn ticket_id(entropy: &[u8; 32]) -> TicketId {
    TicketId(hex(entropy.first_chunk::<8>().unwrap_or(&[0; 8])))
}
