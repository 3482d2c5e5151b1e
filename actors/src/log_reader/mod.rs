//! Reads from the broker: logs for lagging members, and answers to questions. One actor per node.
//!
//! It bounds the calls to the broker in flight, so that a storm of resumes or questions queues here and not in the
//! broker, where appends would wait behind it.

mod conversations;
mod crowds;
mod history;
mod looking_back;
mod lookups;
mod people;
mod questions;
mod read_on;

use crate::context::Context;
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

/// The reader of a node; see the module.
pub struct LogReader {
    core: Rc<Core>,
    /// Reads in flight or waiting; members at the same position share a read.
    reading: HashMap<ReadFrom, Vec<ReadOn>>,
    /// How many of them are in flight at the broker.
    reads: usize,
    /// Reads that wait for their turn.
    reads_waiting: VecDeque<ReadFrom>,
    /// Bounds the questions that are in flight at the broker.
    questions: Rc<Semaphore>,
    /// Members of channels with many users.
    crowds: Rc<crowds::Crowds>,
}

/// A read of a log: its stream, after this position, for clients of that dialect.
type ReadFrom = (Arc<Address>, Position, Dialect);

impl LogReader {
    /// A reader without requests.
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
            probe::probe(&ctx.shared_address(), "log_reader", &reader.core.metrics);
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
