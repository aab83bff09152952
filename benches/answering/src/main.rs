//! The evaluation of answering: our tiers and the baselines beside them, on labelled questions read by a path.
//!
//! `npm run eval -- --data DIR` (docs/ANSWERING.md). Reads nothing but what is under the path given; writes a table,
//! and with `--predictions DIR` every ranking as a line of JSON, for a scorer that is not ours.

mod data;
mod encode;
mod moods;
mod score;
mod subjects;
mod tables;

use std::path::PathBuf;
use std::process::ExitCode;

/// What is asked for.
struct Arguments {
    data: PathBuf,
    /// The encoder's files; none: its tiers are left out.
    encoder: Option<PathBuf>,
    /// Where encodings are kept from one run to the next.
    cache: Option<PathBuf>,
    predictions: Option<PathBuf>,
    /// Names of sets; empty: all.
    only: Vec<String>,
    fit: bool,
}

fn arguments() -> Result<Arguments, String> {
    let mut found = Arguments {
        data: PathBuf::new(),
        encoder: None,
        cache: None,
        predictions: None,
        only: Vec::new(),
        fit: false,
    };
    let mut rest = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(name) = rest.next() {
        let mut value = || rest.next().ok_or(format!("{name} wants a value"));
        match name.as_str() {
            "--data" => found.data = value()?.into(),
            "--encoder" => found.encoder = Some(value()?.into()),
            "--cache" => found.cache = Some(value()?.into()),
            "--predictions" => found.predictions = Some(value()?.into()),
            "--only" => found.only = value()?.split(',').map(str::to_owned).collect(),
            "--fit" => found.fit = true,
            other => return Err(format!("unknown argument {other}")),
        }
    }
    if found.data.as_os_str().is_empty() {
        return Err("usage: --data DIR [--encoder DIR] [--cache DIR] [--predictions DIR] [--only webank,law,…] [--fit]"
            .to_owned());
    }
    Ok(found)
}

fn main() -> ExitCode {
    match arguments().and_then(|arguments| tables::print(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
