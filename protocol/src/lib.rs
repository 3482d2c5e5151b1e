//! The hubwire wire protocol as pure data: ids, addresses, positions, requests, events, and the dialects that encode
//! them.
//!
//!  Nothing here does I/O or depends on a runtime or a broker. All limits are arguments, so that tests, fuzzers and the
//!  node decode with exactly the same code.

mod ack;
pub mod address;
pub mod address_pattern;
mod bye;
pub mod centrifuge;
pub mod channel_list;
pub mod close_code;
pub mod cluster;
pub mod conversations;
pub mod dialect;
mod dialects;
pub mod error_code;
pub mod event;
mod expiring;
pub mod frame;
pub mod hubwire_v1;
pub mod id;
mod invitation;
pub mod limits;
pub mod mask;
pub mod member_state;
mod narrowing;
mod parsed;
mod past;
pub mod people;
mod percent;
pub mod position;
mod presence_query;
mod presenting;
pub mod profile;
pub mod request;
pub mod rooms;
pub mod rpc;
#[cfg(feature = "schema")]
pub mod schema;
#[cfg(feature = "schema")]
mod schemas;
pub mod session_id;
mod start;
mod strict_json;
mod welcome;

pub use address::{Address, AddressError};
pub use address_pattern::{AddressPattern, AddressPatternError, PatternSegment};
pub use close_code::{CloseCode, Dismissal, OwnClose};
pub use dialects::{Dialect, PerDialect};
pub use error_code::ErrorCode;
pub(crate) use hubwire_v1::is_deliverable_json;
pub use hubwire_v1::names::INVITED;
pub use hubwire_v1::{publication_json, Codec};
pub use id::{ChannelPath, DeviceClass, DeviceId, IdError, OrgId, TeamId, UserId};
pub use invitation::invitation;
pub use limits::Limits;
pub use member_state::{MemberState, MemberStateError};
pub use narrowing::{Narrowed, Narrowing, Select, Selected, EXCEPT_MAX};
pub use position::Position;
pub use profile::{Profile, ProfileError};
pub use session_id::{Incarnation, SessionId};
pub use strict_json::StrictJson;
