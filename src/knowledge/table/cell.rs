//! Cells: what one holds, how a spreadsheet is kept from taking text for a formula, lists and dates in a cell.
//!
//! Everything written here reads back as it was. Rules for people who write by hand stand in section 5 of
//! `docs/PROTOCOL.md`.

use crate::base::limits::TABLE_DATE_DAYS_MAX;
use crate::knowledge::document::EntryStatus;
use crate::knowledge::hours::Date;
use std::borrow::Cow;

/// What a cell holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Text as it stands there.
    Text(Cow<'a, str>),
    /// A number of a spreadsheet, as written; a date is one, too.
    Number(String),
    /// A formula of a spreadsheet, without `=`.
    Formula(String),
    /// An error of a spreadsheet, such as `#N/A`.
    Error(String),
}

impl Cell<'_> {
    /// Whether nothing is in it.
    pub fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }

    /// What a person sees who looks at it.
    pub fn shown(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(text) | Self::Error(text) => Cow::Borrowed(text),
            Self::Formula(formula) => Cow::Owned(format!("={formula}")),
        }
    }
}

/// Why a cell is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellFault {
    /// It is a formula, or would be taken for one.
    Formula,
    /// It holds an error.
    Error,
}

/// What a spreadsheet shows where it could not calculate; in a CSV that it wrote, as text.
const ERRORS: [&str; 7] = ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"];
/// In front of a formula in a file of faults, so that it stays a fault until somebody writes text there.
const FORMULA_MARK: &str = "#FORMULA! ";

/// Text as it goes into a cell: with an apostrophe in front where it would be taken for something else.
pub fn guarded(text: &str) -> Cow<'_, str> {
    if needs_guard(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The text of a cell. The inverse of [`guarded`].
///
/// # Errors
/// A formula, also one that stands there as text without an apostrophe in front; an error value, likewise.
pub fn text_of(cell: Cell<'_>) -> Result<String, CellFault> {
    let text = match cell {
        Cell::Number(text) => return Ok(text),
        Cell::Formula(_) => return Err(CellFault::Formula),
        Cell::Error(_) => return Err(CellFault::Error),
        Cell::Text(text) => text,
    };
    match text.strip_prefix('\'') {
        Some(rest) if needs_guard(rest) => Ok(rest.to_owned()),
        _ if is_formula(&text) || text.starts_with(FORMULA_MARK) => Err(CellFault::Formula),
        _ if ERRORS.contains(&text.trim()) => Err(CellFault::Error),
        _ => Ok(text.into_owned()),
    }
}

/// A cell that goes into a file of faults: what it was, as text that means the same when it is read.
pub fn passed_on<'a>(cell: &'a Cell<'_>) -> Cow<'a, str> {
    let shown = cell.shown();
    if text_of(cell.clone()) == Err(CellFault::Formula) && !shown.starts_with(FORMULA_MARK) {
        Cow::Owned(format!("{FORMULA_MARK}{shown}"))
    } else if is_risky(&shown) {
        Cow::Owned(format!("'{shown}"))
    } else {
        shown
    }
}

fn needs_guard(text: &str) -> bool {
    text.starts_with('\'')
        || is_risky(text)
        || text.starts_with(FORMULA_MARK)
        || ERRORS.contains(&text.trim())
}

/// Whether a spreadsheet might read more than text into it (OWASP, CSV injection).
fn is_risky(text: &str) -> bool {
    text.starts_with(['\t', '\r', '\n'])
        || text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// Whether it is surely meant as a formula: `=…`, or after another sign a function, or a call of a program. A phone
/// number and a list's dash are not.
fn is_formula(text: &str) -> bool {
    let text = text.trim_start();
    if !is_risky(text) {
        return false;
    }
    let Some(rest) = text.strip_prefix(['=', '＝']) else {
        let calls_program = text.split_once('|').is_some_and(|(_, rest)| rest.contains('!'));
        let operand = text.trim_start_matches(|c: char| "+-@＋－＠*/.".contains(c) || c.is_ascii_digit());
        let after_name =
            operand.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.');
        let is_function = after_name.len() < operand.len() && after_name.starts_with('(');
        return calls_program || is_function;
    };
    !rest.trim().is_empty()
}

/// What parts the items of a list in a cell.
const SEPARATORS: [char; 3] = [';', '；', '\n'];

/// A list as it goes into a cell: parted by line breaks. A separator, a backslash, or white space at an item's end
/// that belongs to the item has a backslash in front.
pub fn joined<'a>(items: impl Iterator<Item = &'a str>) -> String {
    let mut cell = String::new();
    for (number, item) in items.enumerate() {
        if number > 0 {
            cell.push('\n');
        }
        let (start, end) = (item.len() - item.trim_start().len(), item.trim_end().len());
        for (at, c) in item.char_indices() {
            if c == '\\' || SEPARATORS.contains(&c) || (c.is_whitespace() && (at < start || at >= end)) {
                cell.push('\\');
            }
            cell.push(c);
        }
    }
    cell
}

/// The items of a list in a cell: without white space around them, blank ones left out.
pub fn split(cell: &str) -> Vec<String> {
    split_at(cell, &SEPARATORS)
}

/// The same for ids, which commas part, too.
pub fn split_ids(cell: &str) -> Vec<String> {
    split_at(cell, &[';', '；', '\n', ',', '，', '、'])
}

fn split_at(cell: &str, separators: &[char]) -> Vec<String> {
    let mut items = Vec::new();
    let mut item = Item::default();
    let mut chars = cell.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\'
            && let Some(next) =
                chars.next_if(|next| *next == '\\' || separators.contains(next) || next.is_whitespace())
        {
            item.push(next, true);
        } else if separators.contains(&c) {
            items.extend(core::mem::take(&mut item).finish());
        } else {
            item.push(c, false);
        }
    }
    items.extend(item.finish());
    items
}

