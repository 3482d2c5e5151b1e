//! What stands in every frame beside the payload: the type, and `meta` with its `hub`. Both codecs read and write it by
//! hand, so its shape stands here, and the golden vectors hold it to what they do.

use super::message::reference;
use crate::description::schema::Schemas;
use hubwire_protocol::schema::{address, printable, Kind};
use hubwire_protocol::{Address, DeviceClass, Position, UserId, EXCEPT_MAX};
use schemars::SchemaGenerator;
use serde_json::{json, Map, Value};

/// The parameters of the handshake.
pub(super) fn handshake() -> Value {
    json!({
        "method": "GET",
        "query": { "type": "object", "properties": {
            "ticket": { "type": "string", "description": "A one-time ticket." },
            "device": reference("Id"),
            "ping": { "const": "text", "description": "The node pings with `@@hub/ping` instead of WebSocket pings." },
            "hold": { "const": "true", "description": "The node sends nothing before `@@hub/resume` or `@@hub/live`." },
            "user": { "type": "string", "description": "In development only." },
        } },
        "headers": { "type": "object", "properties": {
            "Authorization": { "type": "string", "description": "`Bearer` and a JSON Web Token." },
            "Sec-WebSocket-Protocol": { "type": "string", "examples": ["hubwire.v1.json", "hubwire.v1.msgpack"] },
        } },
    })
}

/// Adds the shapes of frames to those of payloads.
pub(super) fn add_to(schemas: &mut Schemas) {
    let (id, position) = (schemas.read::<UserId>(), schemas.read::<Position>());
    let to = schemas.read::<Address>();
    let action_id = reference("ActionId");
    schemas.add("Type", type_of_application());
    schemas.add("ActionId", action_id_schema());
    schemas.add("ChannelAddress", address(&[Kind::Channel], "ch:acme/order/1842").to_value());

    let hub = asked(schemas);
    let of = |hub: Value| {
        let about =
            "Anything of the application beside `hub`; what a client sends as `from`, `pos`, `ts`, `session` or `re` \
                     is discarded.";
        json!({ "type": "object", "description": about, "properties": { "hub": hub } })
    };
    schemas.add("Asked", of(closed(hub.clone(), &[])));
    schemas.add("AskedOfAddress", needing_hub(of(closed(hub.clone(), &["to"]))));
    let mut of_channel = hub;
    of_channel.insert("to".into(), reference("ChannelAddress"));
    schemas.add("AskedOfChannel", needing_hub(of(closed(of_channel, &["to"]))));

    let answer = json!({ "re": action_id, "to": to });
    schemas.add("Answer", needing_hub(json!({ "properties": { "hub": open(&answer, &[]) } })));
    schemas.add("AnswerOfAddress", needing_hub(json!({ "properties": { "hub": open(&answer, &["to"]) } })));
    let published = json!({
        "to": to,
        "pos": position,
        "id": action_id,
        "from": id,
        "ts": time(),
        "ephemeral": { "const": true },
    });
    let published = needing_hub(json!({
        "additionalProperties": true,
        "properties": { "hub": open(&published, &["to", "ts"]) },
    }));
    schemas.add("Published", published);
    let passing = json!({ "to": to, "ts": time(), "ephemeral": { "const": true } });
    schemas.add("Passing", needing_hub(json!({ "properties": { "hub": open(&passing, &["to", "ts"]) } })));
    schemas.add("Free", json!({ "type": "object" }));
}

/// What a client says in `meta.hub`.
fn asked(schemas: &mut Schemas) -> Map<String, Value> {
    let class = schemas.read::<DeviceClass>();
    let fields = json!({
        "to": reference("Address"),
        "id": reference("ActionId"),
        "ephemeral": { "type": "boolean", "description": "Skip the log." },
        "except": {
            "type": "array",
            "maxItems": EXCEPT_MAX,
            "description": "Users of the channel who do not get it.",
            "items": reference("Id"),
        },
        "select": {
            "description": "Which sessions of the user are told.",
            "oneOf": [
                { "enum": ["all", "one", "others"] },
                {
                    "type": "object",
                    "required": ["device_class"],
                    "additionalProperties": false,
                    "properties": { "device_class": class },
                },
            ],
        },
        "from": true,
        "pos": true,
        "ts": true,
        "session": true,
        "re": true,
    });
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn closed(fields: Map<String, Value>, required: &[&str]) -> Value {
    let mut hub = json!({ "type": "object", "additionalProperties": false, "properties": fields });
    if !required.is_empty() {
        hub["required"] = json!(required);
    }
    hub
}

fn open(fields: &Value, required: &[&str]) -> Value {
    let mut hub = json!({ "type": "object", "properties": fields });
    if !required.is_empty() {
        hub["required"] = json!(required);
    }
    hub
}

fn needing_hub(mut meta: Value) -> Value {
    meta["type"] = json!("object");
    meta["required"] = json!(["hub"]);
    meta
}

fn time() -> Value {
    json!({ "type": "integer", "minimum": 0, "description": "When it was stored, Unix milliseconds." })
}

fn type_of_application() -> Value {
    json!({
        "type": "string",
        "description": "At most 128 bytes, no control characters; those that begin with `@@hub/` are the protocol's.",
        "minLength": 1,
        "pattern": r"^(?!@@hub/)[^\u0000-\u001f\u007f-\u009f]+$",
    })
}

fn action_id_schema() -> Value {
    let mut schema = printable(&mut SchemaGenerator::default()).to_value();
    schema["description"] = json!("Idempotency key and correlation id of an action, at most 64 bytes.");
    schema
}
