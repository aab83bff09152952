//! The turn of an inbound message: one decision, made once.

use super::conversation::{Conversation, Origin, Outcome, Stage, Write};
use super::dialogue::{follow, is_asking};
use super::ending::reason_of;
use super::errand::{Errand, Task};
use super::heard::{hear, is_thumb};
use super::late::{Ask, send_late};
use super::message::{Answer, Body, Carrier, LostReason, Media, Message, Receipt, Sending, Status};
use super::opening::{is_question, open_ticket, take_question};
use super::outbox::{Outbox, finish};
use super::terms::{Arrival, Terms};
use crate::base::channel::ChannelKind;
use crate::base::id::InboundKey;
use crate::base::limits::{ASKS_MAX, CONSENTS_MAX, ERRANDS_MAX, NATIVE_MS_MAX, ORIGINS_MAX};
use crate::base::message::{Inbound, InboundContent};
use crate::base::turn::Turn;
use crate::knowledge::mood::Mood;
use crate::knowledge::proposal::{Decision, Evidence, Proposal};
use serde::{Deserialize, Serialize};

/// What the webhook is told: the decision, the same for every redelivery once there is one.
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
                let words = answer.as_ref().filter(|_| *carrier == Carrier::Passive);
                Self { carrier: *carrier, answer: words.map(|answer| answer.text.clone()) }
            }
            // The message was purged before its ledger row: nothing is said twice.
            _ => Self { carrier: Carrier::None, answer: None },
        }
    }
}

/// Which earlier message an inbound is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// The one of this number.
    Seq(u64),
    /// The one this key recognises.
    Key(InboundKey),
}

impl About {
    /// What has to be loaded before [`receive`] can judge `content`.
    pub fn of(content: &InboundContent) -> Option<Self> {
        match content {
            InboundContent::Recall { recalled } => Some(Self::Key(recalled.clone())),
            InboundContent::SendFailed { id, .. } => {
                id.split_once('-').and_then(|(seq, _)| seq.parse().ok()).map(Self::Seq)
            }
            _ => None,
        }
    }
}

/// What comes along with an inbound.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// What the edge thinks of it.
    pub proposal: &'a Proposal,
    /// When it came.
    pub arrival: &'a Arrival,
    /// What the channel allows.
    pub terms: &'a Terms,
}

/// Decides about an inbound that the ledger does not know. `about`: the earlier message that it is about.
pub fn receive(
    mut conversation: Conversation,
    outbox: Outbox,
    inbound: &Inbound,
    about: Option<Message>,
    context: Context<'_>,
    turn: &Turn,
) -> Outcome<Received> {
    let Context { arrival, terms, .. } = context;
    let seq = conversation.next_seq();
    let mut after = outbox.clone();
    let mut writes = vec![Write::Ledger { key: inbound.key.clone(), seq, at: turn.now }];
    note(&mut conversation, &mut after, inbound, seq, terms, turn, &mut writes);
    writes.extend(amended(&mut conversation, &mut after, inbound, about, turn).map(Write::Message));
    let is_bots = conversation.is_bots();
    let intent = react(&mut conversation, &after, inbound, context, turn);
    if is_bots {
        let to_people = conversation.open_ticket().is_some();
        let signals = hear(&mut conversation, inbound, context.proposal, to_people, turn);
        after.owe_signals(seq, signals, turn);
    }
    if intent.tell {
        conversation.rev = conversation.rev.saturating_add(1);
        after.owe_tell(turn.now);
    }
    let mut receipt = Receipt {
        received_at_ms: arrival.received_at,
        verified_at_ms: arrival.verified_at,
        decided_at_ms: Some(turn.now),
        offered_at_ms: None,
    };
    let (carrier, answer, message) = if let Some(ask) = intent.ask {
        receipt.decided_at_ms = None;
        let carrier = if ask.pending { Carrier::Pending } else { Carrier::CustomerMessage };
        after.errands.push(Errand::new(seq, Task::Ask(Box::new(ask)), turn.now));
        (carrier, None, None)
    } else {
        carry(&mut conversation, intent, &mut after, inbound, context, turn)
    };
    if carrier == Carrier::Passive {
        receipt.offered_at_ms = Some(turn.now);
    }
    let has_room = after.errands.iter().filter(|errand| !errand.is_report()).count() < ERRANDS_MAX;
    let fetched = if has_room { Media::Fetching } else { Media::Lost { reason: LostReason::GaveUp } };
    let media = inbound.content.has_file().then_some(fetched);
    if media == Some(Media::Fetching) {
        after.errands.push(Errand::new(seq, Task::Fetch, turn.now));
    }
    if conversation.open_ticket().is_some() && !conversation.identified {
        // Who they are matters once people deal with them; it is asked once.
        conversation.identified = true;
        after.errands.push(Errand::new(seq, Task::Identify, turn.now));
    }
    let reply = Received { carrier, answer: answer.as_ref().map(|answer| answer.text.clone()) };
    let content = inbound.content.clone();
    let mood = context.proposal.mood.clone();
    let body = Body::Customer { content, carrier, answer, receipt: Some(receipt), media, mood };
    writes.push(Write::Message(Message { seq, at_ms: turn.now, body }));
    writes.extend(message.map(Write::Message));
    writes.push(Write::Conversation(Box::new(conversation)));
    finish(reply, writes, &outbox, after)
}

