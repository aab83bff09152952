//! Channels in the office, on a real SQLite: what is taken, what is refused, what lies in the rows.

use crate::support::sqlite::Sqlite;
use serde_json::{Value, json};
use shunda::base::address::Addressing;
use shunda::base::channel::{ChannelKind, Tier};
use shunda::base::limits::CHANNELS_MAX;
use shunda::base::time::TimeMs;
use shunda::base::turn::Turn;
use shunda::office::channel::{Channel, StoredChannel};
use shunda::office::vault::{Key, Keys};
use shunda::office::{Call, Hidden, Reply};
use shunda::store::{Database, Statement, migrate, office};
use shunda::wechat::callback::Mode;

const AES: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const OTHER_AES: &str = "0123456789ABCDEFGabcdefghijklmnopqrstuvwxyz";
const ADDRESSING: Addressing = Addressing::PerCustomer;

struct Office {
    db: Sqlite,
    keys: Keys,
    now: TimeMs,
}

fn key(digit: &str) -> Key {
    Key::parse(&digit.repeat(64)).unwrap()
}

fn official() -> Value {
    json!({
        "name": "晨光", "path": "main", "kind": "official_account", "mode": "safe", "appid": "wx01",
        "original_id": "gh_01", "token": "tokenOne", "aes_key": AES, "app_secret": "appsecretOne"
    })
}

fn kefu(open_kfid: &str) -> Value {
    json!({
        "name": "客服", "path": "kf", "kind": "kefu", "appid": "ww01", "open_kfid": open_kfid,
        "token": "kfToken", "aes_key": AES, "app_secret": "kf-secret_1"
    })
}

/// `body` with `changes` made; null takes a field away.
fn with(mut body: Value, changes: Value) -> Value {
    for (key, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(body.as_object_mut().unwrap().remove(key)),
            value => body[key] = value.clone(),
        }
    }
    body
}

/// Without any secret, as on an edit.
fn bare(body: Value) -> Value {
    with(body, json!({ "token": null, "aes_key": null, "app_secret": null }))
}

impl Office {
    fn new() -> Self {
        let db = Sqlite::new();
        migrate(&db, office::MIGRATIONS).unwrap();
        Self { db, keys: Keys { current: key("1"), previous: None }, now: TimeMs(1_000) }
    }

    fn call(&mut self, call: Call) -> Reply {
        self.now = self.now + 1_000;
        let mut entropy = [0; 32];
        entropy[..8].copy_from_slice(&self.now.0.to_be_bytes());
        office::turn(&self.db, call, &self.keys, &Turn { now: self.now, entropy }).unwrap()
    }

    fn try_put(&mut self, id: &str, body: Value) -> Reply {
        self.call(Call::PutChannel { id: id.into(), body: Hidden(body) })
    }

    fn put(&mut self, id: &str, body: Value) -> u64 {
        match self.try_put(id, body) {
            Reply::ChannelPut { revision } => revision,
            other => panic!("{other:?}"),
        }
    }

    /// The faults as the API shows them: `at code`.
    fn faults(&mut self, id: &str, body: Value) -> Vec<String> {
        let before = self.channels();
        let Reply::ChannelInvalid { faults } = self.try_put(id, body) else { panic!("taken") };
        assert_eq!(self.channels(), before, "nothing is stored");
        let shown = serde_json::to_value(&faults).unwrap();
        let line =
            |fault: &Value| format!("{} {}", fault["at"].as_str().unwrap(), fault["code"].as_str().unwrap());
        shown.as_array().unwrap().iter().map(line).collect()
    }

    fn told(&mut self, known_revision: Option<u64>) -> (u64, Option<Vec<StoredChannel>>) {
        match self.call(Call::Deployment { addressing: ADDRESSING, known_revision }) {
            Reply::Deployment { revision, channels } => (revision, channels),
            other => panic!("{other:?}"),
        }
    }

