//! Turns commands into requests.

use super::binary;
use super::channels::{Channels, NoChannel};
use super::codes;
use super::command::{Call, Command, Connect, History, Publish, Rpc, Subscribe};
use super::epoch::Epoch;
use super::namespace::Options;
use super::tag::{Kind, Tag};
use crate::event::Json;
use crate::request::{self, Begin, Join, Positions, Presenting, Request, Resume, StreamStart, Want};
use crate::rpc::is_method;
use crate::{is_deliverable_json, Address, ErrorCode, Limits, MemberState, Position};
use std::borrow::Cow;

/// The type of publications by clients of this protocol.
pub const PUBLICATION: &str = "publication";
/// The type of such publications if their data is not JSON: the payload holds the bytes as a Base64 string.
pub const BYTES: &str = "publication/base64";

/// Why a command cannot become a request.
struct Refused(ErrorCode, &'static str);

impl From<NoChannel> for Refused {
    fn from(error: NoChannel) -> Self {
        match error {
            NoChannel::Malformed => Refused(ErrorCode::BadPayload, "no channel can have that name"),
            NoChannel::Unknown => Refused(ErrorCode::BadAddress, "there is no such channel"),
        }
    }
}

type Wanted<'a> = Result<(Option<Address>, Want<'a>), Refused>;

/// The request of a command; `None` if the session does not need to know of it.
pub(super) fn request<'a>(command: Command<'a>, channels: &Channels, limits: &Limits) -> Option<Request<'a>> {
    let Command { id, call } = command;
    let (tag, wanted) = match call? {
        Call::Connect(connect) => {
            let wanted = self::connect(&connect, channels);
            (Tag { begun: connect.begun, ..Tag::new(Kind::Connect, id) }, Ok(wanted))
        }
        Call::Subscribe(it) => {
            let kind = if it.recover { Kind::Recover } else { Kind::Subscribe };
            (Tag { ttl: it.ttl, delta: !it.delta.is_empty(), ..Tag::new(kind, id) }, subscribe(&it, channels))
        }
        Call::Unsubscribe(it) => {
            let leave = channels.address(&it.channel).map(|to| (Some(to), Want::Leave)).map_err(Refused::from);
            (Tag::new(Kind::Unsubscribe, id), leave)
        }
        Call::Publish(it) => (Tag::new(Kind::Publish, id), publish(it, channels, limits)),
        Call::Presence(it) => (Tag::new(Kind::Presence, id), presence(&it.channel, channels)),
        Call::PresenceStats(it) => (Tag::new(Kind::PresenceStats, id), presence(&it.channel, channels)),
        Call::History(it) => {
            let kind = match (it.limit, it.reverse) {
                (0, _) => Kind::HistoryTop,
                (_, true) => Kind::HistoryReversed,
                (_, false) => Kind::History,
            };
            (Tag::new(kind, id), history(&it, channels))
        }
        Call::Rpc(it) => (Tag::new(Kind::Rpc, id), rpc(it)),
        Call::Refresh(it) => {
            let refresh = request::Refresh { token: Some(it.token.into_owned()), ticket: None };
            (Tag::new(Kind::Refresh, id), Ok((None, Want::Refresh(refresh))))
        }
        Call::Ping => {
            (Tag::new(Kind::Rpc, id), Err(Refused(ErrorCode::BadAction, "a server pings, a client does not")))
        }
        // answered by the connection's owner
        Call::Send | Call::SubRefresh(_) => return None,
    };
    let (to, want) =
        wanted.unwrap_or_else(|Refused(code, message)| (None, Want::Unreadable { code, message: message.into() }));
    Some(Request { re: Some(Cow::Owned(tag.to_string())), to, want })
}

/// The credentials were checked before the session began; what is left are the positions to resume from.
fn connect<'a>(connect: &Connect<'_>, channels: &Channels) -> (Option<Address>, Want<'a>) {
    let mut positions = Positions::new();
    for (name, subscription) in &connect.subs {
        let Ok(address) = channels.address(name) else { continue };
        let presence = tells_users(channels.options(&address));
        let begin = if subscription.recover { Begin::After(position(subscription)) } else { Begin::Now };
        positions.insert(address, StreamStart { presence, ..StreamStart::at(begin) });
    }
    match positions.is_empty() {
        true => (None, Want::Live),
        false => (None, Want::Resume(Resume { positions })),
    }
}

