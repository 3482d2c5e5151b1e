//! Persistent memberships: a set of channels per user.

use super::super::{PersistentMembership, Reply};
use super::command::Command;
use super::{reply, RedisBackend};
use hubwire_protocol::{Address, UserId};

impl PersistentMembership for RedisBackend {
    fn keep_membership(&self, user: UserId, channel: Address, max: usize) -> Reply<bool> {
        let call = self.core.wires.scripts.keep.call(&[self.core.keys.channels(&user)]);
        self.core.ask(call.arg(channel.to_string()).arg(max), |answer| reply::flag("kept", answer))
    }

    fn end_membership(&self, user: UserId, channel: Address) -> Reply<bool> {
        let call = Command::on("SREM", &self.core.keys.channels(&user)).arg(channel.to_string());
        self.core.ask(call, |answer| reply::flag("count", answer))
    }

    fn kept_memberships(&self, user: UserId) -> Reply<Vec<Address>> {
        self.core.ask(Command::on("SMEMBERS", &self.core.keys.channels(&user)), |answer| {
            let channels: Vec<String> = reply::value("channels", answer)?;
            // skips entries of a newer version that this one cannot read
            Ok(channels.iter().filter_map(|channel| channel.parse().ok()).collect())
        })
    }
}
