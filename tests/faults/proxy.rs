//! A TCP proxy that misbehaves on demand: it delays, throttles, swallows, cuts and resets.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How the proxy treats bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Passes them on.
    Pass,
    /// Passes each piece on this much later.
    Delay(Duration),
    /// Passes at most so many bytes per second in each direction of each connection.
    Throttle(u64),
    /// Passes nothing and closes nothing: the peers notice by their own deadlines.
    BlackHole,
    /// Ends connections with a FIN, and each new one at once.
    Cut,
    /// Ends connections with a RST, and each new one at once.
    Reset,
}

/// Shared with the connections: the mode, and how often open connections were ended.
#[derive(Clone, Copy)]
struct Order {
    manner: Manner,
    ends: u64,
    reset: bool,
}

/// Notifications that are to be lost: pub/sub may do that.
#[derive(Default)]
struct Swallow {
    needle: Vec<u8>,
    left: usize,
    swallowed: usize,
}

/// A running proxy. Its connections end with the value.
pub struct Proxy {
    order: watch::Sender<Order>,
    swallow: Arc<Mutex<Swallow>>,
    port: u16,
    task: tokio::task::JoinHandle<()>,
}

/// Bytes passed at a time.
const PIECE: usize = 16 * 1024;

impl Proxy {
    /// Listens on a free loopback port for connections to a loopback port.
    pub async fn start(target: u16) -> Proxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let order = watch::Sender::new(Order { manner: Manner::Pass, ends: 0, reset: false });
        let swallow = Arc::default();
        let task = tokio::spawn(accept(listener, target, order.subscribe(), Arc::clone(&swallow)));
        Proxy { order, swallow, port, task }
    }

    /// Where to connect.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Treats all connections, those that are open included, like this from now on.
    pub fn set(&self, manner: Manner) {
        self.order.send_modify(|order| {
            order.manner = manner;
            order.reset = manner == Manner::Reset;
            order.ends += u64::from(matches!(manner, Manner::Cut | Manner::Reset));
        });
    }

    /// Loses the next so many notifications of Redis that contain this, without a trace on the connection.
    pub fn swallow(&self, needle: &str, times: usize) {
        let mut swallow = self.swallow.lock().unwrap();
        (swallow.needle, swallow.left) = (needle.into(), times);
    }

    /// How many it has lost.
    pub fn swallowed(&self) -> usize {
        self.swallow.lock().unwrap().swallowed
    }

    /// Ends what is open with a RST; what comes next passes.
    pub fn reset_once(&self) {
        self.order.send_modify(|order| (order.ends, order.reset) = (order.ends + 1, true));
    }
}

