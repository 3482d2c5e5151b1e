//! Batches frames for one group into one write.

use bytes::{Bytes, BytesMut};

/// A batch accepts no frame that would exceed this size.
const BATCH_BYTES: usize = 16 * 1024;

/// A batch of frames; see the module. A single frame is passed on as it is, shared by all workers.
pub(super) struct FrameBatch {
    pub group: Bytes,
    first: Bytes,
    all: BytesMut,
}

impl FrameBatch {
    pub(super) fn new(group: Bytes, first: Bytes) -> Self {
        FrameBatch { group, first, all: BytesMut::new() }
    }

    /// Adds a frame; returns `false` when there is no room for it.
    pub(super) fn add(&mut self, frame: &Bytes) -> bool {
        let bytes = self.all.len().max(self.first.len());
        if bytes + frame.len() > BATCH_BYTES {
            return false;
        }
        if self.all.is_empty() {
            self.all.extend_from_slice(&self.first);
        }
        self.all.extend_from_slice(frame);
        true
    }

    /// The bytes to be written.
    pub(super) fn finish(self) -> Bytes {
        if self.all.is_empty() {
            return self.first;
        }
        self.all.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_joined_in_order_up_to_the_bound() {
        let mut batch = FrameBatch::new(Bytes::from("g"), Bytes::from("1"));
        assert!(batch.add(&Bytes::from("2")) && batch.add(&Bytes::from("3")));
        assert!(!batch.add(&Bytes::from(vec![b'x'; BATCH_BYTES])));
        assert_eq!(batch.finish(), "123");
    }

    #[test]
    fn a_single_frame_is_not_copied() {
        let frame = Bytes::from(vec![b'x'; 2 * BATCH_BYTES]);
        assert_eq!(FrameBatch::new(Bytes::from("g"), frame.clone()).finish().as_ptr(), frame.as_ptr());
    }
}
