//! The rows of a sheet, as its XML gives them.

use super::archive::Unpacked;
use super::cell::Cell;
use super::source::Row;
use super::strings::{RichText, Strings, meant};
use super::xlsx::number;
use super::xml::{Xml, XmlFault, attribute};
use crate::base::limits::{TABLE_CELL_BYTES_MAX, TABLE_COLUMNS_MAX, TABLE_TEXT_BYTES_MAX};
use quick_xml::events::{BytesStart, Event};

/// A sheet being read.
pub struct Sheet<'a> {
    xml: Xml<'a>,
    strings: &'a Strings,
    row: u32,
    text_bytes: usize,
}

/// What is read next.
pub enum Read {
    /// A row.
    Row(Row<'static>),
    /// There is none left.
    End,
}

/// A cell being read.
#[derive(Default)]
struct Open {
    column: usize,
    kind: String,
    value: RichText,
    raw: String,
    formula: Option<String>,
    within: Within,
}

#[derive(Default, PartialEq, Eq)]
enum Within {
    #[default]
    Nothing,
    Value,
    Formula,
}

impl<'a> Sheet<'a> {
    /// Begins to read.
    pub fn new(part: Unpacked<'a>, strings: &'a Strings) -> Self {
        Self { xml: Xml::new(part), strings, row: 0, text_bytes: 0 }
    }

    /// The row that is being read.
    pub const fn row_number(&self) -> u32 {
        self.row
    }

    /// The next row.
    pub fn row(&mut self) -> Result<Read, XmlFault> {
        loop {
            match self.xml.next()? {
                Event::Start(start) if start.local_name().as_ref() == "row" => {
                    self.row = number_of(&start, self.row);
                    return Ok(Read::Row(self.cells()?));
                }
                Event::Empty(start) if start.local_name().as_ref() == "row" => {
                    self.row = number_of(&start, self.row);
                }
                Event::End(end) if end.local_name().as_ref() == "sheetData" => return Ok(Read::End),
                Event::Eof => return Ok(Read::End),
                _ => {}
            }
        }
    }

    fn cells(&mut self) -> Result<Row<'static>, XmlFault> {
        let mut cells: Vec<Cell<'static>> = Vec::new();
        let mut open: Option<Open> = None;
        let mut next = 0;
        loop {
            let event = self.xml.next()?;
            match &event {
                Event::Start(start) if start.local_name().as_ref() == "c" => {
                    open = Some(Open::new(start, next))
                }
                Event::Empty(start) if start.local_name().as_ref() == "c" => {
                    next = column_of(start, next) + 1
                }
                Event::End(end) if end.local_name().as_ref() == "c" => {
                    if let Some(cell) = open.take() {
                        next = cell.column + 1;
                        let column = cell.column;
                        let cell = cell.end(self.strings)?;
                        self.text_bytes += cell.shown().len();
                        if self.text_bytes > TABLE_TEXT_BYTES_MAX {
                            return Err(XmlFault::TooLarge);
                        }
                        place(&mut cells, column, cell)?;
                    }
                }
                Event::End(end) if end.local_name().as_ref() == "row" => {
                    return Ok(Row { number: self.row, cells });
                }
                Event::Eof => return Err(XmlFault::Damaged),
                event => {
                    if let Some(cell) = &mut open {
                        cell.take(event)?;
                    }
                }
            }
        }
    }
}

/// Puts a cell into its column. Blank ones beyond the last column that is read are none.
fn place(cells: &mut Vec<Cell<'static>>, column: usize, cell: Cell<'static>) -> Result<(), XmlFault> {
    if cell.is_blank() {
        return Ok(());
    }
    if column >= TABLE_COLUMNS_MAX {
        return Err(XmlFault::TooManyColumns);
    }
    while cells.len() <= column {
        cells.push(Cell::Text("".into()));
    }
    if let Some(slot) = cells.get_mut(column) {
        *slot = cell;
    }
    Ok(())
}

impl Open {
    fn new(start: &BytesStart<'_>, next: usize) -> Self {
        let kind = attribute(start, "t").unwrap_or_default();
        Self { column: column_of(start, next), kind, ..Self::default() }
    }

    fn take(&mut self, event: &Event<'_>) -> Result<(), XmlFault> {
        match event {
            Event::Start(start) => match start.local_name().as_ref() {
                "v" => self.within = Within::Value,
                "f" => {
                    self.within = Within::Formula;
                    self.formula = Some(String::new());
                }
                _ => {}
            },
            Event::Empty(start) if start.local_name().as_ref() == "f" => self.formula = Some(String::new()),
            Event::End(end) if matches!(end.local_name().as_ref(), "v" | "f") => {
                self.within = Within::Nothing
            }
            Event::Text(text) => self.add(text),
            Event::CData(text) => self.add(text),
            Event::GeneralRef(name) => {
                let character = super::xml::character(name).ok_or(XmlFault::Damaged)?;
                self.add(character.encode_utf8(&mut [0; 4]));
            }
            _ => {}
        }
        let formula_bytes = self.formula.as_ref().map_or(0, String::len);
        if self.raw.len() + formula_bytes > TABLE_CELL_BYTES_MAX {
            return Err(XmlFault::TooLarge);
        }
        self.value.take(event)
    }

    fn add(&mut self, text: &str) {
        match (&self.within, &mut self.formula) {
            (Within::Value, _) => self.raw.push_str(text),
            (Within::Formula, Some(formula)) => formula.push_str(text),
            _ => {}
        }
    }

    fn end(self, strings: &Strings) -> Result<Cell<'static>, XmlFault> {
        if let Some(formula) = self.formula {
            return Ok(Cell::Formula(formula));
        }
        let raw = self.raw.trim();
        Ok(match self.kind.as_str() {
            "s" => {
                let text =
                    raw.parse().ok().and_then(|number| strings.text(number)).ok_or(XmlFault::Damaged)?;
                Cell::Text(meant(text).into())
            }
            "inlineStr" => Cell::Text(meant(&self.value.text).into()),
            "str" => Cell::Text(meant(&self.raw).into()),
            "e" => Cell::Error(raw.to_owned()),
            "b" => Cell::Text(if raw == "1" { "true".into() } else { "false".into() }),
            "d" => Cell::Text(raw.to_owned().into()),
            _ if raw.is_empty() => Cell::Text("".into()),
            _ => number(raw),
        })
    }
}

fn number_of(start: &BytesStart<'_>, before: u32) -> u32 {
    attribute(start, "r").and_then(|text| text.parse().ok()).unwrap_or(before.saturating_add(1))
}

/// The column of a cell, counted from 0: `AB12` is 27.
fn column_of(start: &BytesStart<'_>, next: usize) -> usize {
    let Some(name) = attribute(start, "r") else { return next };
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic);
    let column = letters.fold(0_usize, |column, letter| {
        column.saturating_mul(26).saturating_add(usize::from(letter.to_ascii_uppercase() - b'A') + 1)
    });
    column.checked_sub(1).unwrap_or(next)
}
