//! The routes of the internal listener that need an API key with a scope.

use crate::auth::api_key::Scope;
use crate::http::api::{
    audit, channels, cluster, denylist, disconnect, drain, erase, events, history, members, messages, nodes, presence,
    profile, publish, reload, rpc, sessions, snapshot, status, streams, tail, tickets, users,
};

routes! {
    /// Paths and methods of the internal listener that need an API key with a scope.
    INTERNAL, configure, describe on Keyed:
    "/v1/publish" needs Publish {
        /// Publishes an action to any address, or an array of as many as a frame may hold.
        ///
        /// `payload` and `meta` reach clients unchanged, byte for byte on JSON connections. With an `id`, or the header
        /// `Idempotency-Key` with the same meaning, a repetition within the node's window stores nothing. The answer to
        /// an array has one result per item; items for one address are stored in their order. The lists of addresses in
        /// one request may name 100 addresses altogether.
        POST publish: publish::publish
    }
    "/v1/tickets" needs Tickets { POST: tickets::mint }
    "/v1/cluster" needs Read {
        /// Shows the state of each node.
        ///
        /// Each node answers for itself. One that does not answer within a second is listed as `silent`. A node with an
        /// expired lease is not listed.
        GET showCluster: cluster::show
    }
    "/v1/cluster/series" needs Read {
        /// Shows what each node measured over the last fifteen minutes, every five seconds.
        GET showSeries: cluster::series
    }
    "/v1/cluster/settings" needs Operate {
        /// Shows the configuration of the node that answers, and which nodes differ from it.
        ///
        /// Secrets are compared, but not shown.
        GET showSettings: cluster::settings
    }
    "/v1/nodes/{incarnation}/drain" needs Operate {
        /// Asks any node of the cluster to drain: to hand its sessions over to the other nodes and exit.
        ///
        /// The request goes to that node once, by pub/sub. `GET /v1/cluster` shows whether the node has received it.
        POST drainNode: nodes::drain
    }
    "/v1/users/{user}" needs Read {
        /// Shows the state of a user.
        ///
        /// At most 100 sessions are listed, oldest first. The sessions of a node that does not answer within a second
        /// are marked `silent`.
        GET showUser: users::show
    }
    "/v1/users/{user}/sessions" needs Read {
        /// Lists the live sessions of a user on all nodes, oldest first.
        GET listSessions: sessions::list
    }
    "/v1/users/{user}/profile" needs Members {
        /// Replaces the profile of a user.
        ///
        /// Lists of the members of a channel contain the profile, and `@@hub/changed` announces a new one in each
        /// channel of the user. `{}` removes the profile. 404 if `presence.profile_ttl_s` is 0. A client can replace
        /// the profile by `@@hub/profile`.
        PUT setProfile: profile::replace
    }
    "/v1/users/{user}/disconnect" needs Sessions {
        /// Closes all sessions of a user.
        ///
        /// 503 if a node with such a session could not be reached.
        POST disconnectUser: disconnect::disconnect
    }
    "/v1/users/{user}/block" needs Sessions {
        /// Blocks a user for a time: closes its sessions, and refuses new ones.
        ///
        /// Every node closes them within two seconds, with the close code 4403 and the reason `blocked`. A later call
        /// replaces an earlier one.
        POST blockUser: denylist::block
    }
    "/v1/users/{user}/unblock" needs Sessions {
        /// Ends the block of a user.
        ///
        /// Revoked tokens stay revoked.
        POST unblockUser: denylist::unblock
    }
    "/v1/addresses/block" needs Sessions {
        /// Blocks an address or a network for a time.
        ///
        /// Every node closes sessions from there within two seconds, with 4403, and refuses handshakes from there. A
        /// network may be at most a /8, of IPv6 a /16.
        POST blockAddress: denylist::block_address
    }
    "/v1/addresses/unblock" needs Sessions {
        /// Ends the block of an address or a network before its time.
        POST unblockAddress: denylist::unblock_address
    }
    "/v1/tokens/revoke" needs Sessions {
        /// Revokes one token, or all tokens of a user that were issued before a time.
        ///
        /// Every node closes the sessions that they opened within two seconds, with the close code 4401 and the reason
        /// `revoked`.
        POST revokeTokens: denylist::revoke
    }
    "/v1/blocks" needs Read {
        /// Lists blocked users and addresses, and revoked tokens.
        GET listBlocks: denylist::list
    }
    "/v1/sessions/{session}" needs Read {
        /// Shows the state of a session, from its node.
        ///
        /// 504 if the node does not answer within a second.
        GET showSession: sessions::show
    }
    "/v1/sessions/{session}/disconnect" needs Sessions {
        /// Closes one session.
        POST disconnectSession: disconnect::disconnect_one
    }
    "/v1/channels" needs Read {
        /// Lists channels with members, in the order of their addresses, page by page.
        GET listChannels: channels::list
    }
    "/v1/channels/{channel}" needs Read {
        /// Shows a channel: its log, its sessions by node, and a page of its users.
        GET showChannel: channels::show
    }
    "/v1/streams/{stream}" needs Read {
        /// Shows the top, the length and the oldest publication of a log.
        GET showStream: streams::show
    }
    "/v1/messages/{stream}/{pos}" needs Read {
        /// Shows one publication: what is stored, and how it was delivered.
        ///
        /// Each node answers for itself. It knows the deliveries of a publication if `trace.messages` is set, or if a
        /// tail was open at that time.
        GET showMessage: messages::show
    }
    "/v1/tail" needs Read {
        /// Streams the publications that all nodes accept, live.
        ///
        /// The server-sent events are `publication` with a Line and its `node`, `dropped` with the `{count}` of
        /// publications beyond 200 per second, and `silent` with the `{nodes}` that did not answer. Nodes observe
        /// publications only while a tail is open.
        GET tail: tail::show
    }
    "/debug/status" needs Operate {
        /// Shows the whole state of this node in one document.
        GET showStatus: status::show
    }
    "/v1/streams/{stream}/publications" needs Operate {
        /// Removes publications of a log.
        ///
        /// Removes all of them, or those up to and including a position. Positions do not change: sessions that follow
        /// the stream continue, and a client that resumes from before the end of the removed part learns of the gap.
        DELETE purgeStream: streams::purge
    }
    "/v1/streams/{stream}/history" needs Read {
        /// Reads a log, page by page.
        ///
        /// A page holds the newest publications, the newest ones before a position, or the oldest ones after one, each
        /// oldest first. It also ends at half of `socket.outbox_bytes`.
        GET streamHistory: history::show
    }
    "/v1/users/{user}/erase" needs Operate {
        /// Removes the stored data of a user.
        ///
        /// Closes the user's sessions with 4403, then removes its stream, cursors, devices, profile, contacts, read
        /// markers and persistent memberships. Messages that the user sent to others stay in their streams.
        POST eraseUser: erase::erase
    }
    "/v1/sessions/{session}/rpc" needs Publish {
        /// Calls one session and waits for its client's reply.
        POST callSession: rpc::call
    }
    "/v1/sessions/{session}/reply" needs Publish {
        /// Answers an rpc of a session that the application has promised to answer later.
        ///
        /// Status 200 means that the session's node was sent the reply. A reply for which no call is waiting is dropped
        /// without an error.
        POST replySession: rpc::reply
    }
    "/v1/channels/{channel}/members/{user}" needs Members {
        /// Adds all sessions of a user to a channel.
        ///
        /// The sessions on all nodes join as if their clients had asked: a session with credentials that do not allow
        /// it does not join. Clients receive `@@hub/joined` without `re`. With `persist=true`, sessions that the user
        /// opens later join, too.
        POST joinChannel: members::join,
        /// Removes all sessions of a user from a channel.
        ///
        /// Clients receive `@@hub/left` with `reason: kicked`. They may join again.
        DELETE kickFromChannel: members::kick
    }
    "/v1/channels/{channel}/members" needs Members {
        /// Removes all members from a channel.
        DELETE closeChannel: members::close
    }
    "/v1/channels/{channel}/snapshot" needs Publish {
        /// Stores the snapshot of a channel: its state at a position.
        ///
        /// A client that joins with `snapshot:true` receives the snapshot, and then the publications after `pos`. A
        /// snapshot with a newer position replaces the previous one. An older position, and one that the channel has
        /// not reached, is refused.
        PUT putSnapshot: snapshot::put
    }
    "/v1/presence" needs Read {
        /// Lists the members of a channel, or shows whether a user is online.
        ///
        /// Either `channel` or `user` is required. A member with `sessions: 0` has lost its last socket in the channel;
        /// the node waits for `presence.left_grace_ms` before it announces `left`.
        GET presence: presence::show
    }
    "/v1/audit" needs Operate {
        /// Lists security events of this node and ends of sessions, newest first.
        ///
        /// A node keeps the latest 1,000 events of each kind, and 10,000 ends of sessions. With `all=true` the node
        /// asks all nodes: the answer then has `events`, each with its `node`, and `silent`, the nodes that did not
        /// answer.
        GET audit: audit::show
    }
    "/v1/events/dead" needs Read {
        /// Lists the oldest dead letters: server events that the application did not accept.
        ///
        /// 404 if server events are off (`events.webhook_url`).
        GET listDeadEvents: events::dead
    }
    "/v1/events/replay" needs Operate {
        /// Queues the oldest dead letters for delivery again, under their previous ids.
        ///
        /// 404 if server events are off (`events.webhook_url`).
        POST replayEvents: events::replay
    }
    "/v1/drain" needs Operate {
        /// Begins the drain of this node, as SIGTERM does.
        POST drain: drain::begin
    }
    "/v1/reload" needs Operate {
        /// Reloads the configuration and the certificates of this node, as SIGHUP does.
        ///
        /// 422 if the configuration or a certificate is not valid; nothing is changed then.
        POST reload: reload::reload
    }
}
