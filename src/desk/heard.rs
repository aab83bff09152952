//! What a turn heard about questions: what the bot could not answer, what the customer made of its answers.
//!
//! An answer that nobody complains about is heard in silence: it owes nothing to anybody.

use super::call::Call;
use super::conversation::{Conversation, LastAsked};
use super::errand::{Errand, Task};
use super::message::Message;
use super::outbox::Outbox;
use crate::base::digest::sha256;
use crate::base::id::{ConversationId, InboundKey};
use crate::base::limits::{
    ASKED_AGAIN_MS, HEARD_ERRANDS_MAX, REMEMBERED_MS, RESEMBLES_PER_MILLE, SAMPLE_PER_MILLE, THUMB_CHARS_MAX,
};
use crate::base::message::{Inbound, InboundContent};
use crate::base::turn::Turn;
use crate::knowledge::proposal::{Decision, Proposal};
use crate::knowledge::signal::{Asked, Sign, Signal, Verdict};
use crate::knowledge::tokens::{fold, terms, tight};

/// Whole messages that say that an answer was none. Folded and without separators.
const DOWN: [&str; 17] = [
    "没用",
    "没有用",
    "没什么用",
    "不对",
    "不是这个",
    "不是这个意思",
    "答非所问",
    "没解决",
    "没有解决",
    "问题没解决",
    "没有帮助",
    "没帮助",
    "听不懂人话",
    "useless",
    "nothelpful",
    "wrong",
    "wronganswer",
];
/// Whole messages that say that it was one.
const UP: [&str; 10] = [
    "有用",
    "有帮助",
    "很有帮助",
    "解决了",
    "已解决",
    "问题解决了",
    "已经解决了",
    "明白了",
    "helpful",
    "solved",
];
/// The keys of choices that say the same.
pub const THUMBS_UP: &str = "thumbs_up";
/// See [`THUMBS_UP`].
pub const THUMBS_DOWN: &str = "thumbs_down";

/// What the customer says of the last answer and nothing else: that it helped, or not.
pub(super) fn thumb(content: &InboundContent) -> Option<bool> {
    let words = match content {
        InboundContent::MenuClick { key } | InboundContent::Text { menu_id: Some(key), .. } => {
            return match key.as_str() {
                THUMBS_UP => Some(true),
                THUMBS_DOWN => Some(false),
                _ => None,
            };
        }
        InboundContent::Text { text, .. } | InboundContent::Voice { recognition: Some(text), .. } => text,
        _ => return None,
    };
    if words.chars().nth(THUMB_CHARS_MAX).is_some() {
        return None;
    }
    let plain = tight(&fold(words));
    match plain.trim_end_matches(['啊', '呀', '吧', '哦', '呢']) {
        "" if words.contains('👎') => Some(false),
        "" if words.contains('👍') => Some(true),
        plain if DOWN.contains(&plain) => Some(false),
        plain if UP.contains(&plain) => Some(true),
        _ => None,
    }
}

/// Whether the words are about the last answer, and not a question of their own: the knowledge knows no better.
pub(super) fn is_thumb(content: &InboundContent, decision: &Decision) -> Option<bool> {
    thumb(content)
        .filter(|_| matches!(decision, Decision::Unsure { .. } | Decision::Suggest { .. } | Decision::Ignore))
}

/// Whether a message is in the random sample: [`SAMPLE_PER_MILLE`] of all, by a hash of its key, so that nobody's
/// choice has a part in it.
fn is_sampled(key: &InboundKey) -> bool {
    let digest = sha256(&[b"shunda/sample/", key.as_str().as_bytes()]);
    digest.first_chunk().map_or(0, |head| u32::from_be_bytes(*head)) % 1_000 < SAMPLE_PER_MILLE
}

/// Whose message it is, where an answer to it belongs to the sample: answers are told behind the turn, not in it.
pub fn sampled_answer(call: &Call) -> Option<ConversationId> {
    let Call::Receive { inbound, proposal, .. } = call else { return None };
    let is_answer = matches!(proposal.decision, Decision::Answer { .. });
    (is_answer && is_sampled(&inbound.key)).then(|| inbound.conversation.clone())
}

