//! Arguments for the nodes under test and the users.

use crate::bench::{Credentials, Processes, Target};
use crate::cli::connection::{Authorities, CodecName};
use crate::cli::error::CliError;
use crate::cli::token::SecretSource;
use clap::Args;
use hubwire_client::SocketUrl;
use hubwire_protocol::OrgId;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The target; see the module.
#[derive(Debug, Args)]
pub struct TargetArguments {
    /// Socket address of a node; several, separated by commas or repeated: connections take turns.
    #[arg(
        long,
        value_name = "URL",
        env = "HUBWIRE_URL",
        value_delimiter = ',',
        default_value = "ws://127.0.0.1:8080/ws"
    )]
    url: Vec<SocketUrl>,
    #[command(flatten)]
    authorities: Authorities,
    /// Encoding on the sockets.
    #[arg(long, value_enum, default_value_t = CodecName::Json)]
    codec: CodecName,
    /// Organisation of all channels. Generated users are its admins.
    #[arg(long, value_name = "ORG", default_value = "bench")]
    org: OrgId,
    /// File of tokens, one per line, used in turn; their users must be members of the organisation.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["secret", "secret_file", "dev"])]
    tokens: Option<PathBuf>,
    /// Issue tokens with this secret. Without credentials, users are generated with ?user=, for nodes in development
    /// mode.
    #[command(flatten)]
    source: SecretSource,
    /// Process of a node on this machine, to print its processor time and memory (Linux); several, separated by commas.
    #[arg(long, value_name = "PID", value_delimiter = ',')]
    pid: Vec<u32>,
    /// Longest wait for a connection, an answer, or a delivery.
    #[arg(long, value_name = "MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    answer_timeout_ms: u64,
}

impl TargetArguments {
    /// The target that the arguments describe.
    pub fn build(&self, shows_progress: bool) -> Result<Target, CliError> {
        Ok(Target {
            urls: self.url.clone(),
            trust: self.authorities.trust(),
            codec: self.codec.codec(),
            credentials: self.credentials()?,
            org: self.org.clone(),
            timeout: Duration::from_millis(self.answer_timeout_ms),
            processes: Processes::new(self.pid.clone())?,
            run: format!("{:08x}", rand::random::<u32>()),
            shows_progress,
        })
    }

    fn credentials(&self) -> Result<Credentials, CliError> {
        if let Some(path) = &self.tokens {
            return Ok(Credentials::Given(lines(path)?));
        }
        if self.source.is_dev() {
            return Ok(Credentials::MadeUp);
        }
        let auth = self.source.config()?.auth;
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        Ok(match auth.jwt_secrets.into_iter().next() {
            Some(secret) => {
                Credentials::Minted { secret, issuer: some(auth.jwt_issuer), audience: some(auth.jwt_audience) }
            }
            None => Credentials::MadeUp,
        })
    }
}

fn lines(path: &Path) -> Result<Vec<String>, CliError> {
    let text = std::fs::read_to_string(path).map_err(|error| CliError::File { path: path.to_owned(), error })?;
    let lines: Vec<String> = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    match lines.is_empty() {
        true => Err(CliError::FileContent { path: path.to_owned(), reason: "contains no token".into() }),
        false => Ok(lines),
    }
}
