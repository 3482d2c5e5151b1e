//! The body of a message that lists the last positions of many streams, one `<stream> <pos>` per line.

use crate::Position;
use std::io::Write as _;

pub(super) fn put(out: &mut Vec<u8>, tops: &[(&str, Position)]) {
    for (stream, pos) in tops {
        // writing to a Vec cannot fail
        let _ = writeln!(out, "{stream} {pos}");
    }
}

pub(super) fn read(lines: &[u8]) -> Option<Vec<(&str, Position)>> {
    let lines = std::str::from_utf8(lines).ok()?.split_terminator('\n').map(|line| {
        let (stream, pos) = line.split_once(' ')?;
        Some((stream, pos.parse().ok()?))
    });
    lines.collect()
}
