//! The encrypted envelope: AES-256-CBC over random ‖ length ‖ message ‖ receive id (protocol 1.4 to 1.6).

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use core::fmt;
use thiserror::Error;

/// Characters of an EncodingAESKey.
const KEY_CHARS: usize = 43;
/// Bytes of the AES key.
const KEY_BYTES: usize = 32;
/// The padding's block, twice that of AES.
const PAD_BLOCK_BYTES: usize = 32;
/// Random bytes and length before the message.
const HEAD_BYTES: usize = 20;

/// 43 characters carry 258 bits, the key has 256: the last two may be anything, and often are not zero.
const KEY_ENGINE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// An AES key as configured in WeChat's console.
#[derive(Clone, PartialEq, Eq)]
pub struct AesKey([u8; KEY_BYTES]);

/// Why a text is no EncodingAESKey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Not 43 characters.
    #[error("an EncodingAESKey has 43 characters, not {chars}")]
    Length {
        /// How many it has.
        chars: usize,
    },
    /// Something other than letters and digits.
    #[error("an EncodingAESKey has only letters and digits")]
    Alphabet,
}

/// Why an envelope does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EnvelopeError {
    /// Not standard base64 with padding.
    #[error("the envelope is not base64")]
    Base64,
    /// Not a positive multiple of 32 bytes.
    #[error("the envelope has {bytes} bytes, not a multiple of 32")]
    Length {
        /// How many it has.
        bytes: usize,
    },
    /// The padding is not N bytes of N, N from 1 to 32: most likely another key.
    #[error("the envelope's padding is wrong")]
    Padding,
    /// The message would be longer than the envelope: most likely another key.
    #[error("the envelope's inner length is wrong")]
    InnerLength,
    /// It is for somebody else.
    #[error("the envelope is for another receiver")]
    ReceiveId,
}

impl AesKey {
    /// Reads an EncodingAESKey.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let chars = text.chars().count();
        if chars != KEY_CHARS {
            return Err(KeyError::Length { chars });
        }
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(KeyError::Alphabet);
        }
        let bytes = KEY_ENGINE.decode(text).map_err(|_| KeyError::Alphabet)?;
        Ok(Self(bytes.try_into().map_err(|_| KeyError::Length { chars })?))
    }

    /// The same for every message, by WeChat's design: the key's first half.
    fn iv(&self) -> [u8; 16] {
        let mut iv = [0; 16];
        iv.iter_mut().zip(self.0).for_each(|(to, from)| *to = from);
        iv
    }
}

impl fmt::Debug for AesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Opens the base64 text of an envelope that is for `receive_id` (an official account's appid). Verify its
/// signature first: CBC without it is a padding oracle.
pub fn open(key: &AesKey, encrypt: &str, receive_id: &str) -> Result<Vec<u8>, EnvelopeError> {
    let mut bytes = STANDARD.decode(encrypt).map_err(|_| EnvelopeError::Base64)?;
    if bytes.is_empty() || !bytes.len().is_multiple_of(PAD_BLOCK_BYTES) {
        return Err(EnvelopeError::Length { bytes: bytes.len() });
    }
    let cipher = cbc::Decryptor::<aes::Aes256>::new(&key.0.into(), &key.iv().into());
    let padded = cipher.decrypt_padded::<NoPadding>(&mut bytes).map_err(|_| EnvelopeError::Padding)?;
    let full = unpad(padded).ok_or(EnvelopeError::Padding)?;
    let (message, receiver) = split(full).ok_or(EnvelopeError::InnerLength)?;
    if receiver != receive_id.as_bytes() {
        return Err(EnvelopeError::ReceiveId);
    }
    Ok(message.to_vec())
}

/// Seals a message for `receive_id`; the base64 text of the envelope. `random` must be fresh for each.
pub fn seal(key: &AesKey, random: [u8; 16], message: &[u8], receive_id: &str) -> String {
    // Our messages have some kilobytes: the length always fits.
    let message_bytes = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let mut full = Vec::with_capacity(HEAD_BYTES + message.len() + receive_id.len() + PAD_BLOCK_BYTES);
    full.extend_from_slice(&random);
    full.extend_from_slice(&message_bytes.to_be_bytes());
    full.extend_from_slice(message);
    full.extend_from_slice(receive_id.as_bytes());
    let pad = PAD_BLOCK_BYTES - full.len() % PAD_BLOCK_BYTES;
    full.resize(full.len() + pad, pad as u8);
    let cipher = cbc::Encryptor::<aes::Aes256>::new(&key.0.into(), &key.iv().into());
    STANDARD.encode(cipher.encrypt_padded_vec::<NoPadding>(&full))
}

/// Strips N bytes of value N, N from 1 to 32. Libraries' PKCS#7 stops at the cipher's own block of 16.
fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let pad = usize::from(*padded.last()?);
    if !(1..=PAD_BLOCK_BYTES).contains(&pad) {
        return None;
    }
    let (full, padding) = padded.split_at_checked(padded.len().checked_sub(pad)?)?;
    padding.iter().all(|byte| usize::from(*byte) == pad).then_some(full)
}

