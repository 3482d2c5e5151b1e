//! The name of every key and channel, and where it lives in a cluster.
//!
//! All start with a configurable prefix (default `hubwire:`). Keys of one script share the part in braces, the only
//! part that Redis Cluster hashes. Ids contain no braces.
//!
//! A database of the server separates keys but not channels: therefore the names of channels contain its number,
//! `db<number>:` after the prefix, unless it is 0.
//!
//! | name | type | holds |
//! |---|---|---|
//! | `{<address>}:log` (`{u:<user>}:log` for a user) | stream | publications: `e` envelope, `p` nonce of the one before
//! (-1: none), `t` Unix ms, `b` bytes of all up to it, `s` sender and first organisation |
//! | `{…}:key:<generation>` | hash | idempotency key -> position, time of acceptance, digest; lives two windows |
//! | `{<address>}:topic` | channel | notifications of a topic stream |
//! | `{<address>}:members` | hash | user -> its sessions in the channel, 16 bytes each; before them a mark of pending announcements (see `member.lua`) |
//! | `{<address>}:states` | hash | user -> the states of its sessions in the channel (see `states.lua`); a space and the user -> its profile (see `profile.lua`) |
//! | `{<address>}:nodes`, `:near` | hash, set | of a channel: incarnation -> its sessions there; nodes not subscribed to the topic (see `topic.lua`) |
//! | `{<address>}:snapshot` | string | `<position> <Unix ms>`, a line break, the application's state as JSON |
//! | `{<address>}:stored` (`{u:<user>}:stored`) | string | bytes stored recently by a user or an organisation, and the time of that level |
//! | `{u:<user>}:sessions` | hash | session, 16 bytes -> `<since ms>`, or `<since ms> <device>` |
//! | `{u:<user>}:people` | hash | other user -> the user's relation to it: 1 wants it, 2 is wanted, 3 both, 4 blocks it; only with `people.enabled` |
//! | `{u:<user>}:read` | hash | other user -> position up to which its messages are read; only with `people.enabled`; expires unless used |
//! | `{u:<user>}:channels` | set | persistent memberships of the user; only with `presence.persistent_max` |
//! | `{u:<user>}:orgs` | string | its organisations, a space before each; only if `access.direct` or `access.user_presence` depends on them |
//! | `{u:<user>}:seen` | string | when its last session left the directory, ms; only with `presence.last_seen` |
//! | `{u:<user>}:profile` | string | `<version> <profile>`; expires unless used |
//! | `{u:<user>}:watched` | string | some node watches the user; expires unless renewed |
//! | `{u:<user>}:watch` | channel | a session of a watched user was attached or detached, or its profile changed |
//! | `{u:<user>}:shares:<generation>` | hash | sender, or a space and organisation -> its share of the stream (see `share.lua`) |
//! | `{u:<user>}:outbox` | hash | position in the user's log -> `<ms> <receiver>`: second append pending |
//! | `{u:<user>}:cursor:<device>` | hash | stream -> position |
//! | `{u:<user>}:devices` | sorted set | device -> when its cursors last moved, ms |
//! | `{n:<incarnation>}:index` | hash | second half of a session and its user -> the places of its entries (see `EntryRoute`) |
//! | `{n:<incarnation>}:fence` | string | the incarnation was reaped and may write no routes; lives a day |
//! | `{n:<incarnation>}:reaper` | string | the node that is reaping it |
//! | `{n:<incarnation>}:node` | channel | messages to the node |
//! | `{nodes}:lease` | sorted set | incarnation -> deadline by the broker's clock, ms |
//! | `{nodes}:reaping` | sorted set | incarnation -> when a reaper took it, ms |
//! | `{nodes}:terms` | hash | incarnation -> `<version of the cluster protocol> <ttl of its lease, ms>` |
//! | `{nodes}:label` | hash | incarnation -> label of the node |
//! | `{nodes}:leaving` | sorted set | `<channel> <user>` -> when to announce `left`, ms |
//! | `{nodes}:denied` | hash | `u <user>`, `t <token id>` or `i <user>` -> `<issued before, s> <reason>`, or `-` if it was ended early |
//! | `{nodes}:denied-until` | sorted set | field of the above -> when the denial ends, ms |
//! | `{nodes}:denied-version` | string | grows with each change of the above |
//! | `{nodes}:ping` | string | proves that the broker accepts writes |
//! | `{events}:log:<number>` | stream | pending server events, see `docs/server-events.md` |
//! | `{events}:holder:<number>` | string | the node that delivers them |
//! | `{events}:dead` | stream | events that the receiver rejected; further fields `partition`, `id` |
//! | `{events}:lost` | string | how many events were dropped because too many were pending |
//! | `{t:<digest>}` | string | a ticket's content |

