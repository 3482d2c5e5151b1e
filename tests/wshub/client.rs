//! A client of WS-HUB: frames over TCP, so that a test sees each one.

use crate::hub::Hub;
use crate::ws_support::frames;
use crate::ws_support::raw::{request, Got, Raw};
use std::net::SocketAddr;

/// A connected client.
pub struct Client(pub Raw);

impl Client {
    /// Connects with a key, which stands in the URL as it is.
    pub fn connect(hub: &Hub, key: &str) -> Client {
        Client::open(hub, &format!("/ws?session_key={key}"), &[])
    }

    /// Connects by a path with further header lines.
    pub fn open(hub: &Hub, path: &str, lines: &[&str]) -> Client {
        Client::open_at(hub.address, path, lines)
    }

    /// Connects to any server.
    pub fn open_at(address: SocketAddr, path: &str, lines: &[&str]) -> Client {
        let mut raw = Raw::connect(address);
        raw.send(request(path, lines).as_bytes());
        let head = raw.response_head();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        Client(raw)
    }

    /// The status of an upgrade.
    pub fn status(hub: &Hub, path: &str, lines: &[&str]) -> u16 {
        let mut raw = Raw::connect(hub.address);
        raw.send(request(path, lines).as_bytes());
        raw.response_head().split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Sends a text message.
    pub fn say(&mut self, text: &str) {
        self.0.send(&frames::text(text));
    }

    /// The next frame.
    pub fn next(&mut self) -> Got {
        self.0.read_frame().unwrap().expect("a frame before the end")
    }

    /// The next frame, which must be text.
    pub fn text(&mut self) -> String {
        let got = self.next();
        assert_eq!(got.opcode, frames::TEXT, "{got:?}");
        String::from_utf8(got.payload).unwrap()
    }

    /// Asserts that nothing was sent to the client that it did not read yet: the answer to its ping comes first.
    pub fn assert_silence(&mut self) {
        self.0.send(&frames::ping("fence"));
        assert_eq!(self.next(), Got { opcode: frames::PONG, payload: b"fence".to_vec() });
    }

    /// Closes as a browser does.
    pub fn close(mut self) {
        self.0.send(&frames::close(1000, ""));
        assert_eq!(self.0.close_code(), Some(1000));
        self.0.assert_ends();
    }
}
