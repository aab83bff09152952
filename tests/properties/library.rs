//! The library, in random histories of several people: no edit is lost, what is published is what somebody began to
//! publish, numbers rise, and whoever is cut off or late leaves nothing broken.

use crate::support::library::{Library, document, entries_of, entry, entry_key, staff};
use proptest::prelude::{ProptestConfig, Strategy, any, prop_oneof, proptest};
use shunda::base::digest::{hex, sha256};
use shunda::base::limits::PUBLICATION_MS_MAX;
use shunda::knowledge::bundle::Pointer;
use shunda::knowledge::document::parse;
use shunda::knowledge::rows::{assemble, cut};
use shunda::office::library::{Actor, Begun, Call, Refused, Reply, Verdict, What};
use std::collections::{BTreeMap, BTreeSet};

type Entries = BTreeMap<String, String>;

const PEOPLE: usize = 3;
const IDS: [&str; 4] = ["a", "b", "c", "d"];

#[derive(Clone, Debug)]
enum Step {
    /// Somebody reads a row.
    See(usize, usize),
    /// Somebody edits a row from what they saw; none: removes it.
    Edit(usize, usize, Option<u8>),
    Revert(usize, usize),
    Submit(usize),
    Decide(usize, bool),
    PublishDraft(usize),
    PublishReview(usize),
    PublishWhole(u8),
    RollBack(usize, usize),
    /// The edge of one of those that began goes one step further.
    Advance(usize),
    /// It dies.
    Die(usize),
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    let (who, row) = (0..PEOPLE, 0..IDS.len());
    prop_oneof![
        3 => (who.clone(), row.clone()).prop_map(|(who, row)| Step::See(who, row)),
        6 => (who.clone(), row.clone(), proptest::option::weighted(0.8, 0..4_u8))
            .prop_map(|(who, row, answer)| Step::Edit(who, row, answer)),
        1 => (who.clone(), row).prop_map(|(who, row)| Step::Revert(who, row)),
        2 => who.clone().prop_map(Step::Submit),
        3 => (who.clone(), any::<bool>()).prop_map(|(who, yes)| Step::Decide(who, yes)),
        2 => who.clone().prop_map(Step::PublishDraft),
        2 => who.clone().prop_map(Step::PublishReview),
        1 => (0..4_u8).prop_map(Step::PublishWhole),
        1 => (who, 0..6_usize).prop_map(|(who, version)| Step::RollBack(who, version)),
        8 => (0..3_usize).prop_map(Step::Advance),
        1 => (0..3_usize).prop_map(Step::Die),
        1 => proptest::strategy::Just(Step::Wait),
    ]
}

/// An edge at work, and what it is to make current.
struct Edge {
    begun: Begun,
    expected: Entries,
    pointer: Option<Pointer>,
    is_flipped: bool,
}

struct World {
    library: Library,
    draft: Entries,
    published: Entries,
    /// What each person saw of each row: its revision and what it said.
    seen: BTreeMap<(usize, usize), (u64, Option<String>)>,
    edges: Vec<Edge>,
    versions: BTreeMap<u64, Entries>,
    numbers: BTreeSet<u64>,
}

fn person(who: usize) -> Actor {
    staff(["li", "chen", "wang"][who])
}

impl World {
    fn new() -> Self {
        let mut library = Library::new();
        library.publish_whole(document(&[("a", "0"), ("b", "0")]), &Actor::Operator).unwrap();
        let published = library.published();
        Self {
            draft: published.clone(),
            versions: BTreeMap::from([(1, published.clone())]),
            published,
            library,
            seen: BTreeMap::new(),
            edges: Vec::new(),
            numbers: BTreeSet::from([1]),
        }
    }

    fn take(&mut self, step: Step) {
        self.library.now = self.library.now + 1;
        match step {
            Step::See(who, row) => self.see(who, row),
            Step::Edit(who, row, answer) => self.edit(who, row, answer),
            Step::Revert(who, row) => self.revert(who, row),
            Step::Submit(who) => {
                let review = self.library.submit(None, &person(who));
                assert_eq!(review.is_err(), self.draft == self.published || self.alive() >= 20);
            }
            Step::Decide(who, yes) => {
                let Some(review) = self.library.overview().3.into_iter().next_back() else { return };
                let verdict = if yes { Verdict::Approve } else { Verdict::Return };
                let decided = self.library.decide(review.id, verdict, &person(who));
                if yes && review.author == person(who) && !matches!(decided, Err(Refused::Busy { .. })) {
                    assert_eq!(decided, Err(Refused::OwnReview));
                }
            }
            Step::PublishDraft(who) => {
                let expected = self.draft.clone();
                self.begin(What::Draft { note: "草稿".into() }, who, true, expected);
            }
            Step::PublishReview(who) => {
                let Some(review) = self.library.overview().3.into_iter().next_back() else { return };
                let mut expected = self.published.clone();
                for change in self.library.changes(Some(review.id)) {
                    match change.after {
                        Some(after) => expected.insert(change.key.id, after),
                        None => expected.remove(&change.key.id),
                    };
                }
                self.begin(What::Review { id: review.id }, who, false, expected);
            }
            Step::PublishWhole(answer) => self.begin_whole(answer),
            Step::RollBack(who, at) => {
                let Some((version, expected)) = self.versions.iter().nth(at) else { return };
                let (version, expected) = (*version, expected.clone());
                self.begin(What::Version { version, note: "退回".into() }, who, false, expected);
            }
            Step::Advance(at) if at < self.edges.len() => self.advance(at),
            Step::Die(at) if at < self.edges.len() => drop(self.edges.remove(at)),
            Step::Wait => self.library.now = self.library.now + PUBLICATION_MS_MAX,
            Step::Advance(_) | Step::Die(_) => {}
        }
    }

