//! Replies and pushes, written into a frame.

use super::wire::{put_prefixed, Message};
use crate::centrifuge::binary;
use crate::centrifuge::reply::*;

/// Appends a reply to a frame.
pub fn put_reply(out: &mut Vec<u8>, reply: &Reply<'_>) {
    let mut message = Message::default();
    message.number(1, u64::from(reply.id));
    match &reply.body {
        Body::Error(error) => message.message(2, |it| {
            it.number(1, u64::from(error.code));
            it.bytes(2, error.message.as_bytes());
            it.flag(3, error.temporary);
        }),
        Body::Failure { code, message: text } => message.message(2, |it| {
            it.number(1, u64::from(*code));
            it.bytes(2, text.as_bytes());
        }),
        Body::Push(push) => message.message(4, |it| put_push(it, push)),
        Body::Connect(connected) => message.message(5, |it| put_connected(it, connected)),
        Body::Subscribe(subscribed) => message.message(6, |it| put_subscribed(it, subscribed)),
        Body::Unsubscribe => message.message(7, |_| ()),
        Body::Publish => message.message(8, |_| ()),
        Body::Presence(presence) => message.message(9, |it| {
            for (client, info) in presence {
                it.entry(1, client, |entry| put_info(entry, info));
            }
        }),
        Body::PresenceStats(stats) => message.message(10, |it| {
            it.number(1, u64::from(stats.num_clients));
            it.number(2, u64::from(stats.num_users));
        }),
        Body::History(page) => message.message(11, |it| {
            for publication in &page.publications {
                it.message(1, |entry| put_publication(entry, publication));
            }
            it.bytes(2, page.epoch.as_bytes());
            it.number(3, page.offset);
        }),
        Body::Rpc(data) => message.message(13, |it| it.bytes(1, data.0.as_bytes())),
        Body::Refresh(expiry) => message.message(14, |it| put_expiry(it, 3, *expiry)),
        Body::SubRefresh(expiry) => message.message(15, |it| put_expiry(it, 1, *expiry)),
        Body::Ping => {}
    }
    put_prefixed(out, &message.0);
}

fn put_push(message: &mut Message, push: &Push<'_>) {
    message.bytes(2, push.channel.as_bytes());
    match &push.what {
        Pushed::Publication(publication) => message.message(4, |it| put_publication(it, publication)),
        Pushed::Join(info) => message.message(5, |it| it.message(1, |it| put_info(it, info))),
        Pushed::Leave(info) => message.message(6, |it| it.message(1, |it| put_info(it, info))),
        Pushed::Unsubscribe(unsubscribed) => message.message(7, |it| {
            it.number(2, u64::from(unsubscribed.code));
            it.bytes(3, unsubscribed.reason.as_bytes());
        }),
        Pushed::Subscribe(subscribed) => message.message(9, |it| {
            it.flag(1, subscribed.recoverable);
            it.bytes(4, subscribed.epoch.as_bytes());
            it.number(5, subscribed.offset);
            it.flag(6, subscribed.positioned);
        }),
        Pushed::Disconnect(disconnected) => message.message(11, |it| {
            it.number(1, u64::from(disconnected.code));
            it.bytes(2, disconnected.reason.as_bytes());
        }),
    }
}

fn put_connected(message: &mut Message, connected: &Connected<'_>) {
    message.bytes(1, connected.client.as_bytes());
    message.bytes(2, connected.version.as_bytes());
    put_expiry(message, 3, connected.expiry);
    put_data(message, 5, connected.data.as_ref());
    for (channel, subscribed) in &connected.subs {
        message.entry(6, channel, |entry| put_subscribed(entry, subscribed));
    }
    message.number(7, u64::from(connected.ping));
    message.flag(8, connected.pong);
    message.bytes(9, connected.session.as_bytes());
    message.bytes(10, connected.node.as_bytes());
}

fn put_subscribed(message: &mut Message, subscribed: &Subscribed<'_>) {
    put_expiry(message, 1, subscribed.expiry);
    message.flag(3, subscribed.recoverable);
    message.bytes(6, subscribed.epoch.as_bytes());
    for publication in &subscribed.publications {
        message.message(7, |it| put_publication(it, publication));
    }
    message.flag(8, subscribed.recovered);
    message.number(9, subscribed.offset);
    message.flag(10, subscribed.positioned);
    put_data(message, 11, subscribed.data.as_ref());
    message.flag(12, subscribed.was_recovering);
    message.flag(13, subscribed.delta);
}

/// Writes data of the application, if there is any.
fn put_data(message: &mut Message, field: u32, data: Option<&Data<'_>>) {
    data.into_iter().for_each(|data| message.bytes(field, data.0.as_bytes()));
}

/// Writes the two fields of an expiry, numbered `first` and `first + 1`.
fn put_expiry(message: &mut Message, first: u32, expiry: Expiry) {
    message.flag(first, expiry.expires);
    message.number(first + 1, u64::from(expiry.ttl));
}

fn put_publication(message: &mut Message, publication: &Publication<'_>) {
    let bytes = publication.is_bytes.then(|| binary::from_json(&publication.data.0));
    match bytes.flatten() {
        Some(bytes) => message.bytes(4, &bytes),
        None => message.bytes(4, publication.data.0.as_bytes()),
    }
    if let Some(info) = &publication.info {
        message.message(5, |it| put_info(it, info));
    }
    message.number(6, publication.offset);
    for (name, value) in &publication.tags {
        message.entry(7, name, |entry| entry.0.extend_from_slice(value.as_bytes()));
    }
    message.bytes(14, publication.epoch.as_bytes());
}

fn put_info(message: &mut Message, info: &ClientInfo<'_>) {
    message.bytes(1, info.user.as_bytes());
    message.bytes(2, info.client.as_bytes());
    for (field, data) in [(3, &info.conn_info), (4, &info.chan_info)] {
        message.bytes(field, data.as_ref().map(|data| data.0.as_bytes()).unwrap_or_default());
    }
}
