//! Compresses frames of the server. Each worker compresses a frame once, whatever the number of its receivers.

use super::settings::Compression;
use crate::reframed::Reframed;
use bytes::{BufMut, Bytes, BytesMut};
use hubwire_protocol::frame::{parts, put_header_of, RSV1};
use miniz_oxide::deflate::core::{
    compress_to_output, create_comp_flags_from_zip_params, CompressorOxide, TDEFLFlush, TDEFLStatus,
};
use std::cell::RefCell;

/// The end of a flush, which is removed from each message (RFC 7692, section 7.2.1).
const TAIL: &[u8] = &[0x00, 0x00, 0xff, 0xff];
/// A raw stream, without zlib's header and checksum.
const RAW: i32 = 0;

thread_local! {
    static COMPRESSOR: RefCell<Compressor> = RefCell::default();
}

/// The compressor of a worker; its 300 KiB are allocated with the first frame.
#[derive(Default)]
struct Compressor {
    deflate: Option<(u8, Box<CompressorOxide>)>,
    shared: Reframed,
}

/// Compresses one or more whole frames; a frame that would not get smaller stays as it is. `is_shared`: other sockets
/// will need the same bytes.
pub(in crate::ws) fn compressed(frames: &Bytes, is_shared: bool, settings: &Compression) -> Bytes {
    if frames.len() < settings.min_bytes {
        return frames.clone();
    }
    COMPRESSOR.with_borrow_mut(|Compressor { deflate, shared }| match is_shared {
        true => shared.of(frames, |frames| all(frames, deflate, settings)),
        false => all(frames, deflate, settings),
    })
}

/// Compresses each of the frames that is long enough.
fn all(frames: &Bytes, deflate: &mut Option<(u8, Box<CompressorOxide>)>, settings: &Compression) -> Bytes {
    let mut out = BytesMut::new();
    let mut taken = 0;
    for part in parts(frames) {
        let payload = &frames[part.payload.clone()];
        if part.is_message && payload.len() >= settings.min_bytes {
            if let Some(smaller) = message(payload, deflate, settings) {
                out.put_slice(&frames[taken..part.start]);
                put_header_of(&mut out, frames[part.start] | RSV1, smaller.len());
                out.put_slice(&smaller);
                taken = part.payload.end;
            }
        }
    }
    match taken {
        0 => frames.clone(),
        _ => {
            out.put_slice(&frames[taken..]);
            out.freeze()
        }
    }
}

/// Compresses one message; `None` if it would not get smaller.
fn message(
    payload: &[u8],
    deflate: &mut Option<(u8, Box<CompressorOxide>)>,
    settings: &Compression,
) -> Option<Vec<u8>> {
    let deflate = match deflate {
        Some((level, deflate)) if *level == settings.level => {
            deflate.reset();
            deflate
        }
        none => {
            let flags = create_comp_flags_from_zip_params(settings.level.into(), RAW, 0);
            &mut none.insert((settings.level, Box::new(CompressorOxide::new(flags)))).1
        }
    };
    let mut out = Vec::with_capacity(payload.len() / 2);
    let (status, _) = compress_to_output(deflate, payload, TDEFLFlush::Sync, |bytes| {
        out.extend_from_slice(bytes);
        true
    });
    settings.metrics.plain_bytes.inc_by(payload.len() as u64);
    let is_whole = status == TDEFLStatus::Okay && out.ends_with(TAIL);
    out.truncate(out.len().saturating_sub(TAIL.len()));
    let smaller = is_whole && out.len() < payload.len();
    settings.metrics.compressed_bytes.inc_by(if smaller { out.len() } else { payload.len() } as u64);
    smaller.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::super::{inflate, CompressionMetrics};
    use super::*;
    use hubwire_protocol::frame::{frame, Opcode};
    use prometheus::Registry;

    fn settings(min_bytes: usize, level: u8) -> Compression {
        Compression { min_bytes, level, metrics: CompressionMetrics::new(&Registry::new()).unwrap() }
    }

    fn json(length: usize) -> String {
        let mut text = String::from("[");
        while text.len() < length {
            text += &format!(r#"{{"type":"order/lineChanged","payload":{{"line":{}}}}},"#, text.len());
        }
        text
    }

    /// Frames as a peer reads them: first byte, and payload, inflated if it is marked.
    fn read(frames: &Bytes) -> Vec<(u8, Vec<u8>)> {
        let one = |part: hubwire_protocol::frame::Part| {
            let (first, payload) = (frames[part.start], &frames[part.payload]);
            match first & RSV1 {
                0 => (first, payload.to_vec()),
                _ => (first, inflate(payload, 1 << 20).unwrap().to_vec()),
            }
        };
        parts(frames).map(one).collect()
    }

    #[test]
    fn each_message_of_a_batch_is_compressed_by_itself_and_short_ones_and_pings_are_left() {
        let (long, short) = (json(5000), json(50));
        let batch: Bytes = [
            frame(Opcode::Text, short.as_bytes()),
            frame(Opcode::Text, long.as_bytes()),
            frame(Opcode::Ping, &[7; 125]),
            frame(Opcode::Binary, long.as_bytes()),
            frame(Opcode::Text, short.as_bytes()),
        ]
        .concat()
        .into();
        for level in Compression::LEVELS {
            let out = compressed(&batch, true, &settings(120, level));
            assert!(out.len() < batch.len() / 3, "level {level}: {} of {}", out.len(), batch.len());
            let (short, long) = (short.clone().into_bytes(), long.clone().into_bytes());
            let expected =
                [(0x81, short.clone()), (0xc1, long.clone()), (0x89, vec![7; 125]), (0xc2, long), (0x81, short)];
            assert_eq!(read(&out), expected, "level {level}");
        }
    }

    #[test]
    fn what_does_not_get_smaller_is_the_same_frame() {
        let mut state = 1u64;
        let noise = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        });
        let noise: Vec<u8> = noise.take(2000).collect();
        let noise = frame(Opcode::Binary, &noise);
        let out = compressed(&noise, true, &settings(1, 1));
        assert_eq!(out.as_ptr(), noise.as_ptr());
        let short = frame(Opcode::Text, json(300).as_bytes());
        assert_eq!(compressed(&short, true, &settings(1000, 9)).as_ptr(), short.as_ptr());
    }

    #[test]
    fn one_frame_is_compressed_once_for_all_who_share_it() {
        let settings = settings(64, 3);
        let frame = frame(Opcode::Text, json(2000).as_bytes());
        let first = compressed(&frame, true, &settings);
        assert!((0..1000).all(|_| compressed(&frame, true, &settings).as_ptr() == first.as_ptr()));
        assert_eq!(settings.metrics.plain_bytes.get() as usize, frame.len() - 4);
        assert_eq!(settings.metrics.compressed_bytes.get() as usize, first.len() - 4);
    }
}
