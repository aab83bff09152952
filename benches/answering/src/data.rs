//! The sets: banks of phrasings, and questions of which the right entry is known, or known to be missing.

use flate2::read::GzDecoder;
use serde::Deserialize;
use shunda::knowledge::tokens::fold;
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// A bank and the questions put to it.
pub struct Set {
    pub name: String,
    /// Ids of the candidates.
    pub ids: Vec<String>,
    /// Their phrasings; the standard question first, where there is one.
    pub phrasings: Vec<Vec<String>>,
    pub questions: Vec<Question>,
    /// Labelled questions that choose a threshold for what is out of scope, apart from those scored.
    pub missing: Vec<String>,
}

pub struct Question {
    pub text: String,
    /// The right candidate; `None`: none is.
    pub right: Option<usize>,
}

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    id: String,
    text: String,
    #[serde(default)]
    standard: String,
    #[serde(default)]
    oos: u8,
    #[serde(default)]
    part: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    label: serde_json::Value,
}

fn rows(path: &Path) -> Result<Vec<Row>, String> {
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(|error| named(&error))?;
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    lines
        .map(|line| {
            let line = line.map_err(|error| named(&error))?;
            serde_json::from_str(&line).map_err(|error| named(&error))
        })
        .collect()
}

/// Texts with their labels, as words.
pub fn labelled(path: &Path) -> Result<Vec<(String, String)>, String> {
    let label = |row: Row| {
        let label = row.label.as_str().map_or_else(|| row.label.to_string(), str::to_owned);
        (row.text, label)
    };
    Ok(rows(path)?.into_iter().map(label).collect())
}

#[derive(Default)]
struct Bank {
    ids: Vec<String>,
    phrasings: Vec<Vec<String>>,
    places: BTreeMap<String, usize>,
}

impl Bank {
    fn place(&mut self, id: &str) -> usize {
        *self.places.entry(id.to_owned()).or_insert_with(|| {
            self.ids.push(id.to_owned());
            self.phrasings.push(Vec::new());
            self.ids.len() - 1
        })
    }

    fn into_set(self, name: &str, questions: Vec<Question>, missing: Vec<String>) -> Set {
        Set { name: name.to_owned(), ids: self.ids, phrasings: self.phrasings, questions, missing }
    }
}

/// WEBANK-FAQ: `file` holds bank and questions; the first `k` phrasings of each entry are known.
pub fn webank(file: &Path, name: &str, k: usize) -> Result<Set, String> {
    let rows = rows(file)?;
    let mut bank = Bank::default();
    for row in rows.iter().filter(|row| row.part == "bank" && row.oos == 0) {
        let place = bank.place(&row.id);
        let phrasings = &mut bank.phrasings[place];
        if phrasings.is_empty() {
            phrasings.push(row.standard.clone());
        }
        if phrasings.len() <= k {
            phrasings.push(row.text.clone());
        }
    }
    let questions = rows.iter().filter(|row| row.part != "bank").map(|row| Question {
        text: row.text.clone(),
        right: if row.oos == 0 { bank.places.get(&row.id).copied() } else { None },
    });
    let questions = questions.collect();
    Ok(bank.into_set(name, questions, Vec::new()))
}

/// LAW-FAQ: with or without the variants in the bank.
pub fn law(bank_file: &Path, questions_file: &Path, name: &str, variants: bool) -> Result<Set, String> {
    let mut bank = Bank::default();
    for row in rows(bank_file)?.iter().filter(|row| variants || row.kind == "std") {
        let place = bank.place(&row.id);
        bank.phrasings[place].push(row.text.clone());
    }
    let rows = rows(questions_file)?;
    let questions = rows.into_iter().map(|row| Question {
        right: if row.kind == "in" { bank.places.get(&row.id).copied() } else { None },
        text: row.text,
    });
    let questions = questions.collect();
    Ok(bank.into_set(name, questions, Vec::new()))
}

/// Intents: each label is a candidate without a standard question; `oos` is none of them.
pub fn intents(train: &[&Path], test: &[&Path], name: &str) -> Result<Set, String> {
    let label = |row: &Row| row.label.as_str().map_or_else(|| row.label.to_string(), str::to_owned);
    let mut bank = Bank::default();
    let mut missing = Vec::new();
    let mut tested = Vec::new();
    for file in test {
        tested.extend(rows(file)?);
    }
    // Some published splits ask what they train on, in other letters.
    let asked: HashSet<String> = tested.iter().map(|row| fold(&row.text)).collect();
    for file in train {
        for row in rows(file)?.into_iter().filter(|row| !asked.contains(&fold(&row.text))) {
            match label(&row).as_str() {
                "oos" => missing.push(row.text),
                known => {
                    let place = bank.place(known);
                    bank.phrasings[place].push(row.text);
                }
            }
        }
    }
    let mut questions = Vec::new();
    for row in tested {
        let label = label(&row);
        questions.push(Question { right: bank.places.get(&label).copied(), text: row.text });
    }
    Ok(bank.into_set(name, questions, missing))
}