/// What an inbound changes in what we know and may do, whoever's move it is.
fn note(
    conversation: &mut Conversation,
    outbox: &mut Outbox,
    inbound: &Inbound,
    seq: u64,
    terms: &Terms,
    turn: &Turn,
    writes: &mut Vec<Write>,
) {
    let kind = terms.rules.kind;
    // A time to come, from a clock that is ahead or a forger, would keep later messages from refilling the grant.
    let sent_at = inbound.sent_at.min(turn.now);
    conversation.window.open_by(kind, &inbound.content, sent_at, outbox.unsettled);
    if inbound.content.is_message() {
        conversation.last_inbound_seq = seq;
        conversation.noticed_at = None;
        conversation.gone = false;
        let is_stale = conversation.native_at.is_none_or(|at| turn.now - at > NATIVE_MS_MAX);
        if kind != ChannelKind::Kefu || is_stale {
            // While its own agents have a customer, WeChat gives us nothing they say (protocol 3.4). WeCom does; there
            // the gate before a send asks who has them, so that forgetting it here sends nothing too much.
            conversation.native = None;
        }
    }
    match &inbound.content {
        InboundContent::Unfollow | InboundContent::Revoke { .. } => {
            erase(conversation, outbox, seq, turn);
            writes.push(Write::Erase);
        }
        InboundContent::NativeSession { open, agent } => {
            conversation.native = open.then(|| agent.clone());
            conversation.native_at = Some(turn.now);
        }
        InboundContent::NativeReply { .. } => conversation.native_at = Some(turn.now),
        InboundContent::Consent { template, allowed } => {
            let is_new = !conversation.consents.contains_key(template);
            if !is_new || conversation.consents.len() < CONSENTS_MAX {
                let count = conversation.consents.entry(template.clone()).or_default();
                *count = if *allowed { count.saturating_add(1) } else { 0 };
            }
        }
        InboundContent::Follow { scene } => came(conversation, "follow", scene.as_deref(), turn),
        InboundContent::Scan { scene } => came(conversation, "scan", Some(scene), turn),
        InboundContent::Enter { scene, .. } => came(conversation, "enter", scene.as_deref(), turn),
        _ => {}
    }
    outbox.unpark(conversation, terms.rules.kept_back, turn.now);
}

/// What the customer leaves behind is forgotten, and nothing reaches them any more (protocol 2.3).
fn erase(conversation: &mut Conversation, outbox: &mut Outbox, seq: u64, turn: &Turn) {
    conversation.window.close();
    conversation.gone = true;
    conversation.question = None;
    conversation.dialogue = None;
    conversation.asked = None;
    conversation.origins.clear();
    conversation.skill_group = None;
    conversation.identified = false;
    conversation.consents.clear();
    if let Some(ticket) = conversation.ticket.as_mut() {
        ticket.question.clear();
        ticket.mood = None;
        conversation.rev = conversation.rev.saturating_add(1);
        outbox.owe_tell(turn.now);
    }
    let all = [Task::DeleteFiles, Task::Forget];
    outbox.errands = all.map(|task| Errand::new(seq, task, turn.now)).to_vec();
    if let Some(send) = outbox.send.as_mut().filter(|send| send.attempting.is_none()) {
        send.due_at = turn.now;
    }
}

/// Where the customer came from: the first time is kept, and the newest ones.
fn came(conversation: &mut Conversation, by: &str, scene: Option<&str>, turn: &Turn) {
    conversation.gone = false;
    if conversation.origins.len() >= ORIGINS_MAX {
        conversation.origins.remove(1);
    }
    let scene = scene.filter(|scene| !scene.is_empty()).map(str::to_owned);
    conversation.origins.push(Origin { at_ms: turn.now, by: by.to_owned(), scene });
}

