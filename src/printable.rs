//! Makes foreign texts safe for a terminal or a log: they can neither control it nor forge a line.

use std::fmt::Write as _;

/// Escapes control characters and characters that reorder text; line breaks are kept.
pub fn printable(text: &str) -> String {
    written_out(text, |character| character == '\n')
}

/// Like [`printable`], but also escapes line breaks.
pub fn printable_line(text: &str) -> String {
    written_out(text, |_| false)
}

fn written_out(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if keep(character) || !is_harmful(character) {
            out.push(character);
        } else {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(character)); // writing to a String cannot fail
        }
    }
    out
}

/// Control characters, line and paragraph separators, and the direction controls of Unicode UAX 9, section 2.
fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_sent_cannot_steer_a_terminal() {
        assert_eq!(printable("a\x1b[2Jb\u{9b}c\u{202e}d\u{7f}\r"), "a\\u{1b}[2Jb\\u{9b}c\\u{202e}d\\u{7f}\\u{d}");
        assert_eq!(printable("grüße\n日本"), "grüße\n日本");
    }

    #[test]
    fn what_others_sent_cannot_forge_a_line() {
        assert_eq!(printable_line("x\n2026 INFO forged\u{2028}"), "x\\u{a}2026 INFO forged\\u{2028}");
    }
}
