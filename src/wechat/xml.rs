//! XML as WeChat's packets use it, read from anybody and written for WeChat (protocol 2.1, 11.2).
//!
//! Read: elements, text, CDATA and the five built-in entities. Official packets have nothing else, so a document
//! type, a processing instruction, a comment or an attribute is refused, not interpreted. Control characters
//! that XML forbids do occur in customers' texts and are let through.

use super::tree::{Node, Value};
use crate::base::limits::{CALLBACK_BYTES_MAX, XML_DEPTH_MAX, XML_ELEMENTS_MAX};
use core::fmt::Write;
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use thiserror::Error;

/// Why a text is refused as a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum XmlError {
    /// Longer than [`CALLBACK_BYTES_MAX`].
    #[error("the XML is too long")]
    TooLong,
    /// Not well formed, or not one `<xml>` element.
    #[error("the XML is not one well-formed <xml> element")]
    Malformed,
    /// A document type, processing instruction, comment, attribute, foreign entity or encoding.
    #[error("the XML has {0}, which no official packet has")]
    Forbidden(&'static str),
    /// Nested deeper than [`XML_DEPTH_MAX`].
    #[error("the XML is nested too deeply")]
    TooDeep,
    /// More than [`XML_ELEMENTS_MAX`] elements.
    #[error("the XML has too many elements")]
    TooMany,
}

/// Reads one `<xml>` element. A byte order mark and an XML declaration may precede it.
pub fn parse(text: &str) -> Result<Node, XmlError> {
    if text.len() > CALLBACK_BYTES_MAX {
        return Err(XmlError::TooLong);
    }
    let mut reader = Reader::from_str(text);
    let mut tree = Builder::default();
    loop {
        match reader.read_event().map_err(|_| XmlError::Malformed)? {
            Event::Start(start) => tree.open(&start)?,
            Event::Empty(start) => {
                tree.open(&start)?;
                tree.close()?;
            }
            Event::End(_) => tree.close()?,
            Event::Text(text) => tree.text(&text)?,
            Event::CData(text) => tree.text(&text)?,
            Event::GeneralRef(name) => tree.text(entity(&name)?.encode_utf8(&mut [0; 4]))?,
            Event::Decl(declaration) => tree.declaration(&declaration)?,
            Event::DocType(_) => return Err(XmlError::Forbidden("a document type")),
            Event::PI(_) => return Err(XmlError::Forbidden("a processing instruction")),
            Event::Comment(_) => return Err(XmlError::Forbidden("a comment")),
            Event::Eof => return tree.finish(),
        }
    }
}

/// Built while reading: the elements that are still open, and what has been finished.
#[derive(Default)]
struct Builder {
    open: Vec<Element>,
    root: Option<Node>,
    elements: usize,
}

struct Element {
    name: String,
    text: String,
    children: Vec<Node>,
}

impl Builder {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), XmlError> {
        if !start.attributes_raw().trim().is_empty() {
            return Err(XmlError::Forbidden("an attribute"));
        }
        if self.root.is_some() {
            return Err(XmlError::Malformed);
        }
        if self.open.len() == XML_DEPTH_MAX {
            return Err(XmlError::TooDeep);
        }
        self.elements += 1;
        if self.elements > XML_ELEMENTS_MAX {
            return Err(XmlError::TooMany);
        }
        let name = start.name().as_ref().to_owned();
        self.open.push(Element { name, text: String::new(), children: Vec::new() });
        Ok(())
    }

    fn close(&mut self) -> Result<(), XmlError> {
        let element = self.open.pop().ok_or(XmlError::Malformed)?;
        // Text between elements is layout.
        let value = if element.children.is_empty() {
            Value::Text(element.text)
        } else {
            Value::Children(element.children)
        };
        let node = Node { name: element.name, value };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(node),
            None => self.root = Some(node),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), XmlError> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(XmlError::Malformed),
        }
        Ok(())
    }

    fn declaration(&self, declaration: &BytesDecl<'_>) -> Result<(), XmlError> {
        if !self.open.is_empty() || self.elements > 0 {
            return Err(XmlError::Malformed);
        }
        match declaration.encoding() {
            None => Ok(()),
            Some(Ok(name)) if name.eq_ignore_ascii_case("utf-8") => Ok(()),
            Some(_) => Err(XmlError::Forbidden("an encoding other than UTF-8")),
        }
    }

    fn finish(self) -> Result<Node, XmlError> {
        match self.root {
            Some(root) if self.open.is_empty() && root.name == "xml" => Ok(root),
            _ => Err(XmlError::Malformed),
        }
    }
}

/// The character that `&name;` stands for: once, and never anything but the built-in ones and numbers.
fn entity(name: &BytesRef<'_>) -> Result<char, XmlError> {
    const FOREIGN: XmlError = XmlError::Forbidden("a foreign entity");
    if let Some(character) = name.resolve_char_ref().map_err(|_| FOREIGN)? {
        return Ok(character);
    }
    resolve_xml_entity(name).and_then(|text| text.chars().next()).ok_or(FOREIGN)
}

