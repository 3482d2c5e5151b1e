//! `POST /v1/publish`: one publication, or an array of them with an answer per item. If `to` is a list, there is an
//! answer per address.

use super::publication::{self, Addressed, Publication, ADDRESSES_MAX};
use crate::auth::api_key::ApiKey;
use crate::http::body::{OneOrMany, TextOf};
use crate::http::failure::{Failed, Failure};
use crate::http::responses::{Done, Status};
use crate::http::state::HttpState;
use actix_web::{dev, web, FromRequest, HttpRequest};
use futures_util::future::join_all;
use hubwire_actors::node::ServerPublish;
use hubwire_protocol::event::Ack;
use hubwire_protocol::ErrorCode;
use serde::Serialize;
use serde_json::value::RawValue;
use std::future::{ready, Ready};

/// The outcome of a publication, or of several.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Outcome {
    /// The publication was stored, or delivered to the connected sessions.
    Ack(Ack),
    /// The publication was refused.
    Error(Failed),
    /// The outcomes of several publications.
    Several(Results),
}

/// An answer per address or item, in their order. The answer of an item with a list in `to` again has one answer per
/// address.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Results {
    results: Vec<Outcome>,
}

/// The headers of a publication.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Headers {
    /// The `id` of a single publication.
    #[cfg_attr(feature = "schema", schemars(rename = "Idempotency-Key", regex(pattern = "^[!-~]+$")))]
    idempotency_key: Option<String>,
    /// W3C Trace Context. It becomes `meta.traceparent` of publications whose `meta` has none.
    traceparent: Option<String>,
}

impl FromRequest for Headers {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let traceparent = request.headers().get("traceparent").and_then(|value| value.to_str().ok());
        let traceparent = traceparent.map(str::to_owned);
        ready(idempotency_key(request).map(|idempotency_key| Headers { idempotency_key, traceparent }))
    }
}

/// Publishes and answers with the ack, or with `{"results":[…]}`: an ack or an error per address or item, in order.
pub async fn publish(
    state: web::Data<HttpState>,
    api_key: web::ReqData<ApiKey>,
    Headers { idempotency_key: key, traceparent }: Headers,
    body: TextOf<OneOrMany<Publication<'static>>>,
) -> Result<Done<Outcome>, Failure> {
    let read = |text: &str, key| {
        let mut addressed = publication::parse(text, key, api_key.name.clone(), &state.limits.load())?;
        addressed.publications.iter_mut().for_each(|one| one.traceparent.clone_from(&traceparent));
        Ok::<_, Failure>(addressed)
    };
    if !body.0.trim_start().starts_with('[') {
        let Addressed { mut publications, is_list } = read(&body.0, key.as_deref())?;
        if is_list {
            return Ok(Status(results(&state, publications).await));
        }
        return Ok(Status(Outcome::Ack(state.cluster.publish(publications.swap_remove(0)).await?)));
    }
    if key.is_some() {
        let message = "Idempotency-Key is for a single publication; in an array, give each item an `id`";
        return Err(Failure::new(ErrorCode::BadPayload, message));
    }
    let items: Vec<&RawValue> =
        serde_json::from_str(&body.0).map_err(|error| Failure::new(ErrorCode::BadSyntax, error.to_string()))?;
    let max = state.limits.load().actions_max;
    if items.len() > max {
        let message = format!("{} publications in one request; at most {max} are allowed", items.len());
        return Err(Failure::new(ErrorCode::TooMany, message));
    }
    let items: Vec<Result<Addressed, Failure>> = items.into_iter().map(|item| read(item.get(), None)).collect();
    let listed = items.iter().flatten().filter(|item| item.is_list).map(|item| item.publications.len()).sum::<usize>();
    if listed > ADDRESSES_MAX {
        let message = format!("the lists in one request name {listed} addresses; at most {ADDRESSES_MAX} are allowed");
        return Err(Failure::new(ErrorCode::TooMany, message));
    }
    // polled in their order, so that items to one address are stored in it
    let results = join_all(items.into_iter().map(|item| answer(&state, item))).await;
    Ok(Status(Outcome::Several(Results { results })))
}

async fn answer(state: &HttpState, item: Result<Addressed, Failure>) -> Outcome {
    match item {
        Ok(Addressed { mut publications, is_list: false }) => one(state, publications.swap_remove(0)).await,
        Ok(Addressed { publications, is_list: true }) => results(state, publications).await,
        Err(failure) => Outcome::Error(failure.into()),
    }
}

async fn results(state: &HttpState, publications: Vec<ServerPublish>) -> Outcome {
    let results = join_all(publications.into_iter().map(|publication| one(state, publication))).await;
    Outcome::Several(Results { results })
}

async fn one(state: &HttpState, publication: ServerPublish) -> Outcome {
    match state.cluster.publish(publication).await {
        Ok(ack) => Outcome::Ack(ack),
        Err(refusal) => Outcome::Error(Failure::from(refusal).into()),
    }
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Failure> {
    let Some(value) = request.headers().get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(text) if !text.is_empty() => Ok(Some(text.to_owned())),
        _ => Err(Failure::new(ErrorCode::BadPayload, "Idempotency-Key must be printable ASCII")),
    }
}

#[cfg(all(test, feature = "schema"))]
impl crate::http::openapi::Part for Headers {
    fn describe(operation: &mut crate::http::openapi::Operation, components: &mut crate::http::openapi::Components) {
        operation.take_fields::<Headers>("header", components);
    }
}
