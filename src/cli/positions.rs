//! The positions of a client in each stream, kept in a file between runs.

use super::error::CliError;
use super::received::{payload, Received};
use hubwire_protocol::{Address, Position};
use std::collections::BTreeMap;
use std::path::Path;

/// Stream -> last position seen.
#[derive(Debug, Default)]
pub struct Positions(BTreeMap<Address, Position>);

impl Positions {
    /// Reads a file; one that does not exist yet is empty.
    pub fn read(path: &Path) -> Result<Self, CliError> {
        match std::fs::read_to_string(path) {
            Ok(text) => serde_json::from_str(&text)
                .map(Positions)
                .map_err(|error| CliError::FileContent { path: path.to_owned(), reason: error.into() }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Positions::default()),
            Err(error) => Err(CliError::File { path: path.to_owned(), error }),
        }
    }

    /// Writes the file atomically: if the program is killed meanwhile, the former file remains.
    pub fn write(&self, path: &Path) -> Result<(), CliError> {
        let failed = |error| CliError::File { path: path.to_owned(), error };
        let text = serde_json::to_string(&self.0).map_err(|error| failed(error.into()))?;
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        std::fs::write(&beside, text + "\n").and_then(|()| std::fs::rename(&beside, path)).map_err(failed)
    }

    /// The position in a stream.
    pub fn of(&self, stream: &Address) -> Option<Position> {
        self.0.get(stream).copied()
    }

    /// The streams that a session follows without joining, for `@@hub/resume`.
    pub fn unasked(&self) -> BTreeMap<&Address, &Position> {
        self.0.iter().filter(|(stream, _)| !matches!(stream, Address::Channel(..))).collect()
    }

    /// Sets the start of a stream, unless a position is known.
    pub fn begin(&mut self, stream: Address, pos: Position) {
        self.0.entry(stream).or_insert(pos);
    }

    /// Sets the position from which a stream continues after `@@hub/resumed` or `@@hub/lag`: the log no longer contains
    /// earlier publications.
    pub fn told(&mut self, received: &Received<'_>) {
        if !matches!(&*received.kind, "@@hub/resumed" | "@@hub/lag") {
            return;
        }
        let stream = received.meta.hub.to.as_deref().and_then(|to| to.parse().ok());
        let pos = payload(received)["pos"].as_str().and_then(|pos| pos.parse().ok());
        if let (Some(stream), Some(pos)) = (stream, pos) {
            self.0.insert(stream, pos);
        }
    }

    /// Advances to a received publication. Publications to a user are in the user's own stream, including copies of
    /// those that it sent.
    pub fn seen(&mut self, received: &Received<'_>, own: &Address) {
        let hub = &received.meta.hub;
        let to = hub.to.as_deref().and_then(|to| to.parse().ok());
        let (Some(to), Some(pos)) = (to, hub.pos.as_deref().and_then(|pos| pos.parse().ok())) else {
            return;
        };
        let stream = if matches!(to, Address::User(_)) { own.clone() } else { to };
        self.0.insert(stream, pos);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_survive_in_a_file_and_copies_count_as_the_own_stream() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("positions.json");
        let own: Address = "user:me".parse().unwrap();
        let mut positions = Positions::read(&path).unwrap();
        let text = r#"{"type":"x","meta":{"hub":{"to":"user:you","pos":"7-1"}}}"#;
        positions.seen(&Received::parse(text).unwrap(), &own);
        positions.begin(own.clone(), "1-1".parse().unwrap());
        positions.begin("ch:acme/x".parse().unwrap(), "3-1".parse().unwrap());
        positions.write(&path).unwrap();
        let again = Positions::read(&path).unwrap();
        assert_eq!(again.of(&own), "7-1".parse().ok());
        assert_eq!(again.unasked().len(), 1);
    }
}
