//! Shapes of JSON Schema that several types of the wire have.

use schemars::{json_schema, Schema, SchemaGenerator};

/// One id, as in the grammar of `id.rs`.
pub(crate) const ID: &str = "[A-Za-z0-9_.~@+=:|%-]{1,64}";
/// A session id: a version 8 UUID in its hyphenated form.
pub(crate) const SESSION: &str = "[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

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
