//! The answerer: from a customer's message to a proposal.
//!
//! In this order: a menu item, words that ask for a person, a rule whose keyword is the message, a greeting, a
//! rule whose keyword occurs, the nearest candidate. A person comes before everything that could be mistaken.

use super::candidate::{Candidate, flatten};
use super::channel_hours::ChannelHours;
use super::circumstances::{Circumstances, Moment};
use super::document::{
    Document, MenuAction, MenuItem, Rule, RuleMatch, SkillGroup, Texts, Thresholds, Welcome,
};
use super::hours::{Clock, Hours};
use super::index::{Hit, Index};
use super::keyword::{Keyword, Message};
use super::menu;
use super::proposal::{Decision, Evidence, Menu, Proposal, Score, Source, Urgency};
use super::template::fill;
use crate::base::id::SkillGroupId;
use crate::base::limits::{
    KNOWLEDGE_QUESTION_BYTES_MAX, MATCH_BYTES_MAX, QUESTION_BYTES_MAX, SUGGESTIONS_MAX, TEXT_BYTES_MAX,
};
use crate::base::message::InboundContent;
use crate::base::text::prefix_within;
use crate::base::time::TimeMs;
use std::collections::BTreeMap;

/// How much of the runner-up's score the best must have on top of the threshold: when two answers are near, the
/// question is probably about a third. Measured on 1,311 questions that a bank's customers typed, and 356 more that
/// its FAQ does not answer: at 95 % precision a fifth to a half more are answered.
const RUNNER_UP_SHARE: f32 = 0.3;
/// What `{opens}` says when no opening is in sight.
const OPENING_UNKNOWN: &str = "营业时间内";

/// A published document, made ready to answer.
#[derive(Debug)]
pub struct Answerer {
    version: u64,
    company: String,
    utc_offset_minutes: i32,
    hours: Hours,
    hours_words: String,
    texts: Texts,
    handoff_words: Vec<Keyword>,
    greeting_words: Vec<Keyword>,
    urgent_words: Vec<Keyword>,
    skill_groups: Vec<(SkillGroupId, Vec<Keyword>)>,
    default_skill_group: SkillGroupId,
    rules: Vec<ReadyRule>,
    welcomes: Vec<Welcome>,
    menu: BTreeMap<String, MenuItem>,
    misses_before_handoff: u32,
    thresholds: Thresholds,
    candidates: Vec<Candidate>,
    index: Index,
}

#[derive(Debug)]
struct ReadyRule {
    id: String,
    meets: RuleMatch,
    keywords: Vec<Keyword>,
    answer: String,
}

/// A decision, and what goes along with it.
struct Opinion<'a> {
    decision: Decision,
    group: Option<&'a SkillGroupId>,
    title: Option<&'a str>,
    menu: Option<Menu>,
}

impl From<Decision> for Opinion<'_> {
    fn from(decision: Decision) -> Self {
        Self { decision, group: None, title: None, menu: None }
    }
}

impl Answerer {
    /// Makes a checked document ready. Costs a pass over all of its text: once per version and isolate.
    pub fn new(document: Document, version: u64) -> Self {
        let candidates = flatten(document.entries, &document.graph);
        let index = Index::new(candidates.iter().map(|candidate| &candidate.phrasings));
        Self {
            version,
            company: document.company,
            utc_offset_minutes: document.utc_offset_minutes,
            hours_words: document.hours.words(),
            hours: document.hours,
            texts: document.texts,
            handoff_words: keywords(document.handoff_words),
            greeting_words: keywords(document.greeting_words),
            urgent_words: keywords(document.urgent_words),
            skill_groups: document.skill_groups.into_iter().map(ready_group).collect(),
            default_skill_group: document.default_skill_group,
            rules: document.rules.into_iter().map(ready_rule).collect(),
            welcomes: document.welcomes,
            menu: document.menu,
            misses_before_handoff: document.misses_before_handoff,
            thresholds: document.thresholds,
            candidates,
            index,
        }
    }

    /// The published version.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What resembles `text` most, best first, whether or not it would be answered.
    pub fn resembling(&self, text: &str) -> Vec<Evidence> {
        let hits = self.index.search(prefix_within(text, KNOWLEDGE_QUESTION_BYTES_MAX), SUGGESTIONS_MAX);
        let found = hits.iter().filter_map(|hit| Some((hit, self.candidates.get(hit.candidate)?)));
        found.map(|(hit, candidate)| self.evidence(hit, candidate, self.thresholds.answer)).collect()
    }

