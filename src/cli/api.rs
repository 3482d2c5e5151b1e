//! The server API as a client, for the commands that use it.

use super::error::CliError;
use clap::Args;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where the server API is, and the key to it.
#[derive(Debug, Args)]
pub struct Api {
    /// Address of the node's internal listener.
    #[arg(long = "api", value_name = "URL", env = "HUBWIRE_API", default_value = "http://127.0.0.1:8081")]
    pub url: String,
    #[command(flatten)]
    pub key: ApiKey,
}

/// The key of the server API.
#[derive(Debug, Args)]
pub struct ApiKey {
    /// Key of the server API.
    #[arg(long, value_name = "KEY", env = "HUBWIRE_API_KEY", hide_env_values = true)]
    pub api_key: Option<String>,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorText,
}

#[derive(Deserialize)]
struct ErrorText {
    code: String,
    message: String,
}

/// Asks for a path.
pub fn get(url: &str, key: &ApiKey, path: &str) -> Result<Value, CliError> {
    let url = at(url, path)?;
    answer(&url, agent().get(&url).headers(key).call())
}

/// Sends a JSON text to a path.
pub fn post(url: &str, key: &ApiKey, path: &str, body: &str) -> Result<Value, CliError> {
    let url = at(url, path)?;
    answer(&url, agent().post(&url).headers(key).header("content-type", "application/json").send(body))
}

fn at(url: &str, path: &str) -> Result<String, CliError> {
    match url.starts_with("http://") {
        true => Ok(format!("{}{path}", url.trim_end_matches('/'))),
        false => Err(CliError::Usage(format!("{url}: the server API is reached by http://; for TLS use a proxy"))),
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(TIMEOUT)).build().into()
}

trait Headers {
    fn headers(self, key: &ApiKey) -> Self;
}

impl<B> Headers for ureq::RequestBuilder<B> {
    fn headers(self, key: &ApiKey) -> Self {
        match &key.api_key {
            Some(key) => self.header("x-api-key", key),
            None => self,
        }
    }
}

fn answer(url: &str, response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value, CliError> {
    let failed = |error| CliError::Api { url: url.to_owned(), error: Box::new(error) };
    let mut response = response.map_err(failed)?;
    let status = response.status();
    let text = response.body_mut().read_to_string().map_err(failed)?;
    if status.is_success() {
        return serde_json::from_str(&text)
            .map_err(|error| refused(url, status.as_u16(), "no_json", error.to_string()));
    }
    Err(match serde_json::from_str::<ErrorBody>(&text) {
        Ok(body) => refused(url, status.as_u16(), &body.error.code, body.error.message),
        Err(_) => refused(url, status.as_u16(), "no_api", text.chars().take(200).collect()),
    })
}

fn refused(url: &str, status: u16, code: &str, message: String) -> CliError {
    CliError::ApiRefused { url: url.to_owned(), status, code: code.to_owned(), message }
}
