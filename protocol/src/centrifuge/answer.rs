//! Turns events into replies and pushes.

use super::begun::{Begun, Standing};
use super::channels::Channels;
use super::codes::{self, Error};
use super::epoch::{offset_of, Epoch};
use super::namespace::Options;
use super::reply::*;
use super::request::{BYTES, PUBLICATION};
use super::tag::{Kind, Tag};
use super::terms::{shown_user, EXPIRY_GRACE_S};
use crate::cluster::{of_sender, Envelope, CAME, GONE};
use crate::event::{self, Event};
use crate::{Address, ErrorCode, Position, UserId};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The frames for an event; none where the protocol cannot express it.
pub(super) fn replies<'a>(
    event: &'a Event<'a>,
    to: Option<&Address>,
    re: Option<&str>,
    channels: &Channels,
) -> Vec<Reply<'a>> {
    match re.and_then(Tag::parse) {
        // id 0 is no command of the client: the server subscribed it
        Some(Tag { id: 0, .. }) => match (event, to) {
            // the reply to `connect` already said that everything after the position follows
            (Event::Joined(joined), _) if joined.recovered == Some(true) => Vec::new(),
            (Event::Joined(joined), Some(to)) => begun(to, joined.pos, channels),
            (Event::Error(_), Some(to)) => unsubscribed(to, codes::UNSUBSCRIBED_BY_SERVER, BY_SERVER, channels),
            _ => Vec::new(),
        },
        Some(tag) => {
            let id = tag.id;
            let body = answer(event, tag, to, channels);
            body.map(|body| Reply { id, body }).into_iter().collect()
        }
        None => to.map_or_else(Vec::new, |to| pushes(event, to, channels)),
    }
}

/// The reply to a command.
fn answer<'a>(event: &'a Event<'a>, tag: Tag, to: Option<&Address>, channels: &Channels) -> Option<Body<'a>> {
    let options = || to.map(|to| channels.options(to)).unwrap_or_default();
    Some(match (event, tag.kind) {
        (Event::Welcome(welcome), _) => Body::Connect(connected(welcome, tag.begun.unwrap_or_default(), channels)),
        (Event::Joined(joined), kind) => {
            let expiry = Expiry::after(tag.ttl);
            let was_recovering = kind == Kind::Recover;
            let recovered = joined.recovered == Some(true);
            let subscribed = subscribed(options(), joined.pos);
            Body::Subscribe(Subscribed { expiry, was_recovering, recovered, delta: tag.delta, ..subscribed })
        }
        (Event::Left(_), _) => Body::Unsubscribe,
        (Event::Presence(presence), Kind::PresenceStats) => Body::PresenceStats(stats(presence)),
        (Event::Presence(presence), _) => Body::Presence(present(presence)),
        (Event::History(page), kind) => Body::History(history(page, kind)),
        (Event::Reply(event::Reply::Result(json)), _) => Body::Rpc(Data(json.get().into())),
        (Event::Reply(event::Reply::Error(json)), _) => failure(json.get()),
        (Event::Ack(_), Kind::Publish) => Body::Publish,
        (Event::Ack(ack), Kind::Refresh) => Body::Refresh(Expiry::after(ack.expires_in_ms.map(told_seconds))),
        (Event::Error(error), kind) => match (error.code, kind) {
            (ErrorCode::NotJoined, Kind::Unsubscribe) => Body::Unsubscribe,
            (ErrorCode::BadAction, Kind::Subscribe) => Body::Error(codes::ALREADY_SUBSCRIBED),
            (ErrorCode::IdConflict, _) => Body::Error(codes::UNRECOVERABLE_POSITION),
            (code, _) => Body::Error(Error::of(code)),
        },
        _ => return None,
    })
}

/// The pushes for an event that answers no command.
fn pushes<'a>(event: &'a Event<'a>, to: &Address, channels: &Channels) -> Vec<Reply<'a>> {
    let Some(channel) = channels.name(to) else { return Vec::new() };
    let push = |what| Reply { id: 0, body: Body::Push(Push { channel: channel.clone().into(), what }) };
    let options = channels.options(to);
    match event {
        // a join without a command and without a joining user: the server subscribed the client
        Event::Joined(joined) if joined.users.is_empty() => begun(to, joined.pos, channels),
        Event::Left(event::Left { reason: Some(_), .. }) => {
            unsubscribed(to, codes::UNSUBSCRIBED_BY_SERVER, BY_SERVER, channels)
        }
        // in such a namespace joins and leaves are announced per session instead
        Event::Joined(_) | Event::Left(_) if options.each_session => Vec::new(),
        Event::Joined(joined) => joined.users.iter().map(|user| push(Pushed::Join(of_user(user)))).collect(),
        Event::Left(left) => left.users.iter().map(|user| push(Pushed::Leave(of_user(user)))).collect(),
        // the client subscribes again and either recovers what it missed or learns that it is lost
        Event::Lag(_) if options.is_positioned() => {
            unsubscribed(to, codes::INSUFFICIENT_STATE, codes::INSUFFICIENT_STATE_CLOSE.reason, channels)
        }
        Event::Resumed(resumed) if resumed.error.is_none() && to.channel().is_some() => {
            begun(to, resumed.pos, channels)
        }
        _ => Vec::new(),
    }
}

