//! Which URL is asked about what.

use crate::application::{Backends, Target};
use crate::config::sections;
use hubwire_actors::environment::Environment;
use hubwire_protocol::centrifuge::namespace::Options;
use hubwire_protocol::centrifuge::Channels;
use hyper::header::HeaderName;
use std::sync::Arc;
use std::time::Duration;

/// Which URL is asked about what; most clients configure none.
pub struct Proxies {
    pub(super) connect: Option<Arc<Target>>,
    pub(super) refresh: Option<Arc<Target>>,
    pub(super) subscribe: Option<Arc<Target>>,
    pub(super) sub_refresh: Option<Arc<Target>>,
    pub(super) publish: Option<Arc<Target>>,
    pub(super) rpc: Option<Arc<Target>>,
    /// Headers of the handshake that are passed on.
    pub(super) headers: Vec<HeaderName>,
    environment: Environment,
}

impl Proxies {
    /// As configured; `None` where nobody is asked. Each URL was read once already when the configuration was checked.
    pub fn configured(
        section: &sections::Centrifuge,
        backends: Option<&Backends>,
        environment: &Environment,
    ) -> Option<Arc<Proxies>> {
        let backends = backends.filter(|_| section.proxy_urls().iter().any(|url| !url.is_empty()))?;
        let timeout = Duration::from_millis(section.proxy_timeout_ms);
        let target = |purpose, url: &str| backends.target(purpose, url, timeout);
        let headers = section.proxy_headers.iter().filter_map(|name| name.to_lowercase().parse().ok());
        Some(Arc::new(Proxies {
            connect: target("centrifuge_connect", &section.proxy_connect_url),
            refresh: target("centrifuge_refresh", &section.proxy_refresh_url),
            subscribe: target("centrifuge_subscribe", &section.proxy_subscribe_url),
            sub_refresh: target("centrifuge_sub_refresh", &section.proxy_sub_refresh_url),
            publish: target("centrifuge_publish", &section.proxy_publish_url),
            rpc: target("centrifuge_rpc", &section.proxy_rpc_url),
            headers: headers.collect(),
            environment: environment.clone(),
        }))
    }

    pub(super) fn now_s(&self) -> u64 {
        self.environment.unix_ms() / 1000
    }

    /// The URL that is asked before a client subscribes to a channel.
    pub(super) fn of_subscriptions(&self, channel: &str) -> Option<&Arc<Target>> {
        self.subscribe.as_ref().filter(|_| options(channel).is_some_and(|it| it.subscribe_proxy))
    }

    /// The URL that is asked before a client publishes in a channel.
    pub(super) fn of_publications(&self, channel: &str) -> Option<&Arc<Target>> {
        self.publish.as_ref().filter(|_| options(channel).is_some_and(|it| it.publish_proxy))
    }
}

fn options(channel: &str) -> Option<Options> {
    let channels = Channels::installed();
    Some(channels.options(&channels.address(channel).ok()?))
}
