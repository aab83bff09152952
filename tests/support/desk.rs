//! One object's conversations on a real SQLite, driven by hand: for tests of single decisions.

use super::sqlite::Sqlite;
use shunda::base::channel::{ChannelKind, Rules, Tier};
use shunda::base::id::{ConversationId, InboundKey, TicketId};
use shunda::base::message::{Inbound, InboundContent, OutboundContent, SendVerdict};
use shunda::base::time::TimeMs;
use shunda::base::turn::Turn;
use shunda::desk::call::{Answered, Call};
use shunda::desk::conversation::{Accepted, Conversation};
use shunda::desk::late;
use shunda::desk::message::{Body, Message};
use shunda::desk::outbox::Outbox;
use shunda::desk::pending::{Begun, Pending, Step};
use shunda::desk::receive::Received;
use shunda::desk::reply::{AgentReply, Claim};
use shunda::desk::terms::{Arrival, Terms};
use shunda::knowledge::dialogue::Follow;
use shunda::knowledge::proposal::{Decision, Evidence, Proposal, Score, Source, Urgency};
use shunda::store::{Database, Statement, conversation as store};

pub const START_MS: i64 = 1_700_000_000_000;
pub const INSTANCE: &str = "i1";

pub struct Desk {
    pub terms: Terms,
    pub db: Sqlite,
    pub now: i64,
    inbounds: usize,
}

pub fn id() -> ConversationId {
    ConversationId { channel: "main".into(), customer: "o1".into() }
}

pub fn text(words: &str) -> InboundContent {
    InboundContent::Text { text: words.into(), menu_id: None }
}

pub fn evidence() -> Evidence {
    Evidence {
        source: Source::Entry,
        entry: "e1".into(),
        question: "保修多久".into(),
        matched: "保修".into(),
        score: Score::ONE,
        threshold: Score::from_share(0.6),
        tier: None,
        version: 3,
        remote: None,
        tried: None,
    }
}

pub fn answer() -> Decision {
    Decision::Answer { text: "一年".into(), evidence: evidence() }
}

pub fn unsure() -> Decision {
    Decision::Unsure { text: "没听懂".into() }
}

pub fn handoff() -> Decision {
    Decision::Handoff { asked_by: "人工".into() }
}

pub fn proposal(decision: Decision) -> Proposal {
    Proposal {
        version: 3,
        decision,
        skill_group: "sales".into(),
        group_claimed: false,
        urgency: Urgency::Normal,
        mood: None,
        open: true,
        handoff_text: "已转人工".into(),
        still_waiting_text: "还在排队".into(),
        misses_before_handoff: 2,
        title: None,
        menu: None,
        slow: false,
        depends: false,
        follow: Follow::Keep,
        passages: Vec::new(),
    }
}

/// An official account with every right and nothing kept back.
pub fn terms() -> Terms {
    let rules = Rules::of(ChannelKind::OfficialAccount, Tier::Service, 0);
    Terms { rules, slow_ms: None, notice: None }
}

impl Desk {
    pub fn new() -> Self {
        let db = Sqlite::new();
        shunda::store::migrate(&db, store::MIGRATIONS).unwrap();
        Self { db, now: START_MS, inbounds: 0, terms: terms() }
    }

    /// A conversation whose ticket `lin` has, with epoch 1: message 1 asked for it.
    pub fn with_agent() -> Self {
        let mut desk = Self::new();
        desk.says(text("人工"), handoff());
        assert_eq!(desk.lease("lin", 1), Answered::Done);
        desk.errands_done();
        desk
    }

    /// What was to be found out has been, and nothing came of it.
    pub fn errands_done(&self) {
        for errand in self.outbox().errands {
            self.write(late::done(&self.pending(), errand.seq, &errand.task));
        }
    }

    pub fn turn(&self) -> Turn {
        let mut entropy = [7; 32];
        entropy[0] = self.inbounds as u8;
        Turn { now: TimeMs(self.now), entropy }
    }

    pub fn call(&self, call: Call) -> Answered {
        store::turn(&self.db, call, &self.turn()).unwrap()
    }

    /// The customer says something new, decided in time.
    pub fn says(&mut self, content: InboundContent, decision: Decision) -> Received {
        self.inbounds += 1;
        self.delivered(self.inbounds, content, decision, self.now + 4_000)
    }

    /// The same, but decided when a passive answer can no longer be heard.
    pub fn says_late(&mut self, content: InboundContent, decision: Decision) -> Received {
        self.inbounds += 1;
        self.delivered(self.inbounds, content, decision, self.now)
    }

    /// The same, with another proposal than the usual one.
    pub fn says_proposed(&mut self, content: InboundContent, proposal: Proposal) -> Received {
        self.inbounds += 1;
        self.received(self.inbounds, content, proposal, self.now + 4_000)
    }

    pub fn delivered(
        &self,
        number: usize,
        content: InboundContent,
        decision: Decision,
        answer_by: i64,
    ) -> Received {
        self.received(number, content, proposal(decision), answer_by)
    }

    fn received(
        &self,
        number: usize,
        content: InboundContent,
        proposal: Proposal,
        answer_by: i64,
    ) -> Received {
        let inbound = Inbound {
            conversation: id(),
            key: InboundKey(format!("m{number}")),
            sent_at: TimeMs(self.now),
            content,
        };
        let arrival = Arrival {
            received_at: TimeMs(self.now),
            verified_at: TimeMs(self.now),
            answer_by: TimeMs(answer_by),
        };
        let terms = self.terms.clone();
        let call = Call::Receive { inbound, proposal: Box::new(proposal), informed: None, arrival, terms };
        match self.call(call) {
            Answered::Received { received, .. } => received,
            other => panic!("{other:?}"),
        }
    }

