//! The twin of `ConversationObject`: its calls, its drain, its alarm, its deaths.

use super::faults::Sabotage;
use super::wechat::Request;
use super::{SHARDS, World, proposals};
use crate::support::sqlite::Sqlite;
use shunda::base::id::{ConversationId, InboundKey};
use shunda::base::message::{Inbound, OutboundContent, SendVerdict};
use shunda::base::time::TimeMs;
use shunda::desk::call::{Answered, Call};
use shunda::desk::conversation::Write;
use shunda::desk::errand::{Errand, Task as Errands};
use shunda::desk::floor::Input;
use shunda::desk::late::{self, Said};
use shunda::desk::message::{Answer, Carrier, Kept, Media};
use shunda::desk::pending::{Begun, Pending, Step};
use shunda::desk::receive::Received;
use shunda::desk::receiving::{Heard, Receiving};
use shunda::desk::terms::Arrival;
use shunda::desk::ticket::Notice;
use shunda::knowledge::dialogue::Topic;
use shunda::knowledge::proposal::Proposal;
use shunda::store::conversation as store;

/// The webhook gives up before the channel does.
const WEBHOOK_MS: i64 = 4_500;
/// A turn later than this after the callback's arrival could not be heard.
const PASSIVE_MS: i64 = 4_000;
const SEND_TIMEOUT_MS: i64 = 10_000;
/// The alarm comes a little after the background task should have done the work.
const ALARM_SLACK_MS: i64 = 500;
const DRAIN_ROWS: u32 = 8;

/// One delivery's opinion, for any dialogue.
type Propose = Box<dyn Fn(Option<&Topic>) -> Proposal>;

fn proposing(inbound: &Inbound, delivery: usize) -> Propose {
    let (content, key) = (inbound.content.clone(), inbound.key.clone());
    Box::new(move |topic| proposals::proposal(&content, key.as_str(), delivery, topic))
}

pub struct Shard {
    pub db: Sqlite,
    pub instance: String,
    pub alarm_ms: Option<i64>,
}

impl Shard {
    pub fn new(instance: String) -> Self {
        let db = Sqlite::new();
        shunda::store::migrate(&db, store::MIGRATIONS).unwrap();
        Self { db, instance, alarm_ms: None }
    }
}

/// A drain's task: in memory only, so it ends with its instance.
#[derive(Clone)]
pub struct Task {
    pub shard: usize,
    pub id: ConversationId,
    instance: String,
    /// The revision that the floor has and the storage does not know of.
    told: Option<u64>,
}

impl World {
    pub fn shard_of(id: &ConversationId) -> usize {
        id.key().bytes().map(usize::from).sum::<usize>() % SHARDS
    }

    /// The twin of the webhook: one delivery reached it.
    pub fn callback(&mut self, number: usize, attempt: u32) {
        let delivery = self.wechat.deliveries;
        self.wechat.deliveries += 1;
        let mut inbound = self.wechat.sent[number].inbound.clone();
        if self.sabotage == Some(Sabotage::SkipLedger) {
            inbound.key = InboundKey(format!("{}-{delivery}", inbound.key));
        }
        let propose = proposing(&inbound, delivery);
        let now = self.turn().now;
        let arrival = Arrival { received_at: now, verified_at: now, answer_by: now + PASSIVE_MS };
        let receiving = Receiving::new(&inbound, arrival, &self.terms, propose(None));
        self.webhook_asks(receiving, propose, number, attempt, self.now + WEBHOOK_MS);
    }

    fn webhook_asks(
        &mut self,
        receiving: Receiving,
        propose: Propose,
        number: usize,
        attempt: u32,
        until_ms: i64,
    ) {
        let mut receiving = receiving;
        self.ask(receiving.call().clone(), move |world, answered| {
            let heard = answered.map(|answered| receiving.heard(answered, |topic| propose(Some(topic))));
            match heard {
                _ if world.now > until_ms => {}
                // The object looks again until the delivery could no longer be heard; then it is left unanswered.
                Some(Heard::Decided { received, .. }) if received.carrier == Carrier::Pending => {
                    world.after(1_000, "webhook waits", move |world| {
                        world.webhook_asks(receiving, propose, number, attempt, until_ms);
                    });
                }
                Some(Heard::Decided { received, .. }) => {
                    let hop = world.hop_ms();
                    world.answer_twice(number, &received);
                    world.after(hop, "callback answered", move |world| {
                        world.callback_answered(number, attempt, &received);
                    });
                }
                Some(Heard::AskAgain) => world.webhook_asks(receiving, propose, number, attempt, until_ms),
                Some(Heard::Stray) => world.witness.breaks(format!("m{number}: more rounds than allowed")),
                None => world.after(100, "webhook asks again", move |world| {
                    world.webhook_asks(receiving, propose, number, attempt, until_ms);
                }),
            }
        });
    }

