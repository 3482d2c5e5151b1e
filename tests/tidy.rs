//! The first line of a file says why it exists, and a file is short enough to read in one go.

use std::path::Path;
use std::process::Command;

/// Lines a file may have.
const LINES_MAX: usize = 300;

/// Columns a line may have, comments included. rustfmt does not break strings, comments and macros.
const COLUMNS_MAX: usize = 120;

/// Longer files, with the lines they may have. The list only shrinks.
const LONGER: &[(&str, usize)] = &[
    ("actors/src/backend/redis/wires.rs", 320),
    ("actors/tests/model/direct/mod.rs", 330),
    ("actors/tests/model/lease/mod.rs", 340),
    ("actors/tests/model/stream/mod.rs", 340),
    ("actors/tests/simulation/wire.rs", 330),
    ("protocol/tests/golden/server.rs", 350),
    ("src/auth/jwt/forged_corpus.rs", 350),
    ("tests/faults/device.rs", 380),
    ("tests/history/tests.rs", 350),
    ("tests/ws_abuse.rs", 310),
];

/// Rust sources that are part of the repository, with their text.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = Command::new("git").args(["ls-files", "*.rs"]).current_dir(root).output().expect("git lists files");
    let names = String::from_utf8(listed.stdout).unwrap();
    let sources: Vec<(String, String)> = names
        .lines()
        .filter_map(|name| Some((name.to_owned(), std::fs::read_to_string(root.join(name)).ok()?)))
        .collect();
    assert!(sources.len() > 300, "only {} sources found", sources.len());
    sources
}

#[test]
fn no_file_grows_longer_than_one_can_take_in() {
    let allowed = |name: &str| LONGER.iter().find(|(longer, _)| *longer == name).map_or(LINES_MAX, |(_, lines)| *lines);
    let sources = sources();
    let lines = sources.iter().map(|(name, text)| (name, text.lines().count(), allowed(name)));
    let longer: Vec<_> = lines.filter(|(_, lines, allowed)| lines > allowed).collect();
    assert!(longer.is_empty(), "(file, its lines, allowed): {longer:#?}");
}

/// A row of a Markdown table in a comment; a row cannot be broken.
fn is_table_row(line: &str) -> bool {
    let line = line.trim_start();
    ["//! |", "/// |"].iter().any(|row| line.starts_with(row))
}

#[test]
fn no_line_is_wider_than_a_screen() {
    let is_wide = |line: &str| line.chars().count() > COLUMNS_MAX && !is_table_row(line);
    let mut wide = Vec::new();
    for (name, text) in sources() {
        let numbered = text.lines().enumerate().filter(|(_, line)| is_wide(line));
        wide.extend(numbered.map(|(at, line)| format!("{name}:{}: {}", at + 1, line.trim_start())));
    }
    assert!(wide.is_empty(), "lines of more than {COLUMNS_MAX} columns: {wide:#?}");
}

#[test]
fn whatever_may_be_longer_is_there_and_is_longer() {
    let sources = sources();
    for (name, _) in LONGER {
        let lines = sources.iter().find(|(source, _)| source == name).map(|(_, text)| text.lines().count());
        assert!(lines.is_some_and(|lines| lines > LINES_MAX), "{name} needs no exception any more: {lines:?} lines");
    }
}

#[test]
fn every_file_says_first_why_it_exists() {
    // a fuzz target is one line behind an attribute of the crate
    let says = |(name, text): &(String, String)| text.starts_with("//! ") || name.starts_with("fuzz/fuzz_targets/");
    let silent: Vec<_> = sources().into_iter().filter(|source| !says(source)).map(|(name, _)| name).collect();
    assert!(silent.is_empty(), "files without a first line that says why: {silent:#?}");
}
