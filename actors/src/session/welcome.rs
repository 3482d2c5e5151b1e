//! From authenticated to open: the directory, the hubs, the welcome; and the end of the session.

use super::entering::{Entering, SortedOut};
use super::resume::needs_cursors;
use super::{Phase, Session, SessionContext};
use crate::access::reach;
use crate::identity::Identity;
use crate::mail;
use crate::outbox::Ended;
use crate::settings::Settings;
use crate::words::bridge::{EnterOrg, ExitOrg};
use crate::words::delivery::Start;
use crate::words::outcome::Refusal;
use crate::words::persistent::Rejoin;
use crate::words::presence::{AttachSession, DetachSession};
use crate::words::session as messages;
use hubwire_protocol::event::{Event, Welcome};
use hubwire_protocol::id::SYSTEM_ORG;
use hubwire_protocol::request::Positions;
use hubwire_protocol::{Address, CloseCode, OrgId, Position, TeamId};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The features of every node, for the welcome.
pub const FEATURES: &[&str] = &[
    "direct",
    "orgs",
    "teams",
    "channels",
    "view",
    "presence",
    "history",
    "resume",
    "cursors",
    "hold",
    "limits",
    "text_ping",
    "own_pos",
    "replay_oldest",
    "orgs_push",
    "history_after",
    "members",
    "presence_pages",
    "presence_state",
    "watch",
    "rpc",
    "address_tokens",
    "recent",
    "snapshots",
    "select",
    "except",
    "kick",
    "invite",
    "channel_list",
    "history_id",
];

/// Further features, by configuration.
fn features(settings: &Settings) -> Vec<&'static str> {
    let optional = [
        ("profile", settings.profile_ttl.is_some()),
        ("last_seen", settings.last_seen),
        ("org_presence", settings.org_presence),
        ("people", settings.reaches.people),
        ("conversations", settings.reaches.people),
    ];
    let configured = optional.iter().filter(|(_, is_on)| *is_on).map(|(name, _)| *name);
    FEATURES.iter().copied().chain(configured).collect()
}

impl Session {
    /// The client is authenticated. Nothing more is read from it until the welcome has been sent.
    pub(super) fn begin(
        &mut self,
        identity: Rc<Identity>,
        resume: Positions,
        re: Option<Box<str>>,
        ctx: &mut SessionContext,
    ) {
        self.socket.set_paused(true);
        self.credentials.replace(identity);
        self.watch_expiry(ctx);
        if !needs_cursors(&resume) {
            return self.enter(resume, Ok(Vec::new()), re, ctx);
        }
        match self.device() {
            // the session follows nothing before it knows the start positions
            Ok(device) => {
                self.phase = Phase::AskingCursors;
                self.ask_cursors(device, resume, self.permit(), re.as_deref());
            }
            Err(refusal) => self.enter(resume, Err(refusal), re, ctx),
        }
    }

    /// Enters the directory and the organisations.
    pub(super) fn enter(
        &mut self,
        resume: Positions,
        cursors: Result<Vec<(Address, Position)>, Refusal>,
        re: Option<Box<str>>,
        ctx: &mut SessionContext,
    ) {
        let Some(identity) = self.credentials.identity().cloned() else { return };
        // from here on the worker checks its rights
        let node = &self.worker.node;
        let by_address = self.socket.address().and_then(|address| node.judge_address(address));
        if let Some(denied) = by_address.or_else(|| node.judge(&identity)) {
            return self.deny(denied, re.as_deref());
        }
        self.hubs.enter();
        self.worker.admit(self.socket.key(), identity.clone());
        let Some(member) = self.member(&identity.user) else { return };
        let own: Address = Address::User(identity.user.clone());
        let SortedOut { resumed, refused } = self.sort_out(resume, cursors, ctx);
        let (channels, known): (Vec<_>, Vec<_>) =
            resumed.into_iter().partition(|(stream, _)| matches!(stream, Address::Channel(..)));
        let mut known: BTreeMap<Address, Start> =
            known.into_iter().map(|(stream, resumption)| (stream, resumption.start)).collect();
        let orgs = orgs_of(&identity);
        let missing = 1 + orgs.len();
        let positions = BTreeMap::new();
        self.phase = Phase::Entering(Box::new(Entering { missing, positions, channels, refused, re }));
        let attach = AttachSession {
            member: member.clone(),
            device: identity.device.clone(),
            orgs: self.worker.node.settings().reaches.need_orgs().then(|| reach::orgs_of(&identity)),
            resume: known.remove(&own),
        };
        mail::insist(self.worker.node.presence(), attach);
        for (org, teams) in orgs {
            let of_org = |stream: &Address| stream.org() == Some(&org);
            let resume =
                known.iter().filter(|(stream, _)| of_org(stream)).map(|(s, start)| (s.clone(), *start)).collect();
            mail::insist(self.worker.node.bridge(), EnterOrg { org, member: member.clone(), teams, resume });
        }
    }

