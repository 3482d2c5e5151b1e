//! Turns the values of a frame into actions: the strict rules, in one place for both encodings.

use super::action::{Action, HubMeta};
use super::fault::{quote, Fault};
use super::part::{exact_text, Part};
use crate::dialect::DecodeError;
use crate::{Address, ErrorCode, Limits, Select, UserId, EXCEPT_MAX};
use std::borrow::Cow;

const ACTION_KEYS: &[&str] = &["type", "payload", "error", "meta"];
/// The last five belong to the server: they are accepted from clients, but ignored.
const HUB_KEYS: &[&str] = &["to", "id", "ephemeral", "except", "select", "from", "pos", "ts", "session", "re"];

/// Most ids that a refusal lists.
const NOT_DONE_MAX: usize = 256;
/// An id that is too long is still repeated in the error if it is at most this many times the allowed length, so that
/// its author can find it.
const ID_ECHO_FACTOR: usize = 4;

/// Reads one action or an array of them. One malformed action refuses the whole frame.
pub(super) fn frame<'a, P: Part<'a>, T>(
    frame: P,
    limits: &Limits,
    make: impl Fn(Action<'a>) -> T,
) -> Result<Vec<T>, DecodeError> {
    if !frame.is_array() {
        return match action(frame, limits) {
            Ok(action) => Ok(vec![make(action)]),
            Err(fault) => Err(refused(fault, frame, Some(frame), limits)),
        };
    }
    let mut actions = Vec::new();
    for (index, part) in frame.children().enumerate() {
        if index == limits.actions_max {
            let fault = Fault::new(ErrorCode::TooMany, format!("frame has more than {index} actions"));
            return Err(refused(fault, frame, Some(part), limits));
        }
        match action(part, limits) {
            Ok(action) => actions.push(make(action)),
            Err(fault) => {
                let fault = Fault { message: format!("action {index}: {}", fault.message), ..fault };
                return Err(refused(fault, frame, Some(part), limits));
            }
        }
    }
    if actions.is_empty() {
        return Err(Fault::bad_action("frame is an empty array; it needs at least one action").into());
    }
    Ok(actions)
}

/// Refuses a frame because of one of its actions, if it is known which. The syntax of the frame may be unchecked: ids
/// that cannot be read are left out.
pub(super) fn refused<'a, P: Part<'a>>(fault: Fault, frame: P, at_fault: Option<P>, limits: &Limits) -> DecodeError {
    let Fault { code, message, well_formed } = fault;
    let re = at_fault.filter(|action| action.is_object()).and_then(|action| id_of(action, limits));
    let mut not_done = Vec::new();
    if frame.is_array() {
        not_done.extend(frame.children().filter_map(|action| id_of(action, limits)).take(NOT_DONE_MAX));
    }
    DecodeError { code, message, well_formed, re, not_done }
}

fn action<'a, P: Part<'a>>(part: P, limits: &Limits) -> Result<Action<'a>, Fault> {
    if !part.is_object() {
        return Err(Fault::bad_action("an action must be an object"));
    }
    let mut kind = None;
    let mut action = Action::default();
    let mut keys = Keys { owner: "an action", names: ACTION_KEYS, seen: 0 };
    for (key, value) in part.entries() {
        match keys.take(key)? {
            "type" => kind = Some(label("type", value, limits.type_bytes_max)?),
            "payload" => action.payload = Some(value.json(limits.frame_bytes_max)?),
            "error" => action.error = Some(boolean("error", value)?),
            _ => (action.hub, action.meta) = meta(value, limits)?,
        }
    }
    action.kind = kind.ok_or_else(|| Fault::bad_action("type is missing"))?;
    Ok(action)
}

fn meta<'a, P: Part<'a>>(part: P, limits: &Limits) -> Result<(HubMeta<'a>, Option<Cow<'a, str>>), Fault> {
    if !part.is_object() {
        return Err(Fault::bad_action("meta must be an object"));
    }
    let mut hub_part = None;
    let mut has_others = false;
    for (key, value) in part.entries() {
        if key.text().is_none() {
            return Err(Fault::new(ErrorCode::BadPayload, "meta has a key that is not a string"));
        } else if !is_hub(key) {
            has_others = true;
        } else if hub_part.replace(value).is_some() {
            return Err(Fault::bad_action("meta has the key \"hub\" twice"));
        }
    }
    let hub = hub_part.map(|value| hub(value, limits)).transpose()?.unwrap_or_default();
    let others = has_others.then(|| without_hub(part, limits.frame_bytes_max)).transpose()?;
    Ok((hub, others))
}

fn is_hub<'a, P: Part<'a>>(key: P) -> bool {
    key.text().as_deref() == Some("hub")
}

/// All of `meta` except `hub`, keys and values as received.
fn without_hub<'a, P: Part<'a>>(meta: P, bytes_max: usize) -> Result<Cow<'a, str>, Fault> {
    let text = exact_text(bytes_max, |out| {
        let mut before = "{";
        for (key, value) in meta.entries().filter(|(key, _)| !is_hub(*key)) {
            put(out, before)?;
            key.put_json(out)?;
            put(out, ":")?;
            value.put_json(out)?;
            before = ",";
        }
        put(out, "}")
    })?;
    Ok(Cow::Owned(text))
}

fn put(out: &mut dyn std::fmt::Write, text: &str) -> Result<(), Fault> {
    out.write_str(text).map_err(|_| Fault::new(ErrorCode::Internal, "writing JSON failed"))
}

