//! The directory on a real SQLite: what staff say and take back, what is forgotten, and how much is kept.

use crate::support::sqlite::Sqlite;
use serde_json::json;
use shunda::base::id::ConversationId;
use shunda::base::limits::{IDENTITIES_MAX, IDENTITY_LINKS_MAX, PROFILE_TEXT_BYTES_MAX};
use shunda::base::time::TimeMs;
use shunda::base::turn::Turn;
use shunda::office::directory::{Call, JoinedBy, Mark, Person, Profile, Refused, Reply};
use shunda::store::{Database, Statement, directory, migrate};
use shunda::wire::person::{ChannelNames, ShownPerson};

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

    fn call(&mut self, call: Call) -> Reply {
        self.turns = self.turns.wrapping_add(1);
        let turn = Turn { now: TimeMs(1_800_000_000_000 + i64::from(self.turns)), entropy: [self.turns; 32] };
        directory::turn(&self.db, call, &turn).unwrap()
    }

    fn learn(&mut self, at: &str, unionid: &str) {
        let profile = Some(Profile { language: Some("zh_CN".to_owned()), ..Profile::default() });
        let call = Call::Learn { id: id(at), unionid: Some(unionid.to_owned()), profile };
        assert_eq!(self.call(call), Reply::Done);
    }

    fn join(&mut self, a: &str, b: &str) -> Reply {
        self.call(Call::Join { a: id(a), b: id(b), by: "lin".into() })
    }

    fn unjoin(&mut self, a: &str, b: &str) -> Reply {
        self.call(Call::Unjoin { a: id(a), b: id(b), by: "chen".into() })
    }

    fn person(&mut self, of: &str) -> Person {
        match self.call(Call::Person { of: id(of) }) {
            Reply::Person(person) => *person,
            other => panic!("{other:?}"),
        }
    }

    /// Who is one person with `of`, and why.
    fn who(&mut self, of: &str) -> Vec<(String, JoinedBy)> {
        self.person(of).identities.into_iter().map(|one| (one.id.key(), one.joined_by)).collect()
    }

    fn rows(&self) -> i64 {
        let sql = "SELECT (SELECT COUNT(*) FROM identity) + (SELECT COUNT(*) FROM same) + (SELECT COUNT(*) FROM link)";
        self.db.run(&Statement::new(sql, [])).unwrap()[0].int(0).unwrap()
    }
}

fn id(key: &str) -> ConversationId {
    ConversationId::from_key(key).unwrap()
}

fn refused(reason: Refused) -> Reply {
    Reply::Refused { reason }
}

#[test]
fn one_unionid_is_one_person_until_a_split_overrules_it() {
    let mut directory = Directory::new();
    directory.learn("oa/o1", "u1");
    directory.learn("app/p1", "u1");
    directory.learn("oa/o2", "u2");
    let both = [("app/p1".to_owned(), JoinedBy::Itself), ("oa/o1".to_owned(), JoinedBy::Unionid)];
    assert_eq!(directory.who("app/p1"), both);
    let split = Call::Split { of: id("app/p1"), by: "chen".into() };
    assert_eq!(directory.call(split.clone()), Reply::Done);
    assert_eq!(directory.call(split), Reply::Done, "once more is the same");
    assert_eq!(directory.who("oa/o1"), [("oa/o1".to_owned(), JoinedBy::Itself)]);
    assert_eq!(directory.person("oa/o1").apart, [id("app/p1")]);
    assert_eq!(directory.who("app/p1"), [("app/p1".to_owned(), JoinedBy::Itself)]);
    let unsplit = Call::Unsplit { of: id("app/p1"), by: "chen".into() };
    assert_eq!(directory.call(unsplit.clone()), Reply::Done);
    assert_eq!(directory.call(unsplit), refused(Refused::NoSuchRecord));
    assert_eq!(directory.who("app/p1"), both);
}

#[test]
fn staff_join_and_take_back_and_both_stay_on_record() {
    let mut directory = Directory::new();
    assert_eq!(directory.join("oa/o1", "oa/o1"), refused(Refused::Itself));
    assert_eq!(directory.join("oa/o1", "app/p1"), Reply::Done);
    assert_eq!(directory.join("app/p1", "oa/o1"), Reply::Done, "it is so already");
    let joined = [("app/p1".to_owned(), JoinedBy::Itself), ("oa/o1".to_owned(), JoinedBy::Staff)];
    assert_eq!(directory.who("app/p1"), joined);
    assert_eq!(directory.unjoin("app/p1", "oa/o2"), refused(Refused::NoSuchRecord));
    assert_eq!(directory.unjoin("app/p1", "oa/o1"), Reply::Done);
    assert_eq!(directory.who("oa/o1"), [("oa/o1".to_owned(), JoinedBy::Itself)]);
    for end in ["oa/o1", "app/p1"] {
        let links = directory.person(end).identities[0].links.clone();
        assert_eq!(links.len(), 1);
        assert_eq!(links[0].by.as_str(), "lin");
        assert_eq!(links[0].undone.as_ref().map(|Mark { by, .. }| by.as_str()), Some("chen"));
    }
}