/// What there is to tell of an inbound that was the bot's to answer. `to_people`: it opened a ticket.
pub(super) fn hear(
    conversation: &mut Conversation,
    inbound: &Inbound,
    proposal: &Proposal,
    to_people: bool,
    turn: &Turn,
) -> Vec<Signal> {
    let now = turn.now;
    let content = &inbound.content;
    let last = conversation.asked.take().filter(|last| now - last.asked.at_ms <= REMEMBERED_MS);
    if let Some(up) = is_thumb(content, &proposal.decision) {
        let mut signals = Vec::new();
        if let Some(last) = &last {
            let sign = if up { Sign::ThumbsUp } else { Sign::ThumbsDown };
            signals.push(last.asked.signal(sign, now));
            signals.extend(to_people.then(|| last.asked.signal(Sign::HandedOff, now)));
        }
        conversation.asked = last;
        return signals;
    }
    let is_handoff = matches!(proposal.decision, Decision::Handoff { .. });
    let Some(asked) = Asked::of(content, proposal, conversation.last_seq, now) else {
        if !matches!(proposal.decision, Decision::Answer { .. }) {
            conversation.asked = last;
        }
        return Vec::new();
    };
    let mut signals = Vec::new();
    let chosen = last.as_ref().and_then(|last| last.chosen_by(&asked));
    if let Some(last) = &last {
        signals.extend(choice(last, chosen.clone()).map(|sign| last.asked.signal(sign, now)));
        let is_again = !is_handoff
            && !is_tap(content)
            && last.is_answered()
            && now - last.asked.at_ms <= ASKED_AGAIN_MS
            && resembles(&last.asked.text, &asked.text);
        let again = is_again.then_some(Sign::AskedAgain { seq: asked.seq });
        signals.extend(again.map(|sign| last.asked.signal(sign, now)));
    }
    if is_handoff {
        let about =
            last.map(|last| last.asked).or_else(|| Some(asked).filter(|asked| says_more(asked, proposal)));
        signals.extend(about.map(|asked| asked.signal(Sign::HandedOff, now)));
        return signals;
    }
    if let (Some(mut last), Some(_)) = (last, chosen.filter(|_| is_tap(content))) {
        // The tap is no question: what the customer says next is about the one in their own words.
        last.awaits_choice = false;
        last.chosen = true;
        // What is said of the answer from now on is said of this wording.
        last.asked.tried.clone_from(&asked.tried);
        signals.extend(asked.tried.is_some().then(|| last.asked.signal(Sign::Exposed, now)));
        conversation.asked = Some(last);
        return signals;
    }
    if asked.verdict != Verdict::Answered {
        signals.push(asked.signal(Sign::Missed, now));
        signals.extend(is_sampled(&inbound.key).then(|| asked.signal(Sign::Sampled, now)));
        signals.extend(to_people.then(|| asked.signal(Sign::HandedOff, now)));
    }
    signals.extend(asked.tried.is_some().then(|| asked.signal(Sign::Exposed, now)));
    conversation.asked = Some(LastAsked::new(asked));
    signals
}

impl LastAsked {
    fn is_answered(&self) -> bool {
        self.asked.verdict == Verdict::Answered || self.chosen
    }

    /// Which of the choices offered for it `next` is the answer of.
    fn chosen_by(&self, next: &Asked) -> Option<String> {
        let given = next.near.first().filter(|_| next.verdict == Verdict::Answered)?;
        let is_offered = self.awaits_choice && self.asked.near.iter().any(|near| near.entry == given.entry);
        is_offered.then(|| given.entry.clone())
    }
}

/// What the customer did about the choices offered to them.
fn choice(last: &LastAsked, chosen: Option<String>) -> Option<Sign> {
    last.awaits_choice.then(|| chosen.map_or(Sign::ChoseNone, |entry| Sign::Chosen { entry }))
}

const fn is_tap(content: &InboundContent) -> bool {
    matches!(content, InboundContent::Text { menu_id: Some(_), .. } | InboundContent::MenuClick { .. })
}

/// Whether a message that asks for people says what about, too.
fn says_more(asked: &Asked, proposal: &Proposal) -> bool {
    let Decision::Handoff { asked_by } = &proposal.decision else { return false };
    let words = tight(&fold(&asked.text));
    let asks = tight(&fold(asked_by));
    words.replacen(&asks, "", 1).chars().count() > THUMB_CHARS_MAX / 2
}

/// Whether two questions are nearly the same: twice the terms they share, over all of both, each by its weight.
fn resembles(earlier: &str, later: &str) -> bool {
    let (earlier, later) = (terms(earlier), terms(later));
    let sum = |terms: &[crate::knowledge::tokens::Term]| terms.iter().map(|term| term.weight()).sum::<f32>();
    let shared: f32 =
        earlier.iter().filter(|term| later.binary_search(term).is_ok()).map(|term| term.weight()).sum();
    2_000.0 * shared >= RESEMBLES_PER_MILLE * (sum(&earlier) + sum(&later)) && shared > 0.0
}

impl Outbox {
    /// Owes the insight these, now. Beyond the bound, when it could not be told for long, nothing more is kept for it.
    pub(super) fn owe_signals(&mut self, seq: u64, signals: Vec<Signal>, turn: &Turn) {
        let owed = self.errands.iter().filter(|errand| errand.is_report()).count();
        if !signals.is_empty() && owed < HEARD_ERRANDS_MAX {
            self.errands.push(Errand::new(seq, Task::Report { signals }, turn.now));
        }
    }

    /// What became later of the question in message `seq`, where it is the one last asked.
    pub(super) fn owe_later(&mut self, conversation: &Conversation, seq: u64, sign: Sign, turn: &Turn) {
        let asked = conversation.asked.as_ref().map(|last| &last.asked).filter(|asked| asked.seq == seq);
        let signals = asked.map(|asked| asked.signal(sign, turn.now)).into_iter().collect();
        self.owe_signals(seq, signals, turn);
    }

    /// The customer took the message back: its words are forgotten where they were told.
    pub(super) fn owe_taken_back(&mut self, message: &Message, turn: &Turn) {
        let asked = Asked::taken_back(message.seq, message.at_ms);
        self.owe_signals(message.seq, vec![asked.signal(Sign::TakenBack, turn.now)], turn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_one_in_twenty_and_always_the_same() {
        let keys = (0..20_000).map(|number| InboundKey(format!("m|{number}|1700000000")));
        let sampled = keys.filter(is_sampled).count();
        assert!((900..1_100).contains(&sampled), "{sampled}");
        // Made with `printf %s shunda/sample/m|10|1 | sha256sum`, the first eight digits modulo 1,000 by hand.
        assert_eq!([10, 0].map(|id| is_sampled(&InboundKey(format!("m|{id}|1")))), [true, false]);
    }

    #[test]
    fn resemblance_is_of_words_and_not_of_politeness() {
        assert!(resembles("保修期多久", "请问保修期是多久呢"));
        assert!(!resembles("怎么退货", "怎么开发票"));
        assert!(!resembles("", ""));
    }
}
