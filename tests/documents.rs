//! Documents agree with the code: tables of codes are generated, and links resolve.
//!
//! `UPDATE_DOCS=1 cargo test --test documents` rewrites the tables.

use hubwire_protocol::{CloseCode, ErrorCode};
use std::path::Path;
use std::process::Command;

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

/// All Markdown files that are part of the repository.
fn pages() -> Vec<String> {
    let listed = Command::new("git").args(["ls-files", "*.md"]).current_dir(ROOT).output().unwrap();
    let pages: Vec<String> = String::from_utf8(listed.stdout).unwrap().lines().map(str::to_owned).collect();
    assert!(pages.len() > 20, "git lists {pages:?}");
    pages
}

/// The text without its fenced blocks and code spans, in which brackets are no links.
fn prose(text: &str) -> String {
    let lines = text.split("\n```").step_by(2); // what stands between two fences is code
    lines.map(|part| part.split('`').step_by(2).collect::<String>()).collect::<Vec<_>>().join("\n")
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
}

fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
}

#[test]
fn links_between_documents_lead_somewhere() {
    for page in pages() {
        let text = read(&page);
        let folder = Path::new(ROOT).join(&page).parent().unwrap().to_path_buf();
        let prose = prose(&text);
        let targets = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
            assert!(folder.join(path).exists(), "{page} links to {target}, which does not exist");
            if fragment.is_empty() {
                continue;
            }
            let linked =
                if path.is_empty() { text.clone() } else { std::fs::read_to_string(folder.join(path)).unwrap() };
            assert!(anchors(&linked).iter().any(|it| it == fragment), "{page} links to {target}: no such heading");
        }
    }
}

#[test]
fn every_document_is_reached_from_the_readme() {
    let readme = read("README.md");
    for page in pages().iter().filter(|page| page.starts_with("docs/") && page.matches('/').count() == 1) {
        assert!(readme.contains(&format!("]({page}")), "README.md does not link to {page}");
    }
}

#[test]
fn every_document_is_a_page_of_the_site() {
    let summary = read("docs/site/SUMMARY.md");
    let is_page = |page: &&String| page.starts_with("docs/") && !page.starts_with("docs/site/");
    // the builder of the site takes all of them by itself
    let is_decision = |page: &&String| page.starts_with("docs/decisions/0");
    for page in pages().iter().filter(is_page).filter(|page| !is_decision(page)) {
        let target = page.strip_prefix("docs").unwrap();
        assert!(summary.contains(&format!("](..{target})")), "docs/site/SUMMARY.md does not list {page}");
    }
}

/// The document is made from the types, action by action: none may be forgotten. The shapes themselves are held to the
/// golden vectors by `tests/documents/asyncapi.mjs`.
#[test]
fn the_asyncapi_document_has_every_action_of_the_protocol() {
    let document = read("docs/asyncapi.yaml");
    let names = read("protocol/src/hubwire_v1/names.rs");
    let names = names.split("_NAMES: &[&str] =").skip(1).map(|rest| rest.split(';').next().unwrap());
    let events: Vec<&str> = names.flat_map(|list| list.split('"').skip(1).step_by(2)).collect();
    let requests = read("protocol/src/hubwire_v1/parse.rs");
    let requests = requests.split("requests! {").nth(1).unwrap().split("\n}").next().unwrap();
    let requests: Vec<&str> = requests.split('"').skip(1).step_by(2).collect();
    assert!(events.len() > 10 && requests.len() > 20, "{events:?} {requests:?}");
    for action in events.into_iter().chain(requests) {
        assert!(document.contains(&format!("const: \"@@hub/{action}\"")), "docs/asyncapi.yaml lacks @@hub/{action}");
    }
}

/// Quoted words of the node in the pages for operators: a reader searches for them as the log has them.
#[test]
fn quoted_log_lines_and_reasons_are_those_of_the_code() {
    let code = sources(&Path::new(ROOT).join("src")) + &sources(&Path::new(ROOT).join("actors/src"));
    let code = code.replace("\\\n", "").split_whitespace().collect::<Vec<_>>().join(" ").replace('`', "");
    let page = read("docs/troubleshooting.md");
    let tables = page.split("```").step_by(2).collect::<String>();
    let quotes = tables.split('`').skip(1).step_by(2).filter(|quote| quote.matches(' ').count() >= 4);
    let mut checked = 0;
    for quote in quotes.filter(|quote| !["curl", "hubwire"].iter().any(|program| quote.starts_with(program))) {
        // what varies is left out in the page by an ellipsis
        for part in quote.split(['…', '=']).map(str::trim).filter(|part| part.matches(' ').count() >= 2) {
            assert!(code.contains(part), "docs/troubleshooting.md quotes {part:?}, which no source file has");
            checked += 1;
        }
    }
    assert!(checked > 20, "only {checked} quotes were found");
}

fn sources(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = entries.map(|path| match path.is_dir() {
        true => sources(&path),
        false => std::fs::read_to_string(&path).unwrap_or_default(), // an image of the demo is no text
    });
    texts.collect()
}
