//! The vault: secrets sealed at rest with AES-256-GCM under the deployment's key, each bound to its place.

use crate::base::digest::{hex, sha256};
use crate::base::secret::Secret;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::alphabet::{STANDARD as ALPHABET, URL_SAFE as URL_ALPHABET};
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use core::fmt;
use serde::{Deserialize, Serialize};
use thiserror::Error;

const KEY_BYTES: usize = 32;
/// 96 bits: what GCM is made for (NIST SP 800-38D, 5.2.1.1).
pub const NONCE_BYTES: usize = 12;

/// 43 characters carry 258 bits, the key has 256: a random text of letters and digits is a key too.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const KEY_ENGINE: GeneralPurpose = GeneralPurpose::new(&ALPHABET, LENIENT);
const KEY_URL_ENGINE: GeneralPurpose = GeneralPurpose::new(&URL_ALPHABET, LENIENT);

/// A deployment's key.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Key([u8; KEY_BYTES]);

/// What seals, and what else opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Seals and opens.
    pub current: Key,
    /// The one before: opens only, until every channel has been put once more.
    pub previous: Option<Key>,
}

/// A sealed secret: base64 of nonce, ciphertext and tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

impl Sealed {
    /// As it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Sealed {
    fn from(stored: String) -> Self {
        Self(stored)
    }
}

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a deployment key is 43 characters of base64, or 64 hexadecimal digits")]
pub struct KeyFault;

/// Why a sealed secret does not open: another key, another place, or damage. They cannot be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the secret does not open with the deployment's key")]
pub struct SealBroken;

impl SealBroken {
    /// The stable name.
    pub const fn code(self) -> &'static str {
        "channel.sealed"
    }
}

impl Key {
    /// Reads a key: 43 characters of base64 or base64url, with or without `=` at the end, or 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, KeyFault> {
        let bytes = match text.len() {
            64 => from_hex(text),
            43 | 44 => KEY_ENGINE.decode(text).or_else(|_| KEY_URL_ENGINE.decode(text)).ok(),
            _ => None,
        };
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(KeyFault)
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&self.0.into())
    }
}

