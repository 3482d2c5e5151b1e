//! Generates the documents from the declarations: the reference page and the example file.

use super::option::{Kind, OptionSpec, SectionSpec};
use super::sections::SECTIONS;

const INTRODUCTION: &str = "\
# Configuration

<!-- generated from the declarations in src/config/sections by
`UPDATE_DOCS=1 cargo test --workspace --all-features --lib config` -->

An option has one name, spelled slightly differently in each source. The first source that has a value takes
precedence:

1. a flag: `--socket-ping-interval-ms 20000`
2. an environment variable: `HUBWIRE_SOCKET_PING_INTERVAL_MS=20000`
3. the file (`--config` or `HUBWIRE_CONFIG`, TOML): `ping_interval_ms = 20000` in the table `[socket]`
4. the default

An unknown name is an error, which suggests the name that was probably meant. `hubwire check-config` prints each value
and its source. In flags and environment variables, lists are separated by commas. An option marked as *secret* can
also be given as the path of a file that contains it (for a list, one entry per line): `jwt_secrets_file` in the file,
`HUBWIRE_AUTH_JWT_SECRETS_FILE` or `--auth-jwt-secrets-file`. Secrets are never printed.

A running node reloads the file and the files of secrets on SIGHUP, on `POST /v1/reload`, and when a file with a
secret, a key, a certificate or a schema has changed (`node.watch_files_s`). A reload applies `access.rules`,
`access.types`, `access.schemas` with their files, `auth` except `ticket_ttl_ms` and `dev`, `limits`, the counts, ages
and bytes that streams keep, `streams.retention`, `listen.trusted_proxies` and `listen.client_address`, the
certificates of listeners that have TLS, `log.level` and `node.watch_files_s`. Other changed options need a restart,
and the log names them. If the new configuration has a mistake, nothing changes, and the log says why. New rules hold
within moments: a session leaves the channels that they do not allow it, as after a refresh that took the right away,
and ends its watches of users and organisations that they hide from it. Sessions remain authenticated even if the key of
their token was removed.
";

const EXAMPLE_HEAD: &str = "\
# All options of hubwire with their defaults. Remove the `#` before an option to change it.
# Flags and environment variables (HUBWIRE_<SECTION>_<KEY>) win over this file.
";

/// The reference page, as Markdown.
pub fn reference_markdown() -> String {
    let sections = SECTIONS.iter().map(section_markdown);
    std::iter::once(INTRODUCTION.to_string()).chain(sections).collect::<Vec<_>>().join("\n")
}

fn section_markdown(section: &SectionSpec) -> String {
    let mut page = format!("## `[{}]`\n\n{}\n\n", section.name, one_line(section.doc));
    page.push_str("| key | default | allowed | what it does |\n|---|---|---|---|\n");
    for option in section.options {
        let secret = if option.secret { " *secret*" } else { "" };
        let (default, allowed) = (toml_default(option), cell(&option.kind.allowed()));
        page.push_str(&format!("| `{}`{secret} | `{default}` | {allowed} | {} |\n", option.key, one_line(option.doc)));
    }
    page
}

/// Escapes `*` and `<`, which Markdown takes for emphasis and tags.
fn cell(text: &str) -> String {
    text.replace('*', "\\*").replace('<', "&lt;")
}

/// The limits for clients, as a Markdown table for the security page: numeric options of the sections that limit
/// clients.
pub fn limits_markdown() -> String {
    let bounding =
        SECTIONS.iter().filter(|section| matches!(section.name, "accept" | "socket" | "limits" | "sessions"));
    let whole = |option: &&OptionSpec| matches!(option.kind, Kind::Whole { .. });
    let mut table = "| option | default | what it bounds |\n|---|---|---|\n".to_string();
    for option in bounding.flat_map(|section| section.options).filter(whole) {
        table.push_str(&format!("| `{}` | {} | {} |\n", option.name(), option.default, one_line(option.doc)));
    }
    table
}

/// The example file: every option with its default, commented out.
pub fn example_toml() -> String {
    let mut file = EXAMPLE_HEAD.to_string();
    for section in SECTIONS {
        file.push_str(&format!("\n# {}\n[{}]\n", one_line(section.doc), section.name));
        for option in section.options {
            file.push_str(&option_toml(option));
        }
    }
    file
}

fn option_toml(option: &OptionSpec) -> String {
    let doc: String = option.doc.lines().map(|line| format!("# {}\n", line.trim())).collect();
    let allowed = match option.kind {
        Kind::Text(_) => String::new(),
        kind => format!("# Allowed: {}.\n", kind.allowed()),
    };
    format!("\n{doc}{allowed}# {} = {}\n", option.key, toml_default(option))
}

fn toml_default(option: &OptionSpec) -> String {
    match option.kind {
        Kind::Whole { .. } | Kind::Switch => option.default.to_string(),
        Kind::Text(_) | Kind::Choice(_) => format!("{:?}", option.default),
        Kind::List(_) => {
            let entries = option.default.split(',').filter(|entry| !entry.is_empty());
            format!("[{}]", entries.map(|entry| format!("{entry:?}")).collect::<Vec<_>>().join(", "))
        }
    }
}

fn one_line(doc: &str) -> String {
    doc.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn assert_up_to_date(path: &str, text: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == text,
            "{} is stale; run `UPDATE_DOCS=1 cargo test --workspace --all-features --lib config`",
            path.display()
        );
    }

    #[test]
    fn the_reference_page_is_up_to_date() {
        assert_up_to_date("docs/configuration.md", &reference_markdown());
    }

    #[test]
    fn the_limits_in_the_security_page_are_up_to_date() {
        let (begin, end) = ("<!-- limits: begin (made from src/config/sections) -->\n", "<!-- limits: end -->");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("SECURITY.md");
        let page = std::fs::read_to_string(path).unwrap();
        let (before, rest) = page.split_once(begin).unwrap();
        let (_, after) = rest.split_once(end).unwrap();
        assert_up_to_date("SECURITY.md", &[before, begin, &limits_markdown(), end, after].concat());
    }

    #[test]
    fn the_example_file_is_up_to_date() {
        assert_up_to_date("deploy/hubwire.example.toml", &example_toml());
    }
}
