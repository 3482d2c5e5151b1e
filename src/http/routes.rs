//! All HTTP routes. The tables build the applications, and a test compares them with the OpenAPI document, so neither
//! can change without the other.

use super::api::{
    audit, channels, cluster, denylist, disconnect, drain, erase, events, history, index, members, messages, nodes,
    presence, profile, publish, reload, rpc, session, sessions, snapshot, status, stream, streams, tail, tickets,
    users,
};
use super::failure::Failure;
use super::state::HttpState;
use super::{cors, documents, health, key, metrics, requests, version};
use crate::auth::api_key::Scope;
use actix_web::guard::{self, Guard};
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{web, Resource};

macro_rules! routes {
    ($(#[$doc:meta])+ $table:ident, $configure:ident:
     $($path:literal $(needs $scope:ident)? $(by $shared:ident)? { $($method:ident $handler:path),+ })+) => {
        $(#[$doc])+
        pub const $table: &[(&str, &[&str])] = &[$(($path, &[$(stringify!($method)),+])),+];

        fn $configure(config: &mut web::ServiceConfig) {
            $(
                let served = resource($path, &[$(stringify!($method)),+])
                    $(.route(web::route().guard(takes(Method::$method)).to($handler)))+;
                $(let served = served.wrap(from_fn(|request, next| key::require(Scope::$scope, request, next)));)?
                $(let served = served.wrap(from_fn(cors::$shared));)?
                config.service(served.wrap(from_fn(requests::count)));
            )+
        }
    };
}

routes! {
    /// Paths and methods of the public listener.
    PUBLIC, public_routes:
    "/" { GET index::show }
    "/v1/tickets" by share { POST tickets::exchange }
    "/v1/session" by share_with_cookies { POST session::begin, DELETE session::end }
    "/stream" by share_with_cookies { GET stream::open }
    "/stream/{session}" by share_with_cookies { POST stream::post, DELETE stream::end }
    "/healthz" { GET health::alive }
    "/readyz" { GET health::ready_in_short }
    "/version" { GET version::show }
}

routes! {
    /// Paths and methods of the internal listener that need an API key with a scope.
    INTERNAL, keyed_routes:
    "/v1/publish" needs Publish { POST publish::publish }
    "/v1/tickets" needs Tickets { POST tickets::mint }
    "/v1/cluster" needs Read { GET cluster::show }
    "/v1/cluster/series" needs Read { GET cluster::series }
    "/v1/cluster/settings" needs Operate { GET cluster::settings }
    "/v1/nodes/{incarnation}/drain" needs Operate { POST nodes::drain }
    "/v1/users/{user}" needs Read { GET users::show }
    "/v1/users/{user}/sessions" needs Read { GET sessions::list }
    "/v1/users/{user}/profile" needs Members { PUT profile::replace }
    "/v1/users/{user}/disconnect" needs Sessions { POST disconnect::disconnect }
    "/v1/users/{user}/block" needs Sessions { POST denylist::block }
    "/v1/users/{user}/unblock" needs Sessions { POST denylist::unblock }
    "/v1/addresses/block" needs Sessions { POST denylist::block_address }
    "/v1/addresses/unblock" needs Sessions { POST denylist::unblock_address }
    "/v1/tokens/revoke" needs Sessions { POST denylist::revoke }
    "/v1/blocks" needs Read { GET denylist::list }
    "/v1/sessions/{session}" needs Read { GET sessions::show }
    "/v1/sessions/{session}/disconnect" needs Sessions { POST disconnect::disconnect_one }
    "/v1/channels" needs Read { GET channels::list }
    "/v1/channels/{channel}" needs Read { GET channels::show }
    "/v1/streams/{stream}" needs Read { GET streams::show }
    "/v1/messages/{stream}/{pos}" needs Read { GET messages::show }
    "/v1/tail" needs Read { GET tail::show }
    "/debug/status" needs Operate { GET status::show }
    "/v1/streams/{stream}/publications" needs Operate { DELETE streams::purge }
    "/v1/streams/{stream}/history" needs Read { GET history::show }
    "/v1/users/{user}/erase" needs Operate { POST erase::erase }
    "/v1/sessions/{session}/rpc" needs Publish { POST rpc::call }
    "/v1/sessions/{session}/reply" needs Publish { POST rpc::reply }
    "/v1/channels/{channel}/members/{user}" needs Members { POST members::join, DELETE members::kick }
    "/v1/channels/{channel}/members" needs Members { DELETE members::close }
    "/v1/channels/{channel}/snapshot" needs Publish { PUT snapshot::put }
    "/v1/presence" needs Read { GET presence::show }
    "/v1/audit" needs Operate { GET audit::show }
    "/v1/events/dead" needs Read { GET events::dead }
    "/v1/events/replay" needs Operate { POST events::replay }
    "/v1/drain" needs Operate { POST drain::begin }
    "/v1/reload" needs Operate { POST reload::reload }
}

routes! {
    /// Paths and methods of the internal listener that need no key: for probes and scrapers.
    INTERNAL_OPEN, open_routes:
    "/healthz" { GET health::alive }
    "/readyz" { GET health::ready }
    "/metrics" { GET metrics::show }
    "/version" { GET version::show }
    "/openapi.yaml" { GET documents::openapi }
    "/asyncapi.yaml" { GET documents::asyncapi }
}

/// Configures the application of the public listener.
pub fn public(state: HttpState) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config.app_data(web::Data::new(state)).configure(public_routes).default_service(web::to(nothing_here));
    }
}

/// Configures the application of the internal listener.
pub fn internal(state: HttpState) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config.app_data(web::Data::new(state)).configure(keyed_routes).configure(open_routes);
        config.default_service(web::to(nothing_here));
    }
}

/// A path that answers unsupported methods with 405 and `Allow`.
fn resource(path: &str, methods: &'static [&'static str]) -> Resource {
    let allow = methods.join(", ").replace("GET", "GET, HEAD");
    let refuse = move || std::future::ready(Err::<&str, Failure>(Failure::Method { allow: allow.clone() }));
    web::resource(path).default_service(web::to(refuse))
}

/// `GET` includes `HEAD` (RFC 9110, section 9.3.2).
fn takes(method: Method) -> impl Guard {
    let head = method == Method::GET;
    guard::fn_guard(move |request| request.head().method == method || (head && request.head().method == Method::HEAD))
}

async fn nothing_here(state: web::Data<HttpState>, request: actix_web::HttpRequest) -> Result<&'static str, Failure> {
    state.requests.count_nowhere();
    Err(Failure::NotFound { message: format!("nothing is served at {}", request.path()) })
}
