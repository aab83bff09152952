//! A document as rows: one for each entry and each product, and one for all the rest, so that an edit changes one row.

use super::document::{Document, Entry, FaultCode, KnowledgeFault, Product, parse};
use crate::base::limits::{KNOWLEDGE_ROW_BYTES_MAX, KNOWLEDGE_WORD_BYTES_MAX};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which part of a document a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One entry, by its id.
    Entry,
    /// Everything but entries and graph, under [`FRAME_ID`].
    Frame,
    /// One product of the graph, by its name.
    Product,
}

/// The id of the one frame.
pub const FRAME_ID: &str = "frame";

impl Kind {
    /// All of them, in the order of their names.
    pub const ALL: [Self; 3] = [Self::Entry, Self::Frame, Self::Product];

    /// As it is stored and sent.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Frame => "frame",
            Self::Product => "product",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What a row is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Which part.
    pub kind: Kind,
    /// Unique within its kind.
    pub id: String,
}

impl Key {
    /// The one frame's.
    pub fn frame() -> Self {
        Self { kind: Kind::Frame, id: FRAME_ID.to_owned() }
    }
}

/// A row on its way into or out of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What it is called.
    pub key: Key,
    /// Where it stands among those of its kind; equals stand in the order of their ids.
    pub position: u64,
    /// Its JSON as [`canonical`] writes it.
    pub value: String,
}

/// Why something cannot be a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowFault {
    /// Not of this kind's shape.
    #[error("{0}")]
    Shape(String),
    /// Its own id is another than the one it is put under.
    #[error("its id must be the one in the address")]
    OtherId,
    /// The id is empty, or longer than [`KNOWLEDGE_WORD_BYTES_MAX`].
    #[error("an id has 1 to {KNOWLEDGE_WORD_BYTES_MAX} bytes")]
    Id,
    /// Longer than [`KNOWLEDGE_ROW_BYTES_MAX`].
    #[error("has {bytes} bytes, at most {KNOWLEDGE_ROW_BYTES_MAX} are kept")]
    TooLong {
        /// How many.
        bytes: usize,
    },
}

/// The one way to write what `value` says, so that equal rows are equal texts.
pub fn canonical(key: &Key, value: Value) -> Result<String, RowFault> {
    let (id, text) = match key.kind {
        Kind::Entry => {
            let entry: Entry = read(&value.to_string())?;
            (entry.id.clone(), write(&entry)?)
        }
        Kind::Product => {
            let product: Product = read(&value.to_string())?;
            (product.product.clone(), write(&product)?)
        }
        Kind::Frame => (FRAME_ID.to_owned(), frame_text(&frame_document(value)?)?),
    };
    if id != key.id {
        return Err(RowFault::OtherId);
    }
    sized(&key.id, text)
}

/// By bytes, as a whole document is read: a parser of each shape is some 10 KB of Wasm, and one of each is enough.
fn read<T: DeserializeOwned>(text: &str) -> Result<T, RowFault> {
    serde_json::from_slice(text.as_bytes()).map_err(|error| RowFault::Shape(error.to_string()))
}

fn write<T: Serialize>(value: &T) -> Result<String, RowFault> {
    serde_json::to_string(value).map_err(|error| RowFault::Shape(error.to_string()))
}

fn sized(id: &str, text: String) -> Result<String, RowFault> {
    if !(1..=KNOWLEDGE_WORD_BYTES_MAX).contains(&id.len()) {
        return Err(RowFault::Id);
    }
    if text.len() > KNOWLEDGE_ROW_BYTES_MAX {
        return Err(RowFault::TooLong { bytes: text.len() });
    }
    Ok(text)
}

/// A frame as a document without entries and graph.
fn frame_document(value: Value) -> Result<Document, RowFault> {
    let Value::Object(mut fields) = value else {
        return Err(RowFault::Shape("a frame is an object".to_owned()));
    };
    if fields.contains_key("entries") || fields.contains_key("graph") {
        return Err(RowFault::Shape("entries and graph have rows of their own".to_owned()));
    }
    fields.insert("entries".to_owned(), Value::Array(Vec::new()));
    read(&Value::Object(fields).to_string())
}

