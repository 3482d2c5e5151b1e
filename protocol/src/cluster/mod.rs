//! The cluster protocol: what nodes store in logs and send to each other.

pub mod envelope;
pub mod message;
pub mod version;

pub use envelope::{Envelope, EnvelopeError, CONTACT};
pub use message::{ClusterMessage, MessageError, StreamPlace};
pub use version::{is_neighbour, VERSION};
