//! Facts about a node.

use super::question::SettingOf;
use super::series::Series;
use crate::config::load::Loaded;
use crate::config::Settled;
use hubwire_actors::metrics::Metrics;
use hubwire_protocol::Incarnation;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// The facts; see the module. They do not change while the node runs, except for the counters.
pub struct Facts {
    /// The incarnation: the id of this run of the process.
    pub incarnation: Incarnation,
    /// The label of the node.
    pub label: String,
    /// When it was started, Unix milliseconds.
    pub up_since_ms: u64,
    /// The address of the broker, without credentials.
    pub broker: String,
    /// The counters.
    pub metrics: Arc<Metrics>,
    /// Recent measurements.
    pub series: Series,
    /// The configuration at startup.
    pub settings: Vec<Setting>,
}

/// An option and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    option: String,
    value: String,
    origin: String,
    secret: bool,
    fingerprint: u64,
}

impl Facts {
    /// The options of a configuration, with secrets hidden.
    pub fn settings_of(loaded: &Loaded) -> Vec<Setting> {
        let setting = |settled: &Settled| Setting {
            option: settled.spec.name(),
            value: settled.shown.clone(),
            origin: settled.origin.to_string(),
            secret: settled.spec.secret,
            fingerprint: settled.fingerprint,
        };
        loaded.settled.iter().map(setting).collect()
    }

    /// The answer to a question about the configuration.
    pub fn settings(&self, salt: u64) -> Vec<SettingOf> {
        self.settings.iter().map(|setting| setting.answer(salt)).collect()
    }
}

impl Setting {
    fn answer(&self, salt: u64) -> SettingOf {
        let mut hasher = DefaultHasher::new();
        (salt, self.fingerprint).hash(&mut hasher);
        SettingOf {
            option: self.option.clone(),
            value: self.value.clone(),
            origin: self.origin.clone(),
            secret: self.secret,
            mark: hasher.finish(),
        }
    }
}
