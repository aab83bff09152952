//! From rows to entries: every fault of every row, in its place.

use super::cell::{Cell, CellFault, End, date_of, split, split_ids, status_of, text_of};
use super::columns::{Columns, Field};
use super::finding::{Finding, FindingCode, Findings};
use super::judge;
use super::source::{About, Row};
use super::{Imported, Refused};
use crate::base::digest::{hex, sha256};
use crate::base::id::ChannelId;
use crate::base::limits::TABLE_FAULTS_MAX;
use crate::knowledge::document::{Entry, EntryStatus};
use crate::knowledge::hours::Date;

/// Bytes of a digest in an id that is derived: of 100,000 questions none share one.
const DERIVED_ID_BYTES: usize = 8;

/// Entries as they are read, with what is found on the way.
#[derive(Default)]
pub struct Reading {
    /// What the headings mean; in JSON nothing.
    columns: Columns,
    has_headings: bool,
    from_1904: bool,
    entries: Vec<ReadEntry>,
    faults: Findings,
    warnings: Findings,
}

/// An entry and where it stands.
pub struct ReadEntry {
    /// The entry; what could not be read is blank.
    pub entry: Entry,
    /// Its row.
    pub row: u32,
    /// Its id is made of its question.
    pub is_id_derived: bool,
}

impl Reading {
    /// Takes what is known before the first row.
    pub fn begin(&mut self, about: About) {
        self.from_1904 = about.from_1904;
        about.warnings.into_iter().for_each(|warning| self.warn(warning));
    }

    /// Takes a row; whether more are wanted.
    pub fn take(&mut self, row: &Row<'_>) -> bool {
        if self.has_headings {
            self.take_entry(row);
            return true;
        }
        let (columns, faults, warnings) = Columns::of(row.number, &row.cells);
        let is_readable = faults.is_empty();
        (self.columns, self.has_headings) = (columns, true);
        faults.into_iter().for_each(|fault| self.fault(fault));
        warnings.into_iter().for_each(|warning| self.warn(warning));
        is_readable
    }

    fn take_entry(&mut self, row: &Row<'_>) {
        let is_blank =
            |(column, cell): (usize, &Cell<'_>)| cell.is_blank() || self.columns.is_of_faults(column);
        if row.cells.iter().enumerate().all(is_blank) {
            return;
        }
        let mut read = Line {
            row: row.number,
            columns: &self.columns,
            from_1904: self.from_1904,
            faults: Vec::new(),
            bad: Vec::new(),
        };
        let mut entry = blank();
        for (column, cell) in row.cells.iter().enumerate() {
            match self.columns.field(column) {
                Some(field) => read.field(&mut entry, field, cell),
                None if column >= self.columns.count() && !cell.is_blank() => read.extra(column),
                None => {}
            }
        }
        let (bad, faults) = (read.bad, read.faults);
        faults.into_iter().for_each(|fault| self.fault(fault));
        self.add(entry, row.number, &bad);
    }

    /// Adds an entry, and what is wrong with it beside its fields that are known to be `bad`.
    pub fn add(&mut self, mut entry: Entry, row: u32, bad: &[Field]) {
        let is_id_derived = entry.id.trim().is_empty() && !bad.contains(&Field::Id);
        if is_id_derived {
            entry.id = derived_id(&entry.question);
        }
        for fault in judge::entry(&entry, row, bad, &self.columns) {
            self.fault(fault);
        }
        self.entries.push(ReadEntry { entry, row, is_id_derived });
    }

    /// Keeps a fault, while there is room.
    pub fn fault(&mut self, fault: Finding) {
        self.faults.push(fault, TABLE_FAULTS_MAX);
    }

    /// Keeps a warning, while there is room.
    pub fn warn(&mut self, warning: Finding) {
        self.warnings.push(warning, TABLE_FAULTS_MAX);
    }

    /// All entries, or all faults.
    ///
    /// # Errors
    /// The faults, in the order of rows.
    pub fn end(mut self) -> Result<Imported, Refused> {
        let rows = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let twins = judge::twins(&self.entries, &self.columns);
        twins.faults.into_iter().for_each(|fault| self.fault(fault));
        twins.warnings.into_iter().for_each(|warning| self.warn(warning));
        if rows == 0 && self.faults.kept.is_empty() {
            let (zh, en) = ("没有问答：列名下面没有内容。", "There is nothing below the headings.");
            self.fault(Finding::of_row(0, FindingCode::NoRows, zh, en));
        }
        self.warnings.kept.sort_by_key(|warning| warning.row);
        let warnings = self.warnings.kept;
        if self.faults.kept.is_empty() {
            let entries = self.entries.into_iter().map(|read| read.entry).collect();
            return Ok(Imported { rows, entries, warnings });
        }
        self.faults.kept.sort_by_key(|fault| fault.row);
        Err(Refused { rows, faults: self.faults.kept, more: self.faults.more, warnings })
    }
}

/// A row being read.
struct Line<'a> {
    row: u32,
    columns: &'a Columns,
    from_1904: bool,
    faults: Vec<Finding>,
    /// Fields that have their fault already.
    bad: Vec<Field>,
}

