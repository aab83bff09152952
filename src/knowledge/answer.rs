//! The answerer: from a customer's message to a proposal.
//!
//! In this order: a menu item, words that ask for a person, a rule whose keyword is the message, a greeting, a
//! rule whose keyword occurs, facts about products, the nearest candidate. A person comes before everything that could be mistaken.

mod lookup;

use super::candidate::{Candidate, flatten};
use super::channel_hours::ChannelHours;
use super::circumstances::{Circumstances, Moment};
use super::dialogue::Follow;
use super::document::{
    Document, MenuAction, MenuItem, Rule, RuleMatch, SkillGroup, Texts, Thresholds, Welcome,
};
use super::encoding::Encoding;
use super::experiment::Experiments;
use super::graph::{self, Graph};
use super::hours::{Clock, Hours};
use super::keyword::{Keyword, Message};
use super::matcher::model::Model;
use super::matcher::{Matcher, Ranked, Ranking};
use super::menu;
pub use super::opinion::Beside;
use super::opinion::{Opinion, Ruled};
use super::proposal::{Decision, Evidence, Menu, Proposal, Score, Source, Urgency};
use super::template::fill;
use crate::base::id::SkillGroupId;
use crate::base::limits::{
    KNOWLEDGE_QUESTION_BYTES_MAX, MATCH_BYTES_MAX, QUESTION_BYTES_MAX, SUGGESTIONS_MAX, TEXT_BYTES_MAX,
};
use crate::base::message::InboundContent;
use crate::base::text::prefix_within;
use crate::base::time::TimeMs;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A candidate with a smaller share among the best is not offered.
const OFFERED_SHARE_MIN: f32 = 0.03;
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
    thresholds: Option<Thresholds>,
    graph: Graph,
    candidates: Vec<Candidate>,
    matcher: Matcher,
    experiments: Experiments,
}

#[derive(Debug)]
struct ReadyRule {
    id: String,
    meets: RuleMatch,
    keywords: Vec<Keyword>,
    answer: String,
}

impl Answerer {
    /// Makes a checked document ready, untrained. Costs a pass over all of its text: once per version and isolate.
    pub fn new(document: Document, version: u64) -> Self {
        Self::with_model(document, version, None)
    }

