//! Certificates made for a test by `openssl`: an authority, and what it signed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// An authority in a directory of its own.
pub struct Authority {
    directory: TempDir,
}

/// A certificate and its key.
pub struct Signed {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Authority {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let authority = Authority { directory };
        openssl(
            authority.directory.path(),
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=authority \
             -keyout authority.key -out authority.pem -addext basicConstraints=critical,CA:TRUE",
        );
        authority
    }

    /// The certificate of the authority itself.
    pub fn certificate(&self) -> PathBuf {
        self.directory.path().join("authority.pem")
    }

    /// Signs a certificate for this machine, which serves and asks alike. Its files are named by `name`; one there was
    /// is replaced.
    pub fn sign(&self, name: &str) -> Signed {
        let directory = self.directory.path();
        let extensions = "subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n";
        std::fs::write(directory.join("extensions"), extensions).unwrap();
        openssl(
            directory,
            &format!(
                "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN={name} -keyout {name}.key -out \
                 {name}.csr"
            ),
        );
        openssl(
            directory,
            &format!(
                "x509 -req -in {name}.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 -extfile \
                 extensions -out {name}.pem"
            ),
        );
        Signed { certificate: directory.join(format!("{name}.pem")), key: directory.join(format!("{name}.key")) }
    }
}

fn openssl(directory: &Path, arguments: &str) {
    let mut command = Command::new("openssl");
    command.args(arguments.split_whitespace()).current_dir(directory).stdout(Stdio::null());
    let output = command.output().expect("openssl must be installed");
    assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}
