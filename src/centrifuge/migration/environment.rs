//! Variables `CENTRIFUGO_…`: each stands for an option, whose value it has above that of a file.

use super::options::{self, Kind};
use serde_json::{Map, Value};

/// What its variables begin with.
pub const PREFIX: &str = "CENTRIFUGO_";

/// What Kubernetes sets for a service of that name; they are no options.
const OF_KUBERNETES: [&str; 2] = ["SERVICE_", "PORT"];

/// A variable that sets nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unread {
    /// Its name.
    pub variable: String,
    /// Why.
    pub reason: &'static str,
}

/// Sets what the variables say, and returns those that say nothing.
pub(super) fn set(theirs: &mut Value, variables: impl IntoIterator<Item = (String, String)>) -> Vec<Unread> {
    let mut variables: Vec<_> = variables.into_iter().collect();
    // a list before what stands in it
    variables.sort();
    let mut unread = Vec::new();
    for (variable, text) in variables {
        let Some(name) = variable.strip_prefix(PREFIX).filter(|_| !text.is_empty()) else { continue };
        if OF_KUBERNETES.iter().any(|begin| name.starts_with(begin)) {
            continue;
        }
        let reason = match found(theirs, options::WHOLE, name) {
            None => Some("no option of Centrifugo 6.9, or one that is newer"),
            Some((place, kind)) => match read(kind, &text) {
                Some(value) => {
                    *place = value;
                    None
                }
                None => Some("its value is not understood"),
            },
        };
        unread.extend(reason.map(|reason| Unread { variable, reason }));
    }
    unread
}

/// Where the option of that name stands, of those of a shape; what is missing on the way is made.
fn found<'a>(theirs: &'a mut Value, shape: &str, name: &str) -> Option<(&'a mut Value, Kind)> {
    for option in options::of(shape) {
        let Some(rest) = name.strip_prefix(&option.name.to_uppercase()) else { continue };
        if rest.is_empty() && !matches!(option.kind, Kind::Group(_) | Kind::Foreign) {
            return Some((entry(theirs, option.name)?, option.kind));
        }
        let Some(rest) = rest.strip_prefix('_') else { continue };
        match option.kind {
            Kind::Group(shape) if names(shape, rest) => return found(entry(theirs, option.name)?, shape, rest),
            Kind::Foreign => {
                let kind = if rest == "ENABLED" { Kind::Switch } else { Kind::Text };
                return Some((entry(entry(theirs, option.name)?, &rest.to_lowercase())?, kind));
            }
            Kind::Named(shape) => {
                let (at, rest) = named(theirs.get(option.name)?.as_array()?, rest)?;
                return found(theirs.get_mut(option.name)?.get_mut(at)?, shape, rest);
            }
            _ => {}
        }
    }
    None
}

/// Whether a shape has, or may have, the option of that name.
fn names(shape: &str, name: &str) -> bool {
    options::of(shape).iter().any(|option| {
        let Some(rest) = name.strip_prefix(&option.name.to_uppercase()) else { return false };
        match option.kind {
            Kind::Group(shape) => rest.strip_prefix('_').is_some_and(|rest| names(shape, rest)),
            Kind::Named(_) => rest.is_empty() || rest.starts_with('_'),
            Kind::Foreign => rest.starts_with('_'),
            _ => rest.is_empty(),
        }
    })
}

/// Which of a list is meant, and by what name which of its options.
fn named<'a>(list: &[Value], name: &'a str) -> Option<(usize, &'a str)> {
    list.iter().enumerate().find_map(|(at, item)| {
        let own = item.get("name")?.as_str()?.replace(['.', '-'], "_").to_uppercase();
        Some((at, name.strip_prefix(&own)?.strip_prefix('_')?))
    })
}

fn entry<'a>(theirs: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    if theirs.is_null() {
        *theirs = Value::Object(Map::new());
    }
    Some(theirs.as_object_mut()?.entry(name).or_insert(Value::Null))
}

