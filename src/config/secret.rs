//! A string that must not be shown.

use std::fmt;

/// A secret; it is never printed, and code that needs it has to call [`Secret::reveal`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret of tokens and the key of the server API on a development node without configured ones.
    pub const OF_DEVELOPMENT: &str = "dev";

    /// Whether it is a placeholder of an example.
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
