//! Questions to the application that are in flight for a session, and the answers it has cached.

use super::membership::JoinRequest;
use crate::words::hooks::HookQuestion;
use crate::words::outcome::Refusal;
use hubwire_protocol::request::{History, Publish};
use hubwire_protocol::Address;
use std::time::Duration;
use tokio::time::Instant;

/// Answers that a session caches; beyond this the oldest one is dropped, and the question is asked again when needed.
const VERDICTS_MAX: usize = 64;

/// Questions in flight and cached answers; few sessions have any.
#[derive(Default)]
pub(super) struct HookQuestions {
    verdicts: Vec<CachedVerdict>,
    /// Joins that wait for an answer, one per channel.
    pub joins: Vec<(Address, JoinRequest)>,
    /// The action that waits for an answer.
    pub held: Option<(HookQuestion, HeldAction)>,
}

/// An answer and its expiry.
struct CachedVerdict {
    question: HookQuestion,
    allowed: Result<(), Refusal>,
    until: Instant,
}

/// An action that waits.
pub(super) enum HeldAction {
    /// A publication.
    Publish {
        /// The action.
        publish: Box<Publish<'static>>,
        /// The address.
        to: Address,
        /// The id for its answer.
        re: Option<Box<str>>,
    },
    /// A request for the history of a channel.
    History {
        /// The request.
        history: History,
        /// The channel.
        to: Address,
        /// The action's id.
        re: Option<Box<str>>,
    },
}

impl HookQuestions {
    /// The cached answer to a question.
    pub fn known(&self, question: &HookQuestion) -> Option<Result<(), Refusal>> {
        let is_it = |kept: &&CachedVerdict| kept.question == *question && kept.until > Instant::now();
        self.verdicts.iter().find(is_it).map(|kept| kept.allowed.clone())
    }

    /// Forgets all answers: they were about the former credentials.
    pub fn forget(&mut self) {
        self.verdicts.clear();
    }

    /// Caches an answer for a while.
    pub fn remember(&mut self, question: &HookQuestion, allowed: &Result<(), Refusal>, keep: Duration) {
        self.verdicts.retain(|kept| kept.question != *question);
        if keep.is_zero() {
            return;
        }
        if self.verdicts.len() >= VERDICTS_MAX {
            self.verdicts.remove(0);
        }
        let until = Instant::now() + keep;
        self.verdicts.push(CachedVerdict { question: question.clone(), allowed: allowed.clone(), until });
    }
}
