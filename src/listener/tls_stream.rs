//! TLS over a connection, by non-blocking attempts.
//!
//! A write accepts plain bytes only when all encrypted ones of the write before are in the kernel, so at most the bytes
//! of one write wait here, and a stalled peer is noticed as on plain TCP.

use actix_rt::net::TcpStream;
use rustls::{ServerConfig, ServerConnection};
use std::cell::RefCell;
use std::io::{self, IoSlice, Read, Write};
use std::sync::Arc;

/// Plain bytes per write: one TLS record.
const WRITE_BYTES_MAX: usize = 16 * 1024;

/// A TLS stream; see the module.
pub struct TlsStream {
    tcp: TcpStream,
    tls: RefCell<ServerConnection>,
}

/// Non-blocking I/O on a connection, in the form that rustls needs.
struct Attempts<'a>(&'a TcpStream);

impl Read for Attempts<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buffer)
    }
}

impl Write for Attempts<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write_vectored(pieces)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TlsStream {
    /// Performs the handshake; the caller limits the time.
    ///
    /// # Errors
    /// When the connection ends, or the handshake fails; TLS alerts the peer.
    pub(super) async fn accept(tcp: TcpStream, config: Arc<ServerConfig>) -> io::Result<Self> {
        let mut tls = ServerConnection::new(config).map_err(io::Error::other)?;
        tls.set_buffer_limit(Some(WRITE_BYTES_MAX));
        let stream = TlsStream { tcp, tls: RefCell::new(tls) };
        loop {
            match stream.shake_hands() {
                Ok(true) => return Ok(stream),
                Ok(false) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let writes = stream.tls.borrow().wants_write();
                    match writes {
                        true => stream.tcp.writable().await?,
                        false => stream.tcp.readable().await?,
                    }
                }
                Err(error) => {
                    let _ = stream.try_flush(); // the alert, if the peer takes it at once
                    return Err(error);
                }
            }
        }
    }

    /// Continues the handshake; returns whether it is complete.
    fn shake_hands(&self) -> io::Result<bool> {
        self.try_flush()?;
        if !self.tls.borrow().is_handshaking() {
            return Ok(true);
        }
        if self.receive()? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(false)
    }

    pub(super) fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    /// Reads what the kernel has; returns the number of encrypted bytes.
    fn receive(&self) -> io::Result<usize> {
        let mut tls = self.tls.borrow_mut();
        let count = tls.read_tls(&mut Attempts(&self.tcp))?;
        tls.process_new_packets().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        Ok(count)
    }

    pub(super) fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.tls.borrow_mut().reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // the end without a TLS close; the protocols above mark the ends of their messages themselves
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                done => return done,
            }
            let received = self.receive();
            // output of TLS itself; the rest of it is sent with the next write
            let _ = self.try_flush();
            received?;
        }
    }

    pub(super) fn try_write(&self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.try_flush()?;
        let count = self.tls.borrow_mut().writer().write_vectored(pieces)?;
        match self.try_flush() {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(count),
        }
    }

    pub(super) fn try_flush(&self) -> io::Result<()> {
        let mut tls = self.tls.borrow_mut();
        while tls.wants_write() {
            tls.write_tls(&mut Attempts(&self.tcp))?;
        }
        Ok(())
    }

    pub(super) fn is_behind(&self) -> bool {
        self.tls.borrow().wants_write()
    }

    /// Announces the end of the output, as far as the kernel accepts it.
    pub(super) fn say_end(&self) {
        self.tls.borrow_mut().send_close_notify();
        let _ = self.try_flush(); // a peer that takes nothing sees the end of TCP
    }
}
