//! The conversations that one object holds: their tables, and each call as load, decide, write.

use super::{Database, Row, Statement, StoreError, Value, json};
use crate::base::id::{ConversationId, InboundKey, MediaKey, StaffId};
use crate::base::limits::{MESSAGES_READ_MAX, PURGE_ROWS_MAX, REPLY_RETRY_MESSAGES};
use crate::base::message::Inbound;
use crate::base::staff::{Role, Staff};
use crate::base::time::TimeMs;
use crate::base::turn::Turn;
use crate::desk::call::{Answered, Call, Lease, View};
use crate::desk::conversation::{Accepted, Conversation, Outcome, Rejection, Stage, Write};
use crate::desk::dialogue::{Informed, Needed, needed};
use crate::desk::errand::Errand;
use crate::desk::late::collect;
use crate::desk::message::{Body, Carrier, Message, Status};
use crate::desk::outbox::Outbox;
use crate::desk::pending::Pending;
use crate::desk::receive::{About, Context, Received, receive};
use crate::desk::reply::{AgentReply, Claim, check, lease, reply, resolve};
use crate::desk::routing::is_entitled;
use crate::desk::terms::Terms;
use crate::knowledge::signal::{Asked, Verdict};

/// Every row begins with its conversation, so that any number of them can share one database.
pub const MIGRATIONS: &[&[&str]] = &[&[
    "CREATE TABLE IF NOT EXISTS conversation (conversation TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS ledger (conversation TEXT NOT NULL, key TEXT NOT NULL, seq INTEGER NOT NULL, \
     at_ms INTEGER NOT NULL, PRIMARY KEY (conversation, key)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS message (conversation TEXT NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, \
     client TEXT, queued INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (conversation, seq)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS outbox (conversation TEXT PRIMARY KEY, due_ms INTEGER NOT NULL, owed TEXT NOT NULL) \
     WITHOUT ROWID",
]];

/// Answers one call: loads what it needs, decides, writes last.
pub fn turn(db: &impl Database, call: Call, turn: &Turn) -> Result<Answered, StoreError> {
    match call {
        Call::Receive { inbound, proposal, informed, arrival, terms } => {
            let context = Context { proposal: &proposal, arrival: &arrival, terms: &terms };
            take_inbound(db, &inbound, context, informed.as_ref(), turn)
        }
        Call::Reply { conversation: id, reply: words, terms } => take_reply(db, &id, words, &terms, turn),
        Call::Withdraw { conversation: id, claim, seq, terms } => {
            withdraw(db, &id, &claim, seq, &terms, turn)
        }
        Call::Resolve { conversation: id, claim, last_seen_seq } => {
            let (conversation, outbox) = load(db, &id)?;
            let outcome = resolve(conversation, outbox, &claim, last_seen_seq, turn);
            Ok(match commit(db, &id, outcome)? {
                Ok(()) => Answered::Done,
                Err(rejection) => Answered::Rejected(rejection),
            })
        }
        Call::Lease { conversation: id, claim } => {
            let (conversation, _) = load(db, &id)?;
            commit(db, &id, lease(conversation, &claim))?;
            Ok(Answered::Done)
        }
        Call::Read { conversation: id, viewer, after, limit } => {
            read(db, &id, Some(&viewer), after, limit, turn.now)
        }
        Call::History { conversation: id, after, limit } => read(db, &id, None, after, limit, turn.now),
    }
}

