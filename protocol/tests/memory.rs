//! Decoding takes at most 8 times the input plus 64 KiB of memory: a small frame cannot make a node big.
//!
//! One test in this file, because the counter sees the whole process.

use hubwire_protocol::{Codec, Limits};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const FRAME_BYTES: usize = 256 * 1024;

#[test]
fn decoding_takes_at_most_eight_times_the_input() {
    let default = Limits { frame_bytes_max: FRAME_BYTES, ..Limits::default() };
    let deep = Limits { depth_max: usize::MAX, ..default };
    for limits in [&default, &deep] {
        for (name, codec, frame) in nasty_frames() {
            assert!(frame.len() <= FRAME_BYTES, "{name} has {} bytes", frame.len());
            MEMORY.reset_peak_usage();
            let before = MEMORY.current_usage();
            let decoded = codec.decode(&frame, limits);
            let taken = MEMORY.peak_usage() - before;
            let allowed = 8 * frame.len() + 64 * 1024;
            assert!(taken <= allowed, "{name} in {codec:?}: {taken} bytes taken, {allowed} allowed");
            assert_eq!(decoded.is_ok(), name.starts_with("taken"), "{name} in {codec:?}: {:?}", decoded.err());
        }
    }
}

fn nasty_frames() -> Vec<(String, Codec, Vec<u8>)> {
    let mut frames = Vec::new();
    let mut json = |name: &str, head: &str, body: &str, tail: &str| {
        let times = (FRAME_BYTES - head.len() - tail.len()) / body.len();
        frames.push((name.to_string(), Codec::Json, [head, &body.repeat(times), tail].concat().into_bytes()));
    };
    json("open arrays", "", "[", "");
    json("open objects", "", "{\"a\":", "");
    json("open arrays in a payload", "{\"type\":\"x\",\"payload\":", "[", "");
    json("taken: empty arrays", "{\"type\":\"x\",\"payload\":[", "[],", "[]]}");
    json("taken: zeros", "{\"type\":\"x\",\"payload\":[", "0,", "0]}");
    json("taken: foreign meta", "{\"type\":\"x\",\"meta\":{", "\"\":0,", "\"hub\":{}}}");
    json("taken: white space", "{\"type\":\"x\"", " ", "}");
    json("taken: escapes", "{\"type\":\"x\",\"payload\":\"", "\\u0000", "\"}");
    json("escapes in the type", "{\"type\":\"", "\\n", "\"}");
    json("escapes in the id", "{\"type\":\"x\",\"meta\":{\"hub\":{\"id\":\"", "\\u00e9", "\"}}}");
    json("escapes in a key", "{\"", "\\n", "\":1}");
    json("a long address", "{\"type\":\"x\",\"meta\":{\"hub\":{\"to\":\"ch:acme/", "a/", "\"}}}");
    json("unknown keys", "{\"type\":\"x\",", "\"k\":0,", "\"l\":0}");
    json("many actions", "[", "{\"type\":\"x\"},", "{\"type\":\"x\"}]");
    json("many numbers for actions", "[", "0,", "0]");
    json("a long number", "{\"type\":\"x\",\"payload\":", "9", "e9}");
    json("a string without end", "{\"type\":\"", "\\\"", "");

    let mut msgpack = |name: &str, head: &[u8], body: &[u8], tail: &[u8]| {
        let times = (FRAME_BYTES - head.len() - tail.len() - 5) / body.len();
        frames.push((name.to_string(), Codec::MsgPack, [head, &body.repeat(times), tail].concat()));
    };
    msgpack("nested arrays", b"", b"\x91", b"\xc0");
    msgpack("nested maps", b"", b"\x81\xa0", b"\xc0");
    msgpack("nested arrays that claim much", b"", b"\xdd\0\0\xff\xff", b"");
    msgpack("nested maps that claim much", b"", b"\xdf\0\0\x7f\xff", b"");
    msgpack("twenty levels that claim much", &b"\xdd\0\x0f\0\0".repeat(20), b"\xc0", b"");
    // a payload whose JSON text is longer than a frame is refused; an eighth of it is not
    for (prefix, share) in [("", 1), ("taken: an eighth of ", 8)] {
        for (name, character) in [("control characters", b"\x01"), ("quotes", b"\"")] {
            let times = (FRAME_BYTES - 64) / share;
            let mut frame = b"\x82\xa4type\xa1x\xa7payload\xdb".to_vec();
            frame.extend((times as u32).to_be_bytes());
            frame.extend(character.repeat(times));
            frames.push((format!("{prefix}{name}"), Codec::MsgPack, frame));
        }
        for (name, body) in [
            ("false", &b"\xc2"[..]),
            ("small negative numbers", b"\xe0"),
            ("singles", b"\xca\x80\x80\0\x01"),
            ("doubles", b"\xcb\x80\x10\0\0\0\0\0\x01"),
            ("empty maps", b"\x80"),
            ("short control characters", b"\xa1\x01"),
        ] {
            let count = (FRAME_BYTES - 64) / body.len() / share;
            let mut frame = b"\x82\xa4type\xa1x\xa7payload\xdd".to_vec();
            frame.extend((count as u32).to_be_bytes());
            frame.extend(body.repeat(count));
            frames.push((format!("{prefix}{name}"), Codec::MsgPack, frame));
        }
    }
    let count = FRAME_BYTES - 64;
    let mut frame = b"\x82\xa4type\xa1x\xa7payload\xdd".to_vec();
    frame.extend((count as u32 + 1).to_be_bytes());
    frame.extend(b"\xc2".repeat(count));
    frame.extend(b"\xc4\x00");
    frames.push(("binary data at the end".to_string(), Codec::MsgPack, frame));
    frames
}
