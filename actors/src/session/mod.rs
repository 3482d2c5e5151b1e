//! A session: one actor per socket. It keeps its client's identity, rights and channels, translates the client's
//! actions into messages to presence, hubs and the bridge, and their answers into frames.
//!
//! Deliveries do not pass through it: they go from the delivery actor straight to the outbox.

mod abuse;
mod address_tokens;
mod announced;
mod announcing;
mod answers;
mod asked;
mod authenticate;
mod bad_frames;
mod beginning;
mod bucket;
mod calls;
mod channels;
mod context;
mod control;
mod credentials;
mod describe;
mod entering;
mod expiry;
mod flows;
mod gate;
mod hooks;
mod hosting;
mod hubs;
mod input;
mod live_channels;
mod membership;
mod opening;
mod pacing;
mod people;
mod placed;
mod profile;
mod publish;
mod rate;
mod refresh;
mod refused;
mod resume;
mod rpc;
mod saying;
mod schemas;
mod seldom;
mod showing;
mod socket;
mod story;
mod watched;
mod watching;
mod welcome;

pub use context::SessionContext;
pub use opening::Opening;

use crate::context::ActorTask;
use crate::delivery::worker::NewSession;
use crate::delivery::Worker;
use crate::handlers::handlers;
use crate::mail;
use crate::outbox::{Incoming, Outbox};
use crate::settings::Settings;
use crate::words::member::{MemberRef, SessionHandle};
use crate::words::network::Network;
use crate::words::session as messages;
use actix::prelude::*;
use announced::Announced;
use bucket::TokenBucket;
use context::SessionTask;
use core::net::IpAddr;
use credentials::Credentials;
use futures_util::Stream;
use gate::{Gate, Gated};
use hubs::Hubs;
use hubwire_protocol::frame::Opcode;
use hubwire_protocol::request::Positions;
use hubwire_protocol::{DeviceId, SessionId, UserId};
use membership::Memberships;
use seldom::Seldom;
use socket::Socket;
use std::rc::Rc;
use std::sync::Arc;

/// The phase of a session.
enum Phase {
    /// Waits for credentials.
    Unauthenticated,
    /// Authenticated by its upgrade, which asked to hold the session: waits for the client's start positions.
    Held,
    /// Waits for the broker to redeem a ticket.
    TakingTicket(Box<TakingTicket>),
    /// Waits for the cursors of its device, from which it resumes.
    AskingCursors,
    /// Waits for the directory and the hubs.
    Entering(Box<entering::Entering>),
    /// Welcomed.
    Open,
}

/// The client's first message, until its ticket is redeemed.
struct TakingTicket {
    device: Option<DeviceId>,
    resume: Positions,
    re: Option<Box<str>>,
}

/// The session actor; see the module.
///
/// Its state is in groups. Each group is a file of its own that imports no other part of the session and has private
/// fields, so a request changes only the group whose methods it calls. `tests/layers` lists the groups that only one
/// request uses. State that few sessions have is in `Seldom`, because there is a session for each socket.
pub struct Session {
    worker: Rc<Worker>,
    /// The settings at the start of the session: what the welcome promised holds until the session ends.
    settings: Arc<Settings>,
    id: SessionId,
    handle: Arc<SessionHandle>,
    phase: Phase,
    socket: Socket,
    credentials: Credentials,
    hubs: Hubs,
    memberships: Memberships,
    bucket: TokenBucket,
    announced: Announced,
    seldom: Seldom,
}

