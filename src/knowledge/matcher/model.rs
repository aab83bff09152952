//! The model: what training makes of a bank, as it is published beside the document.

use super::calibration::Calibration;
use super::head::Head;
use super::vectors::{Rows, Vectors};
use crate::knowledge::encoding::VECTOR_DIMENSIONS;
use crate::knowledge::index::Index;
use serde::{Deserialize, Serialize};

/// Changes with every change of what is stored or of what it means.
pub const FORMAT: u32 = 1;

/// What was trained on a bank.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// [`FORMAT`] when it was trained.
    pub format: u32,
    /// How large the bank was: candidates, phrasings, terms.
    pub bank: [u32; 3],
    /// Tells candidates apart by words; none where they are too many.
    pub lexical_head: Option<Head>,
    /// Of the tier of words.
    pub lexical: Calibration,
    /// The tier of meaning; none without an encoder.
    pub encoded: Option<Encoded>,
    /// How many of the bank's own questions the calibrations rest on; 0: they are the defaults.
    pub judged: u32,
}

/// The tier of meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Encoded {
    /// The digest of the encoder that made the vectors.
    pub encoder: String,
    /// The phrasings' vectors.
    pub vectors: Vectors,
    /// Tells candidates apart by words and meaning.
    pub head: Option<Head>,
    /// Of this tier.
    pub calibration: Calibration,
}

/// Why a model cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelFault {
    /// Not a model of this format.
    #[error("the model cannot be read")]
    Shape,
    /// Its tables do not fit each other.
    #[error("the model's tables do not fit each other")]
    Torn,
}

impl Default for Model {
    /// Nothing trained, calibrated by default.
    fn default() -> Self {
        Self {
            format: FORMAT,
            bank: [0; 3],
            lexical_head: None,
            lexical: default_calibration(false, false, false),
            encoded: None,
            judged: 0,
        }
    }
}

/// The calibration of a bank that has too few labelled questions for one of its own, measured on another bank's questions
/// (docs/ANSWERING.md): of the tier with or without meaning, with or without a head, and by whether there is more than
/// a standard question for most entries.
pub fn default_calibration(meaning: bool, head: bool, has_variants: bool) -> Calibration {
    let of = |nearness, slope, bias, [answer, sure]: [f32; 2], gate| Calibration {
        nearness,
        slope,
        bias,
        answer,
        sure,
        clarify: CLARIFY,
        gate,
    };
    match (meaning, head, has_variants) {
        (false, false, _) => of(0.0, 2.25, 1.95, [0.85, 0.87], 0.3),
        (false, true, false) => of(0.0, 2.35, 1.6, [0.82, 0.99], 0.1),
        (false, true, true) => of(0.0, 2.8, 2.65, [0.85, 0.92], 0.15),
        (true, _, false) => of(0.0, 3.5, 1.85, [0.85, 0.99], 0.3),
        (true, _, true) => of(NEARNESS, 3.2, 0.33, [0.85, 0.99], 0.35),
    }
}

/// By default candidates are worth offering from this confidence on.
const CLARIFY: f32 = 0.3;
/// What nearness adds to the evidence where entries have phrasings to be near to. Where they have only a standard
/// question it adds nothing: customers' words are far from it, right or wrong.
pub const NEARNESS: f32 = 0.5;

impl Model {
    /// As it is stored.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(self).unwrap_or_default()
    }

    /// Reads what [`Model::to_bytes`] wrote.
    ///
    /// # Errors
    /// When it is of another format, or its tables do not fit.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelFault> {
        let (format, _) = postcard::take_from_bytes::<u32>(bytes).map_err(|_| ModelFault::Shape)?;
        if format != FORMAT {
            return Err(ModelFault::Shape);
        }
        let model: Self = postcard::from_bytes(bytes).map_err(|_| ModelFault::Shape)?;
        let heads = model.lexical_head.iter().chain(model.encoded.iter().filter_map(|e| e.head.as_ref()));
        let whole = heads.into_iter().all(Head::is_whole)
            && model.encoded.as_ref().is_none_or(|encoded| encoded.vectors.is_whole());
        if whole { Ok(model) } else { Err(ModelFault::Torn) }
    }

    /// Whether it was trained on the bank that `index` holds.
    pub fn fits(&self, index: &Index) -> bool {
        self.bank == bank(index)
    }
}

/// How large a bank is: candidates, phrasings, terms.
pub(super) fn bank(index: &Index) -> [u32; 3] {
    [index.candidates_count(), index.phrasings_count(), index.terms_count()].map(|count| count as u32)
}

impl Head {
    fn is_whole(&self) -> bool {
        let rows = self.scales.len();
        self.bias.len() == self.classes
            && self.weights.len() == rows * self.classes
            && (rows == self.terms || rows == self.terms + VECTOR_DIMENSIONS)
    }
}

impl Vectors {
    fn is_whole(&self) -> bool {
        let rows = |rows: &Rows| rows.bytes.len() == rows.scales.len() * VECTOR_DIMENSIONS;
        let wide = |vector: &[f32]| vector.len() == VECTOR_DIMENSIONS;
        let rising =
            self.ends.is_sorted() && self.ends.last().copied().unwrap_or(0) as usize == self.tokens.len();
        rows(&self.pooled)
            && rows(&self.tokens)
            && wide(&self.centre)
            && wide(&self.token_centre)
            && self.pieces.len() == self.tokens.len()
            && rising
    }
}

#[cfg(test)]
mod tests {
    use super::super::training::train;
    use super::*;

    #[test]
    fn a_model_is_read_as_it_was_written_and_a_damaged_one_is_not() {
        let bank = [vec!["怎么退货".to_owned(), "我要退货".to_owned()], vec!["保修多久".to_owned()]];
        let model = train(&bank, &["a", "b"], None, 0.95);
        let bytes = model.to_bytes();
        assert_eq!(Model::from_bytes(&bytes), Ok(model.clone()));
        for cut in 0..bytes.len() {
            assert!(Model::from_bytes(&bytes[..cut]).is_err(), "{cut}");
        }
        let other = Model { format: FORMAT + 1, ..model.clone() };
        assert_eq!(Model::from_bytes(&other.to_bytes()), Err(ModelFault::Shape));
        let mut torn = model;
        torn.lexical_head.as_mut().unwrap().bias.pop();
        assert_eq!(Model::from_bytes(&torn.to_bytes()), Err(ModelFault::Torn));
    }
}
