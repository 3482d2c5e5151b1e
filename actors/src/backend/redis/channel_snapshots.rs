//! Snapshots of channels.

use super::super::{BackendError, ChannelSnapshot, ChannelSnapshots, Reply};
use super::command::{ms, Command};
use super::{reply, RedisBackend};
use ::redis::Value;
use bytes::Bytes;
use hubwire_protocol::Address;
use std::time::Duration;

impl ChannelSnapshots for RedisBackend {
    fn put_snapshot(&self, channel: Address, snapshot: ChannelSnapshot, keep: Duration) -> Reply<bool> {
        if self.core.watermark.is_above() {
            return Box::pin(std::future::ready(Err(BackendError::Full)));
        }
        let names = [self.core.keys.snapshot(&channel), self.core.keys.log(&channel)];
        let call = self.core.wires.scripts.put_snapshot.call(&names);
        let call = call.arg(snapshot.pos.to_string()).arg(snapshot.ts).arg(&snapshot.payload[..]);
        self.core.ask(call.arg(ms(keep).max(1)), |answer| reply::flag("flag", answer))
    }

    fn snapshot(&self, channel: Address) -> Reply<Option<ChannelSnapshot>> {
        self.core.ask(Command::on("GET", &self.core.keys.snapshot(&channel)), |answer| match answer {
            Value::Nil => Ok(None),
            stored => read(&reply::bytes(stored)?).map(Some).ok_or_else(|| reply::unexpected("snapshot")),
        })
    }
}

/// `<position> <Unix ms>\n<payload>`.
fn read(stored: &Bytes) -> Option<ChannelSnapshot> {
    let end = stored.iter().position(|byte| *byte == b'\n')?;
    let (pos, ts) = std::str::from_utf8(&stored[..end]).ok()?.split_once(' ')?;
    Some(ChannelSnapshot { pos: pos.parse().ok()?, ts: ts.parse().ok()?, payload: stored.slice(end + 1..) })
}
