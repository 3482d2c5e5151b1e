//! Something that the application does for a connection.

use crate::channel_options::ProvideToken;
use serde_json::Value;

/// See the module.
pub enum Errand {
    /// A token for the channel of a membership.
    Token {
        /// Which.
        membership: u64,
        /// Its provider.
        provider: ProvideToken,
    },
    /// The application's servers ask this session.
    Call {
        /// What the reply names.
        call: Value,
        /// What is asked.
        method: String,
        /// With what.
        params: Value,
    },
}
