//! The denylist in memory.

use crate::backend::{Denial, Denials, IfKnown, Subject, DENIALS_MAX};
use std::collections::BTreeMap;
use tokio::time::Instant;

/// Who and what is denied, until when.
#[derive(Debug, Clone, Default)]
pub(super) struct Denied {
    denials: BTreeMap<Subject, (Instant, Denial)>,
    version: u64,
}

impl Denied {
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// A version is never used twice, also after the broker lost its data: it is not below the clock.
    fn changed(&mut self, unix_ms: u64) {
        self.version = unix_ms.max(self.version + 1);
    }

    pub(super) fn deny(&mut self, now: Instant, unix_ms: u64, denial: Denial, if_known: IfKnown) -> bool {
        self.denials.retain(|_, (until, _)| *until > now);
        let is_known = self.denials.contains_key(&denial.subject);
        if is_known && if_known == IfKnown::Keep {
            return true;
        }
        if !is_known && self.denials.len() >= DENIALS_MAX {
            return false;
        }
        self.denials.insert(denial.subject.clone(), (now + denial.left, denial));
        self.changed(unix_ms);
        true
    }

    pub(super) fn allow(&mut self, now: Instant, unix_ms: u64, subject: &Subject) -> bool {
        let was_denied = self.denials.remove(subject).is_some_and(|(until, _)| until > now);
        if was_denied {
            self.changed(unix_ms);
        }
        was_denied
    }

    pub(super) fn denials(&self, now: Instant) -> Denials {
        let alive = self.denials.values().filter(|(until, _)| *until > now);
        let denials = alive.map(|(until, denial)| Denial { left: *until - now, ..denial.clone() });
        Denials { version: self.version, denials: denials.collect() }
    }
}
