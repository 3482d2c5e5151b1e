//! Reading a client's frames.

use criterion::{Criterion, Throughput};
use hubwire::ws::{Event, FrameReader, ReaderLimits};
use std::hint::black_box;

/// Frames in one read.
const FRAMES: usize = 64;

/// A masked text frame.
fn frame(payload_bytes: usize) -> Vec<u8> {
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    let mut bytes = vec![0x81];
    match payload_bytes {
        short @ 0..=125 => bytes.push(0x80 | short as u8),
        medium => {
            bytes.push(0x80 | 126);
            bytes.extend_from_slice(&(medium as u16).to_be_bytes());
        }
    }
    bytes.extend_from_slice(&mask);
    bytes.extend((0..payload_bytes).map(|at| b'x' ^ mask[at % 4]));
    bytes
}

pub fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("frame_reader");
    let limits = ReaderLimits { message_bytes_max: 64 * 1024, fragments_max: 1024 };
    for payload_bytes in [16, 128, 1024, 16 * 1024] {
        let stream = frame(payload_bytes).repeat(FRAMES);
        group.throughput(Throughput::Elements(FRAMES as u64));
        // the reader unmasks in place, so each round reads a copy of its own
        let mut copy = stream.clone();
        group.bench_function(format!("{FRAMES}_texts_of_{payload_bytes}"), |bencher| {
            bencher.iter(|| {
                copy.copy_from_slice(&stream);
                let (mut reader, mut input) = (FrameReader::new(limits), &mut copy[..]);
                let mut count = 0;
                while let Ok(Some(Event::Text(text))) = reader.next(&mut input) {
                    black_box(text);
                    count += 1;
                }
                assert_eq!(count, FRAMES);
            });
        });
    }
    group.finish();
}
