//! What the encoder consists of, and whether that is what was handed over.

use super::fault::EncoderFault;
use crate::base::digest::{hex, sha256};
use crate::base::limits::{ENCODER_PART_BYTES_MAX, ENCODER_PARTS_MAX};
use serde::Deserialize;

/// The one format that is read here.
pub(super) const FORMAT: u32 = 1;

/// The list of an encoder's parts.
#[derive(Clone, Debug)]
pub struct Manifest {
    parts: Vec<ManifestPart>,
    digest: String,
}

/// One part: a file of its own, named by its digest.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestPart {
    /// What it holds.
    pub kind: PartKind,
    /// Its size.
    pub bytes: usize,
    /// In hexadecimal digits.
    pub sha256: String,
}

impl ManifestPart {
    /// The name of its file.
    pub fn file(&self) -> String {
        format!("{}.bin", self.sha256)
    }
}

/// What a part holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// Word pieces with their scores, and the normaliser's map.
    Vocabulary = 1,
    /// Where a word stands, and the first normalisation.
    Frame = 2,
    /// Vectors of some word pieces, in order.
    Words = 3,
    /// Some layers, in order.
    Layers = 4,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    format: u32,
    #[serde(rename = "model")]
    _model: String,
    parts: Vec<ManifestPart>,
}

impl Manifest {
    /// Reads `manifest.json`.
    ///
    /// # Errors
    /// It is not JSON of this form, of another format, or lists more than is read here.
    pub fn parse(bytes: &[u8]) -> Result<Self, EncoderFault> {
        let body: Body = serde_json::from_slice(bytes)
            .map_err(|error| EncoderFault::Manifest { reason: error.to_string() })?;
        if body.format != FORMAT {
            return Err(EncoderFault::Format { found: body.format, wanted: FORMAT });
        }
        let is_too_large = |part: &ManifestPart| part.bytes > ENCODER_PART_BYTES_MAX;
        if body.parts.len() > ENCODER_PARTS_MAX || body.parts.iter().any(is_too_large) {
            return Err(EncoderFault::TooLarge);
        }
        Ok(Self { parts: body.parts, digest: hex(&sha256(&[bytes])) })
    }

    /// The parts, in the order in which an encoder takes them.
    pub fn parts(&self) -> &[ManifestPart] {
        &self.parts
    }

    /// SHA-256 of the manifest itself, and so of everything it names.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Whether `files` are these parts, byte for byte.
    pub(super) fn verify(&self, files: &[Vec<u8>]) -> Result<(), EncoderFault> {
        if files.len() != self.parts.len() {
            return Err(EncoderFault::PartCount { wanted: self.parts.len(), found: files.len() });
        }
        for (part, (listed, file)) in self.parts.iter().zip(files).enumerate() {
            if file.len() != listed.bytes {
                return Err(EncoderFault::PartBytes { part, wanted: listed.bytes, found: file.len() });
            }
            if hex(&sha256(&[file])) != listed.sha256 {
                return Err(EncoderFault::PartDigest { part });
            }
        }
        Ok(())
    }
}
