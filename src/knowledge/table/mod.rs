//! Tables: FAQ entries as CSV, XLSX and JSON, read with every fault in its place and written so that they read back.
//!
//! Nothing is half imported: [`read`] gives all entries or all faults. Contract: section 5 of `docs/PROTOCOL.md`.

mod archive;
mod cell;
mod columns;
mod csv;
mod finding;
mod json;
mod judge;
mod pack;
mod report;
mod rows;
mod sheet;
mod source;
mod strings;
mod text;
mod write;
mod xlsx;
mod xml;

pub use finding::{Finding, FindingCode, Words};
pub use rows::derived_id;
pub use write::{WriteFault, entries as write};

use super::document::Entry;
use rows::Reading;
use serde::Serialize;

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text with delimiters.
    Csv,
    /// A workbook of Excel since 2007.
    Xlsx,
    /// The `entries` of a knowledge document.
    Json,
}

impl Format {
    /// The format of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Csv, Self::Xlsx, Self::Json].into_iter().find(|format| format.name() == name)
    }

    /// Its name, and the ending of its files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Json => "json",
        }
    }

    /// What its files are called on the web.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Json => "application/json",
        }
    }
}

/// A table without faults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// How many rows there are below the headings, or items.
    pub rows: u32,
    /// Their entries, in their order, each checked as in a published document; all have ids, no two the same.
    pub entries: Vec<Entry>,
    /// What is worth knowing.
    pub warnings: Vec<Finding>,
}

/// A table with faults: nothing of it is imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// How many rows were read.
    pub rows: u32,
    /// What is wrong, by row; at most [`TABLE_FAULTS_MAX`](crate::base::limits::TABLE_FAULTS_MAX).
    pub faults: Vec<Finding>,
    /// Whether there are more faults.
    pub more: bool,
    /// What is worth knowing.
    pub warnings: Vec<Finding>,
}

/// Reads a file. `said`: its format, where it is known; else it is found out.
///
/// # Errors
/// Every fault, up to a limit.
pub fn read(bytes: &[u8], said: Option<Format>) -> Result<Imported, Refused> {
    match source::format_of(bytes, said) {
        Ok(Format::Json) => json::read(bytes).end(),
        Ok(format) => {
            let (mut about, mut reading) = (source::About::default(), Reading::default());
            let read = source::read(bytes, format, &mut |known| about = known, &mut |row| reading.take(&row));
            reading.begin(about);
            if let Err(fault) = read {
                reading.fault(fault);
            }
            reading.end()
        }
        Err(fault) => {
            let mut reading = Reading::default();
            reading.fault(fault);
            reading.end()
        }
    }
}

/// The file of faults to download: the same table with a column 错误 in front, as XLSX where it was one, else as CSV.
///
/// # Errors
/// A cell that the format cannot hold.
pub fn with_faults(bytes: &[u8], said: Option<Format>) -> Result<(Format, Vec<u8>), WriteFault> {
    let faults = read(bytes, said).err().map(|refused| refused.faults).unwrap_or_default();
    let format = source::format_of(bytes, said).unwrap_or(Format::Csv);
    let shown = if format == Format::Xlsx { Format::Xlsx } else { Format::Csv };
    Ok((shown, report::with_faults(bytes, format, &faults)?))
}
