//! Terms shared by the dialect and its clients' endpoint.

/// Prefix of the user ids of anonymous clients; clients see an empty name instead.
pub const ANONYMOUS: &str = "anonymous:";

/// How many seconds credentials stay valid after the expiry that clients are told, because clients ask for new ones
/// when they expire, not before.
pub const EXPIRY_GRACE_S: u64 = 25;

/// The user name that clients see.
pub fn shown_user(user: &str) -> &str {
    if user.starts_with(ANONYMOUS) {
        ""
    } else {
        user
    }
}
