//! WS-HUB as an additional endpoint of an ordinary node.

use super::api::internal_scope;
use super::config::WsHubConfig;
use super::endpoint::{not_an_upgrade, WsHubHandle};
use crate::auth::api_key::Scope;
use crate::broker_login::login;
use crate::config::load::Loaded;
use crate::config::sections::{WsHub as Section, WsHubGroups, WsHubSameKey};
use crate::http::require_key;
use actix_web::middleware::from_fn;
use actix_web::web;
use bytes::Bytes;
use hubwire_actors::backend::open::{self, BadServer};
use hubwire_actors::node::Node;
use hubwire_actors::wshub::{GroupsMode, SameKey, WsHubSettings};
use std::sync::Arc;
use std::time::Duration;

/// Starts the endpoint's hub on the calling thread, which must be the node's core thread. `None` when it is not
/// enabled.
///
///  # Errors
///  If the configured Redis is not a single server.
pub fn embed(loaded: &Loaded, node: &Node) -> Result<Option<WsHubHandle>, BadServer> {
    let config = &loaded.config;
    let section = &config.wshub;
    if !section.enabled {
        return Ok(None);
    }
    let (url, option) = match section.redis_url.is_memory() {
        true => (&config.broker.url, "broker.url"),
        false => (&section.redis_url, "wshub.redis_url"),
    };
    let bus = open::plain_bus(url.reveal(), login(loaded, option), config.broker_tls())?;
    let config = WsHubConfig::from(section);
    let hub = node.start_wshub(Arc::new(config.hub.clone()), bus);
    Ok(Some(WsHubHandle::new(hub, config, node.vital().clone()).guarded_by(node)))
}

/// What the public listener serves besides the sockets.
pub fn public_routes(handle: Option<&WsHubHandle>) -> impl FnOnce(&mut web::ServiceConfig) {
    let resource = handle.map(|handle| not_an_upgrade(handle.path()));
    move |config| {
        if let Some(resource) = resource {
            config.service(resource);
        }
    }
}

/// What the internal listener serves to holders of an API key of the node.
pub fn internal_routes(handle: Option<&WsHubHandle>) -> impl FnOnce(&mut web::ServiceConfig) {
    let scope = handle.map(|handle| {
        internal_scope(handle.clone()).wrap(from_fn(|request, next| require_key(Scope::Publish, request, next)))
    });
    move |config| {
        if let Some(scope) = scope {
            config.service(scope);
        }
    }
}

impl From<&Section> for WsHubConfig {
    fn from(section: &Section) -> Self {
        let are_listed = section.allowed_origins.entries().next().is_some();
        WsHubConfig {
            path: section.path.clone(),
            client_key: section.client_key.clone(),
            from_header: section.from_header,
            allowed_origins: are_listed.then(|| section.allowed_origins.clone()),
            message_bytes_max: section.max_message_bytes,
            outbox_bytes_max: section.outbox_bytes,
            hub: WsHubSettings {
                channel_prefix: Bytes::from(section.channel_prefix.clone()),
                same_key: match section.same_key {
                    WsHubSameKey::All => SameKey::All,
                    WsHubSameKey::Newest => SameKey::Newest,
                    WsHubSameKey::Oldest => SameKey::Oldest,
                },
                groups: match section.groups {
                    WsHubGroups::Replace => GroupsMode::Replace,
                    WsHubGroups::Add => GroupsMode::Add,
                },
                client_gone: section.client_gone,
                write_wait: Duration::from_millis(section.write_wait_ms),
                pong_wait: Duration::from_millis(section.pong_wait_ms),
                ..WsHubSettings::default()
            },
        }
    }
}
