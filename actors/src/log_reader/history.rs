//! Pages of a stream's past. Each call to the broker is bounded like the page, in entries and bytes.

use super::looking_back::look_back;
use crate::backend::{Backend, BackendError, Entry};
use crate::words::log_reader::{Named, PageStart};
use crate::words::outcome::Found;
use crate::words::receivers::leaves_out;
use hubwire_protocol::cluster::Envelope;
use hubwire_protocol::Address;
use std::ops::ControlFlow;

/// A page: at most `limit` publications of about `bytes_max` bytes in total, but at least one.
pub(super) async fn page(
    backend: &dyn Backend,
    stream: Address,
    from: PageStart,
    limit: usize,
    bytes_max: usize,
) -> Result<Found, BackendError> {
    // one more than the page holds, in entries or in bytes, shows whether there are more
    let mut entries = read(backend, stream.clone(), from, limit + 1, bytes_max).await?;
    let bytes: usize = entries.iter().map(|entry| entry.envelope.len()).sum();
    let oldest_first = matches!(from, PageStart::After(_));
    let more = match entries.last() {
        Some(only) if entries.len() == 1 && bytes > bytes_max => {
            let next = if oldest_first { PageStart::After(only.pos) } else { PageStart::Before(only.pos) };
            !read(backend, stream, next, 1, 0).await?.is_empty()
        }
        _ => {
            let more = entries.len() > limit || bytes > bytes_max;
            entries.truncate(entries.len() - usize::from(more));
            more
        }
    };
    Ok(Found::History { entries, more, oldest_first, top: None })
}

/// The newest publications, oldest first, bounded like a page.
pub(super) async fn newest(
    backend: &dyn Backend,
    stream: Address,
    limit: usize,
    bytes_max: usize,
) -> Result<Vec<Entry>, BackendError> {
    let Found::History { mut entries, .. } = page(backend, stream, PageStart::Newest, limit, bytes_max).await? else {
        return Ok(Vec::new()); // a page would have at least one
    };
    entries.reverse();
    Ok(entries)
}

/// The newest publication with this id that the user may receive.
pub(super) async fn named(backend: &dyn Backend, stream: Address, named: &Named) -> Result<Found, BackendError> {
    let mut found = None;
    let looked = look_back(backend, stream, |entry| {
        if !is_named(&entry, named) {
            return ControlFlow::Continue(());
        }
        found = Some(entry);
        ControlFlow::Break(())
    })
    .await?;
    Ok(Found::Publication { entry: found, bytes: looked.bytes })
}

fn is_named(entry: &Entry, named: &Named) -> bool {
    // unreadable ones are counted where they are delivered
    Envelope::decode(&entry.envelope).is_ok_and(|envelope| {
        envelope.id == Some(&*named.id)
            && named.from.as_ref().is_none_or(|from| envelope.from == Some(from.as_str()))
            && !leaves_out(&envelope, &named.reader)
    })
}

async fn read(
    backend: &dyn Backend,
    stream: Address,
    from: PageStart,
    limit: usize,
    bytes_max: usize,
) -> Result<Vec<Entry>, BackendError> {
    match from {
        PageStart::Newest => backend.history(stream, None, limit, bytes_max).await,
        PageStart::Before(before) => backend.history(stream, Some(before), limit, bytes_max).await,
        PageStart::After(after) => backend.history_after(stream, after, limit, bytes_max).await,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::backend::memory::MemoryCluster;
    use crate::backend::{Append, Retention};
    use crate::environment::Environment;
    use hubwire_protocol::Position;
    use std::time::Duration;

    /// A log with this many publications of this length.
    pub(in crate::log_reader) async fn log_of(count: usize, bytes: usize) -> (std::rc::Rc<dyn Backend>, Address) {
        let environment = Environment::real();
        let (sender, _events) = tokio::sync::mpsc::channel(1000);
        let backend = MemoryCluster::new(environment.clone()).node(environment.incarnation(), sender);
        let stream: Address = "ch:acme/a".parse().unwrap();
        for nonce in 0..count as u64 {
            let (stream, envelope) = (stream.clone(), vec![0; bytes].into());
            let retention = Retention { count: 10_000, age: Duration::from_secs(3600), bytes: 1 << 24 };
            backend.append(Append { stream, envelope, nonce, idempotency: None, retention }).await.unwrap();
        }
        (backend, stream)
    }

    async fn pages(from: PageStart, count: usize, bytes: usize, limit: usize, bytes_max: usize) -> (usize, bool) {
        let (backend, stream) = log_of(count, bytes).await;
        match page(&*backend, stream, from, limit, bytes_max).await.unwrap() {
            Found::History { entries, more, oldest_first, .. } => {
                assert!(entries.windows(2).all(|pair| (pair[0].pos < pair[1].pos) == oldest_first), "each once");
                (entries.len(), more)
            }
            other => panic!("was not asked for: {other:?}"),
        }
    }

    #[test]
    fn a_page_ends_at_its_bound_in_entries_or_bytes() {
        actix::System::new().block_on(async {
            for from in [PageStart::Newest, PageStart::After(Position::START)] {
                assert_eq!(pages(from, 0, 10, 100, 1000).await, (0, false));
                assert_eq!(pages(from, 20, 10, 100, 1000).await, (20, false));
                assert_eq!(pages(from, 20, 10, 20, 1000).await, (20, false));
                assert_eq!(pages(from, 20, 10, 19, 1000).await, (19, true));
                assert_eq!(pages(from, 100, 1000, 100, 9_000).await, (9, true));
                assert_eq!(pages(from, 9, 1000, 100, 9_000).await, (9, false));
                // a publication longer than a page is a page by itself
                assert_eq!(pages(from, 3, 1000, 100, 10).await, (1, true));
                assert_eq!(pages(from, 1, 1000, 100, 10).await, (1, false));
            }
        });
    }
}
