//! Live agreement with `@wecom/crypto`, Tencent's own package: what we seal it opens, what it seals we open.

use proptest::prelude::{Strategy, any, prop};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde::{Deserialize, Serialize};
use shunda::wechat::envelope::{AesKey, open, seal};
use shunda::wechat::signature::{sign, verify};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const MESSAGES: usize = 1_000;
const MISSING: &str = "this test needs Node and its packages: run `npm ci`";

/// A packet that we sealed, and what the oracle shall seal itself.
#[derive(Debug, Serialize)]
struct Request {
    token: String,
    key: String,
    timestamp: String,
    nonce: String,
    receiver: String,
    message: String,
    encrypt: String,
}

#[derive(Debug, Deserialize)]
struct Answer {
    message: String,
    receiver: String,
    signature: String,
    encrypt: String,
    encrypt_signature: String,
}

struct Oracle {
    node: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Oracle {
    fn start() -> Self {
        let node = std::env::var_os("NODE").unwrap_or_else(|| "node".into());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract/oracle.mjs");
        let mut command = Command::new(node);
        command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut node = command.spawn().expect(MISSING);
        let requests = node.stdin.take().unwrap();
        let answers = BufReader::new(node.stdout.take().unwrap());
        Self { node, requests, answers }
    }

    fn ask(&mut self, request: &Request) -> Answer {
        let line = serde_json::to_string(request).unwrap();
        writeln!(self.requests, "{line}").expect(MISSING);
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        assert!(!answer.is_empty(), "the oracle gave no answer; {MISSING}");
        serde_json::from_str(&answer).unwrap()
    }

    fn stop(self) {
        let Self { mut node, requests, .. } = self;
        drop(requests);
        assert!(node.wait().unwrap().success());
    }
}

fn requests() -> impl Strategy<Value = Request> {
    let texts = prop::collection::vec(any::<char>(), 0..400).prop_map(String::from_iter);
    // Any characters; short ones, for every length of padding; long Chinese ones.
    let message =
        prop::strategy::Union::new([texts.boxed(), "[a-z]{0,64}".boxed(), "[你好客服]{0,700}".boxed()]);
    let ids = ("[A-Za-z0-9]{3,32}", "[A-Za-z0-9]{43}", "[0-9]{10}", "[0-9A-Za-z]{1,16}", "(wx[0-9a-f]{16})?");
    (ids, message, any::<[u8; 16]>()).prop_map(
        |((token, key, timestamp, nonce, receiver), message, random)| {
            let encrypt = seal(&AesKey::parse(&key).unwrap(), random, message.as_bytes(), &receiver);
            Request { token, key, timestamp, nonce, receiver, message, encrypt }
        },
    )
}

#[test]
fn a_thousand_messages_agree_both_ways() {
    let mut oracle = Oracle::start();
    let mut runner = TestRunner::default();
    for _ in 0..MESSAGES {
        let request = requests().new_tree(&mut runner).unwrap().current();
        let answer = oracle.ask(&request);
        let Request { token, key, timestamp, nonce, receiver, message, encrypt } = &request;
        assert_eq!((&answer.message, &answer.receiver), (message, receiver), "{request:?}");
        assert_eq!(answer.signature, sign(&[token, timestamp, nonce, encrypt]), "{request:?}");
        let opened = open(&AesKey::parse(key).unwrap(), &answer.encrypt, receiver);
        assert_eq!(opened.as_deref(), Ok(message.as_bytes()), "{request:?}");
        let parts = [token, timestamp, nonce, &*answer.encrypt];
        assert!(verify(&parts, &answer.encrypt_signature), "{request:?}");
    }
    oracle.stop();
}
