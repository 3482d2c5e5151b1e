//! Turns a control action into a client's request.

use super::action::Action;
use super::json::key_at;
use super::names::{RESERVED_PREFIX, SERVER_NAMES};
use crate::dialect::DecodeError;
use crate::request::Want;
use crate::ErrorCode;
use serde::de::DeserializeOwned;
use std::borrow::Cow;

/// Most characters of the deserializer's error that a refusal repeats.
const REASON_CHARS_MAX: usize = 300;

/// Declares the requests, each by its name after the prefix.
macro_rules! requests {
    ($action:ident; $($name:literal => $want:expr,)*) => {
        /// The names, for a client that sends another one.
        const CLIENT_NAMES: &[&str] = &[$($name),*];

        /// The request of an action; `None` if none has that name.
        fn want(name: &str, $action: &Action<'_>) -> Result<Option<Want<'static>>, DecodeError> {
            Ok(Some(match name {
                $($name => $want,)*
                _ => return Ok(None),
            }))
        }
    };
}

requests! {
    action;
    "auth" => Want::Auth(required(action)?),
    "refresh" => Want::Refresh(required(action)?),
    "join" => Want::Join(optional(action)?),
    "leave" => Want::Leave,
    "view" => Want::View(optional(action)?),
    "state" => Want::State(required(action)?),
    "profile" => Want::Profile(required(action)?),
    "snapshot" => Want::Snapshot(required(action)?),
    "kick" => Want::Kick(required(action)?),
    "invite" => Want::Invite(required(action)?),
    "presence" => Want::Presence(optional(action)?),
    "watch" => Want::Watch(required(action)?),
    "unwatch" => Want::Unwatch(required(action)?),
    "history" => Want::History(optional(action)?),
    "resume" => Want::Resume(required(action)?),
    "live" => Want::Live,
    "cursor" => Want::Cursor(required(action)?),
    "contact" => Want::Contact(required(action)?),
    "people" => Want::People(optional(action)?),
    "conversations" => Want::Conversations(optional(action)?),
    "read" => Want::Read(required(action)?),
    "channels" => Want::Channels(optional(action)?),
    "rpc" => Want::Rpc(required(action)?),
    "reply" => Want::Reply(required(action)?),
    "ping" => Want::Ping,
}

/// Parses a client's `@@hub/` action. The payload of a type without one is ignored.
pub fn parse(action: &Action<'_>) -> Result<Want<'static>, DecodeError> {
    let name = action.kind.strip_prefix(RESERVED_PREFIX).unwrap_or(&action.kind);
    if let Some(want) = want(name, action)? {
        return Ok(want);
    }
    if SERVER_NAMES.contains(&name) {
        return Err(refusal(action, ErrorCode::ForbiddenType, format!("only the server sends {}", action.kind)));
    }
    let known = CLIENT_NAMES.join(", ");
    let message = format!("{} is not known; known are {RESERVED_PREFIX} followed by {known}", action.kind);
    Err(refusal(action, ErrorCode::UnknownType, message))
}

fn required<T: DeserializeOwned>(action: &Action<'_>) -> Result<T, DecodeError> {
    match &action.payload {
        Some(payload) => read(action, payload),
        None => Err(refusal(action, ErrorCode::BadPayload, format!("{} needs a payload", action.kind))),
    }
}

fn optional<T: DeserializeOwned + Default>(action: &Action<'_>) -> Result<T, DecodeError> {
    match action.payload.as_deref() {
        None | Some("null") => Ok(T::default()),
        Some(payload) => read(action, payload),
    }
}

fn read<T: DeserializeOwned>(action: &Action<'_>, payload: &str) -> Result<T, DecodeError> {
    serde_json::from_str(payload).map_err(|error| {
        let field = field_at(payload, &error).map(|field| format!("`{field}`: ")).unwrap_or_default();
        // the error may quote a whole value, and a refusal must not be as long as the refused action
        let reason: String = error.to_string().chars().take(REASON_CHARS_MAX).collect();
        refusal(action, ErrorCode::BadPayload, format!("payload of {}: {field}{reason}", action.kind))
    })
}

/// The field that the error points at: serde_json reports the location, but not the field.
fn field_at<'a>(payload: &'a str, error: &serde_json::Error) -> Option<Cow<'a, str>> {
    let line_start: usize = payload.split_inclusive('\n').take(error.line().checked_sub(1)?).map(str::len).sum();
    key_at(payload, line_start + error.column())
}

