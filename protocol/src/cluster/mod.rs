//! The cluster protocol: what nodes store in logs and send to each other.

pub mod envelope;
mod fields;
pub mod message;
pub mod sender;
mod stream_place;
pub mod version;

pub use envelope::{Envelope, EnvelopeError, CONTACT, READ};
pub use message::{ClusterMessage, MessageError};
pub use sender::{of_sender, sender, CAME, GONE};
pub use stream_place::StreamPlace;
pub use version::{is_neighbour, VERSION};
