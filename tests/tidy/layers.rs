//! Which module may name which: imports go down, and only `edge` names the platform.

use super::source::{File, Tree, without_text};
use std::collections::BTreeSet;

const LAYERS: [&[&str]; 5] = [
    &["base"],
    &["wechat", "knowledge"],
    &["desk", "office", "insight"],
    &["wire", "store", "config"],
    &["edge"],
];

pub fn rank(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// What a file under `src` names that it must not.
pub fn faults(file: &File) -> Vec<String> {
    let code = without_text(&file.text);
    let inside = file.path.trim_start_matches("src/").trim_end_matches(".rs");
    let own = inside.split('/').next().unwrap_or_default();
    let mut faults = Vec::new();
    if own == "lib" {
        return faults;
    }
    let Some(own_rank) = rank(own) else { return vec![format!("{}: no layer has {own}", file.path)] };
    for named in named_modules(&code) {
        match rank(&named) {
            _ if named == own => {}
            Some(rank) if rank < own_rank => {}
            Some(_) => faults.push(format!("{}: {own} must not know {named}", file.path)),
            None => faults.push(format!("{}: no layer has {named}", file.path)),
        }
    }
    let names_platform = code.match_indices("worker::").any(|(at, _)| is_word_start(&code, at));
    if own != "edge" && names_platform {
        faults.push(format!("{}: only edge names the platform", file.path));
    }
    faults
}

fn is_word_start(code: &str, at: usize) -> bool {
    !code[..at].chars().next_back().is_some_and(|char| char.is_alphanumeric() || char == '_' || char == ':')
}

/// Top modules after `crate::`, also those inside its braces.
fn named_modules(code: &str) -> BTreeSet<String> {
    let word = |text: &str| {
        text.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect::<String>()
    };
    let mut named = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let Some(list) = rest.strip_prefix('{') else {
            named.insert(word(rest));
            continue;
        };
        let (mut depth, mut starts) = (0, true);
        for (at, char) in list.char_indices() {
            match char {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => starts = true,
                char if starts && !char.is_whitespace() => {
                    named.insert(word(&list[at..]));
                    starts = false;
                }
                _ => {}
            }
        }
    }
    named
}

/// Every file that `mod` lines lead to from `root`.
pub fn reached(tree: &Tree, root: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![root.to_owned()];
    while let Some(path) = open.pop() {
        let code = without_text(tree.text(&path));
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let stem = name.trim_end_matches(".rs");
        let inside = if ["lib", "main", "mod"].contains(&stem) {
            folder.to_owned()
        } else {
            format!("{folder}/{stem}")
        };
        let modules = code.lines().filter_map(|line| {
            line.trim().strip_suffix(';')?.rsplit_once("mod ").map(|(_, name)| name.to_owned())
        });
        for module in modules {
            open.extend(
                [format!("{inside}/{module}.rs"), format!("{inside}/{module}/mod.rs")]
                    .into_iter()
                    .filter(|path| !tree.text(path).is_empty()),
            );
        }
        reached.insert(path);
    }
    reached
}
