//! Maps an offset and an epoch to a position, when that needs a look-up in the log.

use hubwire_actors::backend::Entry;
use hubwire_actors::node::Node;
use hubwire_actors::words::log_reader::PageStart;
use hubwire_actors::words::outcome::Refusal;
use hubwire_protocol::centrifuge::command::Subscribe;
use hubwire_protocol::centrifuge::{offset_of, seq_at, Epoch};
use hubwire_protocol::{Address, Position};

/// Whether the position of a subscription's offset cannot be computed from its epoch.
pub(super) fn is_anchored(subscribe: &Subscribe<'_>) -> bool {
    let epoch = subscribe.epoch.parse::<Epoch>();
    let is_nowhere = subscribe.epoch.is_empty() && subscribe.offset > 0;
    let is_anchored = |epoch: Epoch| epoch.is_of_another_life() || epoch.position(subscribe.offset).is_none();
    subscribe.recover && (is_nowhere || epoch.is_ok_and(is_anchored))
}

/// The position at an offset of the history with this epoch; `None`: the log no longer holds it, or has another
/// history.
pub(super) async fn find(node: &Node, stream: &Address, offset: u64, epoch: &str) -> Result<Option<Position>, Refusal> {
    if epoch.is_empty() {
        // the client keeps only offsets, and accepts the present history
        return match offset {
            0 => beginning(node, stream).await,
            offset => at(node, stream, offset, top(node, stream).await?).await,
        };
    }
    let epoch = epoch.parse::<Epoch>().ok().filter(|epoch| !epoch.is_of_another_life());
    let Some(epoch) = epoch else { return Ok(None) };
    match epoch.position(offset) {
        Some(Position::START) => return beginning(node, stream).await,
        Some(exact) => return Ok(at_or_after(node, stream, exact.seq).await?.filter(|found| *found == exact)),
        None => {}
    }
    let Epoch::Anchor(anchor) = epoch else { return Ok(None) };
    let of_log = if anchor.seq == 0 { top(node, stream).await? } else { anchor };
    let Some(at) = at(node, stream, offset, of_log).await? else { return Ok(None) };
    // a trimmed anchor cannot be distinguished from one of another history before the oldest entry
    let found = match anchor.seq {
        0 => None,
        seq => at_or_after(node, stream, seq).await?,
    };
    let is_fork = found.is_some_and(|found| found.seq == anchor.seq && found != anchor);
    Ok((!is_fork).then_some(at))
}

/// The position at an offset, counted as in the log that `of_log` is of.
async fn at(node: &Node, stream: &Address, offset: u64, of_log: Position) -> Result<Option<Position>, Refusal> {
    Ok(at_or_after(node, stream, seq_at(offset, of_log)).await?.filter(|found| offset_of(*found) == offset))
}

/// The start of a history; `None`: the log no longer holds it.
async fn beginning(node: &Node, stream: &Address) -> Result<Option<Position>, Refusal> {
    let (entries, top) = node.past(stream.clone(), PageStart::After(Position::START), 1).await?;
    let before = entries.first().map_or(top, |oldest| oldest.prev);
    Ok(Some(before).filter(|before| *before == Position::START))
}

/// The top of a log.
pub(super) async fn top(node: &Node, stream: &Address) -> Result<Position, Refusal> {
    node.past(stream.clone(), PageStart::Newest, 1).await.map(|(_, top)| top)
}

/// The newest publication; `None`: the log is empty.
pub(super) async fn newest(node: &Node, stream: &Address) -> Result<Option<Entry>, Refusal> {
    node.past(stream.clone(), PageStart::Newest, 1).await.map(|(mut entries, _)| entries.pop())
}

/// The position of the first entry at or after a `seq`.
async fn at_or_after(node: &Node, stream: &Address, seq: u64) -> Result<Option<Position>, Refusal> {
    let before = Position { seq: seq.saturating_sub(1), nonce: Position::NONCE_MAX };
    let (entries, top) = node.past(stream.clone(), PageStart::After(before), 1).await?;
    // a completely trimmed log still has its top
    let stands = Some(top).filter(|top| top.seq >= seq && entries.is_empty());
    Ok(entries.first().map(|entry| entry.pos).or(stands))
}