/// Writes a node and all below it, without declaration or layout.
pub fn render(node: &Node) -> String {
    let mut out = String::new();
    render_into(&mut out, node);
    out
}

fn render_into(out: &mut String, node: &Node) {
    let name = &node.name;
    // Writing into a String cannot fail.
    let _ = write!(out, "<{name}>");
    match &node.value {
        Value::Text(text) => {
            let text = without_forbidden(text).replace("]]>", "]]]]><![CDATA[>");
            let _ = write!(out, "<![CDATA[{text}]]>");
        }
        Value::Number(number) => {
            let _ = write!(out, "{number}");
        }
        Value::Children(children) => children.iter().for_each(|child| render_into(out, child)),
    }
    let _ = write!(out, "</{name}>");
}

/// The text without the characters that XML 1.0 cannot carry, which WeChat would refuse.
pub fn without_forbidden(text: &str) -> String {
    text.chars().filter(|c| !is_forbidden(*c)).collect()
}

fn is_forbidden(character: char) -> bool {
    matches!(character, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(inner: &str) -> String {
        parse(&format!("<xml><Content>{inner}</Content></xml>")).unwrap().text_of("Content").to_owned()
    }

    #[test]
    fn text_survives_as_sent() {
        assert_eq!(content("<![CDATA[ 你好\u{1D}😀\r\n]]>"), " 你好\u{1D}😀\r\n");
        assert_eq!(content("<![CDATA[a]]]]><![CDATA[>b]]>"), "a]]>b");
        assert_eq!(content("<![CDATA[&amp;]]>"), "&amp;");
        assert_eq!(content("&amp;lt; &#x4f60; &#x1d;&gt;"), "&lt; 你 \u{1d}>");
        assert_eq!(content(""), "");
    }

    #[test]
    fn marks_declarations_and_layout_are_tolerated() {
        let text = "\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xml>\n <A>\n  <B>1</B><B/>\n </A>\n</xml>\n";
        let root = parse(text).unwrap();
        let bs = root.child("A").unwrap().all("B").collect::<Vec<_>>();
        assert_eq!(bs, [&Node::text("B", "1"), &Node::text("B", "")]);
    }

    #[test]
    fn what_no_packet_has_is_refused() {
        let forbidden = [
            "<!DOCTYPE xml [<!ENTITY a \"b\">]><xml>&a;</xml>",
            "<!doctype xml SYSTEM \"file:///etc/passwd\"><xml/>",
            "<xml>&a;</xml>",
            "<xml>&#0;</xml>",
            "<xml><?php echo 1 ?></xml>",
            "<xml><!-- --></xml>",
            "<xml><A b=\"1\"/></xml>",
            "<?xml version=\"1.0\" encoding=\"GBK\"?><xml/>",
        ];
        for text in forbidden {
            assert!(matches!(parse(text), Err(XmlError::Forbidden(_))), "{text}: {:?}", parse(text));
        }
    }

    #[test]
    fn only_one_whole_element_is_a_packet() {
        let malformed = [
            "",
            "hello",
            "{}",
            "<xml>",
            "</xml>",
            "<xml></a>",
            "<xml><a></xml></a>",
            "<xml/><xml/>",
            "<xml/>x",
            "x<xml/>",
            "<html/>",
            "<xml>&amp</xml>",
            "<xml><![CDATA[a</xml>",
            "<xml/><?xml version=\"1.0\"?>",
            "<xml><!ENTITY a \"b\"></xml>",
        ];
        for text in malformed {
            assert_eq!(parse(text), Err(XmlError::Malformed), "{text}");
        }
    }

    #[test]
    fn size_is_bounded() {
        let nested =
            |depth: usize| format!("<xml>{}{}</xml>", "<a>".repeat(depth - 1), "</a>".repeat(depth - 1));
        assert!(parse(&nested(XML_DEPTH_MAX)).is_ok());
        assert_eq!(parse(&nested(XML_DEPTH_MAX + 1)), Err(XmlError::TooDeep));
        let wide = |elements: usize| format!("<xml>{}</xml>", "<a/>".repeat(elements - 1));
        assert!(parse(&wide(XML_ELEMENTS_MAX)).is_ok());
        assert_eq!(parse(&wide(XML_ELEMENTS_MAX + 1)), Err(XmlError::TooMany));
        assert_eq!(parse(&" ".repeat(CALLBACK_BYTES_MAX + 1)), Err(XmlError::TooLong));
    }

    #[test]
    fn what_is_written_cannot_end_its_cdata() {
        // Without the control character the text would end the section.
        let node = Node::branch("xml", vec![Node::text("A", "a]]\u{1}>b"), Node::number("B", -1)]);
        assert_eq!(render(&node), "<xml><A><![CDATA[a]]]]><![CDATA[>b]]></A><B>-1</B></xml>");
        assert_eq!(without_forbidden("\t\n\r\0\u{B}\u{1F}\u{FFFE}\u{FFFF}你"), "\t\n\r你");
    }
}
