//! Opens the ports of a node.

use std::net::{SocketAddr, TcpListener};

/// A listener that could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another process has the port.
    #[error("{option}: {address} is taken by another process; stop it, or choose another port with --{flag}")]
    Taken {
        /// The option's name.
        option: &'static str,
        /// Its value.
        address: SocketAddr,
        /// The option as a flag.
        flag: String,
    },
    /// Anything else.
    #[error("{option}: cannot listen on {address}: {error}")]
    Other {
        /// The option's name.
        option: &'static str,
        /// Its value.
        address: SocketAddr,
        /// What the system said.
        error: std::io::Error,
    },
}

/// Opens a listener with a backlog that a reconnect storm fits in.
pub(crate) fn listen(option: &'static str, address: SocketAddr) -> Result<TcpListener, ListenError> {
    open(address).map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => ListenError::Taken { option, address, flag: option.replace(['.', '_'], "-") },
        _ => ListenError::Other { option, address, error },
    })
}

fn open(address: SocketAddr) -> std::io::Result<TcpListener> {
    const BACKLOG: i32 = 4096;
    let socket = socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}
