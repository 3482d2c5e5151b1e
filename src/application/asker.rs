//! The client in a question to the application.

use hubwire_actors::identity::{Identity, OrgMembership};
use hubwire_protocol::{DeviceId, OrgId, SessionId, UserId};
use litemap::LiteMap;
use serde::Serialize;

/// The client for which the application is called.
#[derive(Serialize)]
pub(super) struct Asker<'a> {
    user: &'a UserId,
    session: SessionId,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<&'a DeviceId>,
    orgs: &'a LiteMap<OrgId, OrgMembership>,
}

impl<'a> Asker<'a> {
    pub fn new(identity: &'a Identity, session: SessionId) -> Self {
        Asker { user: &identity.user, session, device: identity.device.as_ref(), orgs: &identity.orgs }
    }
}
