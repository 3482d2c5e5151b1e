//! The rooms of `actors/src` and the allowed imports between them.

use crate::imports::{code, Imports};
use crate::sources;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Files of a crate by their path below its `src`, without those that hold only tests.
fn files(directory: &str) -> Vec<(String, String)> {
    let files = sources(directory).into_iter().map(|(path, text)| {
        let path = path.strip_prefix(directory).unwrap().to_str().unwrap().to_owned();
        (path, text)
    });
    files.filter(|(path, _)| !path.ends_with("tests.rs")).collect()
}

/// Files in the largest circle of imports of a crate. It may only shrink.
const CIRCLE_MAX: [(&str, usize); 4] = [("actors/src", 3), ("protocol/src", 0), ("src", 3), ("clients/rust/src", 3)];

#[test]
fn circles_of_imports_stay_small() {
    for (room, max) in CIRCLE_MAX {
        let imports = Imports::of(&files(room));
        let circles = imports.circles();
        let large: Vec<_> = circles.iter().filter(|circle| circle.len() > max).collect();
        assert!(large.is_empty(), "files of {room} that import each other: {large:#?}");
        let largest = circles.iter().map(BTreeSet::len).max().unwrap_or_default();
        assert_eq!(largest, max, "the largest circle of {room} shrank: lower its number");
    }
}

#[test]
fn words_know_no_actor() {
    const GROUND: [&str; 9] =
        ["words/", "backend/", "mail.rs", "probe.rs", "identity.rs", "metrics.rs", "access/", "observer.rs", "trace/"];
    let imports = Imports::of(&files("actors/src"));
    let mut read = 0;
    for (file, imported) in imports.iter().filter(|(file, _)| file.starts_with("words/")) {
        read += imported.len();
        let upward: Vec<_> = imported.iter().filter(|to| !GROUND.iter().any(|ground| to.starts_with(ground))).collect();
        assert!(upward.is_empty(), "{file} imports {upward:?}");
    }
    assert!(read > 20, "the reading of imports is broken: {read}");
}

#[test]
fn messages_stand_in_words_and_name_no_actor() {
    // both take any actor: what is done with an outcome, and a look at how long a mailbox is
    const OF_ANY_ACTOR: [&str; 2] = ["apart.rs", "probe.rs"];
    let mut messages = 0;
    for (file, text) in files("actors/src") {
        let code = code(&text);
        let declared = code.matches("derive(Message").count();
        if file.starts_with("words/") {
            messages += declared;
            assert!(!code.contains("Addr<") || file == "words/port.rs", "{file} names the address of an actor");
        } else if !OF_ANY_ACTOR.contains(&&*file) {
            assert_eq!(declared, 0, "{file} declares messages; they stand in actors/src/words");
        }
    }
    assert!(messages > 50, "the reading of messages is broken: {messages}");
}

/// Words of a wire protocol, and the names of its encodings.
const OF_A_PROTOCOL: [&str; 9] =
    ["@@hub", "meta.hub", "hubwire_v1", "Codec::", "MsgPack", "rmp_serde", "centrifuge", "rooms::", "new_message"];

#[test]
fn only_the_dialects_know_the_words_of_a_wire_protocol() {
    let words = |code: &str| OF_A_PROTOCOL.iter().filter(|word| code.contains(**word)).copied().collect::<Vec<_>>();
    for (file, text) in files("actors/src") {
        // the WS-HUB drop-in is a server of a protocol of its own; what Redis holds is no business of clients
        if !file.starts_with("wshub/") && !file.starts_with("backend/") {
            assert_eq!(words(&code(&text)), [""; 0], "{file}: sessions and deliveries know requests and events only");
        }
    }
    for (file, text) in files("protocol/src") {
        let is_of_it = ["hubwire_v1/", "centrifuge/", "rooms/", "cluster/"].iter().any(|room| file.starts_with(room));
        // the one list of dialects, and the crate's root, which names its parts
        if !is_of_it && file != "dialects.rs" && file != "lib.rs" {
            assert_eq!(words(&code(&text)), [""; 0], "{file}: requests and events are of no protocol");
        }
    }
    let of_hubwire = files("protocol/src").into_iter().find(|(file, _)| file == "hubwire_v1/names.rs");
    assert!(
        !words(&code(&of_hubwire.expect("the names of hubwire.v1").1)).is_empty(),
        "the reading of words is broken"
    );
}

/// The names of the fields of a struct.
fn fields<'a>(text: &'a str, declaration: &str) -> Vec<&'a str> {
    let body = text.split_once(declaration).and_then(|(_, rest)| rest.split_once("\n}")).expect(declaration).0;
    let lines = body.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    lines.filter_map(|line| line.split_once(": ")).map(|(name, _)| name.trim_start_matches("pub ")).collect()
}

