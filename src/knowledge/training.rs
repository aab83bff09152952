//! What publishing makes of a document beside its bytes: the texts that an encoder is given, and the model.

use super::candidate::flatten;
use super::document::Document;
use super::matcher::model::Model;
use super::matcher::training::{Encodings, train};

/// Trains a model on a document, to answer with the precision that it states; `encodings`: of its phrasings, in the order
/// of [`phrasings`].
pub fn train_on(document: &Document, encodings: Option<&Encodings<'_>>) -> Model {
    let candidates = flatten(document.entries.clone(), &document.graph);
    let answers: Vec<&str> = candidates.iter().map(|candidate| candidate.answer.as_str()).collect();
    let phrasings: Vec<&[String]> =
        candidates.iter().map(|candidate| candidate.phrasings.as_slice()).collect();
    train(&phrasings, &answers, encodings, document.precision.share())
}

/// Every phrasing of a document's candidates, in order: what an encoder is given for [`train_on`].
pub fn phrasings(document: &Document) -> Vec<String> {
    let candidates = flatten(document.entries.clone(), &document.graph);
    candidates.into_iter().flat_map(|candidate| candidate.phrasings).collect()
}
