//! The target of the load, and the users of a run.

use super::error::BenchError;
use super::processes::Processes;
use crate::auth::claims::{Audience, Claims};
use crate::auth::jwt;
use crate::config::Secret;
use crate::descriptors;
use hubwire_actors::environment::Environment;
use hubwire_actors::identity::OrgMembership;
use hubwire_client::{SocketUrl, Trust};
use hubwire_protocol::{Codec, OrgId};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a token of a run is valid.
const TOKEN_S: u64 = 24 * 3600;
/// Descriptors that this process needs besides its sockets.
const OTHER_DESCRIPTORS: usize = 32;

/// The nodes under test and how to connect.
#[derive(Debug, Clone)]
pub struct Target {
    /// Socket addresses; connections take turns.
    pub urls: Vec<SocketUrl>,
    /// Authorities that `wss://` trusts.
    pub trust: Trust,
    /// Encoding on the sockets.
    pub codec: Codec,
    /// Credentials of the connections.
    pub credentials: Credentials,
    /// The organisation of all channels and users.
    pub org: OrgId,
    /// Longest wait for a connection or an answer, and for a delivery after the last one.
    pub timeout: Duration,
    /// The nodes' processes.
    pub processes: Processes,
    /// Distinguishes this run from others: part of the names of users and channels.
    pub run: String,
    /// Whether progress is shown.
    pub shows_progress: bool,
}

/// Identity of a connection.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// Generated users, for nodes in development mode.
    MadeUp,
    /// Tokens minted here.
    Minted {
        /// Signs them.
        secret: Secret,
        /// `iss`.
        issuer: Option<String>,
        /// `aud`.
        audience: Option<String>,
    },
    /// Tokens of the caller, used in turn.
    Given(Vec<String>),
}

/// A request for a socket.
pub struct Request {
    /// Its address.
    pub url: String,
    /// Its further headers.
    pub headers: Vec<(&'static str, String)>,
}

impl Target {
    /// The request for the socket of a user; requests use the nodes in turn.
    pub fn request(&self, turn: usize, index: usize) -> Result<Request, BenchError> {
        let (url, user) = (&self.urls[turn % self.urls.len()], self.user(index));
        let token = match &self.credentials {
            Credentials::MadeUp => {
                let url = url.with_query(&format!("user={user}&orgs={}:admin", self.org));
                return Ok(Request { url, headers: Vec::new() });
            }
            Credentials::Minted { secret, issuer, audience } => {
                let membership = OrgMembership { roles: ["admin".to_owned()].into(), teams: Default::default() };
                let claims = Claims {
                    sub: user.parse().map_err(|error| BenchError::Usage(format!("the user {user}: {error}")))?,
                    exp: Some(Environment::real().unix_ms() / 1000 + TOKEN_S),
                    nbf: None,
                    iss: issuer.clone(),
                    aud: audience.clone().map(Audience::One),
                    orgs: BTreeMap::from([(self.org.clone(), membership)]),
                };
                jwt::mint(secret, &claims).map_err(|error| BenchError::Usage(format!("no token: {error}")))?
            }
            Credentials::Given(tokens) => tokens[index % tokens.len()].clone(),
        };
        Ok(Request { url: url.to_string(), headers: vec![("Authorization", format!("Bearer {token}"))] })
    }

    /// The address of a channel of this run.
    pub fn channel(&self, room: usize) -> String {
        format!("ch:{}/bench-{}/{room}", self.org, self.run)
    }

    /// The name of a user of this run.
    pub fn user(&self, index: usize) -> String {
        format!("bench-{}-{index}", self.run)
    }

    /// Refuses more sockets than this process may have descriptors.
    pub fn check_descriptors(&self, sockets: usize) -> Result<(), BenchError> {
        match descriptors::limit() {
            Some(limit) if sockets + OTHER_DESCRIPTORS > limit => Err(BenchError::Usage(format!(
                "{sockets} connections need {} open files, but this process may have only {limit}; raise the limit \
                 with ulimit -n",
                sockets + OTHER_DESCRIPTORS
            ))),
            _ => Ok(()),
        }
    }

    /// Shows the progress of a run.
    pub fn progress(&self, text: impl FnOnce() -> String) {
        if self.shows_progress {
            eprintln!("{}", text());
        }
    }
}