    /// The mistake of a webhook that pushes what it also answers.
    fn answer_twice(&mut self, number: usize, received: &Received) {
        if let (Some(Sabotage::AnswerTwice), Some(text)) = (self.sabotage, &received.answer) {
            let (customer, token) = (self.wechat.sent[number].customer, self.wechat.token);
            self.api_takes(&Request { customer, text: text.clone(), token, began_ms: self.now });
            let id = self.wechat.sent[number].inbound.conversation.clone();
            self.touch(&id);
        }
    }

    /// A call to the object that holds the conversation. `None`: the caller saw an error, done or not.
    pub fn ask(&mut self, call: Call, done: impl FnOnce(&mut Self, Option<Answered>) + 'static) {
        let (mut there, back) = (self.hop_ms(), self.hop_ms());
        if self.faults_hit(|faults| faults.call_slow) {
            there += self.rng.between(1_000, 6_000);
        }
        if self.faults_hit(|faults| faults.call_lost) {
            self.after(there + back, "call lost", move |world| done(world, None));
            return;
        }
        self.after(there, "turn", move |world| {
            let answered = world.shard_turn(call);
            let lost = world.faults_hit(|faults| faults.answer_lost);
            let answered = (!lost).then_some(answered);
            world.after(back, "return", move |world| done(world, answered));
        });
    }

    pub fn shard_turn(&mut self, call: Call) -> Answered {
        let turn = self.turn();
        let id = match &call {
            Call::Receive { inbound, .. } => inbound.conversation.clone(),
            Call::Reply { conversation, .. }
            | Call::Resolve { conversation, .. }
            | Call::Withdraw { conversation, .. }
            | Call::Lease { conversation, .. }
            | Call::Read { conversation, .. }
            | Call::History { conversation, .. } => conversation.clone(),
        };
        let shard = Self::shard_of(&id);
        let dialogue = self.dialogue_before(&call, turn.now);
        let before = self.conversation_before(&id);
        let answered = store::turn(&self.shards[shard].db, call.clone(), &turn).unwrap();
        self.witness_dialogue(&call, dialogue, &answered);
        self.note(format!("  {} {} -> {}", id.customer, brief(&call), brief(&answered)));
        self.witness_turn(&call, &answered);
        self.witness_question(&before, &call, &answered);
        self.touch(&id);
        self.wake(shard);
        if self.faults_hit(|faults| faults.crash) {
            self.shard_dies(shard);
        }
        answered
    }

    /// After a turn: the background task, and the alarm that suffices without it.
    fn wake(&mut self, shard: usize) {
        self.arm(shard);
        if self.shards[shard].alarm_ms.is_none() || self.faults_hit(|faults| faults.task_dropped) {
            return;
        }
        let drains = if self.faults_hit(|faults| faults.drain_twice) { 2 } else { 1 };
        for _ in 0..drains {
            let instance = self.shards[shard].instance.clone();
            let soon = self.rng.between(0, 20);
            self.after(soon, "drain", move |world| {
                if world.shards[shard].instance == instance {
                    world.drain(shard);
                }
            });
        }
    }

    /// Arms the alarm for what is due first, unless it is armed early enough.
    fn arm(&mut self, shard: usize) {
        let Some(due) = store::next_due(&self.shards[shard].db).unwrap() else { return };
        let at = due.0.max(self.now) + ALARM_SLACK_MS;
        if self.shards[shard].alarm_ms.is_some_and(|armed| armed <= at) {
            return;
        }
        self.shards[shard].alarm_ms = Some(at);
        self.after(at - self.now, "alarm", move |world| {
            if world.shards[shard].alarm_ms == Some(at) {
                world.shards[shard].alarm_ms = None;
                world.witness.alarms += 1;
                world.arm(shard);
                world.drain(shard);
            }
        });
    }

