//! The client.

use crate::ack::Ack;
use crate::channel_options::ChannelOptions;
use crate::engine::{self, Channels, Context, Encoded, Inner, Topic, Waiting, Welcome};
use crate::error::{Code, HubError};
use crate::event::{Publication, State};
use crate::feed::{Channel, Direct, Feed};
use crate::options::Options;
use crate::outgoing::{action, channel_address, raw, SendOptions, ToAddress};
use crate::sent::Sent;
use futures_util::future::join_all;
use hubwire_protocol::{Address, OrgId, TeamId, UserId};
use serde::Serialize;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;

/// A connection that maintains itself: it reconnects, resumes every stream, and retries what was not acknowledged.
///
///  Clones are handles of the same client. It ends when [`Hub::close`] is called, when it fails, or when its last
///  handle, feed and channel are dropped.
#[derive(Clone)]
pub struct Hub(Arc<Handle>);

struct Handle {
    inner: Arc<Inner>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Hub {
    /// A client that does nothing until [`Hub::connect`]. Create feeds before that, so that they miss nothing.
    pub fn new(options: Options) -> Self {
        Hub(Arc::new(Handle { inner: Arc::new(Inner::new(options)), task: Mutex::new(None) }))
    }

    /// Connects and waits for the *welcome*. Fails only if the client gives up or is closed; until then it keeps
    /// trying. Must be called within a tokio runtime, which runs the client from then on.
    pub async fn connect(&self) -> Result<Arc<Welcome>, HubError> {
        self.begin();
        self.inner().connected().await?;
        self.welcome().ok_or_else(|| HubError::new(Code::Closed, "the client ended"))
    }

    /// Starts connecting without waiting.
    pub fn begin(&self) {
        self.run();
        self.inner().with(|core| core.begin());
    }

    /// Starts the client's task, which also enforces the deadlines of actions that wait for a connection.
    fn run(&self) {
        let mut task = self.0.task.lock().unwrap_or_else(PoisonError::into_inner);
        task.get_or_insert_with(|| tokio::spawn(engine::run(self.inner().clone())));
    }

    /// Ends a pause between attempts: connects now.
    pub fn reconnect(&self) {
        self.inner().try_now.notify_one();
    }

    /// Waits up to `flush` for acknowledgements, then ends everything.
    pub async fn close(&self, flush: Duration) {
        let flushed = async {
            while !self.inner().with(|core| core.sender.is_idle()) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        // on a timeout the remaining actions are rejected
        let _ = tokio::time::timeout(flush, flushed).await;
        self.end();
        let task = self.0.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            // an error means that the task panicked
            let _ = task.await;
        }
    }

    /// The state of the connection.
    pub fn state(&self) -> State {
        self.inner().with(|core| core.state)
    }

    /// Whether there is a session and all missed publications have been delivered.
    pub fn is_synced(&self) -> bool {
        self.inner().with(|core| core.is_connected() && core.streams.is_synced())
    }

    /// The last *welcome*: the client's identity, and the node's features and limits.
    pub fn welcome(&self) -> Option<Arc<Welcome>> {
        self.inner().with(|core| core.welcome.clone())
    }

    /// All events: actions of all streams, gaps, presence, and the state of the connection.
    pub fn events(&self) -> Feed {
        Feed::new(self, Topic::All, None)
    }

    /// Everything addressed to this user, and copies of what the user sent from other sessions.
    pub fn inbox(&self) -> Feed {
        Feed::new(self, Topic::Inbox, None)
    }

    /// The events of an organisation.
    pub fn org(&self, org: &OrgId) -> Feed {
        let address = Address::Org(org.clone());
        Feed::new(self, Topic::Stream(address.clone()), Some(address))
    }

    /// The events of a team.
    pub fn team(&self, org: &OrgId, team: &TeamId) -> Feed {
        let address = Address::Team(org.clone(), team.clone());
        Feed::new(self, Topic::Stream(address.clone()), Some(address))
    }

    /// The direct messages between this user and another one.
    pub fn direct(&self, user: &UserId) -> Direct {
        Direct::new(self, user.clone())
    }

    /// Joins a channel; handles of the same address share one membership.
    pub fn channel(&self, address: impl ToAddress) -> Result<Channel, HubError> {
        let address = channel_address(&address)?;
        Ok(self.enter(address, ChannelOptions::default()))
    }

    /// Joins a channel with options: without joins and leaves, starting with recent publications or a snapshot, or with
    /// a token.
    pub fn channel_with(&self, address: impl ToAddress, options: ChannelOptions) -> Result<Channel, HubError> {
        Ok(self.enter(channel_address(&address)?, options))
    }

    /// Joins a channel without receiving joins and leaves.
    pub fn channel_without_presence(&self, address: impl ToAddress) -> Result<Channel, HubError> {
        self.channel_with(address, ChannelOptions { presence: false, ..ChannelOptions::default() })
    }

    /// Joins the channel that the user looks at, and leaves the one viewed before, in one step.
    pub fn view(&self, address: impl ToAddress) -> Result<Channel, HubError> {
        self.view_with(address, ChannelOptions::default())
    }

    /// As [`Hub::view`], with options.
    pub fn view_with(&self, address: impl ToAddress, options: ChannelOptions) -> Result<Channel, HubError> {
        let address = channel_address(&address)?;
        Ok(self.feed_first(address, |channels, cx, address| channels.view(cx, address, options)))
    }

    /// Leaves the channel that is viewed.
    pub fn view_nothing(&self) {
        self.inner().with(|core| core.channels(|channels, cx| channels.view_nothing(cx)));
    }

    /// Calls a function with each action of a type, on the client's task: it must not block. A panic is reported as
    /// [`Event::Error`](crate::Event::Error) and does not affect other handlers. The handler is removed when the guard
    /// is dropped.
    pub fn on_action(&self, kind: &str, handler: impl FnMut(&Publication) + Send + 'static) -> HandlerGuard {
        HandlerGuard { inner: self.inner().clone(), id: self.inner().router.handle(kind, handler) }
    }

    /// Sends an action. Await the returned value for the [`Ack`]; the action is sent whether or not somebody awaits it.
    /// Without a connection it waits in the queue. It is retried with the same id until it is acknowledged, and stored
    /// once. Must be called within a tokio runtime.
    pub fn send(&self, to: impl ToAddress, kind: &str, payload: &impl Serialize) -> Result<Sent, HubError> {
        self.send_with(to, kind, payload, SendOptions::default())
    }

    /// As [`Hub::send`], with options.
    pub fn send_with(
        &self,
        to: impl ToAddress,
        kind: &str,
        payload: &impl Serialize,
        options: SendOptions,
    ) -> Result<Sent, HubError> {
        let to = to.to_address()?;
        let id = options.id.clone().unwrap_or_else(|| self.inner().with(|core| core.next_id()));
        let text = action(&to, kind, Some(&raw(payload)?), Some(&id), false, &options)?;
        let (is_queued, deadline) = (!options.only_connected, options.deadline);
        self.run();
        let waiting = self.inner().with(|core| {
            core.check(&text, is_queued).map_err(|error| error.of_id(&id))?;
            core.send(Encoded { id: id.clone(), text, to, deadline })
        })?;
        Ok(Sent::new(id, waiting, self.inner().clone()))
    }

    /// Cancels the send with this id. `true`: it was never sent.
    pub fn cancel(&self, id: &str) -> bool {
        self.inner().with(|core| core.sender.cancel(id))
    }

    /// Sends several actions in as few frames as possible. Returns the outcome of each, in their order.
    pub async fn batch(&self, items: Vec<(Address, String, Value)>) -> Vec<Result<Ack, HubError>> {
        let (mut encoded, mut results): (Vec<Encoded>, Vec<Result<String, HubError>>) = (Vec::new(), Vec::new());
        for (to, kind, payload) in items {
            let id = self.inner().with(|core| core.next_id());
            let made = raw(&payload)
                .and_then(|payload| action(&to, &kind, Some(&payload), Some(&id), false, &SendOptions::default()))
                .and_then(|text| self.inner().with(|core| core.check(&text, true)).map(|()| text));
            results.push(made.map(|text| {
                encoded.push(Encoded { id: id.clone(), text, to, deadline: None });
                id
            }));
        }
        self.run();
        let mut waiting = self.inner().with(|core| core.send_together(encoded)).into_iter();
        join_all(results.into_iter().map(|made| self.outcome(made.map(|id| (id, waiting.next()))))).await
    }

    async fn outcome(
        &self,
        made: Result<(String, Option<Result<Waiting, HubError>>), HubError>,
    ) -> Result<Ack, HubError> {
        let (id, waiting) = made?;
        match waiting {
            Some(waiting) => Sent::new(id, waiting?, self.inner().clone()).await,
            None => Err(HubError::new(Code::Closed, "the client ended").of_id(&id)),
        }
    }

    /// Sends to the sessions that are connected now, without storing it in the log. `false`: there is no connection or
    /// it is congested; nothing was sent.
    pub fn ephemeral(&self, to: impl ToAddress, kind: &str, payload: &impl Serialize) -> Result<bool, HubError> {
        let text = action(&to.to_address()?, kind, Some(&raw(payload)?), None, true, &SendOptions::default())?;
        self.inner().with(|core| {
            if !core.has_room() {
                return Ok(false);
            }
            core.check(&text, false)?;
            core.desk.out.push_back(text);
            Ok(true)
        })
    }

    /// The stream of an address: messages to users are in the sender's own stream.
    pub(crate) fn stream_of(&self, address: &Address) -> Result<Address, HubError> {
        match (address, self.welcome()) {
            (Address::User(_), Some(welcome)) => Ok(Address::User(welcome.user.clone())),
            (Address::User(_), None) => {
                Err(HubError::new(Code::NotConnected, "who one is is known from the first connection on"))
            }
            _ => Ok(address.clone()),
        }
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.0.inner
    }

    fn enter(&self, address: Address, options: ChannelOptions) -> Channel {
        self.feed_first(address, |channels, cx, address| channels.enter(cx, address, options))
    }

    /// Creates the feed before joining the channel, so that it misses nothing.
    fn feed_first(
        &self,
        address: Address,
        take: impl FnOnce(&mut Channels, &mut Context<'_>, &Address) -> u64,
    ) -> Channel {
        let feed = Feed::new(self, Topic::Stream(address.clone()), Some(address.clone()));
        let membership = self.inner().with(|core| core.channels(|channels, cx| take(channels, cx, &address)));
        Channel::new(feed, address, membership)
    }

    fn end(&self) {
        self.inner().with(|core| core.end(State::Closed, HubError::new(Code::Closed, "the client was closed")));
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // nobody can receive or request anything any more; the task closes the connection by itself
        let error = HubError::new(Code::Closed, "the client was dropped");
        self.inner.with(|core| core.end(State::Closed, error));
    }
}

/// Removes a handler when it is dropped.
#[must_use = "the handler is removed when this is dropped"]
pub struct HandlerGuard {
    inner: Arc<Inner>,
    id: u64,
}

impl Drop for HandlerGuard {
    fn drop(&mut self) {
        self.inner.router.forget(self.id);
    }
}