fn hub<'a, P: Part<'a>>(part: P, limits: &Limits) -> Result<HubMeta<'a>, Fault> {
    if !part.is_object() {
        return Err(Fault::bad_action("meta.hub must be an object"));
    }
    let mut hub = HubMeta::default();
    let mut keys = Keys { owner: "meta.hub", names: HUB_KEYS, seen: 0 };
    for (key, value) in part.entries() {
        match keys.take(key)? {
            "to" => hub.to = Some(address(value)?),
            "id" => hub.id = Some(label("meta.hub.id", value, limits.id_bytes_max)?),
            "ephemeral" => hub.ephemeral = boolean("meta.hub.ephemeral", value)?,
            "except" => hub.narrowing.except = users(value)?,
            "select" => hub.narrowing.select = select(value)?,
            _ => {}
        }
    }
    Ok(hub)
}

fn address<'a, P: Part<'a>>(part: P) -> Result<Address, Fault> {
    let bad = |reason: String| Fault::new(ErrorCode::BadAddress, format!("meta.hub.to: {reason}"));
    let text = part.text().ok_or_else(|| bad("must be a string".into()))?;
    text.parse().map_err(|error: crate::AddressError| bad(error.to_string()))
}

/// The excluded users.
fn users<'a, P: Part<'a>>(part: P) -> Result<Vec<UserId>, Fault> {
    let bad = |reason: String| Fault::bad_action(format!("meta.hub.except {reason}"));
    if !part.is_array() {
        return Err(bad("must be an array of user ids".into()));
    }
    let mut users = Vec::new();
    for user in part.children() {
        if users.len() == EXCEPT_MAX {
            return Err(Fault::new(ErrorCode::TooMany, format!("meta.hub.except has more than {EXCEPT_MAX} users")));
        }
        let text = user.text().ok_or_else(|| bad("must be an array of user ids".into()))?;
        users.push(text.parse().map_err(|error| bad(format!("has a user id that {error}")))?);
    }
    Ok(users)
}

/// Which of a user's sessions receive it.
fn select<'a, P: Part<'a>>(part: P) -> Result<Select, Fault> {
    let bad = || Fault::bad_action(r#"meta.hub.select must be "all", "one", "others" or {"device_class": CLASS}"#);
    match part.text().as_deref() {
        Some("all") => return Ok(Select::All),
        Some("one") => return Ok(Select::One),
        Some("others") => return Ok(Select::Others),
        Some(_) => return Err(bad()),
        None => {}
    }
    let mut keys = Keys { owner: "meta.hub.select", names: &["device_class"], seen: 0 };
    let mut class = None;
    for (key, value) in part.is_object().then(|| part.entries()).ok_or_else(bad)? {
        keys.take(key)?;
        let text = value.text().ok_or_else(bad)?;
        class =
            Some(text.parse().map_err(|error| Fault::bad_action(format!("meta.hub.select: device_class {error}")))?);
    }
    class.map(Select::Class).ok_or_else(bad)
}

/// A short text that appears in logs: not empty, bounded, on one line.
fn label<'a, P: Part<'a>>(name: &str, part: P, bytes_max: usize) -> Result<Cow<'a, str>, Fault> {
    let text = part.text().ok_or_else(|| Fault::bad_action(format!("{name} must be a string")))?;
    check_label(name, &text, bytes_max)?;
    Ok(text)
}

/// As [`label`], for a text.
pub(super) fn check_label(name: &str, text: &str, bytes_max: usize) -> Result<(), Fault> {
    if text.is_empty() {
        return Err(Fault::bad_action(format!("{name} is empty")));
    }
    if text.len() > bytes_max {
        let message = format!("{name} has {} bytes, at most {bytes_max} are allowed", text.len());
        return Err(Fault::new(ErrorCode::TooBig, message));
    }
    match text.char_indices().find(|(_, c)| c.is_control()) {
        Some((at, c)) => Err(Fault::bad_action(format!("{name} has the control character {c:?} at byte {at}"))),
        None => Ok(()),
    }
}

fn boolean<'a, P: Part<'a>>(name: &str, part: P) -> Result<bool, Fault> {
    part.boolean().ok_or_else(|| Fault::bad_action(format!("{name} must be true or false")))
}

/// The `meta.hub.id` even of a malformed action, so that the client learns which one was refused.
fn id_of<'a, P: Part<'a>>(action: P, limits: &Limits) -> Option<String> {
    let id = action.get("meta")?.get("hub")?.get("id")?;
    label("meta.hub.id", id, ID_ECHO_FACTOR * limits.id_bytes_max).ok().map(Cow::into_owned)
}

/// The keys an object may have, each once.
struct Keys {
    owner: &'static str,
    names: &'static [&'static str],
    /// One bit per name.
    seen: u16,
}

impl Keys {
    fn take<'a, P: Part<'a>>(&mut self, key: P) -> Result<&'static str, Fault> {
        let Some(text) = key.text() else {
            return Err(Fault::bad_action(format!("{} has a key that is not a string", self.owner)));
        };
        let Some(at) = self.names.iter().position(|name| *name == text) else {
            let (owner, allowed) = (self.owner, self.names.join(", "));
            return Err(Fault::bad_action(format!("{owner} has the key {}; allowed are {allowed}", quote(&text))));
        };
        if self.seen & (1 << at) != 0 {
            return Err(Fault::bad_action(format!("{} has the key {} twice", self.owner, quote(&text))));
        }
        self.seen |= 1 << at;
        Ok(self.names[at])
    }
}
