//! Input from the client: decodes frames, counts requests, and passes each to its method.

use super::seldom::Rest;
use super::{Phase, Session, SessionContext};
use bytes::Bytes;
use hubwire_protocol::dialect::DecodeError;
use hubwire_protocol::event::{ErrorBody, Event};
use hubwire_protocol::frame::Opcode;
use hubwire_protocol::request::{Positions, Request, Want};
use hubwire_protocol::{Address, CloseCode, ErrorCode};

impl Session {
    pub(super) fn on_frame(&mut self, opcode: Opcode, message: &[u8], ctx: &mut SessionContext) {
        if opcode != self.socket.dialect().opcode() {
            let expected = match self.socket.dialect().opcode() {
                Opcode::Text => "this connection accepts only text frames",
                _ => "this connection accepts only binary frames",
            };
            return self.bad_frame(ErrorCode::WrongFrameKind, expected, None, &[]);
        }
        let limits = self.settings.limits;
        match self.socket.dialect().decode(message, &limits) {
            Ok(requests) => {
                // automatic messages of clients do not show that a user is active
                if requests.iter().any(|it| !matches!(it.want, Want::Ping | Want::Cursor(_))) {
                    self.handle.note_heard(self.worker.node.environment().unix_ms());
                }
                self.on_requests(requests, 0, message, ctx);
            }
            Err(DecodeError { code, message, well_formed, re, not_done }) => match well_formed {
                true => self.bad_request(code, &message, re.as_deref(), &not_done),
                false => self.bad_frame(code, &message, re.as_deref(), &not_done),
            },
        }
    }

    /// Carries out the requests of a frame from a given one on. A request that has to wait for the welcome, or for new
    /// credentials, delays all later ones.
    fn on_requests(&mut self, requests: Vec<Request<'_>>, from: usize, message: &[u8], ctx: &mut SessionContext) {
        for (index, request) in requests.into_iter().enumerate().skip(from) {
            if self.waits() {
                self.seldom.need().rest = Some(Rest { frame: Bytes::copy_from_slice(message), from: index });
                return;
            }
            self.on_request(request, ctx);
        }
    }

    /// Whether the client's input has to wait. Nothing more is read meanwhile.
    pub(super) fn waits(&self) -> bool {
        let enters = matches!(self.phase, Phase::TakingTicket(_) | Phase::AskingCursors | Phase::Entering(_));
        enters || self.is_refreshing() || self.waits_for_hook()
    }

    /// Continues with the waiting input.
    pub(super) fn read_on(&mut self, ctx: &mut SessionContext) {
        self.look_for_room();
        let Some(Rest { frame, from }) = self.seldom.get_mut().and_then(|seldom| seldom.rest.take()) else { return };
        let limits = self.settings.limits;
        if let Ok(requests) = self.socket.dialect().decode(&frame, &limits) {
            self.on_requests(requests, from, &frame, ctx);
        }
    }

    /// Answers a frame with one faulty request. It counts as a request.
    fn bad_request(&mut self, code: ErrorCode, message: &str, re: Option<&str>, not_done: &[String]) {
        if self.is_within_rate(re) {
            self.count_refusal(code);
            let body = ErrorBody { code, message, retry: code.retry(), retry_after_ms: None, not_done, path: None };
            self.reply(&Event::Error(body), None, re);
        }
    }

    /// Answers a frame that could not be decoded; too many of them within a minute end the connection.
    fn bad_frame(&mut self, code: ErrorCode, message: &str, re: Option<&str>, not_done: &[String]) {
        self.count_refusal(code);
        let body = ErrorBody { code, message, retry: code.retry(), retry_after_ms: None, not_done, path: None };
        self.reply(&Event::Error(body), None, re);
        if self.seldom.need().bad_frames.is_too_many(self.worker.node.settings().bad_frames_max) {
            self.close(CloseCode::BadFrame);
        }
    }

    fn on_request(&mut self, request: Request<'_>, ctx: &mut SessionContext) {
        let Request { re, to, want } = request;
        let (re, to) = (re.as_deref(), to.as_ref());
        if !self.is_within_rate(re) {
            return;
        }
        if self.handle.in_flight.reaches(super::in_flight_bound(&self.settings)) {
            return self.refuse(ErrorCode::Overloaded, "too many actions are waiting for their answers", re);
        }
        match (&self.phase, want) {
            (_, Want::Unreadable { code, message }) => self.refuse(code, &message, re),
            (Phase::Open, want) => self.on_open_request(want, to, re, ctx),
            (Phase::Unauthenticated, Want::Auth(auth)) => self.authenticate(auth, re, ctx),
            (Phase::Held, Want::Resume(resume)) => self.begin_held(resume.positions, re, ctx),
            (Phase::Held, Want::Live) => self.begin_held(Positions::new(), re, ctx),
            (Phase::Held, Want::Ping) => self.pong(re),
            _ => self.unauthenticated(re),
        }
    }

    /// The first message of a held session.
    fn begin_held(&mut self, positions: Positions, re: Option<&str>, ctx: &mut SessionContext) {
        let Some(identity) = self.credentials.identity().cloned() else { return };
        self.begin(identity, positions, re.map(Box::from), ctx);
    }

    fn unauthenticated(&self, re: Option<&str>) {
        if matches!(self.phase, Phase::Held) {
            let message = "this session is held (?hold=true): its first action must be a resume, or live";
            return self.refuse(ErrorCode::BadAction, message, re);
        }
        self.refuse(ErrorCode::Unauthenticated, "authenticate first, with a token or a ticket", re);
    }

    fn on_open_request(&mut self, want: Want<'_>, to: Option<&Address>, re: Option<&str>, ctx: &mut SessionContext) {
        match want {
            Want::Publish(publish) => self.publish(&publish, to, re, ctx),
            Want::PublishInView(publish) => self.publish_in_view(&publish, re, ctx),
            Want::Refresh(refresh) => self.refresh(refresh, re, ctx),
            Want::Join(join) => self.join(join, to, re, ctx),
            Want::Leave => self.leave(to, re),
            Want::View(view) => self.view(view, to, re, ctx),
            Want::State(state) => self.state(state, to, re),
            Want::Snapshot(snapshot) => self.snapshot(snapshot, to, re),
            Want::Kick(guest) => self.kick(guest, to, re),
            Want::Invite(guest) => self.invite(guest, to, re, ctx),
            Want::Profile(profile) => self.profile(profile, re),
            Want::Presence(query) => self.presence(query, to, re),
            Want::Watch(users) => self.watch(users, re),
            Want::Unwatch(users) => self.unwatch(users, re),
            Want::Contact(contact) => self.contact(contact, re),
            Want::People(query) => self.people(query, re),
            Want::Conversations(query) => self.conversations(&query, re),
            Want::Read(read) => self.read(read, re),
            Want::Channels(query) => self.channels(query, to, re),
            Want::History(history) => self.history(&history, to, re),
            Want::Resume(resume) => self.resume(resume.positions, re, ctx),
            Want::Live | Want::Ping => self.pong(re),
            Want::Cursor(cursor) => self.cursor(cursor, re),
            Want::Rpc(rpc) => self.rpc(rpc, re),
            Want::Reply(reply) => self.give_back(reply, re, ctx),
            Want::Auth(_) => {
                self.refuse(ErrorCode::BadAction, "already authenticated; use a refresh for new credentials", re);
            }
            Want::Unreadable { code, message } => self.refuse(code, &message, re),
        }
    }
}
