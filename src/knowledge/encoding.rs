//! What an encoder makes of a text: the shape that the matcher reads, whoever computes it.

/// Components of a vector: those of multilingual-e5-small.
pub const VECTOR_DIMENSIONS: usize = 384;

/// A text as an encoder sees it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Encoding {
    /// The mean of all states, unit length, [`VECTOR_DIMENSIONS`] long.
    pub pooled: Vec<f32>,
    /// The text's own tokens, in order; without the marks that frame every text.
    pub tokens: Vec<Token>,
}

/// One token.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Token {
    /// Which piece of the vocabulary.
    pub piece: u32,
    /// Its state, in its place in the text; [`VECTOR_DIMENSIONS`] long, of any length.
    pub state: Vec<f32>,
}
