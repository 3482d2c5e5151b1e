//! The keys that an identity provider publishes (RFC 7517). They are fetched only from the configured URL: keys and
//! URLs of keys in a token (`jku`, `x5u`, `jwk`) are ignored.
//!
//! A separate thread fetches them: at start, periodically, and when a token names an unknown key, the latter at most
//! once per [`MISS_INTERVAL`]. While the provider does not answer, the previous keys stay in use.

use super::keys::Keys;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{mpsc, Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Shortest time between two fetches because of unknown keys, so that forged tokens cannot cause load on the provider.
const MISS_INTERVAL: Duration = Duration::from_secs(10);
/// Delay before a failed fetch is repeated.
const RETRY: Duration = Duration::from_secs(5);
/// Time limit for the provider.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Largest accepted set: those of large providers have a few thousand bytes.
const DOCUMENT_BYTES_MAX: u64 = 256 * 1024;

/// The published keys; see the module.
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
    /// Starts the thread. `refresh` is the interval of periodic fetches. The thread ends with the set.
    pub fn start(url: String, refresh: Duration) -> std::io::Result<Self> {
        let shared =
            Arc::new(Shared { keys: RwLock::default(), fetched: AtomicU64::new(0), failed: AtomicU64::new(0) });
        // one pending miss is enough
        let (misses, missed) = mpsc::sync_channel(1);
        let (finished, rounds) = watch::channel(0);
        let fetcher = Fetcher { url: url.clone(), refresh, shared: shared.clone(), finished };
        std::thread::Builder::new().name("key-set".into()).spawn(move || fetcher.run(&missed))?;
        Ok(KeySet { url, refresh, shared, misses, rounds })
    }

    /// The URL of the keys.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The interval of periodic fetches.
    pub fn refresh(&self) -> Duration {
        self.refresh
    }

    /// Waits for the first fetch. Returns whether there are keys.
    pub async fn first(&self) -> bool {
        let mut rounds = self.rounds.clone();
        // if the thread has ended, so has the node
        let _ = tokio::time::timeout(2 * TIMEOUT, rounds.wait_for(|rounds| *rounds > 0)).await;
        !self.keys().is_empty()
    }

    /// The keys of the latest fetch.
    pub fn keys(&self) -> Arc<Keys> {
        // the set is consistent even if a thread panicked while holding the lock
        self.shared.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A token named an unknown key. Resolves when the next fetch is complete, or was suppressed.
    pub fn missed(&self) -> impl Future<Output = ()> + use<> {
        let mut rounds = self.rounds.clone();
        rounds.mark_unchanged();
        let asked = self.misses.try_send(()).is_ok() || *rounds.borrow() == 0;
        async move {
            if asked {
                // if the thread has ended, so has the node
                let _ = tokio::time::timeout(TIMEOUT, rounds.changed()).await;
            }
        }
    }

    /// The number of successful and of failed fetches.
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
            let wait = if self.fetch() { self.refresh } else { RETRY.min(self.refresh) };
            let fetched_at = Instant::now();
            self.finished.send_modify(|rounds| *rounds += 1);
            loop {
                match missed.recv_timeout(wait.saturating_sub(fetched_at.elapsed())) {
                    Err(mpsc::RecvTimeoutError::Timeout) => break,
                    Err(mpsc::RecvTimeoutError::Disconnected) => return,
                    Ok(()) if fetched_at.elapsed() >= MISS_INTERVAL.min(wait) => break,
                    // the keys were fetched a moment ago: wakes the waiting callers, without new keys
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
                    "cannot fetch the keys for tokens, the previous ones stay in use url={} error={error}",
                    self.url
                );
                self.shared.failed.fetch_add(1, Ordering::Relaxed);
                false
            }
        }
    }
}

/// Why there is no new set of keys.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error(transparent)]
    Http(#[from] ureq::Error),
    #[error("the provider answered with status {0} instead of 200; redirects are not followed")]
    Status(u16),
    #[error("the answer is not a JSON Web Key Set: {0}")]
    Document(#[from] serde_json::Error),
    #[error("the set has no key for checking signatures")]
    Empty,
}

fn fetch(url: &str) -> Result<Keys, FetchError> {
    // a redirect would lead to a URL that nobody configured
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).max_redirects(0).build().into();
    let mut response = agent.get(url).call()?;
    // the client reports only 4xx and 5xx as errors, and the body of a redirect could be a set as well
    if response.status() != 200 {
        return Err(FetchError::Status(response.status().as_u16()));
    }
    let document = response.body_mut().with_config().limit(DOCUMENT_BYTES_MAX).read_to_vec()?;
    let keys = Keys::of_set(&document)?;
    if keys.is_empty() {
        return Err(FetchError::Empty);
    }
    Ok(keys)
}
