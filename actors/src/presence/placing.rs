//! The server API puts users into channels and takes them out, on whatever nodes their sessions are.

use super::Presence;
use crate::apart;
use crate::backend::BackendError;
use crate::mail;
use crate::words;
use crate::words::bridge::ToNode;
use crate::words::outcome::Refusal;
use crate::words::presence::{DescribeSession, DisconnectSession, EmptyChannel, PlaceSession, PlaceUser};
use actix::prelude::*;
use hubwire_protocol::cluster::ClusterMessage;
use hubwire_protocol::{Address, SessionId};
use tokio::sync::oneshot;

impl Presence {
    pub(super) fn place_user(&mut self, message: PlaceUser, ctx: &mut Context<Self>) {
        let PlaceUser { user, channel, joined, answer } = message;
        ctx.spawn(self.live_sessions(user).into_actor(self).map(move |sessions, presence, _| {
            let sessions = sessions.map(|entries| entries.into_iter().map(|entry| entry.session).collect());
            presence.place(sessions, &channel, joined, answer);
        }));
    }

    pub(super) fn empty_channel(&mut self, message: EmptyChannel, ctx: &mut Context<Self>) {
        let EmptyChannel { channel, answer } = message;
        let members = self.core.backend.members(channel.clone());
        apart::wait(ctx.address(), members, move |members, presence: &mut Presence, _| {
            let sessions = members.map(|members| members.sessions.into_iter().map(|member| member.session).collect());
            presence.place(sessions, &channel, false, answer);
        });
    }

    /// Tells the live ones among the sessions, each on its node.
    fn place(
        &self,
        sessions: Result<Vec<SessionId>, BackendError>,
        channel: &Address,
        joined: bool,
        answer: oneshot::Sender<Result<usize, Refusal>>,
    ) {
        let told = sessions.map_err(Refusal::from).map(|mut sessions| {
            sessions.retain(|session| self.core.is_live(session.incarnation()));
            let channel = channel.to_string();
            for session in &sessions {
                let message = ClusterMessage::Place { session: *session, channel: &channel, joined }.encode().into();
                if let Some(bridge) = &self.bridge {
                    mail::insist(bridge, ToNode { node: session.incarnation(), message, heard: None });
                }
            }
            sessions.len()
        });
        drop(answer.send(told)); // a caller that went away wants no answer
    }

    /// A session of this node.
    pub(super) fn place_session(&mut self, message: PlaceSession, _: &mut Context<Self>) {
        let PlaceSession { session, channel, joined } = message;
        if let Some(member) = self.member(session) {
            mail::insist(&member.handle, words::session::Placed { channel, joined });
        }
    }

    /// The session itself answers.
    pub(super) fn describe_session(&mut self, message: DescribeSession, _: &mut Context<Self>) {
        if let Some(member) = self.member(message.session) {
            let _ = mail::tell(&member.handle, words::session::Describe { answer: message.answer });
            // one that is over or has no room to be asked is not seen
        }
    }

    pub(super) fn disconnect_session(&mut self, message: DisconnectSession, _: &mut Context<Self>) {
        let DisconnectSession { session, code, answer } = message;
        let is_live = self.core.is_live(session.incarnation());
        let hears = is_live.then(|| self.close_anywhere(session, code)).flatten();
        actix::spawn(async move {
            let told = match hears {
                Some(hears) => hears.await.unwrap_or(false),
                None => is_live,
            };
            drop(answer.send(Ok(told))); // a caller that went away wants no answer
        });
    }
}
