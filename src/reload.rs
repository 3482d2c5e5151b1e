//! SIGHUP: the configuration is read again, from where it was read at the start. What may change while a node runs is replaced,
//! all of it or nothing; what may not is named in the log.

use crate::auth::api_key::ApiKeys;
use crate::auth::origin::Pages;
use crate::config::{Loaded, Settled};
use crate::logging;
use arc_swap::ArcSwap;
use hubwire_actors::node::Node;
use prometheus::{IntCounterVec, Opts};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::signal::unix::{signal, SignalKind};

/// Options that are taken anew.
const TAKEN: &[&str] = &["access.rules", "access.types", "auth.allowed_origins", "auth.api_keys", "log.level"];

/// Reads and checks the configuration as at the start; in words why it cannot be taken.
pub type Source = Box<dyn Fn() -> Result<Loaded, String>>;

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
    outcomes: IntCounterVec,
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
    pub(crate) fn new(node: &Node, loaded: &Loaded, source: Source) -> Result<Self, prometheus::Error> {
        let options = Opts::new(
            "hubwire_config_reload_total",
            "Times the configuration was read again, by outcome: applied, or refused because it was not valid.",
        );
        let outcomes = IntCounterVec::new(options, &["outcome"])?;
        node.metrics().registry().register(Box::new(outcomes.clone()))?;
        Ok(Reload {
            source,
            running: fingerprints(&loaded.settled),
            node: node.clone(),
            pages: Arc::new(ArcSwap::from_pointee(pages_of(loaded))),
            api_keys: Arc::new(ArcSwap::from_pointee(ApiKeys::new(&loaded.config.auth.api_keys))),
            outcomes,
        })
    }

    /// Reads again at each SIGHUP, which would end the process without a drain if nobody took it: a terminal that closes
    /// sends it, too.
    pub(crate) fn on_hangup(mut self) {
        actix_rt::spawn(async move {
            let Ok(mut hangup) = signal(SignalKind::hangup()) else {
                return log::error!("cannot listen for SIGHUP: it ends the node without a drain");
            };
            while hangup.recv().await.is_some() {
                self.reload();
            }
        });
    }

    fn reload(&mut self) {
        match (self.source)() {
            Ok(loaded) => self.apply(&loaded),
            Err(reasons) => {
                self.outcomes.with_label_values(&["refused"]).inc();
                log::error!("SIGHUP: the configuration is not valid, so nothing was changed: {reasons}");
            }
        }
    }

    fn apply(&mut self, loaded: &Loaded) {
        let found = fingerprints(&loaded.settled);
        let changed = |option: &&String| self.running.get(*option) != found.get(*option);
        let (taken, kept): (Vec<&str>, Vec<&str>) =
            found.keys().filter(changed).map(String::as_str).partition(|option| TAKEN.contains(option));
        self.node.set_rules(loaded.config.rules());
        self.pages.store(Arc::new(pages_of(loaded)));
        self.api_keys.store(Arc::new(ApiKeys::new(&loaded.config.auth.api_keys)));
        logging::set_filter(&loaded.config.log.level);
        self.outcomes.with_label_values(&["applied"]).inc();
        log::info!("SIGHUP: the configuration was read again changed=[{}]", taken.join(" "));
        if !kept.is_empty() {
            log::warn!(
                "SIGHUP: these options changed and need a restart of the node, which goes on with their former values: {}",
                kept.join(" ")
            );
        }
        // what is kept goes on being different from what the file says
        for option in taken {
            if let (Some(running), Some(found)) = (self.running.get_mut(option), found.get(option)) {
                *running = *found;
            }
        }
    }
}