    fn drain(&mut self, shard: usize) {
        let now = self.turn().now;
        let instance = self.shards[shard].instance.clone();
        for id in store::due(&self.shards[shard].db, now, DRAIN_ROWS).unwrap() {
            self.look(Task { shard, id, instance: instance.clone(), told: None });
        }
    }

    pub fn is_alive(&self, task: &Task) -> bool {
        self.shards[task.shard].instance == task.instance
    }

    /// Looks at one conversation and does the next step.
    pub fn look(&mut self, task: Task) {
        if !self.is_alive(&task) {
            return;
        }
        let Some(pending) = self.owed(&task) else { return };
        let turn = self.turn();
        match pending.step(&self.terms, &turn, &task.instance) {
            Step::Idle => self.arm(task.shard),
            Step::Errand(errand, writes) => {
                self.commit(&task, writes);
                self.runs(&task, *errand);
                self.look(task);
            }
            Step::Tell(notice) => self.tell(task, notice),
            Step::Token { failed_version } => self.fetch_token(task, failed_version),
            Step::Ended(writes) => {
                self.commit(&task, writes);
                self.look(task);
            }
        }
    }

    fn owed(&self, task: &Task) -> Option<Pending> {
        let now = TimeMs(self.now + self.skew_ms);
        let pending = store::pending(&self.shards[task.shard].db, &task.id, now).unwrap();
        pending.map(|pending| pending.hearing(task.told))
    }

    pub fn commit(&mut self, task: &Task, writes: Vec<Write>) {
        store::write(&self.shards[task.shard].db, &task.id, writes).unwrap();
        self.touch(&task.id);
        self.arm(task.shard);
        if self.faults_hit(|faults| faults.crash) {
            self.shard_dies(task.shard);
        }
    }

    fn tell(&mut self, task: Task, notice: Notice) {
        let (there, back, rev) = (self.hop_ms(), self.hop_ms(), notice.rev);
        let lost = self.faults_hit(|faults| faults.call_lost);
        self.after(there, "tell", move |world| {
            let taken = !lost && !world.floor_turn(Input::Notice(notice)).full;
            let mut reached = taken && !world.faults_hit(|faults| faults.answer_lost);
            reached |= world.sabotage == Some(Sabotage::TellOnce);
            world.after(back, "told", move |world| {
                if !world.is_alive(&task) {
                    return;
                }
                let turn = world.turn();
                let terms = world.terms.clone();
                let task = Task { told: Some(rev).filter(|_| reached), ..task };
                let sends_next = |pending: Pending| {
                    matches!(pending.step(&terms, &turn, &task.instance), Step::Token { .. })
                };
                if reached && world.owed(&task).is_some_and(sends_next) {
                    // The mark of the attempt records the telling too.
                    return world.look(task);
                }
                let task = Task { told: None, ..task };
                if let Some(pending) = world.owed(&task) {
                    let writes = pending.told(rev, reached, &turn);
                    world.commit(&task, writes);
                }
                world.look(task);
            });
        });
    }

    fn fetch_token(&mut self, task: Task, failed: Option<u64>) {
        let hop = self.hop_ms();
        let missing = self.faults_hit(|faults| faults.token_missing);
        // What the credential has may be older than what the channel takes; what failed is never handed out again.
        let version = if failed.is_some() { self.wechat.token } else { self.witness.token_cached.max(1) };
        self.witness.token_cached = self.witness.token_cached.max(version);
        if self.faults_hit(|faults| faults.token_stale) {
            self.wechat.token += 1;
        }
        self.after(hop, "token", move |world| {
            if !world.is_alive(&task) {
                return;
            }
            let Some(pending) = world.owed(&task) else { return };
            let task = Task { told: None, ..task };
            let turn = world.turn();
            if missing {
                let writes = pending.postponed(&turn, 2_000);
                world.commit(&task, writes);
                return world.look(task);
            }
            match pending.begin(&world.terms, &turn, &task.instance) {
                Some(Begun { content, writes, .. }) => world.send(task, content, writes, version),
                None => world.look(task),
            }
        });
    }

