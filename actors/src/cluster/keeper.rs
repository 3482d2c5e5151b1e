//! Renews the lease until it is dropped.

use super::validity::Validity;
use crate::backend::{Backend, BackendError, Lease, RenewLease, Renewal, Reply};
use crate::vital::Vital;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::LocalSet;
use tokio::time::{interval, sleep_until, Instant, MissedTickBehavior};

/// Delay before a failed renewal is repeated once the lease is over.
const RETRY: Duration = Duration::from_millis(250);
/// A core thread without a turn for this long hangs: the cluster must not rely on this node any longer.
const HUNG: Duration = Duration::from_secs(60);

/// Renews the lease; see the module.
pub struct Keeper {
    /// Dropping this ends the renewals.
    _stop: oneshot::Sender<()>,
}

/// Report of each renewal: the broker's answer, and whether the lease had ended before.
type LeaseReport = Box<dyn Fn(Result<Lease, BackendError>, bool) + Send>;

struct Renewing {
    ttl: Duration,
    validity: Arc<Validity>,
    tell: LeaseReport,
}

impl Keeper {
    /// Renews for `ttl` each time, from now on. The cluster actor receives each answer. Call it on the core thread.
    pub fn start(
        backend: &Rc<dyn Backend>,
        ttl: Duration,
        validity: Arc<Validity>,
        tell: LeaseReport,
        vital: Vital,
    ) -> Keeper {
        let (stop, stopped) = oneshot::channel();
        validity.beat();
        let renewing = Renewing { ttl, validity, tell };
        match backend.renewal() {
            Renewal::Here => {
                let backend = backend.clone();
                actix::spawn(async move { renewing.run(|ttl| backend.renew_lease(ttl), stopped).await });
            }
            Renewal::Apart(connect) => {
                let thread = std::thread::Builder::new().name("lease".into());
                // a node that cannot renew its lease is useless, and ends
                let failed = vital.clone();
                let run = move || {
                    let _ends_with_it = EndsNode(vital);
                    on_a_runtime(async move {
                        let connection: Box<dyn RenewLease> = connect();
                        renewing.run(|ttl| connection.renew(ttl), stopped).await;
                    })
                };
                if let Err(error) = thread.spawn(run) {
                    log::error!("cannot start the thread that renews the lease error={error}");
                    failed.give_up();
                }
            }
        }
        Keeper { _stop: stop }
    }
}

fn on_a_runtime(work: impl std::future::Future<Output = ()>) {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => LocalSet::new().block_on(&runtime, work),
        // a panic: the guard of the thread ends the node
        Err(error) => panic!("no runtime for the lease: {error}"),
    }
}

/// Ends the node if this thread panics, because then nothing would renew the lease.
struct EndsNode(Vital);

impl Drop for EndsNode {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.give_up();
        }
    }
}

impl Renewing {
    /// A late answer does not delay the next renewal: each ends by the broker's own deadline.
    async fn run(&self, renew: impl Fn(Duration) -> Reply<Lease>, mut stopped: oneshot::Receiver<()>) {
        let mut turns = interval(self.ttl.mul_f64(0.3));
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut under_way = FuturesUnordered::new();
        let mut retry_at = None;
        loop {
            let retry = async {
                match retry_at {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                _ = &mut stopped => return,
                Some((answer, until)) = under_way.next() => {
                    // one retry at a time, however many renewals fail
                    let failed = self.answered(answer, until);
                    retry_at = retry_at.or(failed.then(|| Instant::now() + RETRY));
                    continue;
                }
                _ = turns.tick() => {}
                () = retry => retry_at = None,
            }
            if self.hangs() {
                continue;
            }
            // counted from before the call: never later than the broker's own deadline
            let until = Instant::now() + self.ttl;
            let answer = renew(self.ttl);
            under_way.push(async move { (answer.await, until) });
        }
    }

    /// Returns whether to try again before the next interval: without a lease the node is useless.
    fn answered(&self, answer: Result<Lease, BackendError>, until: Instant) -> bool {
        let (failed, had_ended) = match &answer {
            Ok(Lease::Reaped) => {
                self.validity.end();
                (false, true)
            }
            Ok(Lease::Extended | Lease::Frozen | Lease::Doubtful | Lease::Created) => {
                (false, self.validity.extend(until))
            }
            Err(_) => (!self.validity.holds(), false),
        };
        (self.tell)(answer, had_ended);
        failed
    }

    fn hangs(&self) -> bool {
        let hangs = self.validity.since_beat() > HUNG;
        if hangs {
            log::error!("the core thread has had no turn for {}s, so the lease is not renewed", HUNG.as_secs());
        }
        hangs
    }
}
