//! What a ticket is filled in with: the question it rests on, how that feels, who should take it.

use super::conversation::{Conversation, Question, Ticket};
use crate::base::digest::hex;
use crate::base::id::TicketId;
use crate::base::limits::QUESTION_BYTES_MAX;
use crate::base::message::InboundContent;
use crate::base::text::prefix_within;
use crate::base::turn::Turn;
use crate::knowledge::mood::raised;
use crate::knowledge::proposal::{Decision, Proposal, Urgency};

/// Whether the customer asked something, so that a ticket could bear it as its title.
pub(super) const fn is_question(decision: &Decision) -> bool {
    matches!(
        decision,
        Decision::Answer { .. } | Decision::Suggest { .. } | Decision::Which { .. } | Decision::Unsure { .. }
    )
}

/// What is asked now is what it is about; a message without words changes nothing.
pub(super) fn take_question(conversation: &mut Conversation, content: &InboundContent, proposal: &Proposal) {
    let asked = question(content, proposal, conversation);
    conversation.question = asked.or(conversation.question.take());
}

fn question(content: &InboundContent, proposal: &Proposal, conversation: &Conversation) -> Option<Question> {
    let text = match (&proposal.title, content) {
        (Some(title), _) => title,
        (None, InboundContent::Text { text, .. } | InboundContent::Voice { recognition: Some(text), .. }) => {
            text
        }
        _ => return None,
    };
    // What was missed before it is not over: asking again does not calm anybody.
    let before = conversation.question.as_ref().filter(|_| conversation.misses > 0);
    let mut mood = before.and_then(|asked| asked.mood.clone());
    raised(&mut mood, proposal.mood.as_deref());
    Some(Question {
        mood,
        text: prefix_within(text.trim(), QUESTION_BYTES_MAX).to_owned(),
        urgency: proposal.urgency,
        skill_group: proposal.skill_group.clone(),
        group_claimed: proposal.group_claimed,
    })
}

/// Opens a ticket, filled in. Without a proposal it rests on the question that is known.
pub(super) fn open_ticket(conversation: &mut Conversation, proposal: Option<&Proposal>, turn: &Turn) {
    conversation.dialogue = None;
    let asked = conversation.question.clone();
    let urgency = asked.as_ref().map(|asked| asked.urgency).or(proposal.map(|proposal| proposal.urgency));
    // What was chosen for good reason comes first: now, with the question, with where they came from.
    let now = proposal.map(|proposal| (&proposal.skill_group, proposal.group_claimed));
    let then = asked.as_ref().map(|asked| (&asked.skill_group, asked.group_claimed));
    let claimed =
        [now, then].into_iter().flatten().find(|(_, is_claimed)| *is_claimed).map(|(group, _)| group);
    let group = claimed.or(conversation.skill_group.as_ref()).or(then.or(now).map(|(group, _)| group));
    let mut mood = asked.as_ref().and_then(|asked| asked.mood.clone());
    raised(&mut mood, proposal.and_then(|proposal| proposal.mood.as_deref()));
    conversation.ticket = Some(Ticket {
        id: ticket_id(&turn.entropy),
        urgency: urgency.unwrap_or(Urgency::Normal),
        skill_group: group.cloned().unwrap_or_else(|| "".into()),
        question: asked.map(|asked| asked.text).unwrap_or_default(),
        opened_at: turn.now,
        epoch: 0,
        staff: None,
        waiting_since: Some(turn.now),
        unanswered: 1,
        trouble: false,
        closed: false,
        mood,
    });
}

/// A ticket's id: 16 hex digits of the turn's entropy.
fn ticket_id(entropy: &[u8; 32]) -> TicketId {
    TicketId(hex(entropy.first_chunk::<8>().unwrap_or(&[0; 8])))
}
