//! Answers that are not ready when the callback must be answered.
//!
//! A question that the cheap tier is unsure of is put to a slower one. Until [`HAND_OVER_MS`] after it came, each
//! delivery of the callback may take the answer along; whichever does decides the carrier. After that the answer
//! leaves as a customer-service message; where none can be sent, or none comes in time, people take the question.
//! Each question leaves `pending` once, in a turn of its conversation.

use super::conversation::{Conversation, Outcome, Stage, Write};
use super::ending::backoff_ms;
use super::errand::{Errand, Task};
use super::message::{Answer, Body, Carrier, LostReason, Media, Message, Receipt, Sending};
use super::opening::open_ticket;
use super::outbox::{Outbox, finish};
use super::pending::{Pending, Step};
use super::receive::{Received, fall_back};
use super::terms::{Arrival, Terms};
use crate::base::limits::{
    ERRAND_ATTEMPTS_MAX, ERRAND_MS_MAX, HAND_OVER_GRACE_MS, HAND_OVER_MS, NOTICE_EVERY_MS,
};
use crate::base::message::OutboundContent;
use crate::base::time::TimeMs;
use crate::base::turn::Turn;
use crate::knowledge::proposal::Proposal;
use crate::knowledge::signal::Sign;
use serde::{Deserialize, Serialize};

/// A question that a slower tier is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// What the cheap tier would have done: what is done when the slower one knows nothing either.
    pub proposal: Proposal,
    /// No carrier has been chosen yet: a delivery may take the answer along.
    pub pending: bool,
    /// When deliveries no longer may.
    pub hand_over_at: TimeMs,
    /// When people take the question.
    pub give_up_at: TimeMs,
    /// The answer, waiting for a delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

/// What the slower tier said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// An answer.
    Answer(Answer),
    /// It knows none.
    Nothing,
    /// It could not be asked, or its answer could not be read.
    Failed,
}

impl Ask {
    /// Asks about a message that has just come.
    pub fn new(proposal: &Proposal, arrival: &Arrival, slow_ms: i64, terms: &Terms, turn: &Turn) -> Self {
        let give_up_at = arrival.received_at.max(turn.now) + slow_ms;
        Self {
            proposal: proposal.clone(),
            pending: terms.rules.passive,
            hand_over_at: (arrival.received_at + HAND_OVER_MS).min(give_up_at),
            give_up_at,
            answer: None,
        }
    }

    /// When it must be looked at next, whatever the slower tier does. A delivery that waits goes first: it can say
    /// something.
    fn deadline(&self) -> TimeMs {
        if self.pending { self.hand_over_at + HAND_OVER_GRACE_MS } else { self.give_up_at }
    }
}

/// What to do about the first errand that is due; `None` when none is.
pub(super) fn errand_step(found: &Pending, terms: &Terms, turn: &Turn) -> Option<Step> {
    let errand = found.outbox.errands.iter().find(|errand| errand.due_at <= turn.now)?;
    if !errand.is_report() {
        let Some(message) = found.asked.clone().filter(|message| message.seq == errand.seq) else {
            // The message was purged before its errand was done.
            return Some(Step::Ended(vec![dropped(found.outbox.clone(), errand.seq, &errand.task)]));
        };
        if let Some(ask) = errand.ask() {
            if turn.now >= ask.deadline() {
                return Some(Step::Ended(overdue(found, message, terms, turn)));
            }
        } else if errand.attempt >= ERRAND_ATTEMPTS_MAX && !errand.is_lasting() {
            return Some(Step::Ended(abandoned(found, message, errand)));
        }
    }
    let mut outbox = found.outbox.clone();
    let mut begun = errand.clone();
    if let Some(own) = outbox.errands.iter_mut().find(|own| own.seq == errand.seq && own.task == errand.task)
    {
        own.attempt = own.attempt.saturating_add(1);
        own.due_at = errand.ask().map_or(turn.now + ERRAND_MS_MAX, Ask::deadline);
        begun = own.clone();
    }
    Some(Step::Errand(Box::new(begun), vec![outbox.into_write()]))
}

