//! What a device sends, and sends again.

use super::{Connection, Device, PATIENCE};
use crate::history::Event;
use crate::stage::{CHANNEL, ORG, ROOMS, TEAM, VIEWS};
use rand::Rng;
use serde_json::json;
use tokio::time::Instant;

/// Actions without an answer at a time.
const UNANSWERED_MAX: usize = 16;
/// Of so many actions one is long, to fill outboxes.
const LONG_OF: u32 = 15;

/// An action that was sent and not acknowledged.
pub(super) struct Unanswered {
    to: String,
    size: usize,
    pub repeat_at: Instant,
}

impl Device {
    pub(super) fn may_send(&self) -> bool {
        self.stage.sending.get() && self.unanswered.len() < UNANSWERED_MAX
    }

    /// Repeats what is due, oldest first, then sends something new.
    pub(super) fn send_due(&mut self, connection: &mut Connection) {
        let now = Instant::now();
        let due: Vec<u64> = self.unanswered.iter().filter(|(_, it)| it.repeat_at <= now).map(|(n, _)| *n).collect();
        for number in due {
            self.send(number, connection);
        }
        if !self.may_send() || now < connection.send_next {
            return;
        }
        connection.send_next = now + self.within(self.stage.pace.send);
        let to = self.somewhere();
        if self.chance.random_ratio(1, 12) {
            // in no log, and never acknowledged: nobody waits for it
            let hub = json!({ "to": to, "ephemeral": true });
            return connection.wire.send(json!({ "type": "test/typing", "meta": { "hub": hub } }).to_string());
        }
        self.sent += 1;
        let size = if self.chance.random_ratio(1, LONG_OF) { 3000 } else { self.chance.random_range(0..100) };
        self.unanswered.insert(self.sent, Unanswered { to, size, repeat_at: now });
        self.send(self.sent, connection);
    }

    fn somewhere(&mut self) -> String {
        let of = |chance: &mut rand::rngs::StdRng, them: &[&str]| them[chance.random_range(0..them.len())].to_string();
        match self.chance.random_range(0..12) {
            0 => ORG.into(),
            1 => TEAM.into(),
            2..=4 => CHANNEL.into(),
            5 => of(&mut self.chance, &ROOMS),
            6..=7 => match &self.places.view {
                Some(view) => view.clone(),
                None => of(&mut self.chance, &VIEWS),
            },
            _ => format!("user:{}", self.stage.users[self.chance.random_range(0..self.stage.users.len())]),
        }
    }

    fn send(&mut self, number: u64, connection: &Connection) {
        let id = format!("{}#{number}", self.name);
        let Some(unanswered) = self.unanswered.get_mut(&number) else { return };
        unanswered.repeat_at = Instant::now() + PATIENCE;
        let (to, payload) = (unanswered.to.clone(), "x".repeat(unanswered.size));
        let action = json!({ "type": "test/n", "payload": payload, "meta": { "hub": { "to": to, "id": id } } });
        connection.wire.send(action.to_string());
        self.write(Event::Send { id, to });
    }
}
