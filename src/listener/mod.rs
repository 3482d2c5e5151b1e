//! From an accepted connection to one that speaks HTTP: the address of the client, and TLS.
//!
//! A connection of a listener that has neither TLS nor trusted proxies goes through untouched.

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
