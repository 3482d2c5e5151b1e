//! HTTP/1.1 to the application's servers and to the collector of spans, with TLS if the URL asks for it, over
//! persistent connections. Redirects are not followed: they would lead to a URL that nobody configured.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{HeaderValue, CONTENT_TYPE, USER_AGENT};
use hyper::{HeaderMap, Method, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::{pem::PemObject, CertificateDer};
use rustls::{ClientConfig, RootCertStore};
use std::future::Future;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Idle connections to one server.
const IDLE_MAX: usize = 32;
/// How long they are kept: less than the minute after which common servers close theirs.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Time limit for establishing a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Why the client could not be created.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The certificates of the authority cannot be used.
    #[error("application.ca_file: {path}: {error}; it has to be a PEM file with the authority's certificates")]
    Authority {
        /// The file.
        path: String,
        /// Why not.
        #[source]
        error: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The thread cannot be started.
    #[error("the thread for requests to other servers: {0}")]
    Thread(#[from] io::Error),
    /// TLS cannot be set up.
    #[error("TLS to other servers: {0}")]
    Tls(#[from] rustls::Error),
}

type Connector = HttpsConnector<HttpConnector>;

/// The client; see the module. Cheap to clone; its thread ends with the last clone.
#[derive(Clone)]
pub struct Client {
    http: hyper_util::client::legacy::Client<Connector, Full<Bytes>>,
    runtime: Handle,
    _thread: Arc<oneshot::Sender<()>>,
}

/// The answer of a server.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failed {
    /// No connection, or it broke.
    Unreachable(String),
    /// The body is longer than allowed.
    TooLong,
}

impl Client {
    /// Starts the thread, with a name. `ca_file`: only servers with a certificate of this authority are trusted;
    /// absent: those of the public authorities.
    pub fn start(name: &str, ca_file: Option<&Path>) -> Result<Self, ClientError> {
        let connector = connector(ca_file)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (alive, end) = oneshot::channel::<()>();
        std::thread::Builder::new().name(name.into()).spawn(move || runtime.block_on(end).is_ok())?;
        let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(IDLE_MAX)
            .pool_timer(hyper_util::rt::TokioTimer::new())
            .build(connector);
        Ok(Client { http, runtime: handle, _thread: Arc::new(alive) })
    }

    /// Runs a future on the thread; it continues when its handle is dropped.
    pub(crate) fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.runtime.spawn(work)
    }

    /// Sends one POST of JSON. To be called on the thread.
    pub(crate) async fn post(
        &self,
        uri: Uri,
        headers: HeaderMap,
        body: Bytes,
        bytes_max: usize,
    ) -> Result<Answer, Failed> {
        let mut request = hyper::Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let agent = concat!("hubwire/", env!("CARGO_PKG_VERSION"));
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(agent));
        let unreachable = |error: hyper_util::client::legacy::Error| Failed::Unreachable(with_causes(&error));
        let (head, body) = self.http.request(request).await.map_err(unreachable)?.into_parts();
        let body = Limited::new(body, bytes_max).collect().await.map_err(|error| match error
            .is::<http_body_util::LengthLimitError>(
        ) {
            true => Failed::TooLong,
            false => Failed::Unreachable(error.to_string()),
        })?;
        Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes() })
    }
}

fn connector(ca_file: Option<&Path>) -> Result<Connector, ClientError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let builder = HttpsConnectorBuilder::new();
    let builder = match ca_file {
        None => builder.with_provider_and_webpki_roots(provider)?,
        Some(path) => {
            let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
            builder.with_tls_config(config.with_root_certificates(authorities(path)?).with_no_client_auth())
        }
    };
    Ok(builder.https_or_http().enable_http1().wrap_connector(http))
}

fn authorities(path: &Path) -> Result<RootCertStore, ClientError> {
    let unusable = |error| ClientError::Authority { path: path.display().to_string(), error };
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| unusable(error.into()))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        let certificate = certificate.map_err(|error| unusable(error.into()))?;
        roots.add(certificate).map_err(|error| unusable(error.into()))?;
    }
    if roots.is_empty() {
        return Err(unusable("no certificate in it".into()));
    }
    Ok(roots)
}

/// The error with its causes: the outermost one only says "client error".
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}
