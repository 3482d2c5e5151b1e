//! Which kinds of commands, replies and pushes have a vector: all of them.

use super::{load, replies};
use hubwire_protocol::centrifuge::reply::{Body, Pushed};
use hubwire_protocol::centrifuge::{Call, Format};
use std::collections::BTreeSet;

/// What the schema calls a command. Without a name here a new one does not compile.
fn command_name(call: Option<&Call<'_>>) -> &'static str {
    match call {
        None => "pong",
        Some(Call::Connect(_)) => "connect",
        Some(Call::Subscribe(_)) => "subscribe",
        Some(Call::Unsubscribe(_)) => "unsubscribe",
        Some(Call::Publish(_)) => "publish",
        Some(Call::Presence(_)) => "presence",
        Some(Call::PresenceStats(_)) => "presence_stats",
        Some(Call::History(_)) => "history",
        Some(Call::Ping) => "ping",
        Some(Call::Send) => "send",
        Some(Call::Rpc(_)) => "rpc",
        Some(Call::Refresh(_)) => "refresh",
        Some(Call::SubRefresh(_)) => "sub_refresh",
    }
}

/// What the schema calls a reply or push.
fn reply_name(body: &Body<'_>) -> &'static str {
    match body {
        Body::Error(_) | Body::Failure { .. } => "error",
        Body::Connect(_) => "connect",
        Body::Subscribe(_) => "subscribe",
        Body::Unsubscribe => "unsubscribe",
        Body::Publish => "publish",
        Body::Presence(_) => "presence",
        Body::PresenceStats(_) => "presence_stats",
        Body::History(_) => "history",
        Body::Rpc(_) => "rpc",
        Body::Refresh(_) => "refresh",
        Body::SubRefresh(_) => "sub_refresh",
        Body::Ping => "ping",
        Body::Push(push) => match &push.what {
            Pushed::Publication(_) => "push.pub",
            Pushed::Join(_) => "push.join",
            Pushed::Leave(_) => "push.leave",
            Pushed::Unsubscribe(_) => "push.unsubscribe",
            Pushed::Subscribe(_) => "push.subscribe",
            Pushed::Disconnect(_) => "push.disconnect",
        },
    }
}

const COMMANDS: [&str; 13] = [
    "connect",
    "history",
    "ping",
    "pong",
    "presence",
    "presence_stats",
    "publish",
    "refresh",
    "rpc",
    "send",
    "sub_refresh",
    "subscribe",
    "unsubscribe",
];
const REPLIES: [&str; 18] = [
    "connect",
    "error",
    "history",
    "ping",
    "presence",
    "presence_stats",
    "publish",
    "push.disconnect",
    "push.join",
    "push.leave",
    "push.pub",
    "push.subscribe",
    "push.unsubscribe",
    "refresh",
    "rpc",
    "sub_refresh",
    "subscribe",
    "unsubscribe",
];

#[test]
fn there_is_a_vector_of_every_kind_of_command_reply_and_push() {
    let commands = load("commands.json");
    let commands = commands.iter().map(|vector| {
        let (command, _) = Format::Json.commands(vector.json.as_bytes(), 1).unwrap().remove(0);
        command_name(command.call.as_ref())
    });
    assert_eq!(commands.collect::<BTreeSet<_>>(), BTreeSet::from(COMMANDS));
    let names: BTreeSet<_> = load("replies.json").into_iter().map(|vector| vector.name).collect();
    let replies = replies().into_iter().filter(|(name, ..)| names.contains(*name));
    let replies: BTreeSet<_> = replies.map(|(_, _, body)| reply_name(&body)).collect();
    assert_eq!(replies, BTreeSet::from(REPLIES));
}
