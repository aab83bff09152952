//! CSV: RFC 4180 with the delimiter found out. Strict about quotation marks: one that is not closed would swallow
//! rows, and no reader at hand says so.

use super::cell::Cell;
use super::finding::{Finding, FindingCode};
use super::source::{Row, too_many_columns};
use crate::base::limits::TABLE_COLUMNS_MAX;
use std::borrow::Cow;

const DELIMITERS: [char; 3] = [',', ';', '\t'];
/// The mark by which Excel knows UTF-8.
pub const MARK: &str = "\u{feff}";

/// Gives each record to `each` until it says no.
///
/// # Errors
/// The first wrong quotation mark.
pub fn read<'a>(text: &'a str, each: &mut dyn FnMut(Row<'a>) -> bool) -> Result<(), Finding> {
    let delimiter = delimiter(text);
    let (mut rest, mut row) = (text, 0);
    while !rest.is_empty() {
        row += 1;
        let (cells, after) = record(rest, delimiter).map_err(|wrong| match wrong {
            Wrong::Quotes => wrong_quotes(row),
            Wrong::Columns => too_many_columns(row),
        })?;
        if !each(Row { number: row, cells }) {
            return Ok(());
        }
        rest = after;
    }
    Ok(())
}

/// How many records begin in this text: where a file cannot be read further.
pub fn last_row(text: &str) -> u32 {
    let (mut rest, mut row) = (text, 1);
    let delimiter = delimiter(text);
    while let Ok((_, after)) = record(rest, delimiter) {
        if after.is_empty() && !rest.ends_with(['\n', '\r']) {
            break;
        }
        row += 1;
        if after.is_empty() {
            break;
        }
        rest = after;
    }
    row
}

/// What occurs most in the first line outside of quotation marks; of equals, the first.
fn delimiter(text: &str) -> char {
    let (mut counts, mut is_quoted) = ([0_u32; DELIMITERS.len()], false);
    for c in text.trim_start_matches(['\r', '\n']).chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            '\r' | '\n' if !is_quoted => break,
            _ if is_quoted => {}
            _ => {
                let counted = DELIMITERS.iter().zip(&mut counts).filter(|(delimiter, _)| **delimiter == c);
                counted.for_each(|(_, count)| *count += 1);
            }
        }
    }
    let mut best = (',', 0);
    for (delimiter, count) in DELIMITERS.into_iter().zip(counts) {
        if count > best.1 {
            best = (delimiter, count);
        }
    }
    best.0
}

enum Wrong {
    Quotes,
    Columns,
}

/// The first record of `text` and what follows it. Blank cells beyond the last column that is read are none.
fn record(text: &str, delimiter: char) -> Result<(Vec<Cell<'_>>, &str), Wrong> {
    let (mut cells, mut rest) = (Vec::new(), text);
    loop {
        let (cell, after) = if let Some(quoted) = rest.strip_prefix('"') {
            closed(quoted).ok_or(Wrong::Quotes)?
        } else {
            let end = rest.find([delimiter, '\r', '\n']).unwrap_or(rest.len());
            let (cell, after) = rest.split_at_checked(end).ok_or(Wrong::Quotes)?;
            (Cow::Borrowed(cell), after)
        };
        if cells.len() < TABLE_COLUMNS_MAX {
            cells.push(Cell::Text(cell));
        } else if !cell.trim().is_empty() {
            return Err(Wrong::Columns);
        }
        if let Some(next) = after.strip_prefix(delimiter) {
            rest = next;
            continue;
        }
        let next = after.strip_prefix("\r\n").or_else(|| after.strip_prefix(['\r', '\n']));
        return match next {
            Some(next) => Ok((cells, next)),
            None if after.is_empty() => Ok((cells, after)),
            None => Err(Wrong::Quotes),
        };
    }
}

/// A quoted cell after its first mark: its text, with line breaks as one character, and what follows it.
fn closed(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut end = 0;
    loop {
        end += text.get(end..)?.find('"')?;
        let after = text.get(end + 1..)?;
        if !after.starts_with('"') {
            let inner = text.get(..end)?;
            let is_plain = !inner.contains(['"', '\r']);
            let cell = if is_plain {
                Cow::Borrowed(inner)
            } else {
                Cow::Owned(inner.replace("\"\"", "\"").replace("\r\n", "\n").replace('\r', "\n"))
            };
            return Some((cell, after));
        }
        end += 2;
    }
}

fn wrong_quotes(row: u32) -> Finding {
    Finding::of_row(
        row,
        FindingCode::BadQuotes,
        "这一行的引号没有成对：含引号的内容要写成 \"\"，并整格加引号。",
        "A quotation mark in this row is not closed, or closed before the cell ends; one within a cell is written twice.",
    )
}

/// Adds one record. Every cell that is not empty is quoted, so that none depends on what delimits.
pub fn write<'a>(out: &mut String, cells: impl Iterator<Item = Cow<'a, str>>) {
    for (number, cell) in cells.enumerate() {
        if number > 0 {
            out.push(',');
        }
        if !cell.is_empty() {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        }
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Result<Vec<Vec<String>>, u32> {
        let mut rows = Vec::new();
        let read = read(text, &mut |row| {
            rows.push(row.cells.iter().map(|cell| cell.shown().into_owned()).collect());
            true
        });
        read.map(|()| rows).map_err(|fault| fault.row)
    }

    #[test]
    fn cells_are_parted_by_what_parts_the_headings() {
        for delimiter in [",", ";", "\t"] {
            let text = format!("问题{delimiter}答案\r\n\"a\"\"b\r\nc\"{delimiter}d,e;f\n{delimiter}");
            let second =
                if delimiter == "\t" { vec!["a\"b\nc", "d,e;f"] } else { vec!["a\"b\nc", "d", "e", "f"] };
            let found = rows(&text).unwrap();
            assert_eq!(found[0], ["问题", "答案"]);
            assert_eq!(found[1][0], second[0]);
            assert_eq!(found[2], ["", ""]);
        }
        assert_eq!(rows("a,b\rc,d\r").unwrap(), [["a", "b"], ["c", "d"]]);
        assert_eq!(rows("a;b,c;d\n").unwrap(), [["a", "b,c", "d"]]);
    }

    #[test]
    fn a_wrong_quotation_mark_is_named_by_its_row() {
        assert_eq!(rows("a,b\n\"c,d\ne,f\n"), Err(2));
        assert_eq!(rows("a,b\nc,\"d\nx,\"y\"\n"), Err(2), "the next one would close it");
        assert_eq!(
            rows("a,b\n5\" 管,d\n").unwrap()[1],
            ["5\" 管", "d"],
            "one in the midst of a cell is itself"
        );
    }

    #[test]
    fn the_last_row_is_the_one_that_has_begun() {
        for (text, row) in [("", 1), ("a,b", 1), ("a,b\n", 2), ("a,b\nc", 2), ("a\n\"b\nc", 2), ("a\nb\n", 3)]
        {
            assert_eq!(last_row(text), row, "{text:?}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let mut text = String::new();
        write(&mut text, ["a\"b", "", "c\nd,;\t"].into_iter().map(Cow::Borrowed));
        assert_eq!(text, "\"a\"\"b\",,\"c\nd,;\t\"\r\n");
        assert_eq!(rows(&text).unwrap(), [["a\"b", "", "c\nd,;\t"]]);
    }
}
