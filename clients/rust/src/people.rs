//! Lists: the user's contacts, the members at an address, the live channels of an organisation.

use crate::contact::Contact;
use crate::engine::{Inner, Listed, Members};
use crate::error::HubError;
use crate::pages::{read, Entry, Pages};
use hubwire_protocol::people::ContactState;
use hubwire_protocol::{Address, OrgId};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

impl Entry for Contact {
    const LIST: &'static str = "people";
    const KEY: &'static str = "user";
}

/// Pages of the user's people, in the order of their ids.
pub struct People(Pages<Contact>);

impl People {
    pub(crate) fn new(inner: Arc<Inner>) -> Self {
        People(Pages::new(inner, "@@hub/people", None))
    }

    /// Only those whose id begins so.
    pub fn prefix(self, prefix: &str) -> Self {
        People(self.0.with("prefix", prefix))
    }

    /// Only contacts of whose display name a word begins so, in whatever case; each comes with its profile.
    pub fn name(self, name: &str) -> Self {
        People(self.0.with("name", name))
    }

    /// Only those to whom the user stands so.
    pub fn state(self, state: ContactState) -> Self {
        People(self.0.with("state", state))
    }

    /// At most so many in a page, and 200.
    pub fn limit(self, limit: u32) -> Self {
        People(self.0.with("limit", limit))
    }

    /// The next page; `None` behind the last one.
    pub async fn next(&mut self) -> Result<Option<Vec<Contact>>, HubError> {
        self.0.next().await
    }
}

/// A channel that somebody is in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct LiveChannel {
    /// Which.
    #[serde(rename = "to")]
    pub address: Address,
    /// How many users are in it.
    pub count: u64,
}

impl Entry for LiveChannel {
    const LIST: &'static str = "channels";
    const KEY: &'static str = "to";
}

/// Pages of the channels of an organisation that somebody is in, in the order of their addresses.
pub struct LiveChannels(Pages<LiveChannel>);

impl LiveChannels {
    pub(crate) fn new(inner: Arc<Inner>, org: OrgId) -> Self {
        LiveChannels(Pages::new(inner, "@@hub/channels", Some(Address::Org(org))))
    }

    /// Only those whose path begins so.
    pub fn prefix(self, prefix: &str) -> Self {
        LiveChannels(self.0.with("prefix", prefix))
    }

    /// At most so many in a page, and 100.
    pub fn limit(self, limit: u32) -> Self {
        LiveChannels(self.0.with("limit", limit))
    }

    /// The next page; `None` behind the last one.
    pub async fn next(&mut self) -> Result<Option<Vec<LiveChannel>>, HubError> {
        self.0.next().await
    }
}

/// Members of a channel, an organisation or a team, of all pages.
pub(crate) async fn members(inner: &Inner, address: &Address) -> Result<Members, HubError> {
    let mut found = Members::new();
    let mut payload = None;
    loop {
        let listed: Listed = read(&inner.ask("@@hub/presence", Some(address), payload).await?);
        let last = listed.users.last().map(|named| named.user.clone());
        found.extend(listed.users.into_iter().map(|named| (named.user, named.member)));
        match last.filter(|_| listed.more) {
            Some(last) => payload = Some(json!({ "after": last })),
            None => return Ok(found),
        }
    }
}

/// How many users are there.
pub(crate) async fn count(inner: &Inner, address: &Address) -> Result<u64, HubError> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Count {
        count: u64,
    }
    let text = inner.ask("@@hub/presence", Some(address), Some(json!({ "count": true }))).await?;
    Ok(read::<Count>(&text).count)
}
