//! Commands of the server API on sessions of any node: lists and closes them, adds them to channels and removes them.

use super::Cluster;
use crate::backend::{BackendError, DirectoryEntry};
use crate::context::Context;
use crate::core::Core;
use crate::mail;
use crate::words::cluster::{
    AskToDrain, DisconnectSession, DisconnectUser, EmptyChannel, ListSessions, PlaceUser, SessionEntry, TellNode,
};
use crate::words::outcome::Refusal;
use crate::words::presence::CloseSession;
use actix::prelude::*;
use hubwire_protocol::cluster::ClusterMessage;
use hubwire_protocol::{Address, CloseCode, ErrorCode, OwnClose, SessionId, UserId};
use std::future::Future;
use tokio::sync::oneshot;

impl Cluster {
    pub(super) fn list_sessions(&mut self, message: ListSessions, ctx: &mut Context<Self>) {
        let ListSessions { user, answer } = message;
        let (core, live) = (self.core.clone(), self.live_sessions(user));
        let listing = async move {
            let entries = live.await?;
            let nodes = entries.iter().map(|entry| entry.session.incarnation()).collect();
            let labels = core.backend.labels(nodes).await?;
            Ok(entries.into_iter().zip(labels).map(|(entry, node)| SessionEntry { entry, node }).collect())
        };
        // a caller that went away wants no answer
        ctx.spawn(listing.into_actor(self).map(|listed: Result<_, BackendError>, _, _| {
            drop(answer.send(listed.map_err(Refusal::from)));
        }));
    }

    /// The sessions of a user on live nodes, including nodes that started a moment ago.
    fn live_sessions(&self, user: UserId) -> impl Future<Output = Result<Vec<DirectoryEntry>, BackendError>> {
        let core = self.core.clone();
        async move {
            let mut sessions = core.backend.sessions(user).await?;
            core.get_to_know(sessions.iter().map(|entry| entry.session.incarnation()).collect()).await;
            sessions.retain(|entry| core.is_live(entry.session.incarnation()));
            Ok(sessions)
        }
    }

    // -- closing --------------------------------------------------------------------------------------------------

    pub(super) fn disconnect_user(&mut self, message: DisconnectUser, ctx: &mut Context<Self>) {
        let DisconnectUser { user, code, own, answer } = message;
        ctx.spawn(self.live_sessions(user).into_actor(self).map(move |live, cluster, _| {
            let live = match live {
                Ok(live) => live,
                Err(error) => return drop(answer.send(Err(error.into()))),
            };
            let told: Vec<_> =
                live.iter().filter_map(|entry| cluster.close(entry.session, code, own.clone())).collect();
            actix::spawn(async move {
                let mut deaf = 0;
                for hears in told {
                    deaf += usize::from(!hears.await.unwrap_or(false));
                }
                let closed = if deaf == 0 { Ok(live.len()) } else { Err(not_heard(deaf, live.len())) };
                drop(answer.send(closed)); // a caller that went away wants no answer
            });
        }));
    }

    pub(super) fn disconnect_session(&mut self, message: DisconnectSession, ctx: &mut Context<Self>) {
        let DisconnectSession { session, code, own, answer } = message;
        let core = self.core.clone();
        let known = async move { core.get_to_know(vec![session.incarnation()]).await };
        ctx.spawn(known.into_actor(self).map(move |(), cluster, _| {
            let is_live = cluster.core.is_live(session.incarnation());
            let hears = is_live.then(|| cluster.close(session, code, own)).flatten();
            actix::spawn(async move {
                let told = match hears {
                    Some(hears) => hears.await.unwrap_or(false),
                    None => is_live,
                };
                drop(answer.send(Ok(told))); // a caller that went away wants no answer
            });
        }));
    }

    /// Closes a session on any node. The receiver, if there is one, learns whether that node was listening.
    fn close(&self, session: SessionId, code: CloseCode, own: Option<OwnClose>) -> Option<oneshot::Receiver<bool>> {
        let node = session.incarnation();
        if node == self.core.incarnation {
            // this node may be the one that receives no messages
            mail::insist(&self.presence, CloseSession { session, code, own });
            return None;
        }
        let said = own.map(|own| own.to_text()).unwrap_or_default();
        let close = ClusterMessage::Close { session, code, said: said.as_bytes() };
        Some(self.core.node_channel.tell_heard(node, close.encode().into()))
    }

