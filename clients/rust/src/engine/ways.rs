//! Selects the transport of the next connection.

/// WebSockets while they work, otherwise HTTP streams. A transport that worked is used again; if it fails, the other
/// one is tried.
#[derive(Debug)]
pub struct Ways {
    /// Number of WebSockets in a row without any message before a stream is tried; `None`: never.
    after: Option<u32>,
    silent: u32,
    is_stream: bool,
}

impl Ways {
    /// No transport was tried yet.
    pub fn new(after: Option<u32>) -> Self {
        Ways { after, silent: 0, is_stream: after == Some(0) }
    }

    /// Whether the next connection is an HTTP stream.
    pub fn next_is_stream(&mut self) -> bool {
        if self.after.is_some_and(|after| after > 0 && self.silent >= after) {
            self.is_stream = !self.is_stream;
            self.silent = 0;
        }
        self.silent += 1;
        self.is_stream
    }

    /// Something was received.
    pub fn heard(&mut self) {
        self.silent = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_worked_is_used_again_and_the_other_way_after_as_many_silent_ones() {
        let mut ways = Ways::new(Some(2));
        let tried: Vec<bool> = (0..6).map(|_| ways.next_is_stream()).collect();
        assert_eq!(tried, [false, false, true, true, false, false]);
        assert!(ways.next_is_stream());
        ways.heard();
        assert_eq!([ways.next_is_stream(), ways.next_is_stream(), ways.next_is_stream()], [true, true, false]);
        assert!(Ways::new(Some(0)).next_is_stream() && !Ways::new(None).next_is_stream());
    }
}
