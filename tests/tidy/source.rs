//! The tree as text, and code without its comments and strings.

use std::path::Path;

/// Above any file of ours; what is larger is data.
const BYTES_MAX: u64 = 1 << 20;
const SKIPPED: [&str; 4] = ["target", "node_modules", "dist", "build"];
const EXTENSIONS: [&str; 14] =
    ["rs", "ts", "tsx", "mjs", "js", "md", "toml", "json", "html", "css", "yml", "yaml", "sh", "py"];

pub struct File {
    /// From the root, with `/`.
    pub path: String,
    pub text: String,
}

pub struct Tree(Vec<File>);

impl Tree {
    pub fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        walk(root, root, &mut files);
        files.sort_by(|a: &File, b| a.path.cmp(&b.path));
        assert!(files.len() > 50, "the tree has only {} files", files.len());
        Self(files)
    }

    pub fn of(files: Vec<File>) -> Self {
        Self(files)
    }

    pub fn all(&self) -> impl Iterator<Item = &File> {
        self.0.iter()
    }

    pub fn files(&self, extensions: &[&str]) -> impl Iterator<Item = &File> {
        self.0.iter().filter(move |file| {
            extensions.iter().any(|extension| file.path.ends_with(&format!(".{extension}")))
        })
    }

    pub fn text(&self, path: &str) -> &str {
        self.0.iter().find(|file| file.path == path).map_or("", |file| &file.text)
    }

    /// Whether there is such a file or folder.
    pub fn has(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        self.0.iter().any(|file| file.path == path || file.path.starts_with(&folder))
            || Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists()
    }
}

/// Dot folders hold state, tools and other people's files, except CI's.
fn walk(root: &Path, folder: &Path, files: &mut Vec<File>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
        let kind = entry.file_type().unwrap();
        if kind.is_symlink() || SKIPPED.contains(&name.as_str()) || (name.starts_with('.') && name != ".ci") {
            continue;
        }
        if kind.is_dir() {
            walk(root, &path, files);
            continue;
        }
        let known = EXTENSIONS.iter().any(|extension| name.ends_with(&format!(".{extension}")));
        if !known || entry.metadata().unwrap().len() > BYTES_MAX {
            continue;
        }
        let path_from_root = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        if let Ok(text) = std::fs::read_to_string(&path) {
            files.push(File { path: path_from_root, text });
        }
    }
}

/// The code with comments, strings and characters blanked; lines stay where they are.
pub fn without_text(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let chars: Vec<char> = code.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let end = match (chars[at], chars.get(at + 1)) {
            ('/', Some('/')) => line_end(&chars, at),
            ('/', Some('*')) => find(&chars, at + 2, &['*', '/']),
            ('"' | '`', _) => quote_end(&chars, at),
            ('\'', Some('\\')) => quote_end(&chars, at),
            ('\'', _) if chars.get(at + 2) == Some(&'\'') => at + 3,
            _ => {
                kept.push(chars[at]);
                at += 1;
                continue;
            }
        };
        kept.push(' ');
        kept.extend(chars[at..end].iter().filter(|char| **char == '\n'));
        at = end;
    }
    kept
}

fn line_end(chars: &[char], from: usize) -> usize {
    chars[from..].iter().position(|char| *char == '\n').map_or(chars.len(), |length| from + length)
}

fn find(chars: &[char], from: usize, what: &[char]) -> usize {
    let rest = chars.get(from..).unwrap_or_default();
    rest.windows(what.len())
        .position(|window| window == what)
        .map_or(chars.len(), |length| from + length + what.len())
}

/// After the quote that closes the one at `at`; of a raw string, after its last `#`.
fn quote_end(chars: &[char], at: usize) -> usize {
    let hashes = chars[..at].iter().rev().take_while(|char| **char == '#').count();
    if hashes > 0 && at > hashes && chars[at - hashes - 1] == 'r' {
        let mut close = vec!['"'];
        close.extend(std::iter::repeat_n('#', hashes));
        return find(chars, at + 1, &close);
    }
    let mut end = at + 1;
    while end < chars.len() && chars[end] != chars[at] {
        end += if chars[end] == '\\' { 2 } else { 1 };
    }
    (end + 1).min(chars.len())
}

/// Name and number of lines of each Rust function with a body, from `fn` to its closing brace.
pub fn functions(code: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|char| char.is_alphanumeric() || char == '_') {
            continue;
        }
        let name: String =
            code[at + 3..].chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect();
        let Some(body) = code[at..].find(['{', ';']).filter(|_| !name.is_empty()) else { continue };
        if code[at + body..].starts_with(';') {
            continue;
        }
        let mut depth = 0_i32;
        for (length, char) in code[at + body..].char_indices() {
            depth += i32::from(char == '{') - i32::from(char == '}');
            if depth == 0 {
                found.push((name, code[at..=at + body + length].lines().count()));
                break;
            }
        }
    }
    found
}
