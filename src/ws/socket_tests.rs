//! The two halves of a socket, polled by hand over a TCP connection.

use super::admissions::OpenSockets;
use super::incoming::SocketIncoming;
use super::outbox::SocketOutbox;
use super::settings::SocketSettings;
use crate::listener::Wire;
use bytes::{Bytes, BytesMut};
use futures_util::task::noop_waker;
use futures_util::StreamExt;
use hubwire_actors::outbox::{Ended, Incoming, Offer, Outbox};
use hubwire_protocol::frame::{frame, Opcode};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

struct Pair {
    outbox: Rc<SocketOutbox>,
    incoming: SocketIncoming,
    peer: TcpStream,
}

async fn pair(settings: SocketSettings) -> Pair {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (io, address) = listener.accept().await.unwrap();
    io.writable().await.unwrap();
    let admission = OpenSockets::new(1, 0).admit(address.ip()).unwrap();
    let outbox = Rc::new(SocketOutbox::new(Wire::Plain(io), Rc::new(settings), admission));
    Pair { incoming: SocketIncoming::new(outbox.clone(), BytesMut::new()), outbox, peer }
}

fn text(payload: &str) -> Bytes {
    frame(Opcode::Text, payload.as_bytes())
}

#[tokio::test]
async fn what_is_offered_within_a_turn_leaves_at_its_end_and_outside_at_once() {
    let Pair { outbox, mut peer, incoming: _kept } = pair(SocketSettings::default()).await;
    let waker = noop_waker();
    let mut cx = Context::from_waker(&waker);

    outbox.register(&cx);
    for payload in ["one", "two", "three"] {
        assert_eq!(outbox.offer(&text(payload)), Offer::Taken);
    }
    assert_eq!((outbox.written_bytes(), outbox.queued_bytes()), (0, 17));
    assert!(matches!(outbox.poll_flush(&mut cx), Poll::Ready(Ok(()))));
    assert_eq!((outbox.written_bytes(), outbox.queued_bytes()), (17, 0));

    assert_eq!(outbox.offer(&text("four")), Offer::Taken);
    assert_eq!((outbox.written_bytes(), outbox.queued_bytes()), (23, 0));
    let mut read = [0; 23];
    peer.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"\x81\x03one\x81\x03two\x81\x05three\x81\x04four");
}

/// Whatever the kernel accepts of a frame, and when: the peer sees the accepted frames complete and in order.
#[tokio::test]
async fn a_full_outbox_takes_nothing_of_a_frame_and_keeps_the_order() {
    let Pair { outbox, mut peer, incoming: _kept } = pair(SocketSettings::default()).await;
    let _ = outbox.poll_flush(&mut Context::from_waker(&noop_waker()));
    let mut expected = Vec::new();
    let mut full = 0;
    while full < 3 {
        let mut offered = 0;
        loop {
            let frame = frame(Opcode::Binary, &vec![offered as u8; 1 + offered % 9000]);
            match outbox.offer(&frame) {
                Offer::Taken => expected.extend_from_slice(&frame),
                Offer::Full => break,
                Offer::Closed => panic!("closed"),
            }
            offered += 977;
        }
        assert!(outbox.queued_bytes() <= 64 * 1024);
        full += 1;
        // the peer reads half of what was taken; the outbox goes on
        let mut read = vec![0; expected.len() / 2];
        peer.read_exact(&mut read).await.unwrap();
        assert!(read == expected[..read.len()], "another order");
        expected.drain(..read.len());
        std::future::poll_fn(|cx| {
            let flushed = outbox.poll_flush(cx);
            if outbox.queued_bytes() < 32 * 1024 {
                Poll::Ready(())
            } else {
                flushed.map(|_| ())
            }
        })
        .await;
    }
    let flush = std::future::poll_fn(|cx| outbox.poll_flush(cx));
    let mut rest = vec![0; expected.len()];
    let (flushed, read) = tokio::join!(flush, peer.read_exact(&mut rest));
    flushed.unwrap();
    read.unwrap();
    assert!(rest == expected, "another order");
}

#[tokio::test]
async fn an_answer_may_pass_the_bound_by_so_much_and_no_more() {
    let settings = SocketSettings { outbox_bytes_max: 1000, ..SocketSettings::default() };
    let Pair { outbox, peer: _peer, incoming: _kept } = pair(settings).await;
    // larger than any buffer of the kernel, so that most of it waits
    assert_eq!(outbox.offer(&Bytes::from(vec![0; 64 << 20])), Offer::Taken);
    assert_eq!(outbox.offer(&text("x")), Offer::Full);
    assert_eq!(outbox.offer_reply(&text("x")), Offer::Full);
    outbox.abort();
    assert_eq!((outbox.offer(&text("x")), outbox.queued_bytes()), (Offer::Closed, 0));

    let settings = SocketSettings { outbox_bytes_max: 1000, ..SocketSettings::default() };
    let Pair { outbox, peer: _peer, incoming: _kept } = pair(settings).await;
    outbox.register(&Context::from_waker(&noop_waker()));
    let answers = (0..).take_while(|_| {
        outbox.queued_bytes() < 30_000 && outbox.offer_reply(&frame(Opcode::Text, &[b'x'; 500])) == Offer::Taken
    });
    assert_eq!(answers.count(), 60);
    // the queue is above the bound: an ordinary frame makes the outbox write first, and is then accepted
    assert_eq!(outbox.offer(&text("x")), Offer::Taken);
    assert!(outbox.written_bytes() > 0);
}

