//! Entries as JSON: the array of a knowledge document, or the whole document.

use super::columns::Field;
use super::finding::{Finding, FindingCode};
use super::rows::Reading;
use super::source::{About, too_many_rows};
use super::text;
use crate::base::id::ChannelId;
use crate::base::limits::TABLE_ROWS_MAX;
use crate::knowledge::document::{Entry, EntryStatus};
use crate::knowledge::hours::Date;
use core::fmt;
use serde::Deserialize;
use serde::de::{Deserializer as _, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// An entry as a file may have it: its id may be missing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    id: String,
    question: String,
    answer: String,
    #[serde(default)]
    variants: Vec<String>,
    #[serde(default)]
    category: String,
    #[serde(default)]
    keywords: Vec<String>,
    #[serde(default)]
    valid_from: Option<Date>,
    #[serde(default)]
    valid_to: Option<Date>,
    #[serde(default)]
    channels: Vec<ChannelId>,
    #[serde(default)]
    status: EntryStatus,
}

#[derive(Deserialize)]
struct Whole<'a> {
    #[serde(borrow)]
    entries: &'a RawValue,
}

/// Gives each item, as it stands there, to `each` with its number. `about` is told first.
///
/// # Errors
/// What makes the file unreadable from some item on.
pub fn items(
    bytes: &[u8],
    about: &mut dyn FnMut(About),
    each: &mut dyn FnMut(u32, &str),
) -> Result<(), Finding> {
    let decoded = text::decode(bytes).map_err(|(fault, _)| fault)?;
    let mut warnings: Vec<Finding> = decoded.warning.into_iter().collect();
    let mut json: &str = &decoded.text;
    if json.trim_start().starts_with('{') {
        let whole: Whole<'_> = serde_json::from_str(json).map_err(|error| unreadable(0, &error))?;
        json = whole.entries.get();
        let zh = "这是完整的知识文档，只导入其中的问答条目（entries）。";
        let en = "This is a whole knowledge document; only its entries are imported.";
        warnings.push(Finding::of_row(0, FindingCode::OnlyEntries, zh, en));
    }
    about(About { warnings, from_1904: false });
    let mut items = Items { each, number: 0, too_many: false };
    let mut reader = serde_json::Deserializer::from_str(json);
    let read = reader.deserialize_seq(&mut items).and_then(|()| reader.end());
    let (number, too_many) = (items.number, items.too_many);
    match read {
        Err(_) if too_many => Err(too_many_rows(number)),
        Err(error) => Err(unreadable(number + 1, &error)),
        Ok(()) => Ok(()),
    }
}

struct Items<'a> {
    each: &'a mut dyn FnMut(u32, &str),
    number: u32,
    too_many: bool,
}

impl<'de> Visitor<'de> for &mut Items<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an array of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(item) = seq.next_element::<&'de RawValue>()? {
            self.number += 1;
            if self.number as usize > TABLE_ROWS_MAX {
                self.too_many = true;
                return Err(A::Error::custom("too many"));
            }
            (self.each)(self.number, item.get());
        }
        Ok(())
    }
}

/// Reads all items.
pub fn read(bytes: &[u8]) -> Reading {
    let (mut known, mut reading) = (About::default(), Reading::default());
    let read = items(bytes, &mut |about| known = about, &mut |number, item| match serde_json::from_str::<
        Written,
    >(item)
    {
        Ok(written) => reading.add(entry(written), number, &[]),
        Err(error) => reading.fault(shapeless(number, &error)),
    });
    reading.begin(known);
    if let Err(fault) = read {
        reading.fault(fault);
    }
    reading
}

fn entry(written: Written) -> Entry {
    let Written {
        id,
        question,
        answer,
        variants,
        category,
        keywords,
        valid_from,
        valid_to,
        channels,
        status,
    } = written;
    Entry { id, question, variants, answer, category, keywords, valid_from, valid_to, channels, status }
}

fn unreadable(row: u32, error: &serde_json::Error) -> Finding {
    let zh = format!(
        "读不出 JSON（第 {} 行第 {} 列）：应是问答条目的数组，或完整的知识文档。",
        error.line(),
        error.column()
    );
    let en = format!("This is no JSON array of entries, and no knowledge document: {error}.");
    Finding::of_row(row, FindingCode::BadJson, zh, en)
}

fn shapeless(row: u32, error: &serde_json::Error) -> Finding {
    let words = error.to_string();
    // serde names the field in backquotes.
    let named = words.split('`').nth(1).and_then(Field::of_name);
    let column = named.map_or("", Field::name);
    let zh = format!("不是问答条目的格式：{words}。");
    Finding::at(row, column, FindingCode::Shape, (zh, format!("This is not the shape of an entry: {words}.")))
}
