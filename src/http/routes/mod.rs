//! All routes of the HTTP listeners. The applications and the OpenAPI document are built from the tables here: a route
//! has its path, the scope that its key needs and, in its comment, its purpose. The types of its handler's arguments
//! and result describe the rest.

use super::failure::Failure;
use super::state::HttpState;
use actix_web::guard::{self, Guard};
use actix_web::http::Method;
use actix_web::{web, Resource};

/// Declares a table of routes, in this form:
///
/// ```text
/// "/path/{segment}" needs SCOPE OF THE KEY by MIDDLEWARE THAT SHARES IT WITH PAGES {
///     /// Its purpose in one sentence, and below it the details.
///     METHOD nameOfTheOperation (WHAT THE CLIENT SHOWS): handler
/// }
/// ```
///
/// A route that is on both listeners has its name and comment in one table only.
macro_rules! routes {
    ($(#[$doc:meta])+ $table:ident, $configure:ident, $describe:ident on $listener:ident:
     $($path:literal $(needs $scope:ident)? $(by $shared:ident)? {
         $($(#[doc = $about:literal])* $method:ident $($operation:ident)? $(($shows:ident))? : $handler:path),+
     })+) => {
        $(#[$doc])+
        pub const $table: &[(&str, &[&str])] = &[$(($path, &[$(stringify!($method)),+])),+];

        pub(super) fn $configure(config: &mut actix_web::web::ServiceConfig) {
            use crate::http::requests;
            use actix_web::http::Method;
            use actix_web::middleware::from_fn;
            $(
                let served = super::resource($path, &[$(stringify!($method)),+])
                    $(.route(actix_web::web::route().guard(super::takes(Method::$method)).to($handler)))+;
                $(let served = served.wrap(from_fn(|request, next| {
                    crate::http::key::require(Scope::$scope, request, next)
                }));)?
                $(let served = served.wrap(from_fn(crate::http::cors::$shared));)?
                config.service(served.wrap(from_fn(requests::count)));
            )+
        }

        /// Describes these routes.
        #[cfg(all(test, feature = "schema"))]
        pub(super) fn $describe(document: &mut crate::http::openapi::Document) {
            use crate::http::openapi::{Listener, Route, Shows};
            $(
                let scope = None $(.or(Some(Scope::$scope)))?;
                $(document.route(
                    Route {
                        path: $path,
                        method: stringify!($method),
                        operation: concat!($(stringify!($operation))?),
                        doc: concat!($($about, "\n"),*),
                        listener: Listener::$listener,
                        scope,
                        shows: [$(Shows::$shows,)? Shows::Nothing][0],
                    },
                    $handler,
                );)+
            )+
        }
    };
}

mod keyed;
mod open;
mod public;

pub use keyed::INTERNAL;
pub use open::INTERNAL_OPEN;
pub use public::PUBLIC;

/// Configures the application of the public listener.
pub fn public(state: HttpState) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config.app_data(web::Data::new(state)).configure(public::configure).default_service(web::to(nothing_here));
    }
}

/// Configures the application of the internal listener.
pub fn internal(state: HttpState) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config.app_data(web::Data::new(state)).configure(keyed::configure).configure(open::configure);
        config.default_service(web::to(nothing_here));
    }
}

/// The OpenAPI document of all routes.
#[cfg(all(test, feature = "schema"))]
pub(super) fn openapi() -> serde_json::Value {
    let mut document = super::openapi::Document::default();
    public::describe(&mut document);
    keyed::describe(&mut document);
    open::describe(&mut document);
    document.finish()
}

/// A path that answers 405 with `Allow` to every method it has no route for.
fn resource(path: &str, methods: &'static [&'static str]) -> Resource {
    let allow = methods.join(", ").replace("GET", "GET, HEAD");
    let refuse = move || std::future::ready(Err::<&str, Failure>(Failure::Method { allow: allow.clone() }));
    web::resource(path).default_service(web::to(refuse))
}

/// `GET` also accepts `HEAD` (RFC 9110, section 9.3.2).
fn takes(method: Method) -> impl Guard {
    let head = method == Method::GET;
    guard::fn_guard(move |request| request.head().method == method || (head && request.head().method == Method::HEAD))
}

async fn nothing_here(state: web::Data<HttpState>, request: actix_web::HttpRequest) -> Result<&'static str, Failure> {
    state.requests.count_nowhere();
    Err(Failure::NotFound { message: format!("nothing is served at {}", request.path()) })
}
