//! What must hold after every step, seen from outside: rows, phones, views, and what callers were told.

use super::World;
use super::wechat::Shown;
use shunda::base::id::{ClientId, ConversationId, StaffId};
use shunda::base::message::{InboundContent, OutboundContent, SendVerdict};
use shunda::desk::call::{Answered, Call};
use shunda::desk::conversation::{Accepted, Conversation, Stage};
use shunda::desk::floor::TicketState;
use shunda::desk::message::{Body, Carrier, Message, Status};
use shunda::desk::outbox::Outbox;
use shunda::store::{Database, Statement, Value};
use std::collections::{BTreeMap, BTreeSet};

/// How the newest attempt to send a text ended, as far as anyone of ours can know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    InFlight,
    Refused,
    Unknown,
    Taken,
}

/// What the world saw happen, kept apart from what the objects keep.
#[derive(Default)]
pub struct Witness {
    pub accepted: BTreeMap<(ConversationId, u64), String>,
    said: BTreeMap<(ConversationId, u64), String>,
    /// How often each kind of thing happened: a world in which nothing does would hold everything.
    pub seen: BTreeMap<String, usize>,
    clients: BTreeMap<(StaffId, ClientId), u64>,
    attempts: BTreeMap<String, Attempt>,
    pub token_cached: u64,
    pub alarms: usize,
    broken: Vec<String>,
    pub floor_changed: bool,
}

impl Witness {
    pub fn breaks(&mut self, told: String) {
        self.broken.push(told);
    }

    pub fn see(&mut self, what: impl Into<String>) {
        *self.seen.entry(what.into()).or_default() += 1;
    }
}

/// One conversation's rows.
struct Rows {
    conversation: Conversation,
    outbox: Outbox,
    messages: Vec<Message>,
    ledger: Vec<(String, u64)>,
}

macro_rules! hold {
    ($holds:expr, $($told:tt)+) => {
        if !$holds {
            return Err(format!($($told)+));
        }
    };
}

impl World {
    pub fn witness_turn(&mut self, call: &Call, answered: &Answered) {
        match (call, answered) {
            (Call::Receive { inbound, .. }, Answered::Received { received, again }) => {
                let number = inbound.key.as_str().trim_start_matches('m');
                let number: usize = number.split('-').next().unwrap_or_default().parse().unwrap();
                let now = self.now;
                let left = self
                    .wechat
                    .sent_in(&inbound.conversation)
                    .any(|sent| sent.decided.is_some() && sent.inbound.content == InboundContent::Unfollow);
                let sent = &mut self.wechat.sent[number];
                match &sent.decided {
                    None => sent.decided = Some((received.clone(), now)),
                    Some((first, _)) if first == received && *again => {}
                    // What was answered has been forgotten since: nothing is said again.
                    Some((first, _))
                        if first.carrier == received.carrier && received.answer.is_none() && left => {}
                    // Left open at first, decided once.
                    Some((first, at)) if first.carrier == Carrier::Pending && *again => {
                        sent.decided = Some((received.clone(), *at));
                    }
                    Some((first, _)) => {
                        let broken = format!(
                            "a redelivery of m{number} got {received:?} (again: {again}), not {first:?}"
                        );
                        self.witness.broken.push(broken);
                    }
                }
            }
            (Call::Reply { conversation, reply, .. }, Answered::Accepted(Accepted { seq, .. })) => {
                let client = (reply.claim.staff.clone(), reply.client_id.clone());
                let first = *self.witness.clients.entry(client).or_insert(*seq);
                if first != *seq {
                    self.witness
                        .broken
                        .push(format!("{} was accepted as {first} and as {seq}", reply.client_id));
                }
                let OutboundContent::Text { text } = &reply.content else { return };
                self.witness.accepted.insert((conversation.clone(), *seq), text.clone());
            }
            (Call::Resolve { .. }, Answered::Done) => self.witness.see("resolved"),
            (_, Answered::Rejected(rejection)) => {
                let told = format!("{rejection:?}");
                self.witness.see(told.split(' ').next().unwrap_or_default());
            }
            _ => {}
        }
    }

    pub fn witness_begin(&mut self, text: &str) {
        let before = self.witness.attempts.insert(text.to_owned(), Attempt::InFlight);
        if !matches!(before, None | Some(Attempt::Refused)) {
            self.witness.broken.push(format!("{text:?} is sent again after {before:?}"));
        }
    }

    pub fn witness_verdict(&mut self, text: &str, verdict: &SendVerdict) {
        let attempt = match verdict {
            SendVerdict::Delivered => Attempt::Taken,
            SendVerdict::Unknown => Attempt::Unknown,
            _ => Attempt::Refused,
        };
        self.witness.attempts.insert(text.to_owned(), attempt);
    }

