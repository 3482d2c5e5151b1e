//! Migrates the engine: Redis, or the memory of a node.

use super::outcome::{Migration, Verdict};
use super::value::{at, is_nothing, is_on, text, texts};
use serde_json::Value;

const OTHER: &str = "nodes share a Redis, or are alone: there is no other broker";

/// Options of a Redis that are no option of a node.
const APART: [(&str, Verdict, &str); 5] = [
    ("sentinel_tls", Verdict::None, "sentinels are reached as servers are: rediss+sentinel://, with broker.tls_*"),
    ("replica_client", Verdict::NotNeeded, "nodes read from the server they write to"),
    ("tls.client_ca_pem", Verdict::NotNeeded, "nobody calls a node by this connection"),
    ("tls.insecure_skip_verify", Verdict::None, "certificates are always checked"),
    ("tls.server_name", Verdict::None, "a certificate is to be one of the host in broker.url"),
];

pub(super) fn migrate(migration: &mut Migration, theirs: &Value) {
    for group in ["broker", "presence_manager", "map_broker", "controller"] {
        if at(theirs, group).is_some_and(|it| it.get("enabled") != Some(&Value::Bool(false))) {
            migration.find(group, Verdict::None, "one broker serves everything: broker.url");
        }
    }
    match text(theirs, "engine.type").as_deref().unwrap_or("memory") {
        "memory" if at(theirs, "engine").is_none() => {}
        "memory" => migration.find("engine", Verdict::NotNeeded, "without broker.url a node is alone"),
        "redis" => redis(migration, theirs),
        _ => migration.find("engine", Verdict::None, OTHER),
    }
}

fn redis(migration: &mut Migration, theirs: &Value) {
    let of = |name: &str| format!("engine.redis.{name}");
    migration.find("engine.type", Verdict::Taken, "broker.url");
    let has_tls = is_on(theirs, &of("tls.enabled"));
    let scheme = if has_tls { "rediss" } else { "redis" };
    let login = match (text(theirs, &of("user")), text(theirs, &of("password"))) {
        (user, Some(password)) => format!("{}:{}@", encoded(&user.unwrap_or_default()), encoded(&password)),
        _ => String::new(),
    };
    let hosts = |name: &str| at(theirs, &of(name)).map(texts).unwrap_or_default();
    let (address, sentinels, cluster) = (hosts("address"), hosts("sentinel_address"), hosts("cluster_address"));
    let number = text(theirs, &of("db")).unwrap_or_else(|| "0".into());
    let (path, url) = match (sentinels.as_slice(), cluster.as_slice(), address.as_slice()) {
        ([_, ..], _, _) => {
            let name = text(theirs, &of("sentinel_master_name")).unwrap_or_else(|| "mymaster".into());
            ("sentinel_address", format!("{scheme}+sentinel://{login}{}/{name}", sentinels.join(",")))
        }
        (_, [_, ..], _) => ("cluster_address", format!("{scheme}+cluster://{login}{}", cluster.join(","))),
        (_, _, [one]) if one.contains("://") => ("address", one.clone()),
        (_, _, [one]) => ("address", format!("{scheme}://{login}{one}/{number}")),
        (_, _, []) => ("address", format!("{scheme}://{login}127.0.0.1:6379/{number}")),
        (_, _, [..]) => {
            let note = "streams are not spread over several Redis servers; a Redis Cluster does that: redis+cluster://";
            return migration.find(&of("address"), Verdict::None, note);
        }
    };
    migration.set("broker.url", url);
    for name in [path, "user", "password", "db", "sentinel_master_name", "tls.enabled"] {
        if at(theirs, &of(name)).is_some() {
            migration.find(&of(name), Verdict::Taken, "broker.url");
        }
    }
    let rest = [
        ("prefix", "broker.key_prefix"),
        ("sentinel_user", "broker.sentinel_user"),
        ("sentinel_password", "broker.sentinel_password"),
        ("tls.server_ca_pem", "broker.tls_authorities"),
        ("tls.server_ca_pem_file", "broker.tls_authorities"),
        ("tls.cert_pem", "broker.tls_certificate"),
        ("tls.cert_pem_file", "broker.tls_certificate"),
        ("tls.key_pem", "broker.tls_key"),
        ("tls.key_pem_file", "broker.tls_key"),
    ];
    for (name, option) in rest {
        match text(theirs, &of(name)) {
            Some(pem) if pem.contains("-----BEGIN") => {
                migration.find(&of(name), Verdict::None, format!("write it to a file and name that in {option}"));
            }
            Some(prefix) if name == "prefix" => migration.take(&of(name), option, format!("{prefix}:")),
            Some(value) => migration.take(&of(name), option, value),
            None => {}
        }
    }
    for (name, verdict, note) in APART {
        if at(theirs, &of(name)).is_some() {
            migration.find(&of(name), verdict, note);
        }
    }
    let known = |path: &String, migration: &Migration| migration.findings.iter().any(|it| it.option == *path);
    let fields = at(theirs, "engine.redis").and_then(Value::as_object).into_iter().flatten();
    for (name, _) in fields.filter(|(_, value)| !value.is_object() && !is_nothing(value)) {
        if !known(&of(name), migration) {
            migration.find(&of(name), Verdict::NotNeeded, "a node's connections to its broker are its own (broker.*)");
        }
    }
}

/// Percent-encodes a part of a URL.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
