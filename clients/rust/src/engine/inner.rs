//! The state of a client, shared by its handles and its task.

use super::core::Core;
use super::desk::Pending;
use super::router::Router;
use crate::clock;
use crate::error::{Code, HubError, Outcome};
use crate::event::State;
use crate::options::Options;
use crate::serving::Served;
use hubwire_protocol::{Address, ErrorCode};
use serde_json::Value;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{oneshot, watch, Notify};

/// How long a request is repeated.
const ASK_FOR: Duration = Duration::from_secs(30);
const ASK_PAUSE: Duration = Duration::from_millis(500);

/// See the module documentation. The lock is held for single steps only, never across an await or a callback.
pub struct Inner {
    core: Mutex<Core>,
    /// Feeds and handlers.
    pub router: Router,
    /// Something is to be written.
    pub wake: Notify,
    /// A feed has room again, or the reader must stop waiting.
    pub room: Notify,
    /// The pause between attempts has to end.
    pub try_now: Notify,
    /// The node is silent: the connection has to end.
    pub silent: Notify,
    /// A timeout is pending.
    pub busy: Notify,
    /// There is an errand for the application.
    pub errand: Notify,
    /// The methods that the application serves.
    pub served: Served,
    state: watch::Sender<State>,
}

impl Inner {
    /// An idle client.
    pub fn new(options: Options) -> Self {
        Inner {
            core: Mutex::new(Core::new(options)),
            router: Router::default(),
            wake: Notify::new(),
            room: Notify::new(),
            try_now: Notify::new(),
            silent: Notify::new(),
            busy: Notify::new(),
            errand: Notify::new(),
            served: Served::default(),
            state: watch::Sender::new(State::Idle),
        }
    }

    /// Performs one step: changes the state, then dispatches events and wakes the tasks concerned.
    pub fn with<T>(&self, step: impl FnOnce(&mut Core) -> T) -> T {
        let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
        let value = step(&mut core);
        core.settle();
        let told = core.desk.take_told();
        let own = if told.is_empty() { None } else { core.user().cloned() };
        let (has_out, is_busy, state) = (!core.desk.out.is_empty(), !core.sender.is_idle(), core.state);
        let has_errands = core.desk.has_errands();
        drop(core);
        for told in told {
            self.router.dispatch(told, own.as_ref());
        }
        self.state.send_if_modified(|known| std::mem::replace(known, state) != state);
        if has_errands {
            self.errand.notify_one();
        }
        if has_out {
            self.wake.notify_one();
        }
        if is_busy {
            self.busy.notify_one();
            self.room.notify_one();
        }
        value
    }

    /// Watches the state.
    pub fn watch(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    /// Waits for a session. An error means that there will be none.
    pub async fn connected(&self) -> Result<(), HubError> {
        let mut state = self.watch();
        // the sender lives as long as `self`: no error
        let reached = state.wait_for(|state| *state == State::Connected || state.is_final()).await.map(|state| *state);
        match reached {
            Ok(State::Connected) => Ok(()),
            _ => Err(self.with(|core| core.error.clone()).unwrap_or_else(|| HubError::new(Code::Closed, ""))),
        }
    }

    /// Waits until the client has ended.
    pub async fn ended(&self) {
        // the sender lives as long as `self`: no error
        let _ = self.watch().wait_for(|state| state.is_final()).await;
    }

    /// Sends a request once. If it was sent and not answered, its outcome is unknown.
    pub async fn ask_once(&self, kind: &str, payload: Value, timeout: Duration) -> Result<String, HubError> {
        let no_connection = |_| HubError::new(Code::NotConnected, "there is no connection");
        tokio::time::timeout(timeout, self.connected()).await.map_err(no_connection)??;
        let (sender, answer) = oneshot::channel();
        self.with(|core| core.desk.ask(kind, None, Some(payload), Pending::Asked(sender)));
        self.room.notify_one();
        let late = |_| HubError::new(Code::Timeout, format!("no answer to {kind}"));
        let answer = tokio::time::timeout(timeout, answer).await.map_err(late);
        let answer = answer.and_then(|answer| answer.unwrap_or_else(|_| Err(HubError::disconnected())));
        answer.map_err(|error| match error.code {
            Code::Timeout | Code::Disconnected | Code::Node(ErrorCode::Timeout) => {
                HubError { outcome: Outcome::Unknown, retry: false, ..error }
            }
            _ => error,
        })
    }

    /// Sends a request, again after a temporary error or a reconnect. Returns the text of the answer.
    pub async fn ask(&self, kind: &str, to: Option<&Address>, payload: Option<Value>) -> Result<String, HubError> {
        let id = self.with(|core| core.desk.next_id());
        self.ask_as(&id, kind, to, payload).await
    }

    /// The same with the caller's id: what the request stores is stored once.
    pub async fn ask_as(
        &self,
        id: &str,
        kind: &str,
        to: Option<&Address>,
        payload: Option<Value>,
    ) -> Result<String, HubError> {
        let give_up_at = clock::now() + ASK_FOR;
        loop {
            let left = give_up_at.saturating_sub(clock::now());
            let late = |_| HubError::new(Code::Timeout, format!("no answer to {kind}"));
            tokio::time::timeout(left, self.connected()).await.map_err(late)??;
            let (sender, answer) = oneshot::channel();
            let (id, payload) = (id.to_owned(), payload.clone());
            self.with(|core| core.desk.ask_as(id, kind, to, payload, Pending::Asked(sender)));
            self.room.notify_one();
            let answer = tokio::time::timeout(left, answer).await.map_err(late)?;
            let error = match answer.unwrap_or_else(|_| Err(HubError::disconnected())) {
                Ok(text) => return Ok(text),
                Err(error) if !error.retry || clock::now() >= give_up_at => return Err(error),
                Err(error) => error,
            };
            let pause = error.retry_after.unwrap_or_default().max(ASK_PAUSE.mul_f64(rand::random::<f64>()));
            tokio::time::sleep(pause).await;
        }
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").field("state", &*self.state.borrow()).finish_non_exhaustive()
    }
}
