//! The operator's view of the node and the cluster.

use super::{overloaded, stopping, Node};
use crate::mail;
use crate::words::log_reader::{LookedUp, Lookup};
use crate::words::outcome::Refusal;
use crate::words::status::{ChannelFilter, LiveNode, SessionStatus, StreamStatus};
use crate::words::status::{CountMembers, DescribeSession, ListChannels};
use bytes::Bytes;
use hubwire_protocol::{Address, DeviceId, Position, SessionId, UserId};
use std::collections::BTreeMap;
use tokio::sync::oneshot;

impl Node {
    /// The nodes whose lease is valid.
    pub async fn nodes(&self) -> Result<Vec<LiveNode>, Refusal> {
        self.look_up(Lookup::Nodes).await
    }

    /// The state of a log.
    pub async fn stream(&self, stream: Address) -> Result<StreamStatus, Refusal> {
        self.look_up(|answer| Lookup::Stream { stream, answer }).await
    }

    /// A stored publication; `None` if the log does not hold it.
    pub async fn publication(&self, stream: Address, pos: Position) -> Result<Option<Bytes>, Refusal> {
        self.look_up(|answer| Lookup::Publication { stream, pos, answer }).await
    }

    /// How far devices of a user have read, in the given order.
    pub async fn cursors(
        &self,
        user: UserId,
        devices: Vec<DeviceId>,
    ) -> Result<Vec<Vec<(Address, Position)>>, Refusal> {
        self.look_up(|answer| Lookup::Cursors { user, devices, answer }).await
    }

    /// The number of users in channels, and the tops of their logs, in the given order.
    pub async fn occupancy(&self, channels: Vec<Address>) -> Result<Vec<(usize, Position)>, Refusal> {
        self.look_up(|answer| Lookup::Occupancy { channels, answer }).await
    }

    /// Requirements of the configuration that the broker does not meet.
    pub async fn advice(&self) -> Result<Vec<String>, Refusal> {
        self.look_up(Lookup::Advice).await
    }

    /// The state of sessions of this node; sessions that have ended are missing.
    pub async fn describe(&self, sessions: Vec<SessionId>) -> Vec<SessionStatus> {
        let asked: Vec<_> = sessions.into_iter().filter_map(|session| self.ask_session(session)).collect();
        let mut described = Vec::with_capacity(asked.len());
        for answer in asked {
            described.extend(answer.await); // dropped unanswered: it is no session of this node any more
        }
        described
    }

    fn ask_session(&self, session: SessionId) -> Option<oneshot::Receiver<SessionStatus>> {
        let (answer, status) = oneshot::channel();
        mail::tell(self.presence(), DescribeSession { session, answer }).ok().map(|()| status)
    }

    /// The first channels with members on this node, in order, each with the number of its sessions here.
    pub async fn channels(&self, filter: ChannelFilter) -> Vec<(Address, usize)> {
        let workers = self.deliveries().clone();
        let asked: Vec<_> = workers
            .iter()
            .filter_map(|worker| {
                let (answer, channels) = oneshot::channel();
                mail::tell(worker, ListChannels { filter: filter.clone(), answer }).ok().map(|()| channels)
            })
            .collect();
        let mut channels: BTreeMap<Address, usize> = BTreeMap::new();
        for of_worker in asked {
            for (channel, sessions) in of_worker.await.unwrap_or_default() {
                *channels.entry(channel).or_default() += sessions;
            }
        }
        channels.into_iter().take(filter.limit).collect()
    }

    /// How many sessions of this node follow a stream.
    pub async fn sessions_following(&self, stream: &Address) -> usize {
        let workers = self.deliveries().clone();
        let asked: Vec<_> = workers
            .iter()
            .filter_map(|worker| {
                let (answer, count) = oneshot::channel();
                mail::tell(worker, CountMembers { stream: stream.clone(), answer }).ok().map(|()| count)
            })
            .collect();
        let mut sessions = 0;
        for of_worker in asked {
            sessions += of_worker.await.unwrap_or_default();
        }
        sessions
    }

    async fn look_up<T>(&self, lookup: impl FnOnce(LookedUp<T>) -> Lookup) -> Result<T, Refusal> {
        let (answer, found) = oneshot::channel();
        mail::tell(self.log_reader(), lookup(answer)).map_err(|_| overloaded())?;
        found.await.map_err(|_| stopping())?
    }
}
