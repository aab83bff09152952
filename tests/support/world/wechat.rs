//! A model of the channel: what customers send, how it is delivered, what the phone shows, what the API takes.
//! It keeps windows and quotas by the published table (protocol 4.3) and shares no code with `desk::window`.

use super::World;
use super::proposals::{WHICH, text};
use shunda::base::id::{ConversationId, CustomerId, InboundKey};
use shunda::base::message::{Inbound, InboundContent, NeverReason, SendVerdict};
use shunda::base::time::TimeMs;
use shunda::desk::message::Carrier;
use shunda::desk::receive::Received;
use std::collections::BTreeMap;

const ANSWER_WITHIN_MS: i64 = 5_000;
const ATTEMPTS: u32 = 3;

/// `left` messages until `closes_ms`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Grant {
    left: u32,
    closes_ms: i64,
}

pub struct Customer {
    pub id: CustomerId,
    pub following: bool,
    grants: [Grant; 2],
    /// What the phone shows from us, in order.
    pub phone: Vec<Shown>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The answer to message `inbound`.
    Passive { inbound: usize, text: String },
    /// A customer-service message.
    Message { text: String },
}

pub struct Sent {
    pub inbound: Inbound,
    pub customer: usize,
    pub sent_ms: i64,
    attempt_began_ms: i64,
    attempt: u32,
    pub settled: bool,
    /// What our side first decided, and when.
    pub decided: Option<(Received, i64)>,
}

/// One request of ours to the API.
pub struct Request {
    pub customer: usize,
    pub text: String,
    pub token: u64,
    pub began_ms: i64,
}

#[derive(Default)]
pub struct WeChat {
    pub customers: Vec<Customer>,
    pub sent: Vec<Sent>,
    /// Which of them are of one conversation.
    of: BTreeMap<ConversationId, Vec<usize>>,
    pub deliveries: usize,
    pub token: u64,
    /// Requests that were taken: customer, when they began, when they were taken.
    taken: Vec<(usize, i64, i64)>,
    /// Refusals of window or quota that no fault explains.
    pub refused_without_excuse: Vec<String>,
}

impl WeChat {
    pub fn new(customers: usize) -> Self {
        let customer = |number| Customer {
            id: CustomerId(format!("o{number}")),
            following: true,
            grants: [Grant::default(); 2],
            phone: Vec::new(),
        };
        Self { customers: (0..customers).map(customer).collect(), token: 1, ..Self::default() }
    }

    /// What was sent in one conversation.
    pub fn sent_in(&self, id: &ConversationId) -> impl Iterator<Item = &Sent> {
        let numbers = self.of.get(id).map_or(&[][..], Vec::as_slice);
        numbers.iter().map(|number| &self.sent[*number])
    }

    /// A trigger replaces its own grant's count and time.
    fn grant(&mut self, customer: usize, content: &InboundContent, now: i64) {
        let grants = &mut self.customers[customer].grants;
        match content {
            InboundContent::Text { menu_id: Some(_), .. }
            | InboundContent::MenuClick { .. }
            | InboundContent::Scan { .. }
            | InboundContent::Follow { .. } => grants[1] = Grant { left: 3, closes_ms: now + 60_000 },
            InboundContent::Unfollow | InboundContent::Notice { .. } => {}
            _ => grants[0] = Grant { left: 5, closes_ms: now + 48 * 3_600_000 },
        }
    }

    /// One message counts against every grant; it is taken while any open one has something left.
    fn spend(&mut self, customer: usize, now: i64) -> Result<(), i64> {
        let customer = &mut self.customers[customer];
        let open = customer.grants.iter().filter(|grant| now < grant.closes_ms);
        match open.map(|grant| grant.left).max() {
            _ if !customer.following => Err(45015),
            None => Err(45015),
            Some(0) => Err(45047),
            Some(_) => {
                for grant in &mut customer.grants {
                    grant.left = grant.left.saturating_sub(1);
                }
                Ok(())
            }
        }
    }

    /// Whether we could not know better: an inbound that grants or ends something was on its way to us, or came
    /// late, or a send crossed it, or the window closed while the request was on its way.
    fn is_excused(&self, request: &Request) -> bool {
        let customer = request.customer;
        let crossed = self.sent.iter().filter(|sent| sent.customer == customer).any(|sent| {
            let Some((_, decided_ms)) = sent.decided else { return true };
            let late = decided_ms - sent.sent_ms > ANSWER_WITHIN_MS;
            late || decided_ms >= request.began_ms
                || self.taken.iter().any(|(to, began, taken)| {
                    *to == customer && *began <= decided_ms && *taken >= sent.sent_ms - 1_000
                })
        });
        let grants = self.customers[customer].grants;
        crossed || grants.iter().any(|grant| request.began_ms < grant.closes_ms && grant.left > 0)
    }
}

impl World {
    pub fn customer_acts(&mut self, customer: usize) {
        let usual =
            if self.rng.hits(300) { self.rng.between(100, 3_000) } else { self.rng.between(3_000, 90_000) };
        let pause = self.rhythm_ms.map_or(usual, |(least, most)| self.rng.between(least, most));
        if !self.quiet {
            self.after(pause, "customer", move |world| world.customer_acts(customer));
        } else {
            return;
        }
        let content = self.something_said(customer);
        self.customer_sends(customer, content);
    }

