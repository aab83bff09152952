//! What a table of entries changes in the draft.

use super::{Edit, Row};
use crate::knowledge::document::Entry;
use crate::knowledge::rows::{Key, Kind, RowFault, canonical};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of entries that are not in the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportMode {
    /// They stay.
    #[default]
    Merge,
    /// They go.
    Replace,
}

/// The edits that bring a table's entries into the draft; `rows`: all entries that the draft has. What is already so is
/// no edit, and each says which revision it saw.
///
/// # Errors
/// The first entry that cannot be a row.
pub fn edits_of(rows: Vec<Row>, entries: Vec<Entry>, mode: ImportMode) -> Result<Vec<Edit>, (Key, RowFault)> {
    let known: BTreeMap<String, Row> = rows.into_iter().map(|row| (row.part.key.id.clone(), row)).collect();
    let mut edits = Vec::new();
    let mut named = BTreeSet::new();
    for entry in entries {
        let key = Key { kind: Kind::Entry, id: entry.id.clone() };
        let value = serde_json::to_value(&entry)
            .map_err(|error| RowFault::Shape(error.to_string()))
            .and_then(|value| canonical(&key, value))
            .map_err(|fault| (key.clone(), fault))?;
        named.insert(entry.id);
        let known = known.get(&key.id);
        if known.is_none_or(|row| row.part.value != value) {
            let revision = Some(known.map_or(0, |row| row.mark.revision));
            edits.push(Edit { key, value: Some(value), revision });
        }
    }
    if mode == ImportMode::Replace {
        let gone = known.into_values().filter(|row| !named.contains(&row.part.key.id));
        edits.extend(gone.map(|row| Edit {
            key: row.part.key,
            value: None,
            revision: Some(row.mark.revision),
        }));
    }
    Ok(edits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::TimeMs;
    use crate::knowledge::rows::Part;
    use crate::office::library::{Actor, Mark};
    use serde_json::json;

    fn entry(id: &str, answer: &str) -> Entry {
        serde_json::from_value(json!({ "id": id, "question": "问", "answer": answer })).unwrap()
    }

    fn row(id: &str, answer: &str, revision: u64) -> Row {
        let key = Key { kind: Kind::Entry, id: id.to_owned() };
        let value = canonical(&key, json!({ "id": id, "question": "问", "answer": answer })).unwrap();
        let mark = Mark { revision, by: Actor::Operator, at_ms: TimeMs(0) };
        Row { part: Part { key, position: 0, value }, mark }
    }

    #[test]
    fn only_what_differs_is_an_edit_and_only_replacing_removes() {
        let rows = || vec![row("same", "甲", 3), row("other", "乙", 4), row("gone", "丙", 5)];
        let entries = || vec![entry("same", "甲"), entry("other", "丁"), entry("new", "戊")];
        let told = |mode| {
            let edits = edits_of(rows(), entries(), mode).unwrap();
            let told = |edit: Edit| (edit.key.id, edit.value.is_some(), edit.revision);
            edits.into_iter().map(told).collect::<Vec<_>>()
        };
        let merged = vec![("other".to_owned(), true, Some(4)), ("new".to_owned(), true, Some(0))];
        assert_eq!(told(ImportMode::Merge), merged);
        let replaced: Vec<_> = merged.into_iter().chain([("gone".to_owned(), false, Some(5))]).collect();
        assert_eq!(told(ImportMode::Replace), replaced);
    }
}
