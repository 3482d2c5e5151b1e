//! `POST /v1/publish`: one publication, or an array of them with an answer per item. If `to` is a list, there is an
//! answer per address.

use super::publication::{self, Addressed, ADDRESSES_MAX};
use crate::auth::api_key::ApiKey;
use crate::http::body::JsonText;
use crate::http::failure::Failure;
use crate::http::state::HttpState;
use actix_web::{web, HttpRequest, HttpResponse};
use futures_util::future::join_all;
use hubwire_actors::node::ServerPublish;
use hubwire_protocol::ErrorCode;
use serde_json::{json, value::RawValue, Value};

/// Publishes and answers with the ack, or with `{"results":[…]}`: an ack or an error per address or item, in order.
pub async fn publish(
    state: web::Data<HttpState>,
    request: HttpRequest,
    api_key: web::ReqData<ApiKey>,
    body: JsonText,
) -> Result<HttpResponse, Failure> {
    let key = idempotency_key(&request)?;
    let traceparent = request.headers().get("traceparent").and_then(|value| value.to_str().ok());
    let read = |text: &str, key| {
        let mut addressed = publication::parse(text, key, api_key.name.clone(), &state.limits.load())?;
        addressed.publications.iter_mut().for_each(|one| one.traceparent = traceparent.map(str::to_owned));
        Ok::<_, Failure>(addressed)
    };
    if !body.0.trim_start().starts_with('[') {
        let Addressed { mut publications, is_list } = read(&body.0, key.as_deref())?;
        if is_list {
            return Ok(HttpResponse::Ok().json(results(&state, publications).await));
        }
        return Ok(HttpResponse::Ok().json(state.cluster.publish(publications.swap_remove(0)).await?));
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
    let items: Vec<Result<Addressed, Failure>> = items.into_iter().map(|item| read(item.get(), None)).collect();
    let listed = items.iter().flatten().filter(|item| item.is_list).map(|item| item.publications.len()).sum::<usize>();
    if listed > ADDRESSES_MAX {
        let message = format!("the lists in one request name {listed} addresses; at most {ADDRESSES_MAX} are taken");
        return Err(Failure::new(ErrorCode::TooMany, message));
    }
    // polled in order, so that items for one address are stored in order
    let answers = join_all(items.into_iter().map(|item| answer(&state, item))).await;
    Ok(HttpResponse::Ok().json(json!({ "results": answers })))
}

async fn answer(state: &HttpState, item: Result<Addressed, Failure>) -> Value {
    match item {
        Ok(Addressed { mut publications, is_list: false }) => one(state, publications.swap_remove(0)).await,
        Ok(Addressed { publications, is_list: true }) => results(state, publications).await,
        Err(failure) => json!({ "error": failure.text(&failure.to_string()) }),
    }
}

async fn results(state: &HttpState, publications: Vec<ServerPublish>) -> Value {
    let results = join_all(publications.into_iter().map(|publication| one(state, publication))).await;
    json!({ "results": results })
}

async fn one(state: &HttpState, publication: ServerPublish) -> Value {
    match state.cluster.publish(publication).await {
        Ok(ack) => json!(ack),
        Err(refusal) => {
            let failure = Failure::from(refusal);
            json!({ "error": failure.text(&failure.to_string()) })
        }
    }
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Failure> {
    let Some(value) = request.headers().get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(text) if !text.is_empty() => Ok(Some(text.to_owned())),
        _ => Err(Failure::new(ErrorCode::BadPayload, "Idempotency-Key must be printable ASCII")),
    }
}