/// Decides about an inbound, or repeats the decision; one that is still open may be collected. What was decided does
/// not depend on the dialogue any more.
fn take_inbound(
    db: &impl Database,
    inbound: &Inbound,
    context: Context<'_>,
    informed: Option<&Informed>,
    turn: &Turn,
) -> Result<Answered, StoreError> {
    let id = &inbound.conversation;
    let (conversation, outbox, seen) = load_with_ledger(db, id, &inbound.key)?;
    if let Some(seq) = seen {
        let found = message(db, id, seq)?;
        let is_pending =
            matches!(found.as_ref().map(|m| &m.body), Some(Body::Customer { carrier: Carrier::Pending, .. }));
        let received = match found {
            Some(found) if is_pending => {
                let outcome = collect(conversation, outbox, found, context.arrival, context.terms, turn);
                commit(db, id, outcome)?
            }
            found => Received::again(found.as_ref()),
        };
        return Ok(Answered::Received { received, again: true });
    }
    let proposal = match needed(&conversation, context.proposal, informed, turn.now) {
        Needed::Nothing(proposal) => proposal,
        Needed::Proposal { topic: dialogue, revision } => {
            return Ok(Answered::NeedProposal { dialogue, revision });
        }
    };
    let context = Context { proposal, ..context };
    let about = match About::of(&inbound.content) {
        None => None,
        Some(About::Seq(seq)) => message(db, id, seq)?,
        Some(About::Key(key)) => match load_with_ledger(db, id, &key)?.2 {
            Some(seq) => message(db, id, seq)?,
            None => None,
        },
    };
    let received = commit(db, id, receive(conversation, outbox, inbound, about, context, turn))?;
    Ok(Answered::Received { received, again: false })
}

fn withdraw(
    db: &impl Database,
    id: &ConversationId,
    claim: &Claim,
    seq: u64,
    terms: &Terms,
    turn: &Turn,
) -> Result<Answered, StoreError> {
    let refused = |rejection| Ok(Answered::Rejected(rejection));
    let (conversation, _) = load(db, id)?;
    if let Err(rejection) = check(&conversation, claim) {
        return refused(rejection);
    }
    let (Some(found), Some(message)) = (pending(db, id, turn.now)?, message(db, id, seq)?) else {
        return refused(Rejection::NotWaiting);
    };
    match found.withdrawn(message, terms, turn) {
        Some(writes) => {
            write(db, id, writes)?;
            Ok(Answered::Done)
        }
        None => refused(Rejection::NotWaiting),
    }
}

/// Conversations that owe something now, the longest due first.
pub fn due(db: &impl Database, now: TimeMs, limit: u32) -> Result<Vec<ConversationId>, StoreError> {
    let sql = "SELECT conversation FROM outbox WHERE due_ms <= ? ORDER BY due_ms LIMIT ?";
    let rows = db.run(&Statement::new(sql, [now.0.into(), i64::from(limit).into()]))?;
    rows.iter()
        .map(|row| ConversationId::from_key(row.text(0)?).ok_or(StoreError::Shape { column: 0 }))
        .collect()
}

/// When the next thing is due.
pub fn next_due(db: &impl Database) -> Result<Option<TimeMs>, StoreError> {
    let rows = db.run(&Statement::new("SELECT MIN(due_ms) FROM outbox", []))?;
    Ok(rows.first().map(|row| row.int_or_null(0)).transpose()?.flatten().map(TimeMs))
}

/// What one conversation owes, with all that the drain needs to know; `None` when it owes nothing.
pub fn pending(db: &impl Database, id: &ConversationId, now: TimeMs) -> Result<Option<Pending>, StoreError> {
    pending_about(db, id, |errand| errand.due_at <= now)
}

/// The same, with the customer's message that errands of message `seq` are for.
pub fn pending_for(db: &impl Database, id: &ConversationId, seq: u64) -> Result<Option<Pending>, StoreError> {
    pending_about(db, id, |errand| errand.seq == seq)
}

fn pending_about(
    db: &impl Database,
    id: &ConversationId,
    is_meant: impl Fn(&Errand) -> bool,
) -> Result<Option<Pending>, StoreError> {
    let (conversation, outbox) = load(db, id)?;
    if outbox == Outbox::default() {
        return Ok(None);
    }
    let of = |seq: Option<u64>| seq.map(|seq| message(db, id, seq)).transpose().map(Option::flatten);
    let asked = of(outbox.errands.iter().find(|errand| is_meant(errand)).map(|errand| errand.seq))?;
    let lines = outbox.send.as_ref().map(|send| send.lines().to_vec()).unwrap_or_default();
    let send = outbox.send.as_ref().map(|send| send.seq);
    let last = lines.last().copied().or(send);
    let queued_after = last.map(|seq| queued_after(db, id, seq)).transpose()?.flatten();
    let lines = lines.into_iter().map(|seq| of(Some(seq))).collect::<Result<Vec<_>, _>>()?;
    let lines = lines.into_iter().flatten().collect();
    Ok(Some(Pending { message: of(send)?, conversation, outbox, lines, asked, queued_after }))
}

