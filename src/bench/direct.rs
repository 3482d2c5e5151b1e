//! `direct`: pairs of users; one sends to the other, who may be on another node.

use super::connection::Connection;
use super::error::BenchError;
use super::load::Load;
use super::report::Report;
use super::rooms::OPENING;
use super::stop::Stop;
use super::target::Target;
use super::traffic::{Stream, Traffic};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use hubwire_client::light::ReadBuffer;
use serde_json::json;

/// The parameters of a run.
#[derive(Debug, Clone)]
pub struct Direct {
    /// Senders, each with a receiver of its own.
    pub pairs: usize,
    /// The load.
    pub load: Load,
}

impl Direct {
    /// Runs it. With several addresses the two users of a pair are on different nodes.
    pub async fn run(&self, target: &Target, stop: &Stop) -> Result<Report, BenchError> {
        target.check_descriptors(2 * self.pairs)?;
        let mut settings = self.load.document();
        settings["pairs"] = json!(self.pairs);
        let mut report = Report::new("direct", settings, format_args!("{} pairs, {}", self.pairs, self.load.text()));
        let (pairs, buffer) = (self.pairs, ReadBuffer::default());
        let empty = target.processes.usage()?;
        let opening = stream::iter(0..2 * pairs).map(|index| {
            // senders come first; the receiver of a pair is on the node after its sender's
            let turn = if index < pairs { index } else { index - pairs + 1 };
            Connection::open_at(target, turn, index, &buffer)
        });
        let opening = opening.buffered(OPENING).map_ok(|(connection, _)| connection).try_collect::<Vec<_>>();
        let Some(mut senders) = stop.or(opening).await.transpose()? else { return Ok(report.end(stop)) };
        let receivers = senders.split_off(pairs);
        let streams: Vec<Stream> =
            receivers.iter().map(|it| Stream { address: format!("user:{}", it.user), members: 1 }).collect();
        if let Some(pair) = (0..pairs).find(|&pair| senders[pair].user == receivers[pair].user) {
            let message = format!("pair {pair} is one user, {}; --tokens needs a user for each", receivers[pair].user);
            return Err(BenchError::Usage(message));
        }
        let traffic =
            Traffic::new(target, stop, &self.load, streams, (0..pairs).map(|pair| vec![pair]).collect(), 0..pairs);
        let sockets: Vec<_> = senders.iter().map(|sender| sender.socket.clone()).collect();
        for (index, receiver) in receivers.into_iter().enumerate() {
            tokio::task::spawn_local(traffic.clone().receive(index, receiver));
        }
        for (index, sender) in senders.into_iter().enumerate() {
            tokio::task::spawn_local(traffic.clone().listen(index, sender));
        }
        let open = target.processes.usage()?;
        if let Err(error) = traffic.run(&sockets).await {
            stop.fail(error);
        }
        traffic.report(&mut report);
        report.cpu("cpu_us_per_delivery", "message", open, target.processes.usage()?, traffic.deliveries());
        report.memory(empty, open, 2 * pairs);
        Ok(report.end(stop))
    }
}
