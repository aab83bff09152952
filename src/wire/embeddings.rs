//! What a model of vectors elsewhere is asked and may say: the OpenAI-compatible `embeddings` (docs/PROTOCOL.md section 7).

use super::chat::{RemoteFault, tokens_most};
use crate::base::limits::{EMBEDDING_DIMENSIONS_MAX, EMBEDDINGS_BYTES_MAX, REMOTE_QUESTION_BYTES_MAX};
use crate::base::text::prefix_within;
use crate::knowledge::passage::Passage;
use crate::knowledge::proposal::Score;
use crate::office::remote::Usage;
use serde::Deserialize;
use serde_json::json;

/// Asks for the vectors of the customer's words and of each passage's question, with what it costs at most.
pub fn question(model: &str, text: &str, passages: &[Passage]) -> (String, Usage) {
    let text = prefix_within(text, REMOTE_QUESTION_BYTES_MAX);
    let questions = passages.iter().map(|passage| passage.question.as_str());
    let input: Vec<&str> = core::iter::once(text).chain(questions).collect();
    // Each text is framed by two tokens of the model's own.
    let tokens = input.iter().map(|text| tokens_most(text) + 2).sum();
    let body = json!({ "model": model, "input": input, "encoding_format": "float" });
    (body.to_string(), Usage { input: tokens, output: 0 })
}

/// How near each of `count` passages is to the words, in their order.
pub fn parse(body: &[u8], count: usize) -> Result<Vec<f32>, RemoteFault> {
    #[derive(Deserialize)]
    struct Item {
        index: usize,
        embedding: Vec<f32>,
    }
    #[derive(Deserialize)]
    struct Envelope {
        data: Vec<Item>,
    }
    if body.len() > EMBEDDINGS_BYTES_MAX {
        return Err(RemoteFault::TooLarge);
    }
    let mut items = serde_json::from_slice::<Envelope>(body).map_err(|_| RemoteFault::Shape)?.data;
    items.sort_by_key(|item| item.index);
    let are_in_order = items.iter().enumerate().all(|(place, item)| item.index == place);
    let Some((words, passages)) = items.split_first() else { return Err(RemoteFault::Shape) };
    let dimensions = words.embedding.len();
    let are_alike = items.iter().all(|item| item.embedding.len() == dimensions);
    if !are_in_order || passages.len() != count || !are_alike || dimensions > EMBEDDING_DIMENSIONS_MAX {
        return Err(RemoteFault::Shape);
    }
    passages.iter().map(|item| cosine(&words.embedding, &item.embedding).ok_or(RemoteFault::Shape)).collect()
}

/// Of two vectors that have a direction.
fn cosine(a: &[f32], b: &[f32]) -> Option<f32> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    let cosine = dot(a, b) / lengths;
    (lengths > 0.0 && cosine.is_finite()).then_some(cosine as f32)
}

/// The nearest passage, where it is near enough and far enough before the next one.
pub fn nearest<'a>(
    passages: &'a [Passage],
    cosines: &[f32],
    threshold: Score,
    margin: Score,
) -> Option<(&'a Passage, Score)> {
    let mut ranked: Vec<(&Passage, f32)> = passages.iter().zip(cosines.iter().copied()).collect();
    ranked.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let (best, cosine) = *ranked.first()?;
    let next = ranked.get(1).map_or(0.0, |(_, cosine)| *cosine);
    let is_near = Score::from_share(cosine) >= threshold;
    (is_near && cosine - next >= margin.share()).then(|| (best, Score::from_share(cosine)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passages() -> Vec<Passage> {
        ["保修多久", "怎么退货"]
            .map(|question| Passage {
                entry: question.into(),
                question: question.into(),
                answer: "…".into(),
                score: Score::ONE,
            })
            .into()
    }

    #[test]
    fn the_words_and_the_questions_are_asked_about_in_one_request() {
        let (body, most) = question("m", "质保几年", &passages());
        let input: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(input["input"], json!(["质保几年", "保修多久", "怎么退货"]));
        assert_eq!(most, Usage { input: 3 * (2 * 4 + 2), output: 0 });
    }

    #[test]
    fn vectors_are_compared_by_their_direction_whatever_their_order() {
        let body = r#"{"data":[{"index":2,"embedding":[0,2]},{"index":0,"embedding":[1,0]},{"index":1,"embedding":[3,4]}]}"#;
        let cosines = parse(body.as_bytes(), 2).unwrap();
        assert_eq!(cosines, [0.6, 0.0]);
        let near = |threshold, margin| {
            let (threshold, margin) = (Score::from_share(threshold), Score::from_share(margin));
            nearest(&passages(), &cosines, threshold, margin).map(|(passage, _)| passage.entry.clone())
        };
        assert_eq!(near(0.6, 0.5), Some("保修多久".to_owned()));
        assert_eq!(near(0.61, 0.5), None);
        assert_eq!(near(0.6, 0.61), None);
    }

    #[test]
    fn vectors_that_are_none_are_the_endpoints_fault() {
        for body in [
            "",
            "{}",
            r#"{"data":[]}"#,
            r#"{"data":[{"index":0,"embedding":[1]}]}"#,
            r#"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]},{"index":1,"embedding":[1]}]}"#,
            r#"{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1,2]},{"index":2,"embedding":[1]}]}"#,
            r#"{"data":[{"index":0,"embedding":[0]},{"index":1,"embedding":[1]},{"index":2,"embedding":[1]}]}"#,
            r#"{"data":[{"index":0,"embedding":[]},{"index":1,"embedding":[]},{"index":2,"embedding":[]}]}"#,
            r#"{"data":[{"index":0,"embedding":["NaN"]},{"index":1,"embedding":[1]},{"index":2,"embedding":[1]}]}"#,
        ] {
            assert_eq!(parse(body.as_bytes(), 2), Err(RemoteFault::Shape), "{body}");
        }
    }
}