/// The earlier message as it is after what the inbound says of it.
fn amended(
    conversation: &mut Conversation,
    outbox: &mut Outbox,
    inbound: &Inbound,
    about: Option<Message>,
    turn: &Turn,
) -> Option<Message> {
    let mut message = about?;
    match (&inbound.content, &mut message.body) {
        (InboundContent::Recall { .. }, Body::Customer { content, media, mood, .. }) => {
            *content = InboundContent::Erased;
            *media = None;
            if mood.take().is_some() && conversation.forget_mood_words() {
                conversation.rev = conversation.rev.saturating_add(1);
                outbox.owe_tell(turn.now);
            }
            let seq = message.seq;
            conversation.asked.take_if(|last| last.asked.seq == seq);
            outbox.owe_taken_back(&message, turn);
        }
        (InboundContent::SendFailed { reason, .. }, body) => {
            let sending = body.sending_mut().filter(|sending| sending.status != Status::Failed)?;
            sending.status = Status::Failed;
            sending.reason = Some(reason_of(*reason));
            let is_answer = matches!(body, Body::Bot { answers: Some(_), code: None, .. });
            if is_answer && conversation.stage() == Stage::Bot && !conversation.gone {
                open_ticket(conversation, None, turn);
                conversation.rev = conversation.rev.saturating_add(1);
                outbox.owe_tell(turn.now);
            } else if let Some(ticket) = conversation.ticket.as_mut() {
                ticket.trouble = true;
                conversation.rev = conversation.rev.saturating_add(1);
                outbox.owe_tell(turn.now);
            }
        }
        _ => return None,
    }
    Some(message)
}

/// What the desk wants to do about an inbound.
#[derive(Default)]
struct Intent {
    say: Option<Answer>,
    to_people: bool,
    tell: bool,
    ask: Option<Ask>,
}

/// Whose move it is decides what happens.
fn react(
    conversation: &mut Conversation,
    outbox: &Outbox,
    inbound: &Inbound,
    context: Context<'_>,
    turn: &Turn,
) -> Intent {
    let Context { proposal, arrival, terms } = context;
    if conversation.native.is_some() || conversation.gone {
        // Somebody else has them, or nobody can reach them.
        return Intent::default();
    }
    let thumb = is_thumb(&inbound.content, &proposal.decision);
    if thumb.is_none() && is_question(&proposal.decision) {
        take_question(conversation, &inbound.content, proposal);
    }
    conversation.feel(proposal);
    let stage = conversation.stage();
    let is_message = inbound.content.is_message();
    if let Some(ticket) = conversation.open_ticket_mut() {
        if is_message {
            ticket.waiting_since.get_or_insert(turn.now);
            ticket.unanswered = ticket.unanswered.saturating_add(1);
        }
        let asks_again = stage == Stage::Waiting && matches!(proposal.decision, Decision::Handoff { .. });
        let say = Some(Answer::fixed(&proposal.still_waiting_text))
            .filter(|say| asks_again && !say.text.is_empty());
        return Intent { say, to_people: is_message, tell: is_message, ask: None };
    }
    let was_asking = is_asking(conversation, turn.now);
    follow(conversation, proposal, conversation.last_seq, turn);
    match &proposal.decision {
        Decision::Ignore => Intent::default(),
        // Nothing is to be said to it, and it is no miss.
        _ if thumb == Some(true) => Intent::default(),
        Decision::Answer { text, evidence } => {
            conversation.misses = 0;
            let say = Answer { menu: proposal.menu.clone(), ..sourced(text, evidence) };
            Intent { say: Some(say), ..Intent::default() }
        }
        Decision::Which { text, .. } if !was_asking => {
            let say = Answer { menu: proposal.menu.clone(), ..Answer::fixed(text) };
            Intent { say: Some(say), ..Intent::default() }
        }
        // Asked again and no wiser: it does not go on for ever.
        Decision::Which { .. } => missed(conversation, proposal, turn),
        Decision::Greeting { text } | Decision::NotText { text } => {
            if proposal.group_claimed {
                conversation.skill_group = Some(proposal.skill_group.clone());
            }
            let say = Answer { menu: proposal.menu.clone(), ..Answer::fixed(text) };
            Intent { say: Some(say), ..Intent::default() }
        }
        Decision::Suggest { .. } | Decision::Unsure { .. } => {
            let asked = outbox.errands.iter().filter(|errand| errand.ask().is_some()).count();
            if let Some(slow_ms) =
                terms.slow_ms.filter(|_| proposal.slow && thumb.is_none() && asked < ASKS_MAX)
            {
                let can_answer = terms.rules.passive || terms.rules.customer_messages;
                let ask = can_answer.then(|| Ask::new(proposal, arrival, slow_ms, terms, turn));
                return Intent { ask, ..Intent::default() };
            }
            missed(conversation, proposal, turn)
        }
        Decision::Handoff { .. } => hand_off(conversation, inbound, proposal, turn),
    }
}

