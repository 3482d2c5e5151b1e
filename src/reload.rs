//! SIGHUP and `POST /v1/reload`: the configuration is read again, from where it was read at the start. What may change
//! while a node runs is replaced, all of it or nothing; what may not is named.

use crate::auth::api_key::ApiKeys;
use crate::auth::cookies::Cookies;
use crate::auth::origin::Pages;
use crate::config::{Loaded, Settled};
use crate::listener_tls::ListenerTls;
use crate::logging;
use arc_swap::ArcSwap;
use hubwire_actors::node::Node;
use prometheus::{IntCounterVec, Opts};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::signal::unix::{signal, SignalKind};
use tokio::sync::{mpsc, oneshot};

/// Options that are taken anew.
const TAKEN: &[&str] = &[
    "access.rules",
    "access.types",
    "auth.allowed_origins",
    "auth.api_keys",
    "auth.cookie_keys",
    "auth.cookie_same_site",
    "auth.cookie_ttl_s",
    "auth.gorilla_cookie",
    "auth.gorilla_keys",
    "auth.gorilla_max_age_s",
    "log.level",
];
/// As above, where the listener has TLS already.
const TAKEN_TLS: &[&str] =
    &["tls.certificate", "tls.internal_certificate", "tls.internal_client_authorities", "tls.internal_key", "tls.key"];
/// Requests for a reload that wait; more are told to come back.
const ASKED_MAX: usize = 4;

/// Reads and checks the configuration as at the start; in words why it cannot be taken.
pub type Source = Box<dyn Fn() -> Result<Loaded, String>>;

/// What a reload did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// Options whose new value is in use.
    pub changed: Vec<String>,
    /// Options that changed and need a restart of the node.
    pub need_restart: Vec<String>,
}

/// Asks for a reload from any thread.
#[derive(Debug, Clone)]
pub struct ReloadHandle(mpsc::Sender<oneshot::Sender<Result<Reloaded, String>>>);

impl ReloadHandle {
    /// A handle, and where its requests arrive.
    pub fn new() -> (Self, ReloadRequests) {
        let (sender, requests) = mpsc::channel(ASKED_MAX);
        (ReloadHandle(sender), ReloadRequests(requests))
    }

    /// Reloads; in words why nothing was changed. `None`: too many ask at once.
    pub async fn reload(&self) -> Option<Result<Reloaded, String>> {
        let (answer, outcome) = oneshot::channel();
        self.0.try_send(answer).ok()?;
        outcome.await.ok()
    }
}

/// Requests of a [`ReloadHandle`].
pub struct ReloadRequests(mpsc::Receiver<oneshot::Sender<Result<Reloaded, String>>>);

impl ReloadRequests {
    /// The next one, to be answered.
    pub async fn next(&mut self) -> Option<oneshot::Sender<Result<Reloaded, String>>> {
        self.0.recv().await
    }
}

/// What a running node took from its configuration, and from where to take it again.
pub(crate) struct Reload {
    source: Source,
    /// What tells the value of each option the node runs with.
    running: BTreeMap<String, u64>,
    node: Node,
    /// The origins of pages that may connect and get tickets.
    pub pages: Arc<ArcSwap<Pages>>,
    /// Who may use the server API.
    pub api_keys: Arc<ArcSwap<ApiKeys>>,
    /// The cookies that are taken.
    pub cookies: Arc<ArcSwap<Cookies>>,
    tls: ListenerTls,
    outcomes: IntCounterVec,
    /// Asks for a reload.
    pub handle: ReloadHandle,
    requests: ReloadRequests,
}

fn fingerprints(settled: &[Settled]) -> BTreeMap<String, u64> {
    settled.iter().map(|settled| (settled.spec.name(), settled.fingerprint)).collect()
}

fn pages_of(loaded: &Loaded) -> Pages {
    Pages { allowed: loaded.config.auth.allowed_origins.clone(), dev: loaded.config.auth.dev }
}

