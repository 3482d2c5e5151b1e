//! Removes the data of a stream or of a user.
//!
//! The keys of a user are on one server and removed in one step. Its server events are in logs with those of others: a
//! call looks at a part of a log, so that a long one does not hold up the server.

use super::super::server_events::partition_of;
use super::super::{BackendError, Erased, Erasure, Reply};
use super::{reply, RedisBackend, RedisCore};
use hubwire_protocol::{Address, Position, UserId};
use std::rc::Rc;

/// Events that one call looks at.
const EVENTS_AT_ONCE: usize = 500;

impl Erasure for RedisBackend {
    fn purge(&self, stream: Address, up_to: Option<Position>) -> Reply<usize> {
        let call = self.core.wires.scripts.purge.call(&[self.core.keys.log(&stream), self.core.keys.snapshot(&stream)]);
        let call = call.arg(up_to.map_or_else(String::new, |pos| pos.to_string()));
        self.core.ask(call, |answer| reply::value("count", answer))
    }

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
        self.core.spawn(move |core| async move {
            let [answer] = core.in_order([call]).await?;
            let [publications, devices, others] = reply::array("erased", answer)?;
            let count = |answer| reply::value::<usize>("count", answer);
            let mut erased = Erased {
                publications: count(publications)?,
                devices: count(devices)?,
                others: count(others)?,
                events: 0,
            };
            for log in [core.keys.events(partition_of(user.as_str())), core.keys.events_dead()] {
                erased.events += core.erase_events(&log, &user).await?;
            }
            Ok(erased)
        })
    }
}

impl RedisCore {
    /// Removes the events about a user from a log. Returns how many.
    async fn erase_events(self: &Rc<Self>, log: &str, user: &UserId) -> Result<usize, BackendError> {
        let (mut erased, mut from) = (0, "-".to_owned());
        while !from.is_empty() {
            let call = self.wires.scripts.erase_events.call(&[log.to_owned()]);
            let [answer] = self.in_order([call.arg(user.as_str()).arg(&from).arg(EVENTS_AT_ONCE)]).await?;
            let [count, next] = reply::array("erased events", answer)?;
            erased += reply::value::<usize>("count", count)?;
            from = reply::value("place", next)?;
        }
        Ok(erased)
    }
}
