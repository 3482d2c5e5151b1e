//! `PUT /v1/users/{user}/profile`: the profile of a user.

use crate::http::body::Body;
use crate::http::failure::Failure;
use crate::http::path::At;
use crate::http::responses::{Bare, Nothing};
use crate::http::state::HttpState;
use actix_web::web;
use hubwire_protocol::{ErrorCode, MemberState, Profile, UserId};
use serde::Deserialize;

/// The new profile of a user. `{}` removes the profile.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewProfile {
    /// The name to show, without control characters.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(schema_with = "name"))]
    name: Option<Option<String>>,
    /// Data of the application, at most 1,024 bytes as JSON.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(schema_with = "hubwire_protocol::schema::nullable_object"))]
    meta: Option<Option<MemberState>>,
}

/// Replaces the profile; `{}` removes it.
pub async fn replace(
    state: web::Data<HttpState>,
    At(user): At<UserId>,
    Body(NewProfile { name, meta }): Body<NewProfile>,
) -> Result<Nothing, Failure> {
    let profile = Profile::new(name.flatten().as_deref(), meta.flatten())
        .map_err(|error| Failure::new(ErrorCode::BadPayload, error.to_string()))?;
    state.cluster.set_profile(user, profile).await?;
    Ok(Bare)
}

#[cfg(feature = "schema")]
fn name(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let text = schemars::json_schema!({
        "type": "string",
        "minLength": 1,
        "maxLength": hubwire_protocol::profile::NAME_CHARS_MAX,
        "pattern": r"^[^\x00-\x1f\x7f-\x9f]*$",
    });
    schemars::json_schema!({ "oneOf": [text, { "type": "null" }] })
}
