//! Advice for an operator whose broker refuses commands that the subscriptions need.

use redis::{ErrorKind, RedisError, ServerErrorKind};

/// The broker's error message; if its ACL is the cause, also the missing rule.
pub(super) fn explain(error: &RedisError, key_prefix: &str) -> String {
    match missing_rule(error, key_prefix) {
        Some(rule) => format!("NOPERM: {error}; add {rule} to the ACL of the broker's user"),
        None => error.to_string(),
    }
}

/// Whether the broker understood the command and its ACL forbade it.
pub(super) fn is_forbidden(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoPerm)
}

fn missing_rule(error: &RedisError, key_prefix: &str) -> Option<String> {
    if !is_forbidden(error) {
        return None;
    }
    // the error of a pipeline contains the messages of all its commands
    let said = error.to_string();
    Some(if said.contains("channel") {
        format!("&{key_prefix}*")
    } else if said.contains("keys") {
        format!("~{key_prefix}*")
    } else {
        // "... has no permissions to run the 'subscribe' command"
        let command = said.split('\'').nth(1).unwrap_or("@pubsub");
        format!("+{command}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(detail: &str) -> RedisError {
        RedisError::from((ErrorKind::Server(ServerErrorKind::NoPerm), "refused", detail.to_owned()))
    }

    #[test]
    fn the_missing_rule_is_named() {
        for (said, rule) in [
            ("No permissions to access a channel", "add &x:* to"),
            ("this user has no permissions to access one of the channels used as arguments", "add &x:* to"),
            ("No permissions to access a key; these keys", "add ~x:* to"),
            ("User hub has no permissions to run the 'subscribe' command", "add +subscribe to"),
        ] {
            let explained = explain(&refused(said), "x:");
            assert!(explained.contains(rule), "{explained}");
        }
        let other = RedisError::from((ErrorKind::Io, "connection closed"));
        assert_eq!(explain(&other, "x:"), other.to_string());
    }
}
