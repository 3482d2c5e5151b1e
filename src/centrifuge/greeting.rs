//! From an open socket to a session: the first frame starts with `connect`, which contains the credentials.

use super::beginning::Beginning;
use super::conversation::Conversation;
use super::credentials::Known;
use super::deltas::Deltas;
use super::kept::{assemble, Kept};
use super::proxy::{Connection, Gate, Handshake, Met};
use super::shared::Centrifuge;
use super::told::Told;
use super::uni::{self, Unheard, UniOutbox};
use crate::endpoint::Admittance;
use crate::ws::Socket;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use hubwire_actors::delivery::Worker;
use hubwire_actors::node::Node;
use hubwire_actors::outbox::{Incoming, Outbox};
use hubwire_actors::session::{Opening, Session};
use hubwire_actors::words::outcome::Refusal;
use hubwire_protocol::centrifuge::codes::{self, Disconnect};
use hubwire_protocol::centrifuge::command::Connect;
use hubwire_protocol::centrifuge::reply::{Body, Reply};
use hubwire_protocol::centrifuge::{shown_user, Call, Channels, Format};
use hubwire_protocol::dialect::WireProtocol;
use hubwire_protocol::frame::Opcode;
use hubwire_protocol::{Address, Dialect, ErrorCode, SessionId, UserId};
use std::future::poll_fn;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use tokio::time::timeout;

/// The parts of the endpoint that a greeting needs.
pub(super) struct Greeting {
    pub centrifuge: Arc<Centrifuge>,
    pub admittance: Arc<Admittance>,
    pub node: Node,
    pub worker: Rc<Worker>,
    pub format: Format,
    pub peer: SocketAddr,
    /// Whether the client only receives: its first message has the content of a `connect`.
    pub is_unidirectional: bool,
    /// The id of the future session.
    pub session: SessionId,
    /// The parts of the request that the application receives.
    pub handshake: Handshake,
}

/// Waits for `connect` and starts the session. A socket without a timely or valid one is closed.
pub(super) async fn greet(greeting: Greeting, mut socket: Socket) {
    let patience = greeting.node.settings().auth_timeout;
    let first = timeout(
        patience,
        poll_fn(|cx| {
            socket.outbox.register(cx);
            let first = socket.incoming.poll_next_unpin(cx);
            // if the connection breaks, the read side reports it
            let _ = socket.outbox.poll_flush(cx);
            first
        }),
    );
    let frame = match first.await {
        Ok(Some(Incoming::Text(frame))) if greeting.is_unidirectional => uni::connect(&frame),
        Ok(Some(Incoming::Text(frame))) if greeting.format.opcode() == Opcode::Text => frame,
        Ok(Some(Incoming::Binary(frame))) if greeting.format.opcode() == Opcode::Binary => frame,
        Ok(Some(Incoming::Text(_) | Incoming::Binary(_))) => return close(&socket, codes::BAD_REQUEST_CLOSE),
        Ok(Some(Incoming::Ended(_)) | None) => return,
        Err(_) => return close(&socket, codes::STALE),
    };
    match greeting.admit(&frame).await {
        Ok(known) => greeting.open(socket, known, frame),
        Err(Turned::Away(disconnect)) => close(&socket, disconnect),
        // the client sends a new token, on this connection or another
        Err(Turned::Answered(id)) => {
            let reply = Reply { id, body: Body::Error(codes::TOKEN_EXPIRED) };
            socket.outbox.offer_reply(&greeting.format.frame(&[reply]));
            close(&socket, codes::EXPIRED);
        }
        Err(Turned::ByProxy { answer, code, reason }) => {
            if let Some((id, body)) = answer.map(|answer| *answer) {
                socket.outbox.offer_reply(&greeting.format.frame(&[Reply { id, body }]));
            }
            socket.outbox.close(code, &reason);
        }
    }
}

