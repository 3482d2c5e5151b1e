//! HTTP without the sockets: tickets on the public listener; the server API, health and metrics on the internal one.
//!
//! `routes` is the table of all routes. A handler in `api/` has three steps: it parses the request, calls the
//! [`Cluster`], and prints the answer. `failure` is the only place that maps an error to a status.

mod answers;
mod api;
mod body;
mod cluster;
mod cors;
mod documents;
mod drain;
mod failure;
mod fields;
mod health;
mod key;
mod metrics;
#[cfg(all(test, feature = "schema"))]
mod openapi;
mod path;
mod process;
mod query;
mod requests;
mod responses;
pub mod routes;
mod state;
mod strict;
#[cfg(test)]
mod tests;
mod version;
mod within;

pub(crate) use answers::serve as serve_answers;
pub(crate) use api::publication::as_on_a_socket;
pub(crate) use api::tickets::issue as issue_ticket;
pub(crate) use body::{AnyText, JsonText};
pub use cluster::{Answer, Cluster};
pub(crate) use cors::share_with_cookies;
pub use documents::documents;
pub use drain::Drain;
pub use failure::Failure;
pub(crate) use fields::Fields;
pub(crate) use health::unready;
pub use health::Readiness;
pub use key::{require as require_key, require_any as require_any_key};
pub use process::ProcessMetrics;
pub(crate) use requests::count as count_requests;
pub use requests::Requests;
pub use state::HttpState;