    fn channels(&mut self) -> Vec<StoredChannel> {
        self.told(None).1.unwrap()
    }

    fn stored(&mut self, id: &str) -> StoredChannel {
        self.channels().into_iter().find(|channel| channel.id.as_str() == id).unwrap()
    }

    fn opened(&mut self, id: &str) -> Channel {
        self.stored(id).open(&self.keys).unwrap()
    }

    /// Current and previous token and AES key, as far as there are any.
    fn tokens(&mut self, id: &str) -> (String, Option<String>, bool) {
        let account = self.opened(id).account;
        let Mode::Safe(keys) = account.mode else { panic!("{:?}", account.mode) };
        let previous = account.token.previous.map(|token| token.expose().to_owned());
        (account.token.current.expose().to_owned(), previous, keys.previous.is_some())
    }

    fn rows(&self) -> String {
        let sql = "SELECT id || settings || secrets FROM channels ORDER BY id";
        let rows = self.db.run(&Statement::new(sql, [])).unwrap();
        rows.iter().map(|row| row.text(0).unwrap()).collect()
    }
}

#[test]
fn each_kind_of_account_becomes_a_channel() {
    let mut office = Office::new();
    office.put("main", official());
    let mini = json!({ "kind": "mini_program", "path": "mini", "mode": "compat", "kept_back": 2 });
    office.put("mini", with(official(), mini));
    office.put("kf", kefu("wk_1"));
    let plain = json!({ "path": "open", "mode": "plaintext", "aes_key": null, "tier": "unverified" });
    office.put("open", with(official(), plain));

    let main = office.opened("main");
    assert_eq!(
        (main.id().as_str(), main.settings.path.as_str(), main.settings.enabled),
        ("main", "main", true)
    );
    assert_eq!(
        (main.settings.kind, main.settings.tier, main.settings.kept_back),
        (ChannelKind::OfficialAccount, Tier::Service, 1)
    );
    assert!(main.settings.rules().passive && main.settings.floor.is_default());
    assert_eq!(main.app_secret.expose(), "appsecretOne");
    let mini = office.opened("mini");
    assert_eq!(
        (mini.settings.tier, mini.settings.rules().passive, mini.settings.rules().kept_back),
        (Tier::Verified, false, 2)
    );
    assert!(matches!(mini.account.mode, Mode::Compat(_)));
    let kf = office.opened("kf");
    assert!(matches!(kf.account.mode, Mode::Safe(_)));
    assert_eq!((kf.account.original_id.as_str(), kf.settings.open_kfid.as_deref()), ("ww01", Some("wk_1")));
    let open = office.opened("open");
    assert!(matches!(open.account.mode, Mode::Plaintext) && !open.settings.rules().customer_messages);
}

#[test]
fn everything_wrong_is_told_at_once_and_no_value_with_it() {
    let mut office = Office::new();
    let body = json!({
        "name": " ", "path": "a/b", "kind": "official_account", "mode": "raw", "appid": "secretish", "kept_back": 3,
        "floor": "Two", "tier": "gold", "enabled": "yes", "open_kfid": "wk", "aes_key": "short-secret", "app_secret": 7,
        "hours": { "weekly": { "mon": [["25:00", "9"]] }, "closed": [], "open": {} },
        "notice": { "way": "template", "template": "", "values": { "a b": "" }, "page": "http://x" }, "x": 1
    });
    let expected = [
        "name channel.shape",
        "path channel.shape",
        "appid channel.shape",
        "original_id channel.missing",
        "mode channel.shape",
        "tier channel.shape",
        "floor channel.shape",
        "enabled channel.shape",
        "kept_back channel.shape",
        "hours.weekly.mon[0] channel.shape",
        "notice.template channel.shape",
        "notice.values channel.shape",
        "notice.page channel.shape",
        "aes_key channel.shape",
        "app_secret channel.shape",
        "open_kfid channel.unknown",
        "x channel.unknown",
        "id channel.shape",
        "token channel.missing",
    ];
    assert_eq!(office.faults("Main", body), expected);
    for body in [json!([]), json!("x"), json!(null)] {
        assert_eq!(office.faults("main", body)[0], " channel.shape");
    }
}

