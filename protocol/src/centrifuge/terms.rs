//! Terms that the dialect and the endpoint of its clients share.

/// Prefix of the id of a user that nobody named; its clients see an empty name.
pub const ANONYMOUS: &str = "anonymous:";

/// How much longer credentials are valid than a client learns: it asks for new ones when they end, not before.
pub const EXPIRY_GRACE_S: u64 = 25;

/// The name a client sees.
pub fn shown_user(user: &str) -> &str {
    if user.starts_with(ANONYMOUS) {
        ""
    } else {
        user
    }
}