/// The reason of an unsubscribe push by the server.
const BY_SERVER: &str = "server unsubscribe";

/// Announces that a subscription has ended.
fn unsubscribed<'a>(to: &Address, code: u32, reason: &'static str, channels: &Channels) -> Vec<Reply<'a>> {
    let what = Pushed::Unsubscribe(Unsubscribed { code, reason });
    let push = |channel: String| Reply { id: 0, body: Body::Push(Push { channel: channel.into(), what }) };
    channels.name(to).map(push).into_iter().collect()
}

/// Announces that the server subscribed the client.
fn begun<'a>(to: &Address, pos: Option<Position>, channels: &Channels) -> Vec<Reply<'a>> {
    let what = Pushed::Subscribe(subscribed(channels.options(to), pos));
    let push = |channel: String| Reply { id: 0, body: Body::Push(Push { channel: channel.into(), what }) };
    channels.name(to).map(push).into_iter().collect()
}

/// A publication as a push; `None` if its address has no channel name.
pub(super) fn publication<'a>(
    envelope: &Envelope<'a>,
    pos: Option<Position>,
    channels: &Channels,
) -> Option<Reply<'a>> {
    let to: Address = envelope.to.parse().ok()?;
    let channel = channels.name(&to)?;
    let is_told = || channels.options(&to).join_leave;
    let what = match envelope.kind {
        CAME => Pushed::Join(sender(envelope).filter(|_| is_told())?),
        GONE => Pushed::Leave(sender(envelope).filter(|_| is_told())?),
        _ => Pushed::Publication(shown(envelope, pos)),
    };
    Some(Reply { id: 0, body: Body::Push(Push { channel: channel.into(), what }) })
}

/// A publication in the form that clients see.
pub fn shown<'a>(envelope: &Envelope<'a>, pos: Option<Position>) -> Publication<'a> {
    let payload = envelope.payload.unwrap_or("null");
    let data = match envelope.kind {
        PUBLICATION | BYTES => Cow::Borrowed(payload),
        // data that was not published through this protocol is wrapped with its type; quoting a JSON string cannot fail
        kind => format!(r#"{{"type":{},"payload":{payload}}}"#, serde_json::Value::from(kind)).into(),
    };
    let info = sender(envelope);
    let (offset, epoch) = pos.map_or((0, String::new()), |pos| (offset_of(pos), Epoch::of(pos).to_string()));
    let tags = envelope.meta.map(tags).unwrap_or_default();
    Publication { data: Data(data), is_bytes: envelope.kind == BYTES, info, offset, epoch, tags }
}

/// The tags of a publication: the entry `tags` of the application's part of `meta`, if it is an object of strings.
fn tags(meta: &str) -> BTreeMap<String, String> {
    #[derive(serde::Deserialize)]
    struct Meta {
        tags: BTreeMap<String, String>,
    }
    // most publications have no tags: do not parse their `meta`
    let meta = Some(meta).filter(|meta| meta.contains("\"tags\""));
    meta.and_then(|meta| serde_json::from_str(meta).ok()).map_or_else(BTreeMap::new, |Meta { tags }| tags)
}

/// The connection that sent a publication.
fn sender<'a>(envelope: &Envelope<'a>) -> Option<ClientInfo<'a>> {
    let (user, session) = envelope.from.zip(envelope.session)?;
    Some(ClientInfo::new(shown_user(user), session.to_string(), envelope.sender()))
}

fn connected<'a>(welcome: &'a event::Welcome<'a>, begun: Begun, channels: &Channels) -> Connected<'a> {
    let own = Address::User(welcome.user.clone());
    let personal = channels.name(&own).filter(|_| !shown_user(welcome.user.as_str()).is_empty());
    let pos = welcome.resume.get(&own.to_string()).copied();
    let mut subs: BTreeMap<_, _> =
        personal.map(|name| (name, subscribed(channels.options(&own), pos))).into_iter().collect();
    // subscriptions that the endpoint looked up start at the position that it found
    subs.extend(begun.subs.into_iter().map(|(name, standing)| (name, standing_at(standing))));
    let session = begun.key.map_or_else(String::new, |key| format!("{}.{key}", welcome.session));
    Connected {
        client: welcome.session.to_string(),
        version: welcome.version,
        expiry: Expiry::after(welcome.expires_in_ms.map(told_seconds)),
        data: begun.data.map(|data| Data(data.into())),
        subs,
        ping: (welcome.ping_ms / 1000).max(1) as u32,
        pong: true,
        session,
        node: welcome.node,
    }
}

