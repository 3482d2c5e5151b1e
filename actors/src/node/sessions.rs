//! The sessions of users, on all nodes.

use super::{overloaded, stopping, Node};
use crate::mail;
use crate::words::cluster::{
    ClusterPort, DisconnectSession, DisconnectUser, EmptyChannel, ListSessions, PlaceUser, SessionEntry,
};
use crate::words::outcome::Refusal;
use crate::words::port::Port;
use hubwire_protocol::{Address, CloseCode, OwnClose, SessionId, UserId};
use tokio::sync::oneshot;

impl Node {
    /// The sessions of a user on live nodes.
    pub async fn sessions(&self, user: UserId) -> Result<Vec<SessionEntry>, Refusal> {
        self.ask_cluster(|answer| ListSessions { user, answer }).await
    }

    /// Closes a user's sessions on every node. Returns their number.
    pub async fn disconnect(&self, user: UserId, code: CloseCode) -> Result<usize, Refusal> {
        self.disconnect_as(user, code, None).await
    }

    /// The same, in the application's words for clients whose protocol has such.
    pub async fn disconnect_as(&self, user: UserId, code: CloseCode, own: Option<OwnClose>) -> Result<usize, Refusal> {
        self.ask_cluster(|answer| DisconnectUser { user, code, own, answer }).await
    }

    /// Closes one session, on any node. `false`: its node is not alive, and so the session is not either.
    pub async fn disconnect_session(&self, session: SessionId, code: CloseCode) -> Result<bool, Refusal> {
        self.disconnect_session_as(session, code, None).await
    }

    /// The same, in the application's words for clients whose protocol has such.
    pub async fn disconnect_session_as(
        &self,
        session: SessionId,
        code: CloseCode,
        own: Option<OwnClose>,
    ) -> Result<bool, Refusal> {
        self.ask_cluster(|answer| DisconnectSession { session, code, own, answer }).await
    }

    /// Makes all sessions of a user join a channel, or removes them. Returns how many sessions were asked.
    pub async fn place(&self, user: UserId, channel: Address, joined: bool) -> Result<usize, Refusal> {
        self.place_one_or_all(user, None, channel, joined, false).await
    }

    /// Makes all sessions of a user join a channel, and each later one when it connects. Returns how many were asked.
    pub async fn place_for_good(&self, user: UserId, channel: Address) -> Result<usize, Refusal> {
        self.place_one_or_all(user, None, channel, true, true).await
    }

    /// Makes one session of a user join a channel, or removes it. Returns how many sessions were asked: one, or none.
    pub async fn place_session(
        &self,
        user: UserId,
        session: SessionId,
        channel: Address,
        joined: bool,
    ) -> Result<usize, Refusal> {
        self.place_one_or_all(user, Some(session), channel, joined, false).await
    }

    async fn place_one_or_all(
        &self,
        user: UserId,
        only: Option<SessionId>,
        channel: Address,
        joined: bool,
        persist: bool,
    ) -> Result<usize, Refusal> {
        self.ask_cluster(|answer| PlaceUser { user, only, channel, joined, persist, answer }).await
    }

    /// Removes all members from a channel. Returns how many sessions were asked.
    pub async fn empty(&self, channel: Address) -> Result<usize, Refusal> {
        self.ask_cluster(|answer| EmptyChannel { channel, answer }).await
    }

    pub(super) async fn ask_cluster<M, T>(
        &self,
        message: impl FnOnce(oneshot::Sender<Result<T, Refusal>>) -> M,
    ) -> Result<T, Refusal>
    where
        dyn ClusterPort: Port<M>,
    {
        let (answer, outcome) = oneshot::channel();
        mail::tell(self.cluster(), message(answer)).map_err(|_| overloaded())?;
        outcome.await.map_err(|_| stopping())?
    }
}