/// A redelivery, or a delivery that has waited, looks whether there is an answer to take along.
pub fn collect(
    mut conversation: Conversation,
    outbox: Outbox,
    message: Message,
    arrival: &Arrival,
    terms: &Terms,
    turn: &Turn,
) -> Outcome<Received> {
    let mut after = outbox.clone();
    let Some(ask) = pending_ask(&mut after, message.seq) else {
        return Outcome::unchanged(Received::again(Some(&message)));
    };
    forget_overtaken(ask, &conversation);
    let is_heard = turn.now < arrival.answer_by;
    match ask.answer.take() {
        Some(answer) if is_heard => {
            forget(&mut after, message.seq);
            let message = offered(message, answer, turn.now);
            let reply = Received::again(Some(&message));
            finish(reply, vec![Write::Message(message)], &outbox, after)
        }
        answer if turn.now >= ask.hand_over_at => {
            ask.answer = answer;
            let mut writes = Vec::new();
            let heard = is_heard.then_some(turn.now);
            let message = hand_over(&mut conversation, &mut after, message, heard, terms, turn, &mut writes);
            let reply = Received::again(Some(&message));
            writes.extend([Write::Message(message), Write::Conversation(Box::new(conversation))]);
            finish(reply, writes, &outbox, after)
        }
        _ => Outcome::unchanged(Received { carrier: Carrier::Pending, answer: None }),
    }
}

/// The time of a question is over: for deliveries, or altogether.
fn overdue(found: &Pending, message: Message, terms: &Terms, turn: &Turn) -> Vec<Write> {
    let (mut conversation, mut outbox) = (found.conversation.clone(), found.outbox.clone());
    let mut writes = Vec::new();
    let message = hand_over(&mut conversation, &mut outbox, message, None, terms, turn, &mut writes);
    writes.extend([
        Write::Message(message),
        Write::Conversation(Box::new(conversation)),
        outbox.into_write(),
    ]);
    writes
}

/// What the slower tier said about message `seq`. Nothing is written when nobody waits for it any more.
pub fn said(found: &Pending, seq: u64, said: Said, terms: &Terms, turn: &Turn) -> Vec<Write> {
    let (mut conversation, mut outbox) = (found.conversation.clone(), found.outbox.clone());
    let Some(message) = found.asked.clone().filter(|message| message.seq == seq) else { return Vec::new() };
    let Some(errand) = outbox.errands.iter_mut().find(|errand| errand.seq == seq && errand.ask().is_some())
    else {
        return Vec::new();
    };
    if said == Said::Failed && errand.attempt < ERRAND_ATTEMPTS_MAX {
        let Some(ask) = errand.ask() else { return Vec::new() };
        errand.due_at = (turn.now + backoff_ms(errand.attempt)).min(ask.deadline());
        return vec![outbox.into_write()];
    }
    let Task::Ask(ask) = &mut errand.task else { return Vec::new() };
    let proposal = ask.proposal.clone();
    let is_bots = conversation.stage() == Stage::Bot && conversation.native.is_none();
    let (mut tell, mut became) = (false, None);
    let answer = match said {
        _ if !is_bots => None,
        Said::Answer(answer) => {
            conversation.misses = 0;
            became = Some(Sign::AnsweredLate);
            Some(answer)
        }
        Said::Nothing | Said::Failed => {
            let (answer, opened) = fall_back(&mut conversation, &proposal, turn);
            tell = opened;
            became = opened.then_some(Sign::HandedOff);
            answer
        }
    };
    let mut writes = Vec::new();
    let message = match answer {
        Some(answer) if ask.pending && turn.now < ask.hand_over_at => {
            ask.answer = Some(answer);
            errand.due_at = ask.hand_over_at + HAND_OVER_GRACE_MS;
            decided(message, turn.now)
        }
        Some(answer) => {
            forget(&mut outbox, seq);
            carry_late(&mut conversation, &mut outbox, message, answer, terms, turn, &mut writes)
        }
        // People have the customer meanwhile.
        None => {
            forget(&mut outbox, seq);
            with_carrier(message, Carrier::Ticket, turn.now)
        }
    };
    if tell {
        conversation.rev = conversation.rev.saturating_add(1);
        outbox.owe_tell(turn.now);
    }
    if let Some(sign) = became {
        outbox.owe_later(&conversation, seq, sign, turn);
    }
    writes.extend([
        Write::Message(message),
        Write::Conversation(Box::new(conversation)),
        outbox.into_write(),
    ]);
    writes
}

