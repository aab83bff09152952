//! Reads settings field by field and collects what is wrong with them.

use crate::base::secret::Secret;
use serde_json::{Map, Value};

/// One thing wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct ConfigFault {
    /// Which setting or variable: `addressing.mode`, `DEPLOYMENT_KEY`.
    pub name: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What can be wrong with a setting. None of these shows its value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It has to be there.
    #[error("is missing")]
    Missing,
    /// The text is not JSON from here on.
    #[error("is not JSON at line {line}, column {column}")]
    NotJson {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// No such setting: a misspelt one would otherwise be lost without a word.
    #[error("is not a setting")]
    Unknown,
    /// It has another shape.
    #[error("must be {0}")]
    Expected(&'static str),
    /// It is out of range.
    #[error("must be a whole number from {min} to {max}")]
    Range {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// A callback could still be fresh when the ledger has forgotten it.
    #[error("must be longer than twice freshness_s plus 60 s, or a repeated callback would count as new")]
    LedgerTooShort,
}

/// Where settings come from, and what was wrong with them so far.
pub(super) struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    faults: Vec<ConfigFault>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, faults: Vec::new() }
    }

    pub(super) fn fault(&mut self, name: &str, problem: Problem) {
        self.faults.push(ConfigFault { name: name.to_owned(), problem });
    }

    /// The JSON object in variable `name`; nothing in it when that is at fault.
    pub(super) fn settings(&mut self, name: &str) -> Fields {
        let Some(text) = self.variable(name) else {
            self.fault(name, Problem::Missing);
            return Fields::broken();
        };
        match serde_json::from_str(&text) {
            Ok(Value::Object(map)) => Fields { prefix: String::new(), map: Some(map) },
            Ok(_) => {
                self.fault(name, Problem::Expected("a JSON object"));
                Fields::broken()
            }
            Err(error) => {
                self.fault(name, Problem::NotJson { line: error.line(), column: error.column() });
                Fields::broken()
            }
        }
    }

    pub(super) fn secret(&mut self, name: &str, shape: &'static str, check: impl Fn(&str) -> bool) -> Secret {
        self.secret_or_absent(name, shape, check).unwrap_or_else(|| {
            self.fault(name, Problem::Missing);
            Secret::new("")
        })
    }

    pub(super) fn secret_or_absent(
        &mut self,
        name: &str,
        shape: &'static str,
        check: impl Fn(&str) -> bool,
    ) -> Option<Secret> {
        let text = self.variable(name)?;
        if !check(&text) {
            self.fault(name, Problem::Expected(shape));
        }
        Some(Secret::new(text))
    }

    /// A variable set to nothing counts as not set.
    fn variable(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|text| !text.is_empty())
    }

    pub(super) fn finish<T>(self, value: T) -> Result<T, Vec<ConfigFault>> {
        if self.faults.is_empty() { Ok(value) } else { Err(self.faults) }
    }
}

/// The fields of one JSON object, taken out one by one; what is left at the end is unknown.
pub(super) struct Fields {
    prefix: String,
    /// None when the object itself is at fault: its fields are then not faults of their own.
    map: Option<Map<String, Value>>,
}

impl Fields {
    fn broken() -> Self {
        Self { prefix: String::new(), map: None }
    }

    /// The full name of a field.
    pub(super) fn name(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        self.map.as_mut()?.remove(key)
    }

    pub(super) fn ignore(&mut self, key: &str) {
        self.take(key);
    }

    /// A whole number from `min` to `max`; `default` when it is absent or at fault.
    pub(super) fn int(
        &mut self,
        reader: &mut Reader<'_>,
        key: &str,
        default: i64,
        min: i64,
        max: i64,
    ) -> i64 {
        let Some(value) = self.take(key) else { return default };
        value.as_i64().filter(|number| (min..=max).contains(number)).unwrap_or_else(|| {
            reader.fault(&self.name(key), Problem::Range { min, max });
            default
        })
    }

    /// Yes or no; no when it is absent or at fault.
    pub(super) fn flag(&mut self, reader: &mut Reader<'_>, key: &str) -> bool {
        match self.take(key) {
            None => false,
            Some(Value::Bool(yes)) => yes,
            Some(_) => {
                reader.fault(&self.name(key), Problem::Expected("true or false"));
                false
            }
        }
    }

    pub(super) fn text_or_absent(&mut self, reader: &mut Reader<'_>, key: &str) -> Option<String> {
        match self.take(key)? {
            Value::String(text) => Some(text),
            _ => {
                reader.fault(&self.name(key), Problem::Expected("a text"));
                None
            }
        }
    }

    /// A text that has to be there and pass `check`; empty when it does not.
    pub(super) fn text(
        &mut self,
        reader: &mut Reader<'_>,
        key: &str,
        shape: &'static str,
        check: fn(&str) -> bool,
    ) -> String {
        match self.take(key) {
            Some(Value::String(text)) if check(&text) => text,
            Some(_) => {
                reader.fault(&self.name(key), Problem::Expected(shape));
                String::new()
            }
            None => {
                reader.fault(&self.name(key), Problem::Missing);
                String::new()
            }
        }
    }

    /// One of the named choices; None, and a fault, when it is none of them.
    pub(super) fn choice<T: Copy>(
        &mut self,
        reader: &mut Reader<'_>,
        key: &str,
        names: &'static str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let value = self.map.as_mut()?.remove(key);
        let text = value.as_ref().and_then(Value::as_str);
        let found = choices.iter().find(|(name, _)| Some(*name) == text).map(|(_, choice)| *choice);
        if found.is_none() {
            reader.fault(&self.name(key), Problem::Expected(names));
        }
        found
    }

    /// One of the named choices; `default` when it is absent or none of them.
    pub(super) fn choice_or<T: Copy>(
        &mut self,
        reader: &mut Reader<'_>,
        key: &str,
        names: &'static str,
        choices: &[(&str, T)],
        default: T,
    ) -> T {
        if self.has(key) { self.choice(reader, key, names, choices).unwrap_or(default) } else { default }
    }

    /// A number from 0 to `max`; None when it is absent or at fault.
    pub(super) fn decimal_or_absent(
        &mut self,
        reader: &mut Reader<'_>,
        key: &str,
        max: f64,
        shape: &'static str,
    ) -> Option<f64> {
        let value = self.take(key)?;
        let number = value.as_f64().filter(|number| (0.0..=max).contains(number));
        if number.is_none() {
            reader.fault(&self.name(key), Problem::Expected(shape));
        }
        number
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.map.as_ref().is_some_and(|map| map.contains_key(key))
    }

    pub(super) fn object_or_absent(&mut self, reader: &mut Reader<'_>, key: &str) -> Option<Self> {
        let name = self.name(key);
        let value = self.take(key)?;
        Self::of(value, name, reader)
    }

    fn of(value: Value, name: String, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::Object(map) = value else {
            reader.fault(&name, Problem::Expected("a JSON object"));
            return None;
        };
        Some(Self { prefix: format!("{name}."), map: Some(map) })
    }

    /// Every field that nobody took is unknown.
    pub(super) fn finish(self, reader: &mut Reader<'_>) {
        for key in self.map.iter().flat_map(Map::keys) {
            reader.fault(&format!("{}{key}", self.prefix), Problem::Unknown);
        }
    }
}