    /// An errand runs beside the rest, as long as it likes, and dies with its instance.
    fn runs(&mut self, task: &Task, errand: Errand) {
        let task = task.clone();
        if matches!(errand.task, Errands::Forget | Errands::Report { .. }) {
            // The directory is no part of this world: it has forgotten at once.
            return self.reports(task, errand);
        }
        let lost = self.faults_hit(|faults| faults.send_lost);
        let span = match self.rng.below(4) {
            0 => self.rng.between(50, 3_000),
            1 => self.rng.between(3_000, 15_000),
            _ => self.rng.between(10_000, 90_000),
        };
        let luck = self.rng.below(3);
        self.after(span, "errand", move |world| {
            if !world.is_alive(&task) {
                return;
            }
            let turn = world.turn();
            let Some(found) = store::pending_for(&world.shards[task.shard].db, &task.id, errand.seq).unwrap()
            else {
                return;
            };
            let writes = match &errand.task {
                Errands::Ask(ask) => {
                    world.witness.see("asked");
                    let text = ask.proposal.handoff_text.replace("已转人工", "慢答");
                    let said = match luck {
                        _ if lost => Said::Failed,
                        0 => Said::Nothing,
                        _ => Said::Answer(Answer::fixed(&text)),
                    };
                    late::said(&found, errand.seq, said, &world.terms, &turn)
                }
                Errands::Fetch if lost => late::fetched(&found, errand.seq, Media::Fetching, &turn),
                Errands::Fetch => {
                    let kept = Kept { key: "k".into(), content_type: "image/png".into(), bytes: 1 };
                    late::fetched(&found, errand.seq, Media::Kept(kept), &turn)
                }
                other if lost => late::failed(&found, errand.seq, other, &turn),
                other => late::done(&found, errand.seq, other),
            };
            world.commit(&task, writes);
            world.look(task);
        });
    }

    /// Writes the mark and sends at once: no await between, but a death is possible.
    fn send(&mut self, task: Task, content: OutboundContent, writes: Vec<Write>, token: u64) {
        let OutboundContent::Text { text } = content else {
            unreachable!("only words are sent in the world")
        };
        if self.sabotage != Some(Sabotage::ForgetMark) {
            store::write(&self.shards[task.shard].db, &task.id, writes).unwrap();
        }
        self.touch(&task.id);
        self.arm(task.shard);
        self.witness_begin(&text);
        if self.faults_hit(|faults| faults.crash_before_send) {
            return self.shard_dies(task.shard);
        }
        let customer =
            self.wechat.customers.iter().position(|customer| customer.id == task.id.customer).unwrap();
        let request = Request { customer, text, token, began_ms: self.now };
        if self.faults_hit(|faults| faults.send_lost) {
            return self.after(SEND_TIMEOUT_MS, "send lost", move |world| {
                world.send_ended(task, &request, &SendVerdict::Unknown);
            });
        }
        let (there, back) = (self.hop_ms(), self.hop_ms());
        self.after(there, "send arrives", move |world| {
            let verdict = world.api_takes(&request);
            world.note(format!("  {} {verdict:?}", request.text));
            let mute = world.faults_hit(|faults| faults.send_mute);
            let (span, verdict) =
                if mute { (SEND_TIMEOUT_MS, SendVerdict::Unknown) } else { (back, verdict) };
            world.after(span, "send ended", move |world| world.send_ended(task, &request, &verdict));
        });
    }

    fn send_ended(&mut self, task: Task, request: &Request, verdict: &SendVerdict) {
        if !self.is_alive(&task) {
            return;
        }
        self.witness_verdict(&request.text, verdict);
        let retry = SendVerdict::Later { errcode: -1 };
        let verdict = match verdict {
            SendVerdict::Unknown if self.sabotage == Some(Sabotage::RetryUnknown) => &retry,
            verdict => verdict,
        };
        let turn = self.turn();
        if let Some(pending) = store::pending(&self.shards[task.shard].db, &task.id, turn.now).unwrap() {
            let writes = pending.ended(verdict, request.token, &self.terms, &turn, &task.instance);
            self.commit(&task, writes);
        }
        self.look(task);
    }

    /// The object dies: what was in memory is gone, rows and alarm stay.
    pub fn shard_dies(&mut self, shard: usize) {
        self.note(format!("  shard {shard} dies"));
        self.witness.see("shard died");
        self.shards[shard].instance = self.instance();
    }
}

fn brief(value: &impl core::fmt::Debug) -> String {
    format!("{value:?}").chars().take(260).collect()
}
