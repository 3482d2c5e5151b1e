//! The AsyncAPI document of the socket: messages whose payloads are the types that the node reads and writes, in frames
//! whose shape stands here.

mod asked;
mod message;
mod meta;
mod operations;
mod told;

use crate::description::schema::{refer_to_names, Schemas};
use message::{reference, Message, Meta, Payload};
use serde_json::{json, Map, Value};

const ABOUT: &str = "\
The socket of a node: what a client sends and hears. `protocol.md` is the manual, with the order of things and the \
state machine of a client; this document has the shape of every action. The payloads are those of the types of the \
node, and tests hold the document to the golden vectors.

Each message is one frame: text with subprotocol `hubwire.v1.json` (and without one), the same as MessagePack in a \
binary frame with `hubwire.v1.msgpack`. A client may send an array of up to 64 actions in one frame. Clients ignore \
fields they do not know; a node refuses them.";

const SOCKET: &str = "One per session. Credentials come with the handshake, or as `@@hub/auth` in the first frame.";

/// The document.
pub fn document() -> Value {
    let mut schemas = Schemas::of_a_socket();
    let asked = asked::messages(&mut schemas);
    let told = told::messages(&mut schemas);
    let mut messages: Map<String, Value> = Map::new();
    for (message, is_asked) in asked.iter().map(|it| (it, true)).chain(told.iter().map(|it| (it, false))) {
        let former = messages.insert(message.id.to_owned(), described(message, is_asked));
        assert!(former.is_none(), "two messages are called {}", message.id);
    }
    let in_channel = |id: &String| (id.clone(), json!({ "$ref": format!("#/components/messages/{id}") }));
    let of_channel: Map<String, Value> = messages.keys().map(in_channel).collect();
    meta::add_to(&mut schemas);
    let mut document = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "hubwire.v1",
            "version": "1",
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "defaultContentType": "application/json",
        "servers": { "node": {
            "host": "127.0.0.1:8080",
            "protocol": "ws",
            "description": "The public listener of a node, or the load balancer in front of several.",
        } },
        "channels": { "socket": {
            "address": "/ws",
            "title": "The socket",
            "description": SOCKET,
            "bindings": { "ws": meta::handshake() },
            "messages": of_channel,
        } },
        "operations": operations::operations(),
        "components": { "messages": messages, "schemas": schemas.definitions() },
    });
    refer_to_names(&mut document);
    document
}

/// A node refuses what it does not know; a client ignores it.
fn described(message: &Message, is_asked: bool) -> Value {
    let Message { id, kind, summary, payload, meta, example } = message;
    let mut required = vec!["type"];
    let mut properties = Map::new();
    properties.insert("type".into(), kind.map_or_else(|| reference("Type"), |kind| json!({ "const": kind })));
    let payload = match payload {
        Payload::Needed(payload) => {
            required.push("payload");
            payload.clone()
        }
        Payload::Optional(payload) => or_null(payload.clone()),
        Payload::Any => json!(true),
    };
    properties.insert("payload".into(), payload);
    if is_asked {
        properties.insert("error".into(), json!({ "type": "boolean" }));
    }
    match meta {
        Meta::Optional(name) => properties.insert("meta".into(), reference(name)),
        Meta::Needed(name) => {
            required.push("meta");
            properties.insert("meta".into(), reference(name))
        }
        Meta::None => None,
    };
    if *id == "error" {
        required.push("error");
        properties.insert("error".into(), json!({ "const": true }));
    } else if *id == "publication" {
        properties.insert("error".into(), json!({ "type": "boolean" }));
    }
    let mut shape = json!({ "type": "object", "required": required, "properties": properties });
    if is_asked {
        shape["additionalProperties"] = json!(false);
    }
    let mut described = json!({ "name": kind.unwrap_or(id), "summary": summary, "payload": shape });
    if let Some(example) = example {
        described["examples"] = json!([{ "payload": example }]);
    }
    described
}

fn or_null(mut schema: Value) -> Value {
    if schema["type"] == "object" {
        schema["type"] = json!(["object", "null"]);
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::description::{written, yaml};

    const COMMENT: &str = "made from the types of protocol/src and src/description/asyncapi; \
                           `UPDATE_DOCS=1 cargo test --workspace --all-features --lib asyncapi` writes it anew";

    #[test]
    fn the_asyncapi_document_is_what_the_types_say() {
        written::assert_current("docs/asyncapi.yaml", &yaml::document(COMMENT, &document()));
    }
}