#[derive(Default)]
struct Item {
    text: String,
    /// Up to where it is certainly its own.
    kept: usize,
}

impl Item {
    fn push(&mut self, c: char, is_own: bool) {
        if !is_own && c.is_whitespace() && self.text.is_empty() {
            return;
        }
        self.text.push(c);
        if is_own || !c.is_whitespace() {
            self.kept = self.text.len();
        }
    }

    fn finish(mut self) -> Option<String> {
        self.text.truncate(self.kept);
        (!self.text.is_empty()).then_some(self.text)
    }
}

/// Which end of a validity a date is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The first day.
    First,
    /// The last day.
    Last,
}

/// A date as people and programs write it: `2026-11-01`, `2026/11/1`, `2026.11.1`, `2026年11月1日`, with a time that
/// says nothing more behind it, or a spreadsheet's number of days.
pub fn date_of(cell: &Cell<'_>, from_1904: bool, end: End) -> Option<Date> {
    if let Cell::Number(number) = cell {
        return serial_date(number, from_1904);
    }
    let text = cell.shown();
    let text = text.trim();
    if text.bytes().all(|b| b.is_ascii_digit()) && text.len() == 8 {
        let (year, rest) = text.split_at_checked(4)?;
        let (month, day) = rest.split_at_checked(2)?;
        return calendar(year, month, day);
    }
    let mut parts = text.splitn(3, ['-', '/', '.', '年', '月']);
    let (year, month, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (day, time) = rest.split_at_checked(digits)?;
    let time = time.strip_prefix('日').unwrap_or(time).trim_start_matches('T').trim();
    let says_nothing = match end {
        End::First => ["", "00:00", "0:00", "00:00:00", "0:00:00"].contains(&time),
        End::Last => ["", "00:00", "0:00", "00:00:00", "0:00:00", "23:59", "23:59:59", "24:00", "24:00:00"]
            .contains(&time),
    };
    says_nothing.then(|| calendar(year, month, day))?
}

fn calendar(year: &str, month: &str, day: &str) -> Option<Date> {
    let two = |part: &str| (!part.is_empty() && part.len() <= 2).then(|| format!("{part:0>2}"));
    let date = Date(format!("{year}-{}-{}", two(month)?, two(day)?));
    date.epoch_day().is_some().then_some(date)
}

/// Days since 1899-12-30, as spreadsheets count after February 1900, or since 1904-01-01.
fn serial_date(number: &str, from_1904: bool) -> Option<Date> {
    let days: f64 = number.parse().ok()?;
    let is_in_range = (61.0..TABLE_DATE_DAYS_MAX).contains(&days);
    let days = (is_in_range && days.fract() == 0.0).then_some(days as i64)?;
    Some(Date::from_epoch_day(days - if from_1904 { 24_107 } else { 25_569 }))
}

/// A status as people write it; blank is active.
pub fn status_of(text: &str) -> Option<EntryStatus> {
    const ACTIVE: [&str; 14] = [
        "", "active", "on", "enabled", "true", "yes", "1", "启用", "生效", "有效", "上线", "开启", "正常",
        "是",
    ];
    const OFF: [&str; 13] = [
        "off", "inactive", "disabled", "false", "no", "0", "停用", "失效", "禁用", "下线", "关闭", "无效",
        "否",
    ];
    let text = text.trim().to_lowercase();
    if ACTIVE.contains(&text.as_str()) {
        Some(EntryStatus::Active)
    } else {
        OFF.contains(&text.as_str()).then_some(EntryStatus::Off)
    }
}

/// A status as it is written.
pub const fn status_words(status: EntryStatus) -> &'static str {
    match status {
        EntryStatus::Active => "启用",
        EntryStatus::Off => "停用",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Result<String, CellFault> {
        text_of(Cell::Text(text.into()))
    }

    #[test]
    fn what_a_spreadsheet_would_calculate_is_guarded_and_read_back() {
        for risky in [
            "=1+1",
            "+86 10",
            "-5℃",
            "@客服",
            "\t=1",
            " =1",
            "\n- 一",
            "＝1",
            "#N/A",
            "#FORMULA! x",
            "'=1",
            "''",
            "'",
        ] {
            let cell = guarded(risky);
            assert_eq!((cell.as_ref(), text(&cell)), (format!("'{risky}").as_str(), Ok(risky.to_owned())));
        }
        assert_eq!(guarded("1=1").as_ref(), "1=1");
        assert_eq!(text("'90 年代").as_deref(), Ok("'90 年代"), "an apostrophe of one's own stays");
    }

    #[test]
    fn a_formula_is_refused_and_a_dash_is_not() {
        let formulas = [
            "=1+1",
            "=cmd|' /C calc'!A0",
            "+cmd|' /C calc'!A0",
            "-2+3+cmd|' /C calc'!A0",
            "@SUM(1,2)",
            " =HYPERLINK(\"http://a\")",
            "＝A1",
            "-HYPERLINK(\"http://a\")",
        ];
        for formula in formulas {
            assert_eq!(text(formula), Err(CellFault::Formula), "{formula}");
        }
        for harmless in
            ["- 支持 USB(Type-C)", "+86 10 6552 9988", "-5℃ 以下", "@客服", "=", "a=b", "1. SUM(x)"]
        {
            assert_eq!(text(harmless).as_deref(), Ok(harmless));
        }
        assert_eq!(text("#REF!"), Err(CellFault::Error));
        for formula in
            [Cell::Formula("A1".into()), Cell::Text("=A1".into()), Cell::Text("#FORMULA! =A1".into())]
        {
            assert_eq!(passed_on(&formula), "#FORMULA! =A1");
            assert_eq!(text_of(formula), Err(CellFault::Formula));
        }
        assert_eq!(text_of(Cell::Error("#N/A".into())), Err(CellFault::Error));
    }

    #[test]
    fn a_list_is_parted_by_semicolons_and_line_breaks() {
        assert_eq!(split("怎么退货; 退货流程；\n\n 如何退"), ["怎么退货", "退货流程", "如何退"]);
        assert_eq!(split(r"a\;b;C:\neu;d\\"), ["a;b", r"C:\neu", r"d\"]);
        assert_eq!(split(" ; ；\n"), [""; 0]);
    }

    #[test]
    fn items_with_separators_read_back() {
        let items = ["a;b", "；", "一\n二", r"\", r"\;", r"a\\", " 前后 ", "\t", "'=1", r"\ "];
        assert_eq!(split(&joined(items.into_iter())), items);
    }

    #[test]
    fn dates_are_read_as_people_write_them() {
        let read = |text: &str, end| date_of(&Cell::Text(text.into()), false, end).map(|date| date.0);
        for text in [
            "2026-11-01",
            "2026/11/1",
            "2026.11.01",
            "2026年11月1日",
            " 20261101 ",
            "2026-11-01 00:00:00",
            "2026-11-01T00:00:00",
        ] {
            assert_eq!(read(text, End::First).as_deref(), Some("2026-11-01"), "{text}");
        }
        assert_eq!(read("2026-11-11 23:59:59", End::Last).as_deref(), Some("2026-11-11"));
        for text in ["2026-11-01 08:30", "2026-11-31", "11/1/2026", "2026-11", "明天", "2026-11-01 23:59", ""]
        {
            assert_eq!(read(text, End::First), None, "{text}");
        }
        let serial = |number: &str, from_1904| {
            date_of(&Cell::Number(number.into()), from_1904, End::First).map(|d| d.0)
        };
        assert_eq!(serial("46327", false).as_deref(), Some("2026-11-01"));
        assert_eq!(serial("44865", true).as_deref(), Some("2026-11-01"));
        assert_eq!(serial("46327.5", false), None);
        assert_eq!(serial("1e300", false), None);
    }

    #[test]
    fn a_status_is_read_in_both_languages() {
        assert_eq!(status_of(" 启用 "), Some(EntryStatus::Active));
        assert_eq!(status_of(""), Some(EntryStatus::Active));
        assert_eq!(status_of("OFF"), Some(EntryStatus::Off));
        assert_eq!(status_of("也许"), None);
        for status in [EntryStatus::Active, EntryStatus::Off] {
            assert_eq!(status_of(status_words(status)), Some(status));
        }
    }
}
