//! A feed from a worker's view: its local members and the batch of the present turn.

use crate::trace::TracedArrival;
use crate::words::frames::Frames;
use crate::words::ids::MemberKey;
use crate::words::present::Present;
use bytes::{Bytes, BytesMut};
use hubwire_protocol::{Address, Dialect, PerDialect, Position};
use smallvec::SmallVec;
use std::sync::Arc;

pub(super) struct WorkerFeed {
    pub stream: Arc<Address>,
    /// The position of the last publication that reached this worker.
    pub last: Position,
    /// Most feeds belong to one user with one session.
    pub members: SmallVec<[MemberKey; 2]>,
    pub batch: Option<Box<Batch>>,
    /// Members of the channel as announced.
    pub present: Option<Arc<Present>>,
}

/// Publications of one turn, concatenated per dialect.
pub(super) struct Batch {
    /// The position before its first publication: a member that cannot take the batch lags from there.
    pub prev: Position,
    pub count: u64,
    /// Publications whose sender records a trace.
    pub traced: Vec<TracedArrival>,
    parts: PerDialect<Concatenated>,
}

/// The first frame of a turn is shared as it is; only a second one requires a copy.
#[derive(Default)]
enum Concatenated {
    #[default]
    Empty,
    One(Bytes),
    Many(BytesMut),
}

impl Concatenated {
    fn push(&mut self, frame: Bytes) {
        *self = match std::mem::take(self) {
            Concatenated::Empty => Concatenated::One(frame),
            Concatenated::One(first) => {
                let mut many = BytesMut::with_capacity((first.len() + frame.len()) * 8);
                many.extend_from_slice(&first);
                many.extend_from_slice(&frame);
                Concatenated::Many(many)
            }
            Concatenated::Many(mut many) => {
                many.extend_from_slice(&frame);
                Concatenated::Many(many)
            }
        };
    }

    fn take(self) -> Option<Bytes> {
        match self {
            Concatenated::Empty => None,
            Concatenated::One(frame) => Some(frame),
            Concatenated::Many(many) => Some(many.freeze()),
        }
    }

    fn len(&self) -> usize {
        match self {
            Concatenated::Empty => 0,
            Concatenated::One(frame) => frame.len(),
            Concatenated::Many(many) => many.len(),
        }
    }
}

impl Batch {
    pub fn new(prev: Position) -> Self {
        Batch { prev, count: 0, traced: Vec::new(), parts: PerDialect::default() }
    }

    pub fn push(&mut self, frames: Frames) {
        self.count += 1;
        frames.into_iter().for_each(|(dialect, frame)| self.parts.of_mut(dialect).push(frame));
    }

    pub fn bytes(&self) -> usize {
        self.parts.iter().map(Concatenated::len).max().unwrap_or_default()
    }

    pub fn finish(self) -> Frames {
        let mut parts = self.parts;
        Dialect::all().filter_map(|dialect| Some((dialect, std::mem::take(parts.of_mut(dialect)).take()?))).collect()
    }
}

impl WorkerFeed {
    pub fn new(stream: Arc<Address>, last: Position) -> Self {
        WorkerFeed { stream, last, members: SmallVec::new(), batch: None, present: None }
    }

    /// Adds a member; returns its index.
    pub fn seat(&mut self, key: MemberKey) -> u32 {
        self.members.push(key);
        self.members.len() as u32 - 1
    }

    /// Removes the member at an index; returns the one that now has the index.
    pub fn remove(&mut self, at: u32) -> Option<MemberKey> {
        self.members.swap_remove(at as usize);
        self.members.get(at as usize).copied()
    }
}