use crate::backend::Holder;
use hubwire_protocol::{Address, DeviceId, Incarnation, UserId};

/// Makes names.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    prefix: String,
    /// The common prefix of the names of channels.
    channel_prefix: String,
}

impl Keys {
    pub(super) fn new(prefix: &str, database: i64) -> Self {
        let channel_prefix = match database {
            0 => prefix.to_owned(),
            other => format!("{prefix}db{other}:"),
        };
        Keys { prefix: prefix.to_owned(), channel_prefix }
    }

    fn channel(&self, tag: impl std::fmt::Display, kind: &str) -> String {
        format!("{}{{{tag}}}:{kind}", self.channel_prefix)
    }

    pub(super) fn name(&self, tag: impl std::fmt::Display, kind: &str) -> String {
        format!("{}{{{tag}}}:{kind}", self.prefix)
    }

    fn of_stream(&self, stream: &Address, kind: &str) -> String {
        match stream {
            Address::User(user) => self.of_user(user, kind),
            other => self.name(other, kind),
        }
    }

    pub(super) fn of_user(&self, user: &UserId, kind: &str) -> String {
        // on the path of every direct message: one allocation, nothing is formatted
        [&self.prefix, "{u:", user.as_str(), "}:", kind].concat()
    }

    fn of_node(&self, node: Incarnation, kind: &str) -> String {
        self.name(format_args!("n:{node}"), kind)
    }

    pub(super) fn log(&self, stream: &Address) -> String {
        self.of_stream(stream, "log")
    }

    /// The stem of the two generations of idempotency keys; the scripts add `:<generation>`.
    pub(super) fn idempotency(&self, stream: &Address) -> String {
        self.of_stream(stream, "key")
    }

    pub(super) fn topic(&self, stream: &Address) -> String {
        match stream {
            Address::User(user) => self.channel(format_args!("u:{user}"), "topic"),
            other => self.channel(other, "topic"),
        }
    }

    pub(super) fn members(&self, channel: &Address) -> String {
        self.of_stream(channel, "members")
    }

    pub(super) fn snapshot(&self, channel: &Address) -> String {
        self.of_stream(channel, "snapshot")
    }

    pub(super) fn states(&self, channel: &Address) -> String {
        self.of_stream(channel, "states")
    }

    /// The topic of a channel, the nodes with members, and those that are notified directly.
    pub(super) fn of_topic(&self, channel: &Address) -> [String; 3] {
        [self.topic(channel), self.of_stream(channel, "nodes"), self.of_stream(channel, "near")]
    }

    /// Arguments of every script that changes the members of a channel.
    pub(super) fn of_members(&self, channel: &Address) -> [String; 5] {
        let [topic, nodes, near] = self.of_topic(channel);
        [self.members(channel), self.states(channel), topic, nodes, near]
    }

    pub(super) fn sessions(&self, user: &UserId) -> String {
        self.of_user(user, "sessions")
    }

    pub(super) fn orgs(&self, user: &UserId) -> String {
        self.of_user(user, "orgs")
    }

    pub(super) fn people(&self, user: &UserId) -> String {
        self.of_user(user, "people")
    }

    /// Arguments of every script that checks whether another user may reach the user.
    pub(super) fn of_reach(&self, user: &UserId) -> [String; 2] {
        [self.orgs(user), self.people(user)]
    }

    /// Arguments of every script that checks the shares of senders.
    pub(super) fn of_shares(&self, user: &UserId) -> [String; 2] {
        [self.of_user(user, "shares"), self.devices(user)]
    }

    pub(super) fn last_seen(&self, user: &UserId) -> String {
        self.of_user(user, "seen")
    }

    pub(super) fn profile(&self, user: &UserId) -> String {
        self.of_user(user, "profile")
    }

    pub(super) fn watched(&self, user: &UserId) -> String {
        self.of_user(user, "watched")
    }

