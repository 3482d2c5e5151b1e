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
mod streams;
mod subscribing;
mod told;
mod uni;

pub use api::api_routes;
pub use credentials::{Authenticators, SUBSCRIPTION_CLAIM};
pub use endpoint::CentrifugeEndpoint;
pub use streams::Streams;

use crate::application::Backends;
use crate::auth::jwt::Tokens;
use crate::config::sections;
use crate::ws;
use actix_web::web::{Data, ServiceConfig};
use hubwire_actors::environment::Environment;
use hubwire_protocol::centrifuge::Channels;
use proxy::Proxies;
use std::sync::Arc;

/// What all connections of a node share.
pub struct Centrifuge {
    tokens: Arc<Tokens>,
    environment: Environment,
    anonymous: bool,
    proxies: Option<Arc<Proxies>>,
}

impl Centrifuge {
    /// As configured; `None` where the endpoint is off. Fills the process's table of channels.
    pub fn configured(
        section: &sections::Centrifuge,
        tokens: &Arc<Tokens>,
        environment: &Environment,
        backends: Option<&Backends>,
    ) -> Option<Arc<Centrifuge>> {
        if !section.enabled {
            return None;
        }
        // each entry was read once already when the configuration was checked
        let namespaces = section.namespaces.iter().filter_map(|entry| entry.parse().ok()).collect();
        let channels = Channels { namespaces, personal: section.personal_channel };
        if !channels.install() {
            log::warn!(
                "the namespaces of centrifuge.namespaces are those this process began with; restart it for others"
            );
        }
        let (tokens, environment, anonymous) = (tokens.clone(), environment.clone(), section.anonymous);
        let proxies = Proxies::configured(section, backends, &environment);
        Some(Arc::new(Centrifuge { tokens, environment, anonymous, proxies }))
    }

    fn now_s(&self) -> u64 {
        self.environment.unix_ms() / 1000
    }
}

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

#[cfg(test)]
mod forged_tests;
