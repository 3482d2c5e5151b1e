//! `POST /v1/users/{user}/erase`: removes all stored data of a user, for a data protection request.

use super::user;
use crate::http::failure::Failure;
use crate::http::state::HttpState;
use actix_web::{web, HttpResponse};
use hubwire_actors::backend::Erased;
use hubwire_protocol::CloseCode;
use serde_json::json;

/// Closes the user's sessions, removes its data, and answers with the counts.
pub async fn erase(state: web::Data<HttpState>, path: web::Path<String>) -> Result<HttpResponse, Failure> {
    let user = user(&path)?;
    // first, so that no session stores anything afterwards
    let sessions = state.cluster.disconnect(user.clone(), CloseCode::Forbidden).await?;
    let Erased { publications, devices, others } = state.cluster.erase(user.clone()).await?;
    Ok(HttpResponse::Ok().json(json!({
        "user": user,
        "sessions": sessions,
        "publications": publications,
        "devices": devices,
        "others": others,
    })))
}
