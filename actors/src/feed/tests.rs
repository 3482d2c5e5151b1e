//! Feeds over a log that has changed behind them.

use super::*;
use crate::backend::memory::MemoryCluster;
use crate::environment::Environment;
use crate::metrics::Metrics;
use crate::settings::Settings;
use bytes::Bytes;
use tokio::sync::mpsc;

/// A feed that has delivered the publications 1 to 5.
fn at_five() -> Feed {
    let environment = Environment::real();
    let (incarnation, metrics) = (environment.incarnation(), Metrics::new().unwrap());
    let backend = MemoryCluster::new(environment.clone()).node(incarnation, mpsc::channel(2).0);
    let core = Core::new(backend, Arc::new(Settings::default()), environment, Arc::new(metrics), incarnation);
    let mut feed = Feed::new(Rc::new(core), "org:acme".parse().unwrap());
    feed.start(at(0, 1));
    for seq in 1..=5 {
        assert_eq!(feed.arrive(arrival(at(seq, 1), at(seq - 1, 1))), Next::Nothing);
    }
    feed
}

fn at(seq: u64, history: u64) -> Position {
    Position { seq: 1000 + seq, nonce: history }
}

fn arrival(pos: Position, prev: Position) -> Arrival {
    Arrival { pos, prev, envelope: Bytes::new() }
}

fn gone(top: Position) -> Range {
    Range { intact: false, entries: vec![], top, oldest: top }
}

#[test]
fn a_lower_top_that_was_not_delivered_is_another_history() {
    let mut feed = at_five();
    assert_eq!(feed.tail(at(4, 2)), Next::Watch);
    assert_eq!(feed.still_behind(), Next::Read);
    assert_eq!(feed.repaired(gone(at(4, 2))), Next::Nothing);
    assert_eq!(feed.last(), at(4, 2));
}

#[test]
fn what_was_delivered_and_a_log_that_is_gone_are_no_news() {
    let mut feed = at_five();
    for top in [at(5, 1), at(3, 1), Position::START] {
        assert_eq!(feed.tail(top), Next::Nothing);
    }
}

#[test]
fn no_top_that_is_said_while_the_log_is_read_is_forgotten() {
    let mut feed = at_five();
    assert_eq!(feed.suspect(), Next::Read);
    for top in [at(6, 1), at(4, 2), at(5, 1)] {
        assert_eq!(feed.tail(top), Next::Nothing);
    }
    let range = Range { intact: true, entries: vec![], top: at(5, 1), oldest: at(5, 1) };
    assert_eq!(feed.repaired(range), Next::Read, "it may have been too early");
    assert_eq!(feed.repaired(gone(at(4, 2))), Next::Nothing);
    assert_eq!(feed.last(), at(4, 2));
}