impl Line<'_> {
    fn field(&mut self, entry: &mut Entry, field: Field, cell: &Cell<'_>) {
        match field {
            Field::Id => entry.id = self.text(field, cell),
            Field::Question => entry.question = self.text(field, cell),
            Field::Answer => entry.answer = self.text(field, cell),
            Field::Category => {
                entry.category =
                    Some(self.text(field, cell)).filter(|text| !text.trim().is_empty()).unwrap_or_default()
            }
            Field::Similar => entry.variants = split(&self.text(field, cell)),
            Field::Keywords => entry.keywords = split(&self.text(field, cell)),
            Field::ValidFrom => entry.valid_from = self.date(field, cell, End::First),
            Field::ValidTo => entry.valid_to = self.date(field, cell, End::Last),
            Field::Channels => {
                entry.channels = split_ids(&self.text(field, cell)).into_iter().map(ChannelId).collect()
            }
            Field::Status => entry.status = self.status(field, cell),
        }
    }

    fn text(&mut self, field: Field, cell: &Cell<'_>) -> String {
        match text_of(cell.clone()) {
            Ok(text) => text,
            Err(CellFault::Formula) => {
                let zh = "这一格是公式，或会被表格软件当成公式；公式不计算，请改成文字。确实是文字的，请在最前面加一个英文单引号。";
                let en = "This cell is a formula, or would be taken for one; none is calculated. If it is text, put an apostrophe in front.";
                self.fault(field, FindingCode::Formula, zh.to_owned(), en.to_owned());
                String::new()
            }
            Err(CellFault::Error) => {
                let shown = cell.shown();
                let words =
                    (format!("这一格是错误值 {shown}。"), format!("This cell holds the error {shown}."));
                self.fault(field, FindingCode::ErrorValue, words.0, words.1);
                String::new()
            }
        }
    }

    fn date(&mut self, field: Field, cell: &Cell<'_>, end: End) -> Option<Date> {
        if cell.is_blank() {
            return None;
        }
        let date = date_of(cell, self.from_1904, end);
        if date.is_none() && matches!(cell, Cell::Formula(_) | Cell::Error(_)) {
            self.text(field, cell);
        } else if date.is_none() {
            let zh = format!("不是日期：{}。请写成 2026-11-01；只有日期，没有钟点。", short(cell));
            let en = format!("{} is not a date. Write 2026-11-01, without a time of day.", short(cell));
            self.fault(field, FindingCode::BadDate, zh, en);
        }
        date
    }

    fn status(&mut self, field: Field, cell: &Cell<'_>) -> EntryStatus {
        let text = self.text(field, cell);
        status_of(&text).unwrap_or_else(|| {
            let zh = format!("状态只能是“启用”或“停用”，这里是：{}。", short(cell));
            let en = format!("The status must be active or off, not {}.", short(cell));
            self.fault(field, FindingCode::BadStatus, zh, en);
            EntryStatus::Active
        })
    }

    fn extra(&mut self, column: usize) {
        if self.faults.iter().any(|fault| fault.code == FindingCode::ExtraCell) {
            return;
        }
        let number = column + 1;
        self.faults.push(Finding::of_row(
            self.row,
            FindingCode::ExtraCell,
            format!("第 {number} 列没有列名却有内容：多半是内容里有分隔符而没有加引号。"),
            format!("There is something in column {number}, which has no heading; perhaps a delimiter is not quoted."),
        ));
    }

    fn fault(&mut self, field: Field, code: FindingCode, zh: String, en: String) {
        self.bad.push(field);
        self.faults.push(Finding::at(self.row, self.columns.heading(field), code, (zh, en)));
    }
}

/// What is shown of a cell in a message.
fn short(cell: &Cell<'_>) -> String {
    cell.shown().chars().take(30).collect()
}

fn blank() -> Entry {
    Entry {
        id: String::new(),
        question: String::new(),
        variants: Vec::new(),
        answer: String::new(),
        category: String::new(),
        keywords: Vec::new(),
        valid_from: None,
        valid_to: None,
        channels: Vec::new(),
        status: EntryStatus::Active,
    }
}

/// The id of an entry that has none: `q-` and the first 16 hexadecimal digits of the SHA-256 of its question without
/// white space around it. The same question has the same id in every file.
pub fn derived_id(question: &str) -> String {
    let digest = sha256(&[question.trim().as_bytes()]);
    format!("q-{}", hex(digest.get(..DERIVED_ID_BYTES).unwrap_or(&digest)))
}
