//! The keys that the applications under test accept.

use crate::config::Secret;

/// The API key the applications accept.
pub const KEY: &str = "the-key";
/// A key with the scope `read` alone.
pub const READER: &str = "a key that may only read";

/// The scopes that open routes.
pub const SCOPES: [&str; 6] = ["read", "publish", "tickets", "members", "sessions", "operate"];

/// The key with this scope alone.
pub fn only(scope: &str) -> String {
    format!("a key that may {scope} and no more")
}

/// The keys of the applications: one of each scope, and those that other tests use.
pub fn keys() -> Vec<Secret> {
    let of_scopes = SCOPES.iter().map(|scope| format!("@{scope}:{scope}:{}", only(scope)));
    let others = [KEY.to_owned(), format!("@reader:read:{READER}")];
    of_scopes.chain(others).map(|entry| Secret::from(entry.as_str())).collect()
}
