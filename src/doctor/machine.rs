//! Findings about this machine: the limit of open files, and certificates that will expire.

use super::certificate::good_until;
use super::finding::Finding;
use crate::config::load::Loaded;
use crate::descriptors;
use crate::start_advice;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::CertificateDer;

/// With fewer files a node with many clients fills up too soon.
const OPEN_FILES: usize = 16_384;
/// A certificate that expires within this number of days should have been renewed.
const DAYS_LEFT: i64 = 21;
const DAY_S: i64 = 86_400;

/// Faults of a node with this configuration on this machine. `now_s`: Unix seconds.
pub fn examine(loaded: &Loaded, now_s: i64) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(files(loaded, descriptors::limit()));
    let tls = &loaded.config.tls;
    for (option, path) in [
        ("tls.certificate", &tls.certificate),
        ("tls.internal_certificate", &tls.internal_certificate),
        ("broker.tls_certificate", &loaded.config.broker.tls_certificate),
    ] {
        if let Some(until) = std::fs::read(path).ok().and_then(|pem| ends(&pem)) {
            findings.extend(certificate(option, path, (until - now_s).div_euclid(DAY_S)));
        }
    }
    let advice = start_advice::advice(loaded).into_iter();
    findings.extend(advice.map(|sentence| {
        let (found, advice) = sentence.split_once("; ").unwrap_or((&sentence, "see docs/credentials.md"));
        Finding::warning("exposed", found, advice)
    }));
    findings
}

/// The expiry of the first certificate in a file.
fn ends(pem: &[u8]) -> Option<i64> {
    good_until(&CertificateDer::pem_slice_iter(pem).next()?.ok()?)
}

fn certificate(option: &str, path: &str, days: i64) -> Option<Finding> {
    let renew = "renew it; on SIGHUP or POST /v1/reload the node reads it again without a restart";
    match days {
        ..0 => Some(Finding::problem(
            "certificate_expired",
            format!("{option}: {path} expired {} days ago: clients that check it cannot connect", -days),
            renew,
        )),
        0..DAYS_LEFT => {
            Some(Finding::warning("certificate_ends", format!("{option}: {path} expires in {days} days"), renew))
        }
        _ => None,
    }
}

fn files(loaded: &Loaded, limit: Option<usize>) -> Option<Finding> {
    let limit = limit?;
    let wanted = loaded.config.socket.max_connections;
    let room = descriptors::shares(limit, loaded.config.node.workers.max(1)).sockets;
    let raise =
        "raise it where the node is started: ulimit -n 65536, LimitNOFILE= of systemd, or --ulimit nofile of a \
                 container";
    match (room < wanted, limit < OPEN_FILES) {
        (true, _) => Some(Finding::problem(
            "open_files",
            format!("this shell may open {limit} files: room for {room} of socket.max_connections={wanted}"),
            raise,
        )),
        (false, true) => Some(Finding::warning(
            "open_files",
            format!("this shell may open {limit} files: a node started here has room for {room} sockets"),
            raise,
        )),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::doctor::finding::Grade;

    fn loaded(flags: &[(&str, &str)]) -> Loaded {
        let flags: Vec<_> = flags.iter().map(|(flag, value)| (flag.to_string(), value.to_string())).collect();
        Config::load(None, std::iter::empty(), &flags).unwrap()
    }

    #[test]
    fn files_are_too_few_for_what_is_configured_or_for_many() {
        let of = |limit, max: &str| files(&loaded(&[("socket-max-connections", max)]), Some(limit)).map(|it| it.grade);
        assert_eq!(of(1 << 20, "100000"), None);
        assert_eq!(of(65_536, "100000"), Some(Grade::Problem));
        assert_eq!(of(1024, "100"), Some(Grade::Warning));
        assert_eq!(files(&loaded(&[]), None), None);
    }

    #[test]
    fn a_certificate_is_bad_when_it_ends_and_doubtful_shortly_before() {
        let of = |days| certificate("tls.certificate", "x.pem", days).map(|it| it.check);
        assert_eq!(
            [-1, 0, 20, 21].map(of),
            [Some("certificate_expired"), Some("certificate_ends"), Some("certificate_ends"), None]
        );
    }
}
