//! The library on a real SQLite: drafts, reviews, publications that are cut off, rollback.

use crate::support::library::{Library, document, entry, entry_key, staff};
use shunda::base::limits::{PUBLICATION_MS_MAX, ROWS_PAGE_CHARS_MAX};
use shunda::knowledge::rows::Kind;
use shunda::office::library::{Actor, Call, Deed, Edit, Faster, Refused, Reply, ReviewState, Verdict, What};

fn started() -> Library {
    let mut library = Library::new();
    let first =
        library.publish_whole(document(&[("a", "1"), ("b", "1"), ("c", "1")]), &Actor::Operator).unwrap();
    assert_eq!((first.version, first.counts.entries, first.review), (1, 3, None));
    library
}

#[test]
fn who_was_slower_is_told_who_was_faster_and_nothing_is_lost() {
    let mut library = started();
    let (li, chen) = (staff("li"), staff("chen"));
    let seen = library.row(entry_key("a")).unwrap().mark.revision;
    let put = |library: &mut Library, answer: &str, revision, by: &Actor| {
        library.try_edit(entry_key("a"), Some(entry("a", answer)), Some(revision), by)
    };
    let Reply::Edited { revision, changed: 1 } = put(&mut library, "2", seen, &li) else { panic!("refused") };
    let late = put(&mut library, "3", seen, &chen);
    let faster = Faster { row: entry_key("a"), revision, by: Some(li.clone()), at_ms: Some(library.now) };
    assert_eq!(late, Reply::Refused { why: Refused::ChangedSince { rows: vec![faster] } });
    assert_eq!(put(&mut library, "2", seen, &li), Reply::Edited { revision, changed: 0 }, "said again");
    assert!(matches!(put(&mut library, "3", revision, &chen), Reply::Edited { changed: 1, .. }));
    // A new row is at revision 0, and so is one that was removed.
    let new = library.try_edit(entry_key("z"), Some(entry("z", "1")), Some(7), &li);
    assert!(matches!(new, Reply::Refused { why: Refused::ChangedSince { .. } }));
    library.edit("b", None, &li);
    let removed = library.try_edit(entry_key("b"), Some(entry("b", "2")), Some(seen), &chen);
    let Reply::Refused { why: Refused::ChangedSince { rows } } = removed else { panic!("{removed:?}") };
    assert_eq!((rows[0].revision, rows[0].by.clone()), (0, Some(li)));
}

#[test]
fn of_many_edits_all_are_made_or_none() {
    let mut library = started();
    let by = staff("li");
    let edit = |id: &str, revision| Edit { key: entry_key(id), value: Some(entry(id, "9")), revision };
    let before = library.entries();
    let edits = vec![edit("a", None), edit("new", Some(3))];
    assert!(matches!(library.refused(Call::Edit { edits, by: by.clone() }), Refused::ChangedSince { .. }));
    let edits = vec![edit("a", None), edit("a", None)];
    assert!(matches!(library.refused(Call::Edit { edits, by: by.clone() }), Refused::Twice { .. }));
    assert_eq!(library.entries(), before);
    let frame = shunda::knowledge::rows::Key::frame();
    let edits = vec![Edit { key: frame, value: None, revision: None }];
    assert_eq!(library.refused(Call::Edit { edits, by }), Refused::FrameStays);
}

