//! The endpoint for Centrifuge clients: their sockets on a path of its own, with the same sessions as hubwire's own
//! clients.
//!
//! [`CentrifugeEndpoint`] checks the request, `greeting` waits for `connect` and starts the session, and from then on a
//! `Conversation` between the socket and the session handles the parts of each command that only the connection knows.
//! `hubwire_protocol::centrifuge` has the formats of commands and replies.

mod api;
mod bearers;
mod beginning;
mod conversation;
mod credentials;
mod deltas;
mod endpoint;
mod expiry;
mod greeting;
mod infos;
mod kept;
pub mod migration;
mod positions;
mod proxy;
mod shared;
mod streams;
mod subscribing;
mod told;
mod uni;

pub use api::{api_routes, read_command};
pub use credentials::{Authenticators, SUBSCRIPTION_CLAIM};
pub use endpoint::CentrifugeEndpoint;
pub use proxy::Decision;
pub use shared::Centrifuge;
pub use streams::Streams;

use crate::ws;
use actix_web::web::{Data, ServiceConfig};

/// The path of sockets of clients that only receive.
pub const UNI_PATH: &str = "/connection/uni_websocket";

/// The routes of clients without sockets, and the answers to plain requests on the paths of sockets; none when these
/// clients are not served.
pub fn public_routes(path: Option<&str>, streams: Option<Streams>) -> impl FnOnce(&mut ServiceConfig) {
    let resources = path.map(|path| [path, UNI_PATH].map(ws::upgrade_required));
    move |config| {
        for resource in resources.into_iter().flatten() {
            config.service(resource);
        }
        if let Some(streams) = streams {
            config.app_data(Data::new(streams)).configure(streams::routes);
        }
    }
}

#[cfg(test)]
mod forged_tests;
