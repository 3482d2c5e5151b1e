//! What credentials say of a sender beside who it is, and the reserved types by which sessions come and go.
//!
//! It stands under `hub`, where nothing that a client writes can stand: of a publication in the envelope's `meta`, of
//! somebody who is there in what it shows of itself.

use super::envelope::Envelope;

/// The type of what tells, in no log, that a session joined a channel whose sessions are announced one by one.
pub const CAME: &str = "@@hub/came";
/// The type of what tells that it left.
pub const GONE: &str = "@@hub/gone";

/// What such a text begins with, and no text of a client's.
const UNDER: &str = "{\"hub\":";

/// An object with what credentials say, as it is kept.
pub fn sender(info: &str) -> String {
    format!("{UNDER}{info}}}")
}

/// The object behind a text that [`sender`] wrote; `None`: it is a client's.
pub fn of_sender(text: &str) -> Option<&str> {
    text.strip_prefix(UNDER)?.strip_suffix('}')
}

impl<'a> Envelope<'a> {
    /// What its client wrote as `meta`.
    pub fn meta_of_client(&self) -> Option<&'a str> {
        self.meta.filter(|meta| of_sender(meta).is_none())
    }

    /// What the credentials of its client say of it.
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
