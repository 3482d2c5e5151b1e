//! The non-blocking transport of a light socket: TCP, or TLS over it.

use crate::socket::{SocketError, Trust};
use rustls::pki_types::ServerName;
use rustls::ClientConnection;
use std::cell::RefCell;
use std::io::{self, BufRead, Read, Write};
use tokio::io::Interest;
use tokio::net::TcpStream;

/// See the module documentation.
pub struct Stream {
    io: TcpStream,
    tls: Option<Box<RefCell<ClientConnection>>>,
}

/// A non-blocking `TcpStream` with the read and write traits of `std`.
struct NonBlocking<'a>(&'a TcpStream);

impl Read for NonBlocking<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buffer)
    }
}

impl Write for NonBlocking<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream {
    /// Connects to a host; with `trust`, over TLS, which verifies the host name.
    pub async fn connect(host: &str, port: u16, trust: Option<&Trust>) -> Result<Self, SocketError> {
        let io = TcpStream::connect((host, port)).await?;
        io.set_nodelay(true)?;
        let Some(trust) = trust else { return Ok(Stream { io, tls: None }) };
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| SocketError::Frame(format!("{host} is no name of a host: {error}")))?;
        let mut tls = ClientConnection::new(trust.config(), name)?;
        while tls.is_handshaking() {
            write_tls(&mut tls, &io)?;
            let interest = if tls.wants_write() { Interest::WRITABLE } else { Interest::READABLE };
            io.ready(interest).await?;
            match tls.read_tls(&mut NonBlocking(&io)) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                Ok(_) => {
                    tls.process_new_packets()?;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Stream { io, tls: Some(Box::new(RefCell::new(tls))) })
    }

    /// Waits until reading, or writing what is left, can make progress.
    pub async fn ready(&self, has_unsent: bool) -> io::Result<()> {
        let has_unsent = has_unsent || self.tls.as_ref().is_some_and(|tls| tls.borrow().wants_write());
        let interest = if has_unsent { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        self.io.ready(interest).await.map(drop)
    }

    /// Waits until writing can make progress.
    pub async fn writable(&self) -> io::Result<()> {
        self.io.writable().await
    }

    /// Whether TLS holds decrypted bytes of the last read.
    pub fn has_plain(&self) -> bool {
        let has_plain =
            |tls: &RefCell<ClientConnection>| tls.borrow_mut().reader().fill_buf().is_ok_and(|plain| !plain.is_empty());
        self.tls.as_deref().is_some_and(has_plain)
    }

    /// Reads what is available; 0 at the end.
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &self.tls else { return self.io.try_read(buffer) };
        let tls = &mut *tls.borrow_mut();
        loop {
            match tls.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // the connection ended without a TLS close_notify, which proxies often omit, too
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                done => return done,
            }
            tls.read_tls(&mut NonBlocking(&self.io))?;
            tls.process_new_packets().map_err(io::Error::other)?;
        }
    }

    /// Writes what can be written now; `false` while the kernel has not accepted everything.
    pub fn try_write(&self, unsent: &mut Vec<u8>) -> io::Result<bool> {
        let Some(tls) = &self.tls else { return write_plain(&self.io, unsent) };
        let tls = &mut *tls.borrow_mut();
        loop {
            let taken = tls.writer().write(unsent)?;
            unsent.drain(..taken);
            write_tls(tls, &self.io)?;
            if tls.wants_write() {
                return Ok(false);
            }
            if unsent.is_empty() {
                *unsent = Vec::new();
                return Ok(true);
            }
        }
    }

    /// Makes the connection end with a reset.
    pub fn reset_on_close(&self) {
        // on an error the connection ends in the orderly way, which is the next best
        let _ = socket2::SockRef::from(&self.io).set_linger(Some(std::time::Duration::ZERO));
    }
}

/// Writes what the kernel accepts; returns whether that was everything.
fn write_plain(io: &TcpStream, unsent: &mut Vec<u8>) -> io::Result<bool> {
    while !unsent.is_empty() {
        match io.try_write(unsent) {
            Ok(count) if count == unsent.len() => *unsent = Vec::new(),
            Ok(count) => drop(unsent.drain(..count)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// Writes TLS records as far as the kernel accepts them.
fn write_tls(tls: &mut ClientConnection, io: &TcpStream) -> io::Result<()> {
    while tls.wants_write() {
        match tls.write_tls(&mut NonBlocking(io)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