    pub fn check(&mut self) -> Result<(), String> {
        if let Some(broken) = self.witness.broken.pop() {
            return Err(broken);
        }
        if let Some(refusal) = self.wechat.refused_without_excuse.first() {
            return Err(format!("sent outside window or quota: {refusal}"));
        }
        for id in core::mem::take(&mut self.touched) {
            let rows = self.rows(&id);
            self.remember(&id, &rows);
            self.check_ledger(&id, &rows)?;
            self.check_phone(&id, &rows)?;
            self.check_ticket(&rows)?;
        }
        if core::mem::take(&mut self.witness.floor_changed) {
            self.check_floor()?;
            self.check_views()?;
        }
        Ok(())
    }

    /// What each message of ours said: it may be forgotten, and then be on the phone still.
    fn remember(&mut self, id: &ConversationId, rows: &Rows) {
        for message in &rows.messages {
            if let Some((OutboundContent::Text { text }, _)) = message.body.sending() {
                self.witness.said.entry((id.clone(), message.seq)).or_insert_with(|| text.clone());
            }
        }
    }

    fn rows(&self, id: &ConversationId) -> Rows {
        let db = &self.shards[Self::shard_of(id)].db;
        let rows = |sql| db.run(&Statement::new(sql, [Value::Text(id.key())])).unwrap();
        let state = rows("SELECT state FROM conversation WHERE conversation = ?");
        let conversation =
            state.first().map_or_else(|| Conversation::new(id.clone()), |row| row.json(0).unwrap());
        if let Some(row) = state.first() {
            assert_eq!(
                serde_json::to_string(&conversation).unwrap(),
                row.text(0).unwrap(),
                "save, load, equal"
            );
        }
        let owed = rows("SELECT owed FROM outbox WHERE conversation = ?");
        let messages = rows("SELECT seq, at_ms, body FROM message WHERE conversation = ? ORDER BY seq");
        let messages = messages.iter().map(|row| Message {
            seq: row.int(0).unwrap() as u64,
            at_ms: shunda::base::time::TimeMs(row.int(1).unwrap()),
            body: row.json(2).unwrap(),
        });
        let ledger = rows("SELECT key, seq FROM ledger WHERE conversation = ?");
        Rows {
            conversation,
            outbox: owed.first().map(|row| row.json(0).unwrap()).unwrap_or_default(),
            messages: messages.collect(),
            ledger: ledger
                .iter()
                .map(|row| (row.text(0).unwrap().to_owned(), row.int(1).unwrap() as u64))
                .collect(),
        }
    }

    /// Each decided inbound has one ledger row and one message; nothing else has.
    fn check_ledger(&self, id: &ConversationId, rows: &Rows) -> Result<(), String> {
        let decided = self.wechat.sent_in(id).filter(|sent| sent.decided.is_some());
        let decided: BTreeSet<&str> = decided.map(|sent| sent.inbound.key.as_str()).collect();
        let known: BTreeSet<&str> = rows.ledger.iter().map(|(key, _)| key.as_str()).collect();
        hold!(decided == known, "decided {decided:?}, in the ledger {known:?}");
        let inbound: BTreeSet<u64> = rows
            .messages
            .iter()
            .filter(|message| matches!(message.body, Body::Customer { .. }))
            .map(|message| message.seq)
            .collect();
        let named: BTreeSet<u64> = rows.ledger.iter().map(|(_, seq)| *seq).collect();
        hold!(inbound == named && named.len() == rows.ledger.len(), "messages {inbound:?}, ledger {named:?}");
        let seqs: Vec<u64> = rows.messages.iter().map(|message| message.seq).collect();
        let all: Vec<u64> = (1..=rows.conversation.last_seq).collect();
        hold!(seqs == all, "messages {seqs:?} up to {}", rows.conversation.last_seq);
        Ok(())
    }