impl Keys {
    /// What stands for `text` where it must be recognised and not be readable: 128 bits of a keyed digest in
    /// hexadecimal, under the current key; and under the one before, where there is one.
    pub fn pseudonyms(&self, text: &str) -> (String, Option<String>) {
        let under = |key: &Key| {
            let digest = hex(&sha256(&[b"shunda/pseudonym/1/", &key.0, text.as_bytes()]));
            digest.get(..32).unwrap_or_default().to_owned()
        };
        (under(&self.current), self.previous.as_ref().map(under))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| match pair {
            [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
            _ => None,
        })
        .collect()
}

/// Seals `plain` for the place that `aad` names. `nonce` must never come twice with one key.
pub fn seal(key: &Key, aad: &str, plain: &Secret, nonce: [u8; NONCE_BYTES]) -> Result<Sealed, SealBroken> {
    let payload = Payload { msg: plain.expose().as_bytes(), aad: aad.as_bytes() };
    // It fails only beyond 64 GiB.
    let sealed = key.cipher().encrypt(&Nonce::from(nonce), payload).map_err(|_| SealBroken)?;
    Ok(Sealed(STANDARD.encode([nonce.as_slice(), &sealed].concat())))
}

/// Opens what was sealed for the place that `aad` names.
pub fn open(keys: &Keys, aad: &str, sealed: &Sealed) -> Result<Secret, SealBroken> {
    let bytes = STANDARD.decode(&sealed.0).map_err(|_| SealBroken)?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(SealBroken)?;
    let opened = core::iter::once(&keys.current).chain(&keys.previous).find_map(|key| {
        let payload = Payload { msg: sealed, aad: aad.as_bytes() };
        key.cipher().decrypt(&Nonce::from(*nonce), payload).ok()
    });
    let plain = String::from_utf8(opened.ok_or(SealBroken)?).map_err(|_| SealBroken)?;
    Ok(Secret::new(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key([byte; KEY_BYTES])
    }

    fn only(key: Key) -> Keys {
        Keys { current: key, previous: None }
    }

    #[test]
    fn keys_are_read_in_each_of_their_forms() {
        let bytes: [u8; 32] = core::array::from_fn(|at| (at * 8 + 3) as u8 | 0xC0);
        let padded = STANDARD.encode(bytes);
        let url = padded.replace('+', "-").replace('/', "_");
        let forms = [hex(&bytes), hex(&bytes).to_uppercase(), padded.clone(), url, padded.replace('=', "")];
        for form in forms {
            assert_eq!(Key::parse(&form), Ok(Key(bytes)), "{form}");
        }
        assert!(Key::parse("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG").is_ok());
        for bad in ["", "short", &"g".repeat(64), &"%".repeat(43), &"ä".repeat(32), &"a".repeat(45)] {
            assert_eq!(Key::parse(bad), Err(KeyFault), "{bad}");
        }
        assert_eq!(format!("{:?}", only(key(7))), "Keys { current: ***, previous: None }");
    }

    /// Test case 14 of the GCM specification: key, nonce and sixteen bytes of zeros.
    #[test]
    fn the_cipher_is_the_standard_one() {
        let zeros = Secret::new("\0".repeat(16));
        let sealed = seal(&key(0), "", &zeros, [0; NONCE_BYTES]).unwrap();
        let bytes = STANDARD.decode(&sealed.0).unwrap();
        let expected = "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919";
        assert_eq!(hex(&bytes[NONCE_BYTES..]), expected);
        assert_eq!(open(&only(key(0)), "", &sealed), Ok(zeros));
    }

    #[test]
    fn a_sealed_secret_opens_only_in_its_place() {
        let secret = Secret::from("秘密-token");
        let sealed = seal(&key(1), "main/token", &secret, [9; NONCE_BYTES]).unwrap();
        assert!(!sealed.0.contains("token"));
        assert_eq!(open(&only(key(1)), "main/token", &sealed), Ok(secret));
        for place in ["main/aes_key", "shop/token", ""] {
            assert_eq!(open(&only(key(1)), place, &sealed), Err(SealBroken), "{place}");
        }
        assert_eq!(open(&only(key(2)), "main/token", &sealed), Err(SealBroken));
        assert_eq!(SealBroken.code(), "channel.sealed");
    }

    #[test]
    fn every_damaged_byte_is_noticed() {
        let sealed = seal(&key(1), "main/token", &"hush".into(), [9; NONCE_BYTES]).unwrap();
        let bytes = STANDARD.decode(&sealed.0).unwrap();
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            let damaged = Sealed(STANDARD.encode(damaged));
            assert_eq!(open(&only(key(1)), "main/token", &damaged), Err(SealBroken), "byte {at}");
        }
        for short in ["", "AAAA", "not base64"] {
            assert_eq!(open(&only(key(1)), "main/token", &Sealed(short.into())), Err(SealBroken));
        }
    }

    #[test]
    fn the_previous_key_still_opens() {
        let sealed = seal(&key(1), "main/token", &"hush".into(), [9; NONCE_BYTES]).unwrap();
        let keys = Keys { current: key(2), previous: Some(key(1)) };
        assert_eq!(open(&keys, "main/token", &sealed), Ok("hush".into()));
    }

    #[test]
    fn a_pseudonym_is_the_same_under_the_same_key_only() {
        let keys = Keys { current: key(2), previous: Some(key(1)) };
        let (current, previous) = keys.pseudonyms("main/o1");
        assert_eq!(only(key(1)).pseudonyms("main/o1"), (previous.unwrap(), None));
        assert_eq!(current.len(), 32);
        assert_ne!(current, keys.pseudonyms("main/o2").0);
        assert_ne!(current, only(key(1)).pseudonyms("main/o1").0);
    }
}
