//! The results of a run, for people and for scripts.

use super::error::BenchError;
use super::latency::Latency;
use super::ledger::Faults;
use super::processes::Usage;
use super::stop::Stop;
use serde_json::{json, Map, Value};

/// A report; see the module.
pub struct Report {
    document: Map<String, Value>,
    lines: Vec<String>,
    faults: Faults,
    failure: Option<BenchError>,
}

impl Report {
    /// The report of a scenario with these settings.
    pub fn new(scenario: &str, settings: Value, title: impl std::fmt::Display) -> Self {
        let document = Map::from_iter([("bench".into(), json!(scenario)), ("settings".into(), settings)]);
        Report { document, lines: vec![format!("{scenario}: {title}")], faults: Faults::default(), failure: None }
    }

    /// Adds a value for scripts.
    pub fn add(&mut self, key: &str, value: Value) {
        self.document.insert(key.into(), value);
    }

    /// Adds a line for people.
    pub fn line(&mut self, label: &str, text: impl std::fmt::Display) {
        self.lines.push(format!("  {label:<10} {text}"));
    }

    /// Adds durations; nothing if none were measured.
    pub fn latency(&mut self, key: &str, label: &str, latency: &Latency) {
        self.add(key, latency.document());
        if latency.count() > 0 {
            self.line(label, latency.text());
        }
    }

    /// Adds the verdict.
    pub fn faults(&mut self, faults: Faults) {
        self.faults = faults;
        let Faults { lost, duplicates, disordered, stray } = faults;
        for (key, value) in [("lost", lost), ("duplicates", duplicates), ("disordered", disordered), ("stray", stray)] {
            self.add(key, json!(value));
        }
        self.line("check", faults);
    }

    /// Adds the processor time of the nodes per `what`; nothing without their processes.
    pub fn cpu(&mut self, key: &str, what: &str, before: Option<Usage>, after: Option<Usage>, count: u64) {
        if let (Some(before), Some(after), 1..) = (before, after, count) {
            let us = after.cpu.saturating_sub(before.cpu).as_secs_f64() * 1e6 / count as f64;
            self.add(key, json!(us));
            self.line("node", format!("{us:.3} µs of processor time per {what}"));
        }
    }

    /// Adds the memory that connections take in the nodes; nothing without their processes, or if the nodes had enough
    /// free memory.
    pub fn memory(&mut self, before: Option<Usage>, after: Option<Usage>, connections: usize) {
        if let (Some(before), Some(after), 1..) = (before, after, connections) {
            let grown = after.private_bytes.saturating_sub(before.private_bytes);
            if grown == 0 {
                return;
            }
            let bytes = grown as f64 / connections as f64;
            self.add("private_bytes_per_connection", json!(bytes));
            self.line("node", format!("{bytes:.0} private bytes per connection"));
        }
    }

    /// Records how the run ended.
    pub fn end(mut self, stop: &Stop) -> Self {
        self.failure = stop.take_failure();
        self.add("interrupted", json!(stop.is_interrupted()));
        self.add("error", json!(self.failure.as_ref().map(ToString::to_string)));
        if stop.is_interrupted() {
            self.line("note", "interrupted; these are the results so far");
        }
        self
    }

    /// For scripts.
    pub fn document(&self) -> Value {
        Value::Object(self.document.clone())
    }

    /// For people.
    pub fn text(&self) -> String {
        self.lines.join("\n")
    }

    /// Why the run failed: an error, or otherwise the broken promises.
    pub fn verdict(self) -> Result<(), BenchError> {
        match (self.failure, self.faults.is_none()) {
            (Some(failure), _) => Err(failure),
            (None, true) => Ok(()),
            (None, false) => Err(BenchError::Broken(self.faults)),
        }
    }
}
