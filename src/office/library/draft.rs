//! Edits of the draft: nobody's is lost, because each says which revision of its row it was made from.

use super::{Actor, Deed, Faster, Mark, Outcome, Pending, Refused, Reply, Row, State, Tally, Write};
use crate::base::limits::{KNOWLEDGE_ENTRIES_MAX, KNOWLEDGE_LIST_MAX, REFUSED_ROWS_MAX};
use crate::base::turn::Turn;
use crate::knowledge::rows::{Key, Kind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What one row is to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// Which row.
    pub key: Key,
    /// What, as `knowledge::rows::canonical` writes it; none: it is to go.
    pub value: Option<String>,
    /// The revision that the editor saw, 0: no such row. None: whatever it is.
    pub revision: Option<u64>,
}

/// What there is of one row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sighted {
    /// What is published.
    pub base: Option<Row>,
    /// What the draft says instead.
    pub pending: Option<Pending>,
}

impl Sighted {
    /// What the draft says.
    pub fn value(&self) -> Option<&str> {
        match &self.pending {
            Some(pending) => pending.value.as_deref(),
            None => self.base.as_ref().map(|row| row.part.value.as_str()),
        }
    }

    /// The revision that an editor sees; 0: no row.
    fn revision(&self) -> u64 {
        if self.value().is_some() { self.mark().map_or(0, |mark| mark.revision) } else { 0 }
    }

    /// Who made it so.
    fn mark(&self) -> Option<&Mark> {
        let pending = self.pending.as_ref().map(|pending| &pending.mark);
        pending.or(self.base.as_ref().map(|row| &row.mark))
    }

    /// The row as the draft has it.
    pub fn row(&self) -> Option<Row> {
        let Some(pending) = &self.pending else { return self.base.clone() };
        let (key, position) = (pending.key.clone(), pending.position);
        let part = crate::knowledge::rows::Part { key, position, value: pending.value.clone()? };
        Some(Row { part, mark: pending.mark.clone() })
    }

    fn position(&self) -> Option<u64> {
        let pending = self.pending.as_ref().map(|pending| pending.position);
        pending.or(self.base.as_ref().map(|row| row.part.position))
    }

    fn faster(&self, row: &Key) -> Faster {
        let mark = self.mark();
        Faster {
            row: row.clone(),
            revision: self.revision(),
            by: mark.map(|mark| mark.by.clone()),
            at_ms: mark.map(|mark| mark.at_ms),
        }
    }
}

/// Changes the rows, all or none. `seen`: of each edit, what there is of its row; `tally`: of the draft's changes.
pub fn edit(
    mut state: State,
    edits: Vec<(Edit, Sighted)>,
    tally: &Tally,
    by: &Actor,
    turn: &Turn,
) -> Outcome {
    let mut keys = BTreeSet::new();
    if let Some((twice, _)) = edits.iter().find(|(edit, _)| !keys.insert(&edit.key)) {
        return Refused::Twice { row: twice.key.clone() }.into();
    }
    if edits.iter().any(|(edit, _)| edit.key.kind == Kind::Frame && edit.value.is_none()) {
        return Refused::FrameStays.into();
    }
    // Said again, an edit that is already so is no conflict.
    let edits: Vec<_> =
        edits.into_iter().filter(|(edit, seen)| edit.value.as_deref() != seen.value()).collect();
    let is_late =
        |edit: &Edit, seen: &Sighted| edit.revision.is_some_and(|seen_at| seen_at != seen.revision());
    let late: Vec<Faster> = edits
        .iter()
        .filter(|(edit, seen)| is_late(edit, seen))
        .map(|(edit, seen)| seen.faster(&edit.key))
        .take(REFUSED_ROWS_MAX)
        .collect();
    if !late.is_empty() {
        return Refused::ChangedSince { rows: late }.into();
    }
    if !fits(&state, &edits, tally) {
        return Refused::TooMany.into();
    }
    if edits.is_empty() {
        return Reply::Edited { revision: state.revision, changed: 0 }.into();
    }
    let mark = state.mark(by, turn.now);
    let rows = u64::try_from(edits.len()).unwrap_or(u64::MAX);
    let row = edits.first().filter(|_| rows == 1).map(|(edit, _)| edit.key.clone());
    let mut writes = Vec::new();
    for (edit, seen) in edits {
        let published = seen.base.as_ref().map(|row| row.part.value.as_str());
        if edit.value.as_deref() == published {
            writes.push(Write::DropPending(edit.key));
            continue;
        }
        let position = seen.position().unwrap_or_else(|| {
            state.next_position += 1;
            state.next_position
        });
        writes.push(Write::PutPending(Pending {
            key: edit.key,
            position,
            value: edit.value,
            mark: mark.clone(),
        }));
    }
    writes.push(state.act(by, turn.now, Deed::Edited { rows, row }));
    let revision = state.revision;
    writes.push(Write::State(Box::new(state)));
    Outcome { reply: Reply::Edited { revision, changed: rows }, writes }
}

/// Whether the draft stays within what a document may hold.
fn fits(state: &State, edits: &[(Edit, Sighted)], tally: &Tally) -> bool {
    let more = |kind: Kind| -> i64 {
        let of_kind = edits.iter().filter(|(edit, _)| edit.key.kind == kind);
        of_kind.map(|(edit, seen)| i64::from(edit.value.is_some()) - i64::from(seen.value().is_some())).sum()
    };
    let within = |now: u64, pending: i64, more: i64, max: usize| {
        let all = i64::try_from(now).unwrap_or(i64::MAX).saturating_add(pending).saturating_add(more);
        // What is too much already may shrink.
        more <= 0 || all <= i64::try_from(max).unwrap_or(i64::MAX)
    };
    within(state.counts.entries, tally.entries_more, more(Kind::Entry), KNOWLEDGE_ENTRIES_MAX)
        && within(state.counts.products, tally.products_more, more(Kind::Product), KNOWLEDGE_LIST_MAX)
}

/// Takes changes back, all or none: each row, at the revision that the editor saw, and what there is of it. A removal
/// is seen at the revision that removed it.
pub fn revert(mut state: State, rows: Vec<(Key, u64, Sighted)>, by: &Actor, turn: &Turn) -> Outcome {
    if let Some((row, _, _)) = rows.iter().find(|(_, _, seen)| seen.pending.is_none()) {
        return Refused::NoChange { row: row.clone() }.into();
    }
    let revision_of = |seen: &Sighted| seen.pending.as_ref().map_or(0, |pending| pending.mark.revision);
    let late = rows.iter().filter(|(_, revision, seen)| *revision != revision_of(seen));
    let late: Vec<Faster> = late
        .map(|(row, _, seen)| Faster { revision: revision_of(seen), ..seen.faster(row) })
        .take(REFUSED_ROWS_MAX)
        .collect();
    if !late.is_empty() {
        return Refused::ChangedSince { rows: late }.into();
    }
    state.revision += 1;
    let changed = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let row = rows.first().filter(|_| changed == 1).map(|(row, _, _)| row.clone());
    let mut writes: Vec<Write> = rows.into_iter().map(|(row, _, _)| Write::DropPending(row)).collect();
    writes.push(state.act(by, turn.now, Deed::Reverted { rows: changed, row }));
    let revision = state.revision;
    writes.push(Write::State(Box::new(state)));
    Outcome { reply: Reply::Edited { revision, changed }, writes }
}
