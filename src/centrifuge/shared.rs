//! What all connections of a node share.

use super::proxy::Proxies;
use crate::application::Backends;
use crate::auth::jwt::Tokens;
use crate::config::sections;
use hubwire_actors::environment::Environment;
use hubwire_protocol::centrifuge::{begin_life, Channels};
use std::sync::Arc;

/// See the module.
pub struct Centrifuge {
    pub(super) tokens: Arc<Tokens>,
    pub(super) environment: Environment,
    pub(super) anonymous: bool,
    pub(super) proxies: Option<Arc<Proxies>>,
}

impl Centrifuge {
    /// As configured; `None` where the endpoint is off. Fills the process's table of channels. `is_in_memory`: the
    /// broker ends with the process.
    pub fn configured(
        section: &sections::Centrifuge,
        tokens: &Arc<Tokens>,
        environment: &Environment,
        backends: Option<&Backends>,
        is_in_memory: bool,
    ) -> Option<Arc<Centrifuge>> {
        if !section.enabled {
            return None;
        }
        if is_in_memory {
            begin_life(environment.random());
        }
        // each entry was read once already when the configuration was checked
        let namespaces = section.namespaces.iter().filter_map(|entry| entry.parse().ok()).collect();
        let channels = Channels { namespaces, personal: section.personal_channel };
        if !channels.install() {
            log::warn!("centrifuge.namespaces is read at startup only; restart the process to change it");
        }
        let (tokens, environment, anonymous) = (tokens.clone(), environment.clone(), section.anonymous);
        let proxies = Proxies::configured(section, backends, &environment);
        Some(Arc::new(Centrifuge { tokens, environment, anonymous, proxies }))
    }

    pub(super) fn now_s(&self) -> u64 {
        self.environment.unix_ms() / 1000
    }
}
