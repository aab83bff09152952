//! Training: from a bank, and perhaps its encodings, to a model. Deterministic: the same bank gives the same model.
//!
//! Where a bank has labelled questions enough, the calibrations are its own: its phrasings are set aside in turn and
//! asked, some with their whole candidate set aside, which is what a missing answer looks like.

use super::calibration::{Calibration, Judged};
use super::head::{Features, Head, Sample};
use super::model::{Encoded, FORMAT, Model, bank, default_calibration};
use super::vectors::Vectors;
use super::{Matcher, Ranking};
use crate::base::limits::{CALIBRATION_JUDGED_MIN, CALIBRATION_LABELLED_MAX, HEAD_CLASSES_MAX};
use crate::knowledge::encoding::Encoding;
use crate::knowledge::index::Index;

/// Parts of the phrasings that are set aside in turn.
const FOLDS: usize = 5;
/// Of so many candidates one is set aside whole.
const MISSING_EVERY: usize = 5;
/// The share of questions whose answer is missing, as the calibration expects it.
const MISSING_SHARE: f32 = 0.2;
/// The precision from which on candidates are worth offering: one of two times the first is meant.
const CLARIFY_PRECISION: f32 = 0.5;

/// The bank as an encoder sees it.
#[derive(Clone, Copy, Debug)]
pub struct Encodings<'a> {
    /// The encoder's digest.
    pub encoder: &'a str,
    /// Of every phrasing, in the order of the candidates.
    pub phrasings: &'a [Encoding],
    /// Of texts of no company in particular: [`COMMON_TEXTS`].
    pub common: &'a [Encoding],
}

/// Texts that any company's customers write. What they have in common with a bank's phrasings says nothing.
pub const COMMON_TEXTS: [&str; 24] = [
    "请问怎么申请",
    "多久能到账",
    "这个多少钱",
    "为什么失败了",
    "怎么取消",
    "我想修改手机号",
    "能便宜一点吗",
    "什么时候发货",
    "可以开发票吗",
    "密码忘记了怎么办",
    "你们几点上班",
    "还没有收到",
    "怎么联系客服",
    "在哪里查看",
    "需要什么材料",
    "有什么优惠活动",
    "支持哪些付款方式",
    "地址填错了",
    "can i get a refund",
    "how long does it take",
    "where is my order",
    "how do i change my password",
    "what does it cost",
    "it does not work",
];

/// Trains a model for candidates with these `phrasings` and `answers`, to answer with `precision`.
pub fn train(
    phrasings: &[impl AsRef<[String]>],
    answers: &[&str],
    encodings: Option<&Encodings<'_>>,
    precision: f32,
) -> Model {
    let mut model = fit(phrasings, encodings);
    let (lexical, encoded) = judge(phrasings, answers, encodings);
    if lexical.len() >= CALIBRATION_JUDGED_MIN {
        model.judged = lexical.len() as u32;
        model.lexical = Calibration::fit(model.lexical.nearness, &lexical, precision, CLARIFY_PRECISION);
        if let Some(own) = model.encoded.as_mut() {
            own.calibration =
                Calibration::fit(own.calibration.nearness, &encoded, precision, CLARIFY_PRECISION);
        }
    }
    model
}

/// A model with default calibrations.
fn fit(phrasings: &[impl AsRef<[String]>], encodings: Option<&Encodings<'_>>) -> Model {
    let index = Index::new(phrasings.iter().map(AsRef::as_ref));
    let (classes, terms) = (index.candidates_count(), index.terms_count());
    let questions = phrasings.iter().flat_map(|own| own.as_ref()).map(|phrasing| index.question(phrasing));
    let features: Vec<_> = questions.map(|question| index.features(&question)).collect();
    let has_variants = index.phrasings_count() >= 2 * index.candidates_count();
    let lexical_head = Head::train(&samples(&index, &features, &[]), classes, terms);
    let encoded = encodings.map(|encodings| {
        let owners = (0..index.phrasings_count()).filter_map(|at| index.candidate_of(at));
        let owned: Vec<(u32, &Encoding)> = owners.map(|at| at as u32).zip(encodings.phrasings).collect();
        let vectors = Vectors::new(&owned, encodings.common);
        // Where there will be no head, they would only fill the memory.
        let of_head = if classes <= HEAD_CLASSES_MAX { encodings.phrasings } else { &[] };
        let centred: Vec<Vec<f32>> =
            of_head.iter().map(|encoding| vectors.question(encoding).vector).collect();
        let head = Head::train(&samples(&index, &features, &centred), classes, terms);
        let calibration = default_calibration(true, head.is_some(), has_variants);
        Encoded { encoder: encodings.encoder.to_owned(), vectors, head, calibration }
    });
    let lexical = default_calibration(false, lexical_head.is_some(), has_variants);
    Model { format: FORMAT, bank: bank(&index), lexical_head, lexical, encoded, judged: 0 }
}