    fn alive(&mut self) -> usize {
        self.library.overview().3.len()
    }

    fn see(&mut self, who: usize, row: usize) {
        let found = self.library.row(entry_key(IDS[row]));
        let seen = found.map_or((0, None), |row| (row.mark.revision, Some(row.part.value)));
        self.seen.insert((who, row), seen);
    }

    fn edit(&mut self, who: usize, row: usize, answer: Option<u8>) {
        let id = IDS[row];
        let (revision, saw) = self.seen.get(&(who, row)).cloned().unwrap_or_default();
        let value = answer.map(|answer| entry(id, &answer.to_string()));
        let reply = self.library.try_edit(entry_key(id), value.clone(), Some(revision), &person(who));
        let now = self.draft.get(id).cloned();
        match reply {
            Reply::Edited { changed: 0, .. } => assert_eq!(now, value),
            Reply::Edited { .. } => {
                assert_eq!(now, saw, "who replaces something has seen it");
                match value {
                    Some(value) => self.draft.insert(id.to_owned(), value),
                    None => self.draft.remove(id),
                };
            }
            Reply::Refused { why: Refused::ChangedSince { .. } } => {
                let actual = self.library.row(entry_key(id)).map_or(0, |row| row.mark.revision);
                assert_ne!(actual, revision, "nobody is refused for nothing");
            }
            other => panic!("{other:?}"),
        }
    }

    fn revert(&mut self, who: usize, row: usize) {
        let id = IDS[row];
        let Some(change) = self.library.changes(None).into_iter().find(|change| change.key.id == id) else {
            return;
        };
        let rows = vec![(change.key, change.mark.revision)];
        let reply = self.library.call(Call::Revert { rows, by: person(who) });
        assert!(matches!(reply, Reply::Edited { changed: 1, .. }), "{reply:?}");
        match self.published.get(id) {
            Some(value) => self.draft.insert(id.to_owned(), value.clone()),
            None => self.draft.remove(id),
        };
    }

    fn begin(&mut self, what: What, who: usize, alone: bool, expected: Entries) {
        let is_new = !matches!(what, What::Version { .. });
        let Ok(begun) = self.library.begin(what, &person(who), alone) else { return };
        if is_new {
            self.is_new(begun.publication.version);
        }
        self.edges.push(Edge { begun, expected, pointer: None, is_flipped: false });
    }

    fn begin_whole(&mut self, answer: u8) {
        let answer = answer.to_string();
        let whole = document(&[("a", &answer), ("c", &answer)]);
        let Ok(begun) = self.library.begin(What::Whole { note: "全".into() }, &Actor::Operator, true) else {
            return;
        };
        self.is_new(begun.publication.version);
        let expected = BTreeMap::from(["a", "c"].map(|id| (id.to_owned(), entry(id, &answer))));
        assert!(self.library.stage(begun.publication.number, whole));
        self.edges.push(Edge { begun, expected, pointer: None, is_flipped: false });
    }

    fn is_new(&mut self, version: u64) {
        assert!(self.numbers.iter().all(|earlier| *earlier < version), "{version} after {:?}", self.numbers);
        self.numbers.insert(version);
    }