impl Session {
    /// Starts a session on this thread: its task runs until `incoming` ends.
    pub fn start<S>(worker: Rc<Worker>, opening: Opening, outbox: Rc<dyn Outbox>, incoming: S) -> SessionId
    where
        S: Stream<Item = Incoming> + Unpin + 'static,
    {
        let id = opening.session.unwrap_or_else(|| worker.node.environment().session(worker.node.incarnation()));
        let (dialect, address) = (opening.dialect, opening.address);
        let class = opening.device_class;
        let key = worker.enter(NewSession { session: id, dialect, address, outbox: outbox.clone(), class });
        let gate = Rc::new(Gate::new(outbox, dialect, worker.clone(), key, address));
        let mut ctx = SessionContext::default();
        let settings = Arc::clone(&worker.node.settings());
        let now_ms = worker.node.environment().unix_ms();
        // a single action may resume as many channels as are allowed
        let in_flight_max = in_flight_bound(&settings).saturating_add(settings.channels_max);
        ctx.set_mailbox_capacity(mail::SESSION_MAILBOX.saturating_add(in_flight_max));
        ctx.add_stream(Gated::new(incoming, gate.clone()));
        let session = Session {
            bucket: TokenBucket::full(&settings),
            settings,
            worker: worker.clone(),
            id,
            handle: Arc::new(SessionHandle::new(ctx.address(), address.and_then(client), now_ms)),
            phase: if opening.hold { Phase::Held } else { Phase::Unauthenticated },
            socket: Socket::new(gate.clone()),
            credentials: Credentials::of(opening.identity),
            hubs: Hubs::default(),
            memberships: Memberships::default(),
            announced: Announced::default(),
            seldom: Seldom::default(),
        };
        if opening.visible_ping {
            worker.ping_visibly(key);
        }
        worker.node.metrics().sessions_opened.inc();
        worker.node.metrics().sessions.inc();
        // a task of its own, so that the memory of the upgrade request is freed
        actix::spawn(SessionTask { actor: Some(ActorTask::new(session, ctx)), gate });
        id
    }

    fn member(&self, user: &UserId) -> Option<MemberRef> {
        let delivery = self.worker.delivery()?.clone();
        Some(MemberRef {
            session: self.id,
            user: user.clone(),
            dialect: self.socket.dialect(),
            key: self.socket.key(),
            delivery,
            handle: self.handle.clone(),
        })
    }
}

/// The network by which a client's actions are counted. Loopback is not counted: it is a proxy on this machine that is
/// not trusted, or a tool, never a remote client.
fn client(address: IpAddr) -> Option<Network> {
    (!address.to_canonical().is_loopback()).then(|| Network::of_client(address))
}

/// The number of actions in flight from which on further ones are refused. Reading stops earlier, at the configured
/// bound, but a frame with many actions is accepted as a whole.
fn in_flight_bound(settings: &Settings) -> usize {
    settings.in_flight_max.saturating_add(settings.limits.actions_max)
}

impl Actor for Session {
    type Context = SessionContext;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.tell_connected();
        match self.credentials.identity().filter(|_| !matches!(self.phase, Phase::Held)).cloned() {
            Some(identity) => self.begin(identity, Positions::new(), None, ctx),
            None => self.await_auth(ctx),
        }
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.end();
    }
}

impl StreamHandler<Incoming> for Session {
    fn handle(&mut self, incoming: Incoming, ctx: &mut Self::Context) {
        match incoming {
            Incoming::Text(message) => self.on_frame(Opcode::Text, &message, ctx),
            Incoming::Binary(message) => self.on_frame(Opcode::Binary, &message, ctx),
            Incoming::Ended(ended) => {
                self.count_end(&ended);
                self.keep_end(&ended);
                self.tell_closed(&ended);
                ctx.stop();
            }
        }
    }

    fn finished(&mut self, ctx: &mut Self::Context) {
        ctx.stop();
    }
}

handlers! {
    Session;
    messages::Attached => attached;
    messages::AttachFailed => attach_failed;
    messages::OrgEntered => entered;
    messages::Joined => joined;
    messages::Left => left;
    messages::PlacedByServer => placed;
    messages::JoinFailed => join_failed;
    messages::JoinPrepared => join_prepared;
    messages::Done => done;
    messages::RoomAgain => room_again;
    messages::Answered => answered;
    messages::CursorsFound => cursors_found;
    messages::TicketTaken => ticket_taken;
    messages::Describe => describe;
    messages::Replied => replied;
    messages::RepliedLate => replied_late;
    messages::Called => called;
    messages::Judged => judged;
    messages::RulesChanged => rules_changed;
}
