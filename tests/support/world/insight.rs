//! The twin of `InsightObject`, and what must be in it: every question that the bot could not answer, once, and
//! nothing of those who left.

use super::World;
use super::shard::Task;
use crate::support::sqlite::Sqlite;
use shunda::base::id::ConversationId;
use shunda::base::message::InboundContent;
use shunda::base::time::TimeMs;
use shunda::desk::call::{Answered, Call};
use shunda::desk::conversation::{Conversation, Stage};
use shunda::desk::errand::{Errand, Task as Errands};
use shunda::desk::late;
use shunda::insight::call::{self, Kind, Reply, Wanted};
use shunda::knowledge::proposal::Decision;
use shunda::knowledge::signal::Sign;
use shunda::store::insight::{MIGRATIONS, turn};
use shunda::store::{Database, Statement, conversation as store};
use std::collections::BTreeMap;

pub struct InsightTwin {
    db: Sqlite,
    /// By conversation and message: the words of what the bot could not answer, while its asker is there.
    missed: BTreeMap<(String, u64), String>,
}

impl InsightTwin {
    pub fn new() -> Self {
        let db = Sqlite::new();
        shunda::store::migrate(&db, MIGRATIONS).unwrap();
        Self { db, missed: BTreeMap::new() }
    }

    fn questions(&self) -> Vec<shunda::insight::question::Question> {
        let wanted =
            Wanted { kind: Kind::All, channels: None, since: TimeMs(0), before: None, limit: u32::MAX };
        let turn_now = shunda::base::turn::Turn { now: TimeMs(0), entropy: [0; 32] };
        match turn(&self.db, call::Call::Questions(wanted), &turn_now).unwrap() {
            Reply::Questions { questions } => questions,
            other => panic!("{other:?}"),
        }
    }
}

impl World {
    /// The conversation as it is before a turn.
    pub fn conversation_before(&self, id: &ConversationId) -> Conversation {
        let sql = "SELECT state FROM conversation WHERE conversation = ?";
        let rows = self.shards[Self::shard_of(id)].db.run(&Statement::new(sql, [id.key().into()])).unwrap();
        rows.first().map_or_else(|| Conversation::new(id.clone()), |row| row.json(0).unwrap())
    }

    /// What the insight must learn of a turn, judged from outside: whose move it was, and what the edge thought.
    pub fn witness_question(&mut self, before: &Conversation, call: &Call, answered: &Answered) {
        let (Call::Receive { inbound, proposal, informed, .. }, Answered::Received { again: false, .. }) =
            (call, answered)
        else {
            return;
        };
        let (asker, seq) = (inbound.conversation.key(), before.last_seq + 1);
        if inbound.content == InboundContent::Unfollow {
            self.insight.missed.retain(|(of, _), _| *of != asker);
            return;
        }
        let is_bots = before.stage() == Stage::Bot && before.native.is_none();
        let InboundContent::Text { text, .. } = &inbound.content else { return };
        // The one that knows the conversation's dialogue is decided by, while that is as it was.
        let knowing = informed.as_ref().filter(|informed| {
            before.dialogue.as_ref().is_some_and(|dialogue| dialogue.revision == informed.revision)
        });
        let used = knowing.map_or(proposal, |informed| &informed.proposal);
        if is_bots && text != "没用" && matches!(used.decision, Decision::Unsure { .. }) {
            self.witness.see("missed");
            self.insight.missed.insert((asker, seq), text.clone());
        }
    }

    /// Carries a report, or the word to forget: lost on the way there, lost on the way back, or told.
    pub fn reports(&mut self, task: Task, errand: Errand) {
        let (there, back) = (self.hop_ms(), self.hop_ms());
        let lost = self.faults_hit(|faults| faults.call_lost);
        let key = task.id.key();
        let call = match &errand.task {
            Errands::Report { signals } => call::Call::Report {
                asker: key,
                channel: task.id.channel.clone(),
                signals: signals.clone(),
                sealed: None,
            },
            _ => call::Call::Forget { askers: vec![key], until: errand.seq },
        };
        self.after(there, "insight", move |world| {
            if !lost {
                let now = world.turn();
                assert_eq!(turn(&world.insight.db, call, &now).unwrap(), Reply::Done);
            }
            let mut told = !lost && !world.faults_hit(|faults| faults.answer_lost);
            told |= world.sabotage == Some(super::Sabotage::ReportOnce);
            world.after(back, "insight told", move |world| {
                if !world.is_alive(&task) {
                    return;
                }
                let now = world.turn();
                let db = &world.shards[task.shard].db;
                let Some(found) = store::pending_for(db, &task.id, errand.seq).unwrap() else { return };
                let writes = if told {
                    late::done(&found, errand.seq, &errand.task)
                } else {
                    late::failed(&found, errand.seq, &errand.task, &now)
                };
                world.commit(&task, writes);
                world.look(task);
            });
        });
    }

    /// Nothing is missing, nothing is there twice, nobody who left is there.
    pub fn check_insight(&mut self) -> Result<(), String> {
        let questions = self.insight.questions();
        let missed: BTreeMap<(String, u64), String> = questions
            .iter()
            .filter(|question| question.has(&Sign::Missed))
            .map(|question| ((question.asker.clone(), question.asked.seq), question.asked.text.clone()))
            .collect();
        if missed != self.insight.missed {
            let expected = &self.insight.missed;
            return Err(format!("the bot could not answer {expected:?}, the insight has {missed:?}"));
        }
        for question in &questions {
            for told in &question.signs {
                let name = format!("{:?}", told.sign);
                self.witness.see(format!("sign {}", name.split(' ').next().unwrap_or_default()));
            }
        }
        Ok(())
    }
}
