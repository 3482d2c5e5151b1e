//! Calls to the application's own servers: remote procedure calls, hooks, and the webhook of server events.
//!
//! All of them are POSTs of JSON, made on a thread of their own, so that no actor ever waits for a foreign server.
//! [`Target`] documents the bounds.

mod asker;
mod breaker;
mod client;
pub mod connect;
mod hooks;
pub mod route;
mod rpc;
mod signature;
mod target;
mod webhook;

pub use client::ClientError;
pub(crate) use client::{Answer, Client, Failed};
pub use connect::{ConnectHook, Handshake};
pub use target::{CallError, Reply, Target};

use crate::config::Config;
use hooks::Hooks;
use hubwire_actors::application::{Application, JudgeAsked, RpcAsked};
use hubwire_actors::environment::Environment;
use hubwire_actors::server_events::EventSink;
use hubwire_actors::words::hooks::HookQuestion;
use prometheus::Registry;
use route::http_url;
use rpc::Rpc;
use signature::Signer;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use target::{CallMetrics, TargetSettings};
use webhook::Webhook;

/// Why the application cannot be called.
#[derive(Debug, thiserror::Error)]
pub enum ApplicationError {
    /// The client could not be created.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Two metrics have the same name.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// All calls of a node to the application.
pub struct Backends {
    rpc: Rpc,
    hooks: Hooks,
    connect: Option<Arc<ConnectHook>>,
    webhook: Option<Arc<dyn EventSink>>,
    client: Client,
    settings: TargetSettings,
}

impl Backends {
    /// As configured; `None` when nothing is configured, and then there is neither a thread nor a metric.
    pub fn configured(
        config: &Config,
        environment: &Environment,
        registry: &Registry,
    ) -> Result<Option<Arc<Self>>, ApplicationError> {
        let hooks = &config.hooks;
        let urls = [&hooks.connect_url, &hooks.join_url, &hooks.publish_url, &config.events.webhook_url];
        let proxies = config.centrifuge.proxy_urls();
        let asks_nobody = urls.iter().all(|url| url.is_empty()) && proxies.iter().all(|url| url.is_empty());
        if config.rpc.methods.is_empty() && asks_nobody {
            return Ok(None);
        }
        let section = &config.application;
        let ca_file = Some(Path::new(&section.ca_file)).filter(|path| !path.as_os_str().is_empty());
        let client = Client::start("application", ca_file)?;
        let settings = TargetSettings {
            concurrency_max: section.concurrency_max,
            failures_max: section.failures_max,
            pause: Duration::from_millis(section.pause_ms),
            answer_bytes_max: section.answer_bytes_max,
            signer: Signer::new(&section.secrets),
            environment: environment.clone(),
            metrics: CallMetrics::new(registry)?,
        };
        let webhook = http_url(&config.events.webhook_url).map(|url| {
            let timeout = Duration::from_millis(config.events.timeout_ms);
            Arc::new(Target::new(client.clone(), settings.clone(), "events", url, timeout))
        });
        let connect = ConnectHook::new(hooks, config.auth.lifetime_max_s, &client, &settings);
        Ok(Some(Arc::new(Backends {
            rpc: Rpc::new(&config.rpc, &client, &settings),
            hooks: Hooks::new(hooks, &client, &settings),
            connect: connect.map(Arc::new),
            webhook: webhook.map(|target| Arc::new(Webhook(target)) as Arc<dyn EventSink>),
            client,
            settings,
        })))
    }

    /// Adds a URL with the same bounds; `None` if it is empty or invalid.
    pub fn target(&self, purpose: &'static str, url: &str, timeout: Duration) -> Option<Arc<Target>> {
        let target = Target::new(self.client.clone(), self.settings.clone(), purpose, http_url(url)?, timeout);
        Some(Arc::new(target))
    }

    /// Receiver of server events, if one is configured.
    pub fn webhook(&self) -> Option<Arc<dyn EventSink>> {
        self.webhook.clone()
    }

    /// The hook for clients without credentials, if one is configured.
    pub fn connect_hook(&self) -> Option<Arc<ConnectHook>> {
        self.connect.clone()
    }
}

impl Application for Backends {
    fn rpc(&self, asked: RpcAsked) {
        self.rpc.ask(asked);
    }

    fn asks(&self, question: &HookQuestion) -> bool {
        self.hooks.asks(question)
    }

    fn judge(&self, asked: JudgeAsked) {
        self.hooks.judge(asked);
    }
}
