//! A connection in the form that HTTP and sockets use: TCP, or TLS over it.
//!
//! Besides the two traits of tokio it has non-blocking attempts and separate readiness, which a socket with several
//! tasks needs.

use super::tls_stream::TlsStream;
use actix_rt::net::TcpStream;
use socket2::SockRef;
use std::io::{self, IoSlice, Read};
use std::pin::Pin;
use std::task::{ready, Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};

/// The connection; see the module.
pub enum Wire {
    /// TCP.
    Plain(TcpStream),
    /// TLS, after the handshake.
    Tls(Box<TlsStream>),
}

impl Wire {
    /// The underlying connection.
    pub fn tcp(&self) -> &TcpStream {
        match self {
            Wire::Plain(tcp) => tcp,
            Wire::Tls(tls) => tls.tcp(),
        }
    }

    /// Reads available bytes; `WouldBlock` when there are none, `Ok(0)` at the end.
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Wire::Plain(tcp) => read_plain(tcp, buffer),
            Wire::Tls(tls) => tls.try_read(buffer),
        }
    }

    /// Writes as much as possible; `WouldBlock` when that is nothing.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Wire::Plain(tcp) => tcp.try_write(bytes),
            Wire::Tls(tls) => tls.try_write(&[IoSlice::new(bytes)]),
        }
    }

    /// Like [`Wire::try_write`], for several pieces.
    pub fn try_write_vectored(&self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Wire::Plain(tcp) => tcp.try_write_vectored(pieces),
            Wire::Tls(tls) => tls.try_write(pieces),
        }
    }

    /// Writes accepted bytes to the kernel; `WouldBlock` when some remain.
    pub fn try_flush(&self) -> io::Result<()> {
        match self {
            Wire::Plain(_) => Ok(()),
            Wire::Tls(tls) => tls.try_flush(),
        }
    }

    /// Whether accepted bytes are not in the kernel yet.
    pub fn is_behind(&self) -> bool {
        match self {
            Wire::Plain(_) => false,
            Wire::Tls(tls) => tls.is_behind(),
        }
    }

    /// Ends the output, so that the peer reads an end of stream.
    pub fn end_writing(&self) {
        if let Wire::Tls(tls) = self {
            tls.say_end();
        }
        // fails only when the peer has already ended the connection
        let _ = SockRef::from(self.tcp()).shutdown(std::net::Shutdown::Write);
    }
}

/// On Linux, a read that leaves room in the buffer has emptied the socket: new data triggers a new edge in epoll. A
/// further attempt would be a useless system call per message, so the readiness is cleared at once, like tokio does in
/// `poll_read`. It is cleared in the state before the read: data that arrives meanwhile sets it again.
fn read_plain(tcp: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    let mut emptied = None;
    let read = tcp.try_io(Interest::READABLE, || {
        let count = (&*SockRef::from(tcp)).read(buffer)?;
        if cfg!(target_os = "linux") && 0 < count && count < buffer.len() {
            emptied = Some(count);
            return Err(io::ErrorKind::WouldBlock.into()); // clears the readiness
        }
        Ok(count)
    });
    emptied.map_or(read, Ok)
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            match self.try_read(buffer.initialize_unfilled()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready!(self.tcp().poll_read_ready(cx))?,
                Err(error) => return Poll::Ready(Err(error)),
                Ok(count) => {
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl Wire {
    fn poll_writing<T>(
        &self,
        cx: &mut Context<'_>,
        mut attempt: impl FnMut(&Self) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        loop {
            match attempt(self) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready!(self.tcp().poll_write_ready(cx))?,
                done => return Poll::Ready(done),
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_writing(cx, |wire| wire.try_write(bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_writing(cx, |wire| wire.try_write_vectored(pieces))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_writing(cx, Wire::try_flush)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_writing(cx, Wire::try_flush))?;
        self.end_writing();
        Poll::Ready(Ok(()))
    }
}
