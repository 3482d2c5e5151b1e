//! HAProxy that ends TLS before a node, with a certificate of an authority made for the test.

use crate::support::{ports, process::Process, Node};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::path::PathBuf;
use tempfile::TempDir;

/// A running HAProxy.
pub struct TlsProxy {
    _process: Process,
    port: u16,
    directory: TempDir,
}

impl TlsProxy {
    /// Starts one before a node, and waits until it listens.
    pub async fn start(node: &Node) -> TlsProxy {
        let directory = tempfile::Builder::new().prefix("hubwire-tls").tempdir().unwrap();
        let port = ports::free();
        write_certificates(&directory);
        let path = |name: &str| directory.path().join(name).display().to_string();
        let configuration = format!(
            "defaults\n  mode http\n  timeout connect 5s\n  timeout client 60s\n  \
             timeout server 60s\n  timeout tunnel 60s\n\
             frontend tls\n  bind 127.0.0.1:{port} ssl crt {}\n  default_backend node\n\
             backend node\n  server n1 127.0.0.1:{}\n",
            path("server.pem"),
            node.public_port(),
        );
        std::fs::write(path("haproxy.cfg"), configuration).unwrap();
        let process = Process::start("haproxy", "haproxy", ["-db", "-f", &path("haproxy.cfg")], &[]);
        assert_eventually!(
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok(),
            "haproxy listens on port {port}; its output:\n{}",
            process.output()
        );
        TlsProxy { _process: process, port, directory }
    }

    /// Where clients connect. Its certificate is for this name.
    pub fn url(&self) -> String {
        format!("wss://localhost:{}/ws", self.port)
    }

    /// The certificate of its authority.
    pub fn authority(&self) -> PathBuf {
        self.directory.path().join("authority.pem")
    }
}

fn write_certificates(directory: &TempDir) {
    let mut authority = CertificateParams::new([]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = names.signed_by(&key, &authority).unwrap();
    let write = |name: &str, text: String| std::fs::write(directory.path().join(name), text).unwrap();
    write("authority.pem", authority.pem());
    write("server.pem", certificate.pem() + &key.serialize_pem());
}
