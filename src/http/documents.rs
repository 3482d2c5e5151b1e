//! `/openapi.yaml` and `/asyncapi.yaml`: the descriptions of the HTTP API and of the socket, for this version.

use super::requests;
use super::responses::{Text, TextKind, Yaml};
use actix_web::http::header::CACHE_CONTROL;
use actix_web::middleware::from_fn;
use actix_web::{web, HttpResponse};

/// The HTTP API.
pub(super) async fn openapi() -> Text<Yaml> {
    answer(include_str!("../../docs/openapi.yaml"))
}

/// The socket.
pub(super) async fn asyncapi() -> Text<Yaml> {
    answer(include_str!("../../docs/asyncapi.yaml"))
}

fn answer(text: &'static str) -> Text<Yaml> {
    // the documents are part of the binary and change with it
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-cache")).content_type(Yaml::MEDIA_TYPE).body(text).into()
}

/// Serves both documents on the public listener of a development node; a node that strangers can reach does not publish
/// its server API. Must precede the other public routes.
pub fn documents(shown: bool) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        if shown {
            config.service(web::resource("/openapi.yaml").get(openapi).wrap(from_fn(requests::count)));
            config.service(web::resource("/asyncapi.yaml").get(asyncapi).wrap(from_fn(requests::count)));
        }
    }
}