#[test]
fn pending_changes_say_before_and_after_and_each_can_be_taken_back() {
    let mut library = started();
    let by = staff("li");
    library.edit("a", Some("2"), &by);
    library.edit("b", None, &by);
    library.edit("d", Some("1"), &by);
    let changes = library.changes(None);
    let told: Vec<_> =
        changes.iter().map(|one| (one.key.id.as_str(), one.before.clone(), one.after.clone())).collect();
    let expected = [
        ("a", Some(entry("a", "1")), Some(entry("a", "2"))),
        ("b", Some(entry("b", "1")), None),
        ("d", None, Some(entry("d", "1"))),
    ];
    assert_eq!(told, expected);
    let (_, _, tally, _) = library.overview();
    assert_eq!((tally.added, tally.changed, tally.removed, tally.entries_more), (1, 1, 1, 0));
    let rows = vec![(entry_key("b"), changes[1].mark.revision - 1)];
    let late = library.refused(Call::Revert { rows, by: by.clone() });
    assert!(matches!(late, Refused::ChangedSince { .. }));
    let rows = changes.iter().skip(1).map(|change| (change.key.clone(), change.mark.revision)).collect();
    assert!(matches!(library.call(Call::Revert { rows, by: by.clone() }), Reply::Edited { changed: 2, .. }));
    assert_eq!(library.changes(None).len(), 1);
    let rows = vec![(entry_key("c"), 1)];
    assert_eq!(
        library.refused(Call::Revert { rows, by: by.clone() }),
        Refused::NoChange { row: entry_key("c") }
    );
    library.edit("a", Some("1"), &by);
    assert_eq!(library.changes(None), [], "what is put back by hand is no change either");
}

#[test]
fn a_review_needs_another_pair_of_eyes_and_is_published_as_it_was_submitted() {
    let mut library = started();
    let (li, chen) = (staff("li"), staff("chen"));
    assert_eq!(library.submit(None, &li), Err(Refused::NothingChanged));
    library.edit("a", Some("2"), &li);
    library.edit("b", Some("2"), &li);
    let review = library.submit(Some(vec![entry_key("a")]), &li).unwrap();
    assert_eq!((review.changes.changed, review.state), (1, ReviewState::Open));
    let what = What::Review { id: review.id };
    assert_eq!(library.publish(what.clone(), &li, false), Err(Refused::NotApproved));
    assert_eq!(library.decide(review.id, Verdict::Approve, &li), Err(Refused::OwnReview));
    library.decide(review.id, Verdict::Approve, &chen).unwrap();
    // Edited after it was approved: that is not what was approved.
    library.edit("a", Some("3"), &li);
    let version = library.publish(what.clone(), &li, false).unwrap();
    assert_eq!((version.version, version.author, version.reviewer), (2, li.clone(), Some(chen.clone())));
    assert_eq!(library.published()["a"], entry("a", "2"));
    assert_eq!(library.published()["b"], entry("b", "1"));
    let pending: Vec<_> = library.changes(None).into_iter().map(|one| (one.before, one.after)).collect();
    assert_eq!(pending[0], (Some(entry("a", "2")), Some(entry("a", "3"))));
    assert_eq!(pending[1], (Some(entry("b", "1")), Some(entry("b", "2"))));
    let over = Refused::ReviewOver { state: ReviewState::Published };
    assert_eq!(library.publish(what, &li, false), Err(over.clone()));
    assert_eq!(library.decide(review.id, Verdict::Return, &chen), Err(over));
}

#[test]
fn a_review_of_what_has_been_published_otherwise_since_must_be_asked_for_again() {
    let mut library = started();
    let (li, chen) = (staff("li"), staff("chen"));
    library.edit("a", Some("2"), &li);
    let early = library.submit(None, &li).unwrap();
    library.edit("a", Some("3"), &chen);
    let late = library.submit(None, &chen).unwrap();
    library.decide(early.id, Verdict::Approve, &chen).unwrap();
    library.decide(late.id, Verdict::Approve, &li).unwrap();
    library.publish(What::Review { id: late.id }, &chen, false).unwrap();
    let outdated = Refused::Outdated { rows: vec![entry_key("a")] };
    assert_eq!(library.publish(What::Review { id: early.id }, &li, false), Err(outdated));
    library.decide(early.id, Verdict::Return, &li).unwrap();
    assert_eq!(library.overview().3, []);
}

