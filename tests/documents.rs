//! Documents say what the code says: tables of codes are generated, and links lead somewhere.
//!
//! `UPDATE_DOCS=1 cargo test --test documents` rewrites the tables.

use hubwire_protocol::{CloseCode, ErrorCode};
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The text with what stands between the two marker lines replaced.
fn with_table(text: &str, name: &str, rows: &str) -> String {
    let (begin, end) = (format!("<!-- {name}: begin"), format!("<!-- {name}: end -->"));
    let start = text.find(&begin).unwrap_or_else(|| panic!("no marker {begin}"));
    let start = start + text[start..].find('\n').unwrap() + 1;
    let stop = text.find(&end).unwrap_or_else(|| panic!("no marker {end}"));
    format!("{}\n{rows}\n{}", &text[..start], &text[stop..])
}

#[test]
fn the_tables_of_codes_are_current() {
    let errors: String = ErrorCode::ALL
        .iter()
        .map(|code| format!("| `{code}` | {} | {} |\n", if code.retry() { "yes" } else { "" }, code.doc().trim()))
        .collect();
    let closes: String = CloseCode::ALL
        .iter()
        .map(|close| format!("| {} | {} | {} |\n", close.code(), close.reason(), close.doc().trim()))
        .collect();
    let errors = format!("| code | retry | meaning |\n|---|---|---|\n{errors}");
    let closes = format!("| code | reason | meaning |\n|---|---|---|\n{closes}");
    let current = read("docs/protocol.md");
    let expected = with_table(&with_table(&current, "error codes", &errors), "close codes", &closes);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(Path::new(ROOT).join("docs/protocol.md"), &expected).unwrap();
        return;
    }
    assert!(current == expected, "docs/protocol.md is stale: UPDATE_DOCS=1 cargo test --test documents");
}

#[test]
fn links_between_documents_lead_somewhere() {
    let documents = [
        "README.md",
        "CHANGELOG.md",
        "deploy/README.md",
        "benches/README.md",
        "docs/architecture.md",
        "docs/bench.md",
        "docs/protocol.md",
        "docs/guarantees.md",
        "docs/queues.md",
        "docs/upgrades.md",
        "SECURITY.md",
        "docs/ws-hub.md",
    ];
    for document in documents {
        let text = read(document);
        let folder = Path::new(ROOT).join(document).parent().unwrap().to_path_buf();
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://") && !target.starts_with('#')) {
            let path = target.split('#').next().unwrap();
            assert!(folder.join(path).exists(), "{document} links to {target}, which does not exist");
        }
    }
}
