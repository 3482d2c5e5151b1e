//! The server API for Centrifugo's HTTP clients: `POST /api/<method>` and `POST /api/batch` on the internal listener,
//! and on the public one if configured. It uses the API keys of the node and the same functions as the node's own
//! server API.
//!
//! A valid command is answered with 200 and `{"result":…}` or `{"error":{"code","message"}}`; a body that is not a JSON
//! object, an unknown path and an unknown key have a status of their own.

mod batch;
mod caller;
mod command;
mod failure;
mod members;
mod observing;
mod past;
mod pattern;
mod publishing;
mod unbuilt;

use crate::auth::api_key::ApiKey;
use crate::http::{count_requests, require_any_key, AnyText, Failure, HttpState};
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Resource};
use caller::Caller;
pub use command::read_command;
use command::Method;
use failure::ApiError;
use hubwire_actors::node::Node;
use hubwire_protocol::ErrorCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The answer to one command.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Result(Box<RawValue>),
    Error(ApiError),
}

/// The routes of a listener; no routes without a `node`.
pub fn api_routes(node: Option<Node>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        let Some(node) = node else { return };
        config.app_data(web::Data::new(node));
        // the second resource would take the path of the first
        let batch = post_only("/api/batch").route(web::post().to(several));
        for served in [batch, post_only("/api/{method}").route(web::post().to(one))] {
            config.service(served.wrap(from_fn(require_any_key)).wrap(from_fn(count_requests)));
        }
    }
}

/// A path that answers every other method with 405.
fn post_only(path: &str) -> Resource {
    let wrong = || std::future::ready(Err::<&str, Failure>(Failure::Method { allow: "POST".into() }));
    web::resource(path).default_service(web::to(wrong))
}

async fn one(
    node: web::Data<Node>,
    state: web::Data<HttpState>,
    key: web::ReqData<ApiKey>,
    path: web::Path<String>,
    body: AnyText,
) -> Result<HttpResponse, Failure> {
    let method = Method::named(&path);
    let method =
        method.ok_or_else(|| Failure::NotFound { message: format!("there is no method {:?}", path.as_str()) })?;
    let params: &RawValue = read(&body.0)?;
    if !params.get().starts_with('{') {
        return Err(Failure::new(ErrorCode::BadSyntax, "the body is no JSON object"));
    }
    let outcome = Caller { node: &node, state: &state, key: &key }.call(method, params).await;
    Ok(HttpResponse::Ok().json(outcome.map_or_else(Answer::Error, Answer::Result)))
}

async fn several(
    node: web::Data<Node>,
    state: web::Data<HttpState>,
    key: web::ReqData<ApiKey>,
    body: AnyText,
) -> Result<HttpResponse, Failure> {
    let caller = Caller { node: &node, state: &state, key: &key };
    Ok(HttpResponse::Ok().json(batch::answer(&caller, &read(&body.0)?).await))
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| Failure::new(ErrorCode::BadSyntax, error.to_string()))
}
