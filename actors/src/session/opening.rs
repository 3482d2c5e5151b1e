//! How a session starts.

use crate::identity::Identity;
use core::net::IpAddr;
use hubwire_protocol::{DeviceClass, Dialect, SessionId};

/// What a socket layer passes on with a socket.
pub struct Opening {
    /// The negotiated dialect.
    pub dialect: Dialect,
    /// The identity, if the upgrade had credentials; otherwise the first message must have them.
    pub identity: Option<Identity>,
    /// With an identity: the session follows and sends nothing before the client's first message gives the start
    /// positions.
    pub hold: bool,
    /// Whether pings have to be visible to the application, instead of WebSocket pings.
    pub visible_ping: bool,
    /// The class of the device, if the upgrade names one.
    pub device_class: Option<DeviceClass>,
    /// The session's id, if it has one already; otherwise it gets a new one.
    pub session: Option<SessionId>,
    /// The address of the client.
    pub address: Option<IpAddr>,
}