fn missed(conversation: &mut Conversation, proposal: &Proposal, turn: &Turn) -> Intent {
    let (say, opened) = fall_back(conversation, proposal, turn);
    Intent { say, to_people: opened, tell: opened, ask: None }
}

/// What is said when nothing is certain, and whether that opened a ticket.
pub(super) fn fall_back(
    conversation: &mut Conversation,
    proposal: &Proposal,
    turn: &Turn,
) -> (Option<Answer>, bool) {
    let (Decision::Suggest { text, .. } | Decision::Which { text, .. } | Decision::Unsure { text }) =
        &proposal.decision
    else {
        return (None, false);
    };
    conversation.misses = conversation.misses.saturating_add(1);
    // Who is angry is not asked to try again.
    let is_upset = conversation.question.as_ref().and_then(|asked| asked.mood.as_deref());
    let is_upset = is_upset.or(proposal.mood.as_deref()).is_some_and(Mood::is_upset);
    if conversation.misses < proposal.misses_before_handoff && !is_upset {
        return (Some(Answer { menu: proposal.menu.clone(), ..Answer::fixed(text) }), false);
    }
    conversation.misses = 0;
    open_ticket(conversation, Some(proposal), turn);
    (Some(Answer::fixed(&proposal.handoff_text)), true)
}

/// Bot to people.
fn hand_off(conversation: &mut Conversation, inbound: &Inbound, proposal: &Proposal, turn: &Turn) -> Intent {
    conversation.misses = 0;
    let presses_more = conversation.question.as_ref().is_none_or(|asked| asked.urgency < proposal.urgency);
    if presses_more {
        take_question(conversation, &inbound.content, proposal);
    }
    open_ticket(conversation, Some(proposal), turn);
    // What comes too late for the bot comes without words.
    let say = Some(Answer::fixed(&proposal.handoff_text)).filter(|say| !say.text.is_empty());
    Intent { say, to_people: true, tell: true, ask: None }
}

/// Chooses the carrier: passive while it can be heard, else a customer-service message while one may be sent,
/// else people.
fn carry(
    conversation: &mut Conversation,
    intent: Intent,
    outbox: &mut Outbox,
    inbound: &Inbound,
    context: Context<'_>,
    turn: &Turn,
) -> (Carrier, Option<Answer>, Option<Message>) {
    let Context { proposal, arrival, terms } = context;
    let silent = if intent.to_people { Carrier::Ticket } else { Carrier::None };
    let Some(say) = intent.say else { return (silent, None, None) };
    if terms.rules.passive && turn.now < arrival.answer_by {
        return (Carrier::Passive, Some(say), None);
    }
    if let InboundContent::Enter { welcome_code: Some(code), .. } = &inbound.content {
        let message = welcome(conversation, outbox, say, code, turn);
        return (Carrier::CustomerMessage, None, Some(message));
    }
    let answers = conversation.last_seq;
    if let Some(message) = send_late(conversation, outbox, answers, say.clone(), terms, turn) {
        return (Carrier::CustomerMessage, None, Some(message));
    }
    if conversation.open_ticket().is_none() && say.evidence.is_some() {
        // Too late for the callback and no message left: a person must know of it.
        open_ticket(conversation, Some(proposal), turn);
        conversation.rev = conversation.rev.saturating_add(1);
        outbox.owe_tell(turn.now);
        return (Carrier::Ticket, None, super::late::owe_notice(conversation, outbox, terms, turn));
    }
    (silent, None, None)
}

/// One greeting, sent by the code that came with the customer's entry.
fn welcome(
    conversation: &mut Conversation,
    outbox: &mut Outbox,
    say: Answer,
    code: &str,
    turn: &Turn,
) -> Message {
    let answers = Some(conversation.last_seq);
    let seq = conversation.next_seq();
    outbox.owe_send_without_place(seq, turn.now);
    let body = Body::Bot {
        evidence: say.evidence.clone(),
        content: say.content(true),
        answers,
        code: Some(code.to_owned()),
        sending: Sending::accepted(None),
    };
    Message { seq, at_ms: turn.now, body }
}

fn sourced(text: &str, evidence: &Evidence) -> Answer {
    Answer { evidence: Some(evidence.clone()), ..Answer::fixed(text) }
}
