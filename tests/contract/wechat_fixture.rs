//! Packets and replies that wechatpy made (`scripts/wechat_fixture.py`), held against ours.

use serde::Deserialize;
use shunda::base::time::TimeMs;
use shunda::wechat::callback::{Account, Mode, Opened, open};
use shunda::wechat::envelope::{AesKey, seal};
use shunda::wechat::inbound::{Message, Push, PushBody};
use shunda::wechat::reply::{NewsArticle, Reply, to_tree};
use shunda::wechat::secret::{Rotating, Secret};
use shunda::wechat::tree::{Node, Value};
use shunda::wechat::xml;

#[derive(Deserialize)]
struct Fixture {
    packets: Vec<Packet>,
    replies: Vec<Sample>,
}

#[derive(Deserialize)]
struct Packet {
    token: String,
    aes_key: String,
    appid: String,
    timestamp: String,
    nonce: String,
    random: String,
    msg_signature: String,
    body: String,
    content: String,
    from_user: String,
    r#type: String,
    text: Option<String>,
    id: Option<String>,
    event: Option<String>,
}

#[derive(Deserialize)]
struct Sample {
    kind: String,
    xml: String,
}

impl Packet {
    fn key(&self) -> AesKey {
        AesKey::parse(&self.aes_key).unwrap()
    }

    fn open(&self) -> Opened {
        let account = Account {
            channel: "main".into(),
            token: Rotating::only(Secret::new(self.token.as_str())),
            appid: self.appid.clone(),
            original_id: "gh_0123456789ab".to_owned(),
            mode: Mode::Safe(Rotating::only(self.key())),
        };
        let query = format!(
            "encrypt_type=aes&msg_signature={}&timestamp={}&nonce={}",
            self.msg_signature, self.timestamp, self.nonce
        );
        let now = TimeMs::from_secs(self.timestamp.parse().unwrap());
        open(&account, &query, self.body.as_bytes(), now, 0).unwrap()
    }
}

fn fixture() -> Fixture {
    serde_json::from_str(include_str!("vectors/wechatpy.json")).unwrap()
}

#[test]
fn every_packet_opens_and_means_the_same() {
    let packets = fixture().packets;
    assert!(packets.len() >= 50, "{}", packets.len());
    for packet in packets {
        let push = packet.open().push;
        assert_eq!(push.from_user, packet.from_user);
        match push.body {
            PushBody::Message { id, message, .. } => {
                assert_eq!(id.map(|id| id.0), packet.id);
                if let Message::Text { content, .. } = message {
                    // wechatpy trims what a customer wrote; we do not.
                    assert_eq!(Some(content.trim()), packet.text.as_deref().map(str::trim));
                } else {
                    assert_ne!(packet.r#type, "text");
                }
            }
            PushBody::Event(event) => {
                assert_eq!(Some(event.name()), packet.event.map(|name| name.to_lowercase()));
            }
        }
    }
}

#[test]
fn the_same_random_prefix_gives_the_same_envelope() {
    for packet in fixture().packets {
        let random = packet.random.as_bytes().try_into().unwrap();
        let encrypt = seal(&packet.key(), random, packet.content.as_bytes(), &packet.appid);
        let body = xml::parse(&packet.body).unwrap();
        assert_eq!(encrypt, body.text_of("Encrypt"));
    }
}

/// Names and texts below a node; the order of elements has no meaning.
fn leaves(node: &Node) -> Vec<(String, String)> {
    let of_child = |child: &Node| match &child.value {
        Value::Text(text) if text.trim().is_empty() => vec![],
        Value::Text(text) => vec![(child.name.clone(), text.clone())],
        Value::Number(_) => panic!("a tree that was read has no numbers"),
        Value::Children(_) => {
            let inner = leaves(child).into_iter();
            inner.map(|(name, text)| (format!("{}/{name}", child.name), text)).collect()
        }
    };
    let mut leaves: Vec<_> = node.children().iter().flat_map(of_child).collect();
    leaves.sort();
    leaves
}

fn reply(kind: &str) -> Reply {
    let s = |text: &str| text.to_owned();
    match kind {
        "text" => Reply::Text { content: s("你好\n<a href=\"http://a\">a</a>") },
        "image" => Reply::Image { media_id: s("m") },
        "voice" => Reply::Voice { media_id: s("m") },
        "video" => Reply::Video { media_id: s("m"), title: Some(s("t")), description: Some(s("d")) },
        "music" => Reply::Music {
            title: Some(s("t")),
            description: Some(s("d")),
            url: s("u"),
            hq_url: s("h"),
            thumb_media_id: s("m"),
        },
        "news" => {
            let article = NewsArticle { title: s("t"), description: s("d"), pic_url: s("p"), url: s("u") };
            Reply::News { articles: vec![article] }
        }
        "transfer" => Reply::TransferCustomerService { kf_account: None },
        _ => panic!("{kind}"),
    }
}

#[test]
fn replies_have_the_same_elements() {
    let push = "<xml><ToUserName>gh_0123456789ab</ToUserName><FromUserName>o1</FromUserName>\
        <CreateTime>1</CreateTime><MsgType>text</MsgType><MsgId>1</MsgId></xml>";
    let push = Push::parse(&xml::parse(push).unwrap()).unwrap();
    let replies = fixture().replies;
    assert_eq!(replies.len(), 7);
    for sample in replies {
        let ours = to_tree(&reply(&sample.kind), &push, TimeMs::from_secs(1_700_000_000)).unwrap();
        let ours = xml::parse(&xml::render(&ours)).unwrap();
        assert_eq!(leaves(&ours), leaves(&xml::parse(&sample.xml).unwrap()), "{}", sample.kind);
    }
}
