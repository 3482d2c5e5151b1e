//! The comparison of many streams with their logs: some at a time, and one further request is kept meanwhile.

/// Streams whose tops are read in one call. Not all at once: each answer is a message to a feed, and what those of
/// 100,000 streams take together the allocator keeps for good.
const TOPS_PER_CALL: usize = 256;

/// The progress of the comparison of an actor's streams.
#[derive(Debug)]
pub(crate) struct Comparison<K> {
    /// Streams that are yet to be asked for.
    unchecked: Vec<K>,
    /// Questions for tops that were not answered yet.
    asked: usize,
    /// Whether to begin again afterwards.
    again: bool,
}

impl<K> Default for Comparison<K> {
    fn default() -> Self {
        Comparison { unchecked: Vec::new(), asked: 0, again: false }
    }
}

impl<K> Comparison<K> {
    /// Begins with these streams, unless a comparison is in progress: then another one follows it. Returns whether it
    /// has begun.
    #[must_use]
    pub fn begin(&mut self, streams: impl FnOnce() -> Vec<K>) -> bool {
        self.again = self.asked > 0;
        if !self.again {
            self.unchecked = streams();
        }
        !self.again
    }

    /// The streams to ask for now, as one question more.
    pub fn next(&mut self) -> Option<Vec<K>> {
        let part = self.unchecked.split_off(self.unchecked.len().saturating_sub(TOPS_PER_CALL));
        if part.is_empty() {
            self.unchecked = Vec::new();
            return None;
        }
        self.asked += 1;
        Some(part)
    }

    /// One question more, beside those of [`Comparison::next`].
    pub fn ask_more(&mut self) {
        self.asked += 1;
    }

    /// A question was answered.
    pub fn answered(&mut self) {
        self.asked -= 1;
    }

    /// Whether all are compared and another comparison was requested; asked once for each.
    pub fn take_again(&mut self) -> bool {
        self.asked == 0 && std::mem::take(&mut self.again)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_streams_are_asked_for_in_parts_and_a_request_meanwhile_is_kept_once() {
        let mut comparison = Comparison::default();
        assert!(comparison.begin(|| (0..600).collect()));
        let mut parts = vec![comparison.next().unwrap()];
        assert!(!comparison.begin(|| panic!("one is in progress")));
        assert!(!comparison.begin(|| panic!("one is in progress")));
        loop {
            comparison.answered();
            match comparison.next() {
                Some(part) => parts.push(part),
                None => break,
            }
            assert!(!comparison.take_again());
        }
        assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [256, 256, 88]);
        let mut all = parts.concat();
        all.sort_unstable();
        assert_eq!(all, (0..600).collect::<Vec<_>>());
        assert!(comparison.take_again() && !comparison.take_again());
    }
}
