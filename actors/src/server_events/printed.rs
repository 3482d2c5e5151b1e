//! Events in the form that the application receives.

use crate::backend::StoredEvent;
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::{publication_json, Position};
use serde_json::{json, Map, Value};

/// An event as JSON: `id`, `ts`, and its fields. A publication has the form in which clients receive it.
pub fn printed(partition: u8, event: &StoredEvent) -> Value {
    let mut object = Map::new();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    // its former id if it was a dead letter, otherwise a new one
    let id = event.field("id").map_or_else(|| format!("{partition}-{}", event.place), |id| text(id));
    let ts = id.split('-').nth(1).and_then(|ms| ms.parse::<u64>().ok());
    object.insert("id".into(), json!(id));
    object.insert("ts".into(), json!(ts));
    for (name, value) in &event.fields {
        match name.as_str() {
            "id" | "partition" => {}
            "envelope" => drop(object.insert("publication".into(), publication(event, value))),
            name => drop(object.insert(name.into(), json!(text(value)))),
        }
    }
    Value::Object(object)
}

/// `null` when a newer node stored it and this one cannot read it: `pos` has its position.
fn publication(event: &StoredEvent, envelope: &[u8]) -> Value {
    let pos: Option<Position> =
        event.field("pos").and_then(|pos| std::str::from_utf8(pos).ok()).and_then(|pos| pos.parse().ok());
    let Ok(envelope) = Envelope::decode(envelope) else { return Value::Null };
    let text = publication_json(&envelope, pos);
    serde_json::from_slice(&text).unwrap_or(Value::Null)
}

/// The body of a batch.
pub(super) fn batch(partition: u8, events: &[StoredEvent]) -> Vec<u8> {
    let events: Vec<Value> = events.iter().map(|event| printed(partition, event)).collect();
    // these values always serialize
    serde_json::to_vec(&json!({ "events": events })).unwrap_or_default()
}
