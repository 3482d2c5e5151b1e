//! The layers depend in one direction: protocol <- actors <- binary. This checks the manifests and the sources. Within
//! the actors, `rooms` lists the allowed imports.

mod imports;
mod rooms;

use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Names of a manifest's ordinary dependencies.
fn dependencies(manifest: &str) -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(ROOT).join(manifest)).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    manifest["dependencies"].as_table().unwrap().keys().cloned().collect()
}

/// Rust files below a directory, with their path relative to the repository.
fn sources(directory: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![Path::new(ROOT).join(directory)];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(ROOT).unwrap().to_path_buf(), text));
            }
        }
    }
    assert!(!found.is_empty(), "no sources in {directory}");
    found
}

/// Whether code (not a comment) names a crate: `name::` that is not the tail of another path.
fn names(text: &str, name: &str) -> bool {
    let path = format!("{name}::");
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).any(|code| {
        code.match_indices(&path).any(|(at, _)| {
            let before = code[..at].chars().next_back();
            before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':')
        })
    })
}

/// Files of a directory that name one of the crates, but for those below `except`.
fn offenders(directory: &str, crates: &[&str], except: &str) -> Vec<PathBuf> {
    let named = sources(directory)
        .into_iter()
        .filter(|(path, text)| !path.starts_with(except) && crates.iter().any(|name| names(text, name)));
    named.map(|(path, _)| path).collect()
}

#[test]
fn the_protocol_is_pure_data() {
    let used = dependencies("protocol/Cargo.toml");
    for banned in ["actix", "tokio", "redis", "hubwire", "hubwire-actors", "futures-util", "log"] {
        let found: Vec<_> = used.iter().filter(|name| *name == banned || name.starts_with("actix")).collect();
        assert!(found.is_empty(), "protocol uses {found:?}");
    }
    assert_eq!(offenders("protocol/src", &["std::net", "std::fs", "std::thread"], "-"), [""; 0].map(PathBuf::from));
}

#[test]
fn actors_know_no_http_and_no_sockets() {
    let used = dependencies("actors/Cargo.toml");
    let banned = |name: &str| {
        name == "hubwire"
            || name == "ureq"
            || name.contains("tungstenite")
            || name.contains("http")
            || (name.starts_with("actix-") && !matches!(name, "actix-rt"))
    };
    let found: Vec<_> = used.iter().filter(|name| banned(name)).collect();
    assert!(found.is_empty(), "actors uses {found:?}");
    assert_eq!(offenders("actors/src", &["tokio::net", "std::net"], "-"), [""; 0].map(PathBuf::from));
}

#[test]
fn the_client_stands_on_the_protocol_and_on_nothing_of_the_node() {
    let used = dependencies("clients/rust/Cargo.toml");
    let banned = |name: &str| matches!(name, "hubwire" | "hubwire-actors" | "redis") || name.starts_with("actix");
    let found: Vec<_> = used.iter().filter(|name| banned(name)).collect();
    assert!(found.is_empty(), "the client uses {found:?}");
}

#[test]
fn only_the_redis_backend_talks_to_redis() {
    assert!(!dependencies("Cargo.toml").iter().any(|name| name == "redis"), "the binary uses redis");
    assert_eq!(offenders("actors/src", &["redis"], "actors/src/backend/redis"), [""; 0].map(PathBuf::from));
}

#[test]
fn only_the_socket_layer_names_a_websocket_crate() {
    let crates = ["tungstenite", "tokio_tungstenite", "actix_web_actors", "actix_http::ws"];
    assert_eq!(offenders("src", &crates, "src/ws"), [""; 0].map(PathBuf::from));
}

#[test]
fn a_crate_is_named_by_code_and_not_by_a_comment_or_another_path() {
    assert!(names("use redis::Client;", "redis") && names("    redis::cmd(\"PING\")", "redis"));
    assert!(names("fn a(_: &tokio::net::TcpStream) {}", "tokio::net"));
    for other in ["// redis::Client", "use crate::backend::redis::Redis;", "my_redis::x()", "mod redis;"] {
        assert!(!names(other, "redis"), "{other}");
    }
}