#[test]
fn publishing_alone_is_for_who_may() {
    let mut library = started();
    let li = staff("li");
    let what = || What::Draft { note: "小改".to_owned() };
    assert_eq!(library.publish(what(), &li, true), Err(Refused::NothingChanged));
    library.edit("a", Some("2"), &li);
    assert_eq!(library.publish(what(), &li, false), Err(Refused::NotApproved));
    let version = library.publish(what(), &li, true).unwrap();
    assert_eq!((version.version, version.note.as_str(), version.reviewer), (2, "小改", Some(li)));
    assert_eq!(library.changes(None), []);
}

#[test]
fn a_rollback_keeps_the_draft_and_the_numbers_rise() {
    let mut library = started();
    let li = staff("li");
    library.edit("a", Some("2"), &li);
    library.edit("b", None, &li);
    library.edit("d", Some("1"), &li);
    library.publish(What::Draft { note: "二".into() }, &li, true).unwrap();
    library.edit("c", Some("2"), &li);
    library.edit("b", Some("5"), &li);
    let draft = library.entries();
    let rollback = || What::Version { version: 1, note: "错了".into() };
    let version = library.publish(rollback(), &li, false).unwrap();
    assert_eq!((version.version, library.pointer.as_ref().unwrap().version), (1, 1));
    assert_eq!(library.pointer.as_ref().unwrap().previous.as_ref().unwrap().version, 2);
    assert_eq!(library.entries(), draft, "nobody's edit is lost");
    let told: Vec<_> = library.changes(None).into_iter().map(|one| (one.key.id, one.before)).collect();
    let was = |id: &str| Some(entry(id, "1"));
    assert_eq!(
        told,
        [("a".into(), was("a")), ("b".into(), was("b")), ("c".into(), was("c")), ("d".into(), None)]
    );
    let again = library.publish(What::Draft { note: "三".into() }, &li, true).unwrap();
    assert_eq!(again.version, 3);
    assert_eq!(library.published(), draft);
    let Reply::Acts { acts } = library.call(Call::Acts { before: None }) else { panic!("no acts") };
    let rolled = acts.iter().find(|act| matches!(act.deed, Deed::RolledBack { .. })).unwrap();
    assert_eq!(rolled.deed, Deed::RolledBack { from: Some(2), to: 1, note: "错了".into() });
    assert_eq!(
        library.publish(What::Version { version: 9, note: "x".into() }, &li, true),
        Err(Refused::Unknown)
    );
}

#[test]
fn a_publication_that_is_cut_off_leaves_what_was_and_is_said_again() {
    for dies_after in ["begin", "point", "flip"] {
        let mut library = started();
        let (li, chen) = (staff("li"), staff("chen"));
        library.edit("a", Some("2"), &li);
        let what = || What::Draft { note: "二".into() };
        let begun = library.begin(what(), &li, true).unwrap();
        assert_eq!(begun.publication.version, 2);
        let pointer = if dies_after == "begin" { None } else { library.prepare(&begun) };
        if dies_after == "flip" {
            library.pointer = pointer;
        }
        assert_eq!(library.changes(None).len(), 1, "{dies_after}");
        assert_eq!(library.overview().1.unwrap().version, 1, "{dies_after}");
        let busy = library.publish(what(), &chen, true);
        assert!(matches!(busy, Err(Refused::Busy { .. })), "{dies_after}: {busy:?}");
        library.now = library.now + PUBLICATION_MS_MAX;
        let again = library.publish(what(), &chen, true).unwrap();
        assert_eq!(again.version, 3, "{dies_after}: a number is never given twice");
        assert_eq!(library.published()["a"], entry("a", "2"), "{dies_after}");
        assert_eq!(library.changes(None), [], "{dies_after}");
        let late = library.confirm(begun.publication.number);
        assert!(matches!(late, Err(Refused::Superseded { .. })), "{dies_after}");
        assert_eq!(library.pointer.as_ref().unwrap().version, 3, "{dies_after}: who is late puts it right");
        let Reply::Versions { versions } = library.call(Call::Versions { before: None }) else { panic!() };
        let told: Vec<_> = versions.iter().map(|one| (one.version, one.is_published)).collect();
        let unconfirmed = if dies_after == "begin" { vec![] } else { vec![(2, false)] };
        assert_eq!(told, [vec![(3, true)], unconfirmed, vec![(1, true)]].concat(), "{dies_after}");
    }
}

