//! The state of a client that outlives its connections. It does no I/O: frames, requests and events to be sent are put
//! on its desk.

use super::answers::Welcome;
use super::backoff::Verdict;
use super::channels::Channels;
use super::context::Context;
use super::cursor::Cursor;
use super::desk::{Desk, Pending};
use super::liveness::{Liveness, Look};
use super::org_watches::OrgWatches;
use super::router::Told;
use super::sender::Sender;
use super::streams::Streams;
use super::watches::Watches;
use crate::clock;
use crate::error::HubError;
use crate::event::{Event, State, StateChange};
use crate::options::Options;
use hubwire_protocol::{Address, OrgId, UserId};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// See the module documentation.
pub struct Core {
    /// What the application chose.
    pub options: Arc<Options>,
    /// Outgoing frames and events.
    pub desk: Desk,
    /// Positions in the streams.
    pub streams: Streams,
    /// Unacknowledged actions.
    pub sender: Sender,
    /// The joined channels.
    pub channels: Channels,
    /// Watched users.
    pub watches: Watches,
    /// Watched organisations.
    pub org_watches: OrgWatches,
    /// The state of the connection.
    pub state: State,
    /// Why the client failed.
    pub error: Option<HubError>,
    /// The last *welcome*.
    pub welcome: Option<Arc<Welcome>>,
    /// Organisations according to the last *welcome* or `@@hub/orgs`.
    pub orgs: Vec<OrgId>,
    /// Time until the credentials have to be refreshed.
    pub expires_in: Option<Duration>,
    /// The pause that the node asked for in `@@hub/bye`.
    pub retry_in: Option<Duration>,
    /// Whether anything was received on this connection.
    pub has_heard: bool,
    pub(super) own: Option<Address>,
    cursor: Cursor,
    pub(super) liveness: Liveness,
    instance: String,
    ids: u64,
    lost_at: Option<Duration>,
    is_lost_told: bool,
}

impl Core {
    /// An idle client.
    pub fn new(options: Options) -> Self {
        let instance = format!("{:016x}", rand::random::<u64>());
        Core {
            desk: Desk::new(&instance),
            streams: Streams::default(),
            sender: Sender::new(&options),
            channels: Channels::default(),
            watches: Watches::default(),
            org_watches: OrgWatches::default(),
            state: State::Idle,
            error: None,
            welcome: None,
            orgs: Vec::new(),
            expires_in: None,
            retry_in: None,
            has_heard: false,
            own: None,
            cursor: Cursor::default(),
            liveness: Liveness::new(clock::now()),
            instance,
            ids: 0,
            lost_at: None,
            is_lost_told: false,
            options: Arc::new(options),
        }
    }

    /// The client's user.
    pub fn user(&self) -> Option<&UserId> {
        self.welcome.as_ref().map(|welcome| &welcome.user)
    }

    /// The scope of action ids: the device, or this client if there is none, so that the node detects a retry after a
    /// reconnect.
    pub fn device(&self) -> String {
        self.options.device.as_ref().map_or_else(|| self.instance.clone(), ToString::to_string)
    }

    /// An id for an action: a random prefix per client, and a counter.
    pub fn next_id(&mut self) -> String {
        self.ids += 1;
        format!("{}-{}", self.instance, self.ids)
    }

    /// Whether an id was assigned by this client.
    pub fn is_own_id(&self, id: &str) -> bool {
        id.strip_prefix(&*self.instance).is_some_and(|rest| rest.starts_with('-'))
    }

    /// Whether there is a session.
    pub fn is_connected(&self) -> bool {
        self.state == State::Connected
    }

    /// Reports a failure that nobody is waiting for.
    pub fn tell_error(&mut self, error: HubError) {
        self.desk.tell(Event::Error(error));
    }

