//! A task of the application for a connection.

use crate::channel_options::ProvideToken;
use serde_json::Value;

/// See the module documentation.
pub enum Errand {
    /// Provide a token for the channel of a membership.
    Token {
        /// The membership.
        membership: u64,
        /// Its provider.
        provider: ProvideToken,
    },
    /// Answer a call by the application's servers.
    Call {
        /// The number of the call, which the reply repeats.
        call: Value,
        /// Name of the method.
        method: String,
        /// Its arguments.
        params: Value,
    },
}
