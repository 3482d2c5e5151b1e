//! What a sender's credentials state beyond its identity, and the reserved types that announce sessions.
//!
//!  This is stored under the key `hub`, which clients cannot set: in the envelope's `meta` for a publication, in the
//!  member state for a session that is present.

use super::envelope::Envelope;

/// The type of the ephemeral announcement that a session joined a channel whose sessions are announced one by one.
pub const CAME: &str = "@@hub/came";
/// The type of the announcement that it left.
pub const GONE: &str = "@@hub/gone";

/// The prefix of such a text; no text of a client starts with it.
const UNDER: &str = "{\"hub\":";

/// Wraps what the credentials state for storage.
pub fn sender(info: &str) -> String {
    format!("{UNDER}{info}}}")
}

/// The object in a text that [`sender`] wrote; `None` if the text is a client's.
pub fn of_sender(text: &str) -> Option<&str> {
    text.strip_prefix(UNDER)?.strip_suffix('}')
}

impl<'a> Envelope<'a> {
    /// The `meta` that the client set.
    pub fn meta_of_client(&self) -> Option<&'a str> {
        self.meta.filter(|meta| of_sender(meta).is_none())
    }

    /// What the client's credentials state.
    pub fn sender(&self) -> Option<&'a str> {
        self.meta.and_then(of_sender)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_wrote_is_told_from_what_a_client_wrote() {
        let written = sender(r#"{"conn_info":1}"#);
        assert_eq!(of_sender(&written), Some(r#"{"conn_info":1}"#));
        for text in ["{}", r#"{"trace":"x"}"#, r#"{ "hub":{}}"#, ""] {
            assert_eq!(of_sender(text), None, "{text}");
        }
    }
}
