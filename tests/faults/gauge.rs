//! What each node has of memory and queues while a run lasts, written into the history.

use crate::device::Stage;
use crate::history::{Event, MEMORY};
use crate::support::Api;
use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::time::Duration;

/// What is looked at, with what a node may have of it. A node of twelve devices takes about 30 MB in a debug build; its
/// append lane holds `broker.queue_max` calls.
const BOUNDS: [(&str, u64); 4] = [
    (MEMORY, 128 * 1024 * 1024),
    ("process_open_fds", 512),
    ("hubwire_redis_lane_depth", 8192),
    ("hubwire_panics_total", 0),
];
/// How often.
const EVERY: Duration = Duration::from_secs(1);

/// Looks after a node until the run is over, on a thread of its own: a node that is stopped answers when it goes on.
pub fn watch(stage: Arc<Stage>, node: String, api: Api) {
    std::thread::spawn(move || {
        while !stage.over.load(Ordering::Relaxed) {
            let metrics = api.try_metrics().unwrap_or_default();
            for (name, bound) in BOUNDS {
                if let Some(value) = metrics.get(name) {
                    stage.journal.write(&node, Event::Gauge { name: name.into(), value: *value as u64, bound });
                }
            }
            std::thread::sleep(EVERY);
        }
    });
}
