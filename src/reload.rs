//! SIGHUP and `POST /v1/reload`: reads the configuration again, from the same sources as at the start. Options that a
//! running node can change are replaced, all or none; the others are reported.

mod taken;

use self::taken::{is_taken, is_taken_with_tls};
use crate::auth::api_key::ApiKeys;
use crate::auth::cookies::Cookies;
use crate::auth::jwt::{Tokens, Verifier};
use crate::auth::origin::Pages;
use crate::config::load::Loaded;
use crate::config::Settled;
use crate::listener::TrustedProxies;
use crate::listener_tls::{ListenerTls, Renewed};
use crate::logging;
use crate::watched_files::WatchedFiles;
use arc_swap::ArcSwap;
use hubwire_actors::node::Node;
use hubwire_protocol::Limits;
use prometheus::{IntCounterVec, IntGauge, Opts};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::signal::unix::{signal, SignalKind};
use tokio::sync::{mpsc, oneshot};

/// Pending requests for a reload; further ones are refused for the time being.
const ASKED_MAX: usize = 4;

/// Reads and checks the configuration as at the start; the error is a text.
pub type Source = Box<dyn Fn() -> Result<Loaded, String>>;

/// The result of a reload.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reloaded {
    /// Options with a new value that is in use.
    pub changed: Vec<String>,
    /// Options that changed and need a restart of the node.
    pub need_restart: Vec<String>,
}

/// Requests a reload from any thread.
#[derive(Debug, Clone)]
pub struct ReloadHandle(mpsc::Sender<oneshot::Sender<Result<Reloaded, String>>>);

impl ReloadHandle {
    /// A handle, and the receiver of its requests.
    pub fn new() -> (Self, ReloadRequests) {
        let (sender, requests) = mpsc::channel(ASKED_MAX);
        (ReloadHandle(sender), ReloadRequests(requests))
    }

    /// Reloads; the error says why nothing was changed. `None`: there are too many requests at once.
    pub async fn reload(&self) -> Option<Result<Reloaded, String>> {
        let (answer, outcome) = oneshot::channel();
        self.0.try_send(answer).ok()?;
        outcome.await.ok()
    }
}

/// Requests of a [`ReloadHandle`].
pub struct ReloadRequests(mpsc::Receiver<oneshot::Sender<Result<Reloaded, String>>>);

impl ReloadRequests {
    /// The next request, to be answered.
    pub async fn next(&mut self) -> Option<oneshot::Sender<Result<Reloaded, String>>> {
        self.0.recv().await
    }
}

/// The parts of a running node that come from its configuration, and the source of the configuration.
pub(crate) struct Reload {
    source: Source,
    /// Fingerprints of the options with which the node runs.
    running: BTreeMap<String, u64>,
    node: Node,
    /// The origins of pages that may connect and get tickets.
    pub pages: Arc<ArcSwap<Pages>>,
    /// Keys of the server API.
    pub api_keys: Arc<ArcSwap<ApiKeys>>,
    /// The accepted cookies.
    pub cookies: Arc<ArcSwap<Cookies>>,
    /// The proxies that are trusted to name a client's address.
    pub proxies: Arc<ArcSwap<TrustedProxies>>,
    /// The limits of the decoders.
    pub limits: Arc<ArcSwap<Limits>>,
    tokens: Arc<Tokens>,
    tls: ListenerTls,
    files: WatchedFiles,
    outcomes: IntCounterVec,
    applied_at: IntGauge,
    in_force: IntGauge,
    /// Requests reloads.
    pub handle: ReloadHandle,
    requests: ReloadRequests,
}

fn fingerprints(settled: &[Settled]) -> BTreeMap<String, u64> {
    settled.iter().map(|settled| (settled.spec.name(), settled.fingerprint)).collect()
}

fn pages_of(loaded: &Loaded) -> Pages {
    Pages { allowed: loaded.config.auth.allowed_origins.clone(), dev: loaded.config.auth.dev }
}

/// Each entry was validated with the configuration.
fn proxies_of(loaded: &Loaded) -> TrustedProxies {
    loaded.config.trusted_proxies().unwrap_or_default()
}

impl Reload {
    /// For a node that runs with `loaded`.
    ///
    /// # Errors
    /// When the name of its counter is taken: a mistake in the program.
    pub(crate) fn new(
        node: &Node,
        tokens: &Arc<Tokens>,
        loaded: &Loaded,
        source: Source,
        tls: ListenerTls,
    ) -> Result<Self, prometheus::Error> {
        let options = Opts::new(
            "hubwire_config_reload_total",
            "Times the configuration was read again, by outcome: applied, or refused because it was not valid.",
        );
        let outcomes = IntCounterVec::new(options, &["outcome"])?;
        let applied_at = IntGauge::new(
            "hubwire_config_reload_timestamp_seconds",
            "When the configuration in force was read, Unix seconds.",
        )?;
        let in_force = IntGauge::new(
            "hubwire_config_reload_successful",
            "1 while the configuration that was read last is in force, 0 after one that was refused.",
        )?;
        let registry = node.metrics().registry();
        registry.register(Box::new(outcomes.clone()))?;
        registry.register(Box::new(applied_at.clone()))?;
        registry.register(Box::new(in_force.clone()))?;
        applied_at.set((node.environment().unix_ms() / 1000) as i64);
        in_force.set(1);
        let (handle, requests) = ReloadHandle::new();
        Ok(Reload {
            source,
            running: fingerprints(&loaded.settled),
            node: node.clone(),
            pages: Arc::new(ArcSwap::from_pointee(pages_of(loaded))),
            api_keys: Arc::new(ArcSwap::from_pointee(ApiKeys::new(&loaded.config.auth.api_keys))),
            cookies: Arc::new(ArcSwap::from_pointee(Cookies::new(&loaded.config.auth))),
            proxies: Arc::new(ArcSwap::from_pointee(proxies_of(loaded))),
            limits: Arc::new(ArcSwap::from_pointee(loaded.config.session_limits().decoder)),
            tokens: tokens.clone(),
            tls,
            files: WatchedFiles::new(loaded, is_taken),
            outcomes,
            applied_at,
            in_force,
            handle,
            requests,
        })
    }