fn frame_text(document: &Document) -> Result<String, RowFault> {
    let empty = Document { entries: Vec::new(), graph: Vec::new(), ..document.clone() };
    let mut value: Value = read(&write(&empty)?)?;
    if let Value::Object(fields) = &mut value {
        fields.remove("entries");
        fields.remove("graph");
    }
    Ok(value.to_string())
}

/// Every row of a document, which is taken apart on the way: entries and products in order, the frame last.
///
/// # Errors
/// At the first row that is longer than one may be, with its key.
pub fn cut(mut document: Document) -> impl Iterator<Item = Result<Part, (Key, RowFault)>> {
    let entries = core::mem::take(&mut document.entries);
    let graph = core::mem::take(&mut document.graph);
    let entries = entries.into_iter().map(|entry| {
        let text = write(&entry);
        (Key { kind: Kind::Entry, id: entry.id }, text)
    });
    let products = graph.into_iter().map(|product| {
        let text = write(&product);
        (Key { kind: Kind::Product, id: product.product }, text)
    });
    let frame = core::iter::once_with(move || (Key::frame(), frame_text(&document)));
    let numbered = entries.enumerate().chain(products.enumerate());
    let written = numbered.map(|(position, (key, text))| (position, key, text));
    let framed = frame.map(|(key, text)| (0, key, text));
    written.chain(framed).map(|(position, key, text)| match text.and_then(|text| sized(&key.id, text)) {
        Ok(value) => Ok(Part { key, position: u64::try_from(position).unwrap_or(u64::MAX), value }),
        Err(fault) => Err((key, fault)),
    })
}

/// A fault of a document, told by the row that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultyRow {
    /// Which row.
    pub row: Key,
    /// Where in it.
    pub path: String,
    /// What, for programs.
    pub code: FaultCode,
    /// What, for people.
    pub message: String,
}

impl FaultyRow {
    fn new(row: Key, KnowledgeFault { path, code, message }: KnowledgeFault) -> Self {
        Self { row, path, code, message }
    }

    fn of_shape(row: Key, fault: &RowFault) -> Self {
        Self { row, path: String::new(), code: FaultCode::Shape, message: fault.to_string() }
    }
}

/// Why rows are no document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoDocument {
    /// There is no frame among them.
    NoFrame,
    /// Everything that is wrong with them.
    Faulty(Vec<FaultyRow>),
    /// Together they are more than a document may be.
    TooLong(Vec<KnowledgeFault>),
}

/// The document that these rows are, in any order, as bytes that have been checked, and as read from them.
///
/// # Errors
/// When it is not one that may be published.
pub fn assemble(mut parts: Vec<Part>) -> Result<(Vec<u8>, Document), NoDocument> {
    parts.sort_by(|a, b| (a.key.kind, a.position, &a.key.id).cmp(&(b.key.kind, b.position, &b.key.id)));
    let (mut frame, mut entries, mut graph) = (None, Vec::new(), Vec::new());
    let mut faults = Vec::new();
    for Part { key, value, .. } in parts {
        let read = match key.kind {
            Kind::Entry => read(&value).map(|entry| entries.push(entry)),
            Kind::Product => read(&value).map(|product| graph.push(product)),
            Kind::Frame => read(&value).map(|value| frame = Some(frame_document(value))),
        };
        faults.extend(read.err().map(|fault| FaultyRow::of_shape(key, &fault)));
    }
    let frame = match frame {
        None => return Err(NoDocument::NoFrame),
        Some(Ok(frame)) => Some(frame),
        Some(Err(fault)) => {
            faults.push(FaultyRow::of_shape(Key::frame(), &fault));
            None
        }
    };
    let Some(frame) = frame.filter(|_| faults.is_empty()) else { return Err(NoDocument::Faulty(faults)) };
    let document = Document { entries, graph, ..frame };
    let bytes = serde_json::to_vec(&document).unwrap_or_default();
    match parse(&bytes) {
        Ok(read) => Ok((bytes, read)),
        Err(faults) if faults.iter().any(|fault| fault.path.is_empty()) => Err(NoDocument::TooLong(faults)),
        Err(faults) => {
            Err(NoDocument::Faulty(faults.into_iter().map(|fault| by_row(&document, fault)).collect()))
        }
    }
}

