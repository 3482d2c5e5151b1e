//! Questions to the application that are under way for a session, and the answers it remembers.

use super::membership::JoinRequest;
use crate::words::hooks::Question;
use crate::words::outcome::Refusal;
use hubwire_protocol::request::{History, Publish};
use hubwire_protocol::Address;
use std::time::Duration;
use tokio::time::Instant;

/// Answers that a session remembers; beyond it the oldest is forgotten, and asked for again.
const VERDICTS_MAX: usize = 64;

/// What few sessions have: questions under way, and answers.
#[derive(Default)]
pub(super) struct Asked {
    verdicts: Vec<Kept>,
    /// Joins that wait for the answer, one per channel.
    pub joins: Vec<(Address, JoinRequest)>,
    /// The action that waits for the answer.
    pub held: Option<(Question, Held)>,
}

/// An answer and until when it holds.
struct Kept {
    question: Question,
    allowed: Result<(), Refusal>,
    until: Instant,
}

/// An action that waits.
pub(super) enum Held {
    /// To be published.
    Publish {
        /// What.
        publish: Box<Publish<'static>>,
        /// Where it goes.
        to: Address,
        /// What its answer names.
        re: Option<Box<str>>,
    },
    /// A question about the past of a channel.
    History {
        /// What is wanted.
        history: History,
        /// Of what.
        to: Address,
        /// The action's id.
        re: Option<Box<str>>,
    },
}

impl Asked {
    /// The answer to a question, while it holds.
    pub fn known(&self, question: &Question) -> Option<Result<(), Refusal>> {
        let is_it = |kept: &&Kept| kept.question == *question && kept.until > Instant::now();
        self.verdicts.iter().find(is_it).map(|kept| kept.allowed.clone())
    }

    /// New credentials: what was answered was about the former ones.
    pub fn forget(&mut self) {
        self.verdicts.clear();
    }

    /// Remembers an answer for a while.
    pub fn remember(&mut self, question: &Question, allowed: &Result<(), Refusal>, keep: Duration) {
        self.verdicts.retain(|kept| kept.question != *question);
        if keep.is_zero() {
            return;
        }
        if self.verdicts.len() >= VERDICTS_MAX {
            self.verdicts.remove(0);
        }
        let until = Instant::now() + keep;
        self.verdicts.push(Kept { question: question.clone(), allowed: allowed.clone(), until });
    }
}
