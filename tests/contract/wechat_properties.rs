//! What holds for any input: nothing panics, what is written reads back, what is sealed opens.

use proptest::prelude::{Strategy, any, prop};
use proptest::test_runner::{Config, TestRunner};
use shunda::base::limits::TEXT_BYTES_MAX;
use shunda::base::time::TimeMs;
use shunda::wechat::callback::{Account, Mode, open, seal_reply, verify_url};
use shunda::wechat::envelope::{AesKey, open as open_envelope, seal};
use shunda::wechat::reply::Reply;
use shunda::wechat::secret::{Rotating, Secret};
use shunda::wechat::signature::sign;
use shunda::wechat::tree::Node;
use shunda::wechat::{api, json, xml};

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const NOW: TimeMs = TimeMs::from_secs(1_700_000_000);

fn check<S: Strategy>(input: S, test: impl Fn(S::Value)) {
    let config = Config { cases: 512, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&input, |value| {
        test(value);
        Ok(())
    });
    outcome.unwrap();
}

fn account(mode: Mode) -> Account {
    Account {
        channel: "main".into(),
        token: Rotating::only(Secret::new("tok")),
        appid: "wx1234567890abcdef".to_owned(),
        original_id: "gh_1".to_owned(),
        mode,
    }
}

fn safe() -> Account {
    account(Mode::Safe(Rotating::only(AesKey::parse(KEY).unwrap())))
}

/// Texts with all that is dangerous in XML, more often than chance would have it.
fn hostile_text() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "]]>",
        "]]",
        "]",
        ">",
        "<![CDATA[",
        "&amp;",
        "&",
        "<",
        "\0",
        "\u{1}",
        "\u{1D}",
        "\r\n",
        "\u{FFFE}",
        "😀",
        "你",
    ]);
    let piece = (any::<bool>(), pieces, any::<String>());
    prop::collection::vec(piece, 0..12)
        .prop_map(|parts| parts.into_iter().map(|(pick, a, b)| if pick { a.to_owned() } else { b }).collect())
}

/// Something that looks like markup, so that parsers get past the first character.
fn markup() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "<xml>",
        "</xml>",
        "<a>",
        "</a>",
        "<a/>",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<?",
        "?>",
        "<!DOCTYPE",
        "[",
        ">",
        "&",
        "&#",
        ";",
        "x",
        "\"",
        "=",
        " ",
        "\u{FEFF}",
        "{",
        "}",
        "\"a\":",
        "[",
        "]",
        ",",
        "1",
    ]);
    prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
}

#[test]
fn what_is_sealed_opens() {
    let input =
        ("[A-Za-z0-9]{43}", any::<[u8; 16]>(), prop::collection::vec(any::<u8>(), 0..200), "[a-z0-9]{0,40}");
    check(input, |(key, random, message, receiver)| {
        let key = AesKey::parse(&key).unwrap();
        assert_eq!(open_envelope(&key, &seal(&key, random, &message, &receiver), &receiver), Ok(message));
    });
}

#[test]
fn xml_text_reads_back_without_what_xml_cannot_carry() {
    check(hostile_text(), |text| {
        let node = Node::branch("xml", vec![Node::text("Content", &text)]);
        let read = xml::parse(&xml::render(&node)).unwrap();
        assert_eq!(read.text_of("Content"), xml::without_forbidden(&text));
    });
}

#[test]
fn json_text_reads_back_whole() {
    check(hostile_text(), |text| {
        let node = Node::branch("xml", vec![Node::text("Content", &text)]);
        assert_eq!(json::parse(&json::render(&node)), Ok(node));
    });
}

#[test]
fn a_text_from_wechat_arrives_unchanged_and_its_reply_too() {
    check((hostile_text(), any::<[u8; 16]>()), |(text, random)| {
        let cdata = text.replace("]]>", "]]]]><![CDATA[>");
        let body = format!(
            "<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName><CreateTime>1</CreateTime>\
             <MsgType>text</MsgType><Content><![CDATA[{cdata}]]></Content><MsgId>1</MsgId></xml>"
        );
        let query = format!("signature={}&timestamp=1700000000&nonce=n", sign(&["tok", "1700000000", "n"]));
        let opened = open(&account(Mode::Plaintext), &query, body.as_bytes(), NOW, 600).unwrap();
        let node = xml::parse(&body).unwrap();
        assert_eq!(node.text_of("Content"), text);
        let reply = Reply::Text { content: text.clone() };
        let visible = !xml::without_forbidden(&text).trim().is_empty();
        let sealed = seal_reply(&account(Mode::Plaintext), &opened, &reply, NOW, random);
        assert_eq!(sealed.is_ok(), visible);
        if let Ok(sealed) = sealed {
            assert!(xml::parse(&sealed).unwrap().text_of("Content").len() <= TEXT_BYTES_MAX);
        }
    });
}

#[test]
fn nothing_panics_on_any_text() {
    check((markup(), any::<String>(), any::<u16>()), |(markup, text, status)| {
        for input in [&markup, &text] {
            let _ = (xml::parse(input), json::parse(input), verify_url(&safe(), input));
            let bytes = input.as_bytes();
            let _ = (api::parse_token(status, bytes), api::parse_user_info(status, bytes));
            let _ = api::parse_send(status, bytes);
            let _ = open_envelope(&AesKey::parse(KEY).unwrap(), input, "wx");
        }
    });
}

#[test]
fn nothing_panics_on_any_callback() {
    check((markup(), prop::collection::vec(any::<u8>(), 0..96)), |(markup, bytes)| {
        for content in [markup.as_bytes(), &bytes] {
            let encrypt = seal(&AesKey::parse(KEY).unwrap(), [1; 16], content, "wx1234567890abcdef");
            let signature = sign(&["tok", "1700000000", "n", &encrypt]);
            let query = format!("encrypt_type=aes&msg_signature={signature}&timestamp=1700000000&nonce=n");
            let packet = format!("<xml><Encrypt>{encrypt}</Encrypt></xml>");
            // The content is no push, and must be found so.
            assert!(open(&safe(), &query, packet.as_bytes(), NOW, 600).is_err());
            assert!(open(&safe(), &query, content, NOW, 600).is_err());
        }
    });
}
