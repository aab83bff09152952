//! Names that say nothing, strings that belong to a machine, links that lead nowhere.

use super::source::{File, Tree, without_text};

const DEFINING: [&str; 13] = [
    "fn",
    "struct",
    "enum",
    "trait",
    "type",
    "mod",
    "const",
    "static",
    "function",
    "class",
    "interface",
    "let",
    "union",
];
const EMPTY_WORDS: [&str; 6] = ["util", "utils", "helper", "helpers", "manager", "service"];
const EMPTY_VERBS: [&str; 2] = ["get_", "process_"];
/// In two halves, so that this file does not name them.
const FORBIDDEN: [(&str, &str); 8] = [
    ("/wo", "rk/"),
    ("/ro", "ot/"),
    ("/ho", "me/"),
    ("/tmp", "/h/"),
    ("C:", "\\Users"),
    ("registry.npm", "js.org"),
    ("index.cra", "tes.io"),
    ("npm", "mirror"),
];

pub fn banned_names(file: &File) -> Vec<String> {
    let code = without_text(&file.text);
    let mut previous = "";
    let mut faults = Vec::new();
    for word in
        code.split(|char: char| !(char.is_alphanumeric() || char == '_')).filter(|word| !word.is_empty())
    {
        if DEFINING.contains(&previous) && is_empty_name(word) {
            faults.push(format!("{}: {word}", file.path));
        }
        previous = word;
    }
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    if stem.split(['_', '-']).any(|word| EMPTY_WORDS.contains(&word)) {
        faults.push(format!("{}: the file's name", file.path));
    }
    faults
}

fn is_empty_name(name: &str) -> bool {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    EMPTY_VERBS.iter().any(|verb| name.starts_with(verb))
        || EMPTY_WORDS.iter().any(|word| name == *word || name.ends_with(&capital(word)))
}

pub fn forbidden(file: &File) -> Vec<String> {
    let is_lock = file.path == "package-lock.json" || file.path == "Cargo.lock";
    let strings = FORBIDDEN.iter().map(|(head, tail)| format!("{head}{tail}"));
    let found = strings.filter(|string| !is_lock && file.text.contains(string.as_str()));
    found.map(|string| format!("{}: {string}", file.path)).collect()
}

/// Relative targets of `[text](target)` outside of code.
pub fn broken_links(tree: &Tree, file: &File) -> Vec<String> {
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut faults = Vec::new();
    let mut fenced = false;
    for line in file.text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join(" ");
        for target in prose.split("](").skip(1).filter_map(|rest| rest.split(')').next()).filter(|_| !fenced)
        {
            let path = target.split('#').next().unwrap_or_default();
            if path.is_empty() || path.contains("://") || path.starts_with("mailto:") {
                continue;
            }
            if !tree.has(&joined(folder, path)) {
                faults.push(format!("{}: {path}", file.path));
            }
        }
    }
    faults
}

/// `path` seen from `folder`, without `.` and `..`.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}
