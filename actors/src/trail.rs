//! The tail of a stream: some time after its last append to a stream, a node repeats the stream's last position on the
//! path of the notification. So the loss of the last notification shows within seconds; the loss of an earlier one
//! shows by the `prev` of the next. A stream at rest costs nothing, and all positions for one node go in one message: a
//! node sends at most one such message per [`AFTER`] to another one, however many users receive messages.

use crate::environment::{Environment, Map};
use hubwire_protocol::{Address, Position};
use std::time::Duration;
use tokio::time::Instant;

/// The delay after the last append.
const AFTER: Duration = Duration::from_secs(2);
/// Interval at which the node checks for due streams.
pub const LOOK: Duration = Duration::from_millis(500);
/// Streams that are remembered at a time. For others the sweep shows a loss.
const STREAMS_MAX: usize = 64 * 1024;

/// Streams with a recent append of this node, with the path of their notifications.
pub struct Trails<W> {
    streams: Map<Address, Trail<W>>,
}

/// The last position of a stream.
struct Trail<W> {
    pos: Position,
    due: Instant,
    way: W,
}

impl<W> Trails<W> {
    /// No streams yet.
    pub fn new(environment: &Environment) -> Self {
        Trails { streams: environment.map() }
    }

    /// Records an append.
    pub fn appended(&mut self, stream: Address, pos: Position, way: W) {
        let full = self.streams.len() >= STREAMS_MAX && !self.streams.contains_key(&stream);
        if full || self.streams.get(&stream).is_some_and(|trail| trail.pos.seq > pos.seq) {
            return; // answers may overtake each other
        }
        self.streams.insert(stream, Trail { pos, due: Instant::now() + AFTER, way });
    }

    /// The positions to repeat now.
    pub fn due(&mut self) -> Vec<(Address, Position, W)> {
        let now = Instant::now();
        let due = self.streams.extract_if(|_, trail| trail.due <= now);
        due.map(|(stream, trail)| (stream, trail.pos, trail.way)).collect()
    }

    /// Positions that are not due yet, on paths that are used now anyway: they need no message of their own later.
    pub fn along(&mut self, is_taken: impl Fn(&W) -> bool) -> Vec<(Address, Position, W)> {
        let along = self.streams.extract_if(|_, trail| is_taken(&trail.way));
        along.map(|(stream, trail)| (stream, trail.pos, trail.way)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seq: u64) -> Position {
        Position { seq, nonce: 1 }
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_position_is_said_once_and_only_when_the_stream_rests() {
        let stream: Address = "org:acme".parse().unwrap();
        let mut trails = Trails::new(&Environment::real());
        trails.appended(stream.clone(), at(1), ());
        tokio::time::advance(AFTER - LOOK).await;
        trails.appended(stream.clone(), at(3), ());
        trails.appended(stream.clone(), at(2), ());
        tokio::time::advance(LOOK).await;
        assert_eq!(trails.due(), [], "it does not rest");
        tokio::time::advance(AFTER).await;
        assert_eq!(trails.due(), [(stream, at(3), ())]);
        tokio::time::advance(AFTER).await;
        assert_eq!(trails.due(), []);
    }

    #[tokio::test(start_paused = true)]
    async fn what_goes_the_same_way_is_taken_along_and_not_said_again() {
        let [due, along, other] = ["user:u1", "user:u2", "user:u3"].map(|user| user.parse::<Address>().unwrap());
        let mut trails = Trails::new(&Environment::real());
        trails.appended(due.clone(), at(1), "n1");
        tokio::time::advance(AFTER).await;
        trails.appended(along.clone(), at(2), "n1");
        trails.appended(other.clone(), at(3), "n2");
        assert_eq!(trails.due(), [(due, at(1), "n1")]);
        assert_eq!(trails.along(|way| *way == "n1"), [(along, at(2), "n1")]);
        tokio::time::advance(AFTER).await;
        assert_eq!(trails.due(), [(other, at(3), "n2")]);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_streams_are_remembered_than_there_are_places() {
        let mut trails = Trails::new(&Environment::real());
        for number in 0..=STREAMS_MAX {
            trails.appended(format!("org:o{number}").parse().unwrap(), at(1), ());
        }
        tokio::time::advance(AFTER).await;
        assert_eq!(trails.due().len(), STREAMS_MAX);
    }
}
