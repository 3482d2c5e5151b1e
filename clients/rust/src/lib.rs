//! Client of hubwire, the distributed WebSocket messaging node.
//!
//!  [`Hub`] maintains a connection: it reconnects as the close codes require, resumes every stream on whichever node it
//!  reaches, and retries unacknowledged actions without storing any twice. Publications that cannot be recovered are
//!  reported as [`Event::Gap`], never silently skipped.
//!
//! ```no_run
//! use hubwire_client::{Event, Hub, Options};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let hub = Hub::new(Options::new("wss://example.org/ws".parse()?).token(|_| async { Ok("a token".to_owned()) }));
//! let mut room = hub.channel("ch:acme/order/1842")?;
//! hub.connect().await?;
//! hub.send("user:u2", "chat/whisper", &"hi")?.await?;
//! while let Some(event) = room.next().await {
//!     println!("{event:?}");
//! }
//! # Ok(()) }
//! ```
//!
//! The lower layers are [`connection`], a socket that exchanges actions as JSON texts whatever its codec, [`socket`], a
//! WebSocket with or without TLS, and, with the feature `light`, a socket for load tools.

pub mod connection;
#[cfg(feature = "light")]
pub mod light;
pub mod socket;
pub mod wire;

mod ack;
mod asking;
mod calls;
mod channel_options;
mod clock;
mod contact;
mod conversations;
mod engine;
mod error;
mod event;
mod feed;
mod history;
mod hub;
mod options;
mod outgoing;
mod pages;
mod people;
mod read_mark;
mod sent;
mod serving;
mod stream;

pub use ack::Ack;
pub use asking::ServeGuard;
pub use calls::{OrgWatch, RpcError, Watch};
pub use channel_options::ChannelOptions;
pub use contact::Contact;
pub use conversations::{Conversation, Conversations};
pub use engine::{Member, MemberState, Membership, OrgWatching, Profile, Watched, Watching, Welcome};
pub use error::{Code, HubError, Outcome};
pub use event::{Event, Gap, GapCause, Invitation, PresenceChange, Publication, Snapshot, State, StateChange};
pub use feed::{Channel, Direct, Feed};
pub use history::History;
pub use hub::{HandlerGuard, Hub};
pub use hubwire_protocol as protocol;
pub use hubwire_protocol::people::{ContactAct, ContactState};
pub use options::{percent_encode, Ask, Options, ProviderError, Queue, Reason, Reconnect, Start};
pub use outgoing::{SendOptions, ToAddress};
pub use people::{LiveChannel, LiveChannels, People};
pub use read_mark::ReadMark;
pub use sent::Sent;
pub use socket::{SocketUrl, Trust};

/// Includes the README, so that its examples are compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
