//! `PUT /v1/users/{user}/profile`: the profile of a user.

use super::user;
use crate::http::body::JsonText;
use crate::http::failure::Failure;
use crate::http::fields::Fields;
use crate::http::state::HttpState;
use actix_web::{web, HttpResponse};
use hubwire_protocol::{ErrorCode, Profile};

/// Replaces the profile with `{name?, meta?}`; `{}` removes it.
pub async fn replace(
    state: web::Data<HttpState>,
    path: web::Path<String>,
    body: JsonText,
) -> Result<HttpResponse, Failure> {
    let user = user(&path)?;
    let mut fields = Fields::parse(&body.0, &["name", "meta"])?;
    let name: Option<String> = fields.take::<Option<String>>("name")?.flatten();
    let profile = Profile::new(name.as_deref(), fields.take::<Option<_>>("meta")?.flatten())
        .map_err(|error| Failure::new(ErrorCode::BadPayload, error.to_string()))?;
    state.cluster.set_profile(user, profile).await?;
    Ok(HttpResponse::NoContent().finish())
}
