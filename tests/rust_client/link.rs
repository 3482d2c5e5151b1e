//! A link to a node that fails on demand.

use crate::support::Node;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They pass.
    Pass,
    /// None is let through, and those that were open end.
    Refuse,
    /// As something on the way that knows no WebSockets: requests for one end without an answer.
    NoSockets,
    /// The same with requests for streams.
    NoStreams,
}

/// See the module. Ends with the test.
pub struct Link {
    port: u16,
    mode: watch::Sender<Mode>,
    sockets: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Link {
    /// Leads to a node.
    pub async fn to(node: &Node, mode: Mode) -> Link {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mode, modes) = watch::channel(mode);
        let sockets = Arc::new(AtomicUsize::new(0));
        let (target, counted) = (node.public_port(), sockets.clone());
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, target, modes.clone(), counted.clone()));
            }
        });
        Link { port, mode, sockets, task }
    }

    /// Where clients connect.
    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}/ws", self.port)
    }

    /// From now on; what is open ends.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// How many WebSockets were asked for.
    pub fn sockets(&self) -> usize {
        self.sockets.load(Ordering::Relaxed)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(mut client: TcpStream, target: u16, mut modes: watch::Receiver<Mode>, sockets: Arc<AtomicUsize>) {
    let mode = *modes.borrow_and_update();
    let mut first = [0; 7];
    let first = client.peek(&mut first).await.map(|length| first[..length].to_vec()).unwrap_or_default();
    let (is_socket, is_stream) = (first.starts_with(b"GET /ws"), first.starts_with(b"GET /st"));
    sockets.fetch_add(usize::from(is_socket), Ordering::Relaxed);
    match mode {
        Mode::Refuse => return,
        Mode::NoSockets if is_socket => return,
        Mode::NoStreams if is_stream => return,
        _ => {}
    }
    let Ok(mut node) = TcpStream::connect(("127.0.0.1", target)).await else { return };
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut node) => {}
        _ = modes.changed() => {}
    }
}
