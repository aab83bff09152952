//! The texts of a sheet: shared ones, and what Excel writes for characters that XML cannot carry.

use super::archive::Unpacked;
use super::xml::{Xml, XmlFault, character};
use crate::base::limits::{TABLE_CELL_BYTES_MAX, TABLE_STRINGS_MAX, TABLE_TEXT_BYTES_MAX};
use quick_xml::events::Event;

/// The shared strings, end to end.
#[derive(Debug, Default)]
pub struct Strings {
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Strings {
    /// Reads them all.
    pub fn read(part: Unpacked<'_>) -> Result<Self, XmlFault> {
        let (mut strings, mut xml, mut text) = (Self::default(), Xml::new(part), RichText::default());
        loop {
            let event = xml.next()?;
            text.take(&event)?;
            match &event {
                Event::Start(start) if start.local_name().as_ref() == "si" => text = RichText::default(),
                Event::End(end) if end.local_name().as_ref() == "si" => strings.push(&text.text)?,
                Event::Empty(empty) if empty.local_name().as_ref() == "si" => strings.push("")?,
                Event::Eof => return Ok(strings),
                _ => {}
            }
        }
    }

    fn push(&mut self, text: &str) -> Result<(), XmlFault> {
        if self.text.len() + text.len() > TABLE_TEXT_BYTES_MAX || self.ends.len() >= TABLE_STRINGS_MAX {
            return Err(XmlFault::TooLarge);
        }
        self.text.push_str(text);
        self.ends.push(self.text.len());
        Ok(())
    }

    /// The string of this number, counted from 0.
    pub fn text(&self, number: usize) -> Option<&str> {
        let begin = number.checked_sub(1).map_or(Some(&0), |before| self.ends.get(before))?;
        self.text.get(*begin..*self.ends.get(number)?)
    }
}

/// Text in runs of differing looks: what stands in `<t>`, but for how it is pronounced (`<rPh>`).
#[derive(Debug, Default)]
pub struct RichText {
    /// The text so far.
    pub text: String,
    is_text: bool,
    is_phonetic: bool,
}

impl RichText {
    /// Takes what an event adds.
    pub fn take(&mut self, event: &Event<'_>) -> Result<(), XmlFault> {
        match event {
            Event::Start(start) => match start.local_name().as_ref() {
                "t" => self.is_text = !self.is_phonetic,
                "rPh" => self.is_phonetic = true,
                _ => {}
            },
            Event::End(end) => match end.local_name().as_ref() {
                "t" => self.is_text = false,
                "rPh" => self.is_phonetic = false,
                _ => {}
            },
            Event::Text(text) if self.is_text => self.text.push_str(text),
            Event::CData(text) if self.is_text => self.text.push_str(text),
            Event::GeneralRef(name) if self.is_text => {
                self.text.push(character(name).ok_or(XmlFault::Damaged)?)
            }
            _ => {}
        }
        if self.text.len() > TABLE_CELL_BYTES_MAX { Err(XmlFault::TooLarge) } else { Ok(()) }
    }
}

/// The text that Excel means: `_x000D_` is one character, and every line break is a line feed.
pub fn meant(text: &str) -> String {
    let mut meant = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let (before, from) = rest.split_at(at);
        meant.push_str(before);
        match escaped(from) {
            Some(character) => {
                meant.push(character);
                rest = from.get(ESCAPE_BYTES..).unwrap_or_default();
            }
            None => {
                meant.push_str("_x");
                rest = from.get(2..).unwrap_or_default();
            }
        }
    }
    meant.push_str(rest);
    if meant.contains('\r') { meant.replace("\r\n", "\n").replace('\r', "\n") } else { meant }
}

/// The text as XML can carry it. The inverse of [`meant`], but for line breaks.
pub fn carried(text: &str) -> String {
    let mut carried = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let is_taken_for_one = c == '_' && text.get(at..).is_some_and(|from| escaped(from).is_some());
        match c {
            '&' => carried.push_str("&amp;"),
            '<' => carried.push_str("&lt;"),
            '>' => carried.push_str("&gt;"),
            _ if is_taken_for_one => carried.push_str("_x005F_"),
            '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                carried.push_str(&format!("_x{:04X}_", c as u32));
            }
            _ => carried.push(c),
        }
    }
    carried
}

const ESCAPE_BYTES: usize = "_x0000_".len();

/// The character of `_xHHHH_` at the beginning of a text.
fn escaped(text: &str) -> Option<char> {
    let digits = text.strip_prefix("_x")?.get(..4)?;
    let is_whole = text.as_bytes().get(ESCAPE_BYTES - 1) == Some(&b'_');
    let is_number = digits.bytes().all(|b| b.is_ascii_hexdigit());
    (is_whole && is_number).then(|| char::from_u32(u32::from_str_radix(digits, 16).ok()?))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_xml_cannot_carry_are_carried() {
        let texts =
            ["a<b>&", "_x000D_", "__x005F_x", "\u{fffe}\u{1}", "_x12", "_x你好你_", "_xD800_", "一\n二\t"];
        for text in texts {
            let xml = carried(text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
            assert_eq!(meant(&xml), text);
        }
        assert_eq!(carried("_x000D_"), "_x005F_x000D_");
        assert_eq!(meant("a_x000D_\nb\r\nc"), "a\nb\nc");
    }
}
