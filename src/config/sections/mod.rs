//! The declarations of all options, by section.

mod access;
mod application;
mod auth;
mod broker;
mod centrifuge;
mod limits;
mod node;
mod people;
mod rooms;
mod socket;
mod streams;
mod telemetry;
mod tls;
mod wshub;

pub use access::{Access, Direct, OnExcess, Reach, Sessions};
pub use application::{Application, Hooks, OnFailure, Rpc, ServerEvents};
pub use auth::{Auth, SameSite};
pub use broker::{Broker, Durability};
pub use centrifuge::Centrifuge;
pub use limits::Limits;
pub use node::{
    Accept, Admin, AgentCheck, ClientAddress, Directory, Drain, Ephemeral, Listen, Log, LogFormat, Node, Presence,
    Trace,
};
pub use people::People;
pub use rooms::Rooms;
pub use socket::Socket;
pub use streams::Streams;
pub use telemetry::Telemetry;
pub use tls::Tls;
pub use wshub::{WsHub, WsHubGroups, WsHubSameKey};

use super::option::{OptionSpec, SectionSpec};
use super::resolver::Resolver;

macro_rules! sections {
    ($($name:ident: $section:ident),+ $(,)?) => {
        /// All values of a node's configuration, by section.
        #[derive(Debug, Clone)]
        pub struct Config {
            $(#[allow(missing_docs)] pub $name: $section),+ // documented where it is declared
        }

        /// All sections, in the order of the documentation.
        pub const SECTIONS: &[SectionSpec] = &[$($section::SPEC),+];

        impl Config {
            /// `None` when a value is invalid; the resolver then has all errors.
            pub(super) fn read(resolver: &mut Resolver) -> Option<Self> {
                $(let $name = $section::read(resolver);)+
                Some(Config { $($name: $name?),+ })
            }
        }
    };
}

sections! {
    node: Node,
    listen: Listen,
    tls: Tls,
    admin: Admin,
    agent_check: AgentCheck,
    accept: Accept,
    socket: Socket,
    auth: Auth,
    broker: Broker,
    streams: Streams,
    sessions: Sessions,
    limits: Limits,
    access: Access,
    presence: Presence,
    people: People,
    ephemeral: Ephemeral,
    directory: Directory,
    drain: Drain,
    trace: Trace,
    telemetry: Telemetry,
    log: Log,
    application: Application,
    rpc: Rpc,
    hooks: Hooks,
    events: ServerEvents,
    wshub: WsHub,
    centrifuge: Centrifuge,
    rooms: Rooms,
}

/// All options, in the order of the documentation.
pub fn options() -> impl Iterator<Item = &'static OptionSpec> {
    SECTIONS.iter().flat_map(|section| section.options)
}
