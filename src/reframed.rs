//! Frames in another form: compressed, or as events of a stream. A worker converts a frame once and shares the result
//! with all sockets that need that form.

use bytes::Bytes;
use std::collections::{HashMap, VecDeque};

/// Size of the cache, in bytes of frames and results together: enough for what many members read of a log at once.
const KEPT_BYTES_MAX: usize = 1024 * 1024;

/// The results for the latest frames. A frame is identified by the place of its bytes: it is held, so no other can be
/// there.
#[derive(Debug)]
pub(crate) struct Reframed<T = Bytes> {
    made: HashMap<Key, Made<T>>,
    oldest: VecDeque<Key>,
    bytes: usize,
}

impl<T> Default for Reframed<T> {
    fn default() -> Self {
        Reframed { made: HashMap::new(), oldest: VecDeque::new(), bytes: 0 }
    }
}

/// The place of the frame, and of the other piece of bytes.
type Key = (Place, Option<Place>);
type Place = (usize, usize);

#[derive(Debug)]
struct Made<T> {
    _of: (Bytes, Option<Bytes>),
    bytes: usize,
    made: T,
}

impl<T: Clone> Reframed<T> {
    /// The cached result for a frame with another piece of bytes, or a new one. `size`: its number of bytes.
    pub(crate) fn beside(
        &mut self,
        frame: &Bytes,
        other: Option<&Bytes>,
        make: impl FnOnce() -> T,
        size: impl FnOnce(&T) -> usize,
    ) -> T {
        let key = (place(frame), other.map(place));
        if let Some(made) = self.made.get(&key) {
            return made.made.clone();
        }
        let made = make();
        let bytes = frame.len() + other.map_or(0, Bytes::len) + size(&made);
        self.bytes += bytes;
        self.made.insert(key, Made { _of: (frame.clone(), other.cloned()), bytes, made: made.clone() });
        self.oldest.push_back(key);
        while self.bytes > KEPT_BYTES_MAX {
            let Some(key) = self.oldest.pop_front() else { break };
            if let Some(gone) = self.made.remove(&key) {
                self.bytes -= gone.bytes;
            }
        }
        made
    }
}

impl Reframed {
    /// The cached result for a frame, or a new one.
    pub(crate) fn of(&mut self, frame: &Bytes, make: impl FnOnce(&Bytes) -> Bytes) -> Bytes {
        self.beside(frame, None, || make(frame), Bytes::len)
    }
}

fn place(bytes: &Bytes) -> Place {
    (bytes.as_ptr() as usize, bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_made_once_however_many_want_it() {
        let mut reframed = Reframed::default();
        let frames: Vec<Bytes> = (0..100u8).map(|n| Bytes::from(vec![n; 100])).collect();
        let mut count = 0;
        for _receiver in 0..3 {
            for frame in &frames {
                let made = reframed.of(frame, |frame| {
                    count += 1;
                    Bytes::copy_from_slice(&frame[..10])
                });
                assert_eq!(made, frame[..10]);
            }
        }
        assert_eq!(count, frames.len());
    }

    #[test]
    fn equal_bytes_elsewhere_are_another_frame_and_a_part_is_none_of_the_whole() {
        let mut reframed = Reframed::default();
        let whole = Bytes::from(vec![7; 20]);
        for frame in [whole.clone(), whole.slice(..10), Bytes::from(vec![7; 20])] {
            let length = frame.len();
            assert_eq!(reframed.of(&frame, |_| Bytes::from(vec![1; length])).len(), length);
        }
        assert_eq!(reframed.made.len(), 3);
    }

    #[test]
    fn the_same_frame_beside_something_else_is_another() {
        let mut reframed = Reframed::default();
        let (frame, one, other) = (Bytes::from("abc"), Bytes::from("x"), Bytes::from("y"));
        let mut count = 0;
        for beside in [None, Some(&one), Some(&other), None, Some(&one)] {
            let mut make = || {
                count += 1;
                (frame.len(), beside.map(Bytes::len))
            };
            assert_eq!(reframed.beside(&frame, beside, &mut make, |_| 0), (3, beside.map(|_| 1)));
        }
        assert_eq!(count, 3);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut reframed = Reframed::default();
        for _ in 0..1000 {
            reframed.of(&Bytes::from(vec![0; 10_000]), |frame| frame.slice(..5_000));
        }
        assert!(reframed.bytes <= KEPT_BYTES_MAX && reframed.made.len() == reframed.oldest.len());
        reframed.of(&Bytes::from(vec![0; 2 * KEPT_BYTES_MAX]), Bytes::clone);
        assert_eq!((reframed.bytes, reframed.made.len()), (0, 0));
    }
}
