//! Proves that a request comes from a node: `X-Hubwire-Signature: t=<Unix seconds>,v1=<hex>`, an HMAC-SHA256 over
//! `<t>.<body>`. The time limits replays: a recorded request soon expires.

use crate::config::Secret;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt::Write as _;

/// Name of the header.
pub const HEADER: &str = "x-hubwire-signature";

/// Signs requests with the first of the configured secrets; receivers accept the others during a rotation.
#[derive(Clone)]
pub struct Signer(Option<Secret>);

impl Signer {
    /// A signer; without a secret requests are not signed.
    pub fn new(secrets: &[Secret]) -> Self {
        Signer(secrets.first().cloned())
    }

    /// The header's value for a body; `None` without a secret.
    pub fn sign(&self, now_s: u64, body: &[u8]) -> Option<String> {
        let secret = self.0.as_ref()?;
        // HMAC takes keys of any length
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()).ok()?;
        mac.update(format!("{now_s}.").as_bytes());
        mac.update(body);
        let mut value = format!("t={now_s},v1=");
        for byte in mac.finalize().into_bytes() {
            let _ = write!(value, "{byte:02x}"); // writing to a String cannot fail
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_one_that_the_python_client_checks() {
        // the vector of clients/python/tests/test_webhook.py
        let signer = Signer::new(&[Secret::from("k"), Secret::from("older")]);
        let expected = "t=1,v1=976cb87e4f568d1c0f03f32859e90af8597cf00b978ba37c229c97d3a15b8449";
        assert_eq!(signer.sign(1, b"x").as_deref(), Some(expected));
        assert_ne!(signer.sign(2, b"x").as_deref(), Some(expected));
        assert_eq!(Signer::new(&[]).sign(1, b"x"), None);
    }
}
