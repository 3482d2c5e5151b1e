//! Rpcs of clients: each goes to the configured URL of its method.
//!
//! | the application answers | the client gets |
//! |---|---|
//! | 2xx | `@@hub/reply` with the body as `result` |
//! | 202 | nothing yet: the application answers by `POST /v1/sessions/{session}/reply` |
//! | 404, 403, 429 | an error `not_found`, `forbidden`, `rate_limited` |
//! | another 4xx | `@@hub/reply` with the body as `error` |
//! | 5xx, nothing in time, nothing at all | an error `timeout` |

use super::asker::Asker;
use super::client::Client;
use super::route::Route;
use super::target::{CallError, Reply, Target, TargetSettings};
use crate::config::sections::Rpc as Section;
use hubwire_actors::application::RpcAsked;
use hubwire_actors::words::outcome::Refusal;
use hubwire_actors::words::rpc::{Brought, RpcOutcome};
use hubwire_protocol::event::Json;
use hubwire_protocol::ErrorCode;
use hyper::header::RETRY_AFTER;
use hyper::{HeaderMap, StatusCode};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// The routes of a node.
pub(super) struct Rpc {
    client: Client,
    routes: Vec<(Route, Arc<Target>)>,
    late_timeout: Duration,
}

/// The request to the application.
#[derive(Serialize)]
struct Request<'a> {
    method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<&'a Json>,
    /// The id of the client's action, to which a late answer refers.
    id: &'a str,
    from: Asker<'a>,
}

impl Rpc {
    /// Each route was validated with the configuration.
    pub fn new(section: &Section, client: &Client, settings: &TargetSettings) -> Self {
        let timeout = Duration::from_millis(section.timeout_ms);
        let target = |route: Route| {
            let target = Target::new(client.clone(), settings.clone(), "rpc", route.uri.clone(), timeout);
            (route, Arc::new(target))
        };
        let routes = section.methods.iter().filter_map(|method| method.parse().ok()).map(target).collect();
        Rpc { client: client.clone(), routes, late_timeout: Duration::from_millis(section.late_timeout_ms) }
    }

    /// Calls the URL of the method.
    pub fn ask(&self, asked: RpcAsked) {
        let route = self.routes.iter().find(|(route, _)| route.takes(&asked.method));
        let Some((_, target)) = route else {
            let message = format!("nobody answers {:?} here (rpc.methods)", asked.method);
            return asked.answer.give(Err(Refusal::new(ErrorCode::NotFound, message)));
        };
        let from = Asker::new(&asked.identity, asked.session);
        let request = Request { method: &asked.method, params: asked.params.as_ref(), id: &asked.id, from };
        // texts and JSON texts always serialize
        let body = serde_json::to_vec(&request).unwrap_or_default();
        let (target, late_timeout, answer) = (target.clone(), self.late_timeout, asked.answer);
        drop(self.client.spawn(async move {
            let reply = target.call(HeaderMap::new(), body.into()).await;
            answer.give(outcome(reply, late_timeout));
        }));
    }
}

