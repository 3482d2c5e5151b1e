//! What the client sends: decode, count, and hand each action to the method that does it.

use super::{Phase, Session, SessionContext};
use bytes::Bytes;
use hubwire_protocol::codec::DecodeError;
use hubwire_protocol::control::{self, ClientControl, ErrorBody, Positions, ServerControl};
use hubwire_protocol::{Action, CloseCode, Codec, ErrorCode};

/// A frame and the first of its actions that was not done.
pub(super) struct Rest {
    frame: Bytes,
    from: usize,
}

impl Session {
    pub(super) fn on_frame(&mut self, codec: Codec, message: &[u8], ctx: &mut SessionContext) {
        if codec != self.codec {
            let expected = match self.codec {
                Codec::Json => "this connection speaks JSON: send text frames",
                Codec::MsgPack => "this connection speaks MessagePack: send binary frames",
            };
            return self.bad_frame(ErrorCode::WrongFrameKind, expected, None, &[]);
        }
        let node = self.worker.node.clone();
        match codec.decode(message, &node.settings().limits) {
            Ok(actions) => self.on_actions(&actions, 0, message, ctx),
            Err(DecodeError { code, message, re, not_done }) => {
                self.bad_frame(code, &message, re.as_deref(), &not_done);
            }
        }
    }

    /// Does the actions of a frame from one on. One that has to wait for the welcome, or for new credentials, keeps those behind
    /// it waiting too.
    fn on_actions(&mut self, actions: &[Action<'_>], from: usize, message: &[u8], ctx: &mut SessionContext) {
        for (index, action) in actions.iter().enumerate().skip(from) {
            if self.waits() {
                self.rest = Some(Box::new(Rest { frame: Bytes::copy_from_slice(message), from: index }));
                return;
            }
            self.on_action(action, ctx);
        }
    }

    /// Whether what the client sends has to wait. Nothing more is read meanwhile.
    pub(super) fn waits(&self) -> bool {
        let enters = matches!(self.phase, Phase::TakingTicket(_) | Phase::AskingCursors | Phase::Entering(_));
        enters || self.refreshing.is_some()
    }

    /// Goes on with what waited.
    pub(super) fn read_on(&mut self, ctx: &mut SessionContext) {
        self.look_for_room();
        let Some(rest) = self.rest.take() else { return };
        let Rest { frame, from } = *rest;
        let node = self.worker.node.clone();
        if let Ok(actions) = self.codec.decode(&frame, &node.settings().limits) {
            self.on_actions(&actions, from, &frame, ctx);
        }
    }

    /// Answers a frame that was no action; too many of them within a minute end the connection.
    fn bad_frame(&mut self, code: ErrorCode, message: &str, re: Option<&str>, not_done: &[String]) {
        self.count_refusal(code);
        let body = ErrorBody { code, message, retry: code.retry(), retry_after_ms: None, not_done };
        self.reply(&ServerControl::Error(body), None, re);
        if self.bad_frames.is_too_many(self.worker.node.settings().bad_frames_max) {
            self.close(CloseCode::BadFrame);
        }
    }

    fn on_action(&mut self, action: &Action<'_>, ctx: &mut SessionContext) {
        let re = action.hub.id.as_deref();
        if let Err(wait) = self.bucket.take(self.worker.node.settings()) {
            let retry_after_ms = Some(wait.as_millis() as u64 + 1);
            return self.refuse_until(ErrorCode::RateLimited, "too many actions", retry_after_ms, None, re);
        }
        if self.handle.in_flight.reaches(super::in_flight_bound(self.worker.node.settings())) {
            return self.refuse(ErrorCode::Overloaded, "too many actions wait for their answer", re);
        }
        if !action.is_control() {
            return match self.phase {
                Phase::Open => self.publish(action),
                _ => self.unauthenticated(re),
            };
        }
        match control::parse(action) {
            Ok(control) => self.on_control(control, action, ctx),
            Err(DecodeError { code, message, .. }) => self.refuse(code, &message, re),
        }
    }

    /// The first message of a session that was held.
    fn begin_held(&mut self, positions: Positions, re: Option<&str>, ctx: &mut SessionContext) {
        let Some(identity) = self.identity.clone() else { return };
        self.begin(identity, positions, re.map(Box::from), ctx);
    }

    fn unauthenticated(&self, re: Option<&str>) {
        if matches!(self.phase, Phase::Held) {
            let message = "this session is held (?hold=true): send @@hub/resume or @@hub/live first";
            return self.refuse(ErrorCode::BadAction, message, re);
        }
        self.refuse(ErrorCode::Unauthenticated, "send @@hub/auth with a token or ticket first", re);
    }

    fn on_control(&mut self, control: ClientControl, action: &Action<'_>, ctx: &mut SessionContext) {
        let (to, re) = (action.hub.to.as_ref(), action.hub.id.as_deref());
        match (&self.phase, control) {
            (Phase::Unauthenticated, ClientControl::Auth(auth)) => self.authenticate(auth, re, ctx),
            (Phase::Held, ClientControl::Resume(resume)) => self.begin_held(resume.positions, re, ctx),
            (Phase::Held, ClientControl::Live) => self.begin_held(Positions::new(), re, ctx),
            (Phase::Held, ClientControl::Ping) => self.pong(re),
            (Phase::Open, ClientControl::Auth(_)) => {
                self.refuse(ErrorCode::BadAction, "authenticated already; use @@hub/refresh for a new token", re);
            }
            (Phase::Open, control) => self.on_open_control(control, to, re, ctx),
            _ => self.unauthenticated(re),
        }
    }

    fn on_open_control(
        &mut self,
        control: ClientControl,
        to: Option<&hubwire_protocol::Address>,
        re: Option<&str>,
        ctx: &mut SessionContext,
    ) {
        match control {
            ClientControl::Refresh(refresh) => self.refresh(refresh, re, ctx),
            ClientControl::Join(join) => self.join(join, to, re),
            ClientControl::Leave => self.leave(to, re),
            ClientControl::View(view) => self.view(view, to, re),
            ClientControl::State(state) => self.state(state, to, re),
            ClientControl::Presence(query) => self.presence(query, to, re),
            ClientControl::Watch(users) => self.watch(users, re),
            ClientControl::Unwatch(users) => self.unwatch(users, re),
            ClientControl::History(history) => self.history(&history, to, re),
            ClientControl::Resume(resume) => self.resume(resume.positions, re),
            ClientControl::Live => self.pong(re),
            ClientControl::Cursor(cursor) => self.cursor(cursor, re),
            ClientControl::Rpc(rpc) => self.rpc(rpc, re),
            ClientControl::Reply(reply) => self.give_back(reply, re, ctx),
            ClientControl::Ping => self.pong(re),
            ClientControl::Auth(_) => {} // handled above
        }
    }
}
