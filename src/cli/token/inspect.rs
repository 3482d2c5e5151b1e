//! `hubwire token inspect`: the claims of a token, and the verdict of the code that nodes use.

use super::secret::SecretSource;
use crate::auth::jwt::Tokens;
use crate::cli::error::CliError;
use crate::cli::terminal::Terminal;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::Engine as _;
use clap::Args;
use hubwire_actors::environment::Environment;
use serde_json::{json, Value};

/// Arguments of `token inspect`.
#[derive(Debug, Args)]
pub struct Inspect {
    /// The token.
    #[arg(env = "HUBWIRE_TOKEN", hide_env_values = true)]
    token: String,
    #[command(flatten)]
    source: SecretSource,
}

impl Inspect {
    /// Prints header, claims and verdict. Fails if a node would refuse the token.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let token = self.token.trim();
        let (header, claims) = parts(token)?;
        let tokens = Tokens::new(&self.source.config()?.auth, Environment::real());
        let tokens = tokens.map_err(|error| CliError::Token(error.into()))?;
        let verdict = tokens.verify(token);
        let reason = verdict.as_ref().err().map(ToString::to_string);
        let document = json!({ "valid": verdict.is_ok(), "reason": reason, "header": header, "claims": claims });
        let verdict_text = reason.as_ref().map_or("valid".into(), |reason| format!("not valid: {reason}"));
        terminal.result(&document, format_args!("header  {header}\nclaims  {claims}\nverdict {verdict_text}"))?;
        verdict.map(drop).map_err(|error| CliError::Token(error.into()))
    }
}

/// Header and claims, without checking the signature.
fn parts(token: &str) -> Result<(Value, Value), CliError> {
    let part = |name: &str, text: Option<&str>| -> Result<Value, CliError> {
        let text = text.ok_or_else(|| CliError::Token("it has no three parts separated by dots".into()))?;
        let bytes = URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|error| CliError::Token(format!("its {name} is not base64url: {error}").into()))?;
        serde_json::from_slice(&bytes)
            .map_err(|error| CliError::Token(format!("its {name} is not JSON: {error}").into()))
    };
    let mut texts = token.split('.');
    let header = part("header", texts.next())?;
    let claims = part("body", texts.next())?;
    match (texts.next(), texts.next()) {
        (Some(_), None) => Ok((header, claims)),
        _ => Err(CliError::Token("it has no three parts separated by dots".into())),
    }
}