    fn something_said(&mut self, customer: usize) -> InboundContent {
        if !self.wechat.customers[customer].following {
            return InboundContent::Follow { scene: None };
        }
        match self.rng.below(20) {
            0..=3 => text("保修多久"),
            4 => text("没用"),
            5..=7 => text("天书一样的话"),
            8 => self.something_left_unsaid(customer),
            9..=11 => text("人工"),
            12 => text("你好"),
            13 | 14 => InboundContent::Image { media_id: "m".into(), url: String::new() },
            15 => InboundContent::MenuClick { key: "HUMAN".into() },
            16 => InboundContent::MenuClick { key: "HOURS".into() },
            17 => InboundContent::Text { text: "保修多久".into(), menu_id: Some("1".into()) },
            18 => InboundContent::Notice { event: "view".into(), detail: String::new() },
            _ => InboundContent::Unfollow,
        }
    }

    /// Asks of no product in particular, and says which before or after being asked, or asks something else again.
    fn something_left_unsaid(&mut self, customer: usize) -> InboundContent {
        let more = self.rng.below(5);
        for _ in 0..more {
            let words = if self.rng.hits(650) { WHICH } else { "漏水怎么办" };
            let pause =
                if self.rng.hits(500) { self.rng.between(10, 400) } else { self.rng.between(400, 9_000) };
            self.after(pause, "customer goes on", move |world| {
                if !world.quiet && world.wechat.customers[customer].following {
                    world.customer_sends(customer, text(words));
                }
            });
        }
        text("漏水怎么办")
    }

    pub fn customer_sends(&mut self, customer: usize, content: InboundContent) -> usize {
        let number = self.wechat.sent.len();
        self.wechat.customers[customer].following = content != InboundContent::Unfollow;
        self.wechat.grant(customer, &content, self.now);
        let conversation =
            ConversationId { channel: "main".into(), customer: self.wechat.customers[customer].id.clone() };
        let sent_at = TimeMs::from_secs(self.now.div_euclid(1_000));
        let inbound = Inbound { conversation, key: InboundKey(format!("m{number}")), sent_at, content };
        self.wechat.of.entry(inbound.conversation.clone()).or_default().push(number);
        self.wechat.sent.push(Sent {
            inbound,
            customer,
            sent_ms: self.now,
            attempt_began_ms: self.now,
            attempt: 0,
            settled: false,
            decided: None,
        });
        self.deliver(number);
        number
    }

    fn deliver(&mut self, number: usize) {
        let now = self.now;
        let sent = &mut self.wechat.sent[number];
        if sent.settled || sent.attempt >= ATTEMPTS {
            return;
        }
        sent.attempt += 1;
        sent.attempt_began_ms = now;
        let attempt = sent.attempt;
        self.after(ANSWER_WITHIN_MS, "redeliver", move |world| world.deliver(number));
        let mut copies = 1;
        if self.faults_hit(|faults| faults.callback_twice) {
            copies += self.rng.between(1, 2);
            if self.rng.hits(300) {
                let later = self.rng.between(10_000, 600_000);
                self.after(later, "late copy", move |world| world.callback(number, attempt));
            }
        }
        for _ in 0..copies {
            if self.faults_hit(|faults| faults.callback_lost) {
                continue;
            }
            let late = self.faults_hit(|faults| faults.callback_late);
            let span = if late { self.rng.between(1_000, 9_000) } else { self.rng.between(5, 300) };
            self.after(span, "callback", move |world| world.callback(number, attempt));
        }
    }

    /// The response to one delivery arrives at the channel.
    pub fn callback_answered(&mut self, number: usize, attempt: u32, received: &Received) {
        let now = self.now;
        let sent = &mut self.wechat.sent[number];
        if sent.settled || attempt != sent.attempt || now > sent.attempt_began_ms + ANSWER_WITHIN_MS {
            return;
        }
        sent.settled = true;
        if let (Carrier::Passive, Some(text)) = (received.carrier, &received.answer) {
            let shown = Shown::Passive { inbound: number, text: text.clone() };
            self.wechat.customers[sent.customer].phone.push(shown);
        }
    }

    /// custom/send: what the API does with a request that reached it.
    pub fn api_takes(&mut self, request: &Request) -> SendVerdict {
        if request.token != self.wechat.token {
            return SendVerdict::RefreshToken { errcode: 42001 };
        }
        if self.faults_hit(|faults| faults.later) {
            return SendVerdict::Later { errcode: -1 };
        }
        if self.faults_hit(|faults| faults.never) {
            return SendVerdict::Never { errcode: 87014, reason: NeverReason::Content };
        }
        if let Err(errcode) = self.wechat.spend(request.customer, self.now) {
            let gone = if self.wechat.customers[request.customer].following { "" } else { ", gone" };
            self.witness.see(format!("refused {errcode}{gone}"));
            if !self.skewed && !self.wechat.is_excused(request) {
                let refusal = format!("{errcode} for {} at {}", request.text, self.now);
                self.wechat.refused_without_excuse.push(refusal);
            }
            let reason = if errcode == 45015 { NeverReason::WindowClosed } else { NeverReason::QuotaUsed };
            return SendVerdict::Never { errcode, reason };
        }
        self.wechat.taken.push((request.customer, request.began_ms, self.now));
        let shown = Shown::Message { text: request.text.clone() };
        self.wechat.customers[request.customer].phone.push(shown);
        SendVerdict::Delivered
    }
}
