//! Properties of all streams: how the bytes are split makes no difference, and nothing panics.

use super::frame_reader::{Event, FrameReader, ReaderLimits};
use super::violation::Violation;
use bytes::Bytes;
use hubwire_protocol::mask::unmask;
use proptest::prelude::*;

const LIMITS: ReaderLimits = ReaderLimits { message_bytes_max: 70_000, fragments_max: 16 };

fn frame(first: u8, payload: &[u8], key: [u8; 4]) -> Vec<u8> {
    let mut out = vec![first];
    match payload.len() {
        n @ 0..=125 => out.push(0x80 | n as u8),
        n @ 126..=0xffff => {
            out.push(0xfe);
            out.extend((n as u16).to_be_bytes());
        }
        n => {
            out.push(0xff);
            out.extend((n as u64).to_be_bytes());
        }
    }
    out.extend(key);
    let start = out.len();
    out.extend(payload);
    unmask(&mut out[start..], key, 0);
    out
}

/// Reads pieces; the events up to the end or the violation.
fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Event>, Option<Violation>, bool) {
    let mut reader = FrameReader::new(LIMITS);
    let mut events = Vec::new();
    for piece in pieces {
        let mut piece = piece.to_vec();
        let mut input = &mut piece[..];
        while !input.is_empty() {
            match reader.next(&mut input) {
                Ok(event) => events.extend(event),
                Err(violation) => return (events, Some(violation), false),
            }
        }
    }
    (events, None, reader.is_at_boundary())
}

/// A message as its fragments with pings between them, and the events it makes.
fn message() -> impl Strategy<Value = (Vec<u8>, Vec<Event>)> {
    let fragments =
        prop::collection::vec((".{0,40}", prop::option::of(prop::collection::vec(any::<u8>(), 0..=125))), 1..5);
    (any::<bool>(), fragments, any::<[u8; 4]>(), 0..200usize).prop_map(|(is_text, fragments, key, extra)| {
        let (mut bytes, mut events, mut whole) = (Vec::new(), Vec::new(), Vec::new());
        let last = fragments.len() - 1;
        for (i, (part, ping)) in fragments.into_iter().enumerate() {
            if let Some(ping) = ping {
                bytes.extend(frame(0x89, &ping, key));
                events.push(Event::Ping(ping.into()));
            }
            let part = if i == 0 { part + &"ß".repeat(extra) } else { part };
            let opcode = if i > 0 { 0 } else { 2 - u8::from(is_text) };
            bytes.extend(frame(opcode | if i == last { 0x80 } else { 0 }, part.as_bytes(), key));
            whole.extend(part.into_bytes());
        }
        events.push(if is_text { Event::Text(whole.into()) } else { Event::Binary(whole.into()) });
        (bytes, events)
    })
}

proptest! {
    #[test]
    fn a_good_stream_gives_the_same_events_however_it_is_cut(
        messages in prop::collection::vec(message(), 1..5),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let bytes: Vec<u8> = messages.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
        let events: Vec<Event> = messages.into_iter().flat_map(|(_, events)| events).collect();
        let expected = (events, None, true);
        prop_assert_eq!(&read([&bytes[..]]), &expected);
        prop_assert_eq!(&read(bytes.chunks(1)), &expected);
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        at.extend([0, bytes.len()]);
        at.sort_unstable();
        prop_assert_eq!(&read(at.windows(2).map(|ends| &bytes[ends[0]..ends[1]])), &expected);
    }

    #[test]
    fn any_bytes_are_judged_the_same_however_they_are_cut(
        first in prop::sample::select(vec![0x00u8, 0x01, 0x02, 0x81, 0x82, 0x80, 0x88, 0x89, 0x8a, 0xc1, 0x83]),
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        // a mask bit in the second byte, so that not every stream ends there
        let mut bytes = [&[first][..], &bytes].concat();
        if let Some(second) = bytes.get_mut(1) {
            *second |= 0x80;
        }
        let whole = read([&bytes[..]]);
        prop_assert_eq!(read(bytes.chunks(1)), whole.clone());
        prop_assert_eq!(read(bytes.chunks(7)), whole);
    }
}

#[test]
fn a_stream_cut_in_two_at_every_byte_gives_the_same_events() {
    let bytes = [
        frame(0x01, "κόσ".as_bytes(), [1, 2, 3, 4]),
        frame(0x89, b"ping", [5, 6, 7, 8]),
        frame(0x80, "με €".as_bytes(), [9, 10, 11, 12]),
        frame(0x82, &[0xff; 300], [13, 14, 15, 16]),
        frame(0x88, &[0x03, 0xe8, b'o', b'k'], [17, 18, 19, 20]),
    ]
    .concat();
    let expected = vec![
        Event::Ping(Bytes::from_static(b"ping")),
        Event::Text("κόσμε €".into()),
        Event::Binary(vec![0xff; 300].into()),
        Event::Close(Some(1000)),
    ];
    for cut in 0..=bytes.len() {
        let (events, violation, is_at_boundary) = read([&bytes[..cut], &bytes[cut..]]);
        assert_eq!((&events, violation, is_at_boundary), (&expected, None, true), "cut at {cut}");
    }
}

/// The refusal comes with the deciding byte, not with the end of the header or frame.
#[test]
fn a_violation_is_seen_at_the_byte_that_decides() {
    let table: &[(&[u8], Violation)] = &[
        (&[0xf1], Violation::ReservedBits(7)),
        (&[0x83], Violation::Opcode(3)),
        (&[0x80], Violation::NothingToContinue),
        (&[0x09], Violation::FragmentedControl),
        (&[0x81, 0x05], Violation::Unmasked),
        (&[0x88, 0xfe], Violation::LongControl),
        (&[0x81, 0xfe, 0, 125], Violation::LengthForm(125)),
        (&[0x81, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff], Violation::LengthForm(0xffff)),
        (&[0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], Violation::LengthRange),
        (&[0x82, 0xff, 0, 0, 1, 0, 0, 0, 0, 0], Violation::TooBig(1 << 40)),
        (&[0x81, 0x83, 0, 0, 0, 0, 0xff], Violation::NotUtf8),
        (&[0x88, 0x81, 0, 0, 0, 0, 3], Violation::ShortClose),
        (&[0x88, 0x82, 0, 0, 0, 0, 3, 0xed], Violation::CloseCode(1005)),
        (&[0x01, 0x80, 0, 0, 0, 0, 0x81], Violation::Interleaved),
    ];
    for (bytes, violation) in table {
        let before = &bytes[..bytes.len() - 1];
        assert_eq!(read(before.chunks(1)).1, None, "{violation:?} before its byte");
        assert_eq!(read(bytes.chunks(1)).1, Some(*violation));
    }
}

#[test]
fn an_idle_reader_is_small() {
    let bytes = std::mem::size_of::<FrameReader>();
    assert!(bytes <= 48, "{bytes} bytes");
}