impl Reload {
    /// Of a node that runs with `loaded`.
    ///
    /// # Errors
    /// When the name of its counter is taken: a mistake in the program.
    pub(crate) fn new(
        node: &Node,
        loaded: &Loaded,
        source: Source,
        tls: ListenerTls,
    ) -> Result<Self, prometheus::Error> {
        let options = Opts::new(
            "hubwire_config_reload_total",
            "Times the configuration was read again, by outcome: applied, or refused because it was not valid.",
        );
        let outcomes = IntCounterVec::new(options, &["outcome"])?;
        node.metrics().registry().register(Box::new(outcomes.clone()))?;
        let (handle, requests) = ReloadHandle::new();
        Ok(Reload {
            source,
            running: fingerprints(&loaded.settled),
            node: node.clone(),
            pages: Arc::new(ArcSwap::from_pointee(pages_of(loaded))),
            api_keys: Arc::new(ArcSwap::from_pointee(ApiKeys::new(&loaded.config.auth.api_keys))),
            cookies: Arc::new(ArcSwap::from_pointee(Cookies::new(&loaded.config.auth))),
            tls,
            outcomes,
            handle,
            requests,
        })
    }

    /// Reads again at each request and each SIGHUP, which would end the process without a drain if nobody took it: a
    /// terminal that closes sends it, too.
    pub(crate) fn serve(mut self) {
        actix_rt::spawn(async move {
            let mut hangup = signal(SignalKind::hangup());
            if hangup.is_err() {
                log::error!("cannot listen for SIGHUP: it ends the node without a drain");
            }
            loop {
                tokio::select! {
                    Some(()) = next(&mut hangup) => drop(self.reload("SIGHUP")),
                    Some(answer) = self.requests.next() => {
                        let _ = answer.send(self.reload("POST /v1/reload")); // whoever asked may be gone
                    }
                    else => return,
                }
            }
        });
    }

    fn reload(&mut self, asked: &str) -> Result<Reloaded, String> {
        let outcome = (self.source)().and_then(|loaded| self.apply(&loaded));
        let label = if outcome.is_ok() { "applied" } else { "refused" };
        self.outcomes.with_label_values(&[label]).inc();
        match &outcome {
            Ok(done) => {
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
                log::error!("{asked}: the configuration is not valid, so nothing was changed: {reasons}");
            }
        }
        outcome
    }

    fn apply(&mut self, loaded: &Loaded) -> Result<Reloaded, String> {
        let takes_tls = self.tls.fits(&loaded.config);
        // all that can fail comes before the first change
        let renewed = match takes_tls {
            true => Some(self.tls.read_anew(&loaded.config).map_err(|error| error.to_string())?),
            false => None,
        };
        let found = fingerprints(&loaded.settled);
        let changed = |option: &&String| self.running.get(*option) != found.get(*option);
        let is_taken =
            |option: &String| TAKEN.contains(&option.as_str()) || takes_tls && TAKEN_TLS.contains(&option.as_str());
        let (changed, need_restart): (Vec<String>, Vec<String>) =
            found.keys().filter(changed).cloned().partition(is_taken);
        self.node.set_rules(loaded.config.rules());
        self.pages.store(Arc::new(pages_of(loaded)));
        self.api_keys.store(Arc::new(ApiKeys::new(&loaded.config.auth.api_keys)));
        self.cookies.store(Arc::new(Cookies::new(&loaded.config.auth)));
        logging::set_filter(&loaded.config.log.level);
        if let Some(renewed) = renewed {
            self.tls.renew(renewed);
        }
        // what is kept goes on being different from what the file says
        for option in &changed {
            if let (Some(running), Some(found)) = (self.running.get_mut(option), found.get(option)) {
                *running = *found;
            }
        }
        Ok(Reloaded { changed, need_restart })
    }
}

/// The next signal; never, where they cannot be listened for.
async fn next(hangup: &mut std::io::Result<tokio::signal::unix::Signal>) -> Option<()> {
    match hangup {
        Ok(hangup) => hangup.recv().await,
        Err(_) => None,
    }
}
