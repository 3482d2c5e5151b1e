//! Compressed messages against RFC 7692, in tables as RFC 6455.

use super::text_of;
use crate::ws_support::case::{case, run_compressing, Binary, Close, Pong};
use crate::ws_support::frames::*;
use miniz_oxide::deflate::compress_to_vec;

/// A message as another implementation compresses it: with a last block, and what follows one.
fn deflated(payload: &[u8]) -> Vec<u8> {
    [compress_to_vec(payload, 6), vec![0]].concat()
}

/// RFC 7692, sections 6 and 7.2: what may be compressed, how it may be cut, and what is refused.
#[test]
fn compressed_messages_are_read_by_themselves_and_nothing_else_is_marked_as_compressed() {
    const HELLO: &[u8] = &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    let long = "{\"line\":1234,\"text\":\"ü\"}".repeat(3000);
    let noise: Vec<u8> = (0..100_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
    let first = FIN | RSV1 | TEXT;
    let bomb = deflated(&vec![b' '; (1 << 20) + 1]);
    let cases = vec![
        case("the example", &[frame(first, HELLO)], &[text_of("Hello")]),
        case("an uncompressed one between", &[text("x"), frame(first, HELLO)], &[text_of("x"), text_of("Hello")]),
        case("an empty one", &[frame(first, &[0x00])], &[text_of("")]),
        case("no block at all", &[frame(first, &[])], &[Close(1002)]),
        case("a last block", &[frame(first, &deflated(b"Hello"))], &[text_of("Hello")]),
        case("a long text", &[frame(first, &deflated(long.as_bytes()))], &[text_of(&long)]),
        case("bytes that do not shrink", &[frame(FIN | RSV1 | BINARY, &deflated(&noise))], &[Binary(noise.clone())]),
        case(
            "cut into fragments, a ping between",
            &[frame(RSV1 | TEXT, &HELLO[..1]), ping("p"), frame(CONTINUATION, &HELLO[1..4]), frame(FIN, &HELLO[4..])],
            &[Pong(b"p".into()), text_of("Hello")],
        ),
        case(
            "just as long as allowed",
            &[frame(first, &deflated(&vec![b' '; 1 << 20]))],
            &[text_of(&" ".repeat(1 << 20))],
        ),
        case("a bomb of one byte too many", &[frame(first, &bomb)], &[Close(1009)]),
        case("a bomb in fragments", &[frame(RSV1 | TEXT, &bomb[..9]), frame(FIN, &bomb[9..])], &[Close(1009)]),
        case(
            "what refers to the message before",
            &[frame(first, HELLO), frame(first, &[0xf2, 0x00, 0x11, 0x00, 0x00])],
            &[text_of("Hello"), Close(1002)],
        ),
        case("a block without an end", &[frame(first, &HELLO[..3])], &[Close(1002)]),
        case("no compressed bytes", &[frame(first, b"{\"type\":\"x\"}")], &[Close(1002)]),
        case("text that is not UTF-8", &[frame(first, &deflated(b"\xc3\x28"))], &[Close(1007)]),
        case(
            "text that ends within a character",
            &[frame(first, &deflated("ü".as_bytes().split_at(1).0))],
            &[Close(1007)],
        ),
        case("a marked ping", &[frame(FIN | RSV1 | PING, b"x")], &[Close(1002)]),
        case("a marked close", &[frame(FIN | RSV1 | CLOSE, b"")], &[Close(1002)]),
        case(
            "a marked continuation",
            &[frame(RSV1 | TEXT, &HELLO[..2]), frame(FIN | RSV1, &HELLO[2..])],
            &[Close(1002)],
        ),
        case("the second reserved bit", &[frame(FIN | 0x20 | TEXT, b"x")], &[Close(1002)]),
        case("the first two reserved bits", &[frame(FIN | 0x60 | TEXT, HELLO)], &[Close(1002)]),
    ];
    assert_eq!(run_compressing(cases).0, 21);
}
