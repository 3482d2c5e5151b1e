//! The socket layer against RFC 6455, section by section: tables of what a client sends and what it must see, run over
//! real sockets against the echo endpoint.

mod compressed;
#[path = "../ws_support/mod.rs"]
mod ws_support;

use ws_support::case::{case, run, Binary, Case, Close, Pong, Text};
use ws_support::frames::*;

fn text_of(payload: &str) -> ws_support::case::Expected {
    Text(payload.as_bytes().to_vec())
}

/// Sections 5.2 and 5.6: whole messages of every form of length.
#[test]
fn messages_of_every_length_come_back_whole() {
    let mut cases = Vec::new();
    for length in [0, 1, 2, 3, 7, 8, 9, 125, 126, 127, 128, 1000, 65_535, 65_536, 65_537, 200_000, 1 << 20] {
        let ascii = "*".repeat(length);
        let bytes: Vec<u8> = (0..length).map(|i| (i * 31) as u8).collect();
        cases.push(case(format!("text of {length} bytes"), &[text(&ascii)], &[text_of(&ascii)]));
        cases.push(case(format!("binary of {length} bytes"), &[binary(&bytes)], &[Binary(bytes)]));
    }
    cases.push(case("two messages in a row", &[text("one"), binary("two")], &[text_of("one"), Binary(b"two".into())]));
    let many: Vec<_> = (0..300).map(|i| text(format!("{i}"))).collect();
    let answers: Vec<_> = (0..300).map(|i| text_of(&i.to_string())).collect();
    cases.push(case("three hundred messages in one write, in order", &many, &answers));
    assert_eq!(run(cases).0, 36);
}

/// Section 5.2: lengths that are no lengths, and lengths above the limit, judged by the header alone.
#[test]
fn wrong_lengths_are_refused_at_the_header() {
    let mut cases = Vec::new();
    for length in [0, 1, 125] {
        cases.push(case(format!("{length} in 16 bits"), &[header(FIN | TEXT, 126, length)], &[Close(1002)]));
        cases.push(case(format!("{length} in 64 bits"), &[header(FIN | TEXT, 127, length)], &[Close(1002)]));
    }
    for length in [126, 65_535] {
        cases.push(case(format!("{length} in 64 bits"), &[header(FIN | BINARY, 127, length)], &[Close(1002)]));
    }
    for length in [1 << 63, u64::MAX] {
        cases.push(case(format!("{length}, above 2^63"), &[header(FIN | BINARY, 127, length)], &[Close(1002)]));
    }
    for length in [(1 << 20) + 1, 1 << 32, 1 << 40, (1 << 63) - 1] {
        cases.push(case(format!("{length} declared"), &[header(FIN | BINARY, 127, length)], &[Close(1009)]));
        cases.push(case(
            format!("{length} declared by a continuation"),
            &[frame(BINARY, b"x"), header(CONTINUATION, 127, length)],
            &[Close(1009)],
        ));
    }
    let half = vec![7; 1 << 19];
    cases.push(case(
        "fragments that fit one by one but not together",
        &[frame(BINARY, &half), frame(CONTINUATION, &half), header(FIN, 1, 1)],
        &[Close(1009)],
    ));
    cases.push(case(
        "fragments that just fit together",
        &[frame(BINARY, &half), frame(CONTINUATION, &half), frame(FIN, b"")],
        &[Binary(vec![7; 1 << 20])],
    ));
    cases.push(case(
        "a ping within a message that is as long as allowed does not count",
        &[frame(BINARY, &half), frame(CONTINUATION, &half), ping([1; 125]), frame(FIN, b"")],
        &[Pong(vec![1; 125]), Binary(vec![7; 1 << 20])],
    ));
    assert_eq!(run(cases).0, 21);
}