fn outcome(reply: Result<Reply, CallError>, late_timeout: Duration) -> Result<RpcOutcome, Refusal> {
    let refused = |code, message: &str| Err(Refusal::new(code, message));
    let reply = reply.map_err(not_asked)?;
    match reply.status {
        StatusCode::ACCEPTED => Ok(RpcOutcome::Later(late_timeout)),
        status if status.is_success() => match json(&reply) {
            Some(result) => Ok(RpcOutcome::Now(Brought::Result(result))),
            None => refused(ErrorCode::Timeout, "the application answered with something that is not JSON"),
        },
        StatusCode::NOT_FOUND => refused(ErrorCode::NotFound, "the application does not know this method"),
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => {
            refused(ErrorCode::Forbidden, "the application does not let this user do that")
        }
        StatusCode::TOO_MANY_REQUESTS => {
            let retry_after_ms = retry_after(&reply.headers);
            Err(Refusal {
                retry_after_ms,
                ..Refusal::new(ErrorCode::RateLimited, "the application is asked too often")
            })
        }
        status if status.is_client_error() => {
            let status = format!(r#"{{"status":{}}}"#, status.as_u16());
            match json(&reply).or_else(|| Json::parse(&status)) {
                Some(error) => Ok(RpcOutcome::Now(Brought::Error(error))),
                None => refused(ErrorCode::Internal, "the application refused it"),
            }
        }
        _ => refused(ErrorCode::Timeout, "the application answered with a redirect, which is not followed"),
    }
}

/// The refusal for the client: URL and details of a fault are only in the metrics and the log.
pub(super) fn not_asked(error: CallError) -> Refusal {
    let (code, message, retry_after) = match error {
        CallError::Timeout => (ErrorCode::Timeout, "the application did not answer in time", None),
        CallError::Unreachable(reason) => {
            log::debug!("the application cannot be reached error={reason}");
            (ErrorCode::Timeout, "the application cannot be reached", None)
        }
        CallError::Failed(_) => (ErrorCode::Timeout, "the application failed", None),
        CallError::Overloaded => (ErrorCode::Overloaded, "too many questions to the application are under way", None),
        CallError::Paused(left) => (ErrorCode::Overloaded, "the application does not answer at present", Some(left)),
    };
    Refusal { retry_after_ms: retry_after.map(|left| left.as_millis() as u64), ..Refusal::new(code, message) }
}

/// The body; an empty one is `null`.
fn json(reply: &Reply) -> Option<Json> {
    let text = std::str::from_utf8(&reply.body).ok()?.trim();
    match text.is_empty() {
        true => Some(Json::null()),
        false => Json::parse(text),
    }
}

fn retry_after(headers: &HeaderMap) -> Option<u64> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(seconds.saturating_mul(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &'static str) -> Result<Reply, CallError> {
        let headers = [(RETRY_AFTER, "7".parse().unwrap())].into_iter().collect();
        Ok(Reply { status: StatusCode::from_u16(status).unwrap(), headers, body: body.into() })
    }

    fn json_of(text: &str) -> Json {
        Json::parse(text).unwrap()
    }

    #[test]
    fn the_status_says_what_became_of_it() {
        let late = Duration::from_secs(9);
        let outcome = |status, body| outcome(reply(status, body), late);
        let result = |text| Ok(RpcOutcome::Now(Brought::Result(json_of(text))));
        assert_eq!(outcome(200, r#" {"n": 1.0} "#), result(r#"{"n": 1.0}"#));
        assert_eq!(outcome(204, ""), result("null"));
        assert_eq!(outcome(202, ""), Ok(RpcOutcome::Later(late)));
        let error = |text| Ok(RpcOutcome::Now(Brought::Error(json_of(text))));
        assert_eq!(outcome(409, r#"{"why":"locked"}"#), error(r#"{"why":"locked"}"#));
        assert_eq!(outcome(422, "no JSON"), error(r#"{"status":422}"#));
        let code = |status| outcome(status, "").unwrap_err();
        assert_eq!(code(404).code, ErrorCode::NotFound);
        assert_eq!(code(403).code, ErrorCode::Forbidden);
        assert_eq!((code(429).code, code(429).retry_after_ms), (ErrorCode::RateLimited, Some(7000)));
        assert_eq!(code(302).code, ErrorCode::Timeout);
        assert_eq!(outcome(200, "<html>").unwrap_err().code, ErrorCode::Timeout);
    }

    #[test]
    fn no_answer_says_when_to_try_again_where_that_is_known() {
        let refusal = not_asked(CallError::Paused(Duration::from_millis(1500)));
        assert_eq!((refusal.code, refusal.retry_after_ms), (ErrorCode::Overloaded, Some(1500)));
        let unreachable = not_asked(CallError::Unreachable("10.0.0.7 refused".into()));
        assert_eq!(unreachable.code, ErrorCode::Timeout);
        assert!(!unreachable.message.contains("10.0.0.7"), "clients are not told where it is");
    }
}
