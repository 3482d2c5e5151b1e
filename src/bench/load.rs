//! The number and rate of publications.

use serde_json::{json, Value};
use std::time::Duration;

/// The load; see the module.
#[derive(Debug, Clone)]
pub struct Load {
    /// Publications of all senders together; `None`: as many as the time allows.
    pub messages: Option<u64>,
    /// How long they send; `None`: as long as it takes.
    pub duration: Option<Duration>,
    /// The pace.
    pub pace: Pace,
    /// Bytes of a payload.
    pub size: usize,
    /// Whether publications have an id, so that the node acknowledges each.
    pub ack: bool,
}

/// When the next publication is sent.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// Closed loop: this many of each sender are in flight at once.
    Window(u64),
    /// Open loop: this many per second of all senders together, regardless of answers. Latency counts from the time at
    /// which a publication was due, so that a stalled node does not hide the delays it causes (coordinated omission).
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
