//! Connections from blocked addresses: new ones are refused, and open ones are closed as soon as the node learns of a
//! block, as sessions are.

use crate::ws::SocketOutbox;
use hubwire_actors::denylist::{Denied, DenylistSnapshot};
use hubwire_actors::node::Node;
use hubwire_actors::outbox::Outbox;
use hubwire_actors::words::ids::MemberKey;
use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use tokio::sync::watch;

/// Policy violation (RFC 6455 section 7.4.1).
const POLICY: u16 = 1008;

/// The open connections of one worker, by their client addresses; empty when no node keeps a denylist.
pub(super) struct Guard {
    node: Option<Node>,
    open: RefCell<HashMap<MemberKey, (IpAddr, Rc<SocketOutbox>)>>,
}

impl Guard {
    /// Begins to watch the denylist of `node`, if there is one.
    pub fn start(node: Option<Node>) -> Rc<Self> {
        let denied = node.as_ref().map(Node::denied);
        let guard = Rc::new(Guard { node, open: RefCell::default() });
        if let Some(denied) = denied {
            actix_rt::spawn(watch(Rc::downgrade(&guard), denied));
        }
        guard
    }

    /// Why an address may not connect; `None` if it may.
    pub fn judge(&self, address: IpAddr) -> Option<Denied> {
        self.node.as_ref()?.judge_address(address)
    }

    /// Registers a new connection. Its address is checked again: a block that arrived between the check at the
    /// handshake and this call closed only connections that were registered by then.
    pub fn enter(&self, place: MemberKey, address: IpAddr, outbox: &Rc<SocketOutbox>) {
        if self.node.is_some() {
            self.open.borrow_mut().insert(place, (address, outbox.clone()));
        }
        if self.judge(address).is_some() {
            close(outbox);
        }
    }

    /// Removes a connection that has ended.
    pub fn leave(&self, place: MemberKey) {
        self.open.borrow_mut().remove(&place);
    }

    fn close_denied(&self, list: &DenylistSnapshot) {
        for (address, outbox) in self.open.borrow().values() {
            if list.judge_address(*address).is_some() {
                close(outbox);
            }
        }
    }
}

fn close(outbox: &SocketOutbox) {
    outbox.close(POLICY, "blocked");
    outbox.wake();
}

async fn watch(guard: Weak<Guard>, mut denied: watch::Receiver<Arc<DenylistSnapshot>>) {
    while denied.changed().await.is_ok() {
        let Some(guard) = guard.upgrade() else { return };
        let list = denied.borrow_and_update().clone();
        guard.close_denied(&list);
    }
}
