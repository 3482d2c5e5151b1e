//! Which message goes which way, and what answers it.

use serde_json::{json, Map, Value};

/// What a client asks: the name, what it is for, its messages, and what they are answered with.
const RECEIVED: &[(&str, &str, &[&str], &[&str])] = &[
    ("Auth", "Says who the client is, when the handshake did not.", &["auth"], &["welcome", "error"]),
    (
        "Refresh",
        "Replaces the credentials before they end; what they gain and lose takes effect before the ack.",
        &["refresh"],
        &["ack", "error"],
    ),
    ("Join", "Joins a channel, or changes the view.", &["join", "view"], &["joined", "left", "error"]),
    (
        "Hosting",
        "Keeps the snapshot of a channel, takes a user out of it, or invites one.",
        &["snapshot", "kick", "invite"],
        &["ack", "error"],
    ),
    ("Leave", "Leaves a channel.", &["leave"], &["left", "error"]),
    (
        "PresenceQuery",
        "Asks who is there, and to be told of some users when that changes.",
        &["presenceQuery", "watch"],
        &["presence", "error"],
    ),
    (
        "Contact",
        "Invites, accepts, removes, blocks or unblocks another user. Only where the node keeps people.",
        &["contact"],
        &["ack", "error"],
    ),
    ("PeopleQuery", "Asks for a page of the user's people.", &["peopleQuery"], &["people", "error"]),
    (
        "ConversationsQuery",
        "Asks with whom the user exchanged direct messages last. Only where the node keeps people.",
        &["conversationsQuery"],
        &["conversations", "error"],
    ),
    ("Read", "The user has read a conversation up to a message.", &["read"], &["ack", "error"]),
    (
        "ChannelsQuery",
        "Asks for the channels of an organisation that somebody is in.",
        &["channelsQuery"],
        &["channels", "error"],
    ),
    (
        "HistoryQuery",
        "Asks for a page of a stream's log, or for one publication of it by its id.",
        &["historyQuery"],
        &["history", "error"],
    ),
    (
        "Resume",
        "Goes on where the client was; one answer per stream, then what was missed. In a held session the welcome \
         comes first.",
        &["resume", "live"],
        &["welcome", "resumed", "ack", "error"],
    ),
    (
        "Cursor",
        "Has the node remember how far this device has come, or what its user shows of itself in a channel; ends a \
         watch; a ping.",
        &["cursor", "unwatch", "state", "profile", "pingNode"],
        &["ack", "error"],
    ),
    ("Rpc", "Asks a server of the application.", &["rpc"], &["reply", "error"]),
    ("Reply", "What a call of the application brought.", &["callReply"], &[]),
    (
        "Action",
        "Publishes an action of the application. With an id it is acknowledged when it is stored.",
        &["action"],
        &["ack", "error"],
    ),
];

/// What a node says of its own accord.
const SENT: &[(&str, &str, &[&str])] = &[
    ("ReadUpTo", "The user has read a conversation up to a message, in one of its sessions.", &["readUpTo"]),
    ("ContactChanged", "The relation of the user to another one changed.", &["contactChanged"]),
    ("Call", "A server of the application asks this session.", &["call"]),
    ("Publication", "Delivers an action of the application.", &["publication", "invited"]),
    (
        "News",
        "What the node tells without being asked.",
        &["joined", "left", "changed", "presence", "orgs", "lag", "error", "ping", "bye"],
    ),
];

/// All of them.
pub(super) fn operations() -> Map<String, Value> {
    let channel = json!({ "$ref": "#/channels/socket" });
    let messages = |ids: &[&str]| -> Value {
        ids.iter().map(|id| json!({ "$ref": format!("#/channels/socket/messages/{id}") })).collect()
    };
    let received = RECEIVED.iter().map(|(name, summary, asked, answers)| {
        let mut operation =
            json!({ "action": "receive", "channel": channel, "summary": summary, "messages": messages(asked) });
        if !answers.is_empty() {
            operation["reply"] = json!({ "channel": channel, "messages": messages(answers) });
        }
        (format!("receive{name}"), operation)
    });
    let sent = SENT.iter().map(|(name, summary, said)| {
        let operation = json!({ "action": "send", "channel": channel, "summary": summary, "messages": messages(said) });
        (format!("send{name}"), operation)
    });
    received.chain(sent).collect()
}
