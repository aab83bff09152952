//! Published and synthetic vectors of WeChat's signature and envelope, both ways (`vectors/wechat.json`).

use serde::Deserialize;
use shunda::wechat::envelope::{AesKey, open, seal};
use shunda::wechat::signature::{sign, verify};

#[derive(Deserialize)]
struct Vectors {
    plain_signatures: Vec<PlainSignature>,
    encrypted: Vec<Packet>,
    synthetic: Vec<Packet>,
    known_bad: Vec<Packet>,
}

#[derive(Deserialize)]
struct PlainSignature {
    id: String,
    strings_to_sort: Vec<String>,
    sha1_hex: String,
}

/// Fields that the source does not give are null.
#[derive(Deserialize)]
struct Packet {
    id: String,
    token: Option<String>,
    encoding_aes_key: String,
    receive_id: Option<String>,
    trailing_id: Option<String>,
    timestamp: Option<String>,
    nonce: Option<String>,
    encrypt: String,
    msg_signature: Option<String>,
    random16_hex: Option<String>,
    plaintext: Option<String>,
}

impl Packet {
    fn key(&self) -> AesKey {
        AesKey::parse(&self.encoding_aes_key).unwrap()
    }

    /// Some sources do not name the receiver; it then is what the packet says.
    fn receiver(&self) -> &str {
        self.receive_id.as_deref().or(self.trailing_id.as_deref()).unwrap_or_default()
    }

    fn signed(&self) -> Option<([&str; 4], &str)> {
        let parts =
            [self.token.as_deref()?, self.timestamp.as_deref()?, self.nonce.as_deref()?, &self.encrypt];
        Some((parts, self.msg_signature.as_deref()?))
    }

    fn random(&self) -> [u8; 16] {
        let hex = self.random16_hex.as_deref().unwrap();
        std::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
    }
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("vectors/wechat.json")).unwrap()
}

fn good() -> Vec<Packet> {
    let Vectors { mut encrypted, synthetic, .. } = vectors();
    encrypted.extend(synthetic);
    assert_eq!(encrypted.len(), 32);
    encrypted
}

#[test]
fn plain_signatures_agree() {
    let vectors = vectors().plain_signatures;
    assert_eq!(vectors.len(), 9);
    for vector in vectors {
        let parts: Vec<_> = vector.strings_to_sort.iter().map(String::as_str).collect();
        assert_eq!(sign(&parts), vector.sha1_hex, "{}", vector.id);
    }
}

#[test]
fn packet_signatures_agree() {
    let packets = good();
    let signed: Vec<_> = packets.iter().filter_map(|packet| Some((&packet.id, packet.signed()?))).collect();
    assert_eq!(signed.len(), 29);
    for (id, (parts, signature)) in signed {
        assert!(verify(&parts, signature), "{id}");
    }
}

#[test]
fn packets_open_to_their_plaintext() {
    for packet in good() {
        let opened = open(&packet.key(), &packet.encrypt, packet.receiver());
        assert_eq!(opened, Ok(packet.plaintext.clone().unwrap().into_bytes()), "{}", packet.id);
    }
}

#[test]
fn sealing_again_gives_the_same_bytes() {
    for packet in good() {
        let plaintext = packet.plaintext.as_deref().unwrap().as_bytes();
        let sealed = seal(&packet.key(), packet.random(), plaintext, packet.receiver());
        assert_eq!(sealed, packet.encrypt, "{}", packet.id);
    }
}

#[test]
fn known_bad_packets_fail() {
    let packets = vectors().known_bad;
    assert_eq!(packets.len(), 3);
    for packet in packets {
        let signed = packet.signed().is_some_and(|(parts, signature)| verify(&parts, signature));
        let opens = open(&packet.key(), &packet.encrypt, packet.receiver()).is_ok();
        assert!(!(signed && opens), "{}", packet.id);
    }
}
