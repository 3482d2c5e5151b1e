//! The hubwire wire protocol as pure data: ids, addresses, positions, actions and their two codecs.
//!
//! Nothing here does I/O, knows a runtime or a broker. Every limit is an argument, so that a test, a fuzzer and
//! the node decode with exactly the same code.

pub mod action;
pub mod address;
pub mod close_code;
pub mod cluster;
pub mod codec;
pub mod control;
pub mod error_code;
pub mod frame;
pub mod id;
pub mod limits;
pub mod mask;
mod parsed;
pub mod position;
pub mod session_id;

pub use action::{Action, HubMeta};
pub use address::{Address, AddressError};
pub use close_code::{CloseCode, Dismissal};
pub use codec::Codec;
pub use error_code::ErrorCode;
pub use id::{ChannelPath, DeviceId, IdError, OrgId, TeamId, UserId};
pub use limits::Limits;
pub use position::Position;
pub use session_id::{Incarnation, SessionId};
