//! The JSON form of OTLP (opentelemetry-proto 1.x): ids in hexadecimal, numbers of 64 bits as texts, enums as numbers.

use hubwire_actors::trace::{Span, Step};
use hubwire_protocol::Incarnation;
use serde::Serialize;
use serde_json::{json, Value};
use std::fmt::Write as _;

const SERVER: u8 = 2;
const CLIENT: u8 = 3;
const INTERNAL: u8 = 1;
const CONSUMER: u8 = 5;
const STATUS_ERROR: u8 = 2;

/// Attributes that all spans of a node share.
pub(super) struct Resource {
    attributes: Vec<Value>,
}

impl Resource {
    pub fn new(label: &str, incarnation: Incarnation) -> Self {
        let attributes = [
            ("service.name", "hubwire".into()),
            ("service.version", env!("CARGO_PKG_VERSION").into()),
            ("service.instance.id", incarnation.to_string()),
            ("hubwire.node", label.to_owned()),
        ];
        Resource { attributes: attributes.into_iter().map(|(key, value)| text(key, value)).collect() }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    trace_id: String,
    span_id: String,
    parent_span_id: String,
    name: &'static str,
    kind: u8,
    start_time_unix_nano: String,
    end_time_unix_nano: String,
    attributes: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Value>,
}

/// The body of a request: `ExportTraceServiceRequest`.
pub(super) fn request(resource: &Resource, spans: &[Span]) -> Vec<u8> {
    let spans: Vec<Written> = spans.iter().map(written).collect();
    let scope = json!({ "name": "hubwire", "version": env!("CARGO_PKG_VERSION") });
    let resource = json!({ "attributes": resource.attributes });
    let request =
        json!({ "resourceSpans": [{ "resource": resource, "scopeSpans": [{ "scope": scope, "spans": spans }] }] });
    request.to_string().into_bytes()
}

/// How many spans of an accepted request the collector has rejected (`partialSuccess`).
pub(super) fn rejected(answer: &[u8]) -> u64 {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let count = &answer["partialSuccess"]["rejectedSpans"];
    count.as_u64().or_else(|| count.as_str()?.parse().ok()).unwrap_or(0)
}

fn written(span: &Span) -> Written {
    let mut attributes =
        vec![text("messaging.system", "hubwire".to_owned()), text("messaging.destination.name", span.address.clone())];
    let mut status = None;
    let (name, kind) = match &span.step {
        Step::Publish { kind, outcome } => {
            attributes.push(text("hubwire.type", kind.clone()));
            match outcome {
                Ok(ack) => {
                    attributes.extend(ack.pos.map(|pos| text("messaging.message.id", pos.to_string())));
                    attributes.extend(ack.sessions.map(|count| number("hubwire.sessions", count)));
                    attributes.extend(ack.nodes.map(|count| number("hubwire.nodes", count)));
                    attributes.extend(ack.duplicate.then(|| flag("hubwire.duplicate")));
                }
                Err(code) => {
                    attributes.push(text("error.type", code.to_string()));
                    status = Some(json!({ "code": STATUS_ERROR, "message": code.to_string() }));
                }
            }
            ("publish", SERVER)
        }
        Step::Store => ("store", CLIENT),
        Step::Forward { pos } => {
            attributes.push(text("messaging.message.id", pos.to_string()));
            ("forward", CONSUMER)
        }
        Step::Deliver { pos, sessions, lagging } => {
            attributes.push(text("messaging.message.id", pos.to_string()));
            attributes.push(number("hubwire.sessions", *sessions));
            attributes.push(number("hubwire.lagging", *lagging));
            ("deliver", INTERNAL)
        }
    };
    Written {
        trace_id: hex(&span.context.trace),
        span_id: hex(&span.context.span),
        parent_span_id: hex(&span.parent),
        name,
        kind,
        start_time_unix_nano: span.start_ns.to_string(),
        // the clock may have been set back in the meantime
        end_time_unix_nano: span.end_ns.max(span.start_ns).to_string(),
        attributes,
        status,
    }
}

fn text(key: &str, value: String) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

fn number(key: &str, value: usize) -> Value {
    json!({ "key": key, "value": { "intValue": value.to_string() } })
}

fn flag(key: &str) -> Value {
    json!({ "key": key, "value": { "boolValue": true } })
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use hubwire_actors::trace::Context;
    use hubwire_protocol::ErrorCode;

    #[test]
    fn a_refused_publication_is_an_error_and_a_clock_set_back_makes_no_negative_time() {
        let context = Context { trace: [0xab; 16], span: [1; 8] };
        let step = Step::Publish { kind: "x".into(), outcome: Err(ErrorCode::Overloaded) };
        let span = Span { context, parent: [2; 8], start_ns: 9, end_ns: 5, address: "org:acme".into(), step };
        let resource = Resource::new("n1", Incarnation::from_random(7));
        let body: Value = serde_json::from_slice(&request(&resource, &[span])).unwrap();
        let written = &body["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        assert_eq!(written["traceId"], "ab".repeat(16));
        assert_eq!((&written["startTimeUnixNano"], &written["endTimeUnixNano"]), (&json!("9"), &json!("9")));
        assert_eq!(written["status"], json!({ "code": 2, "message": "overloaded" }));
    }

    #[test]
    fn a_collector_may_count_in_texts_or_numbers_or_not_at_all() {
        assert_eq!(rejected(br#"{"partialSuccess":{"rejectedSpans":"3"}}"#), 3);
        assert_eq!(rejected(br#"{"partialSuccess":{"rejectedSpans":3}}"#), 3);
        assert_eq!((rejected(b"{}"), rejected(b""), rejected(b"thanks")), (0, 0, 0));
    }
}
