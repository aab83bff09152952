//! Writing tables: entries for people and spreadsheets, in a form that reads back as it was.

use super::cell::{guarded, joined, status_words};
use super::columns::Field;
use super::pack::Pack;
use super::strings::carried;
use super::{Format, csv};
use crate::base::limits::XLSX_CELL_CHARS_MAX;
use crate::knowledge::document::Entry;
use std::borrow::Cow;
use thiserror::Error;

/// Why a table cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WriteFault {
    /// A cell that no spreadsheet can hold.
    #[error(
        "row {row} has a cell of more than {XLSX_CELL_CHARS_MAX} characters, which no XLSX file can hold"
    )]
    CellTooLong {
        /// Which row.
        row: u32,
    },
}

/// Entries as a file. The same entries give the same bytes.
///
/// # Errors
/// What the format cannot hold: only XLSX has such a bound.
pub fn entries(entries: &[Entry], format: Format) -> Result<Vec<u8>, WriteFault> {
    if format == Format::Json {
        return Ok(json(entries));
    }
    table(format, |write| {
        write(&Field::ALL.map(|field| Cow::Borrowed(field.heading())));
        for entry in entries {
            write(&Field::ALL.map(|field| cell(entry, field)));
        }
    })
}

/// Rows as a file, each given to the writer that is handed out; JSON is written as CSV.
///
/// # Errors
/// What the format cannot hold.
pub fn table(
    format: Format,
    rows: impl FnOnce(&mut dyn FnMut(&[Cow<'_, str>])),
) -> Result<Vec<u8>, WriteFault> {
    if format == Format::Xlsx {
        return xlsx(rows);
    }
    let mut text = csv::MARK.to_owned();
    rows(&mut |cells| csv::write(&mut text, cells.iter().map(|cell| Cow::Borrowed(cell.as_ref()))));
    Ok(text.into_bytes())
}

fn cell(entry: &Entry, field: Field) -> Cow<'_, str> {
    let list = |items: &[String]| joined(items.iter().map(String::as_str));
    let text = match field {
        Field::Id => Cow::Borrowed(entry.id.as_str()),
        Field::Question => Cow::Borrowed(entry.question.as_str()),
        Field::Answer => Cow::Borrowed(entry.answer.as_str()),
        Field::Category => Cow::Borrowed(entry.category.as_str()),
        Field::Similar => Cow::Owned(list(&entry.variants)),
        Field::Keywords => Cow::Owned(list(&entry.keywords)),
        Field::ValidFrom => Cow::Borrowed(entry.valid_from.as_ref().map_or("", |date| &date.0)),
        Field::ValidTo => Cow::Borrowed(entry.valid_to.as_ref().map_or("", |date| &date.0)),
        Field::Channels => Cow::Owned(joined(entry.channels.iter().map(|channel| channel.as_str()))),
        Field::Status => Cow::Borrowed(status_words(entry.status)),
    };
    match guarded(&text) {
        Cow::Owned(guarded) => Cow::Owned(guarded),
        Cow::Borrowed(_) => text,
    }
}

/// One entry on each line, so that versions can be compared.
fn json(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = b"[".to_vec();
    for (number, entry) in entries.iter().enumerate() {
        bytes.extend(if number == 0 { b"\n".as_slice() } else { b",\n" });
        // Writing texts into memory cannot fail.
        let _ = serde_json::to_writer(&mut bytes, entry);
    }
    bytes.extend(b"\n]\n");
    bytes
}

const CONTENT_TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const WORKBOOK: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="FAQ" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const WORKBOOK_RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#;
/// One style beside the default: text (49), so that a spreadsheet makes no dates and numbers of what is typed.
const STYLES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"#;
/// The headings stay in sight; columns are as wide as a sentence and hold text.
const SHEET_START: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols><col min="1" max="64" width="24" style="1" customWidth="1"/></cols><sheetData>"#;
const SHEET_END: &str = "</sheetData></worksheet>";

fn xlsx(rows: impl FnOnce(&mut dyn FnMut(&[Cow<'_, str>]))) -> Result<Vec<u8>, WriteFault> {
    let mut pack = Pack::new();
    pack.whole("[Content_Types].xml", CONTENT_TYPES);
    pack.whole("_rels/.rels", RELATIONS);
    pack.whole("xl/workbook.xml", WORKBOOK);
    pack.whole("xl/_rels/workbook.xml.rels", WORKBOOK_RELATIONS);
    pack.whole("xl/styles.xml", STYLES);
    let mut sheet = pack.part("xl/worksheets/sheet1.xml");
    sheet.write(SHEET_START);
    let (mut row, mut too_long) = (0_u32, None);
    let mut xml = String::new();
    rows(&mut |cells| {
        row += 1;
        xml.clear();
        xml.push_str(&format!("<row r=\"{row}\">"));
        for (column, text) in cells.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            if text.chars().count() > XLSX_CELL_CHARS_MAX {
                too_long = too_long.or(Some(row));
            }
            let (name, text) = (column_name(column), carried(text));
            xml.push_str(&format!(
                "<c r=\"{name}{row}\" s=\"1\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{text}</t></is></c>"
            ));
        }
        xml.push_str("</row>");
        sheet.write(&xml);
    });
    sheet.write(SHEET_END);
    sheet.end();
    too_long.map_or(Ok(pack.end()), |row| Err(WriteFault::CellTooLong { row }))
}

/// The letters of a column counted from 0: 27 is `AB`.
fn column_name(column: usize) -> String {
    let letter = char::from(b'A' + u8::try_from(column % 26).unwrap_or_default());
    match (column / 26).checked_sub(1) {
        Some(before) => format!("{}{letter}", column_name(before)),
        None => letter.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_by_letters() {
        assert_eq!([0, 25, 26, 27, 701, 702].map(column_name), ["A", "Z", "AA", "AB", "ZZ", "AAA"]);
    }

    #[test]
    fn a_cell_that_no_spreadsheet_can_hold_is_refused() {
        let write = |chars: usize| {
            let cell = "长".repeat(chars);
            table(Format::Xlsx, |write| write(&[Cow::Borrowed("a"), Cow::Borrowed(&cell)])).map(|_| ())
        };
        assert_eq!(write(XLSX_CELL_CHARS_MAX), Ok(()));
        assert_eq!(write(XLSX_CELL_CHARS_MAX + 1), Err(WriteFault::CellTooLong { row: 1 }));
    }
}