    pub(super) fn attached(&mut self, message: messages::Attached, ctx: &mut SessionContext) {
        let Some(user) = self.credentials.user().cloned() else { return };
        self.entered_part([(Address::User(user), message.position)].into(), ctx);
    }

    pub(super) fn attach_failed(&mut self, message: messages::AttachFailed, _: &mut SessionContext) {
        if let Some((stream, refusal)) = &message.said {
            let re = match &self.phase {
                Phase::Entering(entering) => entering.re.clone(),
                _ => None,
            };
            self.pass_on(refusal, Some(stream), re.as_deref());
        }
        self.close(message.code);
    }

    pub(super) fn entered(&mut self, message: messages::OrgEntered, ctx: &mut SessionContext) {
        self.hubs.put(message.org, message.hub);
        match self.phase {
            Phase::Open => self.gained(message.positions, ctx),
            _ => self.entered_part(message.positions, ctx),
        }
    }

    fn entered_part(&mut self, positions: BTreeMap<Address, Position>, ctx: &mut SessionContext) {
        let Phase::Entering(entering) = &mut self.phase else { return };
        entering.positions.extend(positions);
        entering.missing = entering.missing.saturating_sub(1);
        if entering.missing == 0 {
            if let Phase::Entering(entering) = std::mem::replace(&mut self.phase, Phase::Open) {
                self.open(*entering, ctx);
            }
        }
    }

    fn open(&mut self, entering: Entering, ctx: &mut SessionContext) {
        let Some(identity) = self.credentials.identity().cloned() else { return };
        let settings = self.settings.clone();
        let welcome = Welcome {
            session: self.id,
            node: &settings.node,
            user: &identity.user,
            orgs: identity.orgs.keys().collect(),
            resume: entering.positions.iter().map(|(stream, pos)| (stream.to_string(), *pos)).collect(),
            ping_ms: settings.ping_interval.as_millis() as u64,
            max_frame_bytes: settings.limits.frame_bytes_max,
            features: &features(&settings),
            version: settings.version,
            now: Some(self.worker.node.environment().unix_ms()),
            expires_in_ms: self.expires_in(&identity),
            memberships: Some(identity.memberships()),
            limits: Some(settings.shown_limits()),
        };
        self.reply(&Event::Welcome(welcome), None, entering.re.as_deref());
        self.tell_welcomed();
        for (stream, refusal) in &entering.refused {
            self.not_resumed(stream, refusal, None);
        }
        self.worker.open(self.socket.key());
        self.take_over_profile();
        self.announce_open(&identity.user);
        for (channel, resumption) in entering.channels {
            self.resume_stream(channel, resumption, None);
        }
        if settings.persistent_max > 0 {
            // after the resumed channels, which the session need not join again
            mail::insist(self.worker.node.presence(), Rejoin { session: self.id });
        }
        self.read_on(ctx);
    }

    /// Notifies the actors that know the session of its end.
    pub(super) fn end(&mut self) {
        self.worker.node.metrics().sessions.dec();
        self.worker.leave(self.socket.key());
        self.end_paced();
        self.leave_all();
        self.unwatch_all();
        self.return_all();
        if !self.hubs.leave() {
            return;
        }
        let Some(identity) = self.credentials.identity().cloned() else { return };
        self.announce_gone(&Address::User(identity.user.clone()));
        let Some(member) = self.member(&identity.user) else { return };
        for (org, teams) in orgs_of(&identity) {
            mail::insist(self.worker.node.bridge(), ExitOrg { org, member: member.clone(), teams });
        }
        mail::insist(self.worker.node.presence(), DetachSession { member });
    }

    pub(super) fn count_end(&self, ended: &Ended) {
        let slow = CloseCode::SlowConsumer;
        let stalled = self.socket.outbox().closed_with() == Some(self.socket.dialect().close(slow, slow.reason()));
        let reason = match ended {
            _ if stalled => "stalled",
            Ended::ByPeer { .. } => "peer",
            Ended::Refused { .. } => "refused",
            Ended::Lost => "lost",
        };
        self.worker.node.metrics().sessions_closed.with_label_values(&[reason]).inc();
    }
}

/// The organisations of a session: its user's and `system`, of which everybody is a member.
pub(super) fn orgs_of(identity: &Identity) -> Vec<(OrgId, Vec<TeamId>)> {
    let mut orgs: Vec<(OrgId, Vec<TeamId>)> = identity
        .orgs
        .iter()
        .filter(|(org, _)| !org.is_system())
        .map(|(org, membership)| (org.clone(), membership.teams.iter().cloned().collect()))
        .collect();
    // a constant within the grammar
    orgs.extend(SYSTEM_ORG.parse().ok().map(|system: OrgId| (system, Vec::new())));
    orgs
}