    pub fn claim(&self, staff: &str, epoch: u64) -> Claim {
        let ticket = self.conversation().ticket.map_or_else(|| TicketId("none".into()), |ticket| ticket.id);
        Claim { staff: staff.into(), ticket, epoch }
    }

    pub fn lease(&self, staff: &str, epoch: u64) -> Answered {
        self.call(Call::Lease { conversation: id(), claim: self.claim(staff, epoch) })
    }

    /// A reply as the console would have it.
    pub fn says_as_agent(&self, client: &str, words: &str, wait: bool, closing: bool) -> Answered {
        let content = OutboundContent::Text { text: words.into() };
        let claim = self.claim("lin", 1);
        let reply = AgentReply { claim, client_id: client.into(), content, resend_of: None, wait, closing };
        self.call(Call::Reply { conversation: id(), reply, terms: self.terms.clone() })
    }

    /// The slower tier says this about message `seq`.
    pub fn slow_says(&self, seq: u64, said: late::Said) {
        let found = store::pending_for(&self.db, &id(), seq).unwrap().expect("something is owed");
        self.write(late::said(&found, seq, said, &self.terms, &self.turn()));
    }

    /// Does everything that needs nobody else, until nothing more is to be done now.
    pub fn settle(&self) {
        for _ in 0..10 {
            let Some(found) = store::pending(&self.db, &id(), TimeMs(self.now)).unwrap() else { return };
            match found.step(&self.terms, &self.turn(), INSTANCE) {
                Step::Ended(writes) => self.write(writes),
                Step::Errand(errand, writes) => {
                    self.write(writes);
                    // The insight is there, and told at once.
                    if errand.is_report() {
                        self.write(late::done(&self.pending(), errand.seq, &errand.task));
                    }
                }
                Step::Tell(notice) => self.write(found.told(notice.rev, true, &self.turn())),
                Step::Idle | Step::Token { .. } => return,
            }
        }
    }

    pub fn body_of(&self, seq: u64) -> Body {
        self.messages().into_iter().find(|message| message.seq == seq).expect("a message").body
    }

    pub fn reply_under(&self, claim: Claim, client: &str, resend_of: Option<u64>) -> Answered {
        let content = OutboundContent::Text { text: format!("回复 {client}") };
        let reply =
            AgentReply { claim, client_id: client.into(), content, resend_of, wait: false, closing: false };
        self.call(Call::Reply { conversation: id(), reply, terms: self.terms.clone() })
    }

    pub fn reply(&self, client: &str) -> Answered {
        self.reply_under(self.claim("lin", 1), client, None)
    }

    pub fn accepted(&self, client: &str) -> u64 {
        match self.reply(client) {
            Answered::Accepted(Accepted { seq, .. }) => seq,
            other => panic!("{other:?}"),
        }
    }

    pub fn resolve(&self, last_seen_seq: u64) -> Answered {
        self.call(Call::Resolve { conversation: id(), claim: self.claim("lin", 1), last_seen_seq })
    }

    pub fn pending(&self) -> Pending {
        store::pending(&self.db, &id(), TimeMs(self.now)).unwrap().expect("something is owed")
    }

    pub fn outbox(&self) -> Outbox {
        store::pending(&self.db, &id(), TimeMs(self.now))
            .unwrap()
            .map(|pending| pending.outbox)
            .unwrap_or_default()
    }

    pub fn step(&self) -> Step {
        self.pending().step(&self.terms, &self.turn(), INSTANCE)
    }

    pub fn write(&self, writes: Vec<shunda::desk::conversation::Write>) {
        store::write(&self.db, &id(), writes).unwrap();
    }

    /// Tells the floor whatever it is owed.
    pub fn tell(&self) {
        if let Step::Tell(notice) = self.step() {
            self.write(self.pending().told(notice.rev, true, &self.turn()));
        }
    }

    /// Begins the send that is due, and says what it sends.
    pub fn begin(&self) -> Option<String> {
        let Begun { content, writes, .. } = self.pending().begin(&self.terms, &self.turn(), INSTANCE)?;
        self.write(writes);
        match content {
            OutboundContent::Text { text } => Some(text),
            other => Some(format!("{other:?}")),
        }
    }

    pub fn ended(&self, verdict: &SendVerdict, token: u64) {
        self.write(self.pending().ended(verdict, token, &self.terms, &self.turn(), INSTANCE));
    }

    pub fn conversation(&self) -> Conversation {
        let statement = Statement::new("SELECT state FROM conversation", []);
        self.db.run(&statement).unwrap().first().expect("a conversation").json(0).unwrap()
    }

    pub fn messages(&self) -> Vec<Message> {
        let statement = Statement::new("SELECT seq, at_ms, body FROM message ORDER BY seq", []);
        let rows = self.db.run(&statement).unwrap();
        let message = |row: &shunda::store::Row| Message {
            seq: row.int(0).unwrap() as u64,
            at_ms: TimeMs(row.int(1).unwrap()),
            body: row.json(2).unwrap(),
        };
        rows.iter().map(message).collect()
    }

    /// `(status, reason)` of a customer-service message, as stored.
    pub fn end_of(&self, seq: u64) -> String {
        let body: Body =
            self.messages().into_iter().find(|message| message.seq == seq).expect("a message").body;
        let (_, sending) = body.sending().expect("a customer-service message");
        match sending.reason {
            Some(reason) => format!("{:?} {reason:?}", sending.status),
            None => format!("{:?}", sending.status),
        }
    }
}