    /// What the phone shows is what the messages say.
    fn check_phone(&self, id: &ConversationId, rows: &Rows) -> Result<(), String> {
        let customer = self.wechat.customers.iter().find(|customer| customer.id == id.customer).unwrap();
        let times = |text: &str| {
            let is_in = |shown: &&Shown| match shown {
                Shown::Message { text: it } => it.split('\n').any(|line| line == text),
                Shown::Passive { .. } => false,
            };
            customer.phone.iter().filter(is_in).count()
        };
        let mut order: BTreeMap<&str, u64> = BTreeMap::new();
        for message in &rows.messages {
            let Some((_, sending)) = message.body.sending() else { continue };
            let Some(text) = self.witness.said.get(&(id.clone(), message.seq)) else { continue };
            order.insert(text, message.seq);
            let attempted = rows.outbox.send.as_ref().is_some_and(|send| {
                let is_in = send.seq == message.seq || send.lines().contains(&message.seq);
                is_in && send.attempting.is_some()
            });
            let (least, most) = match sending.status {
                Status::Delivered => (1, 1),
                Status::Failed | Status::Waiting => (0, 0),
                Status::Uncertain => (0, 1),
                Status::Queued | Status::Attempting => (0, usize::from(attempted)),
            };
            let shown = times(text);
            hold!(
                (least..=most).contains(&shown),
                "{text:?} is {:?} and {shown} times on the phone",
                sending.status
            );
        }
        for ((conversation, seq), text) in &self.witness.accepted {
            let kept = conversation != id || order.get(text.as_str()) == Some(seq);
            hold!(kept, "{text:?} was accepted as {seq} and is lost");
        }
        self.check_answers(customer.phone.as_slice(), rows, &order)
    }

    /// At most one visible answer to each inbound, and sends in order.
    fn check_answers(&self, phone: &[Shown], rows: &Rows, order: &BTreeMap<&str, u64>) -> Result<(), String> {
        let mut answered = BTreeSet::new();
        let mut last = 0;
        for shown in phone {
            match shown {
                Shown::Message { text } => {
                    for line in text.split('\n') {
                        let Some(seq) = order.get(line) else {
                            return Err(format!("{line:?} is on the phone and in no message"));
                        };
                        hold!(*seq > last, "{line:?} is message {seq} and came after {last}");
                        last = *seq;
                    }
                }
                Shown::Passive { inbound, text } => {
                    let key = &self.wechat.sent[*inbound].inbound.key;
                    hold!(answered.insert(*inbound), "{key} has two passive answers");
                    let seq =
                        rows.ledger.iter().find(|(known, _)| known == key.as_str()).map(|(_, seq)| *seq);
                    let decided = rows
                        .messages
                        .iter()
                        .find(|message| Some(message.seq) == seq)
                        .map(|message| &message.body);
                    let forgotten =
                        matches!(decided, Some(Body::Customer { content: InboundContent::Erased, .. }));
                    let same = forgotten
                        || matches!(decided, Some(Body::Customer { carrier: Carrier::Passive, answer: Some(answer), .. }) if answer.text == *text);
                    hold!(same, "the phone shows {text:?} for {key}, decided was {decided:?}");
                    // Texts name their inbound: no customer-service message may answer it too.
                    let also = order.keys().find(|sent| sent.contains(&format!(" {key} ")));
                    hold!(also.is_none(), "{key} has a passive answer and {also:?}");
                }
            }
        }
        Ok(())
    }

    /// A ticket the floor has, or is owed; no more than one lease, and the floor's is the newest.
    fn check_ticket(&self, rows: &Rows) -> Result<(), String> {
        let conversation = &rows.conversation;
        let to_people = rows
            .messages
            .iter()
            .find(|message| matches!(message.body, Body::Customer { carrier: Carrier::Ticket, .. }));
        hold!(to_people.is_none() || conversation.ticket.is_some(), "no ticket was opened for {to_people:?}");
        let Some(ticket) = &conversation.ticket else { return Ok(()) };
        let known = self.floor.floor.tickets.get(&ticket.id);
        let current =
            known.is_some_and(|known| known.rev >= conversation.rev) || (ticket.closed && known.is_none());
        hold!(
            current || rows.outbox.tell.is_some(),
            "the floor has {known:?}, is owed nothing, and there is {ticket:?}"
        );
        let lease = known.map_or(0, |known| known.epoch);
        hold!(ticket.epoch <= lease || known.is_none(), "epoch {} was never issued", ticket.epoch);
        if let Some(known) = known.filter(|known| known.epoch == ticket.epoch && ticket.epoch > 0) {
            hold!(known.agent == ticket.staff, "{:?} has it, and {:?}", known.agent, ticket.staff);
        }
        let waits = conversation.stage() == Stage::Waiting;
        hold!(waits != ticket.staff.is_some() || ticket.closed, "{ticket:?} at {:?}", conversation.stage());
        Ok(())
    }

