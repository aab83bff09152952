//! The sentence encoder: a text in, a vector out for it and for each of its tokens, so that what means the same lies
//! close.
//!
//! The model is multilingual-e5-small (a BERT of 12 layers, 384 wide) with 4-bit weights, its vocabulary cut to Chinese
//! and English; `npm run encoder` makes its files. Everything here is pure and the same natively and in Wasm; only the
//! innermost product ([`kernel`]) has a twin written with Wasm's vector instructions, with the same results.
//!
//! ```text
//! "query: " + text -> tokenizer -> word vectors -> 11 x (attention, feed-forward) = states -> mean -> length 1
//! ```
//!
//! Eleven layers of twelve: the states after the eleventh tell better whether two questions ask the same (measured:
//! area under the ROC curve .82 against .76 after the twelfth), and the last one's weights and time are saved.

mod activations;
mod attention;
mod fault;
mod forward;
mod gelu;
mod kernel;
mod manifest;
mod normaliser;
mod parts;
mod reader;
mod tokenizer;
mod weights;

pub use fault::EncoderFault;
pub use manifest::{Manifest, ManifestPart, PartKind};

use crate::base::limits::ENCODER_TEXT_BYTES_MAX;
use crate::knowledge::encoding::Encoding;
use gelu::Gelu;
use tokenizer::{Cut, Tokenizer};
use weights::Weights;

/// The encoder, ready to use. About 26 MB, which are the files' own bytes: nothing is unpacked to stay.
pub struct Encoder {
    tokenizer: Tokenizer,
    weights: Weights,
    gelu: Gelu,
    digest: String,
    bytes: usize,
}

impl Encoder {
    /// Takes the parts that `manifest` lists, in its order, and verifies each.
    ///
    /// # Errors
    /// Whatever is missing, damaged, swapped or of another version.
    pub fn new(manifest: &Manifest, files: Vec<Vec<u8>>) -> Result<Self, EncoderFault> {
        manifest.verify(&files)?;
        let bytes = files.iter().map(Vec::len).sum();
        let (tokenizer, weights) = parts::take(manifest, files)?;
        Ok(Self { tokenizer, weights, gelu: Gelu::new(), digest: manifest.digest().to_owned(), bytes })
    }

    /// What the model makes of a text, always as a question: stored phrasings are questions as much as those of
    /// customers. Of a text longer than [`ENCODER_TEXT_BYTES_MAX`] bytes or
    /// [`ENCODER_OWN_TOKENS_MAX`](crate::base::limits::ENCODER_OWN_TOKENS_MAX) tokens the beginning counts. An empty
    /// text has a vector too, which is near nothing in particular.
    pub fn encode(&self, text: &str) -> Encoding {
        forward::encode(&self.weights, &self.gelu, &self.cut(text))
    }

    /// How many tokens pass through the model for the text, those around its own too: time grows with it.
    pub fn token_count(&self, text: &str) -> usize {
        self.cut(text).tokens.len()
    }

    /// SHA-256 of the manifest, in hexadecimal digits: vectors of encoders with different digests must not be compared.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// What its parts take in memory.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    fn cut(&self, text: &str) -> Cut {
        self.tokenizer.cut(text.get(..text.floor_char_boundary(ENCODER_TEXT_BYTES_MAX)).unwrap_or_default())
    }
}