/// Deliveries no longer carry the answer. `heard`: this one still can carry words.
fn hand_over(
    conversation: &mut Conversation,
    outbox: &mut Outbox,
    message: Message,
    heard: Option<TimeMs>,
    terms: &Terms,
    turn: &Turn,
    writes: &mut Vec<Write>,
) -> Message {
    let seq = message.seq;
    let Some(errand) = outbox.errands.iter_mut().find(|errand| errand.seq == seq && errand.ask().is_some())
    else {
        return message;
    };
    let Task::Ask(ask) = &mut errand.task else { return message };
    let proposal = ask.proposal.clone();
    forget_overtaken(ask, conversation);
    if let Some(answer) = ask.answer.take() {
        forget(outbox, seq);
        return carry_late(conversation, outbox, message, answer, terms, turn, writes);
    }
    if conversation.stage() != Stage::Bot || conversation.native.is_some() {
        forget(outbox, seq);
        return with_carrier(message, Carrier::Ticket, turn.now);
    }
    let may_write = terms.rules.customer_messages
        && conversation.window.quota(turn.now).is_some_and(|quota| quota.left > terms.rules.kept_back);
    if ask.pending && may_write && turn.now < ask.give_up_at {
        ask.pending = false;
        errand.due_at = ask.give_up_at;
        return with_carrier(message, Carrier::CustomerMessage, turn.now);
    }
    forget(outbox, seq);
    open_ticket(conversation, Some(&proposal), turn);
    outbox.owe_later(conversation, seq, Sign::HandedOff, turn);
    conversation.rev = conversation.rev.saturating_add(1);
    outbox.owe_tell(turn.now);
    let words = Answer::fixed(&proposal.handoff_text);
    match heard {
        Some(now) => offered(message, words, now),
        None => carry_late(conversation, outbox, message, words, terms, turn, writes),
    }
}

/// An answer that nobody has taken along yet is not said once people have the customer; their own words are.
fn forget_overtaken(ask: &mut Ask, conversation: &Conversation) {
    let is_bots = conversation.stage() == Stage::Bot && conversation.native.is_none();
    ask.answer.take_if(|answer| !is_bots && answer.text != ask.proposal.handoff_text);
}

/// By a customer-service message while one may be sent, else people, who are told.
fn carry_late(
    conversation: &mut Conversation,
    outbox: &mut Outbox,
    message: Message,
    answer: Answer,
    terms: &Terms,
    turn: &Turn,
    writes: &mut Vec<Write>,
) -> Message {
    if let Some(sent) = send_late(conversation, outbox, message.seq, answer, terms, turn) {
        writes.push(Write::Message(sent));
        return with_carrier(message, Carrier::CustomerMessage, turn.now);
    }
    if conversation.open_ticket().is_none() && !conversation.gone {
        open_ticket(conversation, None, turn);
        conversation.rev = conversation.rev.saturating_add(1);
        outbox.owe_tell(turn.now);
    }
    writes.extend(owe_notice(conversation, outbox, terms, turn).map(Write::Message));
    with_carrier(message, Carrier::Ticket, turn.now)
}

/// A customer-service message of the bot in answer to message `answers`, if one may be sent.
pub(super) fn send_late(
    conversation: &mut Conversation,
    outbox: &mut Outbox,
    answers: u64,
    answer: Answer,
    terms: &Terms,
    turn: &Turn,
) -> Option<Message> {
    let is_blocked = outbox.send.as_ref().is_some_and(|send| send.parked);
    if !terms.rules.customer_messages || conversation.gone || conversation.native.is_some() || is_blocked {
        return None;
    }
    let slot = conversation.window.reserve(turn.now, terms.rules.kept_back).ok()?;
    let seq = conversation.next_seq();
    outbox.owe_send(seq, turn.now);
    let body = Body::Bot {
        evidence: answer.evidence.clone(),
        content: answer.content(terms.rules.menus),
        answers: Some(answers),
        code: None,
        sending: Sending::accepted(Some(slot)),
    };
    Some(Message { seq, at_ms: turn.now, body })
}

/// Owes the customer a notice that something waits for them, where the channel has one and none is under way.
pub(super) fn owe_notice(
    conversation: &mut Conversation,
    outbox: &mut Outbox,
    terms: &Terms,
    turn: &Turn,
) -> Option<Message> {
    let notice = terms.notice.as_ref()?;
    if outbox.send.as_ref().is_some_and(|send| send.parked) {
        // It would stand behind what waits, and go out after the customer is back.
        return None;
    }
    if conversation.gone || conversation.noticed_at.is_some_and(|at| turn.now - at < NOTICE_EVERY_MS) {
        return None;
    }
    conversation.noticed_at = Some(turn.now);
    let seq = conversation.next_seq();
    outbox.owe_send_without_place(seq, turn.now);
    let body = Body::Bot {
        content: filled(notice, conversation),
        evidence: None,
        answers: None,
        code: None,
        sending: Sending::accepted(None),
    };
    Some(Message { seq, at_ms: turn.now, body })
}