fn refusal(action: &Action<'_>, code: ErrorCode, message: String) -> DecodeError {
    DecodeError {
        code,
        message,
        well_formed: true,
        re: action.hub.id.as_deref().map(String::from),
        not_done: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Begin, Join};
    use crate::Position;

    fn parsed(kind: &'static str, payload: Option<&'static str>) -> Result<Want<'static>, ErrorCode> {
        let action = Action { kind: kind.into(), payload: payload.map(Into::into), ..Action::default() };
        parse(&action).map_err(|error| error.code)
    }

    #[test]
    fn client_controls_are_read() {
        assert_eq!(parsed("@@hub/join", None), Ok(Want::Join(Join::default())));
        assert_eq!(parsed("@@hub/ping", Some("{}")), Ok(Want::Ping));
        let resume = parsed("@@hub/resume", Some(r#"{"positions":{"user:u1":"1-2","org:acme":null}}"#));
        let Ok(Want::Resume(resume)) = resume else { panic!("{resume:?}") };
        let begin = |stream: &str| resume.positions[&stream.parse().unwrap()].begin;
        assert_eq!(begin("user:u1"), Begin::After(Position { seq: 1, nonce: 2 }));
        assert_eq!(begin("org:acme"), Begin::Cursor);
    }

    #[test]
    fn others_are_refused_with_their_code() {
        assert_eq!(parsed("@@hub/ack", None), Err(ErrorCode::ForbiddenType));
        assert_eq!(parsed("@@hub/nope", None), Err(ErrorCode::UnknownType));
        assert_eq!(parsed("@@hub/resume", None), Err(ErrorCode::BadPayload));
        assert_eq!(parsed("@@hub/join", Some(r#"{"po":"1-2"}"#)), Err(ErrorCode::BadPayload));
        assert_eq!(parsed("@@hub/join", Some(r#"{"pos":"x"}"#)), Err(ErrorCode::BadPayload));
    }

    #[test]
    fn a_wrong_field_is_named() {
        let message = |kind: &'static str, payload: &'static str| {
            let action = Action { kind: kind.into(), payload: Some(payload.into()), ..Action::default() };
            parse(&action).unwrap_err().message
        };
        for (kind, payload, named) in [
            ("@@hub/join", "{\"presence\":true,\n\"pos\":5}", "`pos`: invalid type"),
            ("@@hub/join", r#"{"pos":[],"presence":true}"#, "`pos`: invalid type"),
            ("@@hub/join", r#"{"pos":"5"}"#, "`pos`: position must be"),
            ("@@hub/join", r#"{"position":"5"}"#, "unknown field `position`"),
            ("@@hub/cursor", "{}", "missing field `positions`"),
            ("@@hub/state", "{}", "missing field `state`"),
            ("@@hub/state", r#"{"state":[1]}"#, "it must be a JSON object"),
            ("@@hub/profile", r#"{"name":7}"#, "`name`: invalid type"),
            ("@@hub/profile", r#"{"meta":{},"nick":"x"}"#, "unknown field `nick`"),
            ("@@hub/join", r#"{"presence":1}"#, "`presence`: invalid type"),
            ("@@hub/join", r#"{"presence":{"stat":{}}}"#, "`presence`: unknown field `stat`"),
            ("@@hub/resume", r#"{"positions":{"room:x":null}}"#, "`positions`: address must start"),
            ("@@hub/history", r#"{"limit":-1}"#, "`limit`: invalid value"),
            ("@@hub/history", r#"{"id":7}"#, "`id`: invalid type"),
            ("@@hub/history", r#"{"id":"k1","from":"a b"}"#, "`from`: user id has the character ' '"),
            ("@@hub/contact", r#"{"user":"u1","act":"like"}"#, "`act`: unknown variant `like`"),
            ("@@hub/people", r#"{"state":"friend"}"#, "`state`: unknown variant `friend`"),
            ("@@hub/read", r#"{"user":"u1"}"#, "missing field `pos`"),
            ("@@hub/channels", r#"{"after":"order/1"}"#, "`after`: address must start"),
            ("@@hub/rpc", r#"{"method":"a b"}"#, "method must be 1 to 128 printable"),
            ("@@hub/reply", r#"{"result":1}"#, "missing field `call`"),
            ("@@hub/auth", r#"{"device":"a b","token":"t"}"#, "`device`: device id has the character ' '"),
        ] {
            let message = message(kind, payload);
            assert!(message.starts_with(&format!("payload of {kind}: {named}")), "{message}");
        }
    }

    #[test]
    fn a_refusal_is_short_whatever_it_refuses() {
        let payload = format!("{{\"limit\":\"{}\"}}", "x".repeat(60_000));
        let action = Action { kind: "@@hub/history".into(), payload: Some(payload.into()), ..Action::default() };
        let message = parse(&action).unwrap_err().message;
        assert!(message.starts_with("payload of @@hub/history: `limit`: invalid type: string"), "{message}");
        assert!(message.len() < 400, "{message}");
    }
}
