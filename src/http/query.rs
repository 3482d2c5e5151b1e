//! The query of a request, as a type.

use super::failure::Failure;
use super::strict;
use actix_web::{dev, FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use std::future::{ready, Ready};

/// A query with the fields of a type.
pub(crate) struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        ready(strict::from_query(request.query_string()).map(Query))
    }
}