#[test]
fn what_belongs_to_another_kind_is_refused() {
    let mut office = Office::new();
    for (id, body, expected) in [
        ("kf", with(kefu("wk_1"), json!({ "original_id": "gh_1" })), "original_id channel.unknown"),
        ("kf", with(kefu("wk_1"), json!({ "mode": "plaintext" })), "mode channel.shape"),
        ("kf", with(kefu("wk_1"), json!({ "tier": "service" })), "tier channel.shape"),
        ("kf", with(kefu("wk_1"), json!({ "open_kfid": null })), "open_kfid channel.missing"),
        (
            "kf",
            with(kefu("wk_1"), json!({ "notice": { "way": "subscribe", "template": "t", "values": {} } })),
            "notice.way channel.shape",
        ),
        ("main", with(official(), json!({ "appid": "ww01" })), "appid channel.shape"),
        ("main", with(official(), json!({ "original_id": "wx01" })), "original_id channel.shape"),
        ("main", with(official(), json!({ "mode": "plaintext" })), "aes_key channel.unknown"),
        ("main", with(official(), json!({ "kind": "telephone" })), "kind channel.shape"),
    ] {
        assert!(office.faults(id, body).contains(&expected.to_owned()), "{expected}");
    }
}

#[test]
fn an_edit_keeps_the_secrets_that_it_does_not_name() {
    let mut office = Office::new();
    office.put("main", official());
    let first = office.stored("main");
    office.put("main", bare(with(official(), json!({ "name": "晨光家电", "enabled": false }))));
    let channel = office.opened("main");
    assert_eq!((channel.settings.name.as_str(), channel.settings.enabled), ("晨光家电", false));
    assert_eq!(office.tokens("main"), ("tokenOne".to_owned(), None, false));
    let second = office.stored("main");
    assert_ne!(first.secrets, second.secrets, "sealed anew, under a nonce of its own");
    assert_eq!(second.shown(&office.keys).secrets, first.shown(&office.keys).secrets, "and unchanged");
}

#[test]
fn a_changed_token_or_key_leaves_the_one_before_in_use() {
    let mut office = Office::new();
    office.put("main", official());
    // The same once more is no change.
    office.put("main", official());
    assert_eq!(office.tokens("main"), ("tokenOne".to_owned(), None, false));
    office.put(
        "main",
        with(official(), json!({ "token": "tokenTwo", "aes_key": OTHER_AES, "app_secret": "new" })),
    );
    assert_eq!(office.tokens("main"), ("tokenTwo".to_owned(), Some("tokenOne".to_owned()), true));
    assert_eq!(office.opened("main").app_secret.expose(), "new");
    let edit = bare(official());
    office.put("main", edit.clone());
    assert_eq!(office.tokens("main").1.as_deref(), Some("tokenOne"));
    let shown = serde_json::to_value(office.stored("main").shown(&office.keys)).unwrap();
    let changed_at = shown["secrets"]["token"]["changed_at_ms"].as_i64().unwrap();
    assert_eq!(
        shown["secrets"]["token"],
        json!({ "set": true, "previous": true, "changed_at_ms": changed_at })
    );
    assert_eq!(shown["secrets"]["app_secret"]["previous"], json!(false));
    assert!(changed_at < shown["changed_at_ms"].as_i64().unwrap());
    office.put("main", with(edit, json!({ "forget_previous": true })));
    assert_eq!(office.tokens("main"), ("tokenTwo".to_owned(), None, false));
}

