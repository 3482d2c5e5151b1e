//! The routes of the internal listener that need no key.

use crate::http::{documents, health, metrics, version};

routes! {
    /// Paths and methods of the internal listener that need no key: for probes and scrapers.
    INTERNAL_OPEN, configure, describe on Open:
    "/healthz" {
        /// Answers while the process serves.
        GET health: health::alive
    }
    "/readyz" {
        /// Whether the node should be sent clients.
        ///
        /// The public listener says no reasons and answers from up to 200 ms ago.
        GET readiness: health::ready
    }
    "/metrics" {
        /// Metrics as Prometheus text.
        GET metrics: metrics::show
    }
    "/version" {
        /// What runs here.
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
