//! Searches the newest publications of a log for something that no index contains. A search reads a bounded number.

use crate::backend::{Backend, BackendError, Entry};
use hubwire_protocol::Address;
use std::ops::ControlFlow;

/// Publications per read.
const PAGE: usize = 200;
/// Bytes per read.
const PAGE_BYTES: usize = 256 * 1024;
/// Publications that one search reads.
const ENTRIES_MAX: usize = 1000;
/// Bytes that one search reads.
const BYTES_MAX: usize = 2 * 1024 * 1024;

/// What a search has read.
pub(super) struct Looked {
    /// Bytes of publications.
    pub bytes: usize,
    /// Whether the bound ended it: there may be older publications.
    pub is_cut: bool,
}

/// Passes the publications of a log to `look`, the newest first, until it breaks, the log ends or the bound is reached.
pub(super) async fn look_back(
    backend: &dyn Backend,
    stream: Address,
    mut look: impl FnMut(Entry) -> ControlFlow<()>,
) -> Result<Looked, BackendError> {
    let (mut before, mut entries, mut bytes) = (None, 0, 0);
    loop {
        let page = backend.history(stream.clone(), before, PAGE, PAGE_BYTES).await?;
        let Some(oldest) = page.last() else { return Ok(Looked { bytes, is_cut: false }) };
        before = Some(oldest.pos);
        entries += page.len();
        bytes += page.iter().map(|entry| entry.envelope.len()).sum::<usize>();
        if page.into_iter().try_for_each(&mut look).is_break() {
            return Ok(Looked { bytes, is_cut: false });
        }
        if entries >= ENTRIES_MAX || bytes >= BYTES_MAX {
            return Ok(Looked { bytes, is_cut: true });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::history::tests::log_of;
    use super::*;

    /// How many publications of a log were looked at, how many bytes were read, and whether the bound ended the search.
    async fn looked(count: usize, length: usize, enough: usize) -> (usize, usize, bool) {
        let (backend, stream) = log_of(count, length).await;
        let mut seen = Vec::new();
        let Looked { bytes, is_cut } = look_back(&*backend, stream, |entry| {
            seen.push(entry.pos);
            if seen.len() == enough {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .await
        .unwrap();
        assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "each once, the newest first");
        (seen.len(), bytes, is_cut)
    }

    #[test]
    fn one_answer_looks_at_a_bounded_part_of_a_log() {
        actix::System::new().block_on(async {
            assert_eq!(looked(0, 10, usize::MAX).await, (0, 0, false));
            assert_eq!(looked(450, 10, usize::MAX).await, (450, 4_500, false));
            assert_eq!(looked(1_300, 10, usize::MAX).await, (1_000, 10_000, true));
            // the page with the last one is read completely
            assert_eq!(looked(1_300, 10, 201).await, (201, 4_000, false));
            let (entries, bytes, is_cut) = looked(300, 30_000, usize::MAX).await;
            let bound = BYTES_MAX..BYTES_MAX + PAGE_BYTES + 60_000;
            assert!(is_cut && bound.contains(&bytes), "{entries}, {bytes}");
        });
    }
}
