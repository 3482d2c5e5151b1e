//! Presence: one actor per node. Keeps the directory (user -> sessions, of the cluster in the broker and of this node
//! here), routes direct messages to the nodes that own the receiver's sessions, and follows the streams of local users.

mod actions;
mod attach;
mod calls;
mod cursors;
mod direct;
mod ephemeral;
mod orgs;
mod people;
mod persistent;
mod profiles;
mod reading;
mod reenter;
mod remote;
mod rules;
mod searches;
mod selecting;
mod streams;

use crate::apart::TaskDone;
use crate::comparison::Comparison;
use crate::complaint::Complaint;
use crate::context::Context;
use crate::core::Core;
use crate::environment::Map;
use crate::feed::owner::FeedOwner;
use crate::feed::Feed;
use crate::handlers::handlers;
use crate::id_map::IdMap;
use crate::mail;
use crate::probe::probed;
use crate::session_list::{OfSession, SessionList};
use crate::trail::{self, Trails};
use crate::words::bridge::BridgePort;
use crate::words::feed::{Arrived, Ephemeral, Tail};
use crate::words::ids::FeedId;
use crate::words::last_heard::{LastHeard, TellLastHeard};
use crate::words::member::MemberRef;
use crate::words::people::{ChangeContact, MarkRead};
use crate::words::persistent::{EndMembership, Rejoin};
use crate::words::presence::*;
use crate::words::session::RulesChanged;
use crate::words::status::DescribeSession;
use actix::prelude::*;
use hubwire_protocol::{Address, DeviceId, Incarnation, SessionId, UserId};
use prometheus::IntCounter;
use searches::Searches;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Interval between two removals of unused accounts.
const SWEEP_ACCOUNTS: Duration = Duration::from_secs(10);

/// Continuation of a message once its session is selected; `None`: the user has no session.
type Selected = Box<dyn FnOnce(&mut Presence, Option<SessionId>, &mut Context<Presence>)>;

/// The presence actor; see the module.
pub struct Presence {
    core: Rc<Core>,
    bridge: Option<Arc<dyn BridgePort>>,
    /// Boxed, so that the free slots of the table are small.
    users: Map<UserId, Box<LocalUser>>,
    /// The user of each local session.
    sessions: HashMap<SessionId, UserId>,
    /// The user of each feed.
    feeds: IdMap<FeedId, UserId>,
    /// Counts direct messages; looked up once, because it is on the hot path.
    published: IntCounter,
    /// Whether a check for loss of the directory is in flight.
    looking_for_loss: bool,
    /// Whether a reminder of delivery actors is scheduled.
    reminding: bool,
    /// Users with a recent message from this node, and the nodes of their sessions.
    trails: Trails<Vec<Incarnation>>,
    /// Notified when the cluster has removed this node.
    fenced: Arc<Notify>,
    /// The comparison of local users' streams with their logs.
    comparison: Comparison<UserId>,
    /// Limits the log line about sessions that cannot be entered.
    not_entered: Complaint,
    /// Calls of the server API that wait for a reply.
    calls: calls::ServerCalls,
    /// Messages for one session that wait for the answers of other nodes.
    searches: Searches<Selected>,
    /// Sessions whose persistent memberships are being read, with the channels they were removed from meanwhile.
    rejoining: HashMap<SessionId, Vec<Address>>,
}

/// A user with a session on this node.
struct LocalUser {
    feed: Feed,
    sessions: SessionList<LocalSession>,
}

/// A session of a local user.
struct LocalSession {
    member: MemberRef,
    device: Option<DeviceId>,
    /// Whether the session is in the directory.
    attached: bool,
}

impl OfSession for LocalSession {
    fn session(&self) -> SessionId {
        self.member.session
    }
}

impl Presence {
    /// Presence without sessions; [`SetBridge`] sets its bridge.
    pub fn new(core: Rc<Core>, fenced: Arc<Notify>) -> Self {
        let published = core.metrics.published.with_label_values(&["user"]);
        Presence {
            published,
            bridge: None,
            users: core.environment.map(),
            sessions: HashMap::new(),
            feeds: IdMap::default(),
            reminding: false,
            looking_for_loss: false,
            trails: Trails::new(&core.environment),
            fenced,
            comparison: Comparison::default(),
            not_entered: Complaint::default(),
            calls: calls::ServerCalls::default(),
            searches: Searches::default(),
            rejoining: HashMap::new(),
            core,
        }
    }

    fn member(&self, session: SessionId) -> Option<&MemberRef> {
        let user = self.users.get(self.sessions.get(&session)?)?;
        user.sessions.find(session).map(|local| &local.member)
    }
}

impl Actor for Presence {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(mail::CORE_MAILBOX);
        ctx.run_interval(trail::LOOK, |presence, _| presence.say_tails());
        ctx.run_interval(SWEEP_ACCOUNTS, |presence, _| presence.core.accounts.sweep());
    }
}

impl Handler<SetBridge> for Presence {
    type Result = ();
    fn handle(&mut self, message: SetBridge, _: &mut Self::Context) {
        self.bridge = Some(message.0);
    }
}

impl Handler<TaskDone<Presence>> for Presence {
    type Result = ();
    fn handle(&mut self, message: TaskDone<Presence>, ctx: &mut Self::Context) {
        message.run(self, ctx);
    }
}

handlers! {
    Presence;
    AttachSession => attach_session;
    NoteOrgs => note_orgs;
    SetProfile => set_profile;
    DetachSession => detach_session;
    ResumeUser => resume;
    Direct => direct;
    DirectEphemeral => direct_ephemeral;
    ChangeContact => change_contact;
    MarkRead => mark_read;
    Arrived => arrived;
    Ephemeral => ephemeral;
    Tail => tail;
    CheckAll => check_all;
    CloseSession => close_session;
    PlaceSession => place_session;
    DescribeSession => describe_session;
    PutCursors => put_cursors;
    FindCursors => find_cursors;
    LookForLoss => look_for_loss;
    Reenter => reenter;
    Fenced => fenced;
    CallSession => call_session;
    CallHere => ask;
    Return => give_back;
    CallReturned => call_returned;
    ReplySession => reply_session;
    ReplyHere => reply_here;
    TellLastHeard => tell_last_heard;
    LastHeard => last_heard;
    Rejoin => rejoin;
    EndMembership => end_membership;
    CountAction => count_action;
    ChargeAction => charge_action;
    RulesChanged => rules_changed;
}

probed!(Presence);
