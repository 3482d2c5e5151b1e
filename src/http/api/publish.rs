//! `POST /v1/publish`: one publication, or an array of them with an answer per item.

use super::publication;
use crate::auth::api_key::ApiKey;
use crate::http::body::JsonText;
use crate::http::failure::Failure;
use crate::http::state::HttpState;
use actix_web::{web, HttpRequest, HttpResponse};
use futures_util::future::join_all;
use hubwire_protocol::event::Ack;
use hubwire_protocol::ErrorCode;
use serde_json::{json, value::RawValue, Value};

/// Publishes and answers with the ack, or with `{"results":[…]}`: an ack or an error per item, in their order.
pub async fn publish(
    state: web::Data<HttpState>,
    request: HttpRequest,
    api_key: web::ReqData<ApiKey>,
    body: JsonText,
) -> Result<HttpResponse, Failure> {
    let key = idempotency_key(&request)?;
    if !body.0.trim_start().starts_with('[') {
        let publication = publication::parse(&body.0, key.as_deref(), api_key.name.clone(), &state.limits.load())?;
        return Ok(HttpResponse::Ok().json(state.cluster.publish(publication).await?));
    }
    if key.is_some() {
        let message = "Idempotency-Key goes with one publication; in an array give each its `id`";
        return Err(Failure::new(ErrorCode::BadPayload, message));
    }
    let items: Vec<&RawValue> =
        serde_json::from_str(&body.0).map_err(|error| Failure::new(ErrorCode::BadSyntax, error.to_string()))?;
    let max = state.limits.load().actions_max;
    if items.len() > max {
        let message = format!("{} publications in one request; at most {max} are taken", items.len());
        return Err(Failure::new(ErrorCode::TooMany, message));
    }
    // polled in their order, so that items to one address are stored in it
    let results = join_all(items.into_iter().map(|item| answer(&state, &api_key, item))).await;
    Ok(HttpResponse::Ok().json(json!({ "results": results })))
}

async fn answer(state: &HttpState, api_key: &ApiKey, item: &RawValue) -> Value {
    match one(state, api_key, item).await {
        Ok(ack) => json!(ack),
        Err(failure) => json!({ "error": failure.text(&failure.to_string()) }),
    }
}

async fn one(state: &HttpState, api_key: &ApiKey, item: &RawValue) -> Result<Ack, Failure> {
    let publication = publication::parse(item.get(), None, api_key.name.clone(), &state.limits.load())?;
    Ok(state.cluster.publish(publication).await?)
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Failure> {
    let Some(value) = request.headers().get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(text) if !text.is_empty() => Ok(Some(text.to_owned())),
        _ => Err(Failure::new(ErrorCode::BadPayload, "Idempotency-Key must be printable ASCII")),
    }
}
