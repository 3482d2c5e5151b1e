//! Requests other than messages: remote procedure calls, presence, profiles, contacts and conversations.

use crate::calls::{rpc, OrgWatch, RpcError, Watch};
use crate::conversations::{self, Conversations};
use crate::engine::{Inner, Member, Profile};
use crate::error::HubError;
use crate::hub::Hub;
use crate::outgoing::ToAddress;
use crate::people::{self, LiveChannels, People};
use hubwire_protocol::people::ContactAct;
use hubwire_protocol::{OrgId, Position, UserId};
use serde::de::DeserializeOwned;
use serde::Serialize;
use serde_json::{json, Value};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

impl Hub {
    /// Calls a method of the application at most once, and waits up to 30 s for the result. If the error's outcome is
    /// unknown, the method may have been executed.
    pub async fn rpc<T: DeserializeOwned>(&self, method: &str, params: &impl Serialize) -> Result<T, RpcError> {
        rpc(self.inner(), method, params).await
    }

    /// Watches which of these users are online until the watch is dropped.
    pub fn watch(&self, users: impl IntoIterator<Item = UserId>) -> Watch {
        Watch::new(self.inner().clone(), users.into_iter().collect())
    }

    /// Serves a method that the application's servers can call on this session, until the guard is dropped. The
    /// function returns a result, or an error in a format of the application. It runs on the client's task, with many
    /// calls at once, and must not block. If it panics, the call fails and the panic is reported as
    /// [`Event::Error`](crate::Event::Error).
    pub fn serve<F>(&self, method: &str, run: impl Fn(Value) -> F + Send + Sync + 'static) -> ServeGuard
    where
        F: Future<Output = Result<Value, Value>> + Send + 'static,
    {
        let id = self.inner().served.add(method, Arc::new(move |params| Box::pin(run(params))));
        ServeGuard { inner: self.inner().clone(), id }
    }

    /// Watches who is online in an organisation until the watch is dropped. Requires the right `presence` there, and a
    /// node that tracks it (feature `org_presence`).
    pub fn watch_org(&self, org: OrgId) -> OrgWatch {
        OrgWatch::new(self.inner().clone(), org)
    }

    /// The current members of a channel, an organisation or a team, without joining it.
    pub async fn members(&self, address: impl ToAddress) -> Result<BTreeMap<UserId, Member>, HubError> {
        people::members(self.inner(), &address.to_address()?).await
    }

    /// The current number of users; the cost does not depend on it.
    pub async fn count(&self, address: impl ToAddress) -> Result<u64, HubError> {
        people::count(self.inner(), &address.to_address()?).await
    }

    /// Replaces the user's profile, which is shown everywhere; an empty one removes it.
    pub async fn set_profile(&self, profile: &Profile) -> Result<(), HubError> {
        self.inner().ask("@@hub/profile", None, Some(json!(profile))).await.map(drop)
    }

    /// Changes the relation to another user; repeating a change is not an error. The result is reported as
    /// [`Event::Contact`](crate::Event::Contact).
    pub async fn set_contact(&self, user: &UserId, act: ContactAct) -> Result<(), HubError> {
        self.inner().ask("@@hub/contact", None, Some(json!({ "user": user, "act": act }))).await.map(drop)
    }

    /// Pages of the user's contacts, invitations and blocks.
    pub fn people(&self) -> People {
        People::new(self.inner().clone())
    }

    /// The most recent direct conversations, 15 of them or `limit` (at most 100), each with its last message and the
    /// number of unread ones. Requires a node that stores people (feature `conversations`).
    pub async fn conversations(&self, limit: Option<u32>) -> Result<Conversations, HubError> {
        conversations::conversations(self.inner(), limit).await
    }

    /// Marks the conversation with another user as read up to a position in this user's own stream (the position of an
    /// event of [`Hub::inbox`] or [`Hub::direct`]), by default up to the last one delivered. The mark never moves back.
    /// All sessions of this user receive it as [`Event::Read`](crate::Event::Read); the other user does not.
    pub async fn mark_read(&self, user: &UserId, pos: Option<Position>) -> Result<(), HubError> {
        conversations::mark_read(self.inner(), user, pos).await
    }

    /// Pages of the occupied channels of an organisation, each with the number of its users. Requires the right
    /// `presence` there, and a node that lists them (feature `channel_list`).
    pub fn live_channels(&self, org: &OrgId) -> LiveChannels {
        LiveChannels::new(self.inner().clone(), org.clone())
    }
}

/// Stops serving a method of [`Hub::serve`] when it is dropped.
#[must_use = "the method is not answered any more when this is dropped"]
pub struct ServeGuard {
    inner: Arc<Inner>,
    id: u64,
}

impl Drop for ServeGuard {
    fn drop(&mut self) {
        self.inner.served.remove(self.id);
    }
}
