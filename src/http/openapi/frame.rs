//! The parts of the document that describe the API as a whole.

use super::route::{Listener, Route, Shows};
use serde_json::{json, Value};

const ABOUT: &str = "\
A node has two listeners. The public one serves sockets and the ticket exchange; the internal one serves the server \
API, health and metrics, and is meant for your own network only. Sockets are described in `protocol.md`.";

/// The document without its routes and schemas.
pub fn frame() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "hubwire HTTP API",
            "version": "1",
            "summary": "Tickets for clients; publishing, sessions, presence and operation for servers.",
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [
            { "url": "http://127.0.0.1:8080", "description": "public listener" },
            { "url": "http://127.0.0.1:8081", "description": "internal listener" },
        ],
        "tags": [
            { "name": tag(Listener::Public), "description": "On the public listener." },
            { "name": tag(Listener::Keyed), "description": "On the internal listener, with an API key." },
            {
                "name": tag(Listener::Open),
                "description": "On the internal listener, without a key; for probes and scrapers.",
            },
        ],
    })
}

/// The tag of a listener.
pub fn tag(listener: Listener) -> &'static str {
    match listener {
        Listener::Public => "public",
        Listener::Keyed => "server",
        Listener::Open => "operation",
    }
}

/// The credentials that a route needs.
pub fn security(route: &Route) -> Value {
    match (route.listener, route.shows) {
        (Listener::Keyed, _) => json!([{ "apiKey": [] }, { "apiKeyBearer": [] }]),
        (_, Shows::Nothing) => json!([]),
        (_, Shows::Token) => json!([{ "token": [] }]),
        (_, Shows::TokenIfAny) => json!([{ "token": [] }, {}]),
        (_, Shows::StreamKey) => json!([{ "streamKey": [] }]),
    }
}

/// The kinds of credentials.
pub fn security_schemes() -> Value {
    json!({
        "streamKey": { "type": "http", "scheme": "bearer", "description": "The `key` of the stream's first event." },
        "token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A user's token, on the public listener.",
        },
        "apiKey": { "type": "apiKey", "in": "header", "name": "X-Api-Key" },
        "apiKeyBearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "The API key, on the internal listener.",
        },
    })
}
