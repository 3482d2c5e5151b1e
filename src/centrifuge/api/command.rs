//! The supported methods, and the scope that each requires.

use super::caller::Caller;
use super::failure::{ApiError, Outcome};
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
        match method {
            Method::Publish => publishing::publish(self, read(params)?).await,
            Method::Broadcast => publishing::broadcast(self, read(params)?).await,
            Method::Subscribe => members::subscribe(self, read(params)?).await,
            Method::Unsubscribe => members::unsubscribe(self, read(params)?).await,
            Method::Disconnect => members::disconnect(self, read(params)?).await,
            Method::Refresh => members::refresh(self, read(params)?).await,
            Method::Presence => observing::presence(self, read(params)?).await,
            Method::PresenceStats => observing::presence_stats(self, read(params)?).await,
            Method::History => past::history(self, read(params)?).await,
            Method::HistoryRemove => past::remove(self, read(params)?).await,
            Method::Channels => observing::channels(self, read(params)?).await,
            Method::Info => observing::info(self).await,
            Method::Rpc => Err(ApiError::not_available("no method is answered by the server itself")),
        }
    }
}

/// Parses the parameters of a command. Unknown fields are ignored, because newer clients may send more.
fn read<'a, T: Deserialize<'a>>(params: &'a RawValue) -> Result<T, ApiError> {
    serde_json::from_str(params.get()).map_err(|error| {
        let text = error.to_string();
        ApiError::bad(text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message))
    })
}
