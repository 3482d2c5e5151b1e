//! The endpoint for Centrifuge clients: their sockets on a path of its own, over the same sessions as hubwire's own.
//!
//! [`CentrifugeEndpoint`] judges the request, `greeting` waits for `connect` and starts the session, and from then on a
//! `Conversation` stands between the socket and the session: it judges each command by what only the connection knows.
//! What commands and replies look like is known in `hubwire_protocol::centrifuge`.

mod api;
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

pub use api::api_routes;
pub use credentials::{Authenticators, SUBSCRIPTION_CLAIM};
pub use endpoint::CentrifugeEndpoint;
pub use shared::Centrifuge;
pub use streams::Streams;

use crate::ws;
use actix_web::web::{Data, ServiceConfig};

/// Where the sockets of clients open that only listen.
pub const UNI_PATH: &str = "/connection/uni_websocket";

/// The clients without sockets, and what a request that opens none is answered on the paths of sockets; nothing where
/// these clients are not served.
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
