//! `history` and `history_remove`: the log of a channel.

use super::caller::{address, Caller};
use super::failure::{done, result, ApiError, Outcome};
use crate::centrifuge::positions;
use hubwire_actors::backend::Entry;
use hubwire_actors::words::log_reader::PageStart;
use hubwire_protocol::centrifuge::reply::{Page, Publication};
use hubwire_protocol::centrifuge::{codes, offset_of, seq_at, shown, Epoch};
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::{Address, Position};
use serde::Deserialize;

/// Publications per read of the log.
const PAGE: usize = 100;
/// Most publications of one answer; the caller continues from the last one.
const ENTRIES_MAX: usize = 10_000;
/// An answer that has reached this number of bytes ends as well.
const BYTES_MAX: usize = 16 << 20;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct History {
    channel: String,
    limit: i64,
    since: Option<Since>,
    reverse: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Since {
    offset: u64,
    epoch: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Remove {
    channel: String,
}

/// A part of the log, from its start or end or from a position on. Without a limit only the top.
pub(super) async fn history(caller: &Caller<'_>, history: History) -> Outcome {
    let stream = address(&history.channel)?;
    let since = match &history.since {
        None => None,
        // an offset without an epoch refers to the present history
        Some(Since { offset, epoch }) => {
            let position = match epoch.as_str() {
                "" => {
                    let top = positions::top(caller.node, &stream).await?;
                    Some(Position { seq: seq_at(*offset, top), nonce: Position::NONCE_MAX })
                }
                epoch => positions::find(caller.node, &stream, *offset, epoch).await?,
            };
            Some(position.ok_or_else(|| ApiError::new(codes::UNRECOVERABLE_POSITION, "the log does not hold it"))?)
        }
    };
    let from = match (history.reverse, since) {
        (true, None) => PageStart::Newest,
        (true, Some(since)) => PageStart::Before(since),
        (false, since) => PageStart::After(since.unwrap_or(Position::START)),
    };
    let most = match history.limit {
        0 => 0,
        limit => usize::try_from(limit).unwrap_or(ENTRIES_MAX).min(ENTRIES_MAX),
    };
    let (entries, top) = read(caller, stream, from, most).await?;
    let envelopes = entries.iter().filter_map(|entry| Some((Envelope::decode(&entry.envelope).ok()?, entry.pos)));
    let envelopes: Vec<(Envelope<'_>, Position)> = envelopes.collect();
    let publications: Vec<Publication<'_>> = envelopes.iter().map(|(it, pos)| shown(it, Some(*pos))).collect();
    result(&Page { publications, epoch: Epoch::at(top).to_string(), offset: offset_of(top) })
}

/// At most this many entries in the direction of `from`, and the top of the log at the start.
async fn read(
    caller: &Caller<'_>,
    stream: Address,
    mut from: PageStart,
    most: usize,
) -> Result<(Vec<Entry>, Position), ApiError> {
    let (mut read, mut bytes) = (Vec::new(), 0);
    let mut stood = None;
    loop {
        let limit = PAGE.min(most - read.len()).max(1);
        let (entries, top) = caller.node.past(stream.clone(), from, limit).await?;
        let top = *stood.get_or_insert(top);
        let last = entries.last().map(|entry| entry.pos);
        bytes += entries.iter().map(|entry| entry.envelope.len()).sum::<usize>();
        read.extend(entries);
        read.truncate(most);
        match last {
            Some(last) if read.len() < most && bytes < BYTES_MAX => {
                from =
                    if matches!(from, PageStart::After(_)) { PageStart::After(last) } else { PageStart::Before(last) };
            }
            _ => {
                // publications that arrived meanwhile are after the top in the answer
                read.retain(|entry| entry.pos.seq <= top.seq);
                return Ok((read, top));
            }
        }
    }
}

/// Removes all entries of a channel's log.
pub(super) async fn remove(caller: &Caller<'_>, Remove { channel }: Remove) -> Outcome {
    caller.node.purge(address(&channel)?, None).await?;
    done()
}
