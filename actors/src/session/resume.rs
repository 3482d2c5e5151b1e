//! Resuming: each stream continues from the position that the client gives, or that its device has acknowledged.

use super::entering::{Resumption, SortedOut};
use super::{Phase, Session, SessionContext};
use crate::access::{may, Capability};
use crate::mail;
use crate::words::answer::Pending;
use crate::words::delivery::{Gone, Start};
use crate::words::member::Permit;
use crate::words::outcome::Refusal;
use crate::words::presence::FindCursors;
use crate::words::session as messages;
use crate::words::{hub, presence};
use hubwire_protocol::event::{Event, Resumed, StreamError};
use hubwire_protocol::request::{Begin, Positions, StreamStart};
use hubwire_protocol::{Address, DeviceId, ErrorCode, Position};

impl Session {
    /// Streams without a position wait for the cursors of the device; each stream is answered separately.
    pub(super) fn resume(&mut self, positions: Positions, re: Option<&str>, ctx: &mut SessionContext) {
        if !needs_cursors(&positions) {
            return self.resume_with(positions, Ok(Vec::new()), re, ctx);
        }
        match self.device() {
            Ok(device) => self.ask_cursors(device, positions, self.accept(), re),
            Err(refusal) => self.resume_with(positions, Err(refusal), re, ctx),
        }
    }

    pub(super) fn cursors_found(&mut self, message: messages::CursorsFound, ctx: &mut SessionContext) {
        let messages::CursorsFound { permit: _permit, cursors, positions, re } = message;
        match self.phase {
            Phase::AskingCursors => self.enter(positions, cursors, re, ctx),
            _ => self.resume_with(positions, cursors, re.as_deref(), ctx),
        }
    }

    fn resume_with(
        &mut self,
        positions: Positions,
        cursors: Result<Vec<(Address, Position)>, Refusal>,
        re: Option<&str>,
        ctx: &mut SessionContext,
    ) {
        let SortedOut { resumed, refused } = self.sort_out(positions, cursors, ctx);
        for (stream, refusal) in refused {
            self.not_resumed(&stream, &refusal, re);
        }
        for (stream, resumption) in resumed {
            self.resume_stream(stream, resumption, re);
        }
    }

    /// Separates the streams that may be resumed, with their starts, from those that may not.
    pub(super) fn sort_out(
        &mut self,
        positions: Positions,
        cursors: Result<Vec<(Address, Position)>, Refusal>,
        ctx: &mut SessionContext,
    ) -> SortedOut {
        let mut sorted = SortedOut { resumed: Vec::with_capacity(positions.len()), refused: Vec::new() };
        for (stream, StreamStart { begin, view, presence, token }) in positions {
            if let Err(refusal) = self.may_resume(&stream, token.as_deref(), ctx) {
                sorted.refused.push((stream, refusal));
                continue;
            }
            let start = match (begin, &cursors) {
                (Begin::Cursor, Err(refusal)) => {
                    sorted.refused.push((stream, refusal.clone()));
                    continue;
                }
                (Begin::Cursor, Ok(cursors)) => {
                    let cursor = cursors.iter().find(|(of, _)| *of == stream).map(|(_, position)| *position);
                    from_cursor(&stream, cursor)
                }
                (begin, _) => start_of(&stream, begin),
            };
            sorted.resumed.push((stream, Resumption { start, view, presence }));
        }
        sorted
    }

    fn may_resume(&mut self, stream: &Address, token: Option<&str>, ctx: &mut SessionContext) -> Result<(), Refusal> {
        if let Some(token) = token {
            self.present(token, stream, ctx)?;
        }
        let Some(identity) = self.credentials.identity() else { return Ok(()) };
        let rules = self.worker.node.rules();
        let allowed = may(identity, &rules.policy, Capability::Read, stream).and_then(|()| match stream {
            Address::Channel(..) => may(identity, &rules.policy, Capability::Join, stream),
            _ => Ok(()),
        });
        allowed.map_err(|denial| Refusal::new(denial.code(), denial.reason()))
    }

