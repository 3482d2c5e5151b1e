//! The supported methods, and the scope that each requires.

use super::caller::Caller;
use super::failure::{ApiError, Outcome};
use super::publishing::{Content, Publish};
use super::{members, observing, past, publishing};
use crate::auth::api_key::Scope;
use hubwire_actors::audit::{AuditEvent, AuditKind};
use hubwire_protocol::centrifuge::codes;
use serde::Deserialize;
use serde_json::value::RawValue;

macro_rules! methods {
    ($($name:ident = $text:literal needs $scope:ident;)+) => {
        /// A method of the API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Method { $($name),+ }

        impl Method {
            /// Parses the name.
            pub fn named(text: &str) -> Option<Method> {
                match text { $($text => Some(Method::$name),)+ _ => None }
            }

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $(Method::$name => $text),+ }
            }

            /// The scope that a key needs for it.
            pub fn scope(self) -> Scope {
                match self { $(Method::$name => Scope::$scope),+ }
            }
        }
    };
}

methods! {
    Publish = "publish" needs Publish;
    Broadcast = "broadcast" needs Publish;
    Subscribe = "subscribe" needs Members;
    Unsubscribe = "unsubscribe" needs Members;
    Disconnect = "disconnect" needs Sessions;
    Refresh = "refresh" needs Sessions;
    Presence = "presence" needs Read;
    PresenceStats = "presence_stats" needs Read;
    History = "history" needs Read;
    HistoryRemove = "history_remove" needs Operate;
    Channels = "channels" needs Read;
    Info = "info" needs Read;
    Rpc = "rpc" needs Publish;
}

impl Caller<'_> {
    /// Runs a command, if the key has the scope.
    pub async fn call(&self, method: Method, params: &RawValue) -> Outcome {
        let (scope, name) = (method.scope(), method.name());
        let path = format!("/api/{name}");
        if !self.key.scopes.contain(scope) {
            let reason = format!("the key {:?} lacks the scope {}", self.key.name, scope.as_str());
            let event = AuditEvent::of(AuditKind::ApiCallRefused).of_call(&self.key.name, "POST", &path);
            self.state.audit.note(event.because(&reason));
            return Err(ApiError::new(codes::PERMISSION_DENIED, reason));
        }
        // publications are routine, and reads change nothing
        if scope != Scope::Publish && scope != Scope::Read {
            self.state.audit.note(AuditEvent::of(AuditKind::ApiCall).of_call(&self.key.name, "POST", &path));
        }
        self.run(Command::read(method, params)?).await
    }

    async fn run(&self, command: Command<'_>) -> Outcome {
        match command {
            Command::Publish(publish, content) => publishing::publish(self, &publish, &content).await,
            Command::Broadcast(publish, content) => publishing::broadcast(self, &publish, &content).await,
            Command::Subscribe(membership) => members::subscribe(self, membership).await,
            Command::Unsubscribe(membership) => members::unsubscribe(self, membership).await,
            Command::Disconnect(disconnect) => members::disconnect(self, disconnect).await,
            Command::Refresh(refresh) => members::refresh(self, refresh).await,
            Command::Presence(of) => observing::presence(self, of).await,
            Command::PresenceStats(of) => observing::presence_stats(self, of).await,
            Command::History(history) => past::history(self, history).await,
            Command::HistoryRemove(remove) => past::remove(self, remove).await,
            Command::Channels(listing) => observing::channels(self, listing).await,
            Command::Info => observing::info(self).await,
        }
    }
}

/// A command with its parameters.
enum Command<'a> {
    Publish(Publish<'a>, Content),
    Broadcast(Publish<'a>, Content),
    Subscribe(members::OrgMembership),
    Unsubscribe(members::OrgMembership),
    Disconnect(members::Disconnect),
    Refresh(members::Refresh),
    Presence(observing::OfChannel),
    PresenceStats(observing::OfChannel),
    History(past::History),
    HistoryRemove(past::Remove),
    Channels(observing::Listing),
    Info,
}

impl<'a> Command<'a> {
    fn read(method: Method, params: &'a RawValue) -> Result<Command<'a>, ApiError> {
        Ok(match method {
            Method::Publish => {
                let publish: Publish<'_> = read(params)?;
                let content = publish.content()?;
                Command::Publish(publish, content)
            }
            Method::Broadcast => {
                let publish: Publish<'_> = read(params)?;
                let content = publish.content()?;
                Command::Broadcast(publish, content)
            }
            Method::Subscribe => Command::Subscribe(read(params)?),
            Method::Unsubscribe => Command::Unsubscribe(read(params)?),
            Method::Disconnect => Command::Disconnect(read(params)?),
            Method::Refresh => Command::Refresh(read(params)?),
            Method::Presence => Command::Presence(read(params)?),
            Method::PresenceStats => Command::PresenceStats(read(params)?),
            Method::History => Command::History(read(params)?),
            Method::HistoryRemove => Command::HistoryRemove(read(params)?),
            Method::Channels => Command::Channels(read(params)?),
            Method::Info => Command::Info,
            Method::Rpc => return Err(ApiError::not_available("no method is answered by the server itself")),
        })
    }
}

/// Reads a command of a method and runs nothing: the JSON that it would publish, if any, or why it is refused. `None`:
/// there is no such method.
pub fn read_command(method: &str, body: &[u8]) -> Option<Result<Option<String>, String>> {
    let method = Method::named(method)?;
    let params: Result<&RawValue, _> = serde_json::from_slice(body);
    let command = match &params {
        Ok(params) => Command::read(method, params).map_err(|error| error.message),
        Err(error) => Err(error.to_string()),
    };
    Some(command.map(|command| match command {
        Command::Publish(_, content) | Command::Broadcast(_, content) => Some(content.json),
        _ => None,
    }))
}

/// Parses the parameters of a command. Unknown fields are ignored, because newer clients may send more.
fn read<'a, T: Deserialize<'a>>(params: &'a RawValue) -> Result<T, ApiError> {
    serde_json::from_str(params.get()).map_err(|error| {
        let text = error.to_string();
        ApiError::bad(text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message))
    })
}
