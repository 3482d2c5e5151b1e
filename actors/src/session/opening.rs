//! How a session begins.

use crate::identity::Identity;
use core::net::IpAddr;
use hubwire_protocol::{DeviceClass, Dialect, SessionId};

/// What a socket layer hands over with a socket.
pub struct Opening {
    /// The dialect agreed on.
    pub dialect: Dialect,
    /// The identity, when the upgrade carried credentials; otherwise the first message must.
    pub identity: Option<Identity>,
    /// With an identity: nothing is followed and said before the client's first message says from where.
    pub hold: bool,
    /// It is pinged so that its application sees it, not by WebSocket.
    pub visible_ping: bool,
    /// What kind of device it runs on, if the upgrade says so.
    pub device_class: Option<DeviceClass>,
    /// The id it is known by already; absent: it gets one.
    pub session: Option<SessionId>,
    /// Where the connection comes from.
    pub address: Option<IpAddr>,
}
