//! From an accepted connection to HTTP: the address of the client, and TLS.
//!
//! A listener without TLS and trusted proxies passes its connections on unchanged.

mod arrival;
mod certificates;
mod client_address;
mod http_server;
mod pem;
mod port;
mod proxy_protocol;
mod serve;
mod tls_stream;
mod trusted;
mod wire;

pub use arrival::{Door, NotArrived};
pub use certificates::{check_client_files, BadTls, CertificateFiles, Certificates, TlsConfig};
pub use client_address::client_address;
pub use http_server::http_server;
pub(crate) use port::listen;
pub use port::ListenError;
pub use serve::{behind, Complaints};
pub use trusted::{Source, TrustedProxies};
pub use wire::Wire;
