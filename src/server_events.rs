//! Configured server events: which ones are written, and how they are delivered.

use crate::application::{ApplicationError, Backends};
use crate::config::Config;
use hubwire_actors::backend::{Backend, EventSubject, ServerEventSettings};
use hubwire_actors::node::Node;
use hubwire_actors::server_events::{self, CourierSettings};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

impl Config {
    /// Whether server events are written.
    pub fn writes_events(&self) -> bool {
        self.events.streams || !self.events.webhook_url.is_empty()
    }

    /// The events to write. Each subject and pattern was validated with the configuration.
    pub fn server_events(&self) -> Option<ServerEventSettings> {
        let section = &self.events;
        self.writes_events().then(|| ServerEventSettings {
            subjects: section.subjects.iter().filter_map(|name| EventSubject::named(name)).collect(),
            marked: section.publications.iter().filter_map(|pattern| pattern.parse().ok()).collect(),
            waiting_max: section.waiting_max,
            dead_max: section.dead_max,
        })
    }
}

/// Starts delivery, if there is a webhook. Call it on the core thread.
pub(crate) fn deliver(
    config: &Config,
    backend: &Rc<dyn Backend>,
    backends: Option<&Arc<Backends>>,
    node: &Node,
) -> Result<(), ApplicationError> {
    let Some(webhook) = backends.and_then(|backends| backends.webhook()) else { return Ok(()) };
    let section = &config.events;
    let settings = CourierSettings {
        batch_max: section.batch_max,
        retry_max: Duration::from_millis(section.retry_max_ms),
        keep: Duration::from_secs(section.keep_s),
        ..CourierSettings::default()
    };
    server_events::start(backend, &webhook, &Rc::new(settings), node.environment(), node.metrics().registry())?;
    Ok(())
}

/// Lets other nodes continue the deliveries of this one at once.
pub(crate) async fn hand_over(config: &Config, backend: &Rc<dyn Backend>) {
    if !config.events.webhook_url.is_empty() {
        server_events::release(backend).await;
    }
}
