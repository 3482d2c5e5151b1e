//! W3C Trace Context: the trace of a publication, as its sender gives it in `meta.traceparent`.

use hubwire_protocol::cluster::Envelope;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

const KEY: &str = "traceparent";

/// A span, as its child spans refer to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// The id of its trace.
    pub trace: [u8; 16],
    /// Its id in the trace.
    pub span: [u8; 8],
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(borrow)]
    traceparent: Option<Cow<'a, str>>,
}

impl Context {
    /// The sender's span, if `meta` has one that is recorded.
    pub fn sampled(meta: &str) -> Option<Self> {
        if !meta.contains(KEY) {
            return None;
        }
        let meta: Meta = serde_json::from_str(meta).ok()?;
        Self::parse(&meta.traceparent?)
    }

    /// Parses `version-trace-span-flags`; `None` if it is malformed or not sampled. A later version may have further
    /// parts.
    fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split('-');
        let [version]: [u8; 1] = hex(fields.next()?)?;
        let (trace, span) = (hex(fields.next()?)?, hex(fields.next()?)?);
        let [flags]: [u8; 1] = hex(fields.next()?)?;
        let is_whole = version != 0 || fields.next().is_none();
        let is_named = trace != [0; 16] && span != [0; 8];
        let is_sampled = flags & 1 == 1;
        (version != 0xff && is_whole && is_named && is_sampled).then_some(Context { trace, span })
    }

    /// The child span in which a node accepts the publication from its sender. Every node computes the same id from the
    /// envelope, so it need not be transmitted; later versions must compute the same.
    pub fn of_publish(&self, envelope: &Envelope<'_>) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(self.trace);
        hasher.update(self.span);
        hasher.update(envelope.session.map_or([0; 16], |session| session.to_bytes()));
        hasher.update(envelope.ts.to_be_bytes());
        for part in [Some(envelope.to), envelope.from, envelope.id, Some(envelope.kind), envelope.payload] {
            // the length separates the parts
            hasher.update(part.map_or(u64::MAX, |part| part.len() as u64).to_be_bytes());
            hasher.update(part.unwrap_or_default());
        }
        let digest: [u8; 32] = hasher.finalize().into();
        let mut span = [0; 8];
        span.copy_from_slice(&digest[..8]);
        Context { trace: self.trace, span }
    }
}

/// The same `meta` with a `traceparent`, unless it has one.
pub fn with_traceparent(meta: Option<&str>, traceparent: &str) -> Option<String> {
    let has_one = |meta: &str| serde_json::from_str::<Meta>(meta).is_ok_and(|meta| meta.traceparent.is_some());
    if meta.is_some_and(|meta| meta.contains(KEY) && has_one(meta)) || !is_wellformed(traceparent) {
        return None;
    }
    let rest = meta.and_then(|meta| meta.trim().strip_prefix('{')).unwrap_or("}").trim_start();
    let comma = if rest.starts_with('}') { "" } else { "," };
    Some(format!(r#"{{"{KEY}":"{traceparent}"{comma}{rest}"#))
}

/// Whether a header can be inserted into JSON unescaped; the JSON parser checks the rest.
fn is_wellformed(traceparent: &str) -> bool {
    const LONGEST: usize = 128;
    let is_character = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    !traceparent.is_empty() && traceparent.len() <= LONGEST && traceparent.bytes().all(is_character)
}

/// Parses lower-case hexadecimal of exactly this many bytes.
fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn sampled(traceparent: &str) -> Option<Context> {
        Context::sampled(&format!(r#"{{"x":1,"traceparent":"{traceparent}"}}"#))
    }

    fn envelope() -> Envelope<'static> {
        Envelope {
            to: "ch:acme/order/1",
            from: Some("u1"),
            session: None,
            id: Some("k1"),
            ts: 7,
            kind: "order/changed",
            payload: Some("1"),
            error: None,
            meta: None,
            narrowed: None,
        }
    }

    #[test]
    fn only_a_wellformed_and_sampled_traceparent_counts() {
        let context = sampled(SAMPLED).unwrap();
        assert_eq!((context.trace[0], context.span[7]), (0x0a, 0x31));
        assert_eq!(sampled(&format!("01{}-and-more", &SAMPLED[2..])), Some(context), "a later version");
        for other in [
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b71692033é-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "",
        ] {
            assert_eq!(sampled(other), None, "{other:?}");
        }
        assert_eq!(Context::sampled(r#"{"traceparent":7}"#), None);
        assert_eq!(Context::sampled(r#"{"note":"no traceparent"}"#), None);
    }

    // nodes of two versions in one cluster compute it
    #[test]
    fn the_span_of_a_publication_never_changes() {
        let sender = sampled(SAMPLED).unwrap();
        let publish = sender.of_publish(&envelope());
        assert_eq!(publish.trace, sender.trace);
        assert_eq!(u64::from_be_bytes(publish.span), 0x5df1_34e8_f9a7_5788);
        // a request to two addresses has one span for each
        let other = Envelope { to: "ch:acme/order/2", ..envelope() };
        assert_ne!(sender.of_publish(&other).span, publish.span);
    }

    #[test]
    fn a_header_becomes_the_traceparent_of_meta_that_has_none() {
        let with = |meta| with_traceparent(meta, SAMPLED);
        assert_eq!(with(None).unwrap(), format!(r#"{{"traceparent":"{SAMPLED}"}}"#));
        assert_eq!(with(Some("{ }")).unwrap(), format!(r#"{{"traceparent":"{SAMPLED}"}}"#));
        let more = with(Some(r#"{"note":"traceparent"}"#)).unwrap();
        assert_eq!(more, format!(r#"{{"traceparent":"{SAMPLED}","note":"traceparent"}}"#));
        assert!(Context::sampled(&more).is_some());
        assert_eq!(with(Some(&more)), None);
        assert_eq!(with_traceparent(None, "\",\"hub\":{"), None);
    }
}