/// The phrasings as samples for a head; `vectors`: theirs, or none.
fn samples<'v>(index: &Index, features: &[Vec<(u32, f32)>], vectors: &'v [Vec<f32>]) -> Vec<Sample<'v>> {
    let of = |(number, terms): (usize, &Vec<(u32, f32)>)| Sample {
        features: Features {
            terms: terms.clone(),
            vector: vectors.get(number).map(Vec::as_slice).unwrap_or_default(),
        },
        class: index.candidate_of(number).unwrap_or_default() as u32,
    };
    features.iter().enumerate().map(of).collect()
}

/// Asks a bank its own phrasings, set aside in turn: what both tiers' rankings showed, and whether they were right.
fn judge(
    phrasings: &[impl AsRef<[String]>],
    answers: &[&str],
    encodings: Option<&Encodings<'_>>,
) -> (Vec<Judged>, Vec<Judged>) {
    let (mut lexical, mut encoded) = (Vec::new(), Vec::new());
    let labelled: usize = phrasings.iter().map(|own| own.as_ref().len().saturating_sub(1)).sum();
    if !(CALIBRATION_JUDGED_MIN..=CALIBRATION_LABELLED_MAX).contains(&labelled)
        || phrasings.len() > HEAD_CLASSES_MAX
    {
        return (lexical, encoded);
    }
    for fold in 0..FOLDS {
        let part = Part::of(phrasings, answers, encodings, fold);
        let matcher = part.matcher();
        for asked in &part.asked {
            let known = asked.candidate;
            let judged = |ranking: &Ranking| Judged {
                signs: ranking.signs,
                right: known.is_some_and(|known| part.is_right(ranking, known)),
                weight: if known.is_some() { 1.0 - MISSING_SHARE } else { MISSING_SHARE },
            };
            lexical.push(judged(&matcher.by_words(asked.text, &|_| true)));
            if let Some(ranking) = asked.encoding.and_then(|e| matcher.by_meaning(asked.text, e, &|_| true)) {
                encoded.push(judged(&ranking));
            }
        }
    }
    balance(&mut lexical);
    balance(&mut encoded);
    (lexical, encoded)
}

/// Weighs known and missing questions so that they make up the shares expected.
fn balance(judged: &mut [Judged]) {
    let known = judged.iter().filter(|one| one.weight > MISSING_SHARE).count() as f32;
    let missing = judged.len() as f32 - known;
    for one in judged {
        let (share, count) =
            if one.weight > MISSING_SHARE { (1.0 - MISSING_SHARE, known) } else { (MISSING_SHARE, missing) };
        one.weight = share * (known + missing) / count.max(1.0);
    }
}

/// A bank without one part of its phrasings.
struct Part<'a> {
    phrasings: Vec<Vec<String>>,
    answers: Vec<&'a str>,
    encodings: Option<(Encodings<'a>, Vec<Encoding>)>,
    asked: Vec<Asked<'a>>,
}

/// A phrasing that was set aside.
struct Asked<'a> {
    text: &'a str,
    encoding: Option<&'a Encoding>,
    /// Its candidate in the part; `None`: that was set aside, too.
    candidate: Option<usize>,
}

