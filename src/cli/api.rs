//! A client of the server API, for the commands that use it: over HTTP, or over TLS with a custom authority and
//! certificate.

use super::error::{Cause, CliError};
use clap::Args;
use serde::Deserialize;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use ureq::tls::{parse_pem, Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig};

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The default address of a node's internal listener.
pub const LOCAL: &str = "http://127.0.0.1:8081";

/// The address of the server API, and the credentials for it.
#[derive(Debug, Args)]
pub struct Api {
    /// Address of the node's internal listener.
    #[arg(long = "api", value_name = "URL", env = "HUBWIRE_API", default_value = LOCAL)]
    pub url: String,
    #[command(flatten)]
    pub key: ApiKey,
}

/// The credentials for the server API.
#[derive(Debug, Args)]
pub struct ApiKey {
    /// Key of the server API.
    #[arg(long, value_name = "KEY", env = "HUBWIRE_API_KEY", hide_env_values = true)]
    pub api_key: Option<String>,
    /// Trust the certificate authorities in this PEM file with https://, and no others. Default: those of the web.
    #[arg(long, value_name = "FILE", env = "HUBWIRE_API_CA")]
    pub api_ca: Option<PathBuf>,
    /// Certificate and private key, in one PEM file, for a listener that requires a client certificate.
    #[arg(long, value_name = "FILE", env = "HUBWIRE_API_CERTIFICATE")]
    pub api_certificate: Option<PathBuf>,
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

/// GETs a path.
pub fn get(url: &str, key: &ApiKey, path: &str) -> Result<Value, CliError> {
    let url = at(url, path)?;
    answer(&url, agent(key, Some(TIMEOUT))?.get(&url).headers(key).call())
}

/// POSTs a JSON text to a path.
pub fn post(url: &str, key: &ApiKey, path: &str, body: &str) -> Result<Value, CliError> {
    let url = at(url, path)?;
    let request = agent(key, Some(TIMEOUT))?.post(&url).headers(key).header("content-type", "application/json");
    answer(&url, request.send(body))
}

/// GETs a path with an endless answer; returns its lines as they arrive.
pub fn lines(url: &str, key: &ApiKey, path: &str) -> Result<impl Iterator<Item = Result<String, CliError>>, CliError> {
    let url = at(url, path)?;
    let response = agent(key, None)?.get(&url).headers(key).call();
    let response = match response {
        Ok(response) if response.status().is_success() => response,
        other => return Err(answer(&url, other).err().unwrap_or(CliError::Usage(format!("{url} did not answer")))),
    };
    let lines = BufReader::new(response.into_body().into_reader()).lines();
    Ok(lines.map(move |line| {
        line.map_err(|error| CliError::Api { url: url.clone(), error: Box::new(ureq::Error::Io(error)) })
    }))
}

/// Why the node is not ready, according to its internal listener; nothing if it is ready or does not answer.
pub fn unready(url: &str, key: &ApiKey) -> Vec<String> {
    #[derive(Deserialize)]
    struct Readiness {
        #[serde(default)]
        reasons: Vec<String>,
    }
    let asked = || {
        let url = at(url, "/readyz").ok()?;
        let mut response = agent(key, Some(TIMEOUT)).ok()?.get(&url).headers(key).call().ok()?;
        serde_json::from_str::<Readiness>(&response.body_mut().read_to_string().ok()?).ok()
    };
    asked().map(|readiness| readiness.reasons).unwrap_or_default()
}

fn at(url: &str, path: &str) -> Result<String, CliError> {
    match url.starts_with("http://") || url.starts_with("https://") {
        true => Ok(format!("{}{path}", url.trim_end_matches('/'))),
        false => Err(CliError::Usage(format!(
            "{url}: the address of the server API must begin with http:// or \
                                              https://"
        ))),
    }
}

fn agent(key: &ApiKey, timeout: Option<Duration>) -> Result<ureq::Agent, CliError> {
    let mut tls = TlsConfig::builder();
    if let Some(path) = &key.api_ca {
        let authorities = pem(path)?.into_iter().filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        });
        let authorities: Vec<Certificate<'static>> = authorities.collect();
        if authorities.is_empty() {
            return Err(unfit(path, "contains no certificate in PEM"));
        }
        tls = tls.root_certs(RootCerts::Specific(Arc::new(authorities)));
    }
    if let Some(path) = &key.api_certificate {
        tls = tls.client_cert(Some(identity(path)?));
    }
    let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(timeout);
    Ok(config.tls_config(tls.build()).build().into())
}

/// The certificate of a file with its chain, and its key.
fn identity(path: &Path) -> Result<ClientCert, CliError> {
    let (mut chain, mut key): (Vec<Certificate<'static>>, Option<PrivateKey<'static>>) = (Vec::new(), None);
    for item in pem(path)? {
        match item {
            PemItem::Certificate(certificate) => chain.push(certificate),
            PemItem::PrivateKey(found) => key = Some(found),
            _ => {}
        }
    }
    match key.filter(|_| !chain.is_empty()) {
        Some(key) => Ok(ClientCert::new_with_certs(&chain, key)),
        None => Err(unfit(path, "must contain a certificate and its private key in PEM")),
    }
}

fn pem(path: &Path) -> Result<Vec<PemItem<'static>>, CliError> {
    let content = std::fs::read(path).map_err(|error| CliError::File { path: path.to_owned(), error })?;
    parse_pem(&content).collect::<Result<_, _>>().map_err(|error| unfit(path, error))
}

fn unfit(path: &Path, reason: impl Into<Cause>) -> CliError {
    CliError::FileContent { path: path.to_owned(), reason: reason.into() }
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
