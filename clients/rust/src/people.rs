//! Lists: the user's contacts, the members at an address, the occupied channels of an organisation.

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

/// Pages of the people the user has a relation to, in the order of their ids.
pub struct People(Pages<Contact>);

impl People {
    pub(crate) fn new(inner: Arc<Inner>) -> Self {
        People(Pages::new(inner, "@@hub/people", None))
    }

    /// Only users whose id has this prefix.
    pub fn prefix(self, prefix: &str) -> Self {
        People(self.0.with("prefix", prefix))
    }

    /// Only contacts with a word in their display name that starts with `name`, ignoring case; each comes with its
    /// profile.
    pub fn name(self, name: &str) -> Self {
        People(self.0.with("name", name))
    }

    /// Only users in this relation.
    pub fn state(self, state: ContactState) -> Self {
        People(self.0.with("state", state))
    }

    /// Most entries in a page, at most 200.
    pub fn limit(self, limit: u32) -> Self {
        People(self.0.with("limit", limit))
    }

    /// The next page; `None` after the last one.
    pub async fn next(&mut self) -> Result<Option<Vec<Contact>>, HubError> {
        self.0.next().await
    }
}

/// A channel with at least one user in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct LiveChannel {
    /// Its address.
    #[serde(rename = "to")]
    pub address: Address,
    /// The number of users in it.
    pub count: u64,
}

impl Entry for LiveChannel {
    const LIST: &'static str = "channels";
    const KEY: &'static str = "to";
}

/// Pages of the occupied channels of an organisation, in the order of their addresses.
pub struct LiveChannels(Pages<LiveChannel>);

impl LiveChannels {
    pub(crate) fn new(inner: Arc<Inner>, org: OrgId) -> Self {
        LiveChannels(Pages::new(inner, "@@hub/channels", Some(Address::Org(org))))
    }

    /// Only channels whose path has this prefix.
    pub fn prefix(self, prefix: &str) -> Self {
        LiveChannels(self.0.with("prefix", prefix))
    }

    /// Most entries in a page, at most 100.
    pub fn limit(self, limit: u32) -> Self {
        LiveChannels(self.0.with("limit", limit))
    }

    /// The next page; `None` after the last one.
    pub async fn next(&mut self) -> Result<Option<Vec<LiveChannel>>, HubError> {
        self.0.next().await
    }
}

/// All members of a channel, an organisation or a team; reads all pages.
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

/// The number of users.
pub(crate) async fn count(inner: &Inner, address: &Address) -> Result<u64, HubError> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Count {
        count: u64,
    }
    let text = inner.ask("@@hub/presence", Some(address), Some(json!({ "count": true }))).await?;
    Ok(read::<Count>(&text).count)
}
