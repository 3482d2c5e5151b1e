//! Pages of a stream's past, read in small pieces: a page is bounded in bytes, and the broker can be asked for entries only.

use crate::backend::{Backend, BackendError};
use crate::words::outcome::Found;
use hubwire_protocol::{Address, Position};

/// Entries asked for at a time.
const PIECE: usize = 8;
/// The newest publications before a position, newest first: at most `limit`, and no further than `bytes_max` is passed.
pub(super) async fn page(
    backend: &dyn Backend,
    stream: Address,
    mut before: Option<Position>,
    limit: usize,
    bytes_max: usize,
) -> Result<Found, BackendError> {
    let (mut entries, mut bytes) = (Vec::new(), 0);
    loop {
        // one more than the page takes tells whether there is more
        let wanted = PIECE.min(limit + 1 - entries.len());
        let piece = backend.history(stream.clone(), before, wanted).await?;
        let is_last = piece.len() < wanted;
        bytes += piece.iter().map(|entry| entry.envelope.len()).sum::<usize>();
        before = piece.last().map(|entry| entry.pos);
        entries.extend(piece);
        let has_more = entries.len() > limit;
        entries.truncate(limit);
        if is_last || has_more || bytes > bytes_max {
            return Ok(Found::History { entries, more: !is_last });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::memory::MemoryCluster;
    use crate::backend::{Append, Retention};
    use crate::environment::Environment;
    use std::time::Duration;

    async fn pages(count: usize, bytes: usize, limit: usize, bytes_max: usize) -> (usize, bool) {
        let environment = Environment::real();
        let (sender, _events) = tokio::sync::mpsc::channel(1000);
        let backend = MemoryCluster::new(environment.clone()).node(environment.incarnation(), sender);
        let stream: Address = "ch:acme/a".parse().unwrap();
        for nonce in 0..count as u64 {
            let (stream, envelope) = (stream.clone(), vec![0; bytes].into());
            let retention = Retention { count: 1000, age: Duration::from_secs(3600), bytes: 1 << 24 };
            backend.append(Append { stream, envelope, nonce, idempotency: None, retention }).await.unwrap();
        }
        match page(&*backend, stream, None, limit, bytes_max).await.unwrap() {
            Found::History { entries, more } => {
                assert!(entries.windows(2).all(|pair| pair[1].pos < pair[0].pos), "newest first, each once");
                (entries.len(), more)
            }
            Found::Users(_) | Found::Members { .. } => panic!("was not asked for"),
        }
    }

    #[test]
    fn a_page_ends_at_its_bound_in_entries_or_bytes() {
        actix::System::new().block_on(async {
            assert_eq!(pages(0, 10, 100, 1000).await, (0, false));
            assert_eq!(pages(20, 10, 100, 1000).await, (20, false));
            assert_eq!(pages(20, 10, 20, 1000).await, (20, false));
            assert_eq!(pages(20, 10, 19, 1000).await, (19, true));
            assert_eq!(pages(9, 10, 8, 1000).await, (8, true));
            assert_eq!(pages(8, 10, 8, 1000).await, (8, false));
            // what passes the bound in bytes is what one piece brought
            assert_eq!(pages(100, 1000, 100, 9_000).await, (16, true));
        });
    }
}
