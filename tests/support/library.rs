//! The library on a real SQLite, and an edge that publishes from it: the same calls in the same order as the shell's.

use super::sqlite::Sqlite;
use shunda::base::time::TimeMs;
use shunda::base::turn::Turn;
use shunda::knowledge::bundle::{Pointer, publish};
use shunda::knowledge::document::{Document, parse};
use shunda::knowledge::rows::{Key, Kind, NoDocument, Part, assemble, canonical, cut};
use shunda::office::library::{
    Actor, Begun, Call, Change, Counts, Edit, Refused, Reply, Review, Row, State, Tally, Verdict, Version,
    What,
};
use shunda::store::{library, migrate, office};
use std::collections::BTreeMap;

pub struct Library {
    pub db: Sqlite,
    pub now: TimeMs,
    /// What KV holds: documents by digest, and the pointer.
    pub documents: BTreeMap<String, Vec<u8>>,
    pub pointer: Option<Pointer>,
}

pub fn staff(id: &str) -> Actor {
    Actor::Staff(id.into())
}

pub fn entry_key(id: &str) -> Key {
    Key { kind: Kind::Entry, id: id.to_owned() }
}

pub fn entry(id: &str, answer: &str) -> String {
    let value = serde_json::json!({ "id": id, "question": format!("问题 {id}"), "answer": answer });
    canonical(&entry_key(id), value).unwrap()
}

/// A document without entries.
pub fn frame() -> Document {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/kv-seed/knowledge.json");
    let seed = parse(&std::fs::read(path).unwrap()).unwrap();
    Document { entries: Vec::new(), graph: Vec::new(), welcomes: Vec::new(), ..seed }
}

/// A document with these entries.
pub fn document(entries: &[(&str, &str)]) -> Document {
    let entries = entries.iter().map(|(id, answer)| serde_json::from_str(&entry(id, answer)).unwrap());
    Document { entries: entries.collect(), ..frame() }
}

impl Library {
    pub fn new() -> Self {
        let db = Sqlite::new();
        migrate(&db, office::MIGRATIONS).unwrap();
        Self { db, now: TimeMs(1_800_000_000_000), documents: BTreeMap::new(), pointer: None }
    }

    pub fn call(&mut self, call: Call) -> Reply {
        // As it travels to the object and back.
        let call = serde_json::from_str(&serde_json::to_string(&call).unwrap()).unwrap();
        let reply = library::turn(&self.db, call, &Turn { now: self.now, entropy: [0; 32] }).unwrap();
        serde_json::from_str(&serde_json::to_string(&reply).unwrap()).unwrap()
    }

    pub fn refused(&mut self, call: Call) -> Refused {
        match self.call(call) {
            Reply::Refused { why } => why,
            other => panic!("{other:?}"),
        }
    }

    pub fn overview(&mut self) -> (State, Option<Version>, Tally, Vec<Review>) {
        match self.call(Call::Overview) {
            Reply::Overview { state, current, changes, reviews } => {
                (*state, current.map(|version| *version), changes, reviews)
            }
            other => panic!("{other:?}"),
        }
    }

    pub fn try_edit(&mut self, key: Key, value: Option<String>, revision: Option<u64>, by: &Actor) -> Reply {
        self.call(Call::Edit { edits: vec![Edit { key, value, revision }], by: by.clone() })
    }

    /// Whatever is there.
    pub fn edit(&mut self, id: &str, answer: Option<&str>, by: &Actor) {
        let value = answer.map(|answer| entry(id, answer));
        let reply = self.try_edit(entry_key(id), value, None, by);
        assert!(matches!(reply, Reply::Edited { .. }), "{reply:?}");
    }

    pub fn row(&mut self, key: Key) -> Option<Row> {
        match self.call(Call::Row { key }) {
            Reply::Row { row, .. } => row,
            other => panic!("{other:?}"),
        }
    }

    pub fn rows(&mut self, page: impl Fn(Kind, String) -> Call) -> Vec<Row> {
        let mut all = Vec::new();
        for kind in Kind::ALL {
            let mut after = String::new();
            loop {
                let Reply::Rows { rows, more } = self.call(page(kind, after)) else { panic!("no rows") };
                after = rows.last().map(|row| row.part.key.id.clone()).unwrap_or_default();
                all.extend(rows);
                if !more {
                    break;
                }
            }
        }
        all
    }

    /// The draft, page by page of so many rows.
    pub fn draft(&mut self, rows: u32) -> Vec<Row> {
        self.rows(|kind, after| Call::Rows { review: None, kind, query: String::new(), after, rows })
    }

    /// What the draft says of each entry.
    pub fn entries(&mut self) -> BTreeMap<String, String> {
        entries_of(self.draft(3).into_iter().map(|row| row.part))
    }