impl<'a> Part<'a> {
    fn of(
        phrasings: &'a [impl AsRef<[String]>],
        answers: &[&'a str],
        encodings: Option<&Encodings<'a>>,
        fold: usize,
    ) -> Self {
        let (mut kept, mut kept_answers, mut kept_encodings, mut asked) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut number = 0;
        for (candidate, all) in phrasings.iter().enumerate() {
            let is_missing = candidate % MISSING_EVERY == fold % MISSING_EVERY;
            let own = (!is_missing).then_some(kept.len());
            let mut rest = Vec::new();
            for (nth, text) in all.as_ref().iter().enumerate() {
                let encoding = encodings.and_then(|encodings| encodings.phrasings.get(number));
                number += 1;
                // The standard question stays, unless its candidate is missing.
                let is_asked = is_missing || (nth % FOLDS == fold && nth > 0);
                if is_asked {
                    asked.push(Asked { text, encoding, candidate: own });
                } else if !is_missing {
                    rest.push(text.clone());
                    kept_encodings.extend(encoding.cloned());
                }
            }
            if !is_missing {
                kept.push(rest);
                kept_answers.extend(answers.get(candidate).copied());
            }
        }
        let encodings = encodings.map(|all| (Encodings { ..*all }, kept_encodings));
        Self { phrasings: kept, answers: kept_answers, encodings, asked }
    }

    /// Whether a ranking's first has the answer of `known`.
    fn is_right(&self, ranking: &Ranking, known: usize) -> bool {
        let first = ranking.ranked.first().and_then(|first| self.answers.get(first.candidate));
        first.is_some() && first == self.answers.get(known)
    }

    fn matcher(&self) -> Matcher {
        let encodings = self.encodings.as_ref().map(|(all, kept)| Encodings { phrasings: kept, ..*all });
        Matcher::new(&self.phrasings, &self.answers, Some(fit(&self.phrasings, encodings.as_ref())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::encoding::{Token, VECTOR_DIMENSIONS};

    fn bank() -> Vec<Vec<String>> {
        let of = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect();
        vec![
            of(&["怎么退货", "我想退货", "东西不想要了能退吗"]),
            of(&["保修多久", "质保期几年", "坏了还在保修期吗"]),
            of(&["运费谁出", "邮费怎么算"]),
        ]
    }

    #[test]
    fn a_head_answers_what_shares_few_words_with_a_phrasing() {
        let answers = ["a", "b", "c"];
        let bank = bank();
        let matcher = Matcher::new(&bank, &answers, Some(train(&bank, &answers, None, 0.95)));
        for (text, candidate) in [("退货退货", 0), ("质保", 1), ("运费是多少", 2)] {
            let ranking = matcher.by_words(text, &|_| true);
            assert_eq!(ranking.ranked[0].candidate, candidate, "{text}: {ranking:?}");
        }
        let without = matcher.by_words("质保", &|candidate| candidate != 1);
        assert!(without.ranked.iter().all(|ranked| ranked.candidate != 1));
    }

    /// A text whose one token points along an axis.
    fn pointing(axis: usize) -> Encoding {
        let state: Vec<f32> = (0..VECTOR_DIMENSIONS).map(|at| f32::from(u8::from(at == axis))).collect();
        Encoding { pooled: state.clone(), tokens: vec![Token { piece: axis as u32, state }] }
    }

    #[test]
    fn meaning_finds_what_shares_no_word_with_any_phrasing() {
        let answers = ["a", "b", "c"];
        let bank = bank();
        let axes = [0, 0, 0, 1, 1, 1, 2, 2];
        let phrasings: Vec<Encoding> = axes.into_iter().map(pointing).collect();
        let common: Vec<Encoding> = (10..30).map(pointing).collect();
        let encodings = Encodings { encoder: "e", phrasings: &phrasings, common: &common };
        let matcher = Matcher::new(&bank, &answers, Some(train(&bank, &answers, Some(&encodings), 0.95)));
        assert_eq!(matcher.encoder(), Some("e"));
        assert!(matcher.by_words("xyz", &|_| true).ranked.iter().all(|ranked| ranked.lexical == 0.0));
        let ranking = matcher.by_meaning("xyz", &pointing(1), &|_| true).unwrap();
        assert_eq!((ranking.ranked[0].candidate, ranking.tier), (1, super::super::Tier::Encoder));
        assert!(ranking.is_certain(), "{ranking:?}");
        let far = matcher.by_meaning("xyz", &pointing(200), &|_| true).unwrap();
        assert!(!far.is_certain() && !far.is_worth_offering(), "{far:?}");
    }

    #[test]
    fn few_labelled_questions_keep_the_default_calibration() {
        let model = train(&bank(), &["a", "b", "c"], None, 0.95);
        assert_eq!((model.judged, model.lexical), (0, default_calibration(false, true, true)));
    }

    #[test]
    fn a_part_asks_what_it_does_not_hold() {
        let bank = bank();
        let part = Part::of(&bank, &["a", "b", "c"], None, 1);
        assert_eq!(part.answers, ["a", "c"], "the second is missing");
        let asked: Vec<_> = part.asked.iter().map(|asked| (asked.text, asked.candidate)).collect();
        let missing = bank[1].iter().map(|text| (text.as_str(), None));
        let expected = [("我想退货", Some(0))].into_iter().chain(missing).chain([("邮费怎么算", Some(1))]);
        assert_eq!(asked, expected.collect::<Vec<_>>());
        assert_eq!(part.phrasings[0], ["怎么退货", "东西不想要了能退吗"]);
    }
}
