//! `hubwire token mint`: a token as an application would issue it.

use super::secret::SecretSource;
use crate::auth::claims::{Audience, Claims};
use crate::auth::jwt;
use crate::cli::error::CliError;
use crate::cli::org_argument::{memberships, OrgArgument};
use crate::cli::terminal::Terminal;
use clap::Args;
use hubwire_actors::environment::Environment;
use hubwire_protocol::UserId;
use serde_json::json;

/// Arguments of `token mint`.
#[derive(Debug, Args)]
pub struct Mint {
    /// The user (`sub`).
    #[arg(long, value_name = "USER")]
    user: UserId,
    /// Organisation with roles and teams, as in acme:admin+owner/ops; repeatable.
    #[arg(long = "org", value_name = "ORG")]
    orgs: Vec<OrgArgument>,
    /// How long the token is valid, in seconds.
    #[arg(long, value_name = "S", default_value_t = 3600)]
    ttl_s: u64,
    #[command(flatten)]
    source: SecretSource,
}

impl Mint {
    /// Prints only the token, so that it can be used in a command line.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let auth = self.source.config()?.auth;
        let secret = auth.jwt_secrets.first().ok_or_else(|| {
            let message = "no secret to sign with: pass --secret-file, --secret, --config, or --dev for a node in \
                           development mode";
            CliError::Usage(message.into())
        })?;
        let now_s = Environment::real().unix_ms() / 1000;
        let claims = Claims {
            sub: self.user,
            exp: Some(now_s.saturating_add(self.ttl_s)),
            nbf: None,
            iss: Some(auth.jwt_issuer).filter(|issuer| !issuer.is_empty()),
            aud: Some(auth.jwt_audience).filter(|audience| !audience.is_empty()).map(Audience::One),
            orgs: memberships(&self.orgs),
        };
        let token = jwt::mint(secret, &claims).map_err(|error| CliError::Token(error.into()))?;
        terminal.result(&json!({ "token": token, "claims": claims }), &token)
    }
}