/// Writes what a turn decided, in order.
pub fn write(db: &impl Database, id: &ConversationId, writes: Vec<Write>) -> Result<(), StoreError> {
    let statements: Vec<Statement> =
        writes.into_iter().map(|write| statement(id, write)).collect::<Result<_, _>>()?;
    for statement in &statements {
        db.run(statement)?;
    }
    Ok(())
}

/// When the oldest row will have outlived its retention; `None` when there is none. Reads every row once.
pub fn expires_at(db: &impl Database, ledger_ms: i64, message_ms: i64) -> Result<Option<TimeMs>, StoreError> {
    let oldest = |sql| -> Result<Option<TimeMs>, StoreError> {
        let rows = db.run(&Statement::new(sql, []))?;
        Ok(rows.first().map(|row| row.int_or_null(0)).transpose()?.flatten().map(TimeMs))
    };
    let ledger = oldest("SELECT MIN(at_ms) FROM ledger")?.map(|at| at + ledger_ms);
    let message = oldest("SELECT MIN(at_ms) FROM message WHERE queued = 0")?.map(|at| at + message_ms);
    Ok(ledger.into_iter().chain(message).min())
}

/// What a round of retention removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purged {
    /// The files of the messages: nothing names them any more.
    pub files: Vec<MediaKey>,
    /// There may be more to remove.
    pub more: bool,
}

/// Removes what is older than its retention, a bounded number of rows.
pub fn purge(
    db: &impl Database,
    ledger_before: TimeMs,
    messages_before: TimeMs,
) -> Result<Purged, StoreError> {
    let ledger = db.run(&Statement::new(
        "DELETE FROM ledger WHERE (conversation, key) IN \
         (SELECT conversation, key FROM ledger WHERE at_ms < ? LIMIT ?) RETURNING 1",
        [ledger_before.0.into(), PURGE_ROWS_MAX.into()],
    ))?;
    let messages = db.run(&Statement::new(
        "DELETE FROM message WHERE (conversation, seq) IN \
         (SELECT conversation, seq FROM message WHERE at_ms < ? AND queued = 0 LIMIT ?) \
         RETURNING conversation, coalesce(json_extract(body, '$.media.key'), json_extract(body, '$.content.key'))",
        [messages_before.0.into(), PURGE_ROWS_MAX.into()],
    ))?;
    let most = usize::try_from(PURGE_ROWS_MAX).unwrap_or(usize::MAX);
    let mut files = Vec::new();
    for row in &messages {
        // A menu click has a key too, and not of a file.
        let id = ConversationId::from_key(row.text(0)?).ok_or(StoreError::Shape { column: 0 })?;
        let key = row.text_or_null(1)?.and_then(MediaKey::parse);
        files.extend(key.filter(|key| key.is_in(&id)));
    }
    Ok(Purged { files, more: ledger.len() >= most || messages.len() >= most })
}

/// A retry of an accepted reply gets the same answer; a refused one is judged anew.
fn take_reply(
    db: &impl Database,
    id: &ConversationId,
    words: AgentReply,
    terms: &Terms,
    turn: &Turn,
) -> Result<Answered, StoreError> {
    let (conversation, outbox) = load(db, id)?;
    let since = conversation.last_seq.saturating_sub(REPLY_RETRY_MESSAGES);
    let client = client_key(&words.claim.staff, words.client_id.as_str());
    let rows = db.run(&Statement::new(
        "SELECT seq, at_ms, body FROM message WHERE conversation = ? AND seq > ? AND client = ? LIMIT 1",
        [id.key().into(), int(since), client.into()],
    ))?;
    if let Some(message) = rows.first().map(message_of).transpose()? {
        let status = message.body.sending().map_or(Status::Queued, |(_, sending)| sending.status);
        let quota = conversation.window.quota(turn.now);
        return Ok(Answered::Accepted(Accepted { seq: message.seq, status, quota }));
    }
    Ok(match commit(db, id, reply(conversation, outbox, words, terms, turn))? {
        Ok(accepted) => Answered::Accepted(accepted),
        Err(rejection) => Answered::Rejected(rejection),
    })
}

