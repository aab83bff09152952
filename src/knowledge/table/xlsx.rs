//! Reading XLSX (ECMA-376): the first sheet of the workbook, row by row. Nothing is calculated.

use super::archive::{Archive, Unpacked};
use super::cell::Cell;
use super::finding::{Finding, FindingCode};
use super::sheet::{Read, Sheet};
use super::source::Row;
use super::strings::Strings;
use super::xml::{Xml, XmlFault};
use crate::base::limits::{TABLE_SHEETS_MAX, TABLE_XML_BYTES_MAX};
use quick_xml::events::Event;

/// What is known of a workbook before its rows are read.
struct Book {
    /// Relations of its sheets, in order, hidden ones left out where there is another.
    sheets: Vec<String>,
    from_1904: bool,
}

/// What a workbook is like, beside its rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Days are counted from 1904.
    pub from_1904: bool,
    /// There are sheets that are not read.
    pub more_sheets: bool,
}

/// Gives each row of the first sheet to `each` until it says no. `about` is told first.
///
/// # Errors
/// What makes the file unreadable; it names the row where one is known.
pub fn read(
    bytes: &[u8],
    about: &mut dyn FnMut(About),
    each: &mut dyn FnMut(Row<'static>) -> bool,
) -> Result<(), Finding> {
    let archive = Archive::open(bytes).ok_or_else(damaged)?;
    let book = book(part(&archive, "xl/workbook.xml")?.ok_or_else(damaged)?)?;
    about(About { from_1904: book.from_1904, more_sheets: book.sheets.len() > 1 });
    let relation = book.sheets.first().ok_or_else(damaged)?;
    let relations = part(&archive, "xl/_rels/workbook.xml.rels")?.ok_or_else(damaged)?;
    let (sheet, strings) = targets(relations, relation)?;
    let strings = match part(&archive, &strings.unwrap_or_else(|| "xl/sharedStrings.xml".to_owned()))? {
        Some(part) => Strings::read(part).map_err(|fault| finding(fault, 0))?,
        None => Strings::default(),
    };
    let sheet = sheet.ok_or_else(damaged)?;
    let mut sheet = Sheet::new(part(&archive, &sheet)?.ok_or_else(damaged)?, &strings);
    loop {
        match sheet.row() {
            Ok(Read::Row(row)) => {
                if !each(row) {
                    return Ok(());
                }
            }
            Ok(Read::End) => return Ok(()),
            Err(fault) => return Err(finding(fault, sheet.row_number())),
        }
    }
}

fn part<'a>(archive: &Archive<'a>, name: &str) -> Result<Option<Unpacked<'a>>, Finding> {
    match archive.part(name) {
        None => Ok(None),
        Some(part) => part.map(Some).ok_or_else(damaged),
    }
}

fn book(part: Unpacked<'_>) -> Result<Book, Finding> {
    let mut xml = Xml::new(part);
    let (mut shown, mut hidden, mut from_1904) = (Vec::new(), Vec::new(), false);
    loop {
        match xml.next().map_err(|fault| finding(fault, 0))? {
            Event::Start(start) | Event::Empty(start) => match start.local_name().as_ref() {
                "sheet" if shown.len() + hidden.len() < TABLE_SHEETS_MAX => {
                    let relation = super::xml::attribute(&start, "id").unwrap_or_default();
                    let is_hidden =
                        super::xml::attribute(&start, "state").is_some_and(|state| state != "visible");
                    if is_hidden { hidden.push(relation) } else { shown.push(relation) }
                }
                "workbookPr" => {
                    let value = super::xml::attribute(&start, "date1904").unwrap_or_default();
                    from_1904 = value == "1" || value == "true";
                }
                _ => {}
            },
            Event::Eof => break,
            _ => {}
        }
    }
    Ok(Book { sheets: if shown.is_empty() { hidden } else { shown }, from_1904 })
}

/// The names of the parts that hold the sheet of this relation and the shared strings.
fn targets(part: Unpacked<'_>, sheet: &str) -> Result<(Option<String>, Option<String>), Finding> {
    let mut xml = Xml::new(part);
    let (mut found, mut strings) = (None, None);
    loop {
        match xml.next().map_err(|fault| finding(fault, 0))? {
            Event::Start(start) | Event::Empty(start) if start.local_name().as_ref() == "Relationship" => {
                let value = |name: &str| super::xml::attribute(&start, name).unwrap_or_default();
                let (kind, target) = (value("Type"), value("Target"));
                let target = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
                if value("Id") == sheet && kind.ends_with("/worksheet") {
                    found = Some(target);
                } else if kind.ends_with("/sharedStrings") {
                    strings = Some(target);
                }
            }
            Event::Eof => return Ok((found, strings)),
            _ => {}
        }
    }
}

fn damaged() -> Finding {
    finding(XmlFault::Damaged, 0)
}

fn finding(fault: XmlFault, row: u32) -> Finding {
    match fault {
        XmlFault::Damaged => Finding::of_row(
            row,
            FindingCode::BadArchive,
            "读不出这个 XLSX 文件：文件损坏，或不是 Excel 工作簿。请用 Excel 另存为 .xlsx 后再试。",
            "This is no readable XLSX file: it is damaged, or not a workbook. Save it as .xlsx and try again.",
        ),
        XmlFault::TooLarge => Finding::of_row(
            row,
            FindingCode::TooLarge,
            format!(
                "文件解压后太大（每部分最多 {} MB，单格文字也有上限），已停止读取。",
                TABLE_XML_BYTES_MAX >> 20
            ),
            format!(
                "Unpacked, the file is too large: at most {} MB for each part, and a cell is bounded, too.",
                TABLE_XML_BYTES_MAX >> 20
            ),
        ),
        XmlFault::TooManyColumns => super::source::too_many_columns(row),
    }
}

/// A number of a sheet as text: without the `.0` and the exponents that programs write.
pub fn number(text: &str) -> Cell<'static> {
    let plain = match text.parse::<f64>() {
        Ok(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        _ => text.to_owned(),
    };
    Cell::Number(plain)
}