    /// Calls `work` with the channels and their context.
    pub fn channels<T>(&mut self, work: impl FnOnce(&mut Channels, &mut Context<'_>) -> T) -> T {
        let is_connected = self.is_connected();
        let mut cx = Context { desk: &mut self.desk, streams: &mut self.streams, is_connected, now: clock::now() };
        work(&mut self.channels, &mut cx)
    }

    /// The application asked to connect.
    pub fn begin(&mut self) {
        if self.state == State::Idle {
            self.enter_state(State::Connecting, None, None);
        }
    }

    /// All missed publications have been delivered.
    pub(super) fn synced(&mut self) {
        self.sender.decide_stale();
        self.desk.tell(Event::Synced);
    }

    /// The connection ended, or could not be made; the next attempt starts after a pause.
    pub fn ended(&mut self, verdict: Verdict, pause: Duration) {
        let was_connected = self.is_connected();
        self.desk.disconnected();
        self.sender.disconnected();
        self.streams.disconnected();
        self.channels.disconnected(&mut self.desk);
        self.watches.disconnected();
        self.org_watches.disconnected();
        if was_connected {
            self.lost_at = Some(clock::now());
        }
        let state = if self.welcome.is_some() { State::Reconnecting } else { State::Connecting };
        log::debug!("{}: {verdict:?}, again in {} ms", state.as_str(), pause.as_millis());
        self.enter_state(state, None, Some(pause));
    }

    /// The client gave up or was closed: rejects everything pending.
    pub fn end(&mut self, state: State, error: HubError) {
        if self.state.is_final() {
            return;
        }
        if state == State::Closed {
            self.commit_own();
        }
        self.sender.close(&error.code, &error.message);
        let told = Some(&error).filter(|_| state == State::Failed);
        self.channels(|channels, cx| channels.close(cx, told));
        self.error = Some(error.clone());
        self.enter_state(state, Some(error.clone()), None);
        self.desk.tell_feeds(Told::EndAll(None));
    }

    /// Checks all timeouts. Returns what to do about the connection.
    pub fn tick(&mut self) -> Look {
        let now = clock::now();
        self.sender.tick(now);
        self.channels(|channels, cx| channels.tick(cx));
        if self.is_connected() && self.cursor.is_due(now) {
            self.commit_own();
        }
        let is_lost = self.lost_at.is_some_and(|at| now >= at + self.options.lost_after);
        if is_lost && !self.is_connected() && !std::mem::replace(&mut self.is_lost_told, true) {
            self.desk.tell(Event::Lost);
        }
        let look = self.liveness.look(now, self.is_connected());
        if look == Look::Ask {
            self.desk.ask("@@hub/ping", None, None, Pending::Nothing);
        }
        look
    }

    /// Something was received.
    pub fn heard(&mut self) {
        self.has_heard = true;
        self.liveness.heard(clock::now());
    }

    /// Whether the reader may wait for the application: only if no request awaits an answer.
    pub fn may_hold(&self) -> bool {
        !self.desk.has_questions() && self.sender.is_idle()
    }

    /// The application starts or stops holding up the reader: silence during that time is not the node's.
    pub fn is_held(&mut self, is_held: bool) {
        self.liveness.hold(is_held, clock::now());
    }

    /// Writes what may be sent now, and reports rejections that nobody is waiting for.
    pub fn settle(&mut self) {
        if self.streams.take_synced() && self.is_connected() {
            self.synced();
        }
        self.sender.pump(&mut self.desk.out, clock::now());
        for error in self.sender.take_unheard() {
            self.desk.tell(Event::Error(error));
        }
    }

    /// A publication of the user's own stream was delivered.
    pub(super) fn own_moved(&mut self) {
        if self.options.auto_commit && self.options.device.is_some() {
            self.cursor.moved(clock::now());
        }
    }

    /// Sends the node the device's cursor in a stream.
    pub fn commit(&mut self, stream: &Address, pos: Option<hubwire_protocol::Position>) {
        let Some(pos) = pos.or_else(|| self.streams.position(stream)).filter(|pos| pos.seq > 0) else { return };
        if self.is_connected() {
            let positions = json!({ "positions": { stream.to_string(): pos } });
            self.desk.ask("@@hub/cursor", None, Some(positions), Pending::Nothing);
        }
    }

    fn commit_own(&mut self) {
        let Some(own) = self.own.clone() else { return };
        let position = self.streams.position(&own);
        let is_wanted = self.options.auto_commit && self.options.device.is_some() && self.is_connected();
        if is_wanted && self.cursor.takes(position) {
            self.commit(&own, position);
        }
    }

    pub(super) fn restored(&mut self, now: Duration) {
        let away = self.lost_at.take().map(|at| now.saturating_sub(at));
        if let (true, Some(away)) = (std::mem::take(&mut self.is_lost_told), away) {
            self.desk.tell(Event::Restored(away));
        }
    }

    pub(super) fn enter_state(&mut self, state: State, error: Option<HubError>, retry_in: Option<Duration>) {
        let previous = std::mem::replace(&mut self.state, state);
        if previous != state || retry_in.is_some() {
            self.desk.tell(Event::State(StateChange { state, previous, error, retry_in }));
        }
    }
}
