//! JSON Schemas of the types that are one text on the wire, for the documents. Everything else derives its schema.

use crate::rpc::Json;
use crate::schema::{address, Kind, ID, SESSION};
use crate::{
    Address, ChannelPath, CloseCode, DeviceClass, DeviceId, ErrorCode, Incarnation, MemberState, OrgId, Position,
    SessionId, TeamId, UserId,
};
use schemars::{json_schema, JsonSchema, Schema, SchemaGenerator};
use std::borrow::Cow;

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
