//! What the documents of the HTTP API and of the socket are made with: schemas of the types, as text.
//!
//! Only in tests with the feature `schema`, which write `docs/openapi.yaml` and `docs/asyncapi.yaml`. The program
//! serves those texts.

pub mod asyncapi;
pub mod schema;
pub mod written;
pub mod yaml;
