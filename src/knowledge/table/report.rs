//! The file of faults: the same table with what is wrong in front of each row.

use super::cell::{guarded, passed_on};
use super::columns::FAULTS_HEADING;
use super::finding::Finding;
use super::source::{self, Row};
use super::{Format, json, write};
use crate::base::limits::TABLE_REPORT_BYTES_MAX;
use crate::base::text::prefix_within;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The table with its `faults`, as CSV or, where it was one, XLSX. What cannot be read ends it.
///
/// # Errors
/// A cell that the format cannot hold.
pub fn with_faults(bytes: &[u8], format: Format, faults: &[Finding]) -> Result<Vec<u8>, write::WriteFault> {
    let mut by_row: BTreeMap<u32, String> = BTreeMap::new();
    for fault in faults {
        let words = by_row.entry(fault.row).or_default();
        if !words.is_empty() {
            words.push('\n');
        }
        let at = if fault.column.is_empty() { String::new() } else { format!("{}：", fault.column) };
        words.push_str(&format!("{at}{} {}", fault.message.zh, fault.message.en));
    }
    write::table(format, |write| {
        if format == Format::Json {
            items(bytes, &mut by_row, write);
        } else {
            rows(bytes, format, &mut by_row, write);
        }
        // Of rows that could not be read, and of the file as a whole.
        for (row, words) in &by_row {
            let at = if *row == 0 { String::new() } else { format!("第 {row} 行 (row {row})：") };
            write(&[said(&format!("{at}{words}"))]);
        }
    })
}

fn rows(
    bytes: &[u8],
    format: Format,
    faults: &mut BTreeMap<u32, String>,
    write: &mut dyn FnMut(&[Cow<'_, str>]),
) {
    // The column of an earlier file of faults is made anew.
    let (mut is_heading, mut left_out) = (true, None);
    // Where reading ends has its fault already.
    let _ = source::read(bytes, format, &mut |_| {}, &mut |row: Row<'_>| {
        let front = if is_heading {
            left_out = row.cells.iter().position(|cell| cell.shown().trim() == FAULTS_HEADING);
            Cow::Borrowed(FAULTS_HEADING)
        } else {
            said(&faults.remove(&row.number).unwrap_or_default())
        };
        is_heading = false;
        let cells = row.cells.iter().enumerate().filter(|(column, _)| Some(*column) != left_out);
        let line: Vec<Cow<'_, str>> =
            core::iter::once(front).chain(cells.map(|(_, cell)| passed_on(cell))).collect();
        write(&line);
        true
    });
}

/// Items of JSON have no columns: each stands there as a whole.
fn items(bytes: &[u8], faults: &mut BTreeMap<u32, String>, write: &mut dyn FnMut(&[Cow<'_, str>])) {
    write(&[Cow::Borrowed(FAULTS_HEADING), Cow::Borrowed("JSON")]);
    let _ = json::items(bytes, &mut |_| {}, &mut |number, item| {
        write(&[said(&faults.remove(&number).unwrap_or_default()), guarded(item)]);
    });
}

fn said(words: &str) -> Cow<'static, str> {
    Cow::Owned(guarded(prefix_within(words, TABLE_REPORT_BYTES_MAX)).into_owned())
}
