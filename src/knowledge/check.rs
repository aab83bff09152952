//! The checks of a knowledge document that its types cannot make: all faults at once.

mod experiments;
mod graph;

use super::document::{Document, Entry, FaultCode, KnowledgeFault, Welcome, WelcomeMenu};
use super::hours::{Date, Hours, Span};
use super::template::placeholders;
use crate::base::id::{SkillGroupId, is_given_id};
use crate::base::limits::{
    CHANNELS_MAX, KNOWLEDGE_ENTRIES_MAX, KNOWLEDGE_FAULTS_MAX, KNOWLEDGE_LIST_MAX,
    KNOWLEDGE_QUESTION_BYTES_MAX, KNOWLEDGE_SOURCE_BYTES_MAX, KNOWLEDGE_TEXT_BYTES_MAX,
    KNOWLEDGE_VARIANTS_MAX, KNOWLEDGE_WORD_BYTES_MAX, MENU_ID_BYTES_MAX, MENU_ITEMS_MAX, MENU_TEXT_BYTES_MAX,
    QUESTION_BYTES_MAX, TEXT_BYTES_MAX,
};
use core::fmt;
use graph::tappable;
use std::borrow::Cow;
use std::collections::HashSet;

/// Time zones run from twelve hours west to fourteen east.
const UTC_OFFSETS_MINUTES: core::ops::RangeInclusive<i32> = -12 * 60..=14 * 60;
/// A customer who was not understood ten times in a row has left.
const MISSES: core::ops::RangeInclusive<u32> = 1..=10;
/// What may be asked of answers: below, every second would be wrong; above, nothing could be measured.
const PRECISIONS: core::ops::RangeInclusive<f32> = 0.5..=0.999;

/// Every fault of `document`, in its order.
pub(super) fn faults(document: &Document) -> Vec<KnowledgeFault> {
    let mut check = Check::default();
    check.head(document);
    check.texts(document);
    check.words(document);
    check.skill_groups(document);
    check.rules(document);
    check.entries(document);
    check.graph(document);
    check.categories(document);
    check.welcomes(document);
    check.menu(document);
    check.experiments(document);
    check.faults
}

/// Every fault of a channel's opening hours.
pub(super) fn hours_faults(utc_offset_minutes: Option<i32>, hours: &Hours) -> Vec<KnowledgeFault> {
    let mut check = Check::default();
    if let Some(minutes) = utc_offset_minutes {
        check.utc_offset(minutes);
    }
    check.hours("", hours);
    check.faults
}

/// Every fault of one entry by itself; paths begin at the entry.
pub(super) fn entry_faults(entry: &Entry) -> Vec<KnowledgeFault> {
    let mut check = Check::default();
    check.entry(format_args!(""), entry);
    check.faults
}

#[derive(Default)]
struct Check {
    faults: Vec<KnowledgeFault>,
}

impl Check {
    fn fault(&mut self, path: fmt::Arguments<'_>, code: FaultCode, message: impl Into<String>) {
        if self.faults.len() < KNOWLEDGE_FAULTS_MAX {
            self.faults.push(KnowledgeFault { path: path.to_string(), code, message: message.into() });
        }
    }