/// A large message over a slow line is not silence. An endless trickle is cut by the deadline of its message.
#[tokio::test]
async fn any_byte_is_a_sign_of_life() {
    let Pair { outbox, mut peer, mut incoming } = pair(SocketSettings::default()).await;
    let bytes = [0x81, 0x82, 0, 0, 0, 0, b'h', b'i'];
    let waker = noop_waker();
    assert_eq!(incoming.poll_next_unpin(&mut Context::from_waker(&waker)), Poll::Pending);
    assert!(!outbox.take_heard(), "nothing came");
    for byte in &bytes[..7] {
        peer.write_all(&[*byte]).await.unwrap();
        std::future::poll_fn(|cx| {
            assert_eq!(incoming.poll_next_unpin(cx), Poll::Pending, "the message is cut");
            if outbox.take_heard() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
    peer.write_all(&bytes[7..]).await.unwrap();
    assert_eq!(incoming.next().await, Some(Incoming::Text("hi".into())));
    assert!(outbox.take_heard());
    assert!(!outbox.take_heard(), "heard twice");
}

/// Every byte satisfies the heartbeat, so a message needs a deadline of its own.
#[tokio::test]
async fn a_message_that_drips_in_is_refused_at_its_deadline_and_whole_ones_are_not() {
    let timeout = std::time::Duration::from_millis(200);
    let settings = SocketSettings { message_timeout: timeout, ..SocketSettings::default() };
    let Pair { outbox, mut peer, mut incoming } = pair(settings).await;
    peer.write_all(&[0x81, 0x82, 0, 0, 0, 0, b'h', b'i']).await.unwrap();
    assert_eq!(incoming.next().await, Some(Incoming::Text("hi".into())));
    // a fragment, then complete pings
    peer.write_all(&[0x01, 0x81, 0, 0, 0, 0, b'h']).await.unwrap();
    let begun = tokio::time::Instant::now();
    let pings = async {
        while peer.write_all(&[0x89, 0x80, 0, 0, 0, 0]).await.is_ok() {
            tokio::time::sleep(timeout / 10).await;
        }
    };
    let ended = std::future::poll_fn(|cx| {
        outbox.register(cx);
        let message = incoming.poll_next_unpin(cx);
        let _ = outbox.poll_flush(cx);
        message
    });
    let ended = tokio::select! { ended = ended => ended, () = pings => incoming.next().await };
    assert_eq!(ended, Some(Incoming::Ended(Ended::Refused { code: 4001 })));
    assert!(begun.elapsed() >= timeout, "before the deadline");
}

#[tokio::test]
async fn a_socket_ends_when_its_read_side_is_dropped() {
    let Pair { outbox, incoming, mut peer } = pair(SocketSettings::default()).await;
    drop(incoming);
    assert_eq!(outbox.offer(&text("x")), Offer::Closed);
    assert_eq!(peer.read(&mut [0; 8]).await.unwrap(), 0, "the peer sees the end, though the outbox is still held");
}

#[test]
fn an_idle_socket_is_small() {
    let (outbox, incoming) = (std::mem::size_of::<SocketOutbox>(), std::mem::size_of::<SocketIncoming>());
    println!("outbox {outbox}, incoming {incoming}");
    assert!(outbox <= 256 && incoming <= 320, "outbox {outbox}, incoming {incoming}");
}

/// A session that reads nothing for now must still learn that its client is gone, however much the client sent before.
#[tokio::test]
async fn the_end_of_a_peer_is_seen_behind_what_was_not_read() {
    let Pair { outbox, incoming: _kept, mut peer } = pair(SocketSettings::default()).await;
    outbox.set_paused(true);
    peer.write_all(b"\x81\x83....abc").await.unwrap();
    for _ in 0..100 {
        tokio::task::yield_now().await; // the kernel has it by now, and so has the runtime
    }
    assert!(!outbox.is_peer_gone());
    assert!(outbox.take_heard(), "the silence of a peer that is not read is no sign");

    peer.shutdown().await.unwrap();
    let gone = async {
        while !outbox.is_peer_gone() {
            tokio::task::yield_now().await
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.expect("its end is seen");
    assert!(!outbox.take_heard());
}
