//! The responses of handlers, as types: the signature of a handler shows status and shape to its readers and to the
//! OpenAPI document.

use actix_web::body::BoxBody;
use actix_web::http::header::{CACHE_CONTROL, SET_COOKIE};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, Responder};
use hubwire_protocol::event::{Presence, PresentUser};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::{to_raw_value, RawValue};
use std::marker::PhantomData;

/// A JSON body with a status.
pub(crate) struct Status<const CODE: u16, T>(pub T);

/// 200.
pub(crate) type Done<T> = Status<200, T>;
/// 201.
pub(crate) type Made<T> = Status<201, T>;
/// 202: accepted, but not complete.
pub(crate) type Taken<T> = Status<202, T>;

impl<const CODE: u16, T: Serialize> Status<CODE, T> {
    fn answer(&self) -> HttpResponse {
        HttpResponse::build(status(CODE)).json(&self.0)
    }
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::OK) // all codes are constants in this file
}

impl<const CODE: u16, T: Serialize> Responder for Status<CODE, T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.answer()
    }
}

/// A status and no body.
pub(crate) struct Bare<const CODE: u16>;

/// 204.
pub(crate) type Nothing = Bare<204>;

impl<const CODE: u16> Responder for Bare<CODE> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::build(status(CODE)).finish()
    }
}

/// A response with a secret, which caches must not store.
pub(crate) struct Secret<R>(pub R);

impl<R: Responder<Body = BoxBody>> Responder for Secret<R> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let mut response = self.0.respond_to(request);
        response.headers_mut().insert(CACHE_CONTROL, actix_web::http::header::HeaderValue::from_static("no-store"));
        response
    }
}

/// A response that also sets a cookie.
pub(crate) struct WithCookie<R> {
    /// The value of the header `Set-Cookie`.
    pub cookie: String,
    /// The rest.
    pub rest: R,
}

impl<R: Responder<Body = BoxBody>> Responder for WithCookie<R> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let mut response = self.rest.respond_to(request);
        if let Ok(cookie) = self.cookie.parse() {
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
        response
    }
}

/// A type that borrows the values that it prints.
pub(crate) trait Lends {
    /// The type with the lifetime of the borrow.
    type Lent<'a>: Serialize;
}

impl Lends for Presence<'static> {
    type Lent<'a> = Presence<'a>;
}

impl Lends for PresentUser<'static> {
    type Lent<'a> = PresentUser<'a>;
}

/// The JSON of a `T`, printed because the borrowed values do not live as long as the response. The fields are in the
/// order of the type.
pub(crate) struct Printed<T>(serde_json::Result<Box<RawValue>>, PhantomData<T>);

impl<T: Lends> Printed<T> {
    /// Prints it.
    pub(crate) fn of(value: &T::Lent<'_>) -> Self {
        Printed(to_raw_value(value), PhantomData)
    }
}

impl<T> Serialize for Printed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_ref().map_err(S::Error::custom)?.serialize(serializer)
    }
}

#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Printed<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

/// A text that is not JSON.
pub(crate) struct Text<K> {
    kind: PhantomData<K>,
    response: HttpResponse,
}

/// A kind of text.
pub(crate) trait TextKind {
    /// Its media type.
    const MEDIA_TYPE: &'static str;
}

impl<K> From<HttpResponse> for Text<K> {
    fn from(response: HttpResponse) -> Self {
        Text { kind: PhantomData, response }
    }
}

impl<K> Responder for Text<K> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.response
    }
}

/// Server-sent events, until the client disconnects.
pub(crate) struct Events;

impl TextKind for Events {
    const MEDIA_TYPE: &'static str = "text/event-stream";
}

/// Metrics.
pub(crate) struct Prometheus;

impl TextKind for Prometheus {
    const MEDIA_TYPE: &'static str = "text/plain";
}

/// YAML (RFC 9512).
pub(crate) struct Yaml;

impl TextKind for Yaml {
    const MEDIA_TYPE: &'static str = "application/yaml";
}
