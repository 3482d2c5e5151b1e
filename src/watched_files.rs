//! Watches files with secrets, keys and certificates: when one changes, the configuration is read again, so that
//! renewing a certificate or mounting a secret needs no signal to the node.

use crate::config::load::Loaded;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The watched files; see the module.
pub(crate) struct WatchedFiles {
    files: Vec<PathBuf>,
    /// Their stamps when the configuration was read.
    read: Vec<Option<Stamp>>,
    /// Their stamps at the last check.
    found: Vec<Option<Stamp>>,
    every: Option<Duration>,
}

/// Differs after a file was written or replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    file: (u64, u64),
    bytes: u64,
    changed: (i64, i64),
}

impl Stamp {
    /// The stamp of an existing file; links are followed, because mounted secrets are renewed by changing a link.
    fn of(path: &Path) -> Option<Self> {
        let it = std::fs::metadata(path).ok()?;
        Some(Stamp { file: (it.dev(), it.ino()), bytes: it.len(), changed: (it.mtime(), it.mtime_nsec()) })
    }
}

impl WatchedFiles {
    /// The files that a configuration was read from.
    pub(crate) fn new(loaded: &Loaded, is_taken: impl Fn(&str) -> bool) -> Self {
        let seconds = loaded.config.node.watch_files_s;
        let every = (seconds > 0).then(|| Duration::from_secs(seconds));
        WatchedFiles::of(loaded.secret_files(is_taken), every)
    }

    fn of(files: Vec<PathBuf>, every: Option<Duration>) -> Self {
        let read = stamps(&files);
        WatchedFiles { found: read.clone(), read, files, every }
    }

    /// Records that they are being read now.
    pub(crate) fn look(&mut self) {
        self.read = stamps(&self.files);
        self.found.clone_from(&self.read);
    }

    /// Switches to the files of a new configuration.
    pub(crate) fn follow(&mut self, named: WatchedFiles) {
        self.every = named.every;
        if named.files != self.files {
            *self = named;
        }
    }

    /// Waits until one of them has changed, and is not changing any more.
    pub(crate) async fn changed(&mut self) {
        let Some(every) = self.every.filter(|_| !self.files.is_empty()) else { return std::future::pending().await };
        loop {
            tokio::time::sleep(every).await;
            if self.has_settled() {
                return;
            }
        }
    }

    /// Whether they differ from when they were read, but not from the last check: then they are read, once.
    fn has_settled(&mut self) -> bool {
        let found = stamps(&self.files);
        let is_settled = found != self.read && found == self.found;
        if is_settled {
            self.read.clone_from(&found);
        }
        self.found = found;
        is_settled
    }
}

fn stamps(files: &[PathBuf]) -> Vec<Option<Stamp>> {
    files.iter().map(|file| Stamp::of(file)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changed_is_read_once_it_is_left_alone_and_then_no_more() {
        let directory = tempfile::tempdir().unwrap();
        let (first, second) = (directory.path().join("a"), directory.path().join("b"));
        std::fs::write(&first, "one").unwrap();
        let mut files = WatchedFiles::of(vec![first.clone(), second.clone()], None);
        assert!(!files.has_settled() && !files.has_settled(), "nothing changed");
        std::fs::write(&first, "half").unwrap();
        assert!(!files.has_settled(), "it may be written still");
        std::fs::write(&first, "the whole").unwrap();
        assert!(!files.has_settled());
        assert!(files.has_settled());
        assert!(!files.has_settled(), "it was read");
        std::fs::write(&second, "it was not there").unwrap();
        assert!(!files.has_settled());
        assert!(files.has_settled());
        // a mounted secret is renewed by another file under the same name
        let other = directory.path().join("c");
        std::fs::write(&other, "the whole").unwrap();
        std::fs::rename(&other, &first).unwrap();
        assert!(!files.has_settled());
        assert!(files.has_settled());
    }
}
