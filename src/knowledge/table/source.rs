//! Where rows come from: the format found out, the bounds that hold for every format.

use super::cell::Cell;
use super::finding::{Finding, FindingCode};
use super::{Format, archive, csv, text, xlsx};
use crate::base::limits::{TABLE_BYTES_MAX, TABLE_COLUMNS_MAX, TABLE_ROWS_MAX};

/// How Excel files before 2007 begin, and those with a password.
const OLD_EXCEL_START: &[u8] = b"\xd0\xcf\x11\xe0";

/// A row as it stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// As a spreadsheet numbers it.
    pub number: u32,
    /// Its cells from the first column on.
    pub cells: Vec<Cell<'a>>,
}

impl Row<'_> {
    /// Whether nothing is in it.
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(Cell::is_blank)
    }
}

/// What is known of a table beside its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// What is worth knowing.
    pub warnings: Vec<Finding>,
    /// Dates that are numbers are days from 1904.
    pub from_1904: bool,
}

/// The format of a file, by how it begins.
///
/// # Errors
/// A file that is none we read, or more than we read.
pub fn format_of(bytes: &[u8], said: Option<Format>) -> Result<Format, Finding> {
    if bytes.len() > TABLE_BYTES_MAX {
        let most = TABLE_BYTES_MAX >> 20;
        let words =
            (format!("文件太大：最多 {most} MB。"), format!("The file is too large: at most {most} MB."));
        return Err(Finding::at(0, "", FindingCode::TooLarge, words));
    }
    if bytes.starts_with(OLD_EXCEL_START) {
        let zh = "这是旧版 Excel（.xls）或加了密码的文件。请另存为不带密码的 .xlsx 后再导入。";
        let en = "This is an Excel file from before 2007 (.xls) or one with a password. Save it as .xlsx without one.";
        return Err(Finding::of_row(0, FindingCode::OldExcel, zh, en));
    }
    let begins_as_json = || {
        let start = bytes.strip_prefix(csv::MARK.as_bytes()).unwrap_or(bytes).trim_ascii_start();
        start.starts_with(b"[") || start.starts_with(b"{")
    };
    Ok(match said {
        Some(format) => format,
        None if bytes.starts_with(archive::ARCHIVE_START) => Format::Xlsx,
        None if begins_as_json() => Format::Json,
        None => Format::Csv,
    })
}

/// Gives each row that is not blank to `each` until it says no; the first one holds the headings. `about` is told
/// what is known before.
///
/// # Errors
/// What makes the file unreadable from some row on.
pub fn read(
    bytes: &[u8],
    format: Format,
    about: &mut dyn FnMut(About),
    each: &mut dyn FnMut(Row<'_>) -> bool,
) -> Result<(), Finding> {
    let (mut rows, mut too_many) = (0, None);
    let mut bounded = |row: Row<'_>| {
        if row.is_blank() {
            return true;
        }
        rows += 1;
        // The headings are one more.
        if rows > TABLE_ROWS_MAX + 1 {
            too_many = Some(too_many_rows(row.number));
            return false;
        }
        each(row)
    };
    if format == Format::Xlsx {
        let mut told = |book: xlsx::About| {
            let warnings = book.more_sheets.then(more_sheets).into_iter().collect();
            about(About { warnings, from_1904: book.from_1904 });
        };
        xlsx::read(bytes, &mut told, &mut |row| bounded(row))?;
    } else {
        let decoded = text::decode(bytes)
            .map_err(|(fault, before)| Finding { row: csv::last_row(&before), ..fault })?;
        about(About { warnings: decoded.warning.into_iter().collect(), from_1904: false });
        csv::read(&decoded.text, &mut |row| bounded(row))?;
    }
    too_many.map_or(Ok(()), Err)
}

/// The fault of a row, or an item, beyond the last that is read.
pub fn too_many_rows(row: u32) -> Finding {
    Finding::of_row(
        row,
        FindingCode::TooManyRows,
        format!("行数太多：最多 {TABLE_ROWS_MAX} 条。请分成几个文件。"),
        format!("There are too many rows: at most {TABLE_ROWS_MAX}."),
    )
}

/// The fault of a row with a cell beyond the last column that is read.
pub fn too_many_columns(row: u32) -> Finding {
    Finding::of_row(
        row,
        FindingCode::TooManyColumns,
        format!("列数太多：最多 {TABLE_COLUMNS_MAX} 列。"),
        format!("There are too many columns: at most {TABLE_COLUMNS_MAX}."),
    )
}

fn more_sheets() -> Finding {
    let zh = "工作簿有多张表，只读取第一张。";
    Finding::of_row(
        0,
        FindingCode::MoreSheets,
        zh,
        "The workbook has more sheets; only the first one was read.",
    )
}
