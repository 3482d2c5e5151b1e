//! What nodes store in the log and say to each other.

pub mod envelope;
pub mod message;
mod stream_place;
pub mod version;

pub use envelope::{Envelope, EnvelopeError, CONTACT, READ};
pub use message::{ClusterMessage, MessageError};
pub use stream_place::StreamPlace;
pub use version::{is_neighbour, VERSION};