#[test]
fn a_whole_document_replaces_the_draft_but_not_what_is_edited_meanwhile() {
    let mut library = started();
    let li = staff("li");
    library.edit("a", Some("mine"), &li);
    let whole = document(&[("a", "7"), ("e", "7")]);
    let begun = library.begin(What::Whole { note: "全".into() }, &Actor::Operator, true).unwrap();
    assert!(library.stage(begun.publication.number, whole.clone()));
    library.edit("b", Some("late"), &li);
    library.pointer = library.write(&begun, &serde_json::to_vec(&whole).unwrap(), &whole);
    assert_eq!(library.confirm(begun.publication.number).unwrap().version, 2);
    assert_eq!(library.confirm(begun.publication.number).unwrap().version, 2, "said again");
    let draft = library.entries();
    assert_eq!(draft["a"], entry("a", "7"));
    assert_eq!(draft["b"], entry("b", "late"));
    assert_eq!(draft.len(), 3, "a, b, e");
    assert_eq!(library.changes(None).len(), 1);
}

#[test]
fn what_was_published_before_there_was_a_library_becomes_its_first_version() {
    let mut other = started();
    other.edit("a", Some("2"), &staff("li"));
    other.publish(What::Draft { note: "x".into() }, &staff("li"), true).unwrap();
    let (pointer, documents) = (other.pointer.clone().unwrap(), other.documents.clone());
    let mut library = Library { pointer: Some(pointer.clone()), documents, ..Library::new() };
    let begun = library.begin(What::Found { pointer: pointer.clone() }, &Actor::Operator, true).unwrap();
    let bytes = library.documents[&pointer.digest].clone();
    let found = shunda::knowledge::document::parse(&bytes).unwrap();
    assert!(library.stage(begun.publication.number, found.clone()));
    library.write(&begun, &bytes, &found).unwrap();
    assert_eq!(library.confirm(begun.publication.number).unwrap().version, 2);
    assert_eq!(library.entries()["a"], entry("a", "2"));
    assert_eq!(library.begin(What::Found { pointer }, &Actor::Operator, true), Err(Refused::NothingChanged));
    library.edit("a", Some("3"), &staff("li"));
    assert_eq!(library.publish(What::Draft { note: "x".into() }, &staff("li"), true).unwrap().version, 3);
}

#[test]
fn pages_are_found_by_words_and_cut_by_size() {
    let mut library = started();
    let by = staff("li");
    library.edit("quoted", Some("他说\"好\""), &by);
    let find = |library: &mut Library, query: &str| {
        let call = Call::Rows {
            review: None,
            kind: Kind::Entry,
            query: query.into(),
            after: String::new(),
            rows: 10,
        };
        match library.call(call) {
            Reply::Rows { rows, more } => {
                (rows.into_iter().map(|row| row.part.key.id).collect::<Vec<_>>(), more)
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(find(&mut library, "\"好\""), (vec!["quoted".to_owned()], false));
    assert_eq!(find(&mut library, "问题 b").0, ["b"]);
    assert_eq!(find(&mut library, "%").0, Vec::<String>::new());
    library.edit("b", None, &by);
    assert_eq!(find(&mut library, "").0, ["a", "c", "quoted"]);
    let long = "x".repeat(usize::try_from(ROWS_PAGE_CHARS_MAX).unwrap());
    for id in ["x1", "x2"] {
        library.edit(id, Some(&long), &by);
    }
    let (shown, more) = find(&mut library, "");
    assert_eq!(
        (shown.last().map(String::as_str), more),
        (Some("x1"), true),
        "a page ends with what exceeds it"
    );
    assert_eq!(library.entries().len(), 5);
}