    /// Whether there is an FAQ entry of this id.
    pub fn has_entry(&self, id: &str) -> bool {
        self.candidates.iter().any(|candidate| candidate.source == Source::Entry && candidate.id == id)
    }

    /// What to do about `content`, which arrived at `now`.
    pub fn propose(
        &self,
        content: &InboundContent,
        circumstances: &Circumstances<'_>,
        now: TimeMs,
    ) -> Proposal {
        let now = &self.moment(circumstances, now);
        let words = said(content).map(|text| Message::new(prefix_within(text, MATCH_BYTES_MAX)));
        let open = now.clock.is_open(now.now);
        let handoff = if open { &self.texts.handoff_open } else { &self.texts.handoff_closed };
        let Opinion { decision, group, title, menu } = self.decide(content, words.as_ref(), now);
        let group = group.or_else(|| self.group_of(words.as_ref()?));
        let missed = matches!(decision, Decision::Suggest { .. } | Decision::Unsure { .. });
        Proposal {
            version: self.version,
            menu: menu.or_else(|| self.suggestions_menu(&decision, now)),
            decision,
            skill_group: group.unwrap_or(&self.default_skill_group).clone(),
            group_claimed: group.is_some(),
            urgency: words.as_ref().map_or(Urgency::Normal, |message| self.urgency(message)),
            open,
            handoff_text: self.say(handoff, "", now),
            still_waiting_text: self.say(&self.texts.still_waiting, "", now),
            misses_before_handoff: self.misses_before_handoff,
            title: title.map(|title| prefix_within(title, QUESTION_BYTES_MAX).to_owned()),
            slow: missed && words.is_some_and(|message| !message.is_blank()),
        }
    }