#[test]
fn what_conversations_are_keyed_by_cannot_change() {
    let mut office = Office::new();
    office.put("main", official());
    office.put("kf", kefu("wk_1"));
    let mini = json!({ "kind": "mini_program", "appid": "wx02", "floor": "two" });
    let expected = ["kind channel.fixed", "appid channel.fixed", "floor channel.fixed"];
    assert_eq!(office.faults("main", with(official(), mini)), expected);
    assert_eq!(office.faults("kf", kefu("wk_2")), ["open_kfid channel.fixed"]);
    office
        .put("main", with(official(), json!({ "path": "moved", "mode": "compat", "original_id": "gh_02" })));
}

#[test]
fn paths_differ_but_those_of_one_corporation() {
    let mut office = Office::new();
    office.put("main", official());
    assert_eq!(office.faults("shop", official()), ["path channel.taken"]);
    office.put("kf1", kefu("wk_1"));
    office.put("kf2", kefu("wk_2"));
    assert_eq!(office.faults("kf3", kefu("wk_2")), ["open_kfid channel.taken"]);
    assert_eq!(office.faults("kf3", with(kefu("wk_3"), json!({ "path": "main" }))), ["path channel.taken"]);
    // Another corporation's, twice in the way.
    let other = with(kefu("wk_1"), json!({ "appid": "ww02" }));
    assert_eq!(office.faults("kf3", other), ["path channel.taken", "path channel.taken"]);
}

#[test]
fn there_are_so_many_channels_and_no_more() {
    let mut office = Office::new();
    for number in 0..CHANNELS_MAX {
        office.put(&format!("c{number}"), with(official(), json!({ "path": format!("p{number}") })));
    }
    assert_eq!(office.faults("more", with(official(), json!({ "path": "more" }))), ["id channel.too_many"]);
    office.put("c0", with(official(), json!({ "path": "p0", "name": "还在" })));
}

#[test]
fn an_unchanged_list_is_not_told_again() {
    let mut office = Office::new();
    assert_eq!(office.told(None), (0, Some(Vec::new())));
    assert_eq!(office.told(Some(0)), (0, None));
    assert_eq!(office.put("main", official()), 1);
    assert_eq!(office.told(Some(0)).1.unwrap().len(), 1);
    assert_eq!(office.told(Some(1)), (1, None));
    assert_eq!(office.put("main", bare(official())), 2);
    let (revision, channels) = office.told(Some(1));
    assert_eq!((revision, channels.unwrap()[0].revision), (2, 2));
}

#[test]
fn no_secret_lies_in_a_row_or_prints() {
    let mut office = Office::new();
    let call = Call::PutChannel { id: "main".into(), body: Hidden(official()) };
    office.call(call.clone());
    office.put("main", with(official(), json!({ "token": "tokenTwo" })));
    let channel = office.opened("main");
    let shown = serde_json::to_string(&office.stored("main").shown(&office.keys)).unwrap();
    let seen = [office.rows(), format!("{call:?}"), format!("{channel:?}"), shown];
    for secret in ["tokenOne", "tokenTwo", AES, "appsecretOne"] {
        assert!(seen.iter().all(|text| !text.contains(secret)), "{secret} in {seen:?}");
    }
}

#[test]
fn a_sealed_text_opens_in_its_own_channel_and_field_only() {
    let mut office = Office::new();
    office.put("main", official());
    office.put("shop", with(official(), json!({ "path": "shop" })));
    let (main, shop) = (office.stored("main"), office.stored("shop"));
    assert!(StoredChannel { secrets: shop.secrets, ..main.clone() }.open(&office.keys).is_err());
    let mut swapped = serde_json::to_value(&main.secrets).unwrap();
    swapped["app_secret"] = swapped["token"].clone();
    let secrets = serde_json::from_value(swapped).unwrap();
    assert!(StoredChannel { secrets, ..main.clone() }.open(&office.keys).is_err());
    assert!(main.open(&office.keys).is_ok());
}

