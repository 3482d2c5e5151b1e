//! What a client asks.

use super::message::Meta::{Needed, Optional};
use super::message::{Message, Meta, Payload};
use crate::description::schema::Schemas;
use hubwire_protocol::request::{
    Auth, CallReply, ChannelQuery, Contact, ConversationQuery, Cursor, Guest, History, Join, PeopleQuery,
    PresenceQuery, ReadUpTo, Refresh, Resume, Rpc, Snapshot, State, View, Watched,
};
use hubwire_protocol::Profile;
use schemars::JsonSchema;
use serde_json::{json, Value};

/// About whatever it likes; the schema of `meta` where an address may stand, where one must, and where a channel must.
const ANYTHING: Meta = Optional("Asked");
const ADDRESS: Meta = Needed("AskedOfAddress");
const CHANNEL: Meta = Needed("AskedOfChannel");

/// All of them.
pub(super) fn messages(schemas: &mut Schemas) -> Vec<Message> {
    let mut all = session(schemas);
    all.extend(channels(schemas));
    all.extend(people(schemas));
    all.extend(logs(schemas));
    all.push(Message {
        id: "action",
        kind: None,
        summary: "An action of the application.",
        payload: Payload::Optional(json!({ "description": "Anything; arrives as it was sent." })),
        meta: ANYTHING,
        example: Some(json!({
            "type": "order/lineChanged",
            "payload": { "line": 3 },
            "meta": { "hub": { "to": "ch:acme/order/1842", "id": "k7-17" } },
        })),
    });
    all
}

fn of<T: JsonSchema>(schemas: &mut Schemas) -> Value {
    schemas.inner_read::<T>()
}

fn needed<T: JsonSchema>(schemas: &mut Schemas) -> Payload {
    Payload::Needed(of::<T>(schemas))
}

fn optional<T: JsonSchema>(schemas: &mut Schemas) -> Payload {
    Payload::Optional(of::<T>(schemas))
}

/// At least one of its fields.
fn some_of<T: JsonSchema>(schemas: &mut Schemas) -> Payload {
    let mut schema = of::<T>(schemas);
    schema["minProperties"] = json!(1);
    Payload::Needed(schema)
}

fn message(id: &'static str, kind: &'static str, summary: &'static str, payload: Payload, meta: Meta) -> Message {
    Message { id, kind: Some(kind), summary, payload, meta, example: None }
}

fn session(schemas: &mut Schemas) -> Vec<Message> {
    vec![
        message("auth", "@@hub/auth", "Credentials, as the first message.", needed::<Auth>(schemas), ANYTHING),
        message("refresh", "@@hub/refresh", "New credentials of the same user.", needed::<Refresh>(schemas), ANYTHING),
        message("resume", "@@hub/resume", "Goes on from positions.", needed::<Resume>(schemas), ANYTHING),
        message("live", "@@hub/live", "Goes on from now: the first message of a held session.", Payload::Any, ANYTHING),
        message("pingNode", "@@hub/ping", "Is answered with an ack.", Payload::Any, ANYTHING),
        message(
            "rpc",
            "@@hub/rpc",
            "Asks a server of the application; the node's configuration says which.",
            needed::<Rpc>(schemas),
            ANYTHING,
        ),
        message(
            "callReply",
            "@@hub/reply",
            "What a call of the application brought.",
            needed::<CallReply>(schemas),
            ANYTHING,
        ),
    ]
}

fn channels(schemas: &mut Schemas) -> Vec<Message> {
    vec![
        message("join", "@@hub/join", "Joins the channel in `meta.hub.to`.", optional::<Join>(schemas), CHANNEL),
        message("leave", "@@hub/leave", "Leaves the channel in `meta.hub.to`.", Payload::Any, CHANNEL),
        message(
            "view",
            "@@hub/view",
            "Leaves the channel viewed before and joins this one, in one step; without an address, leaves only.",
            optional::<View>(schemas),
            ANYTHING,
        ),
        message(
            "state",
            "@@hub/state",
            "What the user shows of itself in the channel from now on.",
            needed::<State>(schemas),
            CHANNEL,
        ),
        message(
            "snapshot",
            "@@hub/snapshot",
            "Keeps the state of the channel at a position.",
            needed::<Snapshot>(schemas),
            CHANNEL,
        ),
        message("kick", "@@hub/kick", "Takes a user out of the channel.", needed::<Guest>(schemas), CHANNEL),
        message(
            "invite",
            "@@hub/invite",
            "Tells a user that it is invited to the channel.",
            needed::<Guest>(schemas),
            CHANNEL,
        ),
        message(
            "channelsQuery",
            "@@hub/channels",
            "Asks for channels of an organisation that somebody is in, in the order of their addresses.",
            optional::<ChannelQuery>(schemas),
            ADDRESS,
        ),
    ]
}

fn people(schemas: &mut Schemas) -> Vec<Message> {
    vec![
        message(
            "profile",
            "@@hub/profile",
            "What the user is called and looks like from now on, wherever it is; an empty payload ends what there was.",
            needed::<Profile>(schemas),
            ANYTHING,
        ),
        message(
            "presenceQuery",
            "@@hub/presence",
            "Asks who is in a channel, an organisation or a team, whether a user is there, or, without an address, \
             which of several users are.",
            optional::<PresenceQuery>(schemas),
            ANYTHING,
        ),
        message(
            "watch",
            "@@hub/watch",
            "Has the node tell when one of these users comes online or goes offline, and who comes to these \
             organisations and goes.",
            some_of::<Watched>(schemas),
            ANYTHING,
        ),
        message(
            "unwatch",
            "@@hub/unwatch",
            "Ends the watch of these users and organisations.",
            some_of::<Watched>(schemas),
            ANYTHING,
        ),
        message(
            "contact",
            "@@hub/contact",
            "One step of the user towards another one.",
            needed::<Contact>(schemas),
            ANYTHING,
        ),
        message(
            "peopleQuery",
            "@@hub/people",
            "Asks for people of the user, in the order of their ids.",
            optional::<PeopleQuery>(schemas),
            ANYTHING,
        ),
    ]
}

fn logs(schemas: &mut Schemas) -> Vec<Message> {
    vec![
        message(
            "historyQuery",
            "@@hub/history",
            "Asks for a page of a stream, or for one publication by its id.",
            optional::<History>(schemas),
            ADDRESS,
        ),
        message(
            "cursor",
            "@@hub/cursor",
            "Everything up to these positions was processed.",
            needed::<Cursor>(schemas),
            ANYTHING,
        ),
        message(
            "conversationsQuery",
            "@@hub/conversations",
            "Asks for conversations of the user, the one with the newest message first.",
            optional::<ConversationQuery>(schemas),
            ANYTHING,
        ),
        message(
            "read",
            "@@hub/read",
            "The user has read a conversation up to a message of its own stream.",
            needed::<ReadUpTo>(schemas),
            ANYTHING,
        ),
    ]
}
