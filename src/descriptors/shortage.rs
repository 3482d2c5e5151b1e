//! Handles the case that no descriptor is free although all shares were respected: the limit was lowered, the table of
//! the whole system is full, or other code in the process holds them.
//!
//! A server that cannot accept would be woken for the same client again and again, and could not answer health probes.
//! So some descriptors are kept in reserve. In a shortage the public server pauses and the reserve is released: with it
//! probes are answered and waiting clients are refused, until enough descriptors are free again.

use crate::ws::{OpenSockets, Refusal};
use actix_server::ServerHandle;
use actix_web::http::StatusCode;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;
use tokio::time::{interval, Instant};

/// Descriptors kept for a shortage: a few probes, a new connection to the broker, a client that is refused.
const RESERVE: usize = 8;
/// This many more must be free before clients are accepted again.
const MARGIN: usize = 8;
/// Interval of the check for free descriptors.
const LOOK: Duration = Duration::from_millis(200);
/// Clients refused per check.
const REFUSED_PER_LOOK: usize = 64;
/// Least time between two lines in the log.
const SAY_EVERY: Duration = Duration::from_secs(10);

/// Watches the descriptors of the process for as long as it runs. `waiting` is the public server's listener.
pub(crate) async fn watch(open: OpenSockets, server: ServerHandle, waiting: TcpListener) {
    let mut reserve = take(RESERVE).unwrap_or_default();
    let mut said: Option<Instant> = None;
    let mut refused = 0;
    let mut looks = interval(LOOK);
    loop {
        looks.tick().await;
        if !open.is_short() {
            match take(RESERVE - reserve.len() + 1) {
                Ok(mut free) => {
                    free.pop();
                    reserve.append(&mut free);
                    continue;
                }
                Err(error) if !is_shortage(&error) => continue,
                Err(_) => {
                    open.set_short(true);
                    server.pause().await;
                    reserve.clear();
                }
            }
        }
        refused += refuse(&waiting);
        if said.is_none_or(|said| said.elapsed() >= SAY_EVERY) {
            log::error!("no file descriptor is free, sockets are refused open={} refused={refused}", open.count());
            (said, refused) = (Some(Instant::now()), 0);
        }
        if let Ok(mut free) = take(RESERVE + MARGIN) {
            free.truncate(RESERVE);
            reserve = free;
            server.resume().await;
            open.set_short(false);
            log::info!("file descriptors are free again refused={refused}");
        }
    }
}

/// Opens this many descriptors, or none.
fn take(count: usize) -> io::Result<Vec<File>> {
    (0..count).map(|_| File::open("/dev/null")).collect()
}

/// `EMFILE`, `ENFILE` (errno(3)); the numbers are the same on all supported systems.
fn is_shortage(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(24 | 23))
}

/// Answers clients that wait in the kernel, each with the descriptor that the last one freed. Returns how many.
fn refuse(waiting: &TcpListener) -> usize {
    let accepted = std::iter::from_fn(|| waiting.accept().ok());
    accepted.take(REFUSED_PER_LOOK).map(|(client, _)| answer(client)).count()
}

/// Does not wait for the client: reads what has arrived of its request, so that closing does not reset the connection
/// and destroy the answer. A client that is gone gets none.
fn answer(mut client: TcpStream) {
    let refusal = Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "no file descriptor is free")
        .with_header("Retry-After", "5");
    let _ = client.set_nonblocking(true);
    let _ = client.read(&mut [0; 4096]);
    let _ = client.write(&refusal.response());
    let _ = client.shutdown(Shutdown::Write);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortage_is_told_from_other_errors() {
        assert!(is_shortage(&io::Error::from_raw_os_error(24)));
        assert!(is_shortage(&io::Error::from_raw_os_error(23)));
        assert!(!is_shortage(&io::Error::from(io::ErrorKind::NotFound)));
    }

    #[test]
    fn clients_that_wait_are_told_to_come_again() {
        let waiting = TcpListener::bind("127.0.0.1:0").unwrap();
        waiting.set_nonblocking(true).unwrap();
        assert_eq!(refuse(&waiting), 0);
        let mut clients: Vec<TcpStream> =
            (0..3).map(|_| TcpStream::connect(waiting.local_addr().unwrap()).unwrap()).collect();
        assert_eq!(refuse(&waiting), 3);
        for client in &mut clients {
            let mut answer = String::new();
            client.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("Retry-After: 5"), "{answer}");
        }
    }
}