    fn check_floor(&self) -> Result<(), String> {
        let floor = &self.floor.floor;
        let loaded = shunda::store::floor::load(&self.floor.db).unwrap();
        hold!(loaded == *floor, "the floor's rows are {loaded:?}, it is {floor:?}");
        for agent in floor.agents.values() {
            let load = floor.load(&agent.staff.id);
            hold!(load <= agent.staff.cap, "{} holds {load} of {}", agent.staff.id, agent.staff.cap);
        }
        let open = floor.tickets.values().filter(|ticket| ticket.state != TicketState::Resolved);
        let mut conversations = BTreeSet::new();
        for ticket in open {
            hold!(
                conversations.insert(&ticket.conversation),
                "{:?} has two open tickets",
                ticket.conversation
            );
            let held = ticket.agent.is_some() == (ticket.state == TicketState::Assigned);
            hold!(held, "{ticket:?} has an agent and waits, or neither");
        }
        Ok(())
    }

    /// Folding frames gives the snapshot, from every number that a client may come back with.
    fn check_views(&self) -> Result<(), String> {
        let floor = &self.floor.floor;
        for agent in &self.agents {
            let Some(shadow) = self.floor.shadows.get(&agent.staff.id) else { continue };
            let snapshot = floor.snapshot_for(&agent.staff);
            for (age, then) in shadow.iter().rev().enumerate() {
                let mut folded = then.clone();
                if age > 0 {
                    folded.receive_any(&floor.resume(&agent.staff, Some(then.seq)));
                }
                hold!(
                    folded.snapshot() == snapshot && folded.seq == floor.seq,
                    "{} at {} from {} sees {:?}, may see {snapshot:?}",
                    agent.staff.id,
                    floor.seq,
                    then.seq,
                    folded.snapshot()
                );
            }
        }
        Ok(())
    }

    fn see_ends(&mut self, rows: &Rows) {
        for message in &rows.messages {
            match (&message.body, message.body.sending()) {
                (Body::Customer { carrier, .. }, _) => self.witness.see(format!("carrier {carrier:?}")),
                (_, Some((_, sending))) => match sending.reason {
                    Some(reason) => self.witness.see(format!("{:?} {reason:?}", sending.status)),
                    None => self.witness.see(format!("{:?}", sending.status)),
                },
                _ => {}
            }
        }
    }

    /// After faults have stopped and time has run on, nothing is owed and everyone agrees.
    pub fn check_rest(&mut self) -> Result<(), String> {
        let ids: BTreeSet<ConversationId> =
            self.wechat.sent.iter().map(|sent| sent.inbound.conversation.clone()).collect();
        for id in &ids {
            let rows = self.rows(id);
            self.see_ends(&rows);
            let waits = rows.outbox.send.as_ref().is_some_and(|send| send.parked);
            let paid = rows.outbox.tell.is_none() && rows.outbox.errands.is_empty();
            let settled = rows.outbox == Outbox::default() || (waits && paid);
            hold!(settled, "{} still owes {:?}", id.customer, rows.outbox);
            let pending = rows
                .messages
                .iter()
                .find(|message| matches!(message.body, Body::Customer { carrier: Carrier::Pending, .. }));
            hold!(pending.is_none(), "never decided: {pending:?}");
            let queued = rows.messages.iter().find(|message| {
                message
                    .body
                    .sending()
                    .is_some_and(|(_, sending)| matches!(sending.status, Status::Queued | Status::Attempting))
            });
            hold!(queued.is_none() || waits, "never sent, never failed: {queued:?}");
            if let Some(ticket) = rows.conversation.open_ticket() {
                let known = self.floor.floor.tickets.get(&ticket.id);
                let agreed = known.is_some_and(|known| {
                    known.rev == rows.conversation.rev
                        && known.epoch == ticket.epoch
                        && known.agent == ticket.staff
                        && known.unanswered == ticket.unanswered
                });
                hold!(
                    agreed,
                    "the floor has {known:?}, the conversation {ticket:?} at {}",
                    rows.conversation.rev
                );
            } else {
                let open = self
                    .floor
                    .floor
                    .tickets
                    .values()
                    .find(|known| known.conversation == *id && known.state != TicketState::Resolved);
                hold!(open.is_none(), "no open ticket, but the floor has {open:?}");
            }
        }
        let owed = self.floor.floor.leases_owed();
        hold!(owed.is_empty(), "leases owed: {owed:?}");
        for agent in &self.agents {
            let online = agent.socket.is_some_and(|number| self.floor.sockets[number].open);
            let view = agent.view.snapshot();
            // A view that lost its last frame learns of it with the next; then it must be the snapshot.
            let caught_up = agent.view.seq == self.floor.floor.seq;
            let snapshot = self.floor.floor.snapshot_for(&agent.staff);
            hold!(
                !online || !caught_up || view == snapshot,
                "{} sees {view:?}, may see {snapshot:?}",
                agent.staff.id
            );
        }
        self.check_insight()?;
        self.touched.extend(ids);
        self.witness.floor_changed = true;
        self.check()
    }
}