    fn decide(&self, content: &InboundContent, words: Option<&Message>, now: &Moment<'_>) -> Opinion<'_> {
        match content {
            InboundContent::Text { text, menu_id } => {
                let tapped = menu_id.as_deref().and_then(|key| self.tapped(key));
                tapped
                    .or_else(|| words.map(|message| self.reply(text, message, now).into()))
                    .unwrap_or(Decision::Ignore.into())
            }
            InboundContent::Voice { recognition, .. } => match (recognition, words) {
                (Some(text), Some(message)) => self.reply(text, message, now).into(),
                _ => self.not_text(now).into(),
            },
            InboundContent::MenuClick { key } => self.tapped(key).unwrap_or_else(|| self.unsure(now).into()),
            InboundContent::Follow { scene } | InboundContent::Enter { scene, .. } => {
                let welcome = self.welcome(scene.as_deref().unwrap_or_default(), now);
                welcome.unwrap_or_else(|| self.greeting(now).into())
            }
            InboundContent::Scan { scene } => self.welcome(scene, now).unwrap_or(Decision::Ignore.into()),
            InboundContent::Unfollow
            | InboundContent::Erased
            | InboundContent::Revoke { .. }
            | InboundContent::NativeSession { .. }
            | InboundContent::NativeReply { .. }
            | InboundContent::Recall { .. }
            | InboundContent::SendFailed { .. }
            | InboundContent::NoticeEnded { .. }
            | InboundContent::Consent { .. }
            | InboundContent::Whereabouts { .. }
            | InboundContent::Notice { .. } => Decision::Ignore.into(),
            InboundContent::Image { .. }
            | InboundContent::Video { .. }
            | InboundContent::Location { .. }
            | InboundContent::Link { .. }
            | InboundContent::File { .. }
            | InboundContent::MiniProgramPage { .. }
            | InboundContent::Unsupported { .. } => self.not_text(now).into(),
        }
    }

    fn reply(&self, text: &str, message: &Message, now: &Moment<'_>) -> Decision {
        if let Some(word) = self.handoff_words.iter().find(|word| word.asks_in(message)) {
            return Decision::Handoff { asked_by: word.shown.clone() };
        }
        if let Some(answer) = self.rule(RuleMatch::Exact, message) {
            return answer;
        }
        if self.greeting_words.iter().any(|word| word.is_whole(message)) {
            return self.greeting(now);
        }
        self.rule(RuleMatch::Contains, message).unwrap_or_else(|| self.nearest(text, now))
    }

    fn nearest(&self, text: &str, now: &Moment<'_>) -> Decision {
        // A longer message asks more than one thing; its beginning is the best guess, and bounds the work.
        let hits = self.index.search(prefix_within(text, KNOWLEDGE_QUESTION_BYTES_MAX), SUGGESTIONS_MAX);
        if let Some(answer) = self.certain_hit(&hits) {
            return answer;
        }
        let near = hits.iter().filter(|hit| Score::from_share(hit.score) >= self.thresholds.suggest);
        let candidates: Vec<Evidence> = near
            .filter_map(|hit| {
                Some(self.evidence(hit, self.candidates.get(hit.candidate)?, self.thresholds.suggest))
            })
            .collect();
        if candidates.is_empty() {
            return self.unsure(now);
        }
        let questions: Vec<String> =
            candidates.iter().map(|evidence| format!("· {}", evidence.question)).collect();
        Decision::Suggest { text: self.say(&self.texts.suggest, &questions.join("\n"), now), candidates }
    }

    /// What `texts.suggest` says around its questions, and the questions to tap.
    fn suggestions_menu(&self, decision: &Decision, now: &Moment<'_>) -> Option<Menu> {
        let Decision::Suggest { candidates, .. } = decision else { return None };
        let (head, tail) = self.texts.suggest.split_once("{questions}").unwrap_or((&self.texts.suggest, ""));
        let choice = |evidence: &Evidence| (evidence.entry.clone(), evidence.question.clone());
        menu::within(&self.say(head, "", now), candidates.iter().map(choice), &self.say(tail, "", now))
    }

    /// The best hit's answer, where it is near enough and nearer than any other answer.
    fn certain_hit(&self, hits: &[Hit]) -> Option<Decision> {
        let best = hits.first()?;
        let candidate = self.candidates.get(best.candidate)?;
        let says_else =
            |hit: &&Hit| self.candidates.get(hit.candidate).is_some_and(|c| c.answer != candidate.answer);
        let runner_up = hits.iter().skip(1).find(says_else).map_or(0.0, |hit| hit.score);
        let needed = Score::from_share(self.thresholds.answer.share() + RUNNER_UP_SHARE * runner_up);
        let is_certain = best.score > runner_up && Score::from_share(best.score) >= needed;
        is_certain.then(|| Decision::Answer {
            text: candidate.answer.clone(),
            evidence: self.evidence(best, candidate, needed),
        })
    }

    fn evidence(&self, hit: &Hit, candidate: &Candidate, threshold: Score) -> Evidence {
        Evidence {
            source: candidate.source,
            entry: candidate.id.clone(),
            question: candidate.question().to_owned(),
            matched: candidate.phrasings.get(hit.phrasing).cloned().unwrap_or_default(),
            score: Score::from_share(hit.score),
            threshold,
            version: self.version,
        }
    }

    fn rule(&self, meets: RuleMatch, message: &Message) -> Option<Decision> {
        self.rules.iter().filter(|rule| rule.meets == meets).find_map(|rule| {
            let keyword = rule.keywords.iter().find(|keyword| match meets {
                RuleMatch::Exact => keyword.is_whole(message),
                RuleMatch::Contains => keyword.occurs_in(message),
            })?;
            Some(self.certain(Source::Rule, &rule.id, &keyword.shown, &rule.answer))
        })
    }

    /// What a tap on `key` does: an item of the document's menu, or an answer tapped by its id.
    fn tapped(&self, key: &str) -> Option<Opinion<'_>> {
        let Some(item) = self.menu.get(key) else {
            let candidate = self.candidates.iter().find(|candidate| candidate.id == key)?;
            let question = candidate.question();
            let decision = self.certain(candidate.source, key, question, &candidate.answer);
            return Some(Opinion { title: Some(question), ..decision.into() });
        };
        let title = item.question.as_deref();
        let handoff = || Decision::Handoff { asked_by: key.to_owned() };
        let (decision, group) = match item.action()? {
            MenuAction::Answer(answer) => {
                (self.certain(Source::Menu, key, title.unwrap_or(key), answer), None)
            }
            MenuAction::Handoff => (handoff(), None),
            MenuAction::SkillGroup(group) => (handoff(), Some(group)),
        };
        Some(Opinion { decision, group, title, menu: None })
    }

