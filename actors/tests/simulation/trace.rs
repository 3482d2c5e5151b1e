//! The trace of a run: every event in its order. Two runs of one seed have the same one.

use std::cell::{Cell, RefCell};
use std::collections::hash_map::DefaultHasher;
use std::fmt;
use std::hash::Hasher;
use tokio::time::Instant;

/// What becomes of the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// Only their hash is kept.
    Hash,
    /// They are kept, too.
    Keep,
    /// They are printed, too.
    Print,
}

/// See the module.
pub struct Trace {
    began: Instant,
    lines: Lines,
    hasher: RefCell<DefaultHasher>,
    count: Cell<u64>,
    kept: RefCell<Vec<String>>,
}

impl Trace {
    pub fn new(lines: Lines) -> Self {
        let hasher = RefCell::new(DefaultHasher::new()); // its keys are always the same
        Trace { began: Instant::now(), lines, hasher, count: Cell::new(0), kept: RefCell::default() }
    }

    /// Milliseconds of the virtual clock since the run began.
    pub fn at_ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    /// Writes an event down.
    pub fn note(&self, what: fmt::Arguments<'_>) {
        let at = self.at_ms();
        self.count.set(self.count.get() + 1);
        let mut sink = Sink(&mut self.hasher.borrow_mut());
        // a hasher takes everything
        let _ = fmt::write(&mut sink, format_args!("{at} {what}\n"));
        match self.lines {
            Lines::Hash => {}
            Lines::Keep => self.kept.borrow_mut().push(format!("{at} {what}")),
            Lines::Print => println!("{at:>8} {what}"),
        }
    }

    /// Events, and their hash.
    pub fn fingerprint(&self) -> (u64, u64) {
        (self.count.get(), self.hasher.borrow().finish())
    }

    /// The lines that were kept.
    pub fn take_lines(&self) -> Vec<String> {
        self.kept.take()
    }
}

struct Sink<'a>(&'a mut DefaultHasher);

impl fmt::Write for Sink<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}
