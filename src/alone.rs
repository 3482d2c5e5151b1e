//! Detects that a node without a broker is behind a balancer: with a second node there, users on different nodes could
//! not reach each other, and no error would show that.

use crate::ws::UpgradeRequest;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Headers that proxies add to the requests that they forward.
const MARKS: [&str; 2] = ["x-forwarded-for", "forwarded"];

/// Whether a warning is still to be logged. A node with a broker needs none.
pub(crate) struct Alone {
    watching: AtomicBool,
}

impl Alone {
    /// For a node whose broker is in its memory, or not.
    pub(crate) fn new(in_memory: bool) -> Self {
        Alone { watching: AtomicBool::new(in_memory) }
    }

    /// Checks an upgrade request.
    pub(crate) fn look_at(&self, request: &UpgradeRequest<'_>) {
        if self.is_first(|name| request.header(name).is_some()) {
            log::warn!(
                "a proxy passes requests on to this node, which keeps everything in its own memory: a second node \
                 behind it would know nothing of the users of this one; give all nodes the same broker.url unless this \
                 is the only one"
            );
        }
    }

    fn is_first(&self, has_header: impl Fn(&str) -> bool) -> bool {
        self.watching.load(Relaxed) && MARKS.into_iter().any(has_header) && self.watching.swap(false, Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_request_through_a_proxy_is_noticed_by_a_node_in_memory() {
        let alone = Alone::new(true);
        assert!(!alone.is_first(|name| name == "origin"));
        assert!(alone.is_first(|name| name == "forwarded"));
        assert!(!alone.is_first(|name| name == "x-forwarded-for"), "once");
        assert!(Alone::new(true).is_first(|name| name == "x-forwarded-for"));
        assert!(!Alone::new(false).is_first(|name| name == "forwarded"), "others are in the same cluster");
    }
}
