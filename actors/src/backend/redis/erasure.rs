//! Removes the data of a stream or of a user.

use super::super::{BackendError, Erased, Erasure, Reply};
use super::{reply, RedisBackend};
use hubwire_protocol::{Address, Position, UserId};

impl Erasure for RedisBackend {
    fn purge(&self, stream: Address, up_to: Option<Position>) -> Reply<usize> {
        let call = self.core.wires.scripts.purge.call(&[self.core.keys.log(&stream), self.core.keys.snapshot(&stream)]);
        let call = call.arg(up_to.map_or_else(String::new, |pos| pos.to_string()));
        self.core.ask(call, |answer| reply::value("count", answer))
    }

    /// All data of a user is on one server.
    fn erase(&self, user: UserId) -> Reply<Erased> {
        let keys = &self.core.keys;
        let stream = Address::User(user.clone());
        let others = [
            keys.orgs(&user),
            keys.outbox(&user),
            keys.profile(&user),
            keys.last_seen(&user),
            keys.people(&user),
            keys.channels(&user),
            keys.read(&user),
        ];
        let names: Vec<String> = [keys.log(&stream), keys.devices(&user)].into_iter().chain(others).collect();
        let call = self.core.wires.scripts.erase.call(&names);
        let call = call.arg(keys.cursors_stem(&user));
        self.core.ask(call, |answer| {
            let [publications, devices, others] = reply::array("erased", answer)?;
            let count = |answer| reply::value::<usize>("count", answer);
            Ok::<_, BackendError>(Erased {
                publications: count(publications)?,
                devices: count(devices)?,
                others: count(others)?,
            })
        })
    }
}
