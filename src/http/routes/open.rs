//! The routes of the internal listener that need no key.

use crate::http::{documents, health, metrics, version};

routes! {
    /// Paths and methods of the internal listener that need no key: for probes and scrapers.
    INTERNAL_OPEN, configure, describe on Open:
    "/healthz" {
        /// Answers as long as the process serves.
        GET health: health::alive
    }
    "/readyz" {
        /// Shows whether load balancers should send clients to this node.
        ///
        /// On the public listener the answer has no reasons, and may be 200 ms old.
        GET readiness: health::ready
    }
    "/metrics" {
        /// Metrics as Prometheus text.
        GET metrics: metrics::show
    }
    "/version" {
        /// Shows the version of this node.
        GET version: version::show
    }
    "/openapi.yaml" {
        /// This document.
        ///
        /// In development on the public listener, too.
        GET openapi: documents::openapi
    }
    "/asyncapi.yaml" {
        /// The description of the socket (AsyncAPI 3).
        ///
        /// In development on the public listener, too.
        GET asyncapi: documents::asyncapi
    }
}
