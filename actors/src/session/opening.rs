//! How a session starts.

use crate::identity::Identity;
use core::net::IpAddr;
use hubwire_protocol::{DeviceClass, Dialect, SessionId};

/// What a socket layer passes on with a socket.
pub struct Opening {
    /// The negotiated dialect.
    pub dialect: Dialect,
    /// The identity, when the upgrade carried credentials; otherwise the first message must.
    pub identity: Option<Identity>,
    /// With an identity: nothing is followed or sent before the client's first message names the start positions.
    pub hold: bool,
    /// Whether pings have to be visible to the application, instead of WebSocket pings.
    pub visible_ping: bool,
    /// The class of the device, if the upgrade gives it.
    pub device_class: Option<DeviceClass>,
    /// The id it has already; absent: it gets a new one.
    pub session: Option<SessionId>,
    /// The address of the client.
    pub address: Option<IpAddr>,
}
