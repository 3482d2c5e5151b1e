//! Reads the broker for whoever is behind or wants to know: logs for members that lag, and questions. One per node.
//!
//! It bounds what the broker is asked at once, so that a storm of resumes or of questions waits here and not in the
//! broker, where appends would wait behind it.

mod conversations;
mod crowds;
mod history;
mod looking_back;
mod lookups;
mod people;
mod questions;
mod read_on;

use crate::core::Core;
use crate::handlers::handlers;
use crate::mail;
use crate::probe::{self, probed};
use crate::words::log_reader::{Ask, Lookup, ReadOn};
use actix::prelude::*;
use hubwire_protocol::{Address, Dialect, Position};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// See the module.
pub struct LogReader {
    core: Rc<Core>,
    /// Reads under way, so that many members at one position cost one read.
    reading: HashMap<ReadFrom, Vec<ReadOn>>,
    /// How many of them the broker is at.
    reads: usize,
    /// Those it was not asked for yet.
    reads_waiting: VecDeque<ReadFrom>,
    /// Questions that may be put to the broker at once.
    questions: Rc<Semaphore>,
    /// Members of channels with many users.
    crowds: Rc<crowds::Crowds>,
}

/// What is read from a log: after this position, for clients of that dialect.
type ReadFrom = (Arc<Address>, Position, Dialect);

impl LogReader {
    /// A reader that was asked nothing.
    pub fn new(core: Rc<Core>) -> Self {
        LogReader {
            core,
            reading: HashMap::new(),
            reads: 0,
            reads_waiting: VecDeque::new(),
            crowds: Rc::default(),
            questions: Rc::new(Semaphore::new(questions::QUESTIONS_MAX)),
        }
    }
}

impl Actor for LogReader {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(mail::CORE_MAILBOX);
        ctx.run_interval(probe::EVERY, |reader, ctx| {
            probe::probe(&ctx.address(), "log_reader", &reader.core.metrics);
        });
    }
}

handlers! {
    LogReader;
    ReadOn => read_on;
    Ask => ask;
    Lookup => look_up;
}

probed!(LogReader);