fn subscribe<'a>(subscribe: &Subscribe<'_>, channels: &Channels) -> Wanted<'a> {
    if subscribe.refused != 0 {
        return Err(Refused(codes::refusal(subscribe.refused), "the subscription is refused"));
    }
    let (to, options) = named(&subscribe.channel, channels)?;
    if matches!(to, Address::User(_)) {
        return Err(Refused(ErrorCode::BadAction, "the server subscribes its clients to the channels of their users"));
    }
    if subscribe.filtered {
        return Err(Refused(ErrorCode::NotFound, "publications are not filtered by tags here"));
    }
    let presence = tells_users(options);
    // a text that the node wrote; of a connection that has none nothing is shown
    let state = Some(subscribe.info.as_ref().and_then(|info| MemberState::from_text(info.to_string()).ok()));
    let begin = Begin::After(position(subscribe));
    let join = Join {
        pos: subscribe.recover.then_some(StreamStart { presence, ..StreamStart::at(begin) }),
        presence: Presenting { wanted: presence, state },
        // after a gap a client that cannot recover subscribes again while the session is still in the channel: not an
        // error then
        once: !subscribe.recover && (options.recover || !options.position),
        ..Join::default()
    };
    Ok((Some(to), Want::Join(join)))
}

/// The position that a client wants to resume after; one that no log contains if the epoch does not determine it.
fn position(subscribe: &Subscribe<'_>) -> Position {
    match subscribe.epoch.parse::<Epoch>().ok().and_then(|epoch| epoch.position(subscribe.offset)) {
        Some(position) => position,
        None if subscribe.offset == 0 && subscribe.epoch.is_empty() => Position::START,
        None => Position { seq: 1, nonce: 0 },
    }
}

fn publish<'a>(publish: Publish<'a>, channels: &Channels, limits: &Limits) -> Wanted<'a> {
    let (to, options) = named(&publish.channel, channels)?;
    if !options.publish {
        return Err(Refused(ErrorCode::Forbidden, "clients do not publish in this namespace"));
    }
    let (kind, data) = match (publish.data, publish.bytes) {
        (Some(data), _) if is_deliverable_json(&data, limits) => (PUBLICATION, data),
        (Some(_), _) => return Err(Refused(ErrorCode::BadPayload, "the data is no JSON, or nested too deep")),
        (None, Some(bytes)) => (BYTES, binary::to_json(&bytes).into()),
        (None, None) => return Err(Refused(ErrorCode::BadPayload, "there is no data")),
    };
    let (kind, payload) = (kind.into(), Some(data));
    let publish = request::Publish { kind, payload, meta: publish.info, ..request::Publish::default() };
    Ok((Some(to), Want::Publish(publish)))
}

/// Whether clients are told of joins and leaves per user: only where they are not announced per session.
fn tells_users(options: Options) -> bool {
    options.join_leave && !options.each_session
}

fn presence<'a>(channel: &str, channels: &Channels) -> Wanted<'a> {
    let (to, options) = named(channel, channels)?;
    match options.presence {
        true => Ok((Some(to), Want::Presence(request::PresenceQuery::default()))),
        false => Err(Refused(ErrorCode::NotFound, "this namespace has no presence")),
    }
}

fn history<'a>(history: &History<'_>, channels: &Channels) -> Wanted<'a> {
    let (to, options) = named(&history.channel, channels)?;
    if !options.history {
        return Err(Refused(ErrorCode::NotFound, "this namespace has no history"));
    }
    let since = match &history.since {
        None => None,
        Some(since) => Some(
            since.epoch.parse::<Epoch>().ok().and_then(|epoch| epoch.position(since.offset)).ok_or(UNRECOVERABLE)?,
        ),
    };
    let limit = u32::try_from(history.limit).ok().map(|limit| limit.max(1));
    let (before, after) = match history.reverse || history.limit == 0 {
        true => (since, None),
        false => (None, Some(since.unwrap_or(Position::START))),
    };
    Ok((Some(to), Want::History(request::History { before, after, limit, top: true, ..request::History::default() })))
}

const UNRECOVERABLE: Refused = Refused(ErrorCode::IdConflict, "the log does not hold that position");

fn rpc<'a>(rpc: Rpc<'_>) -> Wanted<'a> {
    match is_method(&rpc.method) {
        true => {
            let params: Option<Json> = rpc.data;
            Ok((None, Want::Rpc(request::Rpc { method: rpc.method.into_owned(), params })))
        }
        false => Err(Refused(ErrorCode::NotFound, "no application answers that method")),
    }
}

fn named(channel: &str, channels: &Channels) -> Result<(Address, Options), Refused> {
    let address = channels.address(channel)?;
    let options = channels.options(&address);
    Ok((address, options))
}
