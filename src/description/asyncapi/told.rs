//! What a node says.

use super::message::Meta::{Needed, None, Optional};
use super::message::{reference, Message, Meta, Payload};
use crate::description::schema::Schemas;
use hubwire_protocol::event::{
    Ack, Bye, Call, Changed, ChannelList, Conversations, ErrorBody, Expiring, Joined, Lag, Left, Orgs, People, Person,
    Presence, Reply, Resumed, Welcome,
};
use hubwire_protocol::request::ReadUpTo;
use schemars::JsonSchema;
use serde_json::json;

const ANSWER: Meta = Needed("Answer");
const OF_ADDRESS: Meta = Needed("AnswerOfAddress");

/// All of them.
pub(super) fn messages(schemas: &mut Schemas) -> Vec<Message> {
    let mut all = session(schemas);
    all.extend(channels(schemas));
    all.extend(people(schemas));
    all.extend(logs(schemas));
    all
}

fn needed<T: JsonSchema>(schemas: &mut Schemas) -> Payload {
    Payload::Needed(schemas.inner_written::<T>())
}

fn message(id: &'static str, kind: &'static str, summary: &'static str, payload: Payload, meta: Meta) -> Message {
    Message { id, kind: Some(kind), summary, payload, meta, example: Option::None }
}

fn session(schemas: &mut Schemas) -> Vec<Message> {
    vec![
        message(
            "welcome",
            "@@hub/welcome",
            "The first thing a node says: who the client is, what it follows, and what the node takes.",
            needed::<Welcome<'_>>(schemas),
            Optional("Answer"),
        ),
        message(
            "orgs",
            "@@hub/orgs",
            "A refresh changed organisations, teams or roles.",
            needed::<Orgs<'_>>(schemas),
            None,
        ),
        message("ack", "@@hub/ack", "What was asked is done; an action is stored.", needed::<Ack>(schemas), ANSWER),
        message(
            "error",
            "@@hub/error",
            "The action in `re` was not done, or the whole frame.",
            needed::<ErrorBody<'_>>(schemas),
            Optional("Answer"),
        ),
        message(
            "ping",
            "@@hub/ping",
            "For clients that asked for it; any frame answers.",
            Payload::Needed(json!({ "type": "object" })),
            None,
        ),
        message(
            "expiring",
            "@@hub/expiring",
            "The credentials expire soon; without a refresh a close with 4401 follows.",
            needed::<Expiring>(schemas),
            None,
        ),
        message("bye", "@@hub/bye", "The node drains; a close with 4000 follows.", needed::<Bye>(schemas), None),
        message(
            "call",
            "@@hub/rpc",
            "A server of the application asks this session.",
            needed::<Call<'_>>(schemas),
            None,
        ),
        message(
            "reply",
            "@@hub/reply",
            "What a call to the application brought.",
            needed::<Reply<'_>>(schemas),
            ANSWER,
        ),
    ]
}

fn channels(schemas: &mut Schemas) -> Vec<Message> {
    let invited = json!({
        "type": "object",
        "required": ["channel"],
        "properties": { "channel": reference("ChannelAddress") },
    });
    vec![
        message(
            "joined",
            "@@hub/joined",
            "With `re`: the answer to a join or view. Without: others joined, or the server placed this session.",
            needed::<Joined<'_>>(schemas),
            OF_ADDRESS,
        ),
        message(
            "left",
            "@@hub/left",
            "With `re`: the answer to a leave. With `reason`: this session was taken out. Otherwise others left.",
            needed::<Left<'_>>(schemas),
            OF_ADDRESS,
        ),
        message(
            "changed",
            "@@hub/changed",
            "What users show of themselves changed; or a channel became a crowd, whose changes are counts, or is none \
             any more.",
            needed::<Changed<'_>>(schemas),
            OF_ADDRESS,
        ),
        message(
            "channels",
            "@@hub/channels",
            "A page of the channels of an organisation that somebody is in.",
            needed::<ChannelList<'_>>(schemas),
            ANSWER,
        ),
        message(
            "invited",
            "@@hub/invited",
            "Somebody invites this user to a channel. A publication of the user's own stream.",
            Payload::Needed(invited),
            Needed("Free"),
        ),
    ]
}

fn people(schemas: &mut Schemas) -> Vec<Message> {
    vec![
        message(
            "presence",
            "@@hub/presence",
            "Who is there. Without `re`: watched users came online, went offline or changed their profiles.",
            needed::<Presence<'_>>(schemas),
            Optional("Answer"),
        ),
        message("people", "@@hub/people", "A page of the user's people.", needed::<People<'_>>(schemas), ANSWER),
        message(
            "contactChanged",
            "@@hub/contact",
            "How the user stands to another one now.",
            needed::<Person<'_>>(schemas),
            Needed("Passing"),
        ),
        message(
            "conversations",
            "@@hub/conversations",
            "The conversations of the user.",
            needed::<Conversations<'_>>(schemas),
            ANSWER,
        ),
        message(
            "readUpTo",
            "@@hub/read",
            "The user has read a conversation up to a message.",
            needed::<ReadUpTo>(schemas),
            Needed("Passing"),
        ),
    ]
}

fn logs(schemas: &mut Schemas) -> Vec<Message> {
    // the page is written by hand, publication by publication
    let page = json!({
        "type": "object",
        "required": ["publications", "more"],
        "properties": {
            "publications": { "type": "array", "items": { "$ref": "#/components/messages/publication/payload" } },
            "more": { "type": "boolean", "description": "There are further ones in the direction asked for." },
        },
    });
    vec![
        message("history", "@@hub/history", "A page of a stream, oldest first.", Payload::Needed(page), OF_ADDRESS),
        message(
            "resumed",
            "@@hub/resumed",
            "One per stream, before what was missed: whether everything after the position given follows.",
            needed::<Resumed<'_>>(schemas),
            OF_ADDRESS,
        ),
        message(
            "lag",
            "@@hub/lag",
            "The stream goes on after this position; something before it is gone, or cannot be read by this node.",
            needed::<Lag>(schemas),
            OF_ADDRESS,
        ),
        publication(),
    ]
}

fn publication() -> Message {
    Message {
        id: "publication",
        kind: Option::None,
        summary: "An action of the application, with the place it has in its stream. An ephemeral one has none.",
        payload: Payload::Optional(json!({ "description": "As it was sent." })),
        meta: Needed("Published"),
        example: Some(json!({
            "type": "order/lineChanged",
            "payload": { "line": 3 },
            "meta": { "hub": {
                "to": "ch:acme/order/1842",
                "pos": "1795239502123-4182736655",
                "id": "k7-17",
                "from": "u_77",
                "ts": 1_795_239_502_123_u64,
            } },
        })),
    }
}
