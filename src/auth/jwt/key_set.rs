//! The keys an identity provider publishes (RFC 7517), fetched from the one URL of the configuration and from nowhere
//! else: what a token says of where its keys are (`jku`, `x5u`, `jwk`) is never looked at.
//!
//! A thread of its own fetches them: at start, every so often, and when a token names a key that is not there, but then
//! at most once per [`MISS_INTERVAL`]. While the provider does not answer, the keys of before stay in use.

use super::keys::Keys;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{mpsc, Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Shortest time between two fetches that unknown keys cause: a sender of made-up tokens must not become the
/// provider's load.
const MISS_INTERVAL: Duration = Duration::from_secs(10);
/// How soon a failed fetch is tried again.
const RETRY: Duration = Duration::from_secs(5);
/// How long the provider may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Most bytes a set may have: those of large providers have a few thousand.
const DOCUMENT_BYTES_MAX: u64 = 256 * 1024;

/// See the module.
pub struct KeySet {
    url: String,
    refresh: Duration,
    shared: Arc<Shared>,
    misses: mpsc::SyncSender<()>,
    rounds: watch::Receiver<u64>,
}

struct Shared {
    keys: RwLock<Arc<Keys>>,
    fetched: AtomicU64,
    failed: AtomicU64,
}

impl KeySet {
    /// Starts the thread. `refresh` is how often the set is fetched without a reason. The thread ends with the set.
    pub fn start(url: String, refresh: Duration) -> std::io::Result<Self> {
        let shared =
            Arc::new(Shared { keys: RwLock::default(), fetched: AtomicU64::new(0), failed: AtomicU64::new(0) });
        // one miss that waits is as good as many
        let (misses, missed) = mpsc::sync_channel(1);
        let (finished, rounds) = watch::channel(0);
        let fetcher = Fetcher { url: url.clone(), refresh, shared: shared.clone(), finished };
        std::thread::Builder::new().name("key-set".into()).spawn(move || fetcher.run(&missed))?;
        Ok(KeySet { url, refresh, shared, misses, rounds })
    }

    /// Where the keys are published.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How often they are fetched without a reason.
    pub fn refresh(&self) -> Duration {
        self.refresh
    }

    /// Waits for the first fetch. Returns whether there are keys.
    pub async fn first(&self) -> bool {
        let mut rounds = self.rounds.clone();
        // an end of the thread is an end of the node
        let _ = tokio::time::timeout(2 * TIMEOUT, rounds.wait_for(|rounds| *rounds > 0)).await;
        !self.keys().is_empty()
    }

    /// The keys as they were fetched last.
    pub fn keys(&self) -> Arc<Keys> {
        // a set of keys is whole even if a thread panicked while it held the lock
        self.shared.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A token named a key that is not there. Resolves when the next fetch is over, or was not worth it.
    pub fn missed(&self) -> impl Future<Output = ()> + use<> {
        let mut rounds = self.rounds.clone();
        rounds.mark_unchanged();
        let asked = self.misses.try_send(()).is_ok() || *rounds.borrow() == 0;
        async move {
            if asked {
                // an end of the thread is an end of the node
                let _ = tokio::time::timeout(TIMEOUT, rounds.changed()).await;
            }
        }
    }

    /// How many fetches brought a set, and how many did not.
    pub fn outcomes(&self) -> (u64, u64) {
        (self.shared.fetched.load(Ordering::Relaxed), self.shared.failed.load(Ordering::Relaxed))
    }
}

struct Fetcher {
    url: String,
    refresh: Duration,
    shared: Arc<Shared>,
    finished: watch::Sender<u64>,
}

impl Fetcher {
    fn run(&self, missed: &mpsc::Receiver<()>) {
        loop {
            let wait = if self.fetch() { self.refresh } else { RETRY };
            let fetched_at = Instant::now();
            self.finished.send_modify(|rounds| *rounds += 1);
            loop {
                match missed.recv_timeout(wait.saturating_sub(fetched_at.elapsed())) {
                    Err(mpsc::RecvTimeoutError::Timeout) => break,
                    Err(mpsc::RecvTimeoutError::Disconnected) => return,
                    Ok(()) if fetched_at.elapsed() >= MISS_INTERVAL.min(wait) => break,
                    // asked a moment ago: those who wait learn that nothing is new
                    Ok(()) => self.finished.send_modify(|rounds| *rounds += 1),
                }
            }
        }
    }

    fn fetch(&self) -> bool {
        match fetch(&self.url) {
            Ok(keys) => {
                log::info!("fetched the keys for tokens url={} keys={}", self.url, keys.len());
                *self.shared.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
                self.shared.fetched.fetch_add(1, Ordering::Relaxed);
                true
            }
            Err(error) => {
                log::warn!(
                    "cannot fetch the keys for tokens, those of before stay in use url={} error={error}",
                    self.url
                );
                self.shared.failed.fetch_add(1, Ordering::Relaxed);
                false
            }
        }
    }
}

/// Why there is no new set.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error(transparent)]
    Http(#[from] ureq::Error),
    #[error("the answer is no JSON Web Key Set: {0}")]
    Document(#[from] serde_json::Error),
    #[error("the set holds no key that signatures can be checked with")]
    Empty,
}

fn fetch(url: &str) -> Result<Keys, FetchError> {
    // a redirect would lead to a URL nobody configured
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).max_redirects(0).build().into();
    let document = agent.get(url).call()?.body_mut().with_config().limit(DOCUMENT_BYTES_MAX).read_to_vec()?;
    let keys = Keys::of_set(&document)?;
    if keys.is_empty() {
        return Err(FetchError::Empty);
    }
    Ok(keys)
}
