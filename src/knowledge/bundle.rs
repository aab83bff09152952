//! The bundle: a published document as KV holds it, in immutable parts under their digests and one pointer.
//!
//! Pure: the shell writes the parts first, then the pointer; a reader loads every part and assembles them.

use crate::base::digest::{hex, sha256};
use crate::base::limits::{BUNDLE_PART_BYTES_MAX, KNOWLEDGE_BYTES_MAX};
use serde::{Deserialize, Serialize};

/// The key of the pointer.
pub const POINTER_KEY: &str = "knowledge:current";
/// What the key of a part begins with; the SHA-256 of its bytes in lower-case hex follows.
pub const PART_KEY_PREFIX: &str = "knowledge:part:";

/// What the key of a document's model begins with; the document's digest follows.
pub const MODEL_KEY_PREFIX: &str = "knowledge:model:";
/// What the key of encodings begins with; document, encoder and batch follow.
pub const ENCODED_KEY_PREFIX: &str = "knowledge:encoded:";

/// The key of where the heads learned of moods are: a [`ModelRef`] without an encoder, `judged` being the number of
/// labelled messages.
pub const MOOD_KEY: &str = "knowledge:mood";

/// Where the model of a document is. It is found by the document's digest, so that a document that comes back has it
/// again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelRef {
    /// SHA-256 of its parts joined, lower-case hex.
    pub digest: String,
    /// The digest of the encoder that it is for; none: it knows words only.
    pub encoder: Option<String>,
    /// How many of the document's own questions its calibration rests on; 0: on the default.
    pub judged: u32,
    /// Its parts, in order.
    pub parts: Vec<PartRef>,
}

/// Which document is current, and which was before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pointer {
    /// Rises with every publication.
    pub version: u64,
    /// SHA-256 of the parts joined, lower-case hex.
    pub digest: String,
    /// The parts, in order.
    pub parts: Vec<PartRef>,
    /// What to fall back to. It has no `previous` of its own.
    pub previous: Option<Box<Pointer>>,
}

/// Where a part is, and its size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartRef {
    /// Its key in KV.
    pub key: String,
    /// Its size in bytes.
    pub bytes: usize,
}

/// What to write: every part, then the pointer under [`POINTER_KEY`].
#[derive(Debug, PartialEq, Eq)]
pub struct Publication<'a> {
    /// The new pointer.
    pub pointer: Pointer,
    /// The parts, each with its key.
    pub parts: Vec<(String, &'a [u8])>,
}

/// Why parts are not the document that a pointer names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleFault {
    /// More bytes than a document may have.
    #[error("the bundle has {bytes} bytes, at most {KNOWLEDGE_BYTES_MAX} are read")]
    TooLong {
        /// How many.
        bytes: usize,
    },
    /// Another number of parts than the pointer names.
    #[error("the bundle has {found} parts, the pointer names {named}")]
    PartCount {
        /// How many there are.
        found: usize,
        /// How many there should be.
        named: usize,
    },
    /// A part is not what its key says.
    #[error("part {key} is damaged")]
    DamagedPart {
        /// Its key.
        key: String,
    },
    /// The parts are sound, but are not the document.
    #[error("the parts do not have the digest {digest}")]
    WrongDigest {
        /// The digest of the pointer.
        digest: String,
    },
}

/// Bytes in parts, each with its key.
type Parts<'a> = Vec<(String, &'a [u8])>;

fn parts_of(bytes: &[u8]) -> (Parts<'_>, Vec<PartRef>) {
    let parts = bytes.chunks(BUNDLE_PART_BYTES_MAX);
    let parts: Parts<'_> =
        parts.map(|part| (format!("{PART_KEY_PREFIX}{}", hex_digest(part)), part)).collect();
    let refs = parts.iter().map(|(key, part)| PartRef { key: key.clone(), bytes: part.len() }).collect();
    (parts, refs)
}

/// Cuts a model into what to write: its parts, then where they are.
pub fn publish_model<'a>(model: &'a [u8], encoder: Option<&str>, judged: u32) -> (Parts<'a>, ModelRef) {
    let (parts, refs) = parts_of(model);
    let named =
        ModelRef { digest: hex_digest(model), encoder: encoder.map(str::to_owned), judged, parts: refs };
    (parts, named)
}