/// For `viewer`, or for somebody who may see it whoever they are.
fn read(
    db: &impl Database,
    id: &ConversationId,
    viewer: Option<&Staff>,
    after: Option<u64>,
    limit: u32,
    now: TimeMs,
) -> Result<Answered, StoreError> {
    let (conversation, outbox) = load(db, id)?;
    if viewer.is_some_and(|viewer| !may_read(viewer, &conversation)) {
        return Ok(Answered::NotEntitled);
    }
    let limit = limit.clamp(1, MESSAGES_READ_MAX);
    let after = after.unwrap_or_else(|| conversation.last_seq.saturating_sub(u64::from(limit)));
    let rows = db.run(&Statement::new(
        "SELECT seq, at_ms, body FROM message WHERE conversation = ? AND seq > ? ORDER BY seq LIMIT ?",
        [id.key().into(), int(after), i64::from(limit).into()],
    ))?;
    let mut messages = rows.iter().map(message_of).collect::<Result<Vec<_>, _>>()?;
    let attempting = outbox.send.filter(|send| send.attempting.is_some());
    let is_attempted =
        |seq| attempting.as_ref().is_some_and(|send| send.seq == seq || send.lines().contains(&seq));
    for message in messages.iter_mut().filter(|message| is_attempted(message.seq)) {
        if let Some(sending) = message.body.sending_mut() {
            sending.status = Status::Attempting;
        }
    }
    let ticket = conversation.open_ticket().map(|ticket| Lease {
        id: ticket.id.clone(),
        epoch: ticket.epoch,
        staff: ticket.staff.clone(),
    });
    Ok(Answered::View(Box::new(View {
        state: conversation.stage(),
        ticket,
        quota: conversation.window.quota(now),
        waiting: outbox.waiting,
        native: conversation.native,
        gone: conversation.gone,
        origins: conversation.origins,
        last_seq: conversation.last_seq,
        id: conversation.id,
        messages,
    })))
}

/// Supervisors read all; an agent what they have or had last, and what waits in their skill groups.
fn may_read(viewer: &Staff, conversation: &Conversation) -> bool {
    viewer.role == Role::Supervisor
        || conversation.ticket.as_ref().is_some_and(|ticket| {
            ticket.staff.as_ref() == Some(&viewer.id)
                || (conversation.stage() == Stage::Waiting && is_entitled(viewer, &ticket.skill_group))
        })
}

/// One statement, since each costs a way out of the Wasm and back.
fn load(db: &impl Database, id: &ConversationId) -> Result<(Conversation, Outbox), StoreError> {
    let key = id.key();
    let sql = "SELECT (SELECT state FROM conversation WHERE conversation = ?), \
               (SELECT owed FROM outbox WHERE conversation = ?)";
    let rows = db.run(&Statement::new(sql, [key.clone().into(), key.into()]))?;
    loaded(id, rows.first())
}

/// As `load`, and the message that the ledger has under `inbound`.
fn load_with_ledger(
    db: &impl Database,
    id: &ConversationId,
    inbound: &InboundKey,
) -> Result<(Conversation, Outbox, Option<u64>), StoreError> {
    let key = id.key();
    let sql = "SELECT (SELECT state FROM conversation WHERE conversation = ?), \
               (SELECT owed FROM outbox WHERE conversation = ?), \
               (SELECT seq FROM ledger WHERE conversation = ? AND key = ?)";
    let params = [key.clone().into(), key.clone().into(), key.into(), inbound.as_str().into()];
    let rows = db.run(&Statement::new(sql, params))?;
    let seen = match rows.first() {
        Some(row) if row.int_or_null(2)?.is_some() => Some(unsigned(row, 2)?),
        _ => None,
    };
    let (conversation, outbox) = loaded(id, rows.first())?;
    Ok((conversation, outbox, seen))
}

fn loaded(id: &ConversationId, row: Option<&Row>) -> Result<(Conversation, Outbox), StoreError> {
    let conversation = row.map(|row| row.json_or_null(0)).transpose()?.flatten();
    let outbox = row.map(|row| row.json_or_null(1)).transpose()?.flatten();
    Ok((conversation.unwrap_or_else(|| Conversation::new(id.clone())), outbox.unwrap_or_default()))
}

