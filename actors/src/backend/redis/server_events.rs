//! Server events in Redis: written by the scripts that make the changes, delivered by the node that holds their log.
//!
//! They need a single server with all keys, because a script writes to the log together with the change: they do not
//! work with a Redis Cluster.

use super::super::*;
use super::command::{ms, Command};
use super::{reply, RedisBackend, RedisCore};
use ::redis::Value;
use bytes::Bytes;
use std::rc::Rc;
use std::time::Duration;

impl ServerEvents for RedisBackend {
    fn take_events(&self, partition: u8, hold: Duration, limit: usize, bytes_max: usize) -> Reply<Option<TakenEvents>> {
        self.core.take_events(partition, hold, limit, bytes_max)
    }

    fn settle_events(&self, partition: u8, place: String) -> Reply<bool> {
        self.core.settle_events(partition, &place)
    }

    fn bury_events(&self, partition: u8, place: String) -> Reply<bool> {
        self.core.bury_events(partition, &place)
    }

    fn release_events(&self, partition: u8) -> Reply<()> {
        self.core.release_events(partition)
    }

    fn dead_events(&self, limit: usize) -> Reply<(Vec<StoredEvent>, usize)> {
        self.core.dead_events(limit)
    }

    fn replay_events(&self, limit: usize) -> Reply<usize> {
        self.core.replay_events(limit)
    }
}

impl RedisCore {
    fn take_events(
        self: &Rc<Self>,
        partition: u8,
        hold: Duration,
        limit: usize,
        bytes_max: usize,
    ) -> Reply<Option<TakenEvents>> {
        let names = [self.keys.events_holder(partition), self.keys.events(partition), self.keys.events_lost()];
        let call = self.wires.scripts.take_events.call(&names);
        let call = call.arg(self.incarnation.to_string()).arg(ms(hold)).arg(limit).arg(bytes_max);
        self.ask(call, |answer| {
            if matches!(answer, Value::Nil) {
                return Ok(None);
            }
            let [waiting, lost, entries] = reply::array("events", answer)?;
            let events = stored(entries)?;
            let lost = reply::parsed("events lost", lost)?;
            Ok(Some(TakenEvents { events, waiting: reply::value("events that wait", waiting)?, lost }))
        })
    }

    fn settle_events(self: &Rc<Self>, partition: u8, place: &str) -> Reply<bool> {
        let call = self.settle_call(partition, place);
        self.ask(call, |answer| reply::flag("flag", answer))
    }

    fn bury_events(self: &Rc<Self>, partition: u8, place: &str) -> Reply<bool> {
        let dead_max = self.wires.config.server_events.as_ref().map_or(0, |settings| settings.dead_max);
        let call = self.settle_call(partition, place).arg(partition).arg(dead_max);
        self.ask(call, |answer| reply::flag("flag", answer))
    }

    fn settle_call(&self, partition: u8, place: &str) -> Command {
        let names = [self.keys.events_holder(partition), self.keys.events(partition), self.keys.events_dead()];
        self.wires.scripts.settle_events.call(&names).arg(self.incarnation.to_string()).arg(place)
    }

    fn release_events(self: &Rc<Self>, partition: u8) -> Reply<()> {
        // a hold that has expired need not be released: like a reaper's lock, only its holder deletes it
        let names = [self.keys.events_holder(partition), self.keys.events(partition), self.keys.events_lost()];
        let call = self.wires.scripts.take_events.call(&names);
        let call = call.arg(self.incarnation.to_string()).arg(1).arg(0).arg(0);
        self.ask(call, |_| Ok(()))
    }

    fn dead_events(self: &Rc<Self>, limit: usize) -> Reply<(Vec<StoredEvent>, usize)> {
        let dead = self.keys.events_dead();
        self.spawn(move |core| async move {
            let read = Command::on("XRANGE", &dead).arg("-").arg("+").arg("COUNT").arg(limit);
            let [entries, count] = core.in_order([read, Command::on("XLEN", &dead)]).await?;
            Ok((stored(entries)?, reply::value("dead letters", count)?))
        })
    }

    fn replay_events(self: &Rc<Self>, limit: usize) -> Reply<usize> {
        let call = self.wires.scripts.replay_events.call(&[self.keys.events_dead()]);
        let call = call.arg(limit).arg(self.keys.events_start());
        self.ask(call, |answer| reply::value("events", answer))
    }
}

/// Names and values of the fields of an entry.
type Fields = Vec<(String, Vec<u8>)>;

fn stored(entries: Value) -> Result<Vec<StoredEvent>, BackendError> {
    let entries: Vec<(String, Fields)> = reply::value("events", entries)?;
    let field = |(name, value): (String, Vec<u8>)| (!value.is_empty()).then(|| (name, Bytes::from(value)));
    let event = |(place, fields): (String, Fields)| StoredEvent {
        place,
        fields: fields.into_iter().filter_map(field).collect(),
    };
    Ok(entries.into_iter().map(event).collect())
}
