//! Malicious peers, and peers that do not read: the cost of each is bounded, and others are not disturbed.

mod ws_support;

use hubwire::ws::{Echo, Endpoint, Routes, Socket, UpgradeRequest, Verdict};
use hubwire_actors::outbox::{Ended, Incoming, Offer, Outbox};
use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc::{sync_channel, SyncSender};
use std::sync::Mutex;
use std::task::{Context, Poll};
use std::time::Duration;
use ws_support::frames::*;
use ws_support::raw::{Raw, DEADLINE};
use ws_support::server::TestServer;

#[test]
fn a_million_empty_fragments_end_at_the_limit() {
    let server = TestServer::with(|_| {});
    let mut raw = Raw::open(server.address, "/echo");
    raw.send(&frame(TEXT, b""));
    let thousand = frame(CONTINUATION, b"").repeat(1000);
    // the server ends the connection long before the last of them
    let sent = (0..1000).take_while(|_| std::io::Write::write_all(&mut raw.stream, &thousand).is_ok()).count();
    match raw.read_frame() {
        Ok(got) => assert_eq!(got.map(|got| got.payload[..2].to_vec()), Some(4429u16.to_be_bytes().to_vec())),
        // what was sent after the end may have reset the connection
        Err(error) => assert!(sent < 1000, "{error}"),
    }
    raw.assert_ends();
}

#[test]
fn as_many_fragments_as_allowed_make_a_message() {
    let server = TestServer::with(|settings| settings.socket.limits.fragments_max = 8);
    let mut raw = Raw::open(server.address, "/echo");
    raw.send(&[frame(TEXT, b"a"), frame(CONTINUATION, b"a").repeat(7), frame(FIN, b"a")].concat());
    assert_eq!(raw.read_frame().unwrap().unwrap().payload, b"a".repeat(9));
    raw.send(&[frame(TEXT, b"a"), frame(CONTINUATION, b"a").repeat(8)].concat());
    assert_eq!(raw.close_code(), Some(4429));
    raw.assert_ends();
}

#[test]
fn a_flood_of_pings_is_refused_and_others_are_served_meanwhile() {
    let server = TestServer::with(|settings| settings.socket.control_frames_per_second = 2);
    let mut other = Raw::open(server.address, "/echo");
    let mut raw = Raw::open(server.address, "/echo");
    // half a minute of them may come at once
    raw.send(&ping("x").repeat(61));
    for _ in 0..61 {
        assert_eq!(raw.read_frame().unwrap().unwrap().opcode, PONG);
    }
    assert_eq!(raw.close_code(), Some(4100));
    raw.assert_ends();
    other.send(&text("still there"));
    assert_eq!(other.read_frame().unwrap().unwrap().payload, b"still there");
}

/// Nobody reads the pongs: the answers are bounded, and the peer is cut off.
#[test]
fn a_peer_that_pings_and_never_reads_is_cut_off() {
    let server = TestServer::with(|settings| settings.socket.control_frames_per_second = 0);
    let mut raw = Raw::open(server.address, "/echo");
    let pings = ping([b'x'; 125]).repeat(500);
    let begun = tokio::time::Instant::now();
    while std::io::Write::write_all(&mut raw.stream, &pings).is_ok() {
        assert!(begun.elapsed() < 3 * DEADLINE, "gigabytes of pings were taken");
    }
    server.assert_no_sockets();
}

/// The echo holds back what it reads instead of dropping what it cannot write.
#[test]
fn a_peer_that_reads_late_loses_nothing() {
    let server = TestServer::echo();
    let mut raw = Raw::open(server.address, "/echo");
    let mut writer = raw.stream.try_clone().unwrap();
    let message = |i: u32| i.to_be_bytes().repeat(2500);
    let sender = std::thread::spawn(move || {
        (0..3000).for_each(|i| std::io::Write::write_all(&mut writer, &binary(message(i))).unwrap());
    });
    for i in 0..3000 {
        let got = raw.read_frame().unwrap().unwrap();
        assert!(got.payload == message(i), "message {i} is another one");
    }
    sender.join().unwrap();
}

