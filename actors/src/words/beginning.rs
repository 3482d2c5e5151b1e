//! The part of a channel's history that the answer to a join contains.

use crate::backend::{ChannelSnapshot, Entry};
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::event::{Json, Snapshot};
use hubwire_protocol::{publication_json, UserId};

use super::receivers::leaves_out;

/// The requested past; see the module.
#[derive(Debug, Default)]
pub struct Beginning {
    /// The newest publications, oldest first.
    pub recent: Option<Vec<Json>>,
    /// The snapshot, if there is one.
    pub snapshot: Option<Option<Snapshot>>,
}

/// Publications in the form that a user receives, without those that exclude it or cannot be read.
pub(crate) fn shown(entries: &[Entry], user: &UserId) -> Vec<Json> {
    let shown = |entry: &Entry| {
        let envelope = Envelope::decode(&entry.envelope).ok().filter(|envelope| !leaves_out(envelope, user))?;
        Json::parse(std::str::from_utf8(&publication_json(&envelope, Some(entry.pos))).ok()?)
    };
    entries.iter().filter_map(shown).collect()
}

/// A publication in the form of a delivery; `None`: it cannot be read.
pub(crate) fn shown_one(entry: &Entry) -> Option<Json> {
    let envelope = Envelope::decode(&entry.envelope).ok()?;
    Json::parse(std::str::from_utf8(&publication_json(&envelope, Some(entry.pos))).ok()?)
}

/// A snapshot in the form that clients receive; `None` if the stored value is not JSON.
pub(crate) fn state(stored: &ChannelSnapshot) -> Option<Snapshot> {
    let payload = Json::parse(std::str::from_utf8(&stored.payload).ok()?)?;
    Some(Snapshot { pos: stored.pos, ts: stored.ts, payload })
}
