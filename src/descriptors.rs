//! File descriptors as a budget. A process without a free one can accept no connection, not even that of a health
//! probe; so sockets and connections of the public listener get shares of the limit, and beyond them clients are
//! refused while there are descriptors left for that. `shortage` handles the case in which that was not enough.

pub(crate) mod shortage;

/// Reserved for the node itself: listeners, the broker, the internal listener's connections.
const RESERVED: usize = 32;
/// Further descriptors of each worker thread: its event queue and wakers.
const RESERVED_PER_WORKER: usize = 8;
/// Most descriptors for connections that are not sockets yet.
const HTTP_MAX: usize = 64 * 1024;

/// The shares of each kind of connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shares {
    /// Open sockets.
    pub sockets: usize,
    /// Connections of the public listener that are not sockets yet: handshakes and short requests.
    pub http: usize,
}

/// The soft limit of this process; `None` when it is unlimited or unknown.
pub(crate) fn limit() -> Option<usize> {
    parse(&std::fs::read_to_string("/proc/self/limits").ok()?)
}

/// `Max open files` of `/proc/<pid>/limits` (proc(5)): soft limit, hard limit, unit.
fn parse(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Divides a limit: at most half of it is reserved, a quarter of the rest is for connections that are not sockets yet.
pub(crate) fn shares(limit: usize, workers: usize) -> Shares {
    let reserved = (RESERVED + RESERVED_PER_WORKER * workers).min(limit / 2);
    let rest = limit - reserved;
    let http = (rest / 4).clamp(1, HTTP_MAX);
    Shares { sockets: rest.saturating_sub(http).max(1), http }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_never_add_up_to_more_than_the_limit() {
        for limit in [8, 64, 256, 1024, 65_536, 1 << 20] {
            for workers in [1, 2, 64] {
                let Shares { sockets, http } = shares(limit, workers);
                assert!(sockets >= 1 && http >= 1 && sockets + http <= limit, "{limit}, {workers}");
            }
        }
        assert_eq!(shares(1024, 2), Shares { sockets: 732, http: 244 });
    }

    #[test]
    fn the_limit_is_read_by_its_manual() {
        let limits = "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024      4096      files \n";
        assert_eq!(parse(limits), Some(1024));
        assert_eq!(parse("Max open files   unlimited   unlimited   files"), None);
        assert_eq!(parse(""), None);
    }
}