#[test]
fn a_flooding_peer_leaves_turns_to_others() {
    let server = TestServer::echo();
    let mut flood = Raw::open(server.address, "/echo");
    let mut reader = flood.stream.try_clone().unwrap();
    let drain = std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
    let (stop, stopped) = sync_channel::<()>(0);
    let sender = std::thread::spawn(move || {
        let messages = text("x").repeat(5000);
        while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
            flood.send(&messages);
        }
        flood.stream.shutdown(std::net::Shutdown::Both).unwrap();
    });
    let mut other = Raw::open(server.address, "/echo");
    for i in 0..100 {
        other.send(&text(format!("{i}")));
        assert_eq!(other.read_frame().unwrap().unwrap().payload, i.to_string().into_bytes());
    }
    drop(stop);
    sender.join().unwrap();
    let _ = drain.join().unwrap();
}

#[test]
fn a_stream_that_ends_within_a_frame_ends_the_socket() {
    let server = TestServer::echo();
    let mut raw = Raw::open(server.address, "/echo");
    raw.send(&text("cut")[..5]);
    raw.stream.shutdown(std::net::Shutdown::Write).unwrap();
    raw.assert_ends();
}

// ---- an endpoint that fills its outbox and tells the test what it saw

/// What the last server of this process saw; the tests that use it hold the lock.
static TOLD: Mutex<Option<SyncSender<Seen>>> = Mutex::new(None);
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Full { queued_bytes: usize, frames: usize },
    Ended(Ended),
}

/// Fills the outbox with frames of the size in the path's query, then closes with 4101 when a message comes.
struct Filling;

impl Endpoint for Filling {
    fn admit(&self, request: &UpgradeRequest<'_>) -> futures_util::future::LocalBoxFuture<'static, Verdict> {
        let frame_bytes = request.query().and_then(|query| query.parse().ok()).unwrap_or(0);
        let start = Box::new(move |socket| {
            // of the test that opened it: a socket may end after the next test began
            let tell = TOLD.lock().unwrap().clone().unwrap();
            actix_rt::spawn(Filler { socket, tell, frame_bytes, taken: 0, is_full: false });
        });
        Box::pin(std::future::ready(Verdict::Open { subprotocol: None, start }))
    }
}

struct Filler {
    socket: Socket,
    tell: SyncSender<Seen>,
    frame_bytes: usize,
    taken: usize,
    is_full: bool,
}

impl Future for Filler {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        this.socket.outbox.register(cx);
        if this.frame_bytes > 0 && !this.is_full {
            let frame =
                hubwire_protocol::frame::frame(hubwire_protocol::frame::Opcode::Binary, &vec![7; this.frame_bytes]);
            while this.socket.outbox.offer(&frame) == Offer::Taken {
                this.taken += 1;
            }
            // between two offers nothing was written, so all of the queue is ours
            let queued_bytes = this.socket.outbox.queued_bytes();
            this.is_full = true;
            let full = Seen::Full { queued_bytes, frames: queued_bytes.div_ceil(frame.len()) };
            let _ = this.tell.send(full); // a test that is over listens no more
        }
        while let Poll::Ready(Some(message)) = futures_util::Stream::poll_next(Pin::new(&mut this.socket.incoming), cx)
        {
            match message {
                Incoming::Text(text) | Incoming::Binary(text) if text.starts_with(b"close") => {
                    this.socket.outbox.close(4101, "slow consumer");
                    this.socket.outbox.close(4000, "the first code wins");
                    assert_eq!(this.socket.outbox.offer(&text), Offer::Closed);
                }
                Incoming::Text(text) | Incoming::Binary(text) if text.starts_with(b"leave") => {
                    this.socket.outbox.close(4000, "draining");
                    return Poll::Ready(());
                }
                Incoming::Text(_) | Incoming::Binary(_) => panic!("a message after the session closed"),
                Incoming::Ended(ended) => {
                    let _ = this.tell.send(Seen::Ended(ended));
                    return Poll::Ready(());
                }
            }
        }
        let _ = this.socket.outbox.poll_flush(cx);
        Poll::Pending
    }
}

