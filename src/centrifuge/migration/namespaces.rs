//! Migrates namespaces: each becomes a line of `centrifuge.namespaces`, and its retention one of `streams.retention`.

use super::outcome::{Migration, Verdict};
use super::value::{as_text, is_nothing, milliseconds};
use serde_json::{Map, Value};

/// Options that map to words of a namespace. If several map to one word, any of them is enough.
const WORDS: [(&str, &str); 16] = [
    ("allow_subscribe_for_client", "subscribe"),
    ("allow_publish_for_client", "publish"),
    ("allow_publish_for_subscriber", "publish"),
    ("allow_presence_for_client", "presence"),
    ("allow_presence_for_subscriber", "presence"),
    ("join_leave", "join_leave"),
    ("force_push_join_leave", "join_leave"),
    ("allow_history_for_client", "history"),
    ("allow_history_for_subscriber", "history"),
    ("allow_positioning", "position"),
    ("force_positioning", "position"),
    ("allow_recovery", "recover"),
    ("force_recovery", "recover"),
    ("allowed_delta_types", "delta"),
    ("subscribe_proxy_enabled", "subscribe_proxy"),
    ("publish_proxy_enabled", "publish_proxy"),
];

/// The option that selects how a subscription recovers.
const MODE: &str = "force_recovery_mode";

const NOT_NEEDED: [(&str, &str); 7] = [
    ("presence", "who is there is always known; the words say who may ask"),
    ("history_meta_ttl", "positions need no data beside the log"),
    ("delta_publish", "clients that ask for deltas receive each publication as one, whoever published it"),
    ("sub_refresh_proxy_enabled", "what the proxy allows for a time it renews"),
    ("allow_user_limited_channels", "always so here"),
    ("allow_subscribe_for_anonymous", "as for everybody (centrifuge.anonymous lets them in)"),
    ("allow_publish_for_anonymous", "as for everybody (centrifuge.anonymous lets them in)"),
];

pub(super) fn migrate(migration: &mut Migration, theirs: &Value, org: &str) {
    let channel = theirs.get("channel");
    if let Some(Value::Object(options)) = channel.and_then(|it| it.get("without_namespace")) {
        namespace(migration, "channel.without_namespace", "*", org, options);
    }
    let named = channel.and_then(|it| it.get("namespaces")).and_then(Value::as_array).into_iter().flatten();
    for options in named.filter_map(Value::as_object) {
        let name = options.get("name").and_then(as_text).unwrap_or_default();
        namespace(migration, &format!("channel.namespaces.{name}"), &name, org, options);
    }
    // handled one by one, and not again
    for path in ["channel.without_namespace", "channel.namespaces"] {
        migration.find(path, Verdict::Taken, "centrifuge.namespaces");
    }
}

fn namespace(migration: &mut Migration, path: &str, name: &str, org: &str, options: &Map<String, Value>) {
    let mut words: Vec<&str> = Vec::new();
    let is_set = |name: &str| options.get(name).is_some_and(|value| !is_nothing(value));
    for (option, word) in WORDS.into_iter().filter(|(option, _)| is_set(option)) {
        if !words.contains(&word) {
            words.push(word);
        }
        migration.find(&format!("{path}.{option}"), Verdict::Taken, format!("centrifuge.namespaces: {word}"));
    }
    let path_of_mode = format!("{path}.{MODE}");
    match options.get(MODE).and_then(Value::as_str) {
        Some("cache") => {
            words.push("cache");
            migration.find(&path_of_mode, Verdict::Taken, "centrifuge.namespaces: cache");
        }
        Some("stream") => migration.find(&path_of_mode, Verdict::NotNeeded, "what was missed is recovered"),
        Some(mode) => migration.find(&path_of_mode, Verdict::None, format!("no recovery is like it ({mode})")),
        None => {}
    }
    let entry = [name, org].into_iter().chain(words).collect::<Vec<_>>().join(" ");
    migration.add("centrifuge.namespaces", entry);
    kept(migration, path, name, org, options);
    for (option, value) in options.iter().filter(|(_, value)| !is_nothing(value)) {
        let known = ["name", "history_size", "history_ttl", MODE].contains(&option.as_str());
        if known || WORDS.iter().any(|(word, _)| word == option) {
            continue;
        }
        let path = format!("{path}.{option}");
        match NOT_NEEDED.iter().find(|(name, _)| name == option) {
            Some((_, note)) => migration.find(&path, Verdict::NotNeeded, *note),
            None => migration.find(&path, Verdict::None, format!("a namespace has nothing like it ({value})")),
        }
    }
}

/// The retention of a namespace's channels. Channels without a namespace share their addresses with the others, so
/// their retention is the default one of channels.
fn kept(migration: &mut Migration, path: &str, name: &str, org: &str, options: &Map<String, Value>) {
    let size = options.get("history_size").and_then(Value::as_u64).filter(|size| *size > 0);
    let age_s = options.get("history_ttl").and_then(as_text).and_then(|ttl| milliseconds(&ttl));
    let age_s = age_s.map(|ms| ms / 1000).filter(|seconds| *seconds > 0);
    let (Some(size), Some(age_s)) = (size, age_s) else { return };
    let note = if name == "*" {
        migration.set("streams.channel_count", size as i64);
        migration.set("streams.channel_age_s", age_s);
        "streams.channel_count, streams.channel_age_s"
    } else {
        migration.add("streams.retention", format!("ch:{org}/{name}/** count={size} age_s={age_s}"));
        "streams.retention"
    };
    for option in ["history_size", "history_ttl"] {
        migration.find(&format!("{path}.{option}"), Verdict::Taken, note);
    }
}
