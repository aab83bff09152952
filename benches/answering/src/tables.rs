//! The tables that are printed.

use crate::Arguments;
use crate::data::{Set, intents, law, webank};
use crate::encode::Encodings;
use crate::moods;
use crate::score::{Prediction, out_of_scope, scores};
use crate::subjects::{Ours, Tier, bm25, cosine, grams, prediction, words};
use shunda::knowledge::encoder::{Encoder, Manifest};
use shunda::knowledge::matcher::model::NEARNESS;
use shunda::knowledge::matcher::training::COMMON_TEXTS;
use std::fs;
use std::path::Path;
use std::time::Instant;

/// Reads the sets that are there, measures each, prints.
pub fn print(arguments: &Arguments) -> Result<(), String> {
    let sets = sets(arguments)?;
    let only = &arguments.only;
    if only.is_empty() || only.iter().any(|only| only == "mood") {
        moods::print(arguments)?;
        if sets.is_empty() {
            return Ok(());
        }
    }
    if sets.is_empty() {
        return Err(format!("{} holds none of the sets", arguments.data.display()));
    }
    let Some(folder) = &arguments.encoder else {
        return sets.iter().try_for_each(|set| measure(set, None, arguments));
    };
    let encoder = load(folder)?;
    // What one encoder made is not another's.
    let cache = arguments.cache.as_ref().map(|cache| cache.join(format!("{}.bin", encoder.digest())));
    let mut encodings = Encodings::read(cache.as_deref(), encoder.digest());
    for set in &sets {
        let phrasings = set.phrasings.iter().flatten().map(String::as_str);
        let asked = set.questions.iter().map(|question| question.text.as_str());
        let missing = set.missing.iter().map(String::as_str);
        let texts = phrasings.chain(asked).chain(COMMON_TEXTS).chain(missing);
        encodings.complete(texts, |text| encoder.encode(text), cache.as_deref())?;
        measure(set, Some(&encodings), arguments)?;
    }
    Ok(())
}

/// What stands between `before` and `after` in the names of a folder's files: dev, test.
fn splits(folder: &Path, before: &str, after: &str) -> Vec<String> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = files.filter_map(|file| file.file_name().into_string().ok());
    let mut splits: Vec<String> =
        names.filter_map(|name| Some(name.strip_prefix(before)?.strip_suffix(after)?.to_owned())).collect();
    splits.sort();
    splits
}

fn load(folder: &Path) -> Result<Encoder, String> {
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let manifest = Manifest::parse(&read("manifest.json")?).map_err(|fault| fault.to_string())?;
    let files: Result<Vec<_>, _> = manifest.parts().iter().map(|part| read(&part.file())).collect();
    Encoder::new(&manifest, files?).map_err(|fault| fault.to_string())
}

fn sets(arguments: &Arguments) -> Result<Vec<Set>, String> {
    let data = |path: &str| arguments.data.join(path);
    let wanted =
        |name: &str| arguments.only.is_empty() || arguments.only.iter().any(|only| name.starts_with(only));
    let mut found = Vec::new();
    for split in splits(&data("eval"), "webank_faq_bank_", ".jsonl.gz") {
        let file = data(&format!("eval/webank_faq_bank_{split}.jsonl.gz"));
        for k in [0, 3, 10] {
            let name = format!("webank {split} k={k}");
            if wanted(&name) {
                found.push(webank(&file, &name, k)?);
            }
        }
    }
    for split in splits(&data("eval"), "faq_law_", "_bank.jsonl.gz") {
        let bank = data(&format!("eval/faq_law_{split}_bank.jsonl.gz"));
        let questions = data(&format!("eval/faq_law_{split}_queries.jsonl.gz"));
        for (what, variants) in [("standard questions only", false), ("with variants", true)] {
            let name = format!("law {split}, {what}");
            if wanted(&name) {
                found.push(law(&bank, &questions, &name, variants)?);
            }
        }
    }
    let intent = |name: &str, train: &[&str], test: &[&str]| -> Result<Option<Set>, String> {
        let paths = |names: &[&str]| -> Vec<_> {
            names.iter().map(|name| data(&format!("intent/{name}.jsonl.gz"))).collect()
        };
        let (train, test) = (paths(train), paths(test));
        let all = || train.iter().chain(&test);
        if !wanted(name) || !all().all(|path| path.exists()) {
            return Ok(None);
        }
        let of = |paths: &[std::path::PathBuf]| paths.to_vec();
        let (train, test) = (of(&train), of(&test));
        let train: Vec<&Path> = train.iter().map(AsRef::as_ref).collect();
        let test: Vec<&Path> = test.iter().map(AsRef::as_ref).collect();
        intents(&train, &test, name).map(Some)
    };
    for (name, test) in
        [("smp2017", "develop"), ("smp2017", "test"), ("banking77", "valid"), ("banking77", "test")]
    {
        let (train, test) = (format!("{name}_train"), format!("{name}_{test}"));
        found.extend(intent(&test, &[train.as_str()], &[test.as_str()])?);
    }
    for test in ["val", "test"] {
        let asked = [format!("clinc150_{test}"), format!("clinc150_oos_{test}")];
        let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
        found.extend(intent(&format!("clinc150_{test}"), &["clinc150_train", "clinc150_oos_train"], &asked)?);
    }
    Ok(found)
}

