//! Checks payloads against the schemas of the node, before anything else.

use super::refused::Refused;
use super::Session;
use crate::access::SchemaPolicy;
use crate::identity::Identity;
use hubwire_protocol::request::Publish;
use hubwire_protocol::{Address, ErrorCode};

impl Session {
    /// Whether the payload matches the schema for its type and address; otherwise the client has received the fault and
    /// its place.
    pub(super) fn fits_schema(
        &self,
        schemas: &SchemaPolicy,
        identity: &Identity,
        publish: &Publish<'_>,
        to: &Address,
        re: Option<&str>,
    ) -> bool {
        let Err(misfit) = schemas.check(identity, &publish.kind, to, publish.payload.as_deref()) else {
            return true;
        };
        let message = format!("the payload of {:?} does not fit its schema: {}", publish.kind, misfit.reason);
        self.refuse_because(&Refused {
            code: ErrorCode::SchemaMismatch,
            message: &message,
            retry_after_ms: None,
            path: Some(&misfit.path),
            to: Some(to),
            re,
        });
        false
    }
}
