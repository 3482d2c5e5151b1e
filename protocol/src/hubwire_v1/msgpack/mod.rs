//! Actions as MessagePack maps with string keys: `hubwire.v1.msgpack`.
//!
//!  Inside the node, `payload` and the application's part of `meta` are JSON texts: they are converted once when an
//!  action arrives, and once per publication, however many sessions receive it, on the way out.

mod pack;
mod part;
mod scan;

use super::action::Action;
use super::fault::FaultAt;
use super::part::Part;
use super::{bounds, names, read};
use crate::dialect::DecodeError;
use crate::event::{Call, Event, HistoryPage, Reply};
use crate::{cluster::Envelope, Address, Limits, Position};
use bytes::BytesMut;
use pack::Pack;
use part::PackPart;

/// Decodes a binary frame, see [`Codec::decode`](super::Codec::decode), and calls `make` for each action.
pub(super) fn decode<'a, T>(
    message: &'a [u8],
    limits: &Limits,
    make: impl Fn(Action<'a>) -> T,
) -> Result<Vec<T>, DecodeError> {
    bounds::check_length(message, limits)?;
    let frame = PackPart(message);
    if let Err(FaultAt { fault, at }) = scan::check(message, bounds::depth_max(limits)) {
        return Err(read::refused(fault, frame, action_at(message, at), limits));
    }
    read::frame(frame, limits, make)
}

/// The action of a frame that contains the byte at offset `at`.
fn action_at(message: &[u8], at: usize) -> Option<PackPart<'_>> {
    let frame = PackPart(message);
    if !frame.is_array() {
        return Some(frame);
    }
    frame.children().find(|part| part.end_in(message) > at)
}

/// Writes a publication. The envelope's payload and meta are JSON texts that a decoder produced.
pub fn put_publication(out: &mut BytesMut, envelope: &Envelope<'_>, pos: Option<Position>) {
    pack_publication(&mut Pack::new(out), envelope, pos);
}

fn pack_publication(pack: &mut Pack<'_>, envelope: &Envelope<'_>, pos: Option<Position>) {
    pack.map(2 + usize::from(envelope.payload.is_some()) + usize::from(envelope.error.is_some()));
    pack.text("type");
    pack.text(envelope.kind);
    if let Some(payload) = envelope.payload {
        pack.text("payload");
        pack.json(payload);
    }
    if let Some(error) = envelope.error {
        pack.text("error");
        pack.boolean(error);
    }
    pack.text("meta");
    match envelope.meta_of_client() {
        Some(meta) => pack.json_object_and_one(meta),
        None => pack.map(1),
    }
    pack.text("hub");
    put_hub(pack, envelope, pos);
}

fn put_hub(pack: &mut Pack<'_>, envelope: &Envelope<'_>, pos: Option<Position>) {
    // `to`, `ts`, and either `pos` or `ephemeral`.
    pack.map(3 + usize::from(envelope.id.is_some()) + usize::from(envelope.from.is_some()));
    pack.text("to");
    pack.text(envelope.to);
    if let Some(pos) = pos {
        pack.text("pos");
        pack.display(pos);
    }
    if let Some(id) = envelope.id {
        pack.text("id");
        pack.text(id);
    }
    if let Some(from) = envelope.from {
        pack.text("from");
        pack.text(from);
    }
    pack.text("ts");
    pack.unsigned(envelope.ts);
    if pos.is_none() {
        pack.text("ephemeral");
        pack.boolean(true);
    }
}

/// Writes a control action.
pub fn put_control(out: &mut BytesMut, event: &Event<'_>, to: Option<&Address>, re: Option<&str>) {
    let is_error = matches!(event, Event::Error(_));
    let has_meta = to.is_some() || re.is_some();
    let mut pack = Pack::new(out);
    pack.map(2 + usize::from(is_error) + usize::from(has_meta));
    pack.text("type");
    pack.text(names::kind(event));
    pack.text("payload");
    match event {
        Event::History(page) => put_history(&mut pack, page),
        Event::Rpc(call) => put_call(&mut pack, call),
        Event::Reply(reply) => put_reply(&mut pack, reply),
        // cannot fail: events are plain structs
        other if other.repeats_json() => pack.json(&serde_json::to_string(other).expect("events are plain structs")),
        other => pack.serialize(other),
    }
    if is_error {
        pack.text("error");
        pack.boolean(true);
    }
    if !has_meta {
        return;
    }
    pack.text("meta");
    pack.map(1);
    pack.text("hub");
    pack.map(usize::from(to.is_some()) + usize::from(re.is_some()));
    if let Some(to) = to {
        pack.text("to");
        pack.display(to);
    }
    if let Some(re) = re {
        pack.text("re");
        pack.text(re);
    }
}

fn put_call(pack: &mut Pack<'_>, call: &Call<'_>) {
    let Call { call, method, params, timeout_ms } = call;
    pack.map(3 + usize::from(params.is_some()));
    pack.text("call");
    pack.unsigned(*call);
    pack.text("method");
    pack.text(method);
    if let Some(params) = params {
        pack.text("params");
        pack.json(params.get());
    }
    pack.text("timeout_ms");
    pack.unsigned(*timeout_ms);
}

fn put_reply(pack: &mut Pack<'_>, reply: &Reply<'_>) {
    let (name, json) = match reply {
        Reply::Result(json) => ("result", json),
        Reply::Error(json) => ("error", json),
    };
    pack.map(1);
    pack.text(name);
    pack.json(json.get());
}

fn put_history(pack: &mut Pack<'_>, page: &HistoryPage<'_>) {
    let HistoryPage { publications, more, top: _ } = page;
    pack.map(2);
    pack.text("publications");
    pack.array(publications.len());
    for (envelope, pos) in publications {
        pack_publication(pack, envelope, Some(*pos));
    }
    pack.text("more");
    pack.boolean(*more);
}
