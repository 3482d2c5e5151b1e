//! What a device gets.

use super::{Connection, Device, Over, PAUSE};
use crate::history::Event;
use crate::stage::CHANNEL;
use rand::Rng;
use serde_json::Value;
use tokio::time::Instant;

impl Device {
    pub(super) fn frame(&mut self, text: &[u8], connection: &mut Connection) -> Option<Over> {
        let actions = match serde_json::from_slice(text).expect("a node writes JSON") {
            Value::Array(actions) => actions,
            action => vec![action],
        };
        actions.into_iter().find_map(|action| self.action(&action, connection))
    }

    fn action(&mut self, action: &Value, connection: &mut Connection) -> Option<Over> {
        let (hub, payload) = (&action["meta"]["hub"], &action["payload"]);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let (to, re) = (text(&hub["to"]), text(&hub["re"]));
        match action["type"].as_str().unwrap_or_default() {
            "@@hub/ack" => return self.acknowledged(&re, &text(&payload["pos"])),
            "@@hub/error" => return self.refused(&re, &text(&payload["code"])),
            // tried again with the next connection
            "@@hub/resumed" if payload["error"].is_object() => return Some(Over(1006)),
            "@@hub/resumed" => self.placed(&to, payload, connection),
            "@@hub/joined" if re == "resume" => self.placed(&to, payload, connection),
            "@@hub/left" if re == "resume" => drop(connection.awaiting.remove(&to)),
            // it hears of the other channels only in part, because it joins and leaves them
            kind @ ("@@hub/joined" | "@@hub/left") if to == CHANNEL => {
                for user in payload["users"].as_array().into_iter().flatten() {
                    self.write(Event::Change { channel: to.clone(), user: text(user), there: kind == "@@hub/joined" });
                }
            }
            "@@hub/lag" if !connection.awaiting.contains(&to) => self.goes_on(&to, &text(&payload["pos"])),
            control if control.starts_with("@@hub/") => {}
            _ => return self.published(&to, hub, connection),
        }
        None
    }

    /// It takes part in a stream, from a position that is still there or from another one.
    fn placed(&mut self, stream: &str, payload: &Value, connection: &mut Connection) {
        connection.awaiting.remove(stream);
        let pos = payload["pos"].as_str().unwrap_or_default();
        match payload["recovered"].as_bool() {
            Some(false) => self.goes_on(stream, pos),
            Some(true) | None => self.starts(stream, pos),
        }
    }

    fn published(&mut self, to: &str, hub: &Value, connection: &mut Connection) -> Option<Over> {
        // copies of one's own included, everything to a user belongs to one's own stream
        let stream = if to.starts_with("user:") { self.own_stream() } else { to.to_string() };
        let (Some(pos), Some(id)) = (hub["pos"].as_str(), hub["id"].as_str()) else { return None };
        if connection.awaiting.contains(&stream) {
            return None;
        }
        let mischief = self.stage.mischief.get();
        if mischief && self.chance.random_ratio(1, 300) {
            return Some(Over(1006)); // broken after the delivery and before it was processed: it must come again
        }
        self.write(Event::Recv { stream: stream.clone(), pos: pos.into(), id: id.into() });
        self.is_at(&stream, pos);
        // broken after it was processed: it must not come again
        (mischief && self.chance.random_ratio(1, 300)).then_some(Over(1006))
    }

    fn acknowledged(&mut self, re: &str, pos: &str) -> Option<Over> {
        let number = re.rsplit_once('#').and_then(|(_, number)| number.parse().ok())?;
        if !self.unanswered.contains_key(&number) {
            return None; // the answer to an earlier attempt
        }
        if self.stage.mischief.get() && self.chance.random_ratio(1, 50) {
            return Some(Over(1006)); // this answer is lost: the action is repeated
        }
        self.unanswered.remove(&number);
        self.write(Event::Ok { id: re.into(), pos: pos.into() });
        None
    }

    fn refused(&mut self, re: &str, code: &str) -> Option<Over> {
        self.write(Event::Fail { id: re.into(), code: code.into() });
        if re == "resume" {
            return Some(Over(1006)); // tried again with the next connection
        }
        let number: u64 = re.rsplit_once('#').and_then(|(_, number)| number.parse().ok())?;
        self.unanswered.get_mut(&number)?.repeat_at = Instant::now() + PAUSE;
        None
    }

    pub(super) fn starts(&mut self, stream: &str, pos: &str) {
        self.is_at(stream, pos);
        self.write(Event::Resumed { stream: stream.into(), pos: pos.into() });
    }

    fn goes_on(&mut self, stream: &str, pos: &str) {
        self.is_at(stream, pos);
        self.write(Event::Reset { stream: stream.into(), pos: pos.into() });
    }

    fn is_at(&mut self, stream: &str, pos: &str) {
        self.positions.insert(stream.into(), pos.into());
        self.progress.latest.borrow_mut().insert(stream.into(), pos.into());
    }
}
