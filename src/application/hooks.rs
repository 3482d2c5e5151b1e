//! Hooks: the application decides which clients may join and publish where.
//!
//! | the application answers | the client may |
//! |---|---|
//! | 2xx with `{"allow":true}` | |
//! | 2xx with `{"allow":false,"reason":…}`, 401, 403, 404 | not: `forbidden` |
//! | anything else, or nothing in time | as `hooks.on_failure` says; that is not remembered |

use super::asker::Asker;
use super::client::Client;
use super::route::http_url;
use super::rpc::not_asked;
use super::target::{CallError, Reply, Target, TargetSettings};
use crate::config::sections::{Hooks as Section, OnFailure};
use hubwire_actors::application::JudgeAsked;
use hubwire_actors::words::hooks::{HookQuestion, Verdict};
use hubwire_actors::words::outcome::Refusal;
use hubwire_protocol::{Address, AddressPattern, ErrorCode};
use hyper::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// Longest part of the application's reason that a client sees, in characters.
const REASON_CHARS_MAX: usize = 300;

/// The hooks of a node.
pub(super) struct Hooks {
    client: Client,
    join: Option<Hook>,
    publish: Option<Hook>,
    keep: Duration,
    on_failure: OnFailure,
}

/// One hook: a URL, and the addresses for which it is called.
struct Hook {
    target: Arc<Target>,
    addresses: Vec<AddressPattern>,
}

/// The request to the application.
#[derive(Serialize)]
struct Request<'a> {
    action: &'static str,
    to: &'a Address,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    from: Asker<'a>,
}

/// Its answer.
#[derive(Deserialize)]
struct Decision {
    allow: bool,
    #[serde(default)]
    reason: Option<String>,
}

impl Hooks {
    /// Each pattern was validated with the configuration.
    pub fn new(section: &Section, client: &Client, settings: &TargetSettings) -> Self {
        let timeout = Duration::from_millis(section.timeout_ms);
        let hook = |purpose, url: &str, addresses: &[String]| {
            let target = Target::new(client.clone(), settings.clone(), purpose, http_url(url)?, timeout);
            let addresses = addresses.iter().filter_map(|pattern| pattern.parse().ok()).collect();
            Some(Hook { target: Arc::new(target), addresses })
        };
        Hooks {
            client: client.clone(),
            join: hook("join", &section.join_url, &section.join_addresses),
            publish: hook("publish", &section.publish_url, &section.publish_addresses),
            keep: Duration::from_millis(section.keep_ms),
            on_failure: section.on_failure,
        }
    }

    fn hook(&self, question: &HookQuestion) -> Option<&Hook> {
        let (hook, to) = match question {
            HookQuestion::Join(channel) => (&self.join, channel),
            HookQuestion::Publish { to, .. } => (&self.publish, to),
        };
        hook.as_ref().filter(|hook| hook.addresses.iter().any(|pattern| pattern.covers(to)))
    }

    /// Whether a hook is configured for this question.
    pub fn asks(&self, question: &HookQuestion) -> bool {
        self.hook(question).is_some()
    }

    /// Calls it.
    pub fn judge(&self, asked: JudgeAsked) {
        let JudgeAsked { identity, session, question, answer } = asked;
        let Some(hook) = self.hook(&question) else { return };
        let from = Asker::new(&identity, session);
        let request = match &question {
            HookQuestion::Join(to) => Request { action: "join", to, kind: None, from },
            HookQuestion::Publish { to, kind } => Request { action: "publish", to, kind: Some(kind), from },
        };
        // texts always serialize
        let body = serde_json::to_vec(&request).unwrap_or_default();
        let (target, keep, on_failure) = (hook.target.clone(), self.keep, self.on_failure);
        drop(self.client.spawn(async move {
            answer.give(verdict(target.call(HeaderMap::new(), body.into()).await, keep, on_failure));
        }));
    }
}

fn verdict(reply: Result<Reply, CallError>, keep: Duration, on_failure: OnFailure) -> Verdict {
    let denied = |reason: Option<String>| {
        let reason: String = reason.iter().flat_map(|reason| reason.chars()).take(REASON_CHARS_MAX).collect();
        let message = if reason.is_empty() { "the application does not allow it".into() } else { reason };
        Verdict { allowed: Err(Refusal::new(ErrorCode::Forbidden, message)), keep }
    };
    let failed = |refusal: Refusal| match on_failure {
        OnFailure::Deny => Verdict { allowed: Err(refusal), keep: Duration::ZERO },
        OnFailure::Allow => Verdict { allowed: Ok(()), keep: Duration::ZERO },
    };
    let reply = match reply {
        Ok(reply) => reply,
        Err(error) => return failed(not_asked(error)),
    };
    match reply.status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => denied(None),
        status if status.is_success() => match serde_json::from_slice::<Decision>(&reply.body) {
            Ok(Decision { allow: true, .. }) => Verdict { allowed: Ok(()), keep },
            Ok(Decision { reason, .. }) => denied(reason),
            Err(_) => failed(Refusal::new(ErrorCode::Timeout, "the application answered nothing that says yes or no")),
        },
        _ => failed(Refusal::new(ErrorCode::Timeout, "the application gave no answer that says yes or no")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEEP: Duration = Duration::from_secs(60);

    fn judged(status: u16, body: &'static str, on_failure: OnFailure) -> Verdict {
        let status = StatusCode::from_u16(status).unwrap();
        verdict(Ok(Reply { status, headers: HeaderMap::new(), body: body.into() }), KEEP, on_failure)
    }

    #[test]
    fn only_a_clear_yes_allows_and_a_clear_answer_is_kept() {
        assert_eq!(judged(200, r#"{"allow":true}"#, OnFailure::Deny), Verdict { allowed: Ok(()), keep: KEEP });
        let no = judged(200, r#"{"allow":false,"reason":"not yours"}"#, OnFailure::Allow);
        assert_eq!((no.allowed.clone().unwrap_err().message.as_str(), no.keep), ("not yours", KEEP));
        assert_eq!(no.allowed.unwrap_err().code, ErrorCode::Forbidden);
        for status in [401, 403, 404] {
            assert_eq!(judged(status, "", OnFailure::Allow).allowed.unwrap_err().code, ErrorCode::Forbidden);
        }
    }

    #[test]
    fn without_an_answer_the_configuration_decides_and_nothing_is_kept() {
        for (status, body) in [(200, "yes"), (200, ""), (204, ""), (302, ""), (400, "")] {
            let denied = judged(status, body, OnFailure::Deny);
            assert_eq!((denied.allowed.unwrap_err().code, denied.keep), (ErrorCode::Timeout, Duration::ZERO));
            let allowed = judged(status, body, OnFailure::Allow);
            assert_eq!((allowed.allowed, allowed.keep), (Ok(()), Duration::ZERO));
        }
        let denied = verdict(Err(CallError::Overloaded), KEEP, OnFailure::Deny);
        assert_eq!((denied.allowed.unwrap_err().code, denied.keep), (ErrorCode::Overloaded, Duration::ZERO));
    }
}
