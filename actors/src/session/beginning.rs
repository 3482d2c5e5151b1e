//! Joins with the channel's past in the answer: its newest publications, or its snapshot. The past is read first; then
//! the session joins from the position after it, so nothing is missed or delivered twice.

use super::membership::{JoinRequest, Past};
use super::resume::start_of;
use super::{Session, SessionContext};
use crate::access::{may, Capability};
use crate::mail;
use crate::words::answer::{Asker, Pending};
use crate::words::beginning::{shown, state, Beginning};
use crate::words::delivery::{Gone, Start};
use crate::words::log_reader::{Ask, Question};
use crate::words::outcome::{Found, Refusal};
use crate::words::payer::Payer;
use crate::words::session::JoinPrepared;
use hubwire_protocol::request::{Begin, Join, Presenting};
use hubwire_protocol::{Address, ErrorCode, Position};
use std::sync::Arc;

impl Session {
    /// Whether the session may receive the past that the join requests; if not, the client has been answered.
    pub(super) fn may_begin_so(&mut self, join: &Join, to: &Address, re: Option<&str>) -> bool {
        let ways = [join.pos.is_some(), join.recent.is_some(), join.snapshot];
        if ways.iter().filter(|way| **way).count() > 1 {
            let message = "a join takes only one of `pos`, `recent` and `snapshot`";
            self.refuse_at(ErrorCode::BadPayload, message, Some(to), re);
            return false;
        }
        if !join.presence.state.iter().flatten().all(|state| self.has_size(state, to, re)) {
            return false;
        }
        // the answer contains history
        (join.recent.is_none() && !join.snapshot) || self.allowed(Capability::Read, Some(to), re).is_some()
    }

    /// Joins the channel, once the requested part of its past has been read.
    pub(super) fn begin_join(&mut self, channel: &Address, join: JoinRequest) {
        let Some(Past::Wanted { recent, snapshot }) = join.past.as_deref() else {
            return self.ask_in(channel, join);
        };
        let Some(identity) = self.credentials.identity().cloned() else { return };
        let recent = (*recent).min(self.worker.node.settings().history_max);
        let question = Question::Beginning { channel: channel.clone(), recent, snapshot: *snapshot };
        let payer = Some(Payer::of(&identity.user, identity.orgs.keys(), channel, self.handle.network));
        let asker = Asker::Join { pending: Pending::new(self.permit(), None), channel: channel.clone() };
        self.seldom.need().preparing.push((channel.clone(), join));
        if let Err(ask) = mail::offer(self.worker.node.log_reader(), Ask { question, payer, asker }) {
            ask.asker.give(Err(Refusal::overloaded()));
        }
    }

    /// The past of a channel has been read.
    pub(super) fn join_prepared(&mut self, message: JoinPrepared, _: &mut SessionContext) {
        let JoinPrepared { permit: _permit, channel, found } = message;
        let Some(preparing) = self.seldom.get_mut().map(|seldom| &mut seldom.preparing) else { return };
        let Some(at) = preparing.iter().position(|(of, _)| *of == channel) else { return };
        let (channel, join) = preparing.swap_remove(at);
        match found.and_then(|found| self.with_past(&channel, join.past.as_deref(), found)) {
            Ok((resume, beginning)) => {
                let past = Some(Box::new(Past::Known(Arc::new(beginning))));
                self.ask_in(&channel, JoinRequest { resume, past, ..join });
            }
            Err(refusal) => {
                self.join_refused(&channel, &refusal, join.re.as_deref(), join.as_resume);
                self.memberships.answered(&channel, false);
                self.go_on(&channel);
            }
        }
    }

    /// The position from which the session continues, and what the client receives first.
    fn with_past(
        &self,
        channel: &Address,
        past: Option<&Past>,
        found: Found,
    ) -> Result<(Option<Start>, Beginning), Refusal> {
        let (Some(identity), Found::Beginning { entries, snapshot }) = (self.credentials.identity(), found) else {
            return Ok((None, Beginning::default())); // a session without an identity never joins
        };
        // a refresh may have changed the rights in between
        may(identity, &self.worker.node.rules().policy, Capability::Read, channel)
            .map_err(|denial| Refusal::new(denial.code(), denial.reason()))?;
        let after = |pos| Some(Start::After { pos, gone: Gone::Oldest });
        if matches!(past, Some(Past::Wanted { snapshot: true, .. })) {
            let snapshot = snapshot.as_ref().and_then(state);
            let start = snapshot.as_ref().and_then(|snapshot| after(snapshot.pos));
            return Ok((start, Beginning { recent: None, snapshot: Some(snapshot) }));
        }
        let newest = entries.last().map_or(Position::START, |entry| entry.pos);
        let recent = Some(shown(&entries, &identity.user));
        Ok((after(newest), Beginning { recent, snapshot: None }))
    }
}

/// The request for the channel: the start, and whether the client wants joins and leaves. `null` is no position here.
pub(super) fn request(channel: &Address, join: Join, re: Option<&str>) -> JoinRequest {
    let Presenting { wanted, state } = join.presence;
    let start = join.pos.as_ref();
    let resume = start.filter(|start| start.begin != Begin::Cursor).map(|start| start_of(channel, start.begin));
    let presence = wanted && start.is_none_or(|start| start.presence);
    let (recent, snapshot) = (join.recent.unwrap_or(0) as usize, join.snapshot);
    let past = (join.recent.is_some() || snapshot).then(|| Box::new(Past::Wanted { recent, snapshot }));
    JoinRequest { resume, presence, state, past, re: re.map(Box::from), as_resume: false, by_client: true }
}
