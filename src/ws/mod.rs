//! WebSocket I/O: the only place that knows how messages travel over a socket (RFC 6455).
//!
//! `server` accepts, `upgrade` turns a request into a [`Socket`] and passes it to the [`Endpoint`] of its path. From
//! then on one task per socket polls its two halves: [`SocketIncoming`] reads (with `frame_reader`, which does no I/O)
//! and [`SocketOutbox`] writes; `deflate` compresses if both sides agreed to it. `closing` ends the connection. An idle
//! socket has no buffer.

mod admissions;
mod answering;
mod close_frame;
mod closing;
mod control_budget;
mod deflate;
mod echo;
mod endpoint;
mod frame_header;
mod frame_queue;
mod frame_reader;
#[cfg(test)]
mod frame_reader_tests;
mod handshake;
mod incoming;
mod outbox;
mod pace;
mod refusal;
mod routes;
mod server;
mod settings;
#[cfg(test)]
mod socket_tests;
mod upgrade;
mod utf8;
mod violation;

pub use admissions::{Admission, NoPlace, OpenSockets};
pub use deflate::{Compression, CompressionMetrics};
pub use echo::Echo;
pub use endpoint::{Endpoint, Proof, Socket, UpgradeRequest, Verdict};
pub use frame_reader::{Event, FrameReader, ReaderLimits};
pub use incoming::SocketIncoming;
pub use outbox::SocketOutbox;
pub(crate) use pace::Line;
pub use pace::{Pace, TooMany};
pub use refusal::Refusal;
pub use routes::{upgrade_required, Routes};
pub use server::serve;
pub use settings::{ServerSettings, SocketSettings};
pub use violation::Violation;
