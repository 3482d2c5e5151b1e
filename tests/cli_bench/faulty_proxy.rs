//! A proxy between client and node that breaks one promise once: it drops or duplicates a publication, or swaps it
//! with the next one.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread;

/// What happens to one publication at one receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It does not arrive.
    Drop,
    /// It arrives twice.
    Double,
    /// It arrives behind the next one.
    Swap,
}

/// A running proxy; its threads end with the connections.
pub struct FaultyProxy {
    port: u16,
}

impl FaultyProxy {
    /// Stands in front of a node.
    pub fn start(node: u16, fault: Fault) -> FaultyProxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let is_done = Arc::new(AtomicBool::new(false));
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, node) = (client.unwrap(), TcpStream::connect(("127.0.0.1", node)).unwrap());
                let (up, down) = (client.try_clone().unwrap(), node.try_clone().unwrap());
                thread::spawn(move || copy(up, down));
                let is_done = is_done.clone();
                thread::spawn(move || Relay { fault, is_done, held: None }.run(node, client));
            }
        });
        FaultyProxy { port }
    }

    /// Where clients connect.
    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}/ws", self.port)
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to); // ends with either side
    let _ = to.shutdown(Shutdown::Both);
}

/// From the node to one client, frame by frame.
struct Relay {
    fault: Fault,
    is_done: Arc<AtomicBool>,
    held: Option<Vec<u8>>,
}

impl Relay {
    fn run(mut self, mut node: TcpStream, mut client: TcpStream) {
        let mut bytes = Vec::new();
        let mut buffer = [0; 16 * 1024];
        let mut is_open = false;
        while let Ok(count @ 1..) = node.read(&mut buffer) {
            bytes.extend_from_slice(&buffer[..count]);
            let mut out = Vec::new();
            if !is_open {
                let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
                out.extend(bytes.drain(..end + 4));
                is_open = true;
            }
            while let Some(length) = frame_bytes(&bytes) {
                let frame: Vec<u8> = bytes.drain(..length).collect();
                self.pass(frame, &mut out);
            }
            if client.write_all(&out).is_err() {
                break;
            }
        }
        let _ = client.shutdown(Shutdown::Both);
    }

    fn pass(&mut self, frame: Vec<u8>, out: &mut Vec<u8>) {
        let text = String::from_utf8_lossy(&frame);
        if text.contains(r#""n":11,"#) && !self.is_done.swap(true, Ordering::SeqCst) {
            match self.fault {
                Fault::Drop => {}
                Fault::Double => out.extend([frame.clone(), frame].concat()),
                Fault::Swap => self.held = Some(frame),
            }
            return;
        }
        out.extend(&frame);
        if text.contains(r#""type":"bench""#) {
            out.extend(self.held.take().unwrap_or_default());
        }
    }
}

/// Length of the first frame, when it is whole (RFC 6455, section 5.2; a node's frames have no mask).
fn frame_bytes(bytes: &[u8]) -> Option<usize> {
    let length = match *bytes.get(1)? {
        126 => 4 + usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?])),
        127 => panic!("no frame of a test is that long"),
        short => 2 + usize::from(short),
    };
    (bytes.len() >= length).then_some(length)
}
