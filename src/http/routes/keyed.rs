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
        /// Publishes an action to any address, or up to as many as a frame may hold.
        ///
        /// `payload` and `meta` arrive at clients as they were sent, to the byte on JSON connections. An `id`, or the
        /// header `Idempotency-Key` with the same meaning, makes a repetition within the node's window store nothing.
        /// An array is answered item by item; items to one address are stored in their order. The lists of addresses in
        /// one request name at most 100.
        POST publish: publish::publish
    }
    "/v1/tickets" needs Tickets { POST: tickets::mint }
    "/v1/cluster" needs Read {
        /// Shows how each node is.
        ///
        /// Each node answers for itself, within a second; one that does not is listed as `silent`. A node whose lease
        /// has expired is not listed.
        GET showCluster: cluster::show
    }
    "/v1/cluster/series" needs Read {
        /// Shows what each node measured over the last fifteen minutes, every five seconds.
        GET showSeries: cluster::series
    }
    "/v1/cluster/settings" needs Operate {
        /// Shows the configuration of the node that is asked, and which nodes run with another one.
        ///
        /// Secrets are compared and not shown.
        GET showSettings: cluster::settings
    }
    "/v1/nodes/{incarnation}/drain" needs Operate {
        /// Asks any node of the cluster to hand its sessions over to the others and end.
        ///
        /// It is asked by pub/sub, once. Whether it heard shows in `GET /v1/cluster`.
        POST drainNode: nodes::drain
    }
    "/v1/users/{user}" needs Read {
        /// Shows all there is to see of a user.
        ///
        /// At most 100 sessions are listed, oldest first. Those of a node that does not answer within a second are
        /// `silent`.
        GET showUser: users::show
    }
    "/v1/users/{user}/sessions" needs Read {
        /// Lists the live sessions of a user on all nodes, oldest first.
        GET listSessions: sessions::list
    }
    "/v1/users/{user}/profile" needs Members {
        /// Replaces what a user is called and looks like.
        ///
        /// Told wherever members of a channel are named, and as `@@hub/changed` in each channel that the user is in.
        /// `{}` ends what there was. 404 where `presence.profile_ttl_s` is 0. A client may replace it by
        /// `@@hub/profile`.
        PUT setProfile: profile::replace
    }
    "/v1/users/{user}/disconnect" needs Sessions {
        /// Closes all sessions of a user.
        ///
        /// When the node of one of them could not be told, the answer is 503.
        POST disconnectUser: disconnect::disconnect
    }
    "/v1/users/{user}/block" needs Sessions {
        /// Closes all sessions of a user and lets it have no other for a time.
        ///
        /// Within two seconds on every node; close code 4403, reason `blocked`. A later call replaces an earlier one.
        POST blockUser: denylist::block
    }
    "/v1/users/{user}/unblock" needs Sessions {
        /// Ends the block of a user.
        ///
        /// Tokens that were revoked stay so.
        POST unblockUser: denylist::unblock
    }
    "/v1/addresses/block" needs Sessions {
        /// Blocks an address or a network for a time.
        ///
        /// Sessions from there are closed on every node within two seconds with 4403, and handshakes from there are
        /// refused. A network may be as wide as /8, of IPv6 as /16.
        POST blockAddress: denylist::block_address
    }
    "/v1/addresses/unblock" needs Sessions {
        /// Ends the block of an address or a network before its time.
        POST unblockAddress: denylist::unblock_address
    }
    "/v1/tokens/revoke" needs Sessions {
        /// Revokes one token, or all of a user that were issued before an instant.
        ///
        /// Sessions that they opened are closed within two seconds on every node; close code 4401, reason `revoked`.
        POST revokeTokens: denylist::revoke
    }
    "/v1/blocks" needs Read {
        /// Lists who is blocked, and what is revoked.
        GET listBlocks: denylist::list
    }
    "/v1/sessions/{session}" needs Read {
        /// Shows what its node knows of a session.
        ///
        /// 504 when the node does not answer within a second.
        GET showSession: sessions::show
    }
    "/v1/sessions/{session}/disconnect" needs Sessions {
        /// Closes one session.
        POST disconnectSession: disconnect::disconnect_one
    }
    "/v1/channels" needs Read {
        /// Lists channels that somebody is in, in order, a page at a time.
        GET listChannels: channels::list
    }
    "/v1/channels/{channel}" needs Read {
        /// Shows a channel: its log, its sessions by node, and a page of its users.
        GET showChannel: channels::show
    }
    "/v1/streams/{stream}" needs Read {
        /// Shows what a log holds.
        GET showStream: streams::show
    }
    "/v1/messages/{stream}/{pos}" needs Read {
        /// Shows one publication as it is stored and as it went.
        ///
        /// Each node answers for itself. Whether it knows where a publication went depends on `trace.messages`, or on
        /// somebody who tailed when it came.
        GET showMessage: messages::show
    }
    "/v1/tail" needs Read {
        /// Streams the publications that all nodes accept, as they come.
        ///
        /// Server-sent events: `publication` with a Line and its `node`, `dropped` with `{count}` of those that passed
        /// beyond 200 a second, `silent` with `{nodes}` whose share is missing. Nodes watch only while somebody asks.
        GET tail: tail::show
    }
    "/debug/status" needs Operate {
        /// Shows all that the node can say of itself at once.
        GET showStatus: status::show
    }
    "/v1/streams/{stream}/publications" needs Operate {
        /// Removes publications of a log.
        ///
        /// All, or those up to a position, that one included. Positions go on where they are: who follows the stream
        /// goes on, and who comes back from before the end of what was removed hears of a gap.
        DELETE purgeStream: streams::purge
    }
    "/v1/streams/{stream}/history" needs Read {
        /// Reads a log, a page at a time.
        ///
        /// Oldest first: the newest publications, the newest ones before a position, or the oldest ones after one. A
        /// page also ends at half of `socket.outbox_bytes`.
        GET streamHistory: history::show
    }
    "/v1/users/{user}/erase" needs Operate {
        /// Removes what is kept of a user.
        ///
        /// Closes the user's sessions with 4403, then removes its stream, cursors, devices, profile, contacts, read
        /// marks and persistent memberships. What the user sent to others is in their streams.
        POST eraseUser: erase::erase
    }
    "/v1/sessions/{session}/rpc" needs Publish {
        /// Asks one session and waits for its client's reply.
        POST callSession: rpc::call
    }
    "/v1/sessions/{session}/reply" needs Publish {
        /// Answers an rpc of a session that the application promised to answer later.
        ///
        /// Status 200 means that the session's node was told. Nobody is told of a reply that no call waits for: it is
        /// dropped.
        POST replySession: rpc::reply
    }
    "/v1/channels/{channel}/members/{user}" needs Members {
        /// Has all sessions of a user join a channel.
        ///
        /// On every node, as if each had asked: one whose credentials do not allow the channel does not join. Clients
        /// are told by `@@hub/joined` without `re`. With `persist=true` sessions that the user opens later join, too.
        POST joinChannel: members::join,
        /// Takes all sessions of a user out of a channel.
        ///
        /// Clients are told by `@@hub/left` with `reason: kicked`. Nothing keeps them from joining again.
        DELETE kickFromChannel: members::kick
    }
    "/v1/channels/{channel}/members" needs Members {
        /// Takes everybody out of a channel.
        DELETE closeChannel: members::close
    }
    "/v1/channels/{channel}/snapshot" needs Publish {
        /// Keeps the state of a channel at a position.
        ///
        /// A client that joins with `snapshot:true` gets it, and what was published after `pos`. A newer position takes
        /// the place of an older one; an older one, and one the channel has not come to, is refused.
        PUT putSnapshot: snapshot::put
    }
    "/v1/presence" needs Read {
        /// Who is in a channel, or whether a user is there.
        ///
        /// Either `channel` or `user` must be given. A user in a channel with `sessions: 0` has no socket there any
        /// more, and a moment (`presence.left_grace_ms`) to come back before `left` is told.
        GET presence: presence::show
    }
    "/v1/audit" needs Operate {
        /// What concerned the security of this node, and how sessions ended, newest first.
        ///
        /// A node keeps the latest 1,000 events of each kind, and 10,000 ends of sessions. `all=true` asks all nodes:
        /// the answer then has `events`, each with its `node`, and `silent`, the nodes that did not answer.
        GET audit: audit::show
    }
    "/v1/events/dead" needs Read {
        /// Lists the oldest server events that the application did not take.
        ///
        /// 404 where server events are off (`events.webhook_url`).
        GET listDeadEvents: events::dead
    }
    "/v1/events/replay" needs Operate {
        /// Has the oldest of them delivered again, under their former ids.
        ///
        /// 404 where server events are off (`events.webhook_url`).
        POST replayEvents: events::replay
    }
    "/v1/drain" needs Operate {
        /// Begins the drain of this node, as SIGTERM does.
        POST drain: drain::begin
    }
    "/v1/reload" needs Operate {
        /// Has this node read its configuration and its certificates again, as SIGHUP does.
        ///
        /// 422 where the configuration or a certificate is not valid, and nothing was changed.
        POST reload: reload::reload
    }
}
