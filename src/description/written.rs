//! Holds a document in `docs/` to what the code says.

use std::path::Path;

/// With `UPDATE_DOCS=1` writes the document; otherwise it has to be current.
pub fn assert_current(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, text).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    let stale = found.lines().zip(text.lines()).find(|(found, current)| found != current);
    assert!(
        found == text,
        "{path} is stale; run `UPDATE_DOCS=1 cargo test --workspace --all-features --lib`: {stale:?}"
    );
}
