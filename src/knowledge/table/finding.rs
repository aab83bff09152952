//! What is found wrong, or worth knowing, in a table: where, by a stable code, in Chinese and English.

use serde::Serialize;

/// One fault or warning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The row as a spreadsheet numbers it, the heading included, blank ones too; in JSON the item, counted from 1.
    /// 0: the file as a whole.
    pub row: u32,
    /// The column's heading as it stands in the file, or the field's name in JSON; empty: the row as a whole.
    pub column: String,
    /// What, for programs.
    pub code: FindingCode,
    /// What, for people.
    pub message: Words,
    /// The row that it is at odds with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_row: Option<u32>,
}

/// One thing in two languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Words {
    /// Chinese.
    #[serde(rename = "zh-CN")]
    pub zh: String,
    /// English.
    pub en: String,
}

/// The kinds of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingCode {
    /// The file has more bytes than are read, packed or unpacked.
    TooLarge,
    /// An Excel file from before 2007, or one with a password.
    OldExcel,
    /// Bytes that are no text in any encoding that is read.
    WrongEncoding,
    /// Not a readable XLSX file.
    BadArchive,
    /// Not JSON, or not of this shape.
    BadJson,
    /// A quotation mark that is not closed, or closed in the midst of a cell.
    BadQuotes,
    /// More rows than are read.
    TooManyRows,
    /// More columns than are read.
    TooManyColumns,
    /// No row below the heading.
    NoRows,
    /// A column that must be there.
    MissingColumn,
    /// Two columns for the same.
    DuplicateColumn,
    /// A cell right of the last heading.
    ExtraCell,
    /// A formula, or what a spreadsheet would take for one.
    Formula,
    /// An error in place of a value, such as `#N/A`.
    ErrorValue,
    /// Nothing there where something must be.
    Empty,
    /// More bytes than allowed.
    TooLong,
    /// More items than allowed.
    TooMany,
    /// A control character.
    ControlCharacter,
    /// Not a date.
    BadDate,
    /// Not the id of a channel.
    BadChannel,
    /// The last day is before the first.
    DatesReversed,
    /// Neither active nor off.
    BadStatus,
    /// An item that has not the shape of an entry.
    Shape,
    /// The same id twice.
    DuplicateId,
    /// The same question twice; a warning where both have ids.
    DuplicateQuestion,
    /// Warning: a column that is not imported.
    UnknownColumn,
    /// Warning: the file is not UTF-8, and was read as this.
    Encoding,
    /// Warning: only the first sheet is read.
    MoreSheets,
    /// Warning: of a whole document only the entries are read.
    OnlyEntries,
}

impl Finding {
    /// A finding about a column of a row.
    pub fn at(row: u32, column: impl Into<String>, code: FindingCode, words: (String, String)) -> Self {
        let message = Words { zh: words.0, en: words.1 };
        Self { row, column: column.into(), code, message, other_row: None }
    }

    /// A finding about a row, or with row 0 about the file.
    pub fn of_row(row: u32, code: FindingCode, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::at(row, "", code, (zh.into(), en.into()))
    }

    /// The same, at odds with another row.
    pub fn against(self, other_row: u32) -> Self {
        Self { other_row: Some(other_row), ..self }
    }
}

/// Findings up to a limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Those that are kept.
    pub kept: Vec<Finding>,
    /// Whether there were more.
    pub more: bool,
}

impl Findings {
    /// Keeps one more, while there is room.
    pub fn push(&mut self, finding: Finding, count_max: usize) {
        if self.kept.len() < count_max {
            self.kept.push(finding);
        } else {
            self.more = true;
        }
    }
}
