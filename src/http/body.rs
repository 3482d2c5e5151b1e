//! A JSON body, bounded in size and time, as text.

use super::failure::Failure;
use super::state::HttpState;
use super::strict;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, UPGRADE};
use actix_web::{dev, web, FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use hubwire_protocol::ErrorCode;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// The text of a body declared as JSON.
pub(crate) struct JsonText(pub String);

/// A body of the type's shape.
pub(crate) struct Body<T>(pub T);

/// The text of a body of the type's shape, which the handler parses itself.
pub(crate) struct TextOf<T>(pub String, pub PhantomData<T>);

/// One value of a kind, or an array of them.
pub(crate) struct OneOrMany<T>(PhantomData<T>);

/// The text of a body, whatever its declared type.
pub(crate) struct AnyText(pub String);

impl FromRequest for JsonText {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, payload) = (request.clone(), web::Payload::from_request(request, payload));
        Box::pin(async move {
            declared_as_json(&request)?;
            Ok(JsonText(read(&request, payload.await.map_err(internal)?).await?))
        })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let text = JsonText::from_request(request, payload);
        Box::pin(async move { Ok(Body(strict::from_json(&text.await?.0)?)) })
    }
}

impl<T: 'static> FromRequest for TextOf<T> {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let text = JsonText::from_request(request, payload);
        Box::pin(async move { Ok(TextOf(text.await?.0, PhantomData)) })
    }
}

impl FromRequest for AnyText {
    type Error = Failure;
    type Future = LocalBoxFuture<'static, Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, payload) = (request.clone(), web::Payload::from_request(request, payload));
        Box::pin(async move { Ok(AnyText(read(&request, payload.await.map_err(internal)?).await?)) })
    }
}

async fn read(request: &HttpRequest, payload: web::Payload) -> Result<String, Failure> {
    sent_as_it_is(request)?;
    let state = request.app_data::<web::Data<HttpState>>().ok_or_else(|| internal("no state"))?;
    let max = state.body_bytes_max;
    let bytes = tokio::time::timeout(state.body_timeout, payload.to_bytes_limited(max))
        .await
        .map_err(|_| Failure::BodyTimeout)?
        .map_err(|_| Failure::new(ErrorCode::TooBig, format!("the body has more than {max} bytes")))?
        .map_err(|error| Failure::new(ErrorCode::BadSyntax, format!("the body is incomplete: {error}")))?;
    String::from_utf8(bytes.into())
        .map_err(|error| Failure::new(ErrorCode::BadSyntax, format!("the body is not UTF-8: {error}")))
}

fn internal(error: impl std::fmt::Display) -> Failure {
    Failure::new(ErrorCode::Internal, error.to_string())
}

fn declared_as_json(request: &HttpRequest) -> Result<(), Failure> {
    let declared = request.headers().get(CONTENT_TYPE).map_or("", |value| value.to_str().unwrap_or("something else"));
    let essence = declared.split(';').next().unwrap_or_default().trim();
    match essence.eq_ignore_ascii_case("application/json") {
        true => Ok(()),
        false => Err(Failure::MediaType { declared: declared.to_owned() }),
    }
}

/// Refuses compression, and upgrades: the body of an upgrade request has no end.
fn sent_as_it_is(request: &HttpRequest) -> Result<(), Failure> {
    if request.headers().contains_key(UPGRADE) {
        let message = "the header Upgrade is not supported here; send the request without it";
        return Err(Failure::new(ErrorCode::BadSyntax, message));
    }
    let coding = request.headers().get(CONTENT_ENCODING).map_or("", |value| value.to_str().unwrap_or("something else"));
    match coding.is_empty() || coding.eq_ignore_ascii_case("identity") {
        true => Ok(()),
        false => Err(Failure::Coding { coding: coding.to_owned() }),
    }
}

#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let one = generator.subschema_for::<T>();
        schemars::json_schema!({ "oneOf": [one, { "type": "array", "items": one }] })
    }
}