/// Section 5.1: every client frame is masked; section 5.3: with any key.
#[test]
fn a_frame_without_mask_is_refused() {
    let unmasked = |first: u8| vec![first, 2, b'h', b'i'];
    let cases = vec![
        case("text", &[unmasked(FIN | TEXT)], &[Close(1002)]),
        case("binary", &[unmasked(FIN | BINARY)], &[Close(1002)]),
        case("ping", &[unmasked(FIN | PING)], &[Close(1002)]),
        case("pong", &[unmasked(FIN | PONG)], &[Close(1002)]),
        case("close", &[unmasked(FIN | CLOSE)], &[Close(1002)]),
        case("after a good message", &[text("good"), unmasked(FIN | TEXT)], &[text_of("good"), Close(1002)]),
        case("a key of zeros is a mask", &[vec![0x81, 0x82, 0, 0, 0, 0, b'h', b'i']], &[text_of("hi")]),
        case("the RFC's example", &[b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58".into()], &[text_of("Hello")]),
    ];
    assert_eq!(run(cases).0, 8);
}

/// Section 5.2: reserved bits and opcodes, alone, after a message, and within one.
#[test]
fn reserved_bits_and_opcodes_are_refused() {
    let mut cases = Vec::new();
    for bits in 1..=7u8 {
        let first = FIN | bits << 4;
        cases.push(case(format!("bits {bits:03b} in text"), &[frame(first | TEXT, b"x")], &[Close(1002)]));
        cases.push(case(format!("bits {bits:03b} in a ping"), &[frame(first | PING, b"x")], &[Close(1002)]));
    }
    for bits in [1, 2, 4u8] {
        let sent = [frame(TEXT, b"x"), frame(FIN | bits << 4, b"y")];
        cases.push(case(format!("bits {bits:03b} in a continuation"), &sent, &[Close(1002)]));
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15u8] {
        cases.push(case(format!("opcode {opcode}"), &[frame(FIN | opcode, b"")], &[Close(1002)]));
        let sent = [text("before"), frame(FIN | opcode, b"x"), ping("never read")];
        cases.push(case(format!("opcode {opcode} later"), &sent, &[text_of("before"), Close(1002)]));
    }
    assert_eq!(run(cases).0, 37);
}

/// Section 5.4.
#[test]
fn fragments_make_one_message() {
    let thousand: Vec<Vec<u8>> = (0..1000).map(|i| frame(if i == 0 { TEXT } else { CONTINUATION }, b"a")).collect();
    let cases = vec![
        case("two", &[frame(TEXT, b"one "), frame(FIN, b"two")], &[text_of("one two")]),
        case("three of bytes", &[frame(BINARY, &[1]), frame(0, &[2]), frame(FIN, &[3])], &[Binary(vec![1, 2, 3])]),
        case("empty first", &[frame(TEXT, b""), frame(FIN, b"x")], &[text_of("x")]),
        case("empty last", &[frame(TEXT, b"x"), frame(FIN, b"")], &[text_of("x")]),
        case("empty middle", &[frame(TEXT, b"x"), frame(0, b""), frame(FIN, b"y")], &[text_of("xy")]),
        case("all empty", &[frame(TEXT, b""), frame(0, b""), frame(FIN, b"")], &[text_of("")]),
        case("a thousand", &[thousand.concat(), frame(FIN, b"z")], &[text_of(&("a".repeat(1000) + "z"))]),
        case(
            "then another message",
            &[frame(TEXT, b"a"), frame(FIN, b"b"), binary("c")],
            &[text_of("ab"), Binary(b"c".into())],
        ),
        case("continuation of nothing", &[frame(FIN, b"x")], &[Close(1002)]),
        case("first continuation of nothing", &[frame(CONTINUATION, b"x")], &[Close(1002)]),
        case(
            "continuation after a whole message",
            &[text("whole"), frame(FIN, b"x")],
            &[text_of("whole"), Close(1002)],
        ),
        case(
            "continuation after the last fragment",
            &[frame(TEXT, b"a"), frame(FIN, b"b"), frame(FIN, b"c")],
            &[text_of("ab"), Close(1002)],
        ),
        case("text within text", &[frame(TEXT, b"a"), text("b")], &[Close(1002)]),
        case("binary within text", &[frame(TEXT, b"a"), binary("b")], &[Close(1002)]),
        case("text begun within binary", &[frame(BINARY, b"a"), frame(TEXT, b"b")], &[Close(1002)]),
    ];
    assert_eq!(run(cases).0, 15);
}

/// Sections 5.4 and 5.5: control frames stand between fragments, are never in fragments, and have 125 bytes at most.
#[test]
fn control_frames_stand_alone() {
    let mut cases = vec![
        case(
            "ping between fragments is answered before the message",
            &[frame(TEXT, b"a"), ping("p"), frame(FIN, b"b")],
            &[Pong(b"p".into()), text_of("ab")],
        ),
        case(
            "pings around every fragment",
            &[ping("1"), frame(TEXT, b"a"), ping("2"), frame(0, b"b"), ping("3"), frame(FIN, b"c"), ping("4")],
            &[Pong(b"1".into()), Pong(b"2".into()), Pong(b"3".into()), text_of("abc"), Pong(b"4".into())],
        ),
        case("pong between fragments", &[frame(TEXT, b"a"), pong("p"), frame(FIN, b"b")], &[text_of("ab")]),
        case(
            "ping within a character that is cut",
            &[frame(TEXT, &[0xe2, 0x82]), ping("p"), frame(FIN, &[0xac])],
            &[Pong(b"p".into()), text_of("€")],
        ),
        case("close between fragments ends all", &[frame(TEXT, b"a"), close(1000, "")], &[Close(1000)]),
    ];
    for (name, opcode) in [("ping", PING), ("pong", PONG), ("close", CLOSE)] {
        cases.push(case(format!("{name} in fragments"), &[frame(opcode, b"")], &[Close(1002)]));
        cases.push(case(format!("{name} of 126 bytes"), &[frame(FIN | opcode, &[b'x'; 126])], &[Close(1002)]));
        cases.push(case(format!("{name} of 2^40 bytes"), &[header(FIN | opcode, 127, 1 << 40)], &[Close(1002)]));
        cases.push(case(format!("{name} with its length in 16 bits"), &[header(FIN | opcode, 126, 5)], &[Close(1002)]));
    }
    assert_eq!(run(cases).0, 17);
}

/// Sections 5.5.2 and 5.5.3.
#[test]
fn each_ping_gets_its_pong() {
    let mut cases = vec![
        case("empty", &[ping("")], &[Pong(vec![])]),
        case("longest", &[ping([b'x'; 125])], &[Pong(vec![b'x'; 125])]),
        case("bytes that are no text", &[ping([0, 0xff, 0xfe])], &[Pong(vec![0, 0xff, 0xfe])]),
        case("a pong nobody asked for", &[pong(""), pong("x")], &[]),
    ];
    let ten: Vec<_> = (0..10u8).map(|i| ping([i])).collect();
    let answers: Vec<_> = (0..10u8).map(|i| Pong(vec![i])).collect();
    cases.push(case("ten in a row, in order", &ten, &answers));
    cases.push(case(
        "between messages",
        &[text("a"), ping("p"), text("b")],
        &[text_of("a"), Pong(b"p".into()), text_of("b")],
    ));
    assert_eq!(run(cases).0, 6);
}

/// Sections 5.5.1 and 7.4: the code comes back, and only codes that may be on the wire are codes.
#[test]
fn a_close_is_echoed_and_a_wrong_one_refused() {
    let mut cases = vec![
        case("without a code", &[frame(FIN | CLOSE, b"")], &[Close(0)]),
        case("of one byte", &[frame(FIN | CLOSE, b"\x03")], &[Close(1002)]),
        case("with a reason", &[close(1000, "good bye")], &[Close(1000)]),
        case("with the longest reason", &[close(1000, "x".repeat(123))], &[Close(1000)]),
        case("with a reason that is not UTF-8", &[close(1000, [0xce, 0xba, 0xe1])], &[Close(1007)]),
        case("with a reason that is a surrogate", &[close(1000, [0xed, 0xa0, 0x80])], &[Close(1007)]),
        case("then a message, which is not read", &[close(1000, ""), text("late")], &[Close(1000)]),
        case("then a ping, which is not answered", &[close(1000, ""), ping("late")], &[Close(1000)]),
        case("then another close", &[close(1001, ""), close(1000, "")], &[Close(1001)]),
        case("after a message", &[text("last"), close(4000, "")], &[text_of("last"), Close(4000)]),
    ];
    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999] {
        cases.push(case(format!("code {code}"), &[close(code, "")], &[Close(code)]));
    }
    for code in [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
        cases.push(case(format!("code {code}, never on the wire"), &[close(code, "")], &[Close(1002)]));
    }
    assert_eq!(run(cases).0, 39);
}

/// Section 8.1: text that is UTF-8, however it is cut.
#[test]
fn good_utf8_comes_back_however_it_is_cut() {
    let texts = [
        "κόσμε",
        "Hello-µ@ßöäüàá-UTF-8!!",
        "\0",
        "\u{7f}",
        "\u{80}",
        "\u{7ff}",
        "\u{800}",
        "\u{d7ff}",
        "\u{e000}",
        "\u{fffd}",
        "\u{fffe}",
        "\u{ffff}",
        "\u{10000}",
        "\u{10ffff}",
        "👩‍👩‍👧‍👦",
        "日本語テキスト",
    ];
    let mut cases: Vec<Case> = Vec::new();
    for good in texts {
        cases.push(case(format!("{good:?} whole"), &[text(good)], &[text_of(good)]));
        let bytes = good.as_bytes();
        let mut cut: Vec<_> = bytes.iter().map(|&byte| frame(CONTINUATION, &[byte])).collect();
        cut[0] = frame(TEXT, &bytes[..1]);
        cut.push(frame(FIN, b""));
        cases.push(case(format!("{good:?} in fragments of a byte"), &cut, &[text_of(good)]));
    }
    cases.push(case("bytes of a binary message are not judged", &[binary([0xff, 0xc0])], &[Binary(vec![0xff, 0xc0])]));
    assert_eq!(run(cases).0, 33);
}

/// Section 8.1: what is not UTF-8 is refused, whole, cut, and before the message ends.
#[test]
fn bad_utf8_is_refused_at_its_first_byte() {
    let bad: &[&[u8]] = &[
        b"\x80",
        b"\xbf",
        b"\xc0\x80",
        b"\xc1\xbf",
        b"\xc2 ",
        b"\xe0\x80\x80",
        b"\xe0\x9f\xbf",
        b"\xed\xa0\x80",
        b"\xed\xbf\xbf",
        b"\xf0\x80\x80\x80",
        b"\xf0\x8f\xbf\xbf",
        b"\xf4\x90\x80\x80",
        b"\xf5\x80\x80\x80",
        b"\xfe",
        b"\xff",
        b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80\x65",
        b"\xf8\x88\x80\x80\x80",
        b"\xed\xa0\x80\xed\xb0\x80",
    ];
    let mut cases = Vec::new();
    for &bytes in bad {
        cases.push(case(format!("{bytes:x?} whole"), &[text(bytes)], &[Close(1007)]));
        // no last fragment: the refusal must not wait for it
        cases.push(case(format!("{bytes:x?} in a first fragment"), &[frame(TEXT, bytes)], &[Close(1007)]));
        // no whole frame either: it announces more than it has
        let mut cut = header(FIN | TEXT, 126, 1000);
        cut.extend(masked(bytes));
        cases.push(case(format!("{bytes:x?} in a frame that never ends"), &[cut], &[Close(1007)]));
    }
    for cut in [&b"\xc3"[..], b"\xe2\x82", b"\xf0\x9f\x92"] {
        cases.push(case(format!("{cut:x?}, cut by the end of the text"), &[text(cut)], &[Close(1007)]));
        let sent = [frame(TEXT, cut), frame(FIN, b"")];
        cases.push(case(format!("{cut:x?}, cut by the end of the last fragment"), &sent, &[Close(1007)]));
    }
    assert_eq!(run(cases).0, 60);
}
