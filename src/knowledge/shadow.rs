//! The shadow run: what comes in is also put to a candidate, whose answers are compared and sent to nobody.

use super::bundle::Pointer;
use super::proposal::{Decision, Proposal, Score};
use crate::base::digest::{hex, sha256};
use crate::base::id::InboundKey;
use crate::base::message::{Inbound, InboundContent};
use crate::base::time::TimeMs;
use serde::{Deserialize, Serialize};

/// The key of the run that is under way.
pub const SHADOW_KEY: &str = "knowledge:shadow";

/// A run as KV holds it for the isolates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShadowRun {
    /// Which run.
    pub id: String,
    /// Where the candidate's document is. Its version is the one that it would replace: it has none yet.
    pub document: Pointer,
    /// Of all questions, the share that is put to it.
    pub share: Score,
    /// When it is over, said or not.
    pub until_ms: TimeMs,
}

impl ShadowRun {
    /// Whether this message is put to the candidate: words of the customer, drawn by the message's key so that nobody's
    /// choice has a part in it.
    pub fn takes(&self, inbound: &Inbound, now: TimeMs) -> bool {
        words(&inbound.content).is_some() && now < self.until_ms && draw(&inbound.key) < self.share
    }
}

/// The words that are compared. Taps say nothing of matching, and are read alike.
pub fn words(content: &InboundContent) -> Option<&str> {
    match content {
        InboundContent::Text { text, menu_id: None } => Some(text.trim()),
        InboundContent::Voice { recognition: Some(text), .. } => Some(text.trim()),
        _ => None,
    }
    .filter(|text| !text.is_empty())
}

/// A number below 1 that is the message's own.
fn draw(key: &InboundKey) -> Score {
    let digest = sha256(&[b"shunda/shadow/", key.as_str().as_bytes()]);
    let thousandths = digest.first_chunk().map_or(0, |head| u32::from_be_bytes(*head)) % 1_000;
    Score::from_share(thousandths as f32 / 1_000.0)
}

/// What an example is kept under: it says nothing of the message, and tells examples apart.
pub fn mark(run: &ShadowRun, key: &InboundKey) -> String {
    let digest = hex(&sha256(&[b"shunda/shadow-mark/", run.id.as_bytes(), b"/", key.as_str().as_bytes()]));
    digest.get(..32).unwrap_or_default().to_owned()
}

/// What both say, where it can be compared: what a conversation was about is known to neither.
pub fn comparable(before: Proposal, after: Proposal) -> Option<(Decision, Decision)> {
    let is_whole = !before.depends && !after.depends;
    let is_silent = before.decision == Decision::Ignore && after.decision == Decision::Ignore;
    (is_whole && !is_silent).then_some((before.decision, after.decision))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::{ChannelId, ConversationId};

    fn inbound(number: u32, content: InboundContent) -> Inbound {
        let conversation = ConversationId { channel: ChannelId("main".into()), customer: "o1".into() };
        let key = InboundKey(format!("m|{number}|1"));
        Inbound { key, conversation, sent_at: TimeMs(0), content }
    }

    fn run(share: f32) -> ShadowRun {
        let document = super::super::bundle::publish(b"{}", 1, None).pointer;
        ShadowRun { id: "r".into(), document, share: Score::from_share(share), until_ms: TimeMs(10) }
    }

    #[test]
    fn a_share_of_the_words_is_taken_until_the_end() {
        let says = |number| inbound(number, InboundContent::Text { text: "保修多久".into(), menu_id: None });
        let taken = |share| (0..5_000).filter(|number| run(share).takes(&says(*number), TimeMs(9))).count();
        assert_eq!((taken(0.0), taken(1.0)), (0, 5_000));
        assert!((1_150..1_350).contains(&taken(0.25)), "{}", taken(0.25));
        assert!(!run(1.0).takes(&says(1), TimeMs(10)), "it is over");
        let tap = InboundContent::Text { text: "保修多久".into(), menu_id: Some("warranty".into()) };
        assert!(!run(1.0).takes(&inbound(1, tap), TimeMs(0)));
        assert!(!run(1.0).takes(&inbound(1, InboundContent::Follow { scene: None }), TimeMs(0)));
    }

    #[test]
    fn marks_tell_messages_and_runs_apart() {
        let key = |number: u32| InboundKey(format!("m|{number}|1"));
        let other = ShadowRun { id: "s".into(), ..run(1.0) };
        assert_eq!(mark(&run(1.0), &key(1)), mark(&run(0.5), &key(1)));
        assert_ne!(mark(&run(1.0), &key(1)), mark(&run(1.0), &key(2)));
        assert_ne!(mark(&run(1.0), &key(1)), mark(&other, &key(1)));
    }
}