    /// What whoever comes from `scene` is told, where the document has something for them.
    fn welcome(&self, scene: &str, now: &Moment<'_>) -> Option<Opinion<'_>> {
        let welcome = self.welcomes.iter().find(|welcome| welcome.fits(scene, now.channel))?;
        let text = self.say(&welcome.text, "", now);
        let menu = welcome.menu.as_ref().and_then(|menu| {
            let head = menu.head.as_ref().map_or_else(|| text.clone(), |head| self.say(head, "", now));
            let choices = menu.items.iter().map(|choice| (choice.id.clone(), choice.text.clone()));
            menu::within(&head, choices, "")
        });
        let group = welcome.skill_group.as_ref();
        Some(Opinion { decision: Decision::Greeting { text }, group, title: None, menu })
    }

    /// An answer that the customer named: by a keyword, or by a tap.
    fn certain(&self, source: Source, id: &str, named: &str, answer: &str) -> Decision {
        let evidence = Evidence {
            source,
            entry: id.to_owned(),
            question: named.to_owned(),
            matched: named.to_owned(),
            score: Score::ONE,
            threshold: Score::ONE,
            version: self.version,
        };
        Decision::Answer { text: answer.to_owned(), evidence }
    }

    fn greeting(&self, now: &Moment<'_>) -> Decision {
        Decision::Greeting { text: self.say(&self.texts.greeting, "", now) }
    }

    fn unsure(&self, now: &Moment<'_>) -> Decision {
        Decision::Unsure { text: self.say(&self.texts.unsure, "", now) }
    }

    fn not_text(&self, now: &Moment<'_>) -> Decision {
        Decision::NotText { text: self.say(&self.texts.not_text, "", now) }
    }

    /// The group with the most keywords in the message; of equals, the first.
    fn group_of(&self, message: &Message) -> Option<&SkillGroupId> {
        let mut best = (None, 0);
        for (group, keywords) in &self.skill_groups {
            let found = keywords.iter().filter(|keyword| keyword.occurs_in(message)).count();
            if found > best.1 {
                best = (Some(group), found);
            }
        }
        best.0
    }

    fn urgency(&self, message: &Message) -> Urgency {
        let urgent = self.urgent_words.iter().any(|word| word.occurs_in(message));
        if urgent { Urgency::High } else { Urgency::Normal }
    }

    fn moment<'a>(&'a self, circumstances: &Circumstances<'a>, now: TimeMs) -> Moment<'a> {
        let own = circumstances.hours;
        let utc_offset_minutes =
            own.and_then(ChannelHours::utc_offset_minutes).unwrap_or(self.utc_offset_minutes);
        let hours = own.map_or(&self.hours, ChannelHours::hours);
        Moment {
            now,
            channel: circumstances.channel,
            clock: Clock { hours, utc_offset_minutes },
            hours_words: own.map_or(&self.hours_words, ChannelHours::words),
        }
    }

    fn say(&self, template: &str, questions: &str, now: &Moment<'_>) -> String {
        let opens = if template.contains("{opens}") { now.clock.next_opening_words(now.now) } else { None };
        let values = [
            ("company", self.company.as_str()),
            ("hours", now.hours_words),
            ("opens", opens.as_deref().unwrap_or(OPENING_UNKNOWN)),
            ("questions", questions),
        ];
        prefix_within(&fill(template, &values), TEXT_BYTES_MAX).to_owned()
    }
}

/// The words of a message, where there are any.
fn said(content: &InboundContent) -> Option<&str> {
    match content {
        InboundContent::Text { text, .. } => Some(text),
        InboundContent::Voice { recognition: Some(text), .. } if !text.trim().is_empty() => Some(text),
        _ => None,
    }
}

fn keywords(words: Vec<String>) -> Vec<Keyword> {
    words.into_iter().map(Keyword::new).collect()
}

fn ready_group(group: SkillGroup) -> (SkillGroupId, Vec<Keyword>) {
    (group.id, keywords(group.keywords))
}

fn ready_rule(rule: Rule) -> ReadyRule {
    ReadyRule { id: rule.id, meets: rule.meets, keywords: keywords(rule.keywords), answer: rule.answer }
}