    pub fn changes(&mut self, review: Option<u64>) -> Vec<Change> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            match self.call(Call::Changes { review, after, rows: 2 }) {
                Reply::Changes { changes, more } => {
                    after = changes.last().map(|change| change.key.clone());
                    all.extend(changes);
                    if !more {
                        return all;
                    }
                }
                other => panic!("{other:?}"),
            }
        }
    }

    pub fn submit(&mut self, rows: Option<Vec<Key>>, by: &Actor) -> Result<Review, Refused> {
        match self.call(Call::Submit { rows, note: "改".to_owned(), by: by.clone() }) {
            Reply::Review { review } => Ok(review),
            Reply::Refused { why } => Err(why),
            other => panic!("{other:?}"),
        }
    }

    pub fn decide(&mut self, review: u64, verdict: Verdict, by: &Actor) -> Result<Review, Refused> {
        match self.call(Call::Decide { review, verdict, comment: String::new(), by: by.clone() }) {
            Reply::Review { review } => Ok(review),
            Reply::Refused { why } => Err(why),
            other => panic!("{other:?}"),
        }
    }

    pub fn begin(&mut self, what: What, by: &Actor, alone: bool) -> Result<Begun, Refused> {
        let known = self.pointer.as_ref().map_or(0, |pointer| pointer.version);
        match self.call(Call::Begin { what, by: by.clone(), known, alone }) {
            Reply::Begun(begun) => Ok(*begun),
            Reply::Refused { why } => Err(why),
            other => panic!("{other:?}"),
        }
    }

    /// Everything up to the pointer, which the office has heard of; `None`: it was faulty, or came too late.
    pub fn prepare(&mut self, begun: &Begun) -> Option<Pointer> {
        let number = begun.publication.number;
        let (bytes, document) = match &begun.publication.of {
            What::Review { .. } | What::Draft { .. } => {
                let parts = self.parts_of(number);
                match assemble(parts) {
                    Ok(made) => made,
                    Err(NoDocument::NoFrame) => return None,
                    Err(other) => panic!("{other:?}"),
                }
            }
            What::Version { .. } => {
                let target = begun.target.clone().unwrap();
                let bytes = self.documents[&target.digest].clone();
                let document = parse(&bytes).unwrap();
                (bytes, document)
            }
            other => panic!("{other:?}"),
        };
        self.write(begun, &bytes, &document)
    }

    pub fn parts_of(&mut self, publication: u64) -> Vec<Part> {
        let rows = self.rows(|kind, after| Call::Page { publication, kind, after });
        rows.into_iter().map(|row| row.part).collect()
    }

    pub fn write(&mut self, begun: &Begun, bytes: &[u8], document: &Document) -> Option<Pointer> {
        let pointer = publish(bytes, begun.publication.version, begun.current.as_ref()).pointer;
        self.documents.insert(pointer.digest.clone(), bytes.to_vec());
        let counts = Counts { entries: document.entries.len() as u64, products: document.graph.len() as u64 };
        let call = Call::Point { publication: begun.publication.number, pointer: pointer.clone(), counts };
        matches!(self.call(call), Reply::GoesOn).then_some(pointer)
    }

    /// Rows of a whole document, a few at a time.
    pub fn stage(&mut self, publication: u64, document: Document) -> bool {
        let parts: Vec<Part> = cut(document).collect::<Result<_, _>>().unwrap();
        parts
            .chunks(3)
            .all(|rows| matches!(self.call(Call::Stage { publication, rows: rows.to_vec() }), Reply::GoesOn))
    }

    pub fn confirm(&mut self, publication: u64) -> Result<Version, Refused> {
        match self.call(Call::Confirm { publication }) {
            Reply::Confirmed { version } => Ok(*version),
            Reply::Refused { why } => {
                if let Refused::Superseded { current: Some(current) } = &why {
                    self.pointer = Some((**current).clone());
                }
                Err(why)
            }
            other => panic!("{other:?}"),
        }
    }

    /// From the beginning to the end.
    pub fn publish(&mut self, what: What, by: &Actor, alone: bool) -> Result<Version, Refused> {
        let begun = self.begin(what, by, alone)?;
        let number = begun.publication.number;
        let pointer = self.prepare(&begun).unwrap();
        self.pointer = Some(pointer.clone());
        if let What::Version { .. } = begun.publication.of {
            let document = parse(&self.documents[&pointer.digest]).unwrap();
            assert!(self.stage(number, document));
        }
        self.confirm(number)
    }

    pub fn publish_whole(&mut self, document: Document, by: &Actor) -> Result<Version, Refused> {
        let bytes = serde_json::to_vec(&document).unwrap();
        let begun = self.begin(What::Whole { note: "全部".to_owned() }, by, true)?;
        assert!(self.stage(begun.publication.number, document.clone()));
        self.pointer = self.write(&begun, &bytes, &document);
        self.confirm(begun.publication.number)
    }

    /// What customers are answered from.
    pub fn published(&self) -> BTreeMap<String, String> {
        let pointer = self.pointer.as_ref().unwrap();
        let document = parse(&self.documents[&pointer.digest]).unwrap();
        entries_of(cut(document).map(Result::unwrap))
    }
}

/// What each entry says.
pub fn entries_of(parts: impl Iterator<Item = Part>) -> BTreeMap<String, String> {
    let entries = parts.filter(|part| part.key.kind == Kind::Entry);
    entries.map(|part| (part.key.id, part.value)).collect()
}
