//! Inflates a compressed message (RFC 7692, section 7.2.2), never beyond the limit: the output is counted while it
//! grows, so a decompression bomb costs no more than the longest message.

use bytes::Bytes;
use miniz_oxide::inflate::core::inflate_flags::{TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF};
use miniz_oxide::inflate::core::{decompress, DecompressorOxide};
use miniz_oxide::inflate::TINFLStatus;
use std::cell::RefCell;

/// The bytes that the sender removed from the end of each message.
const TAIL: &[u8] = &[0x00, 0x00, 0xff, 0xff];
/// An empty last block: interpreted as such only if the message ended at the end of a block.
const END: &[u8] = &[0x03, 0x00];
/// The output is the window: a distance can reach back only within this message, so no data of another client leaks.
const FLAGS: u32 = TINFL_FLAG_HAS_MORE_INPUT | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
/// First size of the output, in multiples of the input.
const EXPECTED_RATIO: usize = 4;

thread_local! {
    /// One per worker: its tables are larger than an idle socket.
    static INFLATER: RefCell<Box<DecompressorOxide>> = RefCell::default();
}

/// Why a message was not inflated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ws) enum NotInflated {
    /// It is not a DEFLATE stream, or refers to earlier messages.
    Malformed,
    /// It would be longer than the limit.
    TooBig,
}

/// Inflates the payload of one message to at most `bytes_max` bytes.
pub(in crate::ws) fn inflate(compressed: &[u8], bytes_max: usize) -> Result<Bytes, NotInflated> {
    INFLATER.with_borrow_mut(|inflater| {
        inflater.init();
        let mut output = Output::new(compressed.len(), bytes_max);
        output.take(inflater, compressed)?;
        output.take(inflater, TAIL)?;
        if !output.take(inflater, END)? {
            return Err(NotInflated::Malformed);
        }
        output.bytes.truncate(output.count);
        Ok(output.bytes.into())
    })
}

/// The output so far.
struct Output {
    bytes: Vec<u8>,
    count: usize,
    bytes_max: usize,
}

impl Output {
    fn new(compressed_bytes: usize, bytes_max: usize) -> Self {
        let expected = compressed_bytes.saturating_mul(EXPECTED_RATIO).max(64).min(bytes_max.saturating_add(1));
        Output { bytes: vec![0; expected], count: 0, bytes_max }
    }

    /// Processes all of `input`; returns whether it ended with a last block. Others may follow a last block (section
    /// 7.2.3.4).
    fn take(&mut self, inflater: &mut DecompressorOxide, mut input: &[u8]) -> Result<bool, NotInflated> {
        loop {
            let (status, read, written) = decompress(inflater, input, &mut self.bytes, self.count, FLAGS);
            input = &input[read..];
            self.count += written;
            if self.count > self.bytes_max {
                return Err(NotInflated::TooBig);
            }
            match status {
                TINFLStatus::NeedsMoreInput => return Ok(false),
                // there is room for one byte more than allowed, so a message that fills it is too long
                TINFLStatus::HasMoreOutput => {
                    let room = self.bytes.len().saturating_mul(2).min(self.bytes_max.saturating_add(1));
                    self.bytes.resize(room, 0);
                }
                TINFLStatus::Done => {
                    inflater.init();
                    if input.is_empty() {
                        return Ok(true);
                    }
                }
                _ => return Err(NotInflated::Malformed),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(compressed: &[u8]) {
        assert_eq!(inflate(compressed, 5).as_deref(), Ok(&b"Hello"[..]), "{compressed:x?}");
        assert_eq!(inflate(compressed, 4), Err(NotInflated::TooBig), "{compressed:x?}");
    }

    /// Section 7.2.3: all of them are `Hello`.
    #[test]
    fn the_examples_of_the_rfc_are_read() {
        hello(&[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
        hello(&[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00]);
        hello(&[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00]);
        hello(&[0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00]);
        assert_eq!(inflate(&[0x00], 0).as_deref(), Ok(&b""[..]));
    }

    /// With context takeover it would be `Hello` once more. Here the window ends with each message.
    #[test]
    fn nothing_of_an_earlier_message_can_be_referred_to() {
        hello(&[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
        assert_eq!(inflate(&[0xf2, 0x00, 0x11, 0x00, 0x00], 100), Err(NotInflated::Malformed));
    }

    #[test]
    fn what_is_no_deflate_is_refused() {
        for wrong in [&[0xff][..], &[0x06], &[0x00, 0x05, 0x00, 0xfb, 0xff], &[0xf2, 0x48, 0xcd]] {
            assert_eq!(inflate(wrong, 1000), Err(NotInflated::Malformed), "{wrong:x?}");
        }
    }

    /// A gigabyte of zeros in a megabyte: rejected at the limit, without allocating more than the limit.
    #[test]
    fn a_bomb_takes_no_more_room_than_the_longest_message() {
        let bomb = miniz_oxide::deflate::compress_to_vec(&vec![0; 64 << 20], 9);
        assert!(bomb.len() < 100_000);
        let mut output = Output::new(bomb.len(), 10_000);
        let mut inflater = DecompressorOxide::default();
        assert_eq!(output.take(&mut inflater, &bomb), Err(NotInflated::TooBig));
        assert_eq!((output.bytes.len(), output.count), (10_001, 10_001));
    }

    #[test]
    fn a_message_may_be_just_as_long_as_the_limit() {
        let text: Vec<u8> = (0..10_000u32).flat_map(u32::to_le_bytes).collect();
        let mut compressed = miniz_oxide::deflate::compress_to_vec(&text, 6);
        compressed.push(0); // what follows a last block, so that the tail is a block of its own
        assert_eq!(inflate(&compressed, text.len()).as_deref(), Ok(&text[..]));
        assert_eq!(inflate(&compressed, text.len() - 1), Err(NotInflated::TooBig));
    }
}