fn measure(set: &Set, encodings: Option<&Encodings>, arguments: &Arguments) -> Result<(), String> {
    let phrasings: usize = set.phrasings.iter().map(Vec::len).sum();
    println!(
        "\n## {}: {} entries, {phrasings} phrasings, {} questions",
        set.name,
        set.ids.len(),
        set.questions.len()
    );
    println!(
        "| | top-1 | MRR@10 | recall@5 | AUROC | P95 coverage | crossed (precision) | own threshold (precision) |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    row(set, "BM25, jieba words", &bm25(set, &words()), arguments)?;
    row(set, "BM25, char 2-gram", &bm25(set, &grams(false)), arguments)?;
    row(set, "BM25, char 1+2-gram", &bm25(set, &grams(true)), arguments)?;
    if let Some(encodings) = encodings {
        row(set, "encoder alone, cosine", &cosine(set, encodings), arguments)?;
    }
    row(set, "ours, untrained", &Ours::new(set, None, false).predict(Tier::Words), arguments)?;
    #[expect(clippy::disallowed_methods, reason = "a native tool that measures")]
    let began = Instant::now();
    let ours = Ours::new(set, encodings, true);
    let seconds = began.elapsed().as_secs_f64();
    row(set, "**ours, words**", &ours.predict(Tier::Lexical), arguments)?;
    if encodings.is_some() {
        row(set, "**ours, meaning**", &ours.predict(Tier::Encoder), arguments)?;
        row(set, "**ours, cascade**", &ours.predict(Tier::Cascade), arguments)?;
    }
    println!(
        "\ntrained in {seconds:.1} s, {} bytes, calibrated on {} of its own questions; words alone are sure of {:.0} %",
        ours.model_bytes,
        ours.judged,
        100.0 * ours.first_tier_share()
    );
    if !set.missing.is_empty() {
        let tier = if encodings.is_some() { Tier::Encoder } else { Tier::Lexical };
        let labelled: Vec<Prediction> =
            set.missing.iter().map(|text| prediction(&ours.rank(text, tier))).collect();
        let (right, out) = out_of_scope(set, &ours.predict(tier), &labelled);
        println!(
            "out of scope by {} labelled ones: in-scope {right:.3}, recall of out-of-scope {out:.3}",
            labelled.len()
        );
    }
    if arguments.fit {
        println!("fitted, words: {:?}", ours.fitted(Tier::Lexical, 0.0));
        println!("fitted, untrained: {:?}", Ours::new(set, None, false).fitted(Tier::Words, 0.0));
        println!("fitted, meaning: {:?}", ours.fitted(Tier::Encoder, 0.0));
        println!("fitted, meaning and nearness: {:?}", ours.fitted(Tier::Encoder, NEARNESS));
    }
    Ok(())
}

fn row(set: &Set, name: &str, predictions: &[Prediction], arguments: &Arguments) -> Result<(), String> {
    let s = scores(set, predictions);
    println!(
        "| {name} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} ({:.3}) | {:.3} ({:.3}) |",
        s.top1, s.mrr10, s.recall5, s.auroc, s.p95_coverage, s.crossed.0, s.crossed.1, s.own.0, s.own.1
    );
    let Some(folder) = &arguments.predictions else { return Ok(()) };
    let file: String = format!("{}, {name}", set.name).chars().filter(|c| *c != '*').collect();
    let lines: Vec<String> = predictions
        .iter()
        .map(|one| {
            let ids: Vec<&str> = one.ranked.iter().map(|candidate| set.ids[*candidate].as_str()).collect();
            serde_json::json!({ "ranked": ids, "conf": one.confidence }).to_string()
        })
        .collect();
    let path = folder.join(format!("{}.jsonl", file.replace([' ', ','], "_")));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, lines.join("\n") + "\n"))
        .map_err(|error| format!("{}: {error}", path.display()))
}
