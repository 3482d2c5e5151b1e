//! A text that must not be seen.

use std::fmt;

/// Holds a secret; nothing prints it, and code that needs it says so by [`Secret::reveal`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Secret of tokens and key of the server API on a node in development mode that was given none.
    pub const OF_DEVELOPMENT: &str = "dev";

    /// Whether it is a text that a reader of documents was to replace.
    pub fn is_placeholder(&self) -> bool {
        const SIGNS: &[&str] = &["<", "${", "$(", "change me", "changeme", "change-me", "change_me", "placeholder"];
        const SENTENCES: &[&str] = &["your tokens", "your servers", "your secret", "your-secret", "your_secret"];
        let text = self.0.to_ascii_lowercase();
        SIGNS.iter().chain(SENTENCES).any(|sign| text.contains(sign))
    }

    /// The secret itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Secret(text.to_string())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
