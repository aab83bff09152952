//! Persons are a function of the records alone: whatever order they come in, and whatever is taken back.

use crate::support::sqlite::Sqlite;
use proptest::prelude::{Just, ProptestConfig, Strategy, prop_oneof, proptest};
use shunda::base::id::{ConversationId, StaffId};
use shunda::base::time::TimeMs;
use shunda::base::turn::Turn;
use shunda::office::directory::{Call, Reply};
use shunda::store::{directory, migrate};
use std::collections::{BTreeMap, BTreeSet};

const IDENTITIES: u8 = 7;

/// One record; numbers name identities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Record {
    Unionid(u8, u8),
    Join(u8, u8),
    Split(u8),
}

fn record() -> impl Strategy<Value = Record> {
    prop_oneof![
        (0..IDENTITIES, 0..3_u8).prop_map(|(of, unionid)| Record::Unionid(of, unionid)),
        (0..IDENTITIES, 0..IDENTITIES).prop_map(|(a, b)| Record::Join(a.min(b), a.max(b))),
        (0..IDENTITIES).prop_map(Record::Split),
    ]
}

/// Records that can all stand beside each other: an identity has one unionid, nobody is joined to themselves.
fn records() -> impl Strategy<Value = Vec<Record>> {
    proptest::collection::btree_set(record(), 0..12).prop_map(|records| {
        let mut have = BTreeSet::new();
        let stands = |record: &Record| match record {
            Record::Unionid(of, _) => have.insert(*of),
            Record::Join(a, b) => a != b,
            Record::Split(_) => true,
        };
        records.into_iter().filter(stands).collect()
    })
}

struct Directory {
    db: Sqlite,
    turns: u8,
}

impl Directory {
    fn new() -> Self {
        let db = Sqlite::new();
        migrate(&db, directory::MIGRATIONS).unwrap();
        Self { db, turns: 0 }
    }

    fn with(records: &[Record]) -> Self {
        let mut directory = Self::new();
        for record in records {
            directory.add(*record);
        }
        directory
    }

    fn call(&mut self, call: Call) -> Reply {
        self.turns += 1;
        let turn = Turn { now: TimeMs(i64::from(self.turns)), entropy: [self.turns; 32] };
        directory::turn(&self.db, call, &turn).unwrap()
    }

    fn add(&mut self, record: Record) {
        let by = StaffId::from("lin");
        let call = match record {
            Record::Unionid(of, unionid) => {
                Call::Learn { id: id(of), unionid: Some(format!("u{unionid}")), profile: None }
            }
            Record::Join(a, b) => Call::Join { a: id(a), b: id(b), by },
            Record::Split(of) => Call::Split { of: id(of), by },
        };
        assert_eq!(self.call(call), Reply::Done);
    }

    /// Takes back what staff said.
    fn undo(&mut self, record: Record) {
        let by = StaffId::from("chen");
        let call = match record {
            Record::Unionid(..) => return,
            Record::Join(a, b) => Call::Unjoin { a: id(b), b: id(a), by },
            Record::Split(of) => Call::Unsplit { of: id(of), by },
        };
        assert_eq!(self.call(call), Reply::Done);
    }

    /// The persons, each a set of identities.
    fn persons(&mut self) -> BTreeSet<BTreeSet<String>> {
        let person = |of| match self.call(Call::Person { of: id(of) }) {
            Reply::Person(person) => person.identities.iter().map(|one| one.id.key()).collect(),
            other => panic!("{other:?}"),
        };
        (0..IDENTITIES).map(person).collect()
    }
}

fn id(number: u8) -> ConversationId {
    ConversationId {
        channel: format!("c{}", number % 3).as_str().into(),
        customer: format!("o{number}").as_str().into(),
    }
}

/// The same by the book: sets that are merged as long as a record connects two of them.
fn by_the_book(records: &[Record]) -> BTreeSet<BTreeSet<String>> {
    let split = |of: u8| records.contains(&Record::Split(of));
    let unionid = |of: u8| {
        let of = records.iter().find(|record| matches!(record, Record::Unionid(who, _) if *who == of));
        of.map(|record| if let Record::Unionid(_, unionid) = record { *unionid } else { 0 })
    };
    let connected = |a: u8, b: u8| {
        let same = unionid(a).is_some() && unionid(a) == unionid(b) && !split(a) && !split(b);
        same || records.contains(&Record::Join(a.min(b), a.max(b)))
    };
    let mut label: Vec<u8> = (0..IDENTITIES).collect();
    for _ in 0..IDENTITIES {
        for a in 0..IDENTITIES {
            for b in (0..IDENTITIES).filter(|b| connected(a, *b)) {
                let least = label[usize::from(a)].min(label[usize::from(b)]);
                label[usize::from(a)] = least;
                label[usize::from(b)] = least;
            }
        }
    }
    let mut persons: BTreeMap<u8, BTreeSet<String>> = BTreeMap::new();
    for (number, label) in (0..IDENTITIES).zip(label) {
        persons.entry(label).or_default().insert(id(number).key());
    }
    persons.into_values().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_order_of_records_does_not_matter(records in records().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))) {
        let (one, other) = records;
        let persons = Directory::with(&one).persons();
        assert_eq!(persons, Directory::with(&other).persons());
        assert_eq!(persons, by_the_book(&one), "and they are what the records connect");
    }

    #[test]
    fn taking_a_record_back_restores_what_was_before(records in records(), more in records()) {
        let mut directory = Directory::with(&records);
        let before = directory.persons();
        let new = |record: &&Record| !matches!(record, Record::Unionid(..)) && !records.contains(record);
        let added: Vec<Record> = more.iter().filter(new).copied().collect();
        for record in &added {
            directory.add(*record);
        }
        for record in &added {
            directory.undo(*record);
        }
        assert_eq!(directory.persons(), before);
    }
}
