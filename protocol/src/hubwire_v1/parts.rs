//! Checks an action that did not arrive in a frame of this protocol, but will be sent in one: a publication of the
//! server API.

use super::fault::{Fault, FaultAt};
use super::json::check_value;
use super::read::check_label;
use super::{bounds, DecodeError};
use crate::{ErrorCode, Limits};

/// The parts of an action, as their sender wrote them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parts<'a> {
    /// `type`.
    pub kind: &'a str,
    /// `payload`: a JSON text.
    pub payload: Option<&'a str>,
    /// `meta` without `hub`: the JSON text of an object.
    pub meta: Option<&'a str>,
    /// `meta.hub.id`.
    pub id: Option<&'a str>,
}

impl Parts<'_> {
    /// Refuses what [`Codec::decode`](super::Codec::decode) would refuse in a JSON frame of these parts: what passes
    /// can be encoded for every client, within the limits of all.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(&self, limits: &Limits) -> Result<(), DecodeError> {
        bounds::check_bytes(self.frame_bytes(), limits)?;
        let depth_max = bounds::depth_max(limits);
        for text in [self.payload, self.meta].into_iter().flatten() {
            // it is one level below its action
            check_value(text, depth_max.saturating_sub(1)).map_err(|FaultAt { fault, .. }| match fault.code {
                ErrorCode::TooDeep => Fault::too_deep(depth_max),
                _ => fault,
            })?;
        }
        check_label("type", self.kind, limits.type_bytes_max)?;
        if let Some(id) = self.id {
            check_label("meta.hub.id", id, limits.id_bytes_max)?;
        }
        Ok(())
    }

    /// The length of the JSON frame.
    fn frame_bytes(&self) -> usize {
        let quoted = |text: &str| serde_json::Value::from(text).to_string().len();
        let around = r#"{"type":,"meta":{"hub":{}}}"#.len();
        let payload = self.payload.map_or(0, |payload| r#","payload":"#.len() + payload.len());
        let id = self.id.map_or(0, |id| r#""id":"#.len() + quoted(id));
        // its entries, after a comma
        let entries = |meta: &str| match meta.strip_prefix('{').unwrap_or(meta).trim_start() {
            "}" => 0,
            entries => entries.len(),
        };
        around + quoted(self.kind) + payload + id + self.meta.map_or(0, entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Codec;
    use proptest::prelude::*;

    /// The frame with these parts.
    fn frame(parts: &Parts<'_>) -> String {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let payload = parts.payload.map_or(String::new(), |payload| format!(r#","payload":{payload}"#));
        let id = parts.id.map_or(String::new(), |id| format!(r#""id":{}"#, text(id)));
        let entries = parts.meta.map(|meta| meta[1..].trim_start()).filter(|entries| *entries != "}");
        let meta = entries.map_or("}".to_owned(), |entries| format!(",{entries}"));
        format!(r#"{{"type":{}{payload},"meta":{{"hub":{{{id}}}{meta}}}"#, text(parts.kind))
    }

    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("1e999".to_owned()),
            Just(r#""\ud800""#.to_owned()),
            Just(r#""\ud83d\ude00""#.to_owned()),
            "[a-z ]{0,20}".prop_map(|text| format!("\"{text}\"")),
            any::<i64>().prop_map(|number| number.to_string()),
        ];
        leaf.prop_recursive(5, 16, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(", "))),
                inner.prop_map(|value| format!(r#"{{ "a": {value} }}"#)),
            ]
        })
    }

    fn object() -> impl Strategy<Value = String> {
        prop_oneof![Just("{}".to_owned()), json().prop_map(|value| format!(r#"{{"m":{value}}}"#))]
    }

    proptest! {
        #[test]
        fn parts_are_refused_as_their_frame_would_be(
            kind in "\\PC{0,12}|a\nb",
            payload in prop::option::of(json()),
            meta in prop::option::of(object()),
            id in prop::option::of("[a-z\"\n]{0,9}"),
            frame_bytes_max in 30usize..160,
        ) {
            let (payload, meta, id) = (payload.as_deref(), meta.as_deref(), id.as_deref());
            let parts = Parts { kind: &kind, payload, meta, id };
            let others = Limits { depth_max: 4, type_bytes_max: 16, id_bytes_max: 8, ..Limits::default() };
            let limits = Limits { frame_bytes_max, ..others };
            let frame = frame(&parts);
            prop_assert_eq!(parts.frame_bytes(), frame.len());
            let decoded = Codec::Json.decode(frame.as_bytes(), &limits).map(drop).map_err(|error| error.code);
            prop_assert_eq!(parts.check(&limits).map_err(|error| error.code), decoded, "{}", frame);
        }
    }
}
