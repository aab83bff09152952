//! The sentence encoder: a text in, a vector out, so that texts that mean the same have vectors that lie close.
//!
//! The model is multilingual-e5-small (a BERT of 12 layers, 384 wide) with 4-bit weights, its vocabulary cut to Chinese
//! and English; `npm run encoder` makes its files. Everything here is pure and the same natively and in Wasm; only the
//! innermost product ([`kernel`]) has a twin written with Wasm's vector instructions, with the same results.
//!
//! ```text
//! text -> tokenizer -> word vectors -> 12 x (attention, feed-forward) -> mean -> length 1
//! ```

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
mod vector;
mod weights;

pub use fault::EncoderFault;
pub use manifest::{Manifest, ManifestPart, PartKind};
pub use vector::{VECTOR_WIDTH, Vector};

use crate::base::limits::ENCODER_TEXT_BYTES_MAX;
use gelu::Gelu;
use serde::Deserialize;
use tokenizer::Tokenizer;
use weights::Weights;

/// What a text is: the model was trained to bring a question close to the texts that answer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// What somebody asks.
    Query,
    /// What is looked for: a stored phrasing, an answer.
    Passage,
}

impl Role {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Query => "query: ",
            Self::Passage => "passage: ",
        }
    }
}

/// The encoder, ready to use. About 27 MB, which are the files' own bytes: nothing is unpacked to stay.
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

    /// The text's vector. Of a text longer than [`ENCODER_TEXT_BYTES_MAX`] bytes or
    /// [`ENCODER_TOKENS_MAX`](crate::base::limits::ENCODER_TOKENS_MAX) tokens the beginning counts. An empty text has
    /// a vector too, which is near nothing in particular.
    pub fn encode(&self, text: &str, role: Role) -> Vector {
        forward::encode(&self.weights, &self.gelu, &self.tokens(text, role))
    }

    /// How many tokens the text makes, its role and the two marks at the ends too: time grows with it.
    pub fn token_count(&self, text: &str, role: Role) -> usize {
        self.tokens(text, role).len()
    }

    /// SHA-256 of the manifest, in hexadecimal digits: vectors of encoders with different digests must not be compared.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// What its parts take in memory.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    fn tokens(&self, text: &str, role: Role) -> Vec<u32> {
        let text = text.get(..text.floor_char_boundary(ENCODER_TEXT_BYTES_MAX)).unwrap_or_default();
        self.tokenizer.tokens(&[role.prefix(), text].concat())
    }
}
