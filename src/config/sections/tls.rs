//! Options of TLS on the listeners. Certificates and keys are files in PEM, read at the start and at each reload.

use crate::config::rules::*;
use crate::config::section::section;

section! {
    /// TLS on the listeners (versions 1.2 and 1.3). Files are PEM. SIGHUP and `POST /v1/reload` read them again; open
    /// connections are not affected. Turning TLS on or off needs a restart.
    "tls" Tls {
        /// The certificate of the public listener, followed by the intermediate certificates. Empty: no TLS, as behind
        /// a load balancer that terminates it.
        certificate: String = "", PATH_OR_NOTHING;
        /// Its private key, not encrypted.
        key: String = "", PATH_OR_NOTHING;
        /// The same for the internal listener. Empty: no TLS there.
        internal_certificate: String = "", PATH_OR_NOTHING;
        /// Its private key.
        internal_key: String = "", PATH_OR_NOTHING;
        /// Authorities of client certificates on the internal listener: every client must present a certificate of one
        /// of them, including probes and scrapers. Empty: clients need no certificate.
        internal_client_authorities: String = "", PATH_OR_NOTHING;
    }
}
