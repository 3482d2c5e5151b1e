//! The denylist in memory.

use crate::backend::{Denial, DenialSubject, Denials, IfKnown, DENIALS_MAX};
use std::collections::BTreeMap;
use tokio::time::Instant;

/// The denied subjects, each with its end.
#[derive(Debug, Clone, Default)]
pub(super) struct DeniedSubjects {
    /// The end; `None`: the denial was ended early.
    denials: BTreeMap<DenialSubject, (Instant, Option<Denial>)>,
    version: u64,
}

impl DeniedSubjects {
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// Never assigns a version twice, even after the broker lost its data: versions are never below the clock.
    fn changed(&mut self, unix_ms: u64) {
        self.version = unix_ms.max(self.version + 1);
    }

    pub(super) fn deny(&mut self, now: Instant, unix_ms: u64, denial: Denial, if_known: IfKnown) -> bool {
        self.denials.retain(|_, (until, _)| *until > now);
        let known = self.denials.get(&denial.subject);
        if known.is_some() && if_known == IfKnown::Keep {
            return true;
        }
        if known.is_none() && self.denials.len() >= DENIALS_MAX {
            return false;
        }
        let (mut until, mut denial) = (now + denial.left, denial);
        if let Some((former_until, Some(former))) = known.filter(|_| denial.subject.only_grows()) {
            until = until.max(*former_until);
            denial.issued_before = denial.issued_before.max(former.issued_before);
        }
        self.denials.insert(denial.subject.clone(), (until, Some(denial)));
        self.changed(unix_ms);
        true
    }

    pub(super) fn allow(&mut self, now: Instant, unix_ms: u64, subject: &DenialSubject) -> bool {
        let known = self.denials.get_mut(subject).filter(|(until, _)| *until > now);
        let was_denied = known.is_some_and(|(_, denial)| denial.take().is_some());
        if was_denied {
            self.changed(unix_ms);
        }
        was_denied
    }

    pub(super) fn denials(&self, now: Instant) -> Denials {
        let mut found = Denials { version: self.version, ..Denials::default() };
        for (subject, (until, denial)) in self.denials.iter().filter(|(_, (until, _))| *until > now) {
            match denial {
                Some(denial) => found.denials.push(Denial { left: *until - now, ..denial.clone() }),
                None => found.ended.push(subject.clone()),
            }
        }
        found
    }
}
