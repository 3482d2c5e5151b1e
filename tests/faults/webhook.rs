//! The application's webhook in a fault run: in turn it fails, hangs, and dies just before it answers, until the run
//! comes to rest. It has to hear of every publication all the same, and of those of one stream in their order.

use crate::device::CHANNEL;
use crate::support::application::Received;
use crate::support::{Application, Does};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A publication that the application has.
type Heard = (String, String);

/// See the module.
pub struct Webhook {
    application: Application,
    /// Streams and positions, as they came.
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Webhook {
    /// Starts one that misbehaves.
    pub fn start() -> Webhook {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (noted, turn) = (heard.clone(), AtomicUsize::new(0));
        let application = Application::start(move |received| match turn.fetch_add(1, Ordering::Relaxed) % 8 {
            1 => Does::status(500),
            3 => Does::Hangs,
            5 => {
                note(&noted, received);
                Does::Breaks // it has it, and the node does not hear so
            }
            _ => {
                note(&noted, received);
                Does::status(204)
            }
        });
        Webhook { application, heard }
    }

    /// Its URL for nodes.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("HUBWIRE_EVENTS_WEBHOOK_URL", self.application.url("/events")),
            ("HUBWIRE_EVENTS_PUBLICATIONS", format!("{CHANNEL},user:*")),
            ("HUBWIRE_EVENTS_TIMEOUT_MS", "500".into()),
            ("HUBWIRE_EVENTS_RETRY_MAX_MS", "500".into()),
            ("HUBWIRE_APPLICATION_SECRETS", "a secret of the application of at least 32 bytes".into()),
            ("HUBWIRE_APPLICATION_PAUSE_MS", "100".into()),
        ]
    }

    /// From now on it takes everything at once.
    pub fn behaves(&self) {
        let noted = self.heard.clone();
        self.application.does(move |received| {
            note(&noted, received);
            Does::status(204)
        });
    }

    /// The positions of a stream's publications that it has, in the order in which each came first.
    pub fn heard(&self, stream: &str) -> Vec<String> {
        let mut first: Vec<String> = Vec::new();
        for (_, pos) in self.heard.lock().unwrap().iter().filter(|(of, _)| of == stream) {
            if !first.contains(pos) {
                first.push(pos.clone());
            }
        }
        first
    }
}

fn note(heard: &Mutex<Vec<Heard>>, received: &Received) {
    let events = received.body["events"].as_array().into_iter().flatten();
    let publications = events.filter(|event| event["type"] == "publication");
    let place =
        |event: &serde_json::Value| Some((event["stream"].as_str()?.to_owned(), event["pos"].as_str()?.to_owned()));
    heard.lock().unwrap().extend(publications.filter_map(place));
}
