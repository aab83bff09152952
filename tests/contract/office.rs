//! The office on a real SQLite: every rule of staff and sessions, and the shape of what is stored and sent.

use crate::support::sqlite::Sqlite;
use shunda::base::address::Addressing;
use shunda::base::id::{FloorId, SessionId};
use shunda::base::limits::{ATTEMPTS_WINDOW_MS, TALLIES_MAX};
use shunda::base::secret::Secret;
use shunda::base::staff::Role;
use shunda::base::time::{HOUR_MS, TimeMs};
use shunda::base::turn::Turn;
use shunda::office::session::Session;
use shunda::office::staff::StaffInput;
use shunda::office::vault::{Key, Keys};
use shunda::office::{Call, Reply};
use shunda::store::{Database, Statement, migrate, office};

/// An office whose clock stands still until it is moved, and whose luck never repeats.
struct Office {
    db: Sqlite,
    now: TimeMs,
    turns: u64,
}

impl Office {
    fn new() -> Self {
        let db = Sqlite::new();
        migrate(&db, office::MIGRATIONS).unwrap();
        Self { db, now: TimeMs(1_800_000_000_000), turns: 0 }
    }

    /// With 林 as an agent and 周 as a supervisor.
    fn with_staff() -> Self {
        let mut office = Self::new();
        office.put(vec![staff("lin", "agent-lin-pw"), staff("zhou", "supervisor-pw")]);
        office
    }

    fn call(&mut self, call: Call) -> Reply {
        self.turns += 1;
        let mut entropy = [0; 32];
        entropy[..8].copy_from_slice(&self.turns.to_be_bytes());
        let keys = Keys { current: Key::parse(&"0".repeat(64)).unwrap(), previous: None };
        office::turn(&self.db, call, &keys, &Turn { now: self.now, entropy }).unwrap()
    }

    fn put(&mut self, staff: Vec<StaffInput>) -> Vec<SessionId> {
        match self.call(Call::PutStaff { staff }) {
            Reply::StaffPut { ended_sessions, .. } => ended_sessions,
            other => panic!("{other:?}"),
        }
    }

    fn faults(&mut self, staff: Vec<StaffInput>) -> Vec<String> {
        match self.call(Call::PutStaff { staff }) {
            Reply::StaffInvalid { faults } => faults.iter().map(ToString::to_string).collect(),
            other => panic!("{other:?}"),
        }
    }

    fn try_sign_in(&mut self, login: &str, password: &str, address: &str) -> Reply {
        self.call(Call::SignIn {
            login: login.to_owned(),
            password: password.into(),
            address: address.to_owned(),
            lifetime_ms: 12 * HOUR_MS,
        })
    }

    fn sign_in(&mut self, login: &str, password: &str) -> (Session, Secret, Vec<SessionId>) {
        match self.try_sign_in(login, password, "10.0.0.1") {
            Reply::SignedIn { session, token, ended_sessions } => (session, token, ended_sessions),
            other => panic!("{other:?}"),
        }
    }

    fn session(&mut self, token: &Secret) -> Option<Session> {
        match self.call(Call::Session { token: token.clone() }) {
            Reply::Session { session } => Some(session),
            Reply::NoSession => None,
            other => panic!("{other:?}"),
        }
    }

    /// Rows as text, columns parted by `|`.
    fn rows(&self, sql: &'static str) -> Vec<String> {
        let rows = self.db.run(&Statement::new(sql, [])).unwrap();
        rows.iter().map(|row| row.text(0).unwrap().to_owned()).collect()
    }
}

fn staff(id: &str, password: &str) -> StaffInput {
    StaffInput {
        id: id.into(),
        login: format!("{id}@shop"),
        name: format!("客服 {id}"),
        role: Role::Agent,
        skill_groups: vec!["sales".into()],
        cap: 5,
        floor: FloorId::default(),
        password: (!password.is_empty()).then(|| password.into()),
    }
}

#[test]
fn who_signs_in_is_known_by_the_token_until_it_expires() {
    let mut office = Office::with_staff();
    let (session, token, ended) = office.sign_in("lin@shop", "agent-lin-pw");
    assert_eq!((session.staff.id.as_str(), session.staff.name.as_str(), ended), ("lin", "客服 lin", vec![]));
    assert_eq!(session.expires_at, office.now + 12 * HOUR_MS);
    assert_eq!(token.expose().len(), 43, "32 bytes as base64url");
    assert_eq!(office.session(&token), Some(session));
    assert_eq!(office.session(&"nonsense".into()), None);
    office.now = office.now + (12 * HOUR_MS - 1);
    assert!(office.session(&token).is_some());
    office.now = office.now + 1;
    assert_eq!(office.session(&token), None);
    office.sign_in("zhou@shop", "supervisor-pw");
    assert_eq!(office.rows("SELECT staff FROM sessions"), ["zhou"], "the expired one is gone");
}