/// The seconds after which a client has to ask for new credentials.
fn told_seconds(expires_in_ms: u64) -> u32 {
    u32::try_from(expires_in_ms / 1000).unwrap_or(u32::MAX).saturating_sub(EXPIRY_GRACE_S as u32)
}

fn subscribed<'a>(options: Options, pos: Option<Position>) -> Subscribed<'a> {
    let pos = pos.filter(|_| options.is_positioned());
    let (epoch, offset) = pos.map_or((String::new(), 0), |pos| (Epoch::at(pos).to_string(), offset_of(pos)));
    let recoverable = pos.is_some() && options.recover;
    Subscribed { recoverable, positioned: pos.is_some(), epoch, offset, ..Subscribed::default() }
}

fn standing_at<'a>(standing: Standing) -> Subscribed<'a> {
    let is_positioned = !standing.epoch.is_empty();
    Subscribed {
        recoverable: is_positioned,
        positioned: is_positioned,
        epoch: standing.epoch,
        offset: standing.offset,
        was_recovering: standing.was_recovering,
        recovered: standing.recovered,
        data: standing.data.map(|data| Data(data.into())),
        ..Subscribed::default()
    }
}

/// Members of a channel, by connection.
pub fn present<'a>(presence: &event::Presence<'a>) -> BTreeMap<String, ClientInfo<'a>> {
    let mut clients = BTreeMap::new();
    for user in &presence.users {
        for id in user.ids {
            let state = user.states.iter().find(|(of, _)| of == id).map(|(_, state)| state.as_str());
            let (client, infos) = (id.to_string(), state.and_then(of_sender));
            clients.insert(client.clone(), ClientInfo::new(shown_user(user.user.as_str()), client, infos));
        }
    }
    clients
}

/// The number of connections and users in a channel.
pub fn stats(presence: &event::Presence<'_>) -> PresenceStats {
    let num_clients = presence.users.iter().map(|user| user.sessions as u32).sum();
    let is_nobody = |user: &event::PresentUser<'_>| shown_user(user.user.as_str()).is_empty();
    // users that are still listed without a connection: their last one ended a moment ago
    let gone = presence.users.iter().filter(|user| user.sessions == 0).count();
    // these clients see all anonymous users as one
    let anonymous = presence.users.iter().filter(|user| user.sessions > 0 && is_nobody(user)).count();
    let users = presence.count.unwrap_or(presence.users.len()).saturating_sub(gone + anonymous);
    PresenceStats { num_clients, num_users: (users + usize::from(anonymous > 0)) as u32 }
}

fn history<'a>(page: &event::HistoryPage<'a>, kind: Kind) -> Page<'a> {
    let top = page.top.unwrap_or(Position::START);
    let mut publications: Vec<Publication<'a>> = match kind {
        Kind::HistoryTop => Vec::new(),
        _ => page.publications.iter().map(|(envelope, pos)| shown(envelope, Some(*pos))).collect(),
    };
    if kind == Kind::HistoryReversed {
        publications.reverse();
    }
    Page { publications, epoch: Epoch::at(top).to_string(), offset: offset_of(top) }
}

/// An error of the application: its own code and message if it is an object with both.
fn failure<'a>(json: &str) -> Body<'a> {
    #[derive(serde::Deserialize)]
    struct Words {
        code: u32,
        message: String,
    }
    match serde_json::from_str::<Words>(json) {
        Ok(Words { code, message }) => Body::Failure { code, message: message.into() },
        Err(_) => Body::Failure { code: APPLICATION_ERROR, message: json.to_owned().into() },
    }
}

/// The code for an application error without one: the first code reserved for applications.
const APPLICATION_ERROR: u32 = 400;

/// The info of a join or a leave: these are announced once per user, with its first connection and after its last.
fn of_user(user: &UserId) -> ClientInfo<'_> {
    ClientInfo::new(shown_user(user.as_str()), user.to_string(), None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SessionId;

    /// A user stays listed for some seconds after its last connection, and anonymous users count as one.
    #[test]
    fn only_who_has_a_connection_counts_and_nobody_counts_once() {
        let users: Vec<UserId> =
            ["u1", "anonymous:1", "anonymous:2", "anonymous:3", "u2"].map(|it| it.parse().unwrap()).into();
        let ids: [SessionId; 0] = [];
        let present = |(user, sessions)| event::PresentUser {
            user,
            online: None,
            sessions,
            ids: &ids,
            states: &[],
            state: None,
            profile: None,
            last_seen: None,
        };
        let presence = event::Presence {
            users: users.iter().zip([2, 1, 0, 1, 0]).map(present).collect(),
            count: Some(5),
            more: false,
        };
        assert_eq!(stats(&presence), PresenceStats { num_clients: 4, num_users: 2 });
        let gone = event::Presence { users: vec![present((&users[2], 0))], count: None, more: false };
        assert_eq!(stats(&gone), PresenceStats { num_clients: 0, num_users: 0 });
    }
}