    // -- channels -------------------------------------------------------------------------------------------------

    pub(super) fn place_user(&mut self, message: PlaceUser, ctx: &mut Context<Self>) {
        let PlaceUser { user, only, channel, joined, persist, answer } = message;
        let (core, live, place) = (self.core.clone(), self.live_sessions(user.clone()), channel.clone());
        let sessions = async move {
            // first, so that a session that connects meanwhile is in one of the two lists
            match joined {
                true if persist => keep(&core, user, place).await?,
                false if only.is_none() => end(&core, &[user], &place).await?,
                _ => {}
            }
            let sessions = live.await?.into_iter().map(|entry| entry.session);
            Ok(sessions.filter(|session| only.is_none_or(|only| only == *session)).collect())
        };
        ctx.spawn(sessions.into_actor(self).map(move |sessions, cluster, _| {
            cluster.place(sessions, &channel, joined, answer);
        }));
    }

    pub(super) fn empty_channel(&mut self, message: EmptyChannel, ctx: &mut Context<Self>) {
        let EmptyChannel { channel, answer } = message;
        let core = self.core.clone();
        let sessions = async move {
            let sessions = members_without_persistence(&core, &channel).await;
            // includes nodes that started a moment ago
            core.get_to_know(sessions.iter().flatten().map(|session| session.incarnation()).collect()).await;
            (sessions, channel)
        };
        ctx.spawn(sessions.into_actor(self).map(|(sessions, channel), cluster, _| {
            cluster.place(sessions, &channel, false, answer);
        }));
    }

    /// Sends to the live ones among the sessions, each on its node.
    fn place(
        &self,
        sessions: Result<Vec<SessionId>, Refusal>,
        channel: &Address,
        joined: bool,
        answer: oneshot::Sender<Result<usize, Refusal>>,
    ) {
        let told = sessions.map(|mut sessions| {
            sessions.retain(|session| self.core.is_live(session.incarnation()));
            let channel = channel.to_string();
            for session in &sessions {
                let message = ClusterMessage::Place { session: *session, channel: &channel, joined };
                self.core.node_channel.tell(session.incarnation(), message.encode().into());
            }
            sessions.len()
        });
        drop(answer.send(told)); // a caller that went away wants no answer
    }

    // -- draining -------------------------------------------------------------------------------------------------

    pub(super) fn ask_to_drain(&mut self, message: AskToDrain, _: &mut Context<Self>) {
        self.core.node_channel.tell(message.node, ClusterMessage::Drain.encode().into());
    }

    /// Questions of operators to other nodes, and their answers.
    pub(super) fn tell_node(&mut self, message: TellNode, _: &mut Context<Self>) {
        self.core.node_channel.tell(message.node, message.message);
    }
}

/// Adds a channel that each later session of the user joins.
async fn keep(core: &Core, user: UserId, channel: Address) -> Result<(), Refusal> {
    let max = core.settings.persistent_max;
    if max == 0 {
        let message = "no memberships are kept here; set presence.persistent_max on all nodes";
        return Err(Refusal::new(ErrorCode::NotFound, message));
    }
    if core.backend.keep_membership(user, channel, max).await? {
        return Ok(());
    }
    let message = format!("a user is in at most {max} channels for good (presence.persistent_max); end one first");
    Err(Refusal::new(ErrorCode::TooMany, message))
}

/// Removes such a channel, if the feature is on.
async fn end(core: &Core, users: &[UserId], channel: &Address) -> Result<(), BackendError> {
    if core.settings.persistent_max > 0 {
        for user in users {
            core.backend.end_membership(user.clone(), channel.clone()).await?;
        }
    }
    Ok(())
}

/// The sessions in a channel, after their users' persistent memberships were removed.
async fn members_without_persistence(core: &Core, channel: &Address) -> Result<Vec<SessionId>, Refusal> {
    let members = core.backend.members(channel.clone()).await?.sessions;
    let mut users: Vec<UserId> = members.iter().map(|member| member.user.clone()).collect();
    users.sort_unstable();
    users.dedup();
    end(core, &users, channel).await?;
    Ok(members.into_iter().map(|member| member.session).collect())
}

fn not_heard(deaf: usize, of: usize) -> Refusal {
    let message = format!(
        "{deaf} of {of} sessions are on nodes that hear nothing at the moment; the others are closed, try again"
    );
    Refusal::new(ErrorCode::BrokerUnavailable, message)
}
