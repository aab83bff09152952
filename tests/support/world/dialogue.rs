//! What must hold of a question that leaves something unsaid: it is filled in with what the conversation was about
//! in the very turn that decided, or with nothing.

use super::World;
use super::proposals::{WHICH, filled};
use shunda::base::message::InboundContent;
use shunda::base::time::TimeMs;
use shunda::desk::call::{Answered, Call};
use shunda::desk::conversation::{Conversation, Stage};
use shunda::desk::dialogue::Dialogue;
use shunda::desk::message::Carrier;
use shunda::store::{Database, Statement, Value};

impl World {
    /// What the conversation is about when the turn begins, where the bot may use it.
    pub fn dialogue_before(&self, call: &Call, now: TimeMs) -> Option<Dialogue> {
        let Call::Receive { inbound, .. } = call else { return None };
        let db = &self.shards[Self::shard_of(&inbound.conversation)].db;
        let sql = "SELECT state FROM conversation WHERE conversation = ?";
        let rows = db.run(&Statement::new(sql, [Value::Text(inbound.conversation.key())])).unwrap();
        let conversation: Conversation = rows.first()?.json(0).unwrap();
        let is_bots = conversation.stage() == Stage::Bot && !conversation.gone;
        conversation.dialogue.filter(|dialogue| is_bots && now < dialogue.expires_at)
    }

    pub fn witness_dialogue(&mut self, call: &Call, dialogue: Option<Dialogue>, answered: &Answered) {
        let Call::Receive { inbound, informed, .. } = call else { return };
        let is_which =
            matches!(&inbound.content, InboundContent::Text { text, menu_id: None } if text == WHICH);
        match answered {
            Answered::NeedProposal { dialogue: topic, revision } => {
                let again = informed.is_some();
                self.witness.see("asked for the dialogue");
                if again {
                    self.witness.see("asked for the dialogue again");
                }
                let known = informed.as_ref().is_some_and(|informed| informed.revision == *revision);
                let is_right =
                    dialogue.is_some_and(|d| d.topic == *topic && d.revision == *revision) && is_which;
                if known || !is_right {
                    let broken = format!("{} is asked back about {topic:?} for nothing", inbound.key);
                    self.witness.breaks(broken);
                }
            }
            Answered::Received { received, again: false }
                if is_which && received.carrier == Carrier::Passive =>
            {
                let words = received.answer.as_deref().unwrap_or_default();
                let about = dialogue.as_ref().and_then(|dialogue| dialogue.topic.about.clone());
                let is_filled = about.is_some_and(|about| words.starts_with(&filled(&about)));
                let left_out = dialogue.is_none()
                    || informed.as_ref().is_some_and(|informed| {
                        informed.round == 2
                            && Some(informed.revision) != dialogue.as_ref().map(|d| d.revision)
                    });
                if is_filled {
                    self.witness.see("filled in");
                }
                if is_filled == left_out {
                    let broken = format!("{} got {words:?} in {dialogue:?}", inbound.key);
                    self.witness.breaks(broken);
                }
            }
            _ => {}
        }
    }
}
