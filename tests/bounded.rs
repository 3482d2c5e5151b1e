//! Every queue has a bound. Lints ban unbounded ones; this test searches the sources for what lints cannot see.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Code lines (no comments) of all sources below a directory, with their file.
fn code(directory: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut found, mut open) = (Vec::new(), vec![root.join(directory)]);
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let text: String = text.lines().map(|line| format!("{}\n", line.split("//").next().unwrap())).collect();
                found.push((path.strip_prefix(root).unwrap().to_path_buf(), text));
            }
        }
    }
    assert!(!found.is_empty(), "no sources in {directory}");
    found
}

fn sources() -> Vec<(PathBuf, String)> {
    ["src", "actors/src", "protocol/src"].into_iter().flat_map(code).collect()
}

/// The file with the function for messages that must arrive.
const HELPER: &str = "actors/src/words/port.rs";

/// A word for something without a bound.
fn unbounded(text: &str) -> Option<&'static str> {
    let banned = ["do_send", "unbounded", "Unbounded", "std::sync::mpsc::channel", "sync::mpsc::{channel", "crossbeam"];
    banned.into_iter().find(|word| text.contains(word))
}

#[test]
fn nothing_is_told_past_a_mailboxs_bound_and_no_channel_is_without_one() {
    for (path, text) in sources() {
        // one function sends messages that must arrive, and documents their bound
        let text = if path == Path::new(HELPER) { text.replacen("self.do_send(message);", "", 1) } else { text };
        assert_eq!(unbounded(&text), None, "{}", path.display());
    }
    for planted in [
        "self.delivery.do_send(publish);",
        "deliveries.iter().for_each(Addr::do_send);",
        "let (sender, receiver) = mpsc::unbounded_channel();",
        "let (sender, receiver) = futures_channel::mpsc::unbounded();",
        "let (sender, receiver) = std::sync::mpsc::channel();",
    ] {
        assert!(unbounded(planted).is_some(), "{planted}");
    }
}

/// Whether code makes a queue or bounds a mailbox.
fn makes_a_queue(text: &str) -> bool {
    // unit tests stand at the end of their file
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let words = [
        "mpsc::channel(",
        "mpsc::channel::<",
        "sync_channel(",
        "set_mailbox_capacity(mail::",
        "bound_mailbox(mail::",
        "Semaphore::new(",
    ];
    words.into_iter().any(|word| code.contains(word))
}

#[test]
fn every_queue_stands_in_the_table_of_queues() {
    let table = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/queues.md")).unwrap();
    let mut made = 0;
    for (path, text) in sources() {
        if makes_a_queue(&text) && !path.ends_with("tests.rs") {
            made += 1;
            assert!(table.contains(&format!("`{}`", path.display())), "docs/queues.md lacks {}", path.display());
        }
    }
    assert!(made >= 12, "only {made} sources with a queue were found");
    assert!(makes_a_queue("let (sender, events) = mpsc::channel(3);"));
}

#[test]
fn the_lints_that_ban_unbounded_queues_are_on_and_nobody_turns_them_off() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let bans = std::fs::read_to_string(root.join("clippy.toml")).unwrap();
    for banned in ["actix::Addr::do_send", "actix::Recipient::do_send", "unbounded_channel", "std::sync::mpsc::channel"]
    {
        assert!(bans.contains(banned), "clippy.toml does not ban {banned}");
    }
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    assert!(manifest.contains("disallowed_methods = \"deny\""));
    // one exception reads the machine's clock, one sends messages that must arrive
    let exceptions: BTreeSet<PathBuf> =
        sources().into_iter().filter(|(_, text)| text.contains("disallowed_methods")).map(|(path, _)| path).collect();
    let expected: BTreeSet<PathBuf> = ["actors/src/environment.rs", HELPER].into_iter().map(PathBuf::from).collect();
    assert_eq!(exceptions, expected);
}

#[test]
fn every_actor_bounds_its_mailbox() {
    let mut actors = 0;
    for (path, text) in sources() {
        for (at, _) in text.match_indices("impl Actor for ") {
            actors += 1;
            let block = &text[at..text[at..].find("\n}").map_or(text.len(), |end| at + end)];
            // the session's context is its own; it is bounded where the session starts
            let is_bounded = block.contains("set_mailbox_capacity(") || text.contains("set_mailbox_capacity(mail::");
            assert!(is_bounded, "{}: {}", path.display(), block.lines().next().unwrap());
        }
    }
    assert!(actors >= 6, "only {actors} actors were found");
}

#[test]
fn code_forbids_unsafe() {
    let manifest = include_str!("../Cargo.toml");
    assert!(manifest.contains("unsafe_code = \"forbid\""));
    for member in ["Cargo.toml", "actors/Cargo.toml", "protocol/Cargo.toml"] {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(member)).unwrap();
        assert!(text.contains("[lints]\nworkspace = true"), "{member} does not take the workspace's lints");
    }
}