#[test]
fn a_join_by_hand_holds_who_is_split_from_their_unionid() {
    let mut directory = Directory::new();
    for at in ["oa/o1", "app/p1", "shop/s1"] {
        directory.learn(at, "u1");
    }
    directory.call(Call::Split { of: id("app/p1"), by: "chen".into() });
    // From every end, whichever record is come upon first.
    directory.join("shop/s1", "app/p1");
    for of in ["oa/o1", "app/p1", "shop/s1"] {
        let mut who: Vec<_> = directory.who(of).into_iter().map(|(key, _)| key).collect();
        who.sort();
        assert_eq!(who, ["app/p1", "oa/o1", "shop/s1"], "{of}");
        assert!(directory.person(of).apart.is_empty());
    }
}

#[test]
fn a_customer_who_leaves_leaves_nothing() {
    let mut directory = Directory::new();
    directory.learn("oa/o1", "u1");
    directory.learn("app/p1", "u1");
    let before = directory.rows();
    directory.learn("oa/o2", "u1");
    directory.join("oa/o2", "app/p1");
    directory.call(Call::Split { of: id("oa/o2"), by: "chen".into() });
    directory.call(Call::Forget { id: id("oa/o2") });
    assert_eq!(directory.rows(), before);
    assert_eq!(directory.who("oa/o1").len(), 2);
    assert_eq!(directory.call(Call::Forget { id: id("oa/o2") }), Reply::Done, "once more is no fault");
    assert_eq!(directory.person("oa/o2").identities[0].learned_at, None);
}

#[test]
fn what_is_not_told_stays_and_a_new_unionid_replaces_the_old() {
    let mut directory = Directory::new();
    directory.learn("oa/o1", "u1");
    directory.learn("app/p1", "u1");
    directory.call(Call::Learn { id: id("oa/o1"), unionid: None, profile: None });
    assert_eq!(directory.who("oa/o1").len(), 2);
    let long = "长".repeat(PROFILE_TEXT_BYTES_MAX);
    let profile = Profile { nickname: Some(long), remark: Some("  ".to_owned()), ..Profile::default() };
    directory.call(Call::Learn { id: id("oa/o1"), unionid: Some("u2".to_owned()), profile: Some(profile) });
    assert_eq!(directory.who("app/p1").len(), 1);
    let known = directory.person("oa/o1").identities.remove(0).profile;
    assert!(known.nickname.unwrap().len() <= PROFILE_TEXT_BYTES_MAX);
    assert_eq!((known.remark, known.language), (None, None));
}

#[test]
fn persons_and_their_records_are_bounded() {
    let mut directory = Directory::new();
    for other in 1..IDENTITIES_MAX {
        assert_eq!(directory.join("oa/o0", &format!("oa/o{other}")), Reply::Done);
    }
    assert_eq!(directory.join("oa/o1", "oa/o99"), refused(Refused::TooMany));
    assert_eq!(directory.join("oa/o1", "oa/o2"), Reply::Done, "they are one person already");
    for _ in 0..IDENTITY_LINKS_MAX {
        assert_eq!(directory.unjoin("oa/o1", "oa/o2"), Reply::Done);
        assert_eq!(directory.join("oa/o1", "oa/o2"), Reply::Done);
    }
    assert_eq!(directory.person("oa/o1").identities[0].links.len(), IDENTITY_LINKS_MAX);
}

#[test]
fn a_person_with_more_identities_than_are_shown_says_so() {
    let mut directory = Directory::new();
    for at in 0..=IDENTITIES_MAX {
        directory.learn(&format!("c{at}/o"), "u1");
    }
    let person = directory.person("c0/o");
    assert_eq!((person.identities.len(), person.more), (IDENTITIES_MAX, true));
}

#[test]
fn a_reader_sees_the_channels_of_their_floor_only() {
    let mut directory = Directory::new();
    for at in ["oa/o1", "app/p1", "far/f1"] {
        directory.learn(at, "u1");
    }
    directory.join("oa/o1", "far/f1");
    let names = ChannelNames::from([("oa".into(), "公众号".to_owned()), ("app".into(), "小程序".to_owned())]);
    let shown = ShownPerson::new(directory.person("oa/o1"), Vec::new(), &names);
    let shown = serde_json::to_value(&shown).unwrap();
    assert!(!shown.to_string().contains("f1"));
    assert_eq!(shown["elsewhere"], 1);
    let first = json!({
        "channel": "oa", "channel_name": "公众号", "customer": "o1", "joined_by": "itself", "unionid_known": true,
        "language": "zh_CN", "learned_at_ms": 1_800_000_000_001_i64, "split": null, "records": [],
    });
    assert_eq!(shown["identities"][0], first);
    assert_eq!(shown["identities"][1]["joined_by"], "unionid");
    assert_eq!(shown["profile"], json!({ "language": "zh_CN" }));
}