fn filling(
    change: impl FnOnce(&mut hubwire::ws::ServerSettings),
    test: impl FnOnce(&TestServer, &std::sync::mpsc::Receiver<Seen>),
) {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let (tell, told) = sync_channel(16);
    *TOLD.lock().unwrap() = Some(tell);
    test(&TestServer::with_routes(change, || Routes::default().with("/fill", Filling).with("/echo", Echo)), &told);
}

#[test]
fn an_outbox_nobody_reads_is_bounded_in_bytes_and_in_frames() {
    for frame_bytes in [1, 1000, 60_000, 200_000] {
        filling(
            |_| {},
            |server, told| {
                let _raw = Raw::open(server.address, &format!("/fill?{frame_bytes}"));
                let Ok(Seen::Full { queued_bytes, frames }) = told.recv_timeout(DEADLINE) else { panic!("never full") };
                // one frame longer than the bound is taken when nothing waits
                assert!(
                    queued_bytes + 48 * frames <= (64 * 1024).max(frame_bytes + 10 + 48),
                    "{queued_bytes}, {frames}"
                );
            },
        );
    }
}

#[test]
fn a_peer_that_never_reads_its_close_frame_is_ended_at_the_deadline() {
    filling(
        |settings| settings.socket.close_timeout = Duration::from_millis(200),
        |server, told| {
            let mut raw = Raw::open(server.address, "/fill?200000");
            assert!(matches!(told.recv_timeout(DEADLINE), Ok(Seen::Full { .. })));
            raw.send(&text("close"));
            assert_eq!(told.recv_timeout(DEADLINE), Ok(Seen::Ended(Ended::Lost)));
            server.assert_no_sockets();
        },
    );
}

#[test]
fn the_session_learns_how_its_socket_ended() {
    type Act = fn(&mut Raw);
    let table: [(&str, Act, Ended); 5] = [
        ("by the peer", |raw| raw.send(&close(4321, "")), Ended::ByPeer { code: Some(4321) }),
        ("without a code", |raw| raw.send(&frame(FIN | CLOSE, b"")), Ended::ByPeer { code: None }),
        ("refused", |raw| raw.send(&frame(FIN | 3, b"")), Ended::Refused { code: 1002 }),
        ("lost", |raw| raw.stream.shutdown(std::net::Shutdown::Both).unwrap(), Ended::Lost),
        (
            "closed by the session",
            |raw| {
                raw.send(&text("close"));
                assert_eq!(raw.close_code(), Some(4101));
                raw.send(&[text("too late, dropped"), close(4101, "")].concat());
                raw.assert_ends();
            },
            Ended::ByPeer { code: Some(4101) },
        ),
    ];
    for (name, act, ended) in table {
        filling(
            |_| {},
            |server, told| {
                let mut raw = Raw::open(server.address, "/fill");
                act(&mut raw);
                // a refused peer ends its side too, as every client does
                if name == "refused" {
                    assert_eq!(raw.close_code(), Some(1002));
                }
                drop(raw);
                assert_eq!(told.recv_timeout(DEADLINE), Ok(Seen::Ended(ended)), "{name}");
            },
        );
    }
}

/// A session that stops in the turn in which it closes: the peer still learns the code, and the socket ends by itself.
#[test]
fn a_closing_goes_on_when_its_session_is_gone() {
    filling(
        |settings| settings.socket.close_timeout = Duration::from_millis(300),
        |server, _| {
            let mut raw = Raw::open(server.address, "/fill");
            raw.send(&text("leave"));
            assert_eq!(raw.close_code(), Some(4000));
            raw.send(&[ping("not answered any more"), close(4000, "")].concat());
            raw.assert_ends();
            server.assert_no_sockets();

            // without the peer's part the deadline ends it
            let mut silent = Raw::open(server.address, "/fill");
            silent.send(&text("leave"));
            assert_eq!(silent.close_code(), Some(4000));
            server.assert_no_sockets();
            silent.assert_ends();

            // and the end of the server does, while a closing goes on with and without its session
            for (order, code) in [("leave", 4000), ("close", 4101)] {
                let mut last = Raw::open(server.address, "/fill");
                last.send(&text(order));
                assert_eq!(last.close_code(), Some(code));
            }
        },
    );
}
