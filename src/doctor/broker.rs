//! Checks with a node's own calls that Redis works as nodes need it.

use super::finding::Finding;
use crate::config::load::Loaded;
use crate::node::open_broker;
use hubwire_actors::backend::{Backend, BackendError, STORES_NOTHING};
use hubwire_actors::environment::Environment;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Events of the broker are ignored.
const EVENTS_MAX: usize = 1024;
/// Pause between two calls to a broker that is not connected yet.
const RETRY: Duration = Duration::from_millis(50);

/// Connects, proves one round trip, and asks for missing requirements. Call it within a `LocalSet`.
pub async fn examine(loaded: &Loaded, wait: Duration) -> Vec<Finding> {
    let environment = Environment::real();
    let (sender, mut events) = mpsc::channel(EVENTS_MAX);
    tokio::task::spawn_local(async move { while events.recv().await.is_some() {} });
    let opened = match open_broker(loaded, environment.incarnation(), &environment, sender) {
        Ok(opened) => opened,
        Err(error) => return vec![Finding::problem("redis_url", format!("broker.url: {error}"), "correct the URL")],
    };
    if let Err(error) = answers(&*opened.backend, wait).await {
        return vec![unreachable(&loaded.config.broker.url.to_string(), &error)];
    }
    advice(opened.backend).await
}

/// Retries until the broker answers or the time is over. Returns the last error that has a reason: a refusal closes the
/// connection, and the next call may report only that.
async fn answers(backend: &dyn Backend, wait: Duration) -> Result<(), BackendError> {
    let deadline = Instant::now() + wait;
    let mut telling = None;
    loop {
        let Err(error) = backend.ping().await else { return Ok(()) };
        if Instant::now() >= deadline {
            return Err(telling.unwrap_or(error));
        }
        if cause(&error).is_some() {
            telling = Some(error);
        }
        tokio::time::sleep(RETRY).await;
    }
}

async fn advice(backend: Rc<dyn Backend>) -> Vec<Finding> {
    match backend.advice().await {
        Ok(sentences) => sentences.into_iter().map(sentence).collect(),
        Err(error) => vec![Finding::warning(
            "redis",
            error.to_string(),
            "allow the nodes to use INFO, see \
                                             docs/redis.md",
        )],
    }
}

/// A sentence of the broker's advice: the finding, and after the last semicolon what to do. A setting that could be
/// better is a warning; a broker that accepts no publications is a problem right now.
pub(super) fn sentence(sentence: String) -> Finding {
    let (found, advice) = sentence.rsplit_once("; ").unwrap_or((&sentence, "see docs/redis.md"));
    match found.contains(STORES_NOTHING) {
        true => Finding::problem("redis_full", found, advice),
        false => Finding::warning("redis", found, advice),
    }
}

fn unreachable(url: &str, error: &BackendError) -> Finding {
    let advice = cause(error).unwrap_or("is Redis running there, and reachable from here? try: redis-cli -u URL ping");
    Finding::problem("redis_unreachable", format!("{url} does not work: {error}"), advice)
}

/// What to do about an error that has a reason.
fn cause(error: &BackendError) -> Option<&'static str> {
    let error = error.to_string().to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| error.contains(word));
    if says(&["noauth", "wrongpass", "authentication"]) {
        Some("set user and password in broker.url, or in the file that broker.url_file names")
    } else if says(&["noperm"]) {
        Some("the user of Redis lacks rights: docs/redis.md lists what nodes need")
    } else if says(&["certificate", "tls", "handshake"]) {
        Some(
            "name the authority of the certificate in broker.tls_authorities, and begin the URL with rediss:// only if \
             Redis speaks TLS",
        )
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Grade;

    #[test]
    fn a_broker_that_stores_nothing_is_a_problem_and_a_setting_a_warning() {
        let of = |advice: &str| sentence(advice.to_owned());
        let full = of(&format!("broker r1: 9 of 9 bytes are used, {STORES_NOTHING}; raise maxmemory"));
        assert_eq!((full.grade, full.check, &*full.advice), (Grade::Problem, "redis_full", "raise maxmemory"));
        let setting = of("broker r1: maxmemory-policy is allkeys-lru; set noeviction");
        assert_eq!((setting.grade, setting.check), (Grade::Warning, "redis"));
    }

    #[test]
    fn what_to_do_follows_from_what_redis_said() {
        let advice = |reason: &str| {
            unreachable("redis://redis", &BackendError::Unavailable { reason: reason.into() }).advice.to_owned()
        };
        assert!(advice("NOAUTH Authentication required").contains("password"));
        assert!(advice("NOPERM this user has no permissions").contains("rights"));
        assert!(advice("invalid peer certificate: UnknownIssuer").contains("tls_authorities"));
        assert!(advice("Connection refused (os error 111)").contains("running"));
    }
}