    /// Words that must be there, within `bytes_max`, without control characters.
    fn text(&mut self, path: fmt::Arguments<'_>, text: &str, bytes_max: usize) {
        if text.trim().is_empty() {
            self.fault(path, FaultCode::Empty, "must not be blank");
        }
        if text.len() > bytes_max {
            let message = format!("has {} bytes of UTF-8, at most {bytes_max} are allowed", text.len());
            self.fault(path, FaultCode::TooLong, message);
        }
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            self.fault(path, FaultCode::ControlCharacter, "has a control character");
        }
    }

    fn count(&mut self, path: fmt::Arguments<'_>, count: usize, count_max: usize) {
        if count > count_max {
            self.fault(
                path,
                FaultCode::TooMany,
                format!("has {count} items, at most {count_max} are allowed"),
            );
        }
    }

    fn list(&mut self, path: fmt::Arguments<'_>, words: &[String], count_max: usize, bytes_max: usize) {
        self.count(path, words.len(), count_max);
        for (index, word) in words.iter().take(count_max).enumerate() {
            self.text(format_args!("{path}[{index}]"), word, bytes_max);
        }
    }

    fn unique<'a>(&mut self, path: fmt::Arguments<'_>, seen: &mut HashSet<&'a str>, id: &'a str) {
        if !seen.insert(id) {
            self.fault(path, FaultCode::Duplicate, format!("{id} occurs twice"));
        }
    }

    fn head(&mut self, document: &Document) {
        self.text(format_args!("company"), &document.company, KNOWLEDGE_WORD_BYTES_MAX);
        self.utc_offset(document.utc_offset_minutes);
        self.hours("hours.", &document.hours);
        if !MISSES.contains(&document.misses_before_handoff) {
            self.fault(format_args!("misses_before_handoff"), FaultCode::OutOfRange, "must be from 1 to 10");
        }
        if !PRECISIONS.contains(&document.precision.share()) {
            self.fault(format_args!("precision"), FaultCode::OutOfRange, "must be from 0.5 to 0.999");
        }
        if document.thresholds.is_some_and(|thresholds| thresholds.suggest > thresholds.answer) {
            let path = format_args!("thresholds.suggest");
            self.fault(path, FaultCode::OutOfRange, "must not be above thresholds.answer");
        }
    }

    fn utc_offset(&mut self, minutes: i32) {
        if !UTC_OFFSETS_MINUTES.contains(&minutes) {
            self.fault(format_args!("utc_offset_minutes"), FaultCode::OutOfRange, "must be from -720 to 840");
        }
    }

    /// `under`: what comes before the names in a path.
    fn hours(&mut self, under: &str, hours: &Hours) {
        for (weekday, spans) in &hours.weekly {
            let name = format!("{weekday:?}").to_lowercase();
            self.spans(format_args!("{under}weekly.{name}"), spans);
        }
        self.count(format_args!("{under}closed"), hours.closed.len(), KNOWLEDGE_LIST_MAX);
        for date in &hours.closed {
            self.date(format_args!("{under}closed"), date);
        }
        self.count(format_args!("{under}open"), hours.open.len(), KNOWLEDGE_LIST_MAX);
        for (date, spans) in &hours.open {
            self.date(format_args!("{under}open"), date);
            self.spans(format_args!("{under}open.{}", date.0), spans);
        }
    }

    fn date(&mut self, path: fmt::Arguments<'_>, date: &Date) {
        if date.epoch_day().is_none() {
            self.fault(path, FaultCode::BadDate, format!("{:?} is not a date YYYY-MM-DD", date.0));
        }
    }

    fn spans(&mut self, path: fmt::Arguments<'_>, spans: &[Span]) {
        self.count(path, spans.len(), KNOWLEDGE_LIST_MAX);
        let mut free_from = 0;
        for (index, span) in spans.iter().take(KNOWLEDGE_LIST_MAX).enumerate() {
            let Some((start, end)) = span.minutes() else {
                let message = format!("{:?} to {:?} are not times HH:MM of a day", span.0, span.1);
                self.fault(format_args!("{path}[{index}]"), FaultCode::BadTime, message);
                continue;
            };
            if start < free_from {
                let message = "must not begin before the one in front of it ends";
                self.fault(format_args!("{path}[{index}]"), FaultCode::Overlap, message);
            }
            free_from = end;
        }
    }

    fn texts(&mut self, document: &Document) {
        let texts = &document.texts;
        for (name, text) in [
            ("greeting", &texts.greeting),
            ("unsure", &texts.unsure),
            ("suggest", &texts.suggest),
            ("handoff_open", &texts.handoff_open),
            ("handoff_closed", &texts.handoff_closed),
            ("still_waiting", &texts.still_waiting),
            ("not_text", &texts.not_text),
        ] {
            self.template(format_args!("texts.{name}"), text, name == "suggest");
        }
    }

    /// A text that the bot says by itself, with what is filled in.
    fn template(&mut self, path: fmt::Arguments<'_>, text: &str, has_questions: bool) {
        self.text(path, text, KNOWLEDGE_TEXT_BYTES_MAX);
        for placeholder in placeholders(text) {
            let known = matches!(placeholder, "company" | "hours" | "opens")
                || (has_questions && placeholder == "questions");
            if !known {
                let message = format!("{{{placeholder}}} is not filled in here");
                self.fault(path, FaultCode::UnknownPlaceholder, message);
            }
        }
    }

    fn words(&mut self, document: &Document) {
        for (name, words) in [
            ("handoff_words", &document.handoff_words),
            ("greeting_words", &document.greeting_words),
            ("urgent_words", &document.urgent_words),
        ] {
            self.list(format_args!("{name}"), words, KNOWLEDGE_LIST_MAX, KNOWLEDGE_WORD_BYTES_MAX);
        }
        if document.handoff_words.is_empty() {
            let message = "there must be a word by which a customer reaches a person";
            self.fault(format_args!("handoff_words"), FaultCode::Empty, message);
        }
    }

    fn skill_groups(&mut self, document: &Document) {
        self.count(format_args!("skill_groups"), document.skill_groups.len(), KNOWLEDGE_LIST_MAX);
        let mut seen = HashSet::new();
        for (index, group) in document.skill_groups.iter().take(KNOWLEDGE_LIST_MAX).enumerate() {
            let path = format!("skill_groups[{index}]");
            self.text(format_args!("{path}.id"), group.id.as_str(), KNOWLEDGE_WORD_BYTES_MAX);
            self.unique(format_args!("{path}.id"), &mut seen, group.id.as_str());
            self.text(format_args!("{path}.name.zh-CN"), &group.name.zh_cn, KNOWLEDGE_WORD_BYTES_MAX);
            self.text(format_args!("{path}.name.en-US"), &group.name.en_us, KNOWLEDGE_WORD_BYTES_MAX);
            let path = format_args!("{path}.keywords");
            self.list(path, &group.keywords, KNOWLEDGE_LIST_MAX, KNOWLEDGE_WORD_BYTES_MAX);
        }
        self.known_group(format_args!("default_skill_group"), document, &document.default_skill_group);
    }

    fn known_group(&mut self, path: fmt::Arguments<'_>, document: &Document, id: &SkillGroupId) {
        if !document.skill_groups.iter().any(|group| group.id == *id) {
            self.fault(path, FaultCode::UnknownSkillGroup, format!("{id} is not in skill_groups"));
        }
    }

    fn rules(&mut self, document: &Document) {
        self.count(format_args!("rules"), document.rules.len(), KNOWLEDGE_LIST_MAX);
        let mut seen = HashSet::new();
        for (index, rule) in document.rules.iter().take(KNOWLEDGE_LIST_MAX).enumerate() {
            let path = format!("rules[{index}]");
            self.text(format_args!("{path}.id"), &rule.id, KNOWLEDGE_WORD_BYTES_MAX);
            self.unique(format_args!("{path}.id"), &mut seen, &rule.id);
            if rule.keywords.is_empty() {
                self.fault(format_args!("{path}.keywords"), FaultCode::Empty, "must not be empty");
            }
            let keywords = format_args!("{path}.keywords");
            self.list(keywords, &rule.keywords, KNOWLEDGE_LIST_MAX, KNOWLEDGE_WORD_BYTES_MAX);
            self.text(format_args!("{path}.answer"), &rule.answer, TEXT_BYTES_MAX);
        }
    }

    fn entries(&mut self, document: &Document) {
        self.count(format_args!("entries"), document.entries.len(), KNOWLEDGE_ENTRIES_MAX);
        let mut seen = HashSet::with_capacity(document.entries.len());
        for (index, entry) in document.entries.iter().take(KNOWLEDGE_ENTRIES_MAX).enumerate() {
            let under = format_args!("entries[{index}].");
            self.unique(format_args!("{under}id"), &mut seen, &entry.id);
            self.entry(under, entry);
        }
    }

    /// `under`: what comes before the names in a path.
    fn entry(&mut self, under: fmt::Arguments<'_>, entry: &Entry) {
        self.text(format_args!("{under}id"), &entry.id, KNOWLEDGE_WORD_BYTES_MAX);
        self.text(format_args!("{under}question"), &entry.question, KNOWLEDGE_QUESTION_BYTES_MAX);
        let variants = format_args!("{under}variants");
        self.list(variants, &entry.variants, KNOWLEDGE_VARIANTS_MAX, KNOWLEDGE_QUESTION_BYTES_MAX);
        self.text(format_args!("{under}answer"), &entry.answer, TEXT_BYTES_MAX);
        if !entry.category.is_empty() {
            self.text(format_args!("{under}category"), &entry.category, KNOWLEDGE_WORD_BYTES_MAX);
        }
        let keywords = format_args!("{under}keywords");
        self.list(keywords, &entry.keywords, KNOWLEDGE_VARIANTS_MAX, KNOWLEDGE_WORD_BYTES_MAX);
        for (name, date) in [("valid_from", &entry.valid_from), ("valid_to", &entry.valid_to)] {
            if let Some(date) = date {
                self.date(format_args!("{under}{name}"), date);
            }
        }
        if let (Some(from), Some(to)) = (&entry.valid_from, &entry.valid_to)
            && to < from
        {
            let message = "must not be before valid_from";
            self.fault(format_args!("{under}valid_to"), FaultCode::OutOfRange, message);
        }
        self.count(format_args!("{under}channels"), entry.channels.len(), CHANNELS_MAX);
        for (number, channel) in entry.channels.iter().take(CHANNELS_MAX).enumerate() {
            if !is_given_id(channel.as_str()) {
                let path = format_args!("{under}channels[{number}]");
                self.fault(path, FaultCode::BadChannel, format!("{channel:?} is not the id of a channel"));
            }
        }
    }

    fn welcomes(&mut self, document: &Document) {
        self.count(format_args!("welcomes"), document.welcomes.len(), KNOWLEDGE_LIST_MAX);
        let tappable = if document.welcomes.is_empty() { HashSet::new() } else { tappable(document) };
        let mut seen = HashSet::new();
        for (index, welcome) in document.welcomes.iter().take(KNOWLEDGE_LIST_MAX).enumerate() {
            let path = format!("welcomes[{index}]");
            self.text(format_args!("{path}.source"), &welcome.source, KNOWLEDGE_SOURCE_BYTES_MAX);
            if !seen.insert((&welcome.source, &welcome.channels)) {
                let message = format!("{} occurs twice for the same channels", welcome.source);
                self.fault(format_args!("{path}.source"), FaultCode::Duplicate, message);
            }
            self.welcome(&path, document, welcome);
            if let Some(menu) = &welcome.menu {
                self.welcome_menu(&format!("{path}.menu"), menu, &tappable);
            }
        }
    }

    fn welcome(&mut self, path: &str, document: &Document, welcome: &Welcome) {
        self.count(format_args!("{path}.channels"), welcome.channels.len(), CHANNELS_MAX);
        for (number, channel) in welcome.channels.iter().take(CHANNELS_MAX).enumerate() {
            let path = format_args!("{path}.channels[{number}]");
            self.text(path, channel.as_str(), KNOWLEDGE_WORD_BYTES_MAX);
        }
        self.template(format_args!("{path}.text"), &welcome.text, false);
        if let Some(group) = &welcome.skill_group {
            self.known_group(format_args!("{path}.skill_group"), document, group);
        }
    }

    fn welcome_menu(&mut self, path: &str, menu: &WelcomeMenu, tappable: &HashSet<Cow<'_, str>>) {
        if let Some(head) = &menu.head {
            self.template(format_args!("{path}.head"), head, false);
        }
        self.count(format_args!("{path}.items"), menu.items.len(), MENU_ITEMS_MAX);
        if menu.items.is_empty() {
            self.fault(format_args!("{path}.items"), FaultCode::Empty, "must not be empty");
        }
        let mut seen = HashSet::new();
        for (number, choice) in menu.items.iter().take(MENU_ITEMS_MAX).enumerate() {
            let path = format_args!("{path}.items[{number}]");
            self.text(format_args!("{path}.id"), &choice.id, MENU_ID_BYTES_MAX);
            self.unique(format_args!("{path}.id"), &mut seen, &choice.id);
            if !tappable.contains(choice.id.as_str()) {
                let message = "is neither a key of menu, nor the id of an entry, an issue or a parameter";
                self.fault(format_args!("{path}.id"), FaultCode::UnknownChoice, message);
            }
            self.text(format_args!("{path}.text"), &choice.text, MENU_TEXT_BYTES_MAX);
        }
    }

    fn menu(&mut self, document: &Document) {
        self.count(format_args!("menu"), document.menu.len(), KNOWLEDGE_LIST_MAX);
        for (key, item) in document.menu.iter().take(KNOWLEDGE_LIST_MAX) {
            let path = format_args!("menu.{key}");
            self.text(path, key, KNOWLEDGE_WORD_BYTES_MAX);
            if item.handoff == Some(false) {
                self.fault(format_args!("{path}.handoff"), FaultCode::OutOfRange, "can only be true");
            } else if item.action().is_none() {
                let message = "must have exactly one of answer, handoff and skill_group";
                self.fault(path, FaultCode::Shape, message);
            }
            if let Some(answer) = &item.answer {
                self.text(format_args!("{path}.answer"), answer, TEXT_BYTES_MAX);
            }
            if let Some(group) = &item.skill_group {
                self.known_group(format_args!("{path}.skill_group"), document, group);
            }
            if let Some(question) = &item.question {
                self.text(format_args!("{path}.question"), question, QUESTION_BYTES_MAX);
            }
        }
    }
}