    /// One step of an edge: write the parts, flip the pointer, confirm.
    fn advance(&mut self, at: usize) {
        let mut edge = self.edges.remove(at);
        let number = edge.begun.publication.number;
        let Some(pointer) = edge.pointer.clone() else {
            edge.pointer = match &edge.begun.publication.of {
                What::Whole { .. } => {
                    let answers: Vec<_> =
                        edge.expected.values().map(|text| serde_json::from_str(text).unwrap()).collect();
                    let whole = shunda::knowledge::document::Document { entries: answers, ..document(&[]) };
                    self.library.write(&edge.begun, &serde_json::to_vec(&whole).unwrap(), &whole)
                }
                What::Version { .. } => {
                    let pointer = self.library.prepare(&edge.begun);
                    let staged =
                        pointer.as_ref().map(|pointer| self.library.documents[&pointer.digest].clone());
                    let is_staged =
                        staged.is_some_and(|bytes| self.library.stage(number, parse(&bytes).unwrap()));
                    pointer.filter(|_| is_staged)
                }
                _ => self.prepare_rows(&edge),
            };
            if edge.pointer.is_some() {
                self.edges.push(edge);
            }
            return;
        };
        if !edge.is_flipped {
            self.library.pointer = Some(pointer);
            edge.is_flipped = true;
            self.edges.push(edge);
            return;
        }
        let before = self.draft.clone();
        if let Ok(version) = self.library.confirm(number) {
            // The pointer may be another's at this moment, who flips it too late and will put it back.
            let bytes = &self.library.documents[&version.pointer.digest];
            let says = entries_of(cut(parse(bytes).unwrap()).map(Result::unwrap));
            assert_eq!(says, edge.expected, "what was begun is what is published");
            assert_eq!(version.pointer.digest, hex(&sha256(&[bytes])));
            self.published = edge.expected.clone();
            if let What::Whole { .. } = edge.begun.publication.of {
                self.after_whole(before, edge.begun.publication.mark.revision);
            } else if let What::Version { .. } = edge.begun.publication.of {
                assert_eq!(self.versions[&version.version], edge.expected);
            }
            self.versions.insert(version.version, edge.expected);
        }
    }

    /// The rows of a publication are the expected ones whatever is edited meanwhile, and so is their digest.
    fn prepare_rows(&mut self, edge: &Edge) -> Option<Pointer> {
        let number = edge.begun.publication.number;
        let call = Call::Page {
            publication: number,
            kind: shunda::knowledge::rows::Kind::Entry,
            after: String::new(),
        };
        if !matches!(self.library.call(call), Reply::Rows { .. }) {
            return None;
        }
        let parts = self.library.parts_of(number);
        assert_eq!(entries_of(parts.clone().into_iter()), edge.expected);
        let (bytes, _) = assemble(parts).unwrap();
        let pointer = self.library.prepare(&edge.begun)?;
        assert_eq!(pointer.digest, hex(&sha256(&[&bytes])));
        Some(pointer)
    }

    /// A whole document replaces the draft, but for what was edited after it began.
    fn after_whole(&mut self, before: Entries, began: u64) {
        let mut draft = self.published.clone();
        for change in self.library.changes(None) {
            assert!(change.mark.revision > began);
            assert_eq!(change.after, before.get(&change.key.id).cloned());
            match change.after {
                Some(after) => draft.insert(change.key.id, after),
                None => draft.remove(&change.key.id),
            };
        }
        self.draft = draft;
    }

    fn check(&mut self) {
        assert_eq!(self.library.entries(), self.draft);
        let changes = self.library.changes(None);
        let told: BTreeMap<_, _> =
            changes.into_iter().map(|one| (one.key.id, (one.before, one.after))).collect();
        let mut expected = BTreeMap::new();
        for id in IDS {
            let (before, after) = (self.published.get(id).cloned(), self.draft.get(id).cloned());
            if before != after {
                expected.insert(id.to_owned(), (before, after));
            }
        }
        assert_eq!(told, expected);
        let (_, current, tally, _) = self.library.overview();
        assert_eq!(tally.total(), expected.len() as u64);
        assert_eq!(current.unwrap().counts.entries, self.published.len() as u64);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_people_and_crashes_do_nothing_is_lost(steps in proptest::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
            world.check();
        }
        // Whoever is still there comes to an end; then one more publication puts everything right.
        while !world.edges.is_empty() {
            world.advance(0);
            world.check();
        }
        world.take(Step::Wait);
        world.draft.insert("d".to_owned(), entry("d", "last"));
        world.library.edit("d", Some("last"), &person(0));
        world.take(Step::PublishDraft(0));
        while !world.edges.is_empty() {
            world.advance(0);
        }
        world.check();
        assert_eq!(world.library.published(), world.draft);
        let current = world.library.overview().1.unwrap();
        assert_eq!(world.library.pointer.as_ref().map(|pointer| pointer.version), Some(current.version));
    }
}

#[test]
fn one_who_flips_too_late_is_put_right() {
    let mut world = World::new();
    let late = [
        Step::PublishWhole(0),
        Step::Advance(0),
        Step::Edit(0, 2, Some(0)),
        Step::Wait,
        Step::PublishDraft(0),
        Step::Advance(1),
        Step::Advance(1),
    ];
    for step in late {
        world.take(step);
        world.check();
    }
    while !world.edges.is_empty() {
        world.advance(0);
        world.check();
    }
    assert_eq!(world.library.published(), world.draft);
}