fn read(kind: Kind, text: &str) -> Option<Value> {
    match kind {
        Kind::Switch => match text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(Value::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(Value::Bool(false)),
            _ => None,
        },
        Kind::Number => text.parse::<i64>().ok().map(Value::from),
        Kind::Json => serde_json::from_str(text).ok(),
        Kind::Named(_) => serde_json::from_str(text).ok().filter(Value::is_array),
        Kind::Text | Kind::Group(_) | Kind::Foreign => Some(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(mut theirs: Value, variables: &[(&str, &str)]) -> (Value, Vec<Unread>) {
        let variables = variables.iter().map(|(name, text)| (format!("{PREFIX}{name}"), (*text).to_owned()));
        let unread = set(&mut theirs, variables);
        (theirs, unread)
    }

    #[test]
    fn a_variable_counts_above_the_file_wherever_its_option_stands() {
        let file = json!({
            "client": { "token": { "hmac_secret_key": "of the file", "audience": "chat" } },
            "channel": { "namespaces": [{ "name": "one-two", "presence": true }, { "name": "b" }] },
        });
        let (theirs, unread) = with(
            file,
            &[
                ("CLIENT_TOKEN_HMAC_SECRET_KEY", "of the environment"),
                ("CLIENT_SUBSCRIPTION_TOKEN_ENABLED", "1"),
                ("CLIENT_ALLOWED_ORIGINS", "https://a.example.org https://b.example.org"),
                ("HTTP_SERVER_PORT", "9000"),
                ("HTTP_SERVER_TLS_CERT_PEM", "/c.pem"),
                ("CHANNEL_NAMESPACES_ONE_TWO_PRESENCE", "false"),
                ("CHANNEL_NAMESPACES_B_HISTORY_SIZE", "10"),
                ("BROKER_NATS_URL", "nats://x"),
                ("BROKER_ENABLED", "true"),
                ("PORT_8000_TCP", "tcp://10.0.0.1:8000"),
                ("SERVICE_HOST", "10.0.0.1"),
                ("LOG_LEVEL", ""),
            ],
        );
        assert_eq!(unread, []);
        let expected = json!({
            "client": {
                "token": { "hmac_secret_key": "of the environment", "audience": "chat" },
                "subscription_token": { "enabled": true },
                "allowed_origins": "https://a.example.org https://b.example.org",
            },
            "channel": {
                "namespaces": [{ "name": "one-two", "presence": false }, { "name": "b", "history_size": 10 }],
            },
            "http_server": { "port": 9000, "tls": { "cert_pem": "/c.pem" } },
            "broker": { "nats_url": "nats://x", "enabled": true },
        });
        assert_eq!(theirs, expected);
    }

    #[test]
    fn a_list_of_the_environment_may_be_changed_by_the_environment() {
        let namespaces = r#"[{"name":"chat"}]"#;
        let variables = [("CHANNEL_NAMESPACES_CHAT_JOIN_LEAVE", "t"), ("CHANNEL_NAMESPACES", namespaces)];
        let (theirs, unread) = with(Value::Null, &variables);
        assert_eq!(unread, []);
        assert_eq!(theirs, json!({ "channel": { "namespaces": [{ "name": "chat", "join_leave": true }] } }));
    }

    #[test]
    fn what_sets_nothing_is_named_without_its_value() {
        let variables = [
            ("TOKEN_HMAC_SECRET_KEY", "of version 5"),
            ("CLIENT_INSECURE", "perhaps"),
            ("CHANNEL_NAMESPACES_NOWHERE_PRESENCE", "true"),
            ("CHANNEL_NAMESPACES", "chat"),
            ("HTTP_SERVER", "x"),
        ];
        let (_, unread) = with(json!({}), &variables);
        let names: Vec<_> = unread.iter().map(|it| it.variable.strip_prefix(PREFIX).unwrap()).collect();
        assert_eq!(
            names,
            [
                "CHANNEL_NAMESPACES",
                "CHANNEL_NAMESPACES_NOWHERE_PRESENCE",
                "CLIENT_INSECURE",
                "HTTP_SERVER",
                "TOKEN_HMAC_SECRET_KEY",
            ]
        );
        assert!(unread.iter().all(|it| !it.reason.contains("perhaps")));
    }
}
