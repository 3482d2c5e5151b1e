//! A connection as HTTP and sockets use it: TCP, or TLS over it.
//!
//! Beside the two traits of tokio it has what a socket with many tasks around it needs: attempts that never wait, with
//! readiness asked for apart.

use super::tls_stream::TlsStream;
use actix_rt::net::TcpStream;
use socket2::SockRef;
use std::io::{self, IoSlice, Read};
use std::pin::Pin;
use std::task::{ready, Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};

/// See the module.
pub enum Wire {
    /// TCP.
    Plain(TcpStream),
    /// TLS; the handshake is done.
    Tls(Box<TlsStream>),
}

impl Wire {
    /// The connection below.
    pub fn tcp(&self) -> &TcpStream {
        match self {
            Wire::Plain(tcp) => tcp,
            Wire::Tls(tls) => tls.tcp(),
        }
    }

    /// Reads what is there; `WouldBlock` when nothing is, `Ok(0)` at the end.
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Wire::Plain(tcp) => read_plain(tcp, buffer),
            Wire::Tls(tls) => tls.try_read(buffer),
        }
    }

    /// Writes as much as is taken now; `WouldBlock` when that is nothing.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Wire::Plain(tcp) => tcp.try_write(bytes),
            Wire::Tls(tls) => tls.try_write(&[IoSlice::new(bytes)]),
        }
    }

    /// As [`Wire::try_write`], of several pieces.
    pub fn try_write_vectored(&self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Wire::Plain(tcp) => tcp.try_write_vectored(pieces),
            Wire::Tls(tls) => tls.try_write(pieces),
        }
    }

    /// Gives the kernel what was taken and is not there yet; `WouldBlock` when something is left.
    pub fn try_flush(&self) -> io::Result<()> {
        match self {
            Wire::Plain(_) => Ok(()),
            Wire::Tls(tls) => tls.try_flush(),
        }
    }

    /// Whether something that was taken is not with the kernel yet.
    pub fn is_behind(&self) -> bool {
        match self {
            Wire::Plain(_) => false,
            Wire::Tls(tls) => tls.is_behind(),
        }
    }

    /// Ends our side, so that the peer reads to an end.
    pub fn end_writing(&self) {
        if let Wire::Tls(tls) = self {
            tls.say_end();
        }
        // fails only when the peer ended the connection first
        let _ = SockRef::from(self.tcp()).shutdown(std::net::Shutdown::Write);
    }
}

/// On Linux, a read that leaves room in the buffer has emptied the socket: the next data is a new edge to epoll. The
/// attempt that would find nothing is a system call per message, so the readiness is cleared at once, as tokio does in
/// `poll_read`. It is cleared as it was before the read: data that comes meanwhile sets it anew.
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
