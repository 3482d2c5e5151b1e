//! Revocation of the tokens that opened a connection's subscriptions.

use futures_util::future::{pending, LocalBoxFuture};
use futures_util::FutureExt;
use hubwire_actors::denylist::DenylistSnapshot;
use hubwire_actors::identity::Identity;
use hubwire_actors::node::Node;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::watch::Receiver;

type Denied = Receiver<Arc<DenylistSnapshot>>;

/// The bearers of the subscription tokens of one connection; see the module. Empty for most connections, and then it
/// watches nothing.
#[derive(Default)]
pub(super) struct Bearers {
    of: Vec<(Box<str>, Identity)>,
    changed: Option<LocalBoxFuture<'static, Denied>>,
    /// Whether all of them were compared with the present denylist.
    are_judged: bool,
}

impl Bearers {
    /// Sets the bearer of a subscription's token, or none.
    pub fn set(&mut self, channel: &str, bearer: Option<Identity>) {
        self.forget(channel);
        self.of.extend(bearer.map(|bearer| (channel.into(), bearer)));
        self.are_judged = false;
    }

    /// Sets the bearer of a new token, if the subscription was opened by one.
    pub fn renew(&mut self, channel: &str, bearer: Option<Identity>) {
        if self.of.iter().any(|(of, _)| **of == *channel) {
            self.set(channel, bearer);
        }
    }

    /// How many subscriptions were opened by a token.
    pub fn len(&self) -> usize {
        self.of.len()
    }

    /// Removes a subscription that ended.
    pub fn forget(&mut self, channel: &str) {
        self.of.retain(|(of, _)| **of != *channel);
    }

    /// The next channel whose token has been revoked.
    pub fn poll_revoked(&mut self, node: &Node, cx: &mut Context<'_>) -> Poll<Box<str>> {
        if self.of.is_empty() {
            self.changed = None;
            return Poll::Pending;
        }
        // watched before they are judged, so that no change in between is missed
        let changed = self.changed.get_or_insert_with(|| next(node.denied()));
        while let Poll::Ready(denied) = changed.poll_unpin(cx) {
            *changed = next(denied);
            self.are_judged = false;
        }
        if self.are_judged {
            return Poll::Pending;
        }
        match self.of.iter().position(|(_, bearer)| node.judge(bearer).is_some()) {
            Some(at) => Poll::Ready(self.of.swap_remove(at).0),
            None => {
                self.are_judged = true;
                Poll::Pending
            }
        }
    }
}

/// Waits for the next change of the denylist.
fn next(mut denied: Denied) -> LocalBoxFuture<'static, Denied> {
    let wait = async move {
        match denied.changed().await {
            Ok(()) => denied,
            Err(_) => pending().await, // the node has ended
        }
    };
    wait.boxed_local()
}