/// Starts one on another thread's runtime.
pub async fn start(on: &Handle, target: u16) -> Proxy {
    on.spawn(Proxy::start(target)).await.unwrap()
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, target: u16, orders: watch::Receiver<Order>, swallow: Arc<Mutex<Swallow>>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((client, _)) = listener.accept() => {
                connections.spawn(connect(client, target, orders.clone(), Arc::clone(&swallow)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connect(client: TcpStream, target: u16, mut orders: watch::Receiver<Order>, swallow: Arc<Mutex<Swallow>>) {
    let order = *orders.borrow_and_update();
    let refused = matches!(order.manner, Manner::Cut | Manner::Reset);
    let server = match refused {
        true => None,
        false => TcpStream::connect((Ipv4Addr::LOCALHOST, target)).await.ok(),
    };
    let Some(server) = server else {
        if order.manner != Manner::Cut {
            end_with_reset(&client); // as a port nobody listens on
        }
        return;
    };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let both = async {
        tokio::join!(
            pass(&mut from_client, &mut to_server, orders.clone(), None),
            pass(&mut from_server, &mut to_client, orders.clone(), Some(&swallow))
        )
    };
    tokio::select! {
        _ = both => return,
        () = ended(orders.clone(), order.ends) => {}
    }
    if orders.borrow().reset {
        end_with_reset(from_client.as_ref());
        end_with_reset(from_server.as_ref());
        // dropped as usual they would send a FIN first
        to_client.forget();
        to_server.forget();
    }
}

/// Resolves when connections that were open at `ends` are to end.
async fn ended(mut orders: watch::Receiver<Order>, ends: u64) {
    // without a sender the proxy is gone, and its connections with it
    let _ = orders.wait_for(|order| order.ends != ends).await;
}

async fn pass(
    from: &mut OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    mut orders: watch::Receiver<Order>,
    swallow: Option<&Mutex<Swallow>>,
) {
    let mut piece = vec![0; PIECE];
    loop {
        if orders.wait_for(|order| order.manner != Manner::BlackHole).await.is_err() {
            return;
        }
        let Ok(count @ 1..) = from.read(&mut piece).await else { break };
        if swallow.is_some_and(|swallow| swallow.lock().unwrap().takes(&piece[..count])) {
            continue;
        }
        let manner = orders.borrow().manner;
        match manner {
            Manner::Delay(delay) => tokio::time::sleep(delay).await,
            Manner::Throttle(per_second) => {
                tokio::time::sleep(Duration::from_millis(1000 * count as u64 / per_second)).await;
            }
            Manner::BlackHole => {
                // what was read meanwhile waits with the rest
                if orders.wait_for(|order| order.manner != Manner::BlackHole).await.is_err() {
                    return;
                }
            }
            Manner::Pass | Manner::Cut | Manner::Reset => {}
        }
        if to.write_all(&piece[..count]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await; // the peer may be gone already
}

impl Swallow {
    /// Whether this piece is to be lost: only whole notifications are, for TCP loses no bytes.
    fn takes(&mut self, piece: &[u8]) -> bool {
        let wanted = self.left > 0 && piece.windows(self.needle.len()).any(|part| part == self.needle);
        let taken = wanted && are_notifications(piece).is_some();
        self.left -= usize::from(taken);
        self.swallowed += usize::from(taken);
        taken
    }
}

/// Whether this is nothing but whole pushes of three texts: `message`, channel, content.
fn are_notifications(mut piece: &[u8]) -> Option<()> {
    while !piece.is_empty() {
        piece = piece.strip_prefix(b">3\r\n")?;
        for _ in 0..3 {
            piece = piece.strip_prefix(b"$")?;
            let end = piece.iter().position(|byte| *byte == b'\r')?;
            let length: usize = std::str::from_utf8(&piece[..end]).ok()?.parse().ok()?;
            piece = piece.get(end + 2 + length..)?.strip_prefix(b"\r\n")?;
        }
    }
    Some(())
}

fn end_with_reset(stream: &TcpStream) {
    // a socket that is closed already needs none
    let _ = socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    async fn echo() -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = socket.split();
                    let _ = tokio::io::copy(&mut read, &mut write).await;
                });
            }
        });
        port
    }

    async fn says(socket: &mut TcpStream, text: &[u8]) -> std::io::Result<Vec<u8>> {
        socket.write_all(text).await?;
        let mut answer = vec![0; text.len()];
        socket.read_exact(&mut answer).await?;
        Ok(answer)
    }

    #[tokio::test]
    async fn a_black_hole_holds_bytes_back_and_loses_none() {
        let proxy = Proxy::start(echo().await).await;
        let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).await.unwrap();
        assert_eq!(says(&mut socket, b"one").await.unwrap(), b"one");
        proxy.set(Manner::BlackHole);
        let swallowed = tokio::time::timeout(Duration::from_millis(50), says(&mut socket, b"two")).await;
        assert!(swallowed.is_err());
        proxy.set(Manner::Pass);
        let mut answer = [0; 3];
        socket.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"two");
    }

    #[test]
    fn only_whole_notifications_are_swallowed() {
        let whole = b">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$4\r\na\r\nb\r\n";
        let mut swallow = Swallow { needle: b"a\r".into(), left: 2, swallowed: 0 };
        assert!(!swallow.takes(&whole[..whole.len() - 3]), "cut in two");
        assert!(!swallow.takes(b"$2\r\na\r\r\n"), "an answer");
        assert!(swallow.takes(&[&whole[..], &whole[..]].concat()));
        assert!(swallow.takes(whole));
        assert!(!swallow.takes(whole), "enough");
        assert_eq!(swallow.swallowed, 2);
    }

    #[tokio::test]
    async fn a_cut_ends_what_is_open_and_a_reset_says_so() {
        let proxy = Proxy::start(echo().await).await;
        for (manner, kind) in [(Manner::Cut, ErrorKind::UnexpectedEof), (Manner::Reset, ErrorKind::ConnectionReset)] {
            let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).await.unwrap();
            assert_eq!(says(&mut socket, b"one").await.unwrap(), b"one");
            proxy.set(manner);
            assert_eq!(socket.read_exact(&mut [0]).await.unwrap_err().kind(), kind);
            let mut refused = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).await.unwrap();
            assert!(says(&mut refused, b"two").await.is_err());
            proxy.set(Manner::Pass);
        }
        let mut open = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).await.unwrap();
        assert_eq!(says(&mut open, b"one").await.unwrap(), b"one");
        proxy.reset_once();
        assert!(open.read_exact(&mut [0]).await.is_err());
        let mut next = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).await.unwrap();
        assert_eq!(says(&mut next, b"two").await.unwrap(), b"two");
    }
}
