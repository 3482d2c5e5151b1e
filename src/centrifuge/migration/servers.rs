//! Migrates listeners, their certificates, and the log.

use super::outcome::{Migration, Verdict};
use super::value::{at, is_on, text};
use serde_json::Value;
use std::net::IpAddr;

/// Migrates the groups of options that this file handles.
pub(super) fn migrate(migration: &mut Migration, theirs: &Value) {
    for (address, port, option, ports) in [
        ("http_server.address", "http_server.port", "listen.public", 8000),
        ("http_server.internal_address", "http_server.internal_port", "listen.internal", 8081),
    ] {
        listener(migration, theirs, [address, port], option, ports);
    }
    for (group, certificate, key) in [
        ("http_server.tls", "tls.certificate", "tls.key"),
        ("http_server.internal_tls", "tls.internal_certificate", "tls.internal_key"),
    ] {
        tls(migration, theirs, group, certificate, key);
    }
    for (path, note) in [
        ("http_server.tls_autocert", "nodes read certificates again as soon as another program renews them"),
        ("http_server.http3", "there is no HTTP/3"),
        ("http_server.tls_external", "the public listener has its own certificate: tls.certificate"),
        ("pid_file", "a node writes none"),
    ] {
        if at(theirs, path).is_some_and(|group| group.get("enabled") != Some(&Value::Bool(false))) {
            migration.find(path, Verdict::None, note);
        }
    }
    log(migration, theirs);
}

fn listener(
    migration: &mut Migration,
    theirs: &Value,
    [address, port]: [&str; 2],
    option: &'static str,
    port_there: u16,
) {
    let (given, number) = (text(theirs, address), text(theirs, port));
    if given.is_none() && number.is_none() {
        return;
    }
    let here = match given.as_deref() {
        _ if option == "listen.internal" && given.is_none() => Ok("127.0.0.1".parse().unwrap_or([127, 0, 0, 1].into())),
        None => Ok(IpAddr::from([0, 0, 0, 0])),
        Some(text) => text.parse::<IpAddr>(),
    };
    let number = number.and_then(|number| number.parse().ok()).unwrap_or(port_there);
    let Ok(here) = here else {
        return migration.find(address, Verdict::None, format!("{option} needs an IP address"));
    };
    migration.set(option, std::net::SocketAddr::new(here, number).to_string());
    for path in [address, port].into_iter().filter(|path| at(theirs, path).is_some()) {
        migration.find(path, Verdict::Taken, option);
    }
}

fn tls(migration: &mut Migration, theirs: &Value, group: &str, certificate: &'static str, key: &'static str) {
    if !is_on(theirs, &format!("{group}.enabled")) {
        return;
    }
    migration.find(&format!("{group}.enabled"), Verdict::NotNeeded, "a listener with a certificate has TLS");
    for (name, option) in [("cert_pem", certificate), ("key_pem", key)] {
        for path in [format!("{group}.{name}"), format!("{group}.{name}_file")] {
            match text(theirs, &path) {
                Some(pem) if pem.contains("-----BEGIN") => {
                    migration.find(&path, Verdict::None, format!("write it to a file and name that in {option}"));
                }
                Some(file) => migration.take(&path, option, file),
                None => {}
            }
        }
    }
    for name in ["client_ca_pem", "client_ca_pem_file"] {
        let path = format!("{group}.{name}");
        match text(theirs, &path) {
            Some(file) if group.ends_with("internal_tls") && !file.contains("-----BEGIN") => {
                migration.take(&path, "tls.internal_client_authorities", file);
            }
            Some(_) => migration.find(&path, Verdict::None, "clients show no certificates, or one from a file"),
            None => {}
        }
    }
}

fn log(migration: &mut Migration, theirs: &Value) {
    let Some(level) = text(theirs, "log.level") else { return };
    let ours = match level.as_str() {
        "none" => "off",
        "fatal" => "error",
        level => level,
    };
    migration.take("log.level", "log.level", ours.to_owned());
}