/// Whether code reads or changes a field, given as `of.field`.
fn touches(code: &str, field: &str) -> bool {
    code.match_indices(field).any(|(at, _)| {
        let after = code[at + field.len()..].chars().next();
        after.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '(')
    })
}

/// The groups in which the state of a session is kept, by file.
const GROUPS: [&str; 6] = ["announced", "bucket", "credentials", "hubs", "membership", "socket"];

#[test]
fn the_state_of_a_session_has_walls() {
    let files = files("actors/src");
    let imports = Imports::of(&files);
    let of_session = |name: &str| format!("session/{name}.rs");
    let text = |file: &str| files.iter().find(|(path, _)| path == file).expect(file).1.as_str();

    for group in GROUPS.map(of_session) {
        assert!(!text(&group).contains("impl Session"), "{group} is state; what a request does is in its own file");
        let (_, imported) = imports.iter().find(|(file, _)| *file == group).expect("a file of imports");
        assert!(!imported.contains("session/mod.rs"), "{group} imports the session, whose part it is");
    }
    let session: BTreeSet<&str> = fields(text("session/mod.rs"), "pub struct Session {").into_iter().collect();
    let shared = ["worker", "settings", "id", "handle", "phase"];
    let groups = ["announced", "bucket", "credentials", "hubs", "memberships", "seldom", "socket"];
    assert_eq!(session, shared.into_iter().chain(groups).collect(), "state of a session belongs to a group");

    let seldom = fields(text("session/seldom.rs"), "pub(super) struct SeldomParts {");
    assert!(seldom.len() > 5, "the reading of fields is broken: {seldom:?}");
    let of_one = seldom.into_iter().map(|part| (part, vec![format!("seldom.{part}"), format!("need().{part}")]));
    let of_one = of_one.chain(["announced", "bucket"].map(|group| (group, vec![format!("self.{group}")])));
    for (part, forms) in of_one {
        let uses = |text: &str| forms.iter().any(|form| touches(&code(text), form));
        let users = files.iter().filter(|(file, text)| file.starts_with("session/") && uses(text));
        let users: Vec<&str> = users.map(|(file, _)| file.as_str()).collect();
        assert!(users.len() == 1, "`{part}` of a session is used by {users:?}, not by one file");
    }
}

#[test]
fn only_open_names_a_backend() {
    const BACKENDS: [&str; 2] = ["memory", "redis"];
    let named = |code: &str| BACKENDS.iter().any(|name| code.contains(&format!("backend::{name}")));
    let outside = ["actors/src", "src"].into_iter().flat_map(sources);
    let is_test =
        |path: &Path| path.to_str().is_some_and(|path| path.ends_with("tests.rs") || path.contains("/tests/"));
    let outside = outside.filter(|(path, _)| !path.starts_with("actors/src/backend") && !is_test(path));
    let offenders: Vec<PathBuf> = outside.filter(|(_, text)| named(&code(text))).map(|(path, _)| path).collect();
    assert_eq!(offenders, [""; 0].map(PathBuf::from), "backend/open.rs opens a backend from its URL");

    let imports = Imports::of(&files("actors/src"));
    let of_a_backend = |file: &str| BACKENDS.iter().any(|name| file.starts_with(&format!("backend/{name}/")));
    for (file, imported) in imports.iter().filter(|(file, _)| !of_a_backend(file)) {
        let known: Vec<_> = imported.iter().filter(|to| of_a_backend(to)).collect();
        assert!(known.is_empty() || file == "backend/open.rs", "{file} imports {known:?}");
    }
}

#[test]
fn imports_are_read_whatever_their_form() {
    let files = [
        ("a/mod.rs", "mod b;\nuse b::B;\nuse crate::{c::{self, C}, d};"),
        ("a/b.rs", "use super::super::d::D; // use crate::c::C;"),
        ("c.rs", "fn f() { crate::a::b::g(); }\n#[cfg(test)]\nmod tests {\n    use crate::d::D;\n}"),
        ("d.rs", "pub(crate) use crate::a::A;\npub(in crate::c) fn f() {}"),
    ];
    let imports = Imports::of(&files.map(|(file, text)| (file.to_owned(), text.to_owned())));
    let read: Vec<String> = imports.iter().map(|(file, to)| format!("{file} -> {to:?}")).collect();
    let expected = [
        r#"a/b.rs -> {"d.rs"}"#,
        r#"a/mod.rs -> {"a/b.rs", "c.rs", "d.rs"}"#,
        r#"c.rs -> {"a/b.rs"}"#,
        r#"d.rs -> {"a/mod.rs"}"#,
    ];
    assert_eq!(read, expected);
    let circles: Vec<Vec<&str>> = imports.circles().into_iter().map(|circle| circle.into_iter().collect()).collect();
    assert_eq!(circles, [["a/b.rs", "a/mod.rs", "c.rs", "d.rs"]]);
}
