//! Shared frames that wait for the kernel, and how much of the first it has accepted already.

use bytes::Bytes;
use std::collections::VecDeque;
use std::io::IoSlice;

/// The cost of a queued frame in addition to its bytes, so that the number of tiny frames is bounded, too: its slot in
/// the queue and the head of the shared buffer.
const OVERHEAD_BYTES: usize = 48;

/// Frames in order. An empty queue has no allocation: most sockets are idle most of the time.
#[derive(Debug, Default)]
pub(super) struct FrameQueue {
    frames: VecDeque<Bytes>,
    /// Bytes of the first frame that the kernel has accepted.
    front_written: usize,
    /// Bytes in the queue.
    bytes: usize,
}

impl FrameQueue {
    /// The cost of a frame against a bound.
    pub(super) fn cost_of(frame: &Bytes) -> usize {
        frame.len() + OVERHEAD_BYTES
    }

    /// The cost of all queued frames against a bound.
    pub(super) fn cost(&self) -> usize {
        self.bytes + self.frames.len() * OVERHEAD_BYTES
    }

    /// Bytes in the queue.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Adds a frame. An empty one is ignored.
    pub(super) fn push(&mut self, frame: Bytes) {
        if !frame.is_empty() {
            self.bytes += frame.len();
            self.frames.push_back(frame);
        }
    }

    /// The whole queue, if it is one frame.
    pub(super) fn only(&self) -> Option<&[u8]> {
        (self.frames.len() == 1).then(|| &self.frames[0][self.front_written..])
    }

    /// Fills slices from the front; returns how many.
    pub(super) fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut skip = self.front_written;
        let mut count = 0;
        for (slice, frame) in slices.iter_mut().zip(&self.frames) {
            *slice = IoSlice::new(&frame[skip..]);
            skip = 0;
            count += 1;
        }
        count
    }

    /// Removes what the kernel has accepted: `count` bytes, at most the whole queue.
    pub(super) fn advance(&mut self, count: usize) {
        self.bytes -= count;
        let mut written = self.front_written + count;
        while let Some(front) = self.frames.front().filter(|front| front.len() <= written) {
            written -= front.len();
            self.frames.pop_front();
        }
        self.front_written = written;
        if self.frames.is_empty() {
            self.frames = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(queue: &FrameQueue) -> Vec<u8> {
        let mut slices = [IoSlice::new(&[]); 64];
        let count = queue.slices(&mut slices);
        slices[..count].iter().flat_map(|slice| slice.to_vec()).collect()
    }

    #[test]
    fn what_the_kernel_took_is_dropped_wherever_it_stopped() {
        let all = b"onetwothreefour";
        for first in 0..=all.len() {
            for second in first..=all.len() {
                let mut queue = FrameQueue::default();
                for frame in ["one", "", "two", "three", "four"] {
                    queue.push(Bytes::from_static(frame.as_bytes()));
                }
                queue.advance(first);
                queue.advance(second - first);
                assert_eq!(content(&queue), &all[second..]);
                assert_eq!((queue.bytes(), queue.is_empty()), (all.len() - second, second == all.len()));
            }
        }
    }

    #[test]
    fn tiny_frames_cost_their_bookkeeping_and_an_empty_queue_owns_little() {
        let mut queue = FrameQueue::default();
        (0..100).for_each(|_| queue.push(Bytes::from_static(b"x")));
        assert_eq!((queue.cost(), queue.bytes()), (100 * 49, 100));
        queue.advance(100);
        assert_eq!((queue.cost(), queue.frames.capacity()), (0, 0));
    }
}