/// One message, by its number.
pub fn message(db: &impl Database, id: &ConversationId, seq: u64) -> Result<Option<Message>, StoreError> {
    let sql = "SELECT seq, at_ms, body FROM message WHERE conversation = ? AND seq = ?";
    let rows = db.run(&Statement::new(sql, [id.key().into(), int(seq)]))?;
    rows.first().map(message_of).transpose()
}

/// The question that was answered in the turn of `now`, if the conversation's last one was.
pub fn answered_at(
    db: &impl Database,
    id: &ConversationId,
    now: TimeMs,
) -> Result<Option<Asked>, StoreError> {
    let asked = load(db, id)?.0.asked.map(|last| last.asked);
    Ok(asked.filter(|asked| asked.at_ms == now && asked.verdict == Verdict::Answered))
}

fn queued_after(db: &impl Database, id: &ConversationId, seq: u64) -> Result<Option<u64>, StoreError> {
    let sql =
        "SELECT seq FROM message WHERE conversation = ? AND seq > ? AND queued = 1 ORDER BY seq LIMIT 1";
    let rows = db.run(&Statement::new(sql, [id.key().into(), int(seq)]))?;
    rows.first().map(|row| unsigned(row, 0)).transpose()
}

fn message_of(row: &Row) -> Result<Message, StoreError> {
    Ok(Message { seq: unsigned(row, 0)?, at_ms: TimeMs(row.int(1)?), body: row.json(2)? })
}

fn commit<R>(db: &impl Database, id: &ConversationId, outcome: Outcome<R>) -> Result<R, StoreError> {
    write(db, id, outcome.writes)?;
    Ok(outcome.reply)
}

fn statement(id: &ConversationId, write: Write) -> Result<Statement, StoreError> {
    let key = Value::Text(id.key());
    Ok(match write {
        Write::Conversation(conversation) => Statement::new(
            "INSERT OR REPLACE INTO conversation (conversation, state) VALUES (?, ?)",
            [key, json(&conversation)?],
        ),
        Write::Ledger { key: inbound, seq, at } => Statement::new(
            "INSERT INTO ledger (conversation, key, seq, at_ms) VALUES (?, ?, ?, ?)",
            [key, inbound.0.into(), int(seq), at.0.into()],
        ),
        Write::Message(message) => {
            let client = match &message.body {
                Body::Agent { staff, client_id, .. } => Some(client_key(staff, client_id.as_str())),
                _ => None,
            };
            let queued = message
                .body
                .sending()
                .is_some_and(|(_, sending)| matches!(sending.status, Status::Queued | Status::Waiting));
            Statement::new(
                "INSERT OR REPLACE INTO message (conversation, seq, at_ms, client, queued, body) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    key,
                    int(message.seq),
                    message.at_ms.0.into(),
                    client.into(),
                    queued.into(),
                    json(&message.body)?,
                ],
            )
        }
        Write::Outbox(Some(outbox)) => Statement::new(
            "INSERT OR REPLACE INTO outbox (conversation, due_ms, owed) VALUES (?, ?, ?)",
            [key, outbox.due_at().map_or(0, |due| due.0).into(), json(&outbox)?],
        ),
        Write::Erase => Statement::new(ERASE, [key]),
        Write::Outbox(None) => Statement::new("DELETE FROM outbox WHERE conversation = ?", [key]),
    })
}

/// What is not personal stays: who wrote, when, and what became of it. A question that is still open is so no more.
const ERASE: &str = "UPDATE message SET body = json_remove(json_replace(body, \
                     '$.content', json('{\"kind\":\"erased\"}'), \
                     '$.carrier', replace(json_extract(body, '$.carrier'), 'pending', 'none')), \
                     '$.answer', '$.media', '$.evidence', '$.mood') WHERE conversation = ?";

fn client_key(staff: &StaffId, client_id: &str) -> String {
    format!("{staff}/{client_id}")
}

fn int(number: u64) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

fn unsigned(row: &Row, column: usize) -> Result<u64, StoreError> {
    u64::try_from(row.int(column)?).map_err(|_| StoreError::Shape { column })
}