/// Why a client gets no session.
pub(super) enum Turned {
    /// The connection is closed.
    Away(Disconnect),
    /// Its token has expired: the command with that id is answered with that error.
    Answered(u32),
    /// The application refused it, with or without an answer.
    ByProxy { answer: Option<Box<(u32, Body<'static>)>>, code: u16, reason: String },
}

impl Greeting {
    /// The identity of the client that sent this first frame.
    pub async fn admit(&self, frame: &[u8]) -> Result<Known, Turned> {
        let commands_max = self.node.settings().limits.actions_max;
        let commands = self.format.commands(frame, commands_max).unwrap_or_default();
        let first = commands.into_iter().next().map(|(command, _)| command);
        let Some((id @ 1.., Some(Call::Connect(connect)))) = first.map(|command| (command.id, command.call)) else {
            return Err(Turned::Away(codes::BAD_REQUEST_CLOSE));
        };
        let known = match self.meet(&connect).await {
            None => self.centrifuge.identify(&connect.token, None),
            Some(Met::Known(result)) => self.centrifuge.let_in(&result),
            Some(Met::Refused { code, message }) => {
                let answer = Some(Box::new((id, Body::Failure { code, message: message.into() })));
                let Disconnect { code, reason } = codes::FORCE_DISCONNECT;
                return Err(Turned::ByProxy { answer, code, reason: reason.into() });
            }
            Some(Met::Away { code, reason }) => return Err(Turned::ByProxy { answer: None, code, reason }),
            Some(Met::Later) => return Err(Turned::Away(codes::SERVER_ERROR)),
        };
        let known = known
            .map_err(|refusal| self.refuse(&refusal, self.centrifuge.former_user(&refusal, &connect.token), id))?;
        match self.node.judge(&known.identity) {
            Some(denied) => Err(self.refuse(&denied.refusal(), Some(known.identity.user), id)),
            None => Ok(known),
        }
    }

    /// Calls the connect proxy for a client without a token, if one is configured.
    async fn meet(&self, connect: &Connect<'_>) -> Option<Met> {
        let proxies = self.centrifuge.proxies.as_ref()?;
        proxies.meet(connect, self.format, &self.session.to_string(), &self.handshake).await
    }

    /// `user`: whose credentials they are, if that is known.
    fn refuse(&self, refusal: &Refusal, user: Option<UserId>, id: u32) -> Turned {
        let refusals = &self.admittance.refusals;
        if refusal.code == ErrorCode::BadCredentials {
            // the protocol of these clients has no code for "wait": they come again with another token
            drop(refusals.wrong_credentials(&self.node, &refusal.message, user, self.peer));
        } else {
            refusals.credentials(&refusal.message, user, self.peer);
        }
        match refusal.code {
            ErrorCode::TokenExpired => Turned::Answered(id),
            ErrorCode::BadCredentials => Turned::Away(codes::INVALID_TOKEN),
            _ => Turned::Away(codes::FORCE_DISCONNECT),
        }
    }

    fn open(self, socket: Socket, known: Known, frame: Bytes) {
        let Socket { outbox, incoming, .. } = socket;
        match self.is_unidirectional {
            true => self.start(known, frame, None, Rc::new(UniOutbox(outbox)), Unheard(incoming)),
            false => self.start(known, frame, None, outbox, incoming),
        };
    }

    /// Starts the session of a client. `key` is for posting, if the client has no socket.
    pub fn start<S>(
        self,
        known: Known,
        frame: Bytes,
        key: Option<String>,
        outbox: Rc<dyn Outbox>,
        incoming: S,
    ) -> SessionId
    where
        S: Stream<Item = Incoming> + Unpin + 'static,
    {
        let Known { identity, channels, info, data, renewed_at } = known;
        let personal = Channels::installed().name(&Address::User(identity.user.clone()));
        let by_server = channels.iter().map(|it| it.channel.clone()).chain(personal).collect();
        let deltas = Channels::installed().have_deltas().then(Rc::<Deltas>::default);
        let outbox = Told::over(outbox, self.format, by_server, deltas.clone());
        let gated = self.centrifuge.proxies.clone().map(|proxies| {
            let (first, rest) = behind_connect(self.format, &frame, self.node.settings().limits.actions_max);
            let connection = Connection {
                proxies,
                outbox: outbox.clone(),
                format: self.format,
                handshake: self.handshake.clone(),
                client: self.session.to_string(),
                user: shown_user(identity.user.as_str()).to_owned(),
                commands_max: self.node.settings().limits.actions_max,
            };
            (first, rest, connection, self.centrifuge.now_s())
        });
        let centrifuge = self.centrifuge;
        let mut beginning = Beginning {
            node: self.node,
            format: self.format,
            user: identity.user.clone(),
            orgs: identity.orgs.keys().cloned().collect(),
            channels,
            info,
            data,
            key,
            deltas,
            frame,
        };
        let opening = Opening {
            session: Some(self.session),
            dialect: Dialect::of_centrifuge(self.format),
            identity: Some(identity),
            // the session starts from the positions in `connect`
            hold: true,
            visible_ping: true,
            address: Some(self.peer.ip()),
            device_class: None,
        };
        let Some((first, rest, connection, now_s)) = gated else {
            let conversation = Conversation::new(centrifuge, beginning, outbox.clone(), incoming);
            return Session::start(self.worker, opening, outbox, conversation);
        };
        beginning.frame = first;
        let gate = Gate::new(incoming, connection, rest, renewed_at, now_s);
        let conversation = Conversation::new(centrifuge, beginning, outbox.clone(), gate);
        Session::start(self.worker, opening, outbox, conversation)
    }
}

/// The `connect` of a first frame, and the commands after it.
fn behind_connect(format: Format, frame: &Bytes, commands_max: usize) -> (Bytes, Option<Bytes>) {
    let ranges = format.commands(frame, commands_max).unwrap_or_default().into_iter().map(|(_, range)| range);
    let mut parts = ranges.map(|range| Kept::AsItCame(frame.slice(range)));
    let first = parts.next().and_then(|first| assemble(format, &[first]));
    (first.unwrap_or_else(|| frame.clone()), assemble(format, &parts.collect::<Vec<_>>()))
}

/// Pending output is written after the socket is dropped.
fn close(socket: &Socket, Disconnect { code, reason }: Disconnect) {
    socket.outbox.close(code, reason);
}