/// Cuts a document, which the caller has parsed, into what to write.
pub fn publish<'a>(document: &'a [u8], version: u64, previous: Option<&Pointer>) -> Publication<'a> {
    let (parts, refs) = parts_of(document);
    let pointer = Pointer {
        version,
        digest: hex_digest(document),
        parts: refs,
        previous: previous.map(|pointer| Box::new(Pointer { previous: None, ..pointer.clone() })),
    };
    Publication { pointer, parts }
}

/// Joins the parts that `pointer` names, given in its order.
///
/// # Errors
/// When any byte differs from what was published.
pub fn assemble(pointer: &Pointer, parts: &[impl AsRef<[u8]>]) -> Result<Vec<u8>, BundleFault> {
    joined(&pointer.parts, &pointer.digest, parts)
}

/// The same for a model.
///
/// # Errors
/// When any byte differs from what was written.
pub fn assemble_model(model: &ModelRef, parts: &[impl AsRef<[u8]>]) -> Result<Vec<u8>, BundleFault> {
    joined(&model.parts, &model.digest, parts)
}

fn joined(named: &[PartRef], digest: &str, parts: &[impl AsRef<[u8]>]) -> Result<Vec<u8>, BundleFault> {
    if parts.len() != named.len() {
        return Err(BundleFault::PartCount { found: parts.len(), named: named.len() });
    }
    let bytes = parts.iter().map(|part| part.as_ref().len()).sum();
    if bytes > KNOWLEDGE_BYTES_MAX {
        return Err(BundleFault::TooLong { bytes });
    }
    let mut document = Vec::with_capacity(bytes);
    for (part, named) in parts.iter().map(AsRef::as_ref).zip(named) {
        let part_digest = named.key.strip_prefix(PART_KEY_PREFIX);
        if part.len() != named.bytes || part_digest != Some(hex_digest(part).as_str()) {
            return Err(BundleFault::DamagedPart { key: named.key.clone() });
        }
        document.extend_from_slice(part);
    }
    if hex_digest(&document) == digest {
        Ok(document)
    } else {
        Err(BundleFault::WrongDigest { digest: digest.to_owned() })
    }
}

fn hex_digest(bytes: &[u8]) -> String {
    hex(&sha256(&[bytes]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_assembles() {
        let document: Vec<u8> = (0..BUNDLE_PART_BYTES_MAX + 3).map(|i| (i % 251) as u8).collect();
        let first = publish(b"{}", 1, None);
        let second = publish(&document, 2, Some(&first.pointer));
        assert_eq!(second.parts.len(), 2);
        assert_eq!(second.pointer.parts[1].bytes, 3);
        let parts: Vec<&[u8]> = second.parts.iter().map(|(_, part)| *part).collect();
        assert_eq!(assemble(&second.pointer, &parts).as_deref(), Ok(document.as_slice()));
        let third = publish(b"[]", 3, Some(&second.pointer));
        let previous = third.pointer.previous.as_deref();
        assert_eq!(
            previous,
            Some(&Pointer { previous: None, ..second.pointer.clone() }),
            "one step back, no more"
        );
        let json = serde_json::to_string(&third.pointer).unwrap();
        assert_eq!(serde_json::from_str::<Pointer>(&json).unwrap(), third.pointer);
    }

    #[test]
    fn the_digest_is_sha_256() {
        let pointer = publish(b"abc", 1, None).pointer;
        assert_eq!(pointer.digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(pointer.parts[0].key, format!("knowledge:part:{}", pointer.digest));
    }

    #[test]
    fn a_damaged_bundle_is_refused() {
        let good = publish(b"{\"a\":1}", 1, None).pointer;
        let fault = |pointer: &Pointer, parts: &[&[u8]]| assemble(pointer, parts).unwrap_err();
        let key = good.parts[0].key.clone();
        assert_eq!(fault(&good, &[b"{\"a\":2}"]), BundleFault::DamagedPart { key: key.clone() });
        assert_eq!(fault(&good, &[b"{\"a\":1"]), BundleFault::DamagedPart { key });
        assert_eq!(fault(&good, &[]), BundleFault::PartCount { found: 0, named: 1 });
        let other = Pointer { digest: "00".into(), ..good };
        assert_eq!(fault(&other, &[b"{\"a\":1}"]), BundleFault::WrongDigest { digest: "00".into() });
    }
}