    /// Resumes one stream. The answers of several streams come in any order, each with the first read of its log.
    pub(super) fn resume_stream(&mut self, stream: Address, resumption: Resumption, re: Option<&str>) {
        let Some(member) = self.credentials.identity().and_then(|identity| self.member(&identity.user)) else { return };
        let (start, id) = (resumption.start, re.map(Box::from));
        let told = match &stream {
            Address::User(_) => mail::tell(self.worker.node.presence(), presence::ResumeUser { member, start, re: id }),
            Address::Channel(..) => return self.resume_channel(&stream, resumption, re),
            Address::Org(org) | Address::Team(org, _) => match self.hubs.get(org) {
                Some(hub) => {
                    let stream = stream.clone();
                    mail::tell(&hub, hub::ResumeStream { stream, member, start, re: id })
                }
                None => return self.not_resumed(&stream, &not_entered(), re),
            },
            Address::Session(_) => return, // has no stream, and was refused before
        };
        // a client may resume as often as it likes: without room in the mailbox the request is refused
        if told.is_err() {
            let message = "the node is busy; resume again";
            self.not_resumed(&stream, &Refusal::new(ErrorCode::Overloaded, message), re);
        }
    }

    /// Tells the client that one stream cannot be resumed, and why.
    pub(super) fn not_resumed(&self, stream: &Address, refusal: &Refusal, re: Option<&str>) {
        self.count_refusal(refusal.code);
        self.audit_refusal(refusal.code, &refusal.message, Some(stream));
        let error = Some(StreamError { code: refusal.code, message: &refusal.message });
        self.reply(&Event::Resumed(Resumed { error, ..Resumed::default() }), Some(stream), re);
    }

    /// The device that gives the cursors for streams without a position.
    pub(super) fn device(&self) -> Result<DeviceId, Refusal> {
        let device = self.credentials.identity().and_then(|identity| identity.device.clone());
        device.ok_or_else(|| {
            let message = "a position of null needs a device; give `device` when connecting";
            Refusal::new(ErrorCode::BadPayload, message)
        })
    }

    /// Reads the cursors of the session's device.
    pub(super) fn ask_cursors(&self, device: DeviceId, positions: Positions, permit: Permit, re: Option<&str>) {
        let Some(user) = self.credentials.user().cloned() else { return };
        let find = FindCursors { user, device, positions, pending: Pending::new(permit, re) };
        if let Err(find) = mail::offer(self.worker.node.presence(), find) {
            find.pending.cursors(find.positions, Err(Refusal::overloaded()));
        }
    }
}

/// The refusal for a stream of an organisation that was added after this connection began.
pub(super) fn not_entered() -> Refusal {
    let message = "this connection has not entered that organisation; connect again";
    Refusal::new(ErrorCode::Forbidden, message)
}

/// Whether any stream starts at the device's cursor.
pub(super) fn needs_cursors(positions: &Positions) -> bool {
    positions.values().any(|start| start.begin == Begin::Cursor)
}

/// Without a cursor, a device starts at the oldest publication of its user's inbox, and at the next one of other
/// streams.
fn from_cursor(stream: &Address, cursor: Option<Position>) -> Start {
    match (cursor, stream) {
        (Some(position), _) => start_of(stream, Begin::After(position)),
        (None, Address::User(_)) => start_of(stream, Begin::Oldest),
        (None, _) => Start::Now,
    }
}

/// A user's stream is an inbox: a user that was away for longer than its retention receives everything still in it.
pub(super) fn start_of(stream: &Address, begin: Begin) -> Start {
    let gone = if matches!(stream, Address::User(_)) { Gone::Oldest } else { Gone::Top };
    match begin {
        Begin::After(pos) => Start::After { pos, gone },
        Begin::AfterOrOldest(pos) => Start::After { pos, gone: Gone::Oldest },
        Begin::Oldest => Start::After { pos: Position::START, gone: Gone::Oldest },
        Begin::Now | Begin::Cursor => Start::Now,
    }
}