    pub(super) fn watch_channel(&self, user: &UserId) -> String {
        self.channel(format_args!("u:{user}"), "watch")
    }

    /// Arguments of every script that changes the sessions of a user, for the notification of watching nodes.
    pub(super) fn of_watch(&self, user: &UserId) -> [String; 2] {
        [self.watched(user), self.watch_channel(user)]
    }

    pub(super) fn outbox(&self, user: &UserId) -> String {
        self.of_user(user, "outbox")
    }

    pub(super) fn cursors(&self, user: &UserId, device: &DeviceId) -> String {
        self.of_user(user, &format!("cursor:{device}"))
    }

    /// The names of a user's cursors without the device.
    pub(super) fn cursors_stem(&self, user: &UserId) -> String {
        self.of_user(user, "cursor:")
    }

    pub(super) fn devices(&self, user: &UserId) -> String {
        self.of_user(user, "devices")
    }

    pub(super) fn index(&self, node: Incarnation) -> String {
        self.of_node(node, "index")
    }

    pub(super) fn fence(&self, node: Incarnation) -> String {
        self.of_node(node, "fence")
    }

    pub(super) fn reaper(&self, node: Incarnation) -> String {
        self.of_node(node, "reaper")
    }

    pub(super) fn node(&self, node: Incarnation) -> String {
        self.channel(format_args!("n:{node}"), "node")
    }

    /// The common prefix of all node channels; `<incarnation>}:node` follows.
    pub(super) fn node_start(&self) -> String {
        format!("{}{{n:", self.channel_prefix)
    }

    pub(super) fn leases(&self) -> String {
        self.name("nodes", "lease")
    }

    pub(super) fn reaping(&self) -> String {
        self.name("nodes", "reaping")
    }

    /// Arguments of every script that checks leases.
    pub(super) fn of_leases(&self) -> [String; 2] {
        [self.leases(), self.reaping()]
    }

    pub(super) fn terms(&self) -> String {
        self.name("nodes", "terms")
    }

    pub(super) fn labels(&self) -> String {
        self.name("nodes", "label")
    }

    pub(super) fn leaving(&self) -> String {
        self.name("nodes", "leaving")
    }

    pub(super) fn denylist_version(&self) -> String {
        self.name("nodes", "denied-version")
    }

    /// Arguments of every script of the denylist.
    pub(super) fn of_denylist(&self) -> [String; 3] {
        [self.name("nodes", "denied"), self.name("nodes", "denied-until"), self.denylist_version()]
    }

    pub(super) fn ping(&self) -> String {
        self.name("nodes", "ping")
    }

    pub(super) fn account(&self, holder: &Holder) -> String {
        match holder {
            Holder::User(user) => self.of_user(user, "stored"),
            Holder::Org(org) => self.of_stream(&Address::Org(org.clone()), "stored"),
            Holder::UserActions(user, class) => self.of_user(user, &format!("did:{class}")),
            Holder::OrgActions(org, class) => self.of_stream(&Address::Org(org.clone()), &format!("did:{class}")),
            Holder::AddressActions(network, class) => self.name(format!("a:{network}"), &format!("did:{class}")),
        }
    }

    pub(super) fn ticket(&self, digest: &str) -> String {
        format!("{}{{t:{digest}}}", self.prefix)
    }
}

#[cfg(test)]
#[path = "keys_sharing.rs"]
mod sharing;

#[cfg(test)]
mod tests {
    use super::super::slots::slot;
    use super::*;

    #[test]
    fn a_script_can_name_a_node_channel() {
        for database in [0, 3] {
            let (keys, node) = (Keys::new("x:", database), Incarnation::from_random(7));
            assert_eq!(keys.node(node), format!("{}{node}}}:node", keys.node_start()));
        }
    }

    #[test]
    fn names_of_one_script_share_a_slot() {
        let keys = Keys::new("x:", 0);
        let user: UserId = "auth0|7".parse().unwrap();
        let stream = Address::User(user.clone());
        let names = [keys.log(&stream), keys.idempotency(&stream), keys.sessions(&user), keys.outbox(&user)];
        assert_eq!(names[0], "x:{u:auth0|7}:log");
        assert!(names.iter().all(|name| slot(name) == slot("u:auth0|7")), "{names:?}");
    }
}
