//! Channels with members and publishers, for most scenarios.

use super::connection::Connection;
use super::error::BenchError;
use super::load::Load;
use super::stop::Stop;
use super::target::Target;
use super::traffic::{Stream, Traffic};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use hubwire_client::light::{LightSocket, ReadBuffer};
use std::rc::Rc;

/// Connections that open at once.
pub const OPENING: usize = 64;

/// Members, distributed over the rooms in turn, and publishers that are in none.
#[derive(Debug, Clone, Copy)]
pub struct Rooms {
    /// Sessions that receive.
    pub members: usize,
    /// Channels.
    pub rooms: usize,
    /// Sessions that send, to each room in turn.
    pub publishers: usize,
}

impl Rooms {
    /// Refuses contradictory parameters.
    pub fn check(&self, target: &Target) -> Result<(), BenchError> {
        if self.rooms > self.members {
            let message =
                format!("{} rooms need at least as many --connections; {} were given", self.rooms, self.members);
            return Err(BenchError::Usage(message));
        }
        target.check_descriptors(self.members + self.publishers)
    }

    /// The room of a member.
    pub fn room(&self, member: usize) -> usize {
        member % self.rooms
    }

    /// The traffic in these rooms.
    pub fn traffic(&self, target: &Target, stop: &Stop, load: &Load) -> Rc<Traffic> {
        self.traffic_with(target, stop, load, |room| (self.members + self.rooms - 1 - room) / self.rooms)
    }

    /// The same while the members are away: no deliveries are expected.
    pub fn away_traffic(&self, target: &Target, stop: &Stop, load: &Load) -> Rc<Traffic> {
        self.traffic_with(target, stop, load, |_| 0)
    }

    fn traffic_with(&self, target: &Target, stop: &Stop, load: &Load, size: impl Fn(usize) -> usize) -> Rc<Traffic> {
        let streams = (0..self.rooms).map(|room| Stream { address: target.channel(room), members: size(room) as u64 });
        // publishers start with different rooms, so that they do not all send to the same one
        let routes = (0..self.publishers).map(|publisher| {
            let first = publisher * self.rooms / self.publishers;
            (0..self.rooms).map(|step| (first + step) % self.rooms).collect()
        });
        let receivers = (0..self.members).map(|member| self.room(member));
        Traffic::new(target, stop, load, streams.collect(), routes.collect(), receivers)
    }

    /// Opens all members and lets them receive.
    pub async fn open_members(
        &self,
        target: &Target,
        traffic: &Rc<Traffic>,
        buffer: &ReadBuffer,
    ) -> Result<(), BenchError> {
        let opening = stream::iter(0..self.members).map(|member| async move {
            let (mut connection, _) = Connection::open(target, member, buffer).await?;
            connection.join(&target.channel(self.room(member))).await?;
            tokio::task::spawn_local(traffic.clone().receive(member, connection));
            Ok(())
        });
        let mut opened = 0;
        opening
            .buffer_unordered(OPENING)
            .try_for_each(|()| {
                opened += 1;
                if opened % 1000 == 0 {
                    target.progress(|| format!("{opened} of {} members joined", self.members));
                }
                std::future::ready(Ok(()))
            })
            .await
    }

    /// Opens the publishers; the traffic handles the answers to them.
    pub async fn open_publishers(
        &self,
        target: &Target,
        traffic: &Rc<Traffic>,
        buffer: &ReadBuffer,
    ) -> Result<Vec<Rc<LightSocket>>, BenchError> {
        let opening = stream::iter(0..self.publishers).map(|publisher| async move {
            // separate users, with indexes after those of the members
            let (connection, _) = Connection::open_at(target, publisher, self.members + publisher, buffer).await?;
            let socket = connection.socket.clone();
            tokio::task::spawn_local(traffic.clone().listen(publisher, connection));
            Ok(socket)
        });
        opening.buffered(OPENING).try_collect().await
    }
}