    /// The same, with the model that was trained on this document when it was published.
    pub fn with_model(document: Document, version: u64, model: Option<Model>) -> Self {
        let graph = Graph::new(&document.graph, &document.categories, &document.entries);
        let candidates = flatten(document.entries, &document.graph);
        let answers: Vec<&str> = candidates.iter().map(|candidate| candidate.answer.as_str()).collect();
        let phrasings = candidates.iter().map(|candidate| candidate.phrasings.as_slice());
        let matcher = Matcher::new(&phrasings.collect::<Vec<_>>(), &answers, model);
        let answer_of = |id: &str| {
            let entry = candidates.iter().find(|one| one.source == Source::Entry && one.id == id);
            entry.map(|one| one.answer.as_str())
        };
        let experiments = Experiments::new(document.experiments, answer_of);
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
            graph,
            candidates,
            matcher,
            experiments,
        }
    }

    /// The published version.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What to do about `content`, which arrived at `now`, were there no conversation around it, and as far as words tell.
    pub fn propose(
        &self,
        content: &InboundContent,
        circumstances: &Circumstances<'_>,
        now: TimeMs,
    ) -> Proposal {
        self.propose_with(content, Beside::default(), circumstances, now)
    }

    /// The text that its encoder should look at before anything is proposed; `None`: words settle it.
    pub fn to_encode<'c>(&self, content: &'c InboundContent) -> Option<&'c str> {
        if matches!(content, InboundContent::Text { menu_id: Some(_), .. }) {
            return None;
        }
        let text = prefix_within(said(content)?, KNOWLEDGE_QUESTION_BYTES_MAX);
        let message = Message::new(text);
        let is_settled = message.is_blank()
            || self.by_rule(&message).is_some()
            || self.graph.reply(text, None, self.version).is_some()
            || self.matcher.by_words(text, &|_| true).is_sure();
        (!is_settled).then_some(text)
    }

    /// What to do about `content`, which arrived at `now`, with what is known beside it.
    pub fn propose_with(
        &self,
        content: &InboundContent,
        beside: Beside<'_>,
        circumstances: &Circumstances<'_>,
        now: TimeMs,
    ) -> Proposal {
        let now = &self.moment(circumstances, now);
        let words = said(content).map(|text| Message::new(prefix_within(text, MATCH_BYTES_MAX)));
        let open = now.clock.is_open(now.now);
        let handoff = if open { &self.texts.handoff_open } else { &self.texts.handoff_closed };
        let opinion = self.decide(content, words.as_ref(), beside, now);
        let Opinion { decision, group, title, menu, follow } = opinion;
        let decision = self.experiments.tried(decision, beside.trial);
        let group = group.or_else(|| self.group_of(words.as_ref()?));
        let missed = decision.is_miss();
        let text = said(content).unwrap_or_default();
        Proposal {
            version: self.version,
            menu: menu.or_else(|| self.suggestions_menu(&decision, now)),
            skill_group: group.unwrap_or(&self.default_skill_group).clone(),
            group_claimed: group.is_some(),
            urgency: words.as_ref().map_or(Urgency::Normal, |message| self.urgency(message)),
            mood: None,
            open,
            handoff_text: self.say(handoff, "", now),
            still_waiting_text: self.say(&self.texts.still_waiting, "", now),
            misses_before_handoff: self.misses_before_handoff,
            title: title.map(|title| prefix_within(&title, QUESTION_BYTES_MAX).to_owned()),
            slow: missed && words.is_some_and(|message| !message.is_blank()),
            depends: beside.topic.is_none()
                && is_unbidden(content, &decision)
                && self.graph.depends(text, !missed),
            follow: follow.unwrap_or_else(|| self.follow(text, &decision)),
            decision,
            passages: Vec::new(),
        }
    }

    /// What becomes of the topic when something else than the graph was said.
    fn follow(&self, text: &str, decision: &Decision) -> Follow {
        match decision {
            Decision::Handoff { .. } => Follow::Drop,
            Decision::Answer { evidence, .. } if evidence.source != Source::Rule => self.graph.follow(text),
            _ => Follow::Keep,
        }
    }

    fn decide(
        &self,
        content: &InboundContent,
        words: Option<&Message>,
        beside: Beside<'_>,
        now: &Moment<'_>,
    ) -> Opinion<'_> {
        match content {
            InboundContent::Text { text, menu_id } => {
                let tapped = menu_id.as_deref().and_then(|key| self.tapped(key, now));
                tapped
                    .or_else(|| words.map(|message| self.reply(text, message, beside, now)))
                    .unwrap_or(Decision::Ignore.into())
            }
            InboundContent::Voice { recognition, .. } => match (recognition, words) {
                (Some(text), Some(message)) => self.reply(text, message, beside, now),
                _ => self.not_text(now).into(),
            },
            InboundContent::MenuClick { key } => {
                self.tapped(key, now).unwrap_or_else(|| self.unsure(now).into())
            }
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

    fn reply(&self, text: &str, message: &Message, beside: Beside<'_>, now: &Moment<'_>) -> Opinion<'_> {
        match self.by_rule(message) {
            Some(Ruled::Decision(decision)) => return decision.into(),
            Some(Ruled::Greeting) => return self.greeting(now).into(),
            None => {}
        }
        // What was filled in is titled by the whole question, not by the word that filled it.
        let titled = |reply: graph::Reply| {
            let is_filled = beside.topic.is_some() && !matches!(reply.decision, Decision::Which { .. });
            let title = is_filled.then(|| Cow::Owned(reply.title.clone()));
            Opinion { title, ..reply.into() }
        };
        if let Some(composed) = self.graph.reply(text, beside.topic, self.version) {
            return titled(composed);
        }
        let nearest = self.nearest(text, beside.encoding, now);
        let filled = nearest.is_miss().then(|| self.graph.fill(text, beside.topic, self.version)).flatten();
        filled.map_or_else(|| nearest.into(), titled)
    }

    /// What words alone settle, without any likeness.
    fn by_rule(&self, message: &Message) -> Option<Ruled> {
        if let Some(word) = self.handoff_words.iter().find(|word| word.asks_in(message)) {
            return Some(Ruled::Decision(Decision::Handoff { asked_by: word.shown.clone() }));
        }
        if let Some(answer) = self.rule(RuleMatch::Exact, message) {
            return Some(Ruled::Decision(answer));
        }
        if self.greeting_words.iter().any(|word| word.is_whole(message)) {
            return Some(Ruled::Greeting);
        }
        self.rule(RuleMatch::Contains, message).map(Ruled::Decision)
    }

    fn nearest(&self, text: &str, encoding: Option<&Encoding>, now: &Moment<'_>) -> Decision {
        // A longer message asks more than one thing; its beginning is the best guess, and bounds the work.
        let text = prefix_within(text, KNOWLEDGE_QUESTION_BYTES_MAX);
        let may = |candidate: usize| self.is_valid(candidate, now);
        let by_meaning = encoding.and_then(|encoding| self.matcher.by_meaning(text, encoding, &may));
        let mut ranking = by_meaning.unwrap_or_else(|| self.matcher.by_words(text, &may));
        if let Some(Thresholds { answer, suggest }) = self.thresholds.filter(|_| self.matcher.is_trained()) {
            ranking.ask_for(answer.share(), suggest.share());
        }
        if let Some(answer) = self.certain_answer(&ranking) {
            return answer;
        }
        if !ranking.is_worth_offering() {
            return self.unsure(now);
        }
        let near = ranking.ranked.iter().filter(|ranked| ranked.share >= OFFERED_SHARE_MIN);
        let candidates: Vec<Evidence> = near
            .take(SUGGESTIONS_MAX)
            .filter_map(|ranked| self.evidence(ranked, ranked.share, &ranking))
            .collect();
        if candidates.is_empty() {
            return self.unsure(now);
        }
        let questions: Vec<String> =
            candidates.iter().map(|evidence| format!("· {}", evidence.question)).collect();
        Decision::Suggest { text: self.say(&self.texts.suggest, &questions.join("\n"), now), candidates }
    }

    /// Whether this candidate may be used now and here.
    fn is_valid(&self, number: usize, now: &Moment<'_>) -> bool {
        self.candidates.get(number).is_some_and(|one| one.validity.holds(now.day, now.channel))
    }

    /// What `texts.suggest` says around its questions, and the questions to tap.
    fn suggestions_menu(&self, decision: &Decision, now: &Moment<'_>) -> Option<Menu> {
        let Decision::Suggest { candidates, .. } = decision else { return None };
        let (head, tail) = self.texts.suggest.split_once("{questions}").unwrap_or((&self.texts.suggest, ""));
        let choice = |evidence: &Evidence| (evidence.entry.clone(), evidence.question.clone());
        menu::within(&self.say(head, "", now), candidates.iter().map(choice), &self.say(tail, "", now))
    }

    fn certain_answer(&self, ranking: &Ranking) -> Option<Decision> {
        let best = ranking.ranked.first().filter(|_| ranking.is_certain())?;
        let text = self.candidates.get(best.candidate)?.answer.clone();
        Some(Decision::Answer { text, evidence: self.evidence(best, ranking.confidence, ranking)? })
    }

    fn evidence(&self, ranked: &Ranked, confidence: f32, ranking: &Ranking) -> Option<Evidence> {
        let candidate = self.candidates.get(ranked.candidate)?;
        let needed = ranking.answer;
        Some(Evidence {
            source: candidate.source,
            entry: candidate.id.clone(),
            question: candidate.question().to_owned(),
            matched: candidate.phrasings.get(ranked.phrasing).cloned().unwrap_or_default(),
            score: Score::from_share(confidence),
            threshold: Score::from_share(needed),
            tier: Some(ranking.tier),
            version: self.version,
            remote: None,
            tried: None,
        })
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

    /// What a tap on `key` does: an item of the document's menu, or an answer tapped by its id while it is valid.
    fn tapped(&self, key: &str, now: &Moment<'_>) -> Option<Opinion<'_>> {
        let Some(item) = self.menu.get(key) else {
            if let Some(reply) = self.graph.tapped(key, self.version) {
                let title = Some(Cow::Owned(reply.title.clone()));
                return Some(Opinion { title, ..reply.into() });
            }
            let named = self.candidates.iter().find(|candidate| candidate.id == key);
            let candidate = named.filter(|one| one.validity.holds(now.day, now.channel))?;
            let question = candidate.question();
            let decision = self.certain(candidate.source, key, question, &candidate.answer);
            return Some(Opinion { title: Some(question.into()), ..decision.into() });
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
        Some(Opinion { group, title: title.map(Cow::Borrowed), ..decision.into() })
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
        Some(Opinion { group, menu, ..Decision::Greeting { text }.into() })
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
            tier: None,
            version: self.version,
            remote: None,
            tried: None,
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
            day: Clock { hours: &self.hours, utc_offset_minutes: self.utc_offset_minutes }.day(now),
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

/// Whether the words were read for their meaning: nothing was tapped, and no fixed word decided.
fn is_unbidden(content: &InboundContent, decision: &Decision) -> bool {
    let is_tap = matches!(content, InboundContent::Text { menu_id: Some(_), .. });
    match decision {
        Decision::Answer { evidence, .. } => !is_tap && evidence.source != Source::Rule,
        Decision::Suggest { .. } | Decision::Which { .. } | Decision::Unsure { .. } => !is_tap,
        _ => false,
    }
}

/// The words of a message, where there are any.
pub(super) fn said(content: &InboundContent) -> Option<&str> {
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
