//! The XML of an XLSX part: event by event, each bounded, nothing that such files do not need.

use super::archive::Unpacked;
use crate::base::limits::TABLE_XML_DEPTH_MAX;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::borrow::Cow;
use std::io::ErrorKind;

/// Why a part cannot be read further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XmlFault {
    /// It is not what it should be.
    Damaged,
    /// It is larger than we read.
    TooLarge,
    /// A cell beyond the last column that is read.
    TooManyColumns,
}

/// A part as events.
pub struct Xml<'a> {
    reader: Reader<Unpacked<'a>>,
    buffer: Vec<u8>,
    depth: usize,
}

impl<'a> Xml<'a> {
    /// Begins to read.
    pub fn new(part: Unpacked<'a>) -> Self {
        Self { reader: Reader::from_reader(part), buffer: Vec::new(), depth: 0 }
    }

    /// The next event. A document type is refused: it could name entities.
    pub fn next(&mut self) -> Result<Event<'_>, XmlFault> {
        self.buffer.clear();
        self.reader.get_mut().begin_event();
        let event = self.reader.read_event_into(&mut self.buffer).map_err(|error| match error {
            quick_xml::Error::Io(error) if error.kind() == ErrorKind::FileTooLarge => XmlFault::TooLarge,
            _ => XmlFault::Damaged,
        })?;
        match &event {
            Event::Start(_) => self.depth += 1,
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            Event::DocType(_) => return Err(XmlFault::Damaged),
            Event::Eof if self.depth > 0 => return Err(XmlFault::Damaged),
            _ => {}
        }
        if self.depth > TABLE_XML_DEPTH_MAX { Err(XmlFault::Damaged) } else { Ok(event) }
    }
}

/// An attribute's value, by its name without prefix.
pub fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = start.attributes();
    let attributes = attributes.with_checks(false);
    let found = attributes.flatten().find(|attribute| attribute.key.local_name().as_ref() == name)?;
    found.normalized_value(XmlVersion::Implicit1_0).ok().map(Cow::into_owned)
}

/// The character that `&name;` stands for.
pub fn character(name: &BytesRef<'_>) -> Option<char> {
    match name.resolve_char_ref() {
        Ok(Some(character)) => Some(character),
        Ok(None) => resolve_xml_entity(name).and_then(|text| text.chars().next()),
        Err(_) => None,
    }
}
