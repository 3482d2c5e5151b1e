//! The values of segments in the path of a request.

use super::failure::Failure;
use actix_web::{dev, web, FromRequest, HttpRequest};
use hubwire_protocol::{Address, ErrorCode, Incarnation, Position, SessionId, UserId};
use std::future::{ready, Ready};

/// A value of a segment, with the same name in all paths.
pub(crate) trait InPath: Sized {
    /// The name of the segment.
    const NAME: &'static str;

    /// Parses the decoded segment.
    fn read(text: &str) -> Result<Self, Failure>;
}

/// The segment of this kind in the path.
pub(crate) struct At<T>(pub T);

impl<T: InPath> FromRequest for At<T> {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let decoded = web::Path::<Vec<String>>::from_request(request, payload).into_inner();
        ready(decoded.and_then(|segments| {
            let mut named = request.match_info().iter().zip(segments.iter());
            let text = named.find(|((name, _), _)| *name == T::NAME).map_or("", |(_, text)| text);
            Ok(At(T::read(text)?))
        }))
    }
}

/// An address that has a log: any except `session:`.
pub(crate) struct StreamAddress(pub Address);

/// The address of a channel.
pub(crate) struct ChannelAddress(pub Address);

impl InPath for UserId {
    const NAME: &'static str = "user";

    fn read(text: &str) -> Result<Self, Failure> {
        text.parse().map_err(|error| bad(format!("user {error}")))
    }
}

impl InPath for SessionId {
    const NAME: &'static str = "session";

    fn read(text: &str) -> Result<Self, Failure> {
        text.parse().map_err(|error| bad(format!("session: {error}")))
    }
}

impl InPath for Incarnation {
    const NAME: &'static str = "incarnation";

    fn read(text: &str) -> Result<Self, Failure> {
        text.parse().map_err(|error| bad(format!("incarnation: {error}")))
    }
}

impl InPath for Position {
    const NAME: &'static str = "pos";

    fn read(text: &str) -> Result<Self, Failure> {
        text.parse().map_err(|error| Failure::new(ErrorCode::BadPayload, format!("{error}")))
    }
}

impl InPath for ChannelAddress {
    const NAME: &'static str = "channel";

    fn read(text: &str) -> Result<Self, Failure> {
        match text.parse() {
            Ok(address @ Address::Channel(..)) => Ok(ChannelAddress(address)),
            Ok(other) => Err(bad(format!("{other} is not a ch: address"))),
            Err(error) => Err(bad(format!("channel {error}"))),
        }
    }
}

impl InPath for StreamAddress {
    const NAME: &'static str = "stream";

    fn read(text: &str) -> Result<Self, Failure> {
        match text.parse() {
            Ok(Address::Session(_)) => Err(bad("a session has no stream; name org:, team:, ch: or user:".into())),
            Ok(address) => Ok(StreamAddress(address)),
            Err(error) => Err(bad(format!("stream {error}"))),
        }
    }
}

fn bad(message: String) -> Failure {
    Failure::new(ErrorCode::BadAddress, message)
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for ChannelAddress {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ChannelAddress".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        use hubwire_protocol::schema::{address, Kind};
        let mut schema = address(&[Kind::Channel], "ch:acme/order/1842");
        schema.insert("maxLength".into(), hubwire_protocol::id::PATH_BYTES_MAX.into());
        schema
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for StreamAddress {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "StreamAddress".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        use hubwire_protocol::schema::{address, Kind};
        address(&[Kind::Org, Kind::Team, Kind::Channel, Kind::User], "org:acme")
    }
}