/// Tells a document's fault by its row: `entries[3].answer` is `answer` of the fourth entry.
pub fn by_row(document: &Document, fault: KnowledgeFault) -> FaultyRow {
    let within = |list: &str| {
        let (number, rest) = fault.path.strip_prefix(list)?.strip_prefix('[')?.split_once(']')?;
        Some((number.parse::<usize>().ok()?, rest.strip_prefix('.').unwrap_or(rest).to_owned()))
    };
    let entry = within("entries")
        .and_then(|(number, rest)| Some((Kind::Entry, document.entries.get(number)?.id.clone(), rest)));
    let found = entry.or_else(|| {
        within("graph").and_then(|(number, rest)| {
            Some((Kind::Product, document.graph.get(number)?.product.clone(), rest))
        })
    });
    match found {
        Some((kind, id, path)) => FaultyRow::new(Key { kind, id }, KnowledgeFault { path, ..fault }),
        None => FaultyRow::new(Key::frame(), fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn seed() -> Document {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/kv-seed/knowledge.json");
        parse(&std::fs::read(path).unwrap()).unwrap()
    }

    fn rows(document: Document) -> Vec<Part> {
        cut(document).collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn a_document_that_was_cut_is_assembled_again_whatever_order_its_rows_come_in() {
        let document = seed();
        let mut parts = rows(document.clone());
        assert_eq!(parts.len(), document.entries.len() + document.graph.len() + 1);
        parts.reverse();
        let (bytes, read) = assemble(parts).unwrap();
        assert_eq!(read, document);
        assert_eq!(bytes, serde_json::to_vec(&document).unwrap());
    }

    #[test]
    fn what_is_cut_is_canonical() {
        for part in rows(seed()) {
            let value = serde_json::from_str(&part.value).unwrap();
            assert_eq!(canonical(&part.key, value), Ok(part.value));
        }
    }

    #[test]
    fn a_row_is_refused_that_is_not_what_it_is_put_as() {
        let key = Key { kind: Kind::Entry, id: "a".into() };
        let entry = |id: &str| json!({ "id": id, "question": "q", "answer": "a" });
        assert!(canonical(&key, entry("a")).is_ok());
        assert_eq!(canonical(&key, entry("b")), Err(RowFault::OtherId));
        assert!(matches!(canonical(&key, json!({ "id": "a" })), Err(RowFault::Shape(_))));
        let long = "x".repeat(KNOWLEDGE_WORD_BYTES_MAX + 1);
        assert_eq!(canonical(&Key { kind: Kind::Entry, id: long.clone() }, entry(&long)), Err(RowFault::Id));
        let huge = json!({ "id": "a", "question": "q", "answer": "a".repeat(KNOWLEDGE_ROW_BYTES_MAX) });
        assert!(matches!(canonical(&key, huge), Err(RowFault::TooLong { .. })));
        let framed = serde_json::to_value(seed()).unwrap();
        assert!(matches!(canonical(&Key::frame(), framed), Err(RowFault::Shape(_))));
    }

    #[test]
    fn faults_come_back_with_their_row() {
        let mut document = seed();
        document.entries[2].answer = " ".into();
        document.graph[1].issues[0].question = " ".into();
        document.misses_before_handoff = 0;
        let (entry, product) = (document.entries[2].id.clone(), document.graph[1].product.clone());
        let Err(NoDocument::Faulty(faults)) = assemble(rows(document)) else { panic!("it is faulty") };
        let told: Vec<_> = faults.iter().map(|one| (one.row.id.as_str(), one.path.as_str())).collect();
        let expected =
            [("frame", "misses_before_handoff"), (&*entry, "answer"), (&*product, "issues[0].question")];
        assert_eq!(told, expected);
        assert_eq!(assemble(Vec::new()), Err(NoDocument::NoFrame));
        let broken = Part { key: Key { kind: Kind::Entry, id: "x".into() }, position: 0, value: "{}".into() };
        let mut parts = rows(seed());
        parts.push(broken);
        assert!(matches!(assemble(parts), Err(NoDocument::Faulty(faults)) if faults[0].row.id == "x"));
    }
}
