//! The lines of a message that names the last positions of many streams: `<stream> <pos>`.

use crate::Position;

pub(super) fn lines(tops: &[(&str, Position)]) -> String {
    tops.iter().map(|(stream, pos)| format!("{stream} {pos}\n")).collect()
}

pub(super) fn read(lines: &[u8]) -> Option<Vec<(&str, Position)>> {
    let lines = std::str::from_utf8(lines).ok()?.split_terminator('\n').map(|line| {
        let (stream, pos) = line.split_once(' ')?;
        Some((stream, pos.parse().ok()?))
    });
    lines.collect()
}
