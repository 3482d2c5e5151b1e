//! A TCP address that can be moved to another server while its old connections live on, as a virtual address or a
//! service name is.

use std::io::copy;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering::SeqCst};
use std::sync::Arc;
use std::thread;

/// See the module. Its threads end with the process of the test.
pub struct Switch {
    pub port: u16,
    target: Arc<AtomicU16>,
}

impl Switch {
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().port();
        let target = Arc::new(AtomicU16::new(port));
        let now = Arc::clone(&target);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // a server that is gone refuses the client, too
                let Ok(server) = TcpStream::connect(("127.0.0.1", now.load(SeqCst))) else { continue };
                pass(client.try_clone().unwrap(), server.try_clone().unwrap());
                pass(server, client);
            }
        });
        Switch { port: own, target }
    }

    /// From now on new connections lead there.
    pub fn move_to(&self, port: u16) {
        self.target.store(port, SeqCst);
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    let _ = (from.set_nodelay(true), to.set_nodelay(true));
    thread::spawn(move || {
        // either side may end it
        let _ = copy(&mut from, &mut to);
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    });
}
