//! Writing and reading a history file.

use super::{Event, Record};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tokio::time::Instant;

/// A history file that many devices write to.
pub struct Journal {
    file: Mutex<BufWriter<File>>,
    path: PathBuf,
    began: Instant,
}

impl Journal {
    /// Begins a history.
    pub fn create(path: &Path) -> io::Result<Journal> {
        let file = Mutex::new(BufWriter::new(File::create(path)?));
        Ok(Journal { file, path: path.into(), began: Instant::now() })
    }

    /// Writes a record. A history that cannot be written is worth nothing: that fails the run.
    pub fn write(&self, device: &str, event: Event) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let at_ms = self.now_ms();
        serde_json::to_writer(&mut *file, &Record { at_ms, device: device.into(), event })
            .expect("the history is writable");
        file.write_all(b"\n").expect("the history is writable");
    }

    /// The clock of the history.
    pub fn now_ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    /// What was written until now.
    pub fn records(&self) -> io::Result<Vec<Record>> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).flush()?;
        read(&self.path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Reads a history file.
pub fn read(path: &Path) -> io::Result<Vec<Record>> {
    BufReader::new(File::open(path)?).lines().map(|line| Ok(serde_json::from_str(&line?)?)).collect()
}
