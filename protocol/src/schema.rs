//! JSON Schemas of the types that are one text on the wire, for the documents. Everything else derives its schema.

use crate::{
    Address, ChannelPath, CloseCode, DeviceClass, DeviceId, ErrorCode, Incarnation, MemberState, OrgId, Position, SessionId,
    TeamId, UserId,
};
use crate::rpc::Json;
use schemars::{json_schema, JsonSchema, Schema, SchemaGenerator};
use serde_json::json;
use std::borrow::Cow;

/// One id, as in the grammar of `id.rs`.
const ID: &str = "[A-Za-z0-9_.~@+=:|%-]{1,64}";
/// A session id: a version 8 UUID in its hyphenated form.
const SESSION: &str = "[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

/// The kinds of addresses.
#[derive(Clone, Copy)]
pub enum Kind {
    /// `org:<org>`
    Org,
    /// `team:<org>/<team>`
    Team,
    /// `ch:<org>/<path>`
    Channel,
    /// `user:<id>`
    User,
    /// `session:<uuid>`
    Session,
}

impl Kind {
    fn pattern(self) -> String {
        match self {
            Kind::Org => format!("org:{ID}"),
            Kind::Team => format!("team:{ID}/{ID}"),
            Kind::Channel => format!("ch:{ID}(/{ID})+"),
            Kind::User => format!("user:{ID}"),
            Kind::Session => format!("session:{SESSION}"),
        }
    }

    fn form(self) -> &'static str {
        match self {
            Kind::Org => "`org:<org>`",
            Kind::Team => "`team:<org>/<team>`",
            Kind::Channel => "`ch:<org>/<path>`",
            Kind::User => "`user:<id>`",
            Kind::Session => "`session:<uuid>`",
        }
    }
}

/// The schema of an address of one of some kinds.
pub fn address(kinds: &[Kind], example: &str) -> Schema {
    let patterns: Vec<String> = kinds.iter().map(|kind| format!("({})", kind.pattern())).collect();
    let forms: Vec<&str> = kinds.iter().map(|kind| kind.form()).collect();
    let forms = match forms.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    };
    json_schema!({
        "type": "string",
        "description": format!("{forms}. A channel's path has at most 255 bytes."),
        "pattern": format!("^({})$", patterns.join("|")),
        "examples": [example],
    })
}

/// Declares the schemas of types, by name; types of the same name share one.
macro_rules! schemas {
    ($($($kind:ident)|+ as $name:literal: $schema:expr;)+) => {
        $($(impl JsonSchema for $kind {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn schema_id() -> Cow<'static, str> {
                concat!("hubwire_protocol::", $name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        })+)+
    };
}

schemas! {
    UserId | OrgId | TeamId | DeviceId | DeviceClass as "Id": json_schema!({
        "type": "string",
        "description": "Of a user, device, organisation or team: at most 64 bytes.",
        "pattern": format!("^{ID}$"),
    });
    ChannelPath as "ChannelPath": json_schema!({
        "type": "string",
        "description": "Ids joined by `/`, at most 255 bytes.",
        "pattern": format!("^{ID}(/{ID})*$"),
    });
    Address as "Address":
        address(&[Kind::Org, Kind::Team, Kind::Channel, Kind::User, Kind::Session], "ch:acme/order/1842");
    Position as "Position": json_schema!({
        "type": "string",
        "description": "The place of a publication in its stream; `0-0` is before the first.",
        "pattern": "^(0|[1-9][0-9]{0,15})-(0|[1-9][0-9]{0,14})$",
    });
    SessionId as "SessionId": json_schema!({
        "type": "string",
        "description": "One socket, and by its id the node that holds it.",
        "pattern": format!("^{SESSION}$"),
    });
    Incarnation as "Incarnation": json_schema!({
        "type": "string",
        "description": "One life of a node's process.",
        "pattern": "^[0-9a-f]{15}$",
    });
    MemberState as "State": json_schema!({ "type": "object", "description": "What the user shows of itself." });
    ErrorCode as "ErrorCode": json_schema!({
        "type": "string",
        "enum": ErrorCode::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>(),
    });
    CloseCode as "CloseCode": json_schema!({
        "type": "integer",
        "enum": CloseCode::ALL.iter().map(|close| close.code()).collect::<Vec<_>>(),
    });
}

impl JsonSchema for Json {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Json".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "Any JSON." })
    }
}

/// A text without control characters, of at least one.
pub fn printable(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "minLength": 1, "pattern": r"^[^\x00-\x1f\x7f-\x9f]+$" })
}

/// A JSON object of the application.
pub fn object(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object" })
}

/// An object, or `null`.
pub fn nullable_object(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "oneOf": [{ "type": "object" }, { "type": "null" }] })
}

/// The name of a method.
pub fn method(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": format!("^[!-~]{{1,{}}}$", crate::rpc::METHOD_BYTES_MAX) })
}

/// `true`, or absent.
pub fn yes(_: &mut SchemaGenerator) -> Schema {
    Schema::try_from(json!({ "const": true })).unwrap_or_default()
}