#[test]
fn a_changed_deployment_key_needs_the_one_before_or_every_secret_anew() {
    let mut office = Office::new();
    office.put("main", official());
    office.put("shop", with(official(), json!({ "path": "shop" })));
    let seals = |office: &mut Office, id: &str| {
        let shown = office.stored(id).shown(&office.keys);
        serde_json::to_value(shown).unwrap()["state"].as_str().unwrap().to_owned()
    };
    office.keys = Keys { current: key("2"), previous: None };
    assert_eq!(seals(&mut office, "main"), "sealed");
    let all = ["token channel.sealed", "aes_key channel.sealed", "app_secret channel.sealed"];
    assert_eq!(office.faults("main", bare(official())), all);
    office.put("main", official());
    assert_eq!((seals(&mut office, "main"), seals(&mut office, "shop")), ("ready".into(), "sealed".into()));
    // With the old key beside the new one it opens, and putting it seals it under the new one.
    office.keys.previous = Some(key("1"));
    assert_eq!(seals(&mut office, "shop"), "ready");
    office.put("shop", bare(with(official(), json!({ "path": "shop", "enabled": false }))));
    office.keys.previous = None;
    assert_eq!(seals(&mut office, "shop"), "paused");
    assert_eq!(office.opened("shop").account.token.current.expose(), "tokenOne");
}

/// What lies in deployments must stay readable: a change here needs a migration.
#[test]
fn the_stored_settings_are_these() {
    let mut office = Office::new();
    let hours = json!({ "weekly": { "mon": [["09:00", "18:00"]] } });
    let values = json!({ "thing1": "{question}", "time2": "{time}" });
    let notice =
        json!({ "way": "template", "template": "T-1", "values": values, "page": "https://a.example/" });
    office.put("main", with(official(), json!({ "floor": "two", "hours": hours, "notice": notice })));
    let sql = "SELECT settings FROM channels";
    let rows = office.db.run(&Statement::new(sql, [])).unwrap();
    let expected = r#"{"name":"晨光","path":"main","kind":"official_account","tier":"service","enabled":true,"floor":"two","hours":{"weekly":{"mon":[["09:00","18:00"]]}},"kept_back":1,"notice":{"way":"template","template":"T-1","values":{"thing1":"{question}","time2":"{time}"},"page":"https://a.example/"},"mode":"safe","appid":"wx01","original_id":"gh_01"}"#;
    assert_eq!(rows[0].text(0).unwrap(), expected);
    // What is shown can be put again as it is.
    let shown = serde_json::to_value(office.stored("main").shown(&office.keys)).unwrap();
    office.put("main", shown["settings"].clone());
    let secrets = serde_json::to_value(office.stored("main").secrets).unwrap();
    assert_eq!(secrets.as_object().unwrap().keys().collect::<Vec<_>>(), ["aes_key", "app_secret", "token"]);
    let mut fields = secrets["token"].as_object().unwrap().keys().collect::<Vec<_>>();
    fields.sort();
    assert_eq!(fields, ["changed_at", "current"]);
    assert_eq!(office.put("kf", kefu("wk_1")), 3);
    let rows = office.db.run(&Statement::new("SELECT settings FROM channels WHERE id = 'kf'", [])).unwrap();
    let expected = r#"{"name":"客服","path":"kf","kind":"kefu","tier":"verified","enabled":true,"floor":"main","hours":null,"kept_back":1,"notice":null,"mode":"safe","appid":"ww01","open_kfid":"wk_1"}"#;
    assert_eq!(rows[0].text(0).unwrap(), expected);
}

#[test]
fn the_seed_is_taken() {
    let seed: Value = serde_json::from_str(include_str!("../../kv-seed/channels.json")).unwrap();
    let secrets = json!({ "token": "tokenOne", "aes_key": AES, "app_secret": "appsecretOne", "id": null });
    let mut office = Office::new();
    for channel in seed["channels"].as_array().unwrap() {
        office.put(channel["id"].as_str().unwrap(), with(channel.clone(), secrets.clone()));
    }
    assert_eq!(office.opened("main").settings.path, "main");
}
