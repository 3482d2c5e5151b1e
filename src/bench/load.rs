//! How much is sent, and how fast.

use serde_json::{json, Value};
use std::time::Duration;

/// See the module.
#[derive(Debug, Clone)]
pub struct Load {
    /// Publications of all senders together; `None`: as many as the time allows.
    pub messages: Option<u64>,
    /// How long they send; `None`: as long as it takes.
    pub duration: Option<Duration>,
    /// How fast.
    pub pace: Pace,
    /// Bytes of a payload.
    pub size: usize,
    /// Whether publications have an id, so that the node acknowledges each.
    pub ack: bool,
}

/// What decides when the next one is sent.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// Closed loop: so many of each sender are on their way at once.
    Window(u64),
    /// Open loop: so many per second of all senders together, whatever becomes of them. Latency counts from when a
    /// publication should have been sent, so that a node that stalls does not hide what it delays.
    Rate(f64),
}

impl Load {
    /// For scripts.
    pub fn document(&self) -> Value {
        let (window, rate) = match self.pace {
            Pace::Window(window) => (Some(window), None),
            Pace::Rate(rate) => (None, Some(rate)),
        };
        json!({ "window": window, "rate": rate, "size": self.size, "ack": self.ack })
    }

    /// For people.
    pub fn text(&self) -> String {
        let pace = match self.pace {
            Pace::Window(window) => format!("window {window}"),
            Pace::Rate(rate) => format!("{rate}/s offered"),
        };
        format!("{pace}, {} B{}", self.size, if self.ack { ", acknowledged" } else { "" })
    }
}
