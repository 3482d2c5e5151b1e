//! What a client asks and answers beside messages: the application, who is there, who the user is to others.

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
    /// Asks the application, at most once, and waits up to 30 s for its answer. Where the error's outcome is unknown,
    /// it may have done what was asked.
    pub async fn rpc<T: DeserializeOwned>(&self, method: &str, params: &impl Serialize) -> Result<T, RpcError> {
        rpc(self.inner(), method, params).await
    }

    /// Watches which of these users are online, until the watch is dropped.
    pub fn watch(&self, users: impl IntoIterator<Item = UserId>) -> Watch {
        Watch::new(self.inner().clone(), users.into_iter().collect())
    }

    /// Answers what the application's servers ask this session, until the guard is dropped: with a result, or with an
    /// error in the application's own words. It runs on the client's task, many calls at once, and must not block. One
    /// that panics is answered as failed, and told as [`Event::Error`](crate::Event::Error).
    pub fn serve<F>(&self, method: &str, run: impl Fn(Value) -> F + Send + Sync + 'static) -> ServeGuard
    where
        F: Future<Output = Result<Value, Value>> + Send + 'static,
    {
        let id = self.inner().served.add(method, Arc::new(move |params| Box::pin(run(params))));
        ServeGuard { inner: self.inner().clone(), id }
    }

    /// Who is in an organisation, until the watch is dropped. Needs the right `presence` there, and a node that keeps
    /// it (feature `org_presence`).
    pub fn watch_org(&self, org: OrgId) -> OrgWatch {
        OrgWatch::new(self.inner().clone(), org)
    }

    /// Members of a channel, an organisation or a team now, without joining it.
    pub async fn members(&self, address: impl ToAddress) -> Result<BTreeMap<UserId, Member>, HubError> {
        people::members(self.inner(), &address.to_address()?).await
    }

    /// How many users are there now, at the same cost whatever their number.
    pub async fn count(&self, address: impl ToAddress) -> Result<u64, HubError> {
        people::count(self.inner(), &address.to_address()?).await
    }

    /// Says what the user is called and looks like, everywhere, instead of what was said before; an empty one ends it.
    pub async fn set_profile(&self, profile: &Profile) -> Result<(), HubError> {
        self.inner().ask("@@hub/profile", None, Some(json!(profile))).await.map(drop)
    }

    /// A step towards another user; one that is done already is no error. What changes is told as
    /// [`Event::Contact`](crate::Event::Contact).
    pub async fn set_contact(&self, user: &UserId, act: ContactAct) -> Result<(), HubError> {
        self.inner().ask("@@hub/contact", None, Some(json!({ "user": user, "act": act }))).await.map(drop)
    }

    /// Pages of the user's contacts, invitations and blocks.
    pub fn people(&self) -> People {
        People::new(self.inner().clone())
    }

    /// The latest direct conversations: 15, or as many as the limit says (at most 100), each with its last message and
    /// the number of unread ones. Needs a node that keeps people (feature `conversations`).
    pub async fn conversations(&self, limit: Option<u32>) -> Result<Conversations, HubError> {
        conversations::conversations(self.inner(), limit).await
    }

    /// The user has read its conversation with another one up to a position of its own stream (the position of what
    /// [`Hub::inbox`] or [`Hub::direct`] delivered), by default up to what was delivered last. It never goes back. All
    /// sessions of this user hear it as [`Event::Read`](crate::Event::Read); the other user does not.
    pub async fn mark_read(&self, user: &UserId, pos: Option<Position>) -> Result<(), HubError> {
        conversations::mark_read(self.inner(), user, pos).await
    }

    /// Pages of the channels of an organisation that somebody is in, each with the number of its users. Needs the right
    /// `presence` there, and a node that lists them (feature `channel_list`).
    pub fn live_channels(&self, org: &OrgId) -> LiveChannels {
        LiveChannels::new(self.inner().clone(), org.clone())
    }
}

/// Ends what [`Hub::serve`] began, when it is dropped.
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
