//! Tidiness, read from the tree: layers, sizes, dead files, links, words. See docs/STYLE.md for what it holds to.

mod layers;
mod source;
mod words;

use source::{Tree, functions, without_text};
use std::collections::BTreeSet;

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

/// Everything found, at once: one run says all that is to be done.
fn assert_none(faults: Vec<String>) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn imports_go_one_way() {
    let tree = Tree::read();
    let rust = tree.files(&["rs"]).filter(|file| file.path.starts_with("src/"));
    assert_none(rust.flat_map(layers::faults).collect());
}

#[test]
fn every_rust_file_is_reached_by_a_mod_line() {
    let tree = Tree::read();
    let reached: BTreeSet<String> =
        ["src/lib.rs", "tests/main.rs"].into_iter().flat_map(|root| layers::reached(&tree, root)).collect();
    let rust =
        tree.files(&["rs"]).filter(|file| !file.path.starts_with("benches/") && file.path != "build.rs");
    assert_none(rust.map(|file| file.path.clone()).filter(|path| !reached.contains(path)).collect());
}

#[test]
fn the_crate_map_lists_every_module() {
    let tree = Tree::read();
    let map = tree.text("src/lib.rs");
    let modules = map.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    assert_none(
        modules
            .filter(|name| {
                !map.contains(&format!("//! | L{} | ", layers::rank(name).unwrap_or(9)))
                    || !map
                        .lines()
                        .any(|line| line.starts_with("//! |") && line.contains(&format!("`{name}`")))
            })
            .map(str::to_owned)
            .collect(),
    );
}

#[test]
fn no_file_and_no_function_is_too_long() {
    let tree = Tree::read();
    let mut faults = Vec::new();
    for file in tree.files(&["rs", "ts", "tsx", "mjs", "js"]) {
        let lines = file.text.lines().count();
        if lines > FILE_LINES_MAX {
            faults.push(format!("{}: {lines} lines", file.path));
        }
    }
    for file in tree.files(&["rs"]) {
        let long =
            functions(&without_text(&file.text)).into_iter().filter(|(_, lines)| *lines > FUNCTION_LINES_MAX);
        faults.extend(long.map(|(name, lines)| format!("{}: fn {name} has {lines} lines", file.path)));
    }
    assert_none(faults);
}

#[test]
fn links_in_documents_lead_somewhere() {
    let tree = Tree::read();
    assert_none(tree.files(&["md"]).flat_map(|file| words::broken_links(&tree, file)).collect());
}

#[test]
fn names_say_what_things_are() {
    let tree = Tree::read();
    let faults = tree.files(&["rs", "ts", "tsx", "mjs", "js"]).flat_map(words::banned_names);
    assert_none(faults.collect());
}

#[test]
fn nothing_names_a_machine_or_a_registry() {
    let tree = Tree::read();
    assert_none(tree.all().flat_map(words::forbidden).collect());
}

#[test]
fn pages_are_never_made_of_strings() {
    let tree = Tree::read();
    let sinks = [
        concat!("inner", "HTML"),
        concat!("outer", "HTML"),
        concat!("insertAdjacent", "HTML"),
        concat!("document", ".write"),
    ];
    let pages = tree.files(&["ts", "tsx", "mjs", "js", "html"]);
    let found = pages.flat_map(|file| {
        let code = without_text(&file.text).to_lowercase();
        sinks
            .iter()
            .filter(move |sink| code.contains(&sink.to_lowercase()))
            .map(|sink| format!("{}: {sink}", file.path))
    });
    assert_none(found.collect());
}

/// The rules can fail.
#[test]
fn faults_are_found() {
    let file = |path: &str, text: &str| source::File { path: path.into(), text: text.into() };
    let up = file("src/desk/x.rs", "use crate::{base::id, store::Row};\nfn f() { worker::x() }");
    assert_eq!(layers::faults(&up).len(), 2);
    let within =
        file("src/desk/x.rs", "use crate::base::{id, wechat};\n// worker::x\nlet s = \"crate::edge\";");
    assert_eq!(layers::faults(&within), Vec::<String>::new());
    assert_eq!(
        words::banned_names(&file("src/a.rs", "struct TicketManager; fn get_x() {} mod util;")).len(),
        3
    );
    assert_eq!(
        words::banned_names(&file("src/a.rs", "fn forget_x() {} let x = state.get_alarm();")).len(),
        0
    );
    assert_eq!(words::forbidden(&file("a.md", concat!("see /ro", "ot/x"))).len(), 1);
    let code = "fn long() {\n    let brace = '{'; // {\n    \"}\";\n}\nfn short() { }\n";
    assert_eq!(functions(&without_text(code)), [("long".to_owned(), 4), ("short".to_owned(), 1)]);
    let broken = words::broken_links(
        &Tree::of(vec![file("docs/B.md", "")]),
        &file("docs/A.md", "[b](B.md#x) [c](C.md) `[d](D.md)`"),
    );
    assert_eq!(broken, ["docs/A.md: C.md"]);
}