/// The message and the receive id.
fn split(full: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, rest) = full.split_at_checked(HEAD_BYTES)?;
    let length = head.last_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    const APPID: &str = "wx1234567890abcdef";

    /// Encrypts bytes as they are, so that a test can be wrong in one place only.
    fn encrypt(full: &[u8]) -> String {
        let key = AesKey::parse(KEY).unwrap();
        let cipher = cbc::Encryptor::<aes::Aes256>::new(&key.0.into(), &key.iv().into());
        STANDARD.encode(cipher.encrypt_padded_vec::<NoPadding>(full))
    }

    fn full(length: u32, message: &[u8], padding: &[u8]) -> Vec<u8> {
        [&[7; 16], &length.to_be_bytes()[..], message, APPID.as_bytes(), padding].concat()
    }

    fn open_default(text: &str) -> Result<Vec<u8>, EnvelopeError> {
        open(&AesKey::parse(KEY).unwrap(), text, APPID)
    }

    #[test]
    fn keys_are_43_letters_and_digits_with_two_free_bits() {
        assert_eq!(AesKey::parse(&KEY[1..]), Err(KeyError::Length { chars: 42 }));
        assert_eq!(AesKey::parse(&format!("{KEY}a")), Err(KeyError::Length { chars: 44 }));
        for sign in ['+', '/', '=', '码'] {
            assert_eq!(AesKey::parse(&KEY.replace('a', &sign.to_string())), Err(KeyError::Alphabet));
        }
        let zero = AesKey::parse(&"A".repeat(43)).unwrap();
        assert_eq!(AesKey::parse(&format!("{}B", "A".repeat(42))), Ok(zero));
        assert_eq!(format!("{:?}", AesKey::parse(KEY)), "Ok(***)");
    }

    #[test]
    fn base64_and_length_come_first() {
        let good = encrypt(&full(2, b"hi", &[24; 24]));
        assert_eq!(open_default(&good), Ok(b"hi".to_vec()));
        assert_eq!(open_default(&format!("{good}\n")), Err(EnvelopeError::Base64));
        assert_eq!(open_default(good.trim_end_matches('=')), Err(EnvelopeError::Base64));
        assert_eq!(open_default(""), Err(EnvelopeError::Length { bytes: 0 }));
        assert_eq!(open_default("AAAA"), Err(EnvelopeError::Length { bytes: 3 }));
        let of_48 = STANDARD.encode([0; 48]);
        assert_eq!(open_default(&of_48), Err(EnvelopeError::Length { bytes: 48 }));
    }

    #[test]
    fn padding_is_n_bytes_of_n() {
        for last in [0, 33, 255] {
            let mut padding = [24; 24];
            padding[23] = last;
            assert_eq!(
                open_default(&encrypt(&full(2, b"hi", &padding))),
                Err(EnvelopeError::Padding),
                "{last}"
            );
        }
        let mut unequal = [24; 24];
        unequal[0] = 23;
        assert_eq!(open_default(&encrypt(&full(2, b"hi", &unequal))), Err(EnvelopeError::Padding));
    }

    #[test]
    fn the_inner_length_and_receiver_must_fit() {
        for length in [u32::MAX, 21] {
            let text = encrypt(&full(length, b"hi", &[24; 24]));
            assert_eq!(open_default(&text), Err(EnvelopeError::InnerLength), "{length}");
        }
        assert_eq!(open_default(&encrypt(&full(3, b"hi", &[24; 24]))), Err(EnvelopeError::ReceiveId));
        let unaddressed = seal(&AesKey::parse(KEY).unwrap(), [7; 16], b"hi", "");
        assert_eq!(open_default(&unaddressed), Err(EnvelopeError::ReceiveId));
        assert_eq!(open_default(&encrypt(&[32; 32])), Err(EnvelopeError::InnerLength));
    }

    #[test]
    fn another_key_does_not_open_it() {
        let text = seal(&AesKey::parse(&KEY.replace('a', "z")).unwrap(), [7; 16], b"hi", APPID);
        assert!(open_default(&text).is_err());
    }
}