#[test]
fn neither_token_nor_password_is_stored_or_printed() {
    let mut office = Office::with_staff();
    office.try_sign_in("my-password-in-the-wrong-field", "x", "192.0.2.7");
    let reply = office.try_sign_in("lin@shop", "agent-lin-pw", "192.0.2.7");
    let Reply::SignedIn { token, .. } = &reply else { panic!("{reply:?}") };
    let stored = office
        .rows(
            "SELECT id || profile || COALESCE(password, '') FROM staff UNION ALL SELECT id || staff FROM sessions \
             UNION ALL SELECT key FROM tallies",
        )
        .join("\n");
    let call = Call::PutStaff { staff: vec![staff("lin", "agent-lin-pw")] };
    for text in [stored, format!("{reply:?} {call:?}")] {
        for secret in [token.expose(), "agent-lin-pw", "my-password-in-the-wrong-field", "192.0.2.7"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[test]
fn a_wrong_password_and_an_unknown_login_look_the_same() {
    let mut office = Office::with_staff();
    office.put(vec![staff("new", "")]);
    for (login, password) in [
        ("lin@shop", "agent-lin-pW"),
        ("lin@shop", ""),
        ("nobody@shop", "agent-lin-pw"),
        ("new@shop", ""),
        ("lin", "agent-lin-pw"),
    ] {
        assert_eq!(office.try_sign_in(login, password, "10.0.0.9"), Reply::WrongPassword, "{login}");
    }
}

#[test]
fn a_login_rests_after_ten_wrong_passwords_known_or_not() {
    for login in ["lin@shop", "nobody@shop"] {
        let mut office = Office::with_staff();
        for n in 0..10 {
            assert_eq!(office.try_sign_in(login, "guess", &format!("10.0.1.{n}")), Reply::WrongPassword);
            office.now = office.now + 1_000;
        }
        let retry_after_ms = ATTEMPTS_WINDOW_MS - 10_000;
        let refused = Reply::TooManyAttempts { retry_after_ms };
        assert_eq!(office.try_sign_in(login, "agent-lin-pw", "10.0.2.1"), refused, "even the right one");
        office.sign_in("zhou@shop", "supervisor-pw");
        office.now = office.now + (retry_after_ms - 1);
        assert_eq!(
            office.try_sign_in(login, "agent-lin-pw", "10.0.2.1"),
            Reply::TooManyAttempts { retry_after_ms: 1 }
        );
        office.now = office.now + 1;
        let after = office.try_sign_in(login, "agent-lin-pw", "10.0.2.1");
        assert_eq!(matches!(after, Reply::SignedIn { .. }), login == "lin@shop", "{after:?}");
    }
}

#[test]
fn an_address_rests_after_thirty_and_its_own_login_does_not_help_it() {
    let mut office = Office::with_staff();
    for n in 0..30 {
        if n == 15 {
            assert!(matches!(
                office.try_sign_in("zhou@shop", "supervisor-pw", "2001:db8::1"),
                Reply::SignedIn { .. }
            ));
        }
        let address = format!("2001:db8::{n}");
        assert_eq!(office.try_sign_in(&format!("guess-{n}"), "guess", &address), Reply::WrongPassword);
    }
    let refused = Reply::TooManyAttempts { retry_after_ms: ATTEMPTS_WINDOW_MS };
    assert_eq!(office.try_sign_in("zhou@shop", "supervisor-pw", "2001:db8::ffff"), refused);
    office.sign_in("zhou@shop", "supervisor-pw");
}

#[test]
fn a_right_password_forgives_the_login() {
    let mut office = Office::with_staff();
    for _ in 0..2 {
        for n in 0..9 {
            assert_eq!(office.try_sign_in("lin@shop", "guess", &format!("10.0.1.{n}")), Reply::WrongPassword);
        }
        office.sign_in("lin@shop", "agent-lin-pw");
    }
}

#[test]
fn the_tallies_stay_few_and_the_one_that_holds_stays_longest() {
    let mut office = Office::with_staff();
    for n in 0..10 {
        office.try_sign_in("lin@shop", "guess", &format!("10.0.1.{n}"));
    }
    // A flood of others, written straight: hashing four thousand passwords would take minutes.
    for n in 0..TALLIES_MAX {
        let row = [format!("login:{n}").into(), 1.into(), office.now.0.into()];
        office
            .db
            .run(&Statement::new("INSERT INTO tallies (key, failures, since) VALUES (?, ?, ?)", row))
            .unwrap();
    }
    office.try_sign_in("flood", "guess", "10.0.3.1");
    let count = |office: &Office| office.rows("SELECT CAST(COUNT(*) AS TEXT) FROM tallies")[0].clone();
    assert_eq!(count(&office), TALLIES_MAX.to_string());
    assert!(matches!(
        office.try_sign_in("lin@shop", "agent-lin-pw", "10.0.4.1"),
        Reply::TooManyAttempts { .. }
    ));
    office.now = office.now + ATTEMPTS_WINDOW_MS;
    office.try_sign_in("flood", "guess", "10.0.3.1");
    assert_eq!(count(&office), "2", "the old ones are forgotten");
}

#[test]
fn the_oldest_of_twenty_sessions_goes() {
    let mut office = Office::with_staff();
    let mut opened = Vec::new();
    for _ in 0..20 {
        let (session, token, ended) = office.sign_in("lin@shop", "agent-lin-pw");
        assert_eq!(ended, []);
        opened.push((session.id, token));
        office.now = office.now + 1;
    }
    let (_, _, ended) = office.sign_in("lin@shop", "agent-lin-pw");
    assert_eq!(ended, [opened[0].0.clone()]);
    assert_eq!(office.session(&opened[0].1), None);
    assert!(office.session(&opened[1].1).is_some());
}

#[test]
fn signing_out_ends_that_session_only_and_names_it_once() {
    let mut office = Office::with_staff();
    let (one, token, _) = office.sign_in("lin@shop", "agent-lin-pw");
    let (_, other, _) = office.sign_in("lin@shop", "agent-lin-pw");
    let out = Call::SignOut { token: token.clone() };
    assert_eq!(office.call(out.clone()), Reply::SignedOut { ended_sessions: vec![one.id] });
    assert_eq!(office.call(out), Reply::SignedOut { ended_sessions: vec![] });
    assert_eq!(office.session(&token), None);
    assert!(office.session(&other).is_some());
}

#[test]
fn a_new_password_ends_that_persons_sessions() {
    let mut office = Office::with_staff();
    let (lin, lin_token, _) = office.sign_in("lin@shop", "agent-lin-pw");
    let (_, zhou_token, _) = office.sign_in("zhou@shop", "supervisor-pw");
    assert_eq!(office.put(vec![staff("lin", "a-new-password")]), [lin.id]);
    assert_eq!(office.session(&lin_token), None);
    assert!(office.session(&zhou_token).is_some());
    assert_eq!(office.try_sign_in("lin@shop", "agent-lin-pw", "10.0.0.1"), Reply::WrongPassword);
    office.sign_in("lin@shop", "a-new-password");
}

#[test]
fn without_a_password_the_old_one_and_the_sessions_stay_and_rights_change_at_once() {
    let mut office = Office::with_staff();
    let (_, token, _) = office.sign_in("lin@shop", "agent-lin-pw");
    let change = StaffInput { role: Role::Supervisor, login: "lin2@shop".to_owned(), ..staff("lin", "") };
    assert_eq!(office.put(vec![change]), []);
    assert_eq!(office.session(&token).unwrap().staff.role, Role::Supervisor);
    office.sign_in("lin2@shop", "agent-lin-pw");
    assert_eq!(office.try_sign_in("lin@shop", "agent-lin-pw", "10.0.0.1"), Reply::WrongPassword);
    assert_eq!(office.rows("SELECT id FROM staff ORDER BY id"), ["lin", "zhou"], "who is not named stays");
}

#[test]
fn staff_are_put_as_a_whole_or_not_at_all() {
    let mut office = Office::with_staff();
    let before = office.rows("SELECT id || profile || password FROM staff");
    let many = || vec!["x".into(); 65];
    let found = office.faults(vec![
        staff("good", "long-enough"),
        StaffInput { cap: 1_001, name: " ".to_owned(), ..staff("a/b", "short") },
        StaffInput { login: "zhou@shop".to_owned(), ..staff("lin", "") },
        StaffInput { skill_groups: many(), login: "x\ny".to_owned(), ..staff("good", "") },
    ]);
    assert_eq!(
        found,
        [
            "staff[1].id: must be 1 to 64 letters, digits, _ or -",
            "staff[1].name: must be 1 to 64 characters, without space at either end",
            "staff[1].cap: must be at most 1000",
            "staff[1].password: must be 8 to 256 characters",
            "staff[2].login: is used twice",
            "staff[3].id: is used twice",
            "staff[3].login: must be 1 to 64 characters, without space at either end",
            "staff[3].skill_groups: too many",
        ]
    );
    assert_eq!(office.faults((0..101).map(|n| staff(&format!("s{n}"), "")).collect()), ["staff: too many"]);
    assert_eq!(office.rows("SELECT id || profile || password FROM staff"), before);
}

#[test]
fn two_may_exchange_their_logins_in_one_call() {
    let mut office = Office::with_staff();
    let lin = StaffInput { login: "zhou@shop".to_owned(), ..staff("lin", "") };
    let zhou = StaffInput { login: "lin@shop".to_owned(), ..staff("zhou", "") };
    assert_eq!(office.put(vec![lin, zhou]), []);
    assert_eq!(office.sign_in("zhou@shop", "agent-lin-pw").0.staff.id.as_str(), "lin");
}

#[test]
fn who_is_moved_to_another_floor_is_told() {
    let mut office = Office::with_staff();
    let on = |floor: &str| StaffInput { floor: FloorId(floor.to_owned()), ..staff("lin", "") };
    let moved =
        |office: &mut Office, floor: &str| match office.call(Call::PutStaff { staff: vec![on(floor)] }) {
            Reply::StaffPut { moved, .. } => moved.len(),
            other => panic!("{other:?}"),
        };
    assert_eq!(["two", "two", "main"].map(|floor| moved(&mut office, floor)), [1, 0, 1]);
    assert_eq!(office.faults(vec![on("a b")]), ["staff[0].floor: must be 1 to 64 letters, digits, _ or -"]);
}

#[test]
fn the_addressing_is_the_first_one_asked_about() {
    let mut office = Office::new();
    let stored = Addressing::Sharded { shards: 16 };
    let ask = |addressing| Call::Deployment { addressing, known_revision: Some(0) };
    let holds = Reply::Deployment { revision: 0, channels: None };
    assert_eq!(office.call(ask(stored)), holds);
    assert_eq!(office.call(ask(stored)), holds);
    for other in [Addressing::Sharded { shards: 8 }, Addressing::PerCustomer] {
        assert_eq!(office.call(ask(other)), Reply::AddressingChanged { stored });
    }
    assert_eq!(office.call(ask(stored)), holds);
    assert_eq!(office.rows("SELECT value FROM addressing"), [r#"{"mode":"sharded","shards":16}"#]);
}

/// What lies in deployments must stay readable: a change here needs a migration.
#[test]
fn the_stored_rows_are_these() {
    let mut office = Office::with_staff();
    office.sign_in("lin@shop", "agent-lin-pw");
    office.try_sign_in("zhou@shop", "wrong", "10.0.0.1");
    let staff = office.rows("SELECT id || '|' || login || '|' || profile || '|' || password FROM staff");
    let lin = r#"lin|lin@shop|{"id":"lin","login":"lin@shop","name":"客服 lin","role":"agent","skill_groups":["sales"],"cap":5}|$argon2id$v=19$m=7168,t=5,p=1$"#;
    assert!(staff[0].starts_with(lin), "{}", staff[0]);
    let sessions = "SELECT id || '|' || staff || '|' || created_at || '|' || expires_at FROM sessions";
    assert_eq!(office.rows(sessions), [SESSION_ROW]);
    let tallies = "SELECT key || '|' || failures || '|' || since FROM tallies ORDER BY key";
    assert_eq!(
        office.rows(tallies),
        [
            "address:a7cc481b6e572f1fcc4f6a7d66bc36e9|1|1800000000000",
            "login:a36bd5147069b6e56a95bbb1110cb7dc|1|1800000000000",
        ]
    );
}

/// The id is SHA-256 of the token, which is base64url of SHA-256 of `session` and the turn's 32 bytes.
const SESSION_ROW: &str =
    "899ad8ff861dd3b5be4899f801e44b2a7c45766ee4c1e3c6c0055e401cc2207a|lin|1800000000000|1800043200000";

/// Calls and replies travel as JSON between the worker and the object.
#[test]
fn calls_and_replies_travel_as_json() {
    let mut office = Office::with_staff();
    let call = Call::SignIn {
        login: "lin@shop".to_owned(),
        password: "agent-lin-pw".into(),
        address: "::1".to_owned(),
        lifetime_ms: 1_000,
    };
    let text = serde_json::to_string(&call).unwrap();
    let expected = r#"{"call":"sign_in","login":"lin@shop","password":"agent-lin-pw","address":"::1","lifetime_ms":1000}"#;
    assert_eq!(text, expected);
    assert_eq!(serde_json::from_str::<Call>(&text).unwrap(), call);
    let reply = office.call(call);
    let text = serde_json::to_string(&reply).unwrap();
    assert!(text.starts_with(r#"{"reply":"signed_in","session":{"id":""#), "{text}");
    assert_eq!(serde_json::from_str::<Reply>(&text).unwrap(), reply);
    assert!(serde_json::from_str::<StaffInput>(r#"{"id":"x","pasword":"y"}"#).is_err());
}
