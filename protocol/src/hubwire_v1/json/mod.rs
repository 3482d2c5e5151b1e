//! Actions as JSON text: `hubwire.v1.json`.
//!
//! `payload` and the application's part of `meta` are slices of the text received and of the text sent; they are never
//! reformatted.

mod ack;
mod check;
mod number;
mod part;
mod quick;
pub(super) mod text;
pub(super) mod token;

use super::action::Action;
use super::fault::{Fault, FaultAt};
use super::part::Part;
use super::{bounds, names, read};
use crate::dialect::DecodeError;
use crate::event::{Event, HistoryPage};
use crate::{cluster::Envelope, Address, ErrorCode, Limits, Position};
use bytes::{BufMut, BytesMut};
pub(super) use check::check as check_value;
use number::{put_number, put_position};
use part::JsonPart;
use quick::Quick;
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::fmt::{Display, Write};

/// Decodes a text frame, see [`Codec::decode`](super::Codec::decode), and calls `make` for each action.
pub(super) fn decode<'a, T>(
    message: &'a [u8],
    limits: &Limits,
    make: impl Fn(Action<'a>) -> T,
) -> Result<Vec<T>, DecodeError> {
    bounds::check_length(message, limits)?;
    let syntax = |message: String| Fault::new(ErrorCode::BadSyntax, message);
    let text = std::str::from_utf8(message).map_err(|error| syntax(format!("frame is not UTF-8: {error}")))?;
    if let Some(actions) = read_quickly(text, limits, &make) {
        debug_assert_eq!(
            read_quickly(text, limits, |action| action),
            read_with_care(text, limits, |action| action).ok(),
            "both ways read the same"
        );
        return Ok(actions);
    }
    read_with_care(text, limits, make)
}

/// Fast path: reads a frame of the usual form; `None` if it may be of another form.
fn read_quickly<'a, T>(text: &'a str, limits: &Limits, make: impl Fn(Action<'a>) -> T) -> Option<Vec<T>> {
    Quick::new(text, bounds::depth_max(limits), limits).frame(make)
}

/// Slow path: reads a frame of any form, and reports what is wrong with it.
fn read_with_care<'a, T>(
    text: &'a str,
    limits: &Limits,
    make: impl Fn(Action<'a>) -> T,
) -> Result<Vec<T>, DecodeError> {
    let frame = JsonPart(text.trim_ascii());
    if let Err(FaultAt { fault, at }) = check::check(text, bounds::depth_max(limits)) {
        return Err(read::refused(fault, frame, action_at(text, at), limits));
    }
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        // in an array with broken syntax the offset does not reliably identify the action
        let at_fault = (!frame.is_array()).then_some(frame);
        let fault = Fault::new(ErrorCode::BadSyntax, format!("frame is not JSON: {error}"));
        return Err(read::refused(fault, frame, at_fault, limits));
    }
    read::frame(frame, limits, make)
}

/// Whether a text is JSON that both encodings can deliver as a payload.
pub(super) fn is_deliverable(text: &str, limits: &Limits) -> bool {
    // a payload is one level below its action
    let depth_max = bounds::depth_max(limits).saturating_sub(1);
    check::check(text, depth_max).is_ok() && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// The action of a frame that contains the byte at offset `at`.
fn action_at(text: &str, at: usize) -> Option<JsonPart<'_>> {
    let frame = JsonPart(text.trim_ascii());
    if !frame.is_array() {
        return Some(frame);
    }
    frame.children().find(|part| part.end_in(text) > at)
}

/// The key of the entry whose value contains the byte at offset `at` of an object's text (or ends there).
pub(crate) fn key_at(object: &str, at: usize) -> Option<Cow<'_, str>> {
    let (key, _) = JsonPart(object.trim_ascii()).entries().find(|(_, JsonPart(value))| {
        let start = value.as_ptr() as usize - object.as_ptr() as usize;
        (start..=start + value.len()).contains(&at)
    })?;
    key.text()
}

/// Writes a publication. The envelope's payload and meta are copied unchanged.
pub fn put_publication(out: &mut BytesMut, envelope: &Envelope<'_>, pos: Option<Position>) {
    out.put_slice(b"{\"type\":");
    put_text(out, envelope.kind);
    if let Some(payload) = envelope.payload {
        out.put_slice(b",\"payload\":");
        out.put_slice(payload.as_bytes());
    }
    if let Some(error) = envelope.error {
        put(out, format_args!(",\"error\":{error}"));
    }
    out.put_slice(b",\"meta\":{");
    if let Some(entries) = envelope.meta_of_client().and_then(entries_of) {
        out.put_slice(entries.as_bytes());
        out.put_u8(b',');
    }
    out.put_slice(b"\"hub\":{\"to\":");
    put_text(out, envelope.to);
    if let Some(pos) = pos {
        out.put_slice(b",\"pos\":\"");
        put_position(out, pos);
        out.put_u8(b'"');
    }
    if let Some(id) = envelope.id {
        out.put_slice(b",\"id\":");
        put_text(out, id);
    }
    if let Some(from) = envelope.from {
        out.put_slice(b",\"from\":");
        put_text(out, from);
    }
    out.put_slice(b",\"ts\":");
    put_number(out, envelope.ts);
    if pos.is_none() {
        out.put_slice(b",\"ephemeral\":true");
    }
    out.put_slice(b"}}}");
}

/// Writes a control action.
pub fn put_control(out: &mut BytesMut, event: &Event<'_>, to: Option<&Address>, re: Option<&str>) {
    out.put_slice(b"{\"type\":\"");
    out.put_slice(names::kind(event).as_bytes());
    out.put_slice(b"\",\"payload\":");
    match event {
        Event::Ack(ack) => ack::put_ack(out, ack),
        Event::History(page) => put_history(out, page),
        // Cannot fail: all keys are strings, and the buffer grows.
        plain => serde_json::to_writer(out.writer(), plain).expect("events are plain structs"),
    }
    if matches!(event, Event::Error(_)) {
        out.put_slice(b",\"error\":true");
    }
    if to.is_some() || re.is_some() {
        out.put_slice(b",\"meta\":{\"hub\":{");
        if let Some(to) = to {
            put(out, format_args!("\"to\":\"{to}\""));
        }
        if let Some(re) = re {
            out.put_slice(if to.is_some() { b",\"re\":" } else { b"\"re\":" });
            put_text(out, re);
        }
        out.put_slice(b"}}");
    }
    out.put_u8(b'}');
}

fn put_history(out: &mut BytesMut, page: &HistoryPage<'_>) {
    let HistoryPage { publications, more, top: _ } = page;
    out.put_slice(b"{\"publications\":[");
    for (index, (envelope, pos)) in publications.iter().enumerate() {
        if index > 0 {
            out.put_u8(b',');
        }
        put_publication(out, envelope, Some(*pos));
    }
    put(out, format_args!("],\"more\":{more}}}"));
}

/// The text between the braces of an object; `None` if the object is empty.
fn entries_of(object: &str) -> Option<&str> {
    let entries = object.trim_ascii().strip_prefix('{')?.strip_suffix('}')?.trim_ascii();
    (!entries.is_empty()).then_some(entries)
}

fn put_text(out: &mut BytesMut, text: &str) {
    if !text.bytes().any(text::is_escaped) {
        out.put_u8(b'"');
        out.put_slice(text.as_bytes());
        return out.put_u8(b'"');
    }
    // The buffer grows: writing cannot fail.
    text::put_text(out, text).expect("the buffer grows");
}

fn put(out: &mut BytesMut, value: impl Display) {
    // Cannot fail, see above.
    write!(out, "{value}").expect("the buffer grows");
}
