//! The organisations that a session has entered.

use crate::words::hub::HubPort;
use hubwire_protocol::OrgId;
use std::sync::Arc;

/// The hubs of a session; see the module.
#[derive(Default)]
pub(super) struct Hubs {
    /// Whether the session has asked to enter the directory and its organisations, and so has to leave them.
    is_in: bool,
    answered: Vec<(OrgId, Arc<dyn HubPort>)>,
}

impl Hubs {
    /// The session asks to enter.
    pub fn enter(&mut self) {
        self.is_in = true;
    }

    /// The session ends; returns whether it has to leave.
    pub fn leave(&mut self) -> bool {
        std::mem::take(&mut self.is_in)
    }

    /// Whether the session has asked to enter, and has not left.
    pub fn is_in(&self) -> bool {
        self.is_in
    }

    /// The hub of an organisation has answered.
    pub fn put(&mut self, org: OrgId, hub: Arc<dyn HubPort>) {
        match self.answered.iter_mut().find(|(of, _)| *of == org) {
            Some((_, known)) => *known = hub,
            None => {
                self.answered.reserve_exact(1); // most sessions have one or two
                self.answered.push((org, hub));
            }
        }
    }

    /// The hub of an organisation that the session has entered.
    pub fn get(&self, org: &OrgId) -> Option<Arc<dyn HubPort>> {
        self.answered.iter().find(|(of, _)| of == org).map(|(_, hub)| hub.clone())
    }
}
