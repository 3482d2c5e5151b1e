//! Options of TLS on the listeners. Certificates and keys are files in PEM, read at the start and at each reload.

use crate::config::rules::*;
use crate::config::section::section;

section! {
    /// TLS on the listeners (versions 1.2 and 1.3). Files are PEM; SIGHUP and `POST /v1/reload` read them again, and
    /// connections there are go on. Turning TLS on or off needs a restart.
    "tls" Tls {
        /// The certificate of the public listener, then those between it and its authority. Empty: no TLS, as behind a
        /// load balancer that ends it.
        certificate: String = "", PATH_OR_NOTHING;
        /// Its private key, not encrypted.
        key: String = "", PATH_OR_NOTHING;
        /// As `certificate`, of the internal listener. Empty: no TLS there.
        internal_certificate: String = "", PATH_OR_NOTHING;
        /// Its private key.
        internal_key: String = "", PATH_OR_NOTHING;
        /// Authorities of clients of the internal listener: whoever comes must show a certificate of one of them,
        /// probes and scrapers too. Empty: nobody has to.
        internal_client_authorities: String = "", PATH_OR_NOTHING;
    }
}