/// The notice with the customer's own question in it.
fn filled(notice: &OutboundContent, conversation: &Conversation) -> OutboundContent {
    let question = conversation.question.as_ref().map_or("", |question| question.text.as_str());
    match notice.clone() {
        OutboundContent::Notice { template, mut values, page } => {
            for value in values.values_mut() {
                *value = value.replace("{question}", question);
            }
            OutboundContent::Notice { template, values, page }
        }
        other => other,
    }
}

/// What came of fetching the file of message `seq`.
pub fn fetched(found: &Pending, seq: u64, media: Media, turn: &Turn) -> Vec<Write> {
    let Some(mut message) = found.asked.clone().filter(|message| message.seq == seq) else {
        return Vec::new();
    };
    let is_owed = found.outbox.errands.iter().any(|errand| errand.seq == seq && errand.task == Task::Fetch);
    let Body::Customer { media: slot, content, .. } = &mut message.body else { return Vec::new() };
    if !is_owed || *content == crate::base::message::InboundContent::Erased {
        return Vec::new();
    }
    if media == Media::Fetching {
        return failed(found, seq, &Task::Fetch, turn);
    }
    *slot = Some(media);
    vec![Write::Message(message), dropped(found.outbox.clone(), seq, &Task::Fetch)]
}

/// An errand that needs no record is done.
pub fn done(found: &Pending, seq: u64, task: &Task) -> Vec<Write> {
    vec![dropped(found.outbox.clone(), seq, task)]
}

/// An attempt at an errand failed: it is tried again after a while.
pub fn failed(found: &Pending, seq: u64, task: &Task, turn: &Turn) -> Vec<Write> {
    let mut outbox = found.outbox.clone();
    let Some(errand) = outbox.errands.iter_mut().find(|errand| errand.seq == seq && errand.task == *task)
    else {
        return Vec::new();
    };
    errand.due_at = turn.now + backoff_ms(errand.attempt);
    vec![outbox.into_write()]
}

/// Tried often enough.
fn abandoned(found: &Pending, mut message: Message, errand: &Errand) -> Vec<Write> {
    let mut writes = Vec::new();
    if let (Task::Fetch, Body::Customer { media, .. }) = (&errand.task, &mut message.body) {
        *media = Some(Media::Lost { reason: LostReason::GaveUp });
        writes.push(Write::Message(message));
    }
    writes.push(dropped(found.outbox.clone(), errand.seq, &errand.task));
    writes
}

fn dropped(mut outbox: Outbox, seq: u64, task: &Task) -> Write {
    outbox.errands.retain(|errand| errand.seq != seq || errand.task != *task);
    outbox.into_write()
}

fn pending_ask(outbox: &mut Outbox, seq: u64) -> Option<&mut Ask> {
    outbox.errands.iter_mut().filter(|errand| errand.seq == seq).find_map(|errand| match &mut errand.task {
        Task::Ask(ask) if ask.pending => Some(ask.as_mut()),
        _ => None,
    })
}

/// The question of message `seq` has its end.
fn forget(outbox: &mut Outbox, seq: u64) {
    outbox.errands.retain(|errand| errand.seq != seq || errand.ask().is_none());
}

/// A delivery takes the answer along.
fn offered(mut message: Message, words: Answer, now: TimeMs) -> Message {
    if let Body::Customer { carrier, answer, receipt, .. } = &mut message.body {
        *carrier = Carrier::Passive;
        *answer = Some(words);
        if let Some(receipt) = receipt {
            receipt.decided_at_ms.get_or_insert(now);
            receipt.offered_at_ms = Some(now);
        }
    }
    message
}

/// The carrier is chosen, once.
fn with_carrier(message: Message, chosen: Carrier, now: TimeMs) -> Message {
    let mut message = decided(message, now);
    if let Body::Customer { carrier, .. } = &mut message.body
        && *carrier == Carrier::Pending
    {
        *carrier = chosen;
    }
    message
}

fn decided(mut message: Message, now: TimeMs) -> Message {
    if let Body::Customer { receipt: Some(Receipt { decided_at_ms, .. }), .. } = &mut message.body {
        decided_at_ms.get_or_insert(now);
    }
    message
}
