//! The channels a device is in, and how it changes between them.

use super::{Connection, Device};
use crate::stage::{CHANNEL, ROOMS, VIEWS};
use rand::Rng;
use serde_json::json;
use std::collections::BTreeSet;
use tokio::time::Instant;

/// Where a device wants to be, beside the channel it is always in.
#[derive(Default)]
pub(super) struct Places {
    /// Joined until it leaves.
    pub rooms: BTreeSet<String>,
    /// What it views.
    pub view: Option<String>,
}

impl Device {
    /// Joins, leaves or views something else, now and then; at rest it joins whatever it ever saw.
    pub(super) fn turn(&mut self, connection: &mut Connection) {
        if self.stage.resting.get() {
            return self.come_to_rest(connection);
        }
        let now = Instant::now();
        if now < connection.turn_next {
            return;
        }
        connection.turn_next = now + self.within(self.stage.pace.turn);
        if self.chance.random() {
            let view = VIEWS[self.chance.random_range(0..VIEWS.len())];
            self.places.view = Some(view.into());
            return self.enter("@@hub/view", view, connection);
        }
        let room = ROOMS[self.chance.random_range(0..ROOMS.len())];
        if self.places.rooms.remove(room) {
            connection.await_answer(room);
            connection
                .wire
                .send(json!({ "type": "@@hub/leave", "meta": { "hub": { "to": room, "id": "resume" } } }).to_string());
        } else {
            self.places.rooms.insert(room.into());
            self.enter("@@hub/join", room, connection);
        }
    }

    fn come_to_rest(&mut self, connection: &mut Connection) {
        let seen: Vec<String> = self.positions.keys().filter(|stream| stream.starts_with("ch:")).cloned().collect();
        for stream in seen {
            let is_there =
                stream == CHANNEL || self.places.rooms.contains(&stream) || self.places.view.as_ref() == Some(&stream);
            if !is_there {
                self.places.rooms.insert(stream.clone());
                self.enter("@@hub/join", &stream, connection);
            }
        }
    }

    /// Whether there is nothing left to come to rest in.
    pub(super) fn is_where_it_should_be(&self) -> bool {
        let there = |stream: &String| {
            !stream.starts_with("ch:")
                || stream == CHANNEL
                || self.places.rooms.contains(stream)
                || self.places.view.as_ref() == Some(stream)
        };
        !self.stage.resting.get() || self.positions.keys().all(there)
    }

    /// Joins or views a channel: where it was, or from now on.
    pub(super) fn enter(&mut self, kind: &str, stream: &str, connection: &mut Connection) {
        connection.await_answer(stream);
        let payload = match self.positions.get(stream) {
            Some(pos) => json!({ "pos": pos }),
            None => json!({}),
        };
        let join = json!({ "type": kind, "payload": payload, "meta": { "hub": { "to": stream, "id": "resume" } } });
        connection.wire.send(join.to_string());
    }
}

impl Connection {
    fn await_answer(&mut self, stream: &str) {
        self.awaiting.insert(stream.into());
        self.await_until = Instant::now() + super::PATIENCE;
    }
}