    /// Reloads at each request, when a file with a secret, a key or a certificate has changed, and at each SIGHUP,
    /// which would otherwise end the process without a drain: a closing terminal sends it, too.
    pub(crate) fn serve(mut self) {
        actix_rt::spawn(async move {
            let mut hangup = signal(SignalKind::hangup());
            if hangup.is_err() {
                log::error!("cannot listen for SIGHUP: it ends the node without a drain");
            }
            loop {
                tokio::select! {
                    Some(()) = next(&mut hangup) => drop(self.reload("SIGHUP").await),
                    () = self.files.changed() => drop(self.reload("a file with a secret or a key changed").await),
                    Some(answer) = self.requests.next() => {
                        let _ = answer.send(self.reload("POST /v1/reload").await); // whoever asked may be gone
                    }
                    else => return,
                }
            }
        });
    }

    async fn reload(&mut self, asked: &str) -> Result<Reloaded, String> {
        self.files.look(); // what changes from here on is read the next time
        let outcome = match (self.source)() {
            Ok(loaded) => self.prepare(&loaded).await.map(|prepared| self.apply(&loaded, prepared)),
            Err(reasons) => Err(reasons),
        };
        match &outcome {
            Ok(done) => {
                self.applied_at.set((self.node.environment().unix_ms() / 1000) as i64);
                log::info!("{asked}: the configuration was read again changed=[{}]", done.changed.join(" "));
                if !done.need_restart.is_empty() {
                    log::warn!(
                        "{asked}: these options changed and need a restart of the node, which goes on with their \
                         former values: {}",
                        done.need_restart.join(" ")
                    );
                }
            }
            Err(reasons) => {
                // one line and one quoted field for each: a mistake may span words such as `publish=100/1000`
                for error in reasons.to_string().lines() {
                    log::error!("{asked}: the configuration is not valid, so nothing was changed error={error:?}");
                }
            }
        }
        // after the log line, so that whoever sees the count finds the reason in the log
        let label = if outcome.is_ok() { "applied" } else { "refused" };
        self.in_force.set(outcome.is_ok().into());
        self.outcomes.with_label_values(&[label]).inc();
        outcome
    }

    /// Everything that can fail, before the first change: reads files, and fetches published keys if their URL has
    /// changed.
    async fn prepare(&self, loaded: &Loaded) -> Result<Prepared, String> {
        let tls = match self.tls.fits(&loaded.config) {
            true => Some(self.tls.read_anew(&loaded.config).map_err(|error| error.to_string())?),
            false => None,
        };
        let former = self.tokens.verifier();
        let verifier = Verifier::read(&loaded.config.auth, Some(&former)).map_err(|error| error.to_string())?;
        verifier.fetched(&former).await.map_err(|error| error.to_string())?;
        Ok(Prepared { tls, verifier })
    }

    fn apply(&mut self, loaded: &Loaded, prepared: Prepared) -> Reloaded {
        let Prepared { tls, verifier } = prepared;
        let found = fingerprints(&loaded.settled);
        let changed = |option: &&String| self.running.get(*option) != found.get(*option);
        let takes = |option: &String| match tls {
            Some(_) => is_taken_with_tls(option),
            None => is_taken(option),
        };
        let (changed, need_restart): (Vec<String>, Vec<String>) =
            found.keys().filter(changed).cloned().partition(takes);
        let limits = loaded.config.session_limits();
        self.node.set_rules(loaded.rules());
        self.node.set_limits(&limits, loaded.config.budgets());
        self.node.set_retention(loaded.config.retention());
        self.limits.store(Arc::new(limits.decoder));
        self.tokens.replace(verifier);
        self.proxies.store(Arc::new(proxies_of(loaded)));
        self.pages.store(Arc::new(pages_of(loaded)));
        self.api_keys.store(Arc::new(ApiKeys::new(&loaded.config.auth.api_keys)));
        self.cookies.store(Arc::new(Cookies::new(&loaded.config.auth)));
        self.files.follow(WatchedFiles::new(loaded, is_taken));
        logging::set_filter(&loaded.config.log.level);
        if let Some(renewed) = tls {
            self.tls.renew(renewed);
        }
        // options that need a restart keep differing from the file
        for option in &changed {
            if let (Some(running), Some(found)) = (self.running.get_mut(option), found.get(option)) {
                *running = *found;
            }
        }
        Reloaded { changed, need_restart }
    }
}

/// Values that were read and are not used yet.
struct Prepared {
    /// `None`: not all listeners that have TLS have it in the new configuration, so they keep what they have.
    tls: Option<Renewed>,
    verifier: Verifier,
}

/// The next signal; never, if the process cannot listen for it.
async fn next(hangup: &mut std::io::Result<tokio::signal::unix::Signal>) -> Option<()> {
    match hangup {
        Ok(hangup) => hangup.recv().await,
        Err(_) => None,
    }
}
