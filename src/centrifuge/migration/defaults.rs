//! Options that a configuration does not set, whose defaults are other ones here: clients are to find what they found.

use super::outcome::{Migration, Verdict};
use super::value::{at, is_on};
use serde_json::Value;

const DEFAULTS: [(&str, &str, i64); 3] = [
    ("client.channel_limit", "limits.channels_max", 128),
    ("client.history_max_publication_limit", "streams.history_max", 300),
    ("client.user_connection_limit", "sessions.max_sessions", 0),
];

pub(super) fn migrate(migration: &mut Migration, theirs: &Value) {
    for (path, option, value) in DEFAULTS.into_iter().filter(|(path, ..)| at(theirs, path).is_none()) {
        migration.set(option, value);
        migration.find(path, Verdict::Taken, format!("{option}; {value} where nothing is said"));
    }
    let is_there = |path: &str| at(theirs, path).is_some();
    if !["http_server.address", "http_server.port"].into_iter().any(is_there) {
        migration.set("listen.public", "0.0.0.0:8000");
        migration.find("http_server.port", Verdict::Taken, "listen.public; 8000 where nothing is said");
    }
    if is_there("http_api.key") && !is_there("http_server.internal_port") && !is_on(theirs, "http_api.disabled") {
        migration.set("centrifuge.public_api", true);
        migration.find("http_server.internal_port", Verdict::Taken, "centrifuge.public_api, as there is none");
    }
    if is_there("client.token") {
        migration.set("auth.require_expiry", false);
        migration.find(
            "client.token (claim exp)",
            Verdict::Taken,
            "auth.require_expiry; false, as a token may have no `exp` there",
        );
    }
}
