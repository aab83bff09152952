//! The checks of experiments.

use super::super::document::{Document, FaultCode};
use super::super::experiment::{CONTROL, Experiment};
use super::Check;
use crate::base::limits::{
    EXPERIMENT_ARMS_MAX, EXPERIMENTS_MAX, KNOWLEDGE_TEXT_BYTES_MAX, KNOWLEDGE_WORD_BYTES_MAX,
};
use std::collections::HashSet;

/// What the entry's own answer keeps of the customers, at least, in thousandths: without it there is nothing to compare
/// with.
const CONTROL_SHARE_MIN: u16 = 100;

impl Check {
    pub(super) fn experiments(&mut self, document: &Document) {
        self.count(format_args!("experiments"), document.experiments.len(), EXPERIMENTS_MAX);
        let (mut ids, mut entries) = (HashSet::new(), HashSet::new());
        for (number, experiment) in document.experiments.iter().take(EXPERIMENTS_MAX).enumerate() {
            let path = format_args!("experiments[{number}]");
            self.name(format_args!("{path}.id"), &experiment.id);
            self.unique(format_args!("{path}.id"), &mut ids, &experiment.id);
            self.unique(format_args!("{path}.entry"), &mut entries, &experiment.entry);
            if !document.entries.iter().any(|entry| entry.id == experiment.entry) {
                let message = format!("there is no entry {}", experiment.entry);
                self.fault(format_args!("{path}.entry"), FaultCode::UnknownEntry, message);
            }
            self.arms(path, experiment);
        }
    }

    /// An id that can stand before an `@`, and in an address.
    fn name(&mut self, path: core::fmt::Arguments<'_>, id: &str) {
        self.text(path, id, KNOWLEDGE_WORD_BYTES_MAX);
        if id.contains(['@', '/']) {
            self.fault(path, FaultCode::BadId, "must have neither @ nor /");
        }
    }

    fn arms(&mut self, path: core::fmt::Arguments<'_>, experiment: &Experiment) {
        if experiment.arms.is_empty() {
            self.fault(format_args!("{path}.arms"), FaultCode::Empty, "must not be empty");
        }
        self.count(format_args!("{path}.arms"), experiment.arms.len(), EXPERIMENT_ARMS_MAX);
        let mut ids = HashSet::from([CONTROL]);
        let mut shares = 0_u16;
        for (number, arm) in experiment.arms.iter().take(EXPERIMENT_ARMS_MAX).enumerate() {
            let path = format_args!("{path}.arms[{number}]");
            self.name(format_args!("{path}.id"), &arm.id);
            self.unique(format_args!("{path}.id"), &mut ids, &arm.id);
            self.text(format_args!("{path}.answer"), &arm.answer, KNOWLEDGE_TEXT_BYTES_MAX);
            if arm.share.thousandths() == 0 {
                self.fault(format_args!("{path}.share"), FaultCode::OutOfRange, "must be above 0");
            }
            shares = shares.saturating_add(arm.share.thousandths());
        }
        if shares > 1_000 - CONTROL_SHARE_MIN {
            let message = "all shares together must be at most 0.9: the rest hears the entry's own answer";
            self.fault(format_args!("{path}.arms"), FaultCode::OutOfRange, message);
        }
    }
}
